//! The workflow that is measured: a number of effects in one step, then a wait.

use std::pin::Pin;
use std::rc::Rc;
use std::time::Duration;

use async_trait::async_trait;
use onbehalf_engine::{
    Definition, Effect, EffectKey, Flow, Found, Performed, Permit, Reason, Step, StepContext,
    StepError, StepResult, Workflow, workflow,
};
use serde::{Deserialize, Serialize};

/// The workflow.
pub struct Writes;

/// What a run is started with.
#[derive(Clone, Serialize, Deserialize)]
pub struct Plan {
    /// Effects in the first step.
    pub effects: u32,
    /// Bytes of text in each.
    pub bytes: usize,
    /// How many are under way at once.
    pub at_once: usize,
    /// The step with the effects itself waits in the end, and runs again from its start.
    pub wait_in_same_step: bool,
}

/// Makes everything committed so far durable, as sending a request would.
pub type Sync = Rc<dyn Fn() -> Pin<Box<dyn Future<Output = Result<(), String>>>>>;

/// What the run waits for in the end.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "reason", rename_all = "snake_case")]
pub enum Waits {
    /// Somebody to say go.
    Go,
}

impl Reason for Waits {
    type Answer = String;

    fn name(&self) -> &'static str {
        "go"
    }

    fn accept(&self, answer: String) -> Result<String, String> {
        Ok(answer)
    }
}

impl Definition for Writes {
    const ID: &'static str = "writes";
    const VERSION: u32 = 1;
    type Input = Plan;
    type State = ();
    type Context = ();
    type Result = u32;
    type Services = Option<Sync>;
    type Reason = Waits;
}

/// A write of the size of a HubSpot task. The outside world is nobody; what is left is the journal.
#[derive(Serialize, Deserialize)]
struct Write {
    text: String,
}

#[async_trait(?Send)]
impl Effect for Write {
    const KIND: &'static str = "bench-write";
    type Services = Option<Sync>;
    type Context = ();
    type Receipt = String;
    type Failure = String;

    async fn perform(
        &self,
        services: &Option<Sync>,
        (): &(),
        _: &EffectKey,
        permit: &Permit,
    ) -> Performed<String, String> {
        if !permit.granted() {
            return Performed::NotSent;
        }
        // The platform holds a request back until the intent is durable.
        if let Some(sync) = services
            && let Err(error) = sync().await
        {
            return Performed::Refused(error);
        }
        Performed::Landed("51000000001".to_owned())
    }

    async fn find(&self, _: &Option<Sync>, (): &(), _: &EffectKey) -> Found<String> {
        Found::Absent
    }

    fn visible_after(&self, _: &Option<Sync>) -> Duration {
        Duration::ZERO
    }
}

struct WriteAll;

fn answered(cx: &StepContext<Writes>) -> bool {
    cx.answer().is_some()
}

#[async_trait(?Send)]
impl Step<Writes> for WriteAll {
    type Input = Plan;
    type Output = Plan;

    fn id(&self) -> &'static str {
        "write-all"
    }

    async fn run(&self, plan: Plan, cx: &StepContext<Writes>) -> StepResult<Writes, Plan> {
        let write = Write {
            text: "x".repeat(plan.bytes),
        };
        let write = &write;
        cx.for_each(0..plan.effects, plan.at_once, |number| async move {
            cx.effect(&number.to_string(), write).await?;
            Ok::<(), StepError>(())
        })
        .await?;
        if plan.wait_in_same_step && !answered(cx) {
            return Ok(Flow::Suspend(Waits::Go.into()));
        }
        Ok(Flow::Next(plan))
    }
}

struct Wait;

#[async_trait(?Send)]
impl Step<Writes> for Wait {
    type Input = Plan;
    type Output = u32;

    fn id(&self) -> &'static str {
        "wait"
    }

    async fn run(&self, plan: Plan, cx: &StepContext<Writes>) -> StepResult<Writes, u32> {
        if !plan.wait_in_same_step && !answered(cx) {
            return Ok(Flow::Suspend(Waits::Go.into()));
        }
        Ok(Flow::Next(plan.effects))
    }
}

/// The chain.
pub fn writes() -> Workflow<Writes> {
    workflow::<Writes>().then(WriteAll).then(Wait).build()
}

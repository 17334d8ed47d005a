//! What a run costs its storage: each effect the same, whether it is the tenth or the thousandth.

mod common;

use std::cell::Cell;
use std::rc::Rc;
use std::time::Duration;

use async_trait::async_trait;
use common::{HALF, morning};
use onbehalf_engine::memory::MemoryStore;
use onbehalf_engine::{
    Definition, Effect, EffectKey, Engine, Flow, Found, Head, Host, JournalStore, NoReason,
    Performed, Permit, PublishError, RunLog, RunStatus, Runner, Settled, Started, Step,
    StepContext, StepError, StepResult, workflow,
};
use serde::{Deserialize, Serialize};
use serde_json::json;

struct Letters;

impl Definition for Letters {
    const ID: &'static str = "letters";
    const VERSION: u32 = 1;
    type Input = u32;
    type State = ();
    type Context = ();
    type Result = u32;
    type Services = Cell<u32>;
    type Reason = NoReason;
}

#[derive(Serialize, Deserialize)]
struct Letter {
    text: String,
}

#[async_trait(?Send)]
impl Effect for Letter {
    const KIND: &'static str = "letter";
    type Services = Cell<u32>;
    type Context = ();
    type Receipt = u32;
    type Failure = String;

    async fn perform(
        &self,
        sent: &Cell<u32>,
        (): &(),
        _: &EffectKey,
        permit: &Permit,
    ) -> Performed<u32, String> {
        if !permit.granted() {
            return Performed::NotSent;
        }
        sent.set(sent.get() + 1);
        Performed::Landed(1)
    }

    async fn find(&self, _: &Cell<u32>, (): &(), _: &EffectKey) -> Found<u32> {
        Found::Absent
    }

    fn visible_after(&self, _: &Cell<u32>) -> Duration {
        Duration::ZERO
    }
}

struct SendAll;

#[async_trait(?Send)]
impl Step<Letters> for SendAll {
    type Input = u32;
    type Output = u32;

    fn id(&self) -> &'static str {
        "send-all"
    }

    async fn run(&self, letters: u32, cx: &StepContext<Letters>) -> StepResult<Letters, u32> {
        for number in 0..letters {
            let text = format!("Dear number {number:06}");
            let settled = cx.effect(&format!("{number:06}"), &Letter { text }).await?;
            if !matches!(settled, Settled::Landed(_)) {
                return Err(StepError::terminal("a letter was lost"));
            }
        }
        Ok(Flow::Next(letters))
    }
}

/// Nobody who would have to be told.
struct Nobody;

#[async_trait(?Send)]
impl Host for Nobody {
    async fn publish(&self, _: &Head) -> Result<(), PublishError> {
        Ok(())
    }
}

/// The storage of a run that has sent so many letters.
async fn stored(letters: u32) -> Rc<MemoryStore> {
    let store = Rc::new(MemoryStore::default());
    let sent = Rc::new(Cell::new(0));
    let journal: Rc<dyn JournalStore> = store.clone();
    let log = RunLog::open(journal, morning()).expect("a journal");
    let engine = Engine {
        workflow: Rc::new(workflow::<Letters>().then(SendAll).build()),
        services: Ok(Rc::clone(&sent)),
        clock: morning(),
        random: Rc::new(HALF),
        host: Rc::new(Nobody),
        spent: Rc::new(|| false),
    };
    let runner = Runner::new(engine, Rc::new(log));
    let started = Started {
        run_id: "run_1".into(),
        workflow: Letters::ID.into(),
        version: Letters::VERSION,
        owner: "p_1".into(),
        context: json!(null),
        input: json!(letters),
        trace_id: None,
    };
    runner.start(started).await.expect("started");
    runner.advance().await.expect("advanced");
    let head = store.head().expect("storage").expect("a head");
    assert_eq!(head.status, RunStatus::Completed);
    assert_eq!(sent.get(), letters);
    store
}

/// Bytes that each effect adds, the run's own rows left out.
fn bytes_per_effect(store: &MemoryStore, empty: &MemoryStore, letters: usize) -> f64 {
    (store.bytes() - empty.bytes()) as f64 / letters as f64
}

#[tokio::test]
async fn every_effect_adds_the_same_number_of_bytes() {
    let empty = stored(0).await;
    let few = bytes_per_effect(&*stored(10).await, &empty, 10);
    let many = bytes_per_effect(&*stored(1_000).await, &empty, 1_000);
    assert!((many / few - 1.0).abs() < 0.05, "{few} and {many} bytes");
}

#[tokio::test]
async fn a_head_holds_nothing_that_grows_with_effects() {
    let size = |store: &MemoryStore| {
        let head = store.head().expect("storage").expect("a head");
        serde_json::to_string(&head).expect("json").len()
    };
    let few = size(&*stored(10).await);
    let many = size(&*stored(1_000).await);
    // Positions and counts take more digits, nothing else.
    assert!(many - few < 10, "{few} and {many} bytes");
}

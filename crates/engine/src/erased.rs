//! A workflow as the driver sees it: whatever a product names by a type is behind JSON.
//!
//! Owns the one place where a workflow's types are erased. The driver is compiled once, however many
//! workflows there are; what is compiled for each of them is here, and small. Decides nothing: when
//! a step runs, and what its answer means, is for the driver.

use std::borrow::Borrow;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::marker::PhantomData;
use std::rc::Rc;
use std::time::Duration;

use async_trait::async_trait;
use futures::future::LocalBoxFuture;
use serde::Serialize;
use serde_json::Value;

use super::chain::Workflow;
use super::context::{Frame, Scope, StepContext};
use super::definition::{Definition, Flow, FlowOf, Interrupt, Step, StepError, StepPolicy};
use super::effect::{Effect, EffectKey, Found, Performed, Permit};
use super::effects::Work;
use super::outcome::Outcome;
use super::reason::Reason as _;
use super::suspend::SuspendReason;

/// A workflow, with what its steps act through.
pub(super) trait Program {
    /// The ids of the steps, in order.
    fn step_ids(&self) -> Vec<&'static str>;

    /// How the step at `position` is attempted; `None` behind the last.
    fn policy(&self, position: usize) -> Option<StepPolicy>;

    /// Makes ready for an attempt of the step at `position`; `None` behind the last.
    ///
    /// # Errors
    /// When what the journal holds no longer fits the types.
    fn prepare(
        &self,
        position: usize,
        kept: Kept,
        frame: Frame,
    ) -> Result<Option<Box<dyn Prepared>>, serde_json::Error>;

    /// What finds out about writes that were left open; `None` when whom the run acts for can no
    /// longer be read.
    fn settling(&self, context: Value) -> Option<Box<dyn Settling + '_>>;
}

/// What the journal keeps for an attempt.
pub(super) struct Kept {
    pub state: Value,
    pub context: Value,
    pub answer: Option<Value>,
}

/// A step that is ready to run.
pub(super) trait Prepared {
    /// Checks what must hold before the step may run.
    fn requires(&self) -> Result<(), String>;
    /// Runs it.
    fn run(&self, input: Value) -> LocalBoxFuture<'_, Result<ErasedFlow, StepError>>;
    /// The workflow's result, where this is its output.
    fn end(&self, output: Value) -> Result<Ended, StepError>;
    /// The shared state now.
    fn state(&self) -> Result<Value, serde_json::Error>;
    /// The same without what parts of the step did.
    fn without_parts(&self) -> Value;
    /// The pause after which the step is run again though nothing of what it waits for has come.
    fn look_again_after(&self, reason: &SuspendReason, waits: u32) -> Option<Duration>;
}

/// What brings writes on outside their step.
pub(super) trait Settling {
    /// The write as it was journaled; `None` when its kind or its form is of another release.
    fn work<'a>(
        &'a self,
        key: &'a EffectKey,
        kind: &str,
        request: Value,
    ) -> Option<Box<dyn Work + 'a>>;
}

/// What a step behind JSON answers.
pub(super) enum ErasedFlow {
    Next(Value),
    End(Ended),
    Suspend(SuspendReason),
}

/// A result behind JSON, with what it amounts to.
#[derive(Debug)]
pub(super) struct Ended {
    pub result: Value,
    pub outcome: Outcome,
    pub counts: BTreeMap<String, u64>,
}

impl Ended {
    fn of<D: Definition>(result: &D::Result) -> Result<Self, StepError> {
        let counts = D::counts(result).into_iter();
        Ok(Self {
            outcome: D::outcome(result),
            counts: counts.map(|(name, it)| (name.to_owned(), it)).collect(),
            result: to_value(result)?,
        })
    }
}

pub(super) fn to_value<T: Serialize>(value: &T) -> Result<Value, StepError> {
    serde_json::to_value(value).map_err(unwritten)
}

fn unwritten(error: serde_json::Error) -> StepError {
    StepError::terminal(format!("a value cannot be written: {error}"))
}

pub(super) fn incompatible(what: &str, error: &serde_json::Error) -> StepError {
    StepError::Interrupted(Interrupt::Incompatible(format!(
        "{what} no longer fits: {error}"
    )))
}

/// A chain and what it acts through.
pub(super) struct Equipped<D: Definition> {
    pub workflow: Rc<Workflow<D>>,
    pub services: Rc<D::Services>,
}

impl<D: Definition> Program for Equipped<D> {
    fn step_ids(&self) -> Vec<&'static str> {
        self.workflow.step_ids()
    }

    fn policy(&self, position: usize) -> Option<StepPolicy> {
        Some(self.workflow.steps.get(position)?.policy())
    }

    fn prepare(
        &self,
        position: usize,
        kept: Kept,
        frame: Frame,
    ) -> Result<Option<Box<dyn Prepared>>, serde_json::Error> {
        let Some(step) = self.workflow.steps.get(position) else {
            return Ok(None);
        };
        let state = match kept.state {
            Value::Null => D::State::default(),
            state => serde_json::from_value(state)?,
        };
        let scope = Scope {
            services: Rc::clone(&self.services),
            context: serde_json::from_value(kept.context)?,
            without_parts: RefCell::new(serde_json::to_value(&state)?),
            state: RefCell::new(state),
            answer: kept.answer.map(serde_json::from_value).transpose()?,
            frame,
        };
        Ok(Some(Box::new(Ready {
            view: StepContext {
                path: step.id().to_owned(),
                changes: None,
                scope: Rc::new(scope),
            },
            step: Rc::clone(step),
        })))
    }

    fn settling(&self, context: Value) -> Option<Box<dyn Settling + '_>> {
        Some(Box::new(Reopened {
            program: self,
            context: serde_json::from_value(context).ok()?,
        }))
    }
}

/// A step with its view of the run.
struct Ready<D: Definition> {
    step: Rc<dyn ErasedStep<D>>,
    view: StepContext<D>,
}

impl<D: Definition> Prepared for Ready<D> {
    fn requires(&self) -> Result<(), String> {
        self.step.requires(self.view.context(), &self.view.state())
    }

    fn run(&self, input: Value) -> LocalBoxFuture<'_, Result<ErasedFlow, StepError>> {
        self.step.run(input, &self.view)
    }

    fn end(&self, output: Value) -> Result<Ended, StepError> {
        let result =
            serde_json::from_value(output).map_err(|error| incompatible("the result", &error))?;
        Ended::of::<D>(&result)
    }

    fn state(&self) -> Result<Value, serde_json::Error> {
        serde_json::to_value(&*self.view.state())
    }

    fn without_parts(&self) -> Value {
        self.view.scope.without_parts.borrow().clone()
    }

    fn look_again_after(&self, reason: &SuspendReason, waits: u32) -> Option<Duration> {
        reason.product::<D::Reason>()?.look_again_after(waits)
    }
}

/// The writes of a run whose steps run no more.
struct Reopened<'p, D: Definition> {
    program: &'p Equipped<D>,
    context: D::Context,
}

impl<D: Definition> Settling for Reopened<'_, D> {
    fn work<'a>(
        &'a self,
        key: &'a EffectKey,
        kind: &str,
        request: Value,
    ) -> Option<Box<dyn Work + 'a>> {
        let kinds = &self.program.workflow.kinds;
        let kind = kinds.iter().find(|known| known.kind() == kind)?;
        kind.bind(&self.program.services, &self.context, key, request)
    }
}

/// A step behind JSON.
#[async_trait(?Send)]
pub(super) trait ErasedStep<D: Definition> {
    fn id(&self) -> &'static str;
    fn policy(&self) -> StepPolicy;
    fn requires(&self, context: &D::Context, state: &D::State) -> Result<(), String>;
    async fn run(&self, input: Value, cx: &StepContext<D>) -> Result<ErasedFlow, StepError>;
}

/// Hides what a step takes and hands out.
pub(super) struct Erased<S>(pub S);

#[async_trait(?Send)]
impl<D: Definition, S: Step<D>> ErasedStep<D> for Erased<S> {
    fn id(&self) -> &'static str {
        self.0.id()
    }

    fn policy(&self) -> StepPolicy {
        self.0.policy()
    }

    fn requires(&self, context: &D::Context, state: &D::State) -> Result<(), String> {
        self.0.requires(context, state)
    }

    async fn run(&self, input: Value, cx: &StepContext<D>) -> Result<ErasedFlow, StepError> {
        let input = serde_json::from_value(input).map_err(|error| incompatible("input", &error))?;
        let flow: FlowOf<D, S::Output> = self.0.run(input, cx).await?;
        Ok(match flow {
            Flow::Next(output) => ErasedFlow::Next(to_value(&output)?),
            Flow::Exit(result) => ErasedFlow::End(Ended::of::<D>(&result)?),
            Flow::Suspend(reason) => ErasedFlow::Suspend(reason.erased().map_err(|error| {
                StepError::terminal(format!("a reason to wait cannot be written: {error}"))
            })?),
        })
    }
}

/// An effect kind that can be found out about from its journaled form.
pub(super) trait ErasedKind<D: Definition> {
    fn kind(&self) -> &'static str;
    /// `None` when the journaled form is of another release.
    fn bind<'a>(
        &self,
        services: &'a D::Services,
        context: &'a D::Context,
        key: &'a EffectKey,
        request: Value,
    ) -> Option<Box<dyn Work + 'a>>;
}

/// Hides which effect it is.
pub(super) struct Kind<E>(pub PhantomData<E>);

impl<D, E> ErasedKind<D> for Kind<E>
where
    D: Definition,
    E: Effect<Services = D::Services, Context = D::Context>,
{
    fn kind(&self) -> &'static str {
        E::KIND
    }

    fn bind<'a>(
        &self,
        services: &'a D::Services,
        context: &'a D::Context,
        key: &'a EffectKey,
        request: Value,
    ) -> Option<Box<dyn Work + 'a>> {
        let effect: E = serde_json::from_value(request).ok()?;
        Some(Box::new(Bound {
            effect,
            services,
            context,
            key,
        }))
    }
}

/// An effect with everything it acts through.
pub(super) struct Bound<'a, E: Effect, B: Borrow<E> = E> {
    pub effect: B,
    pub services: &'a E::Services,
    pub context: &'a E::Context,
    pub key: &'a EffectKey,
}

#[async_trait(?Send)]
impl<E: Effect, B: Borrow<E>> Work for Bound<'_, E, B> {
    fn kind(&self) -> &str {
        E::KIND
    }

    fn request(&self) -> Result<Value, StepError> {
        to_value(self.effect.borrow())
    }

    fn visible_after(&self) -> Duration {
        self.effect.borrow().visible_after(self.services)
    }

    async fn find(&self) -> Result<Found<Value>, StepError> {
        let effect = self.effect.borrow();
        Ok(
            match effect.find(self.services, self.context, self.key).await {
                Found::Landed(receipt) => Found::Landed(to_value(&receipt)?),
                Found::Absent => Found::Absent,
                Found::Unknown(asked) => Found::Unknown(asked),
                Found::Untraceable => Found::Untraceable,
            },
        )
    }

    async fn perform(&self, permit: &Permit) -> Result<Performed<Value, Value>, StepError> {
        let effect = self.effect.borrow();
        let sent = effect.perform(self.services, self.context, self.key, permit);
        Ok(match sent.await {
            Performed::Landed(receipt) => Performed::Landed(to_value(&receipt)?),
            Performed::Refused(failure) => Performed::Refused(to_value(&failure)?),
            Performed::Deferred(failure, asked) => Performed::Deferred(to_value(&failure)?, asked),
            Performed::Unknown => Performed::Unknown,
            Performed::NotSent => Performed::NotSent,
        })
    }
}

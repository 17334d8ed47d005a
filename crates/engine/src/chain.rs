//! The typed builder: steps that do not fit do not compile.
//!
//! Owns the erasure of step types behind JSON, so that the driver can hold a whole chain, and the
//! list of effects a workflow can settle without its steps.

use std::borrow::Borrow;
use std::collections::BTreeMap;
use std::marker::PhantomData;
use std::rc::Rc;
use std::time::Duration;

use async_trait::async_trait;
use serde::Deserialize;
use serde_json::Value;

use super::context::StepContext;
use super::definition::{Definition, Flow, FlowOf, Interrupt, Step, StepError, StepPolicy};
use super::effect::{Effect, EffectKey, Found, Performed, Permit};
use super::effects::Work;
use super::outcome::Outcome;

/// What a step behind JSON answers.
pub(super) type ErasedFlow<D> = Flow<Value, Ended, <D as Definition>::Reason>;

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

    /// The end of a chain hands out the result like any other output.
    pub fn of_output<D: Definition>(output: &Value) -> Result<Self, StepError> {
        let result =
            D::Result::deserialize(output).map_err(|error| incompatible("the result", &error))?;
        Self::of::<D>(&result)
    }
}

/// A step behind JSON.
#[async_trait(?Send)]
pub(super) trait ErasedStep<D: Definition> {
    fn id(&self) -> &'static str;
    fn policy(&self) -> StepPolicy;
    fn requires(&self, context: &D::Context, state: &D::State) -> Result<(), String>;
    async fn run(&self, input: Value, cx: &StepContext<D>) -> Result<ErasedFlow<D>, StepError>;
}

struct Erased<S>(S);

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

    async fn run(&self, input: Value, cx: &StepContext<D>) -> Result<ErasedFlow<D>, StepError> {
        let input = serde_json::from_value(input).map_err(|error| incompatible("input", &error))?;
        let flow: FlowOf<D, S::Output> = self.0.run(input, cx).await?;
        Ok(match flow {
            Flow::Next(output) => Flow::Next(to_value(&output)?),
            Flow::Exit(result) => Flow::Exit(Ended::of::<D>(&result)?),
            Flow::Suspend(reason) => Flow::Suspend(reason),
        })
    }
}

pub(super) fn to_value<T: serde::Serialize>(value: &T) -> Result<Value, StepError> {
    serde_json::to_value(value)
        .map_err(|error| StepError::terminal(format!("a value cannot be written: {error}")))
}

pub(super) fn incompatible(what: &str, error: &serde_json::Error) -> StepError {
    StepError::Interrupted(Interrupt::Incompatible(format!(
        "{what} no longer fits: {error}"
    )))
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
        request: &Value,
    ) -> Option<Box<dyn Work + 'a>>;
}

struct Kind<E>(PhantomData<E>);

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
        request: &Value,
    ) -> Option<Box<dyn Work + 'a>> {
        let effect: E = E::deserialize(request).ok()?;
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

/// A workflow under construction whose last step hands out `Last`.
pub struct Chain<D: Definition, Last> {
    steps: Vec<Rc<dyn ErasedStep<D>>>,
    kinds: Vec<Box<dyn ErasedKind<D>>>,
    last: PhantomData<fn() -> Last>,
}

/// A finished workflow, ready to be driven.
pub struct Workflow<D: Definition> {
    pub(super) steps: Vec<Rc<dyn ErasedStep<D>>>,
    pub(super) kinds: Vec<Box<dyn ErasedKind<D>>>,
}

/// Begins a workflow; the first step takes the workflow's input.
pub fn workflow<D: Definition>() -> Chain<D, D::Input> {
    Chain {
        steps: Vec::new(),
        kinds: Vec::new(),
        last: PhantomData,
    }
}

impl<D: Definition, Last> Chain<D, Last> {
    /// Adds a step whose input is what the chain hands out so far.
    pub fn then<S>(mut self, step: S) -> Chain<D, S::Output>
    where
        S: Step<D, Input = Last>,
    {
        self.steps.push(Rc::new(Erased(step)));
        Chain {
            steps: self.steps,
            kinds: self.kinds,
            last: PhantomData,
        }
    }

    /// Names a kind of effect the workflow writes, so that a cancelled run can settle it.
    #[must_use]
    pub fn writes<E>(mut self) -> Self
    where
        E: Effect<Services = D::Services, Context = D::Context>,
    {
        self.kinds.push(Box::new(Kind::<E>(PhantomData)));
        self
    }
}

impl<D: Definition> Chain<D, D::Result> {
    /// Ends the chain; compiles only when its last step hands out the workflow's result.
    pub fn build(self) -> Workflow<D> {
        Workflow {
            steps: self.steps,
            kinds: self.kinds,
        }
    }
}

impl<D: Definition> Workflow<D> {
    /// The ids of the steps, in order.
    pub fn step_ids(&self) -> Vec<&'static str> {
        self.steps.iter().map(|step| step.id()).collect()
    }

    pub(super) fn kind(&self, kind: &str) -> Option<&dyn ErasedKind<D>> {
        self.kinds
            .iter()
            .find(|known| known.kind() == kind)
            .map(AsRef::as_ref)
    }
}

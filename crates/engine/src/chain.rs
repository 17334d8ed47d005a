//! The typed builder: steps that do not fit do not compile.
//!
//! Owns the order of steps, and the list of effects a workflow can settle without them. Keeps both
//! behind [`super::erased`], so that chains of any types can be held and driven alike.

use std::marker::PhantomData;
use std::rc::Rc;

use super::definition::{Definition, Step};
use super::effect::Effect;
use super::erased::{Erased, ErasedKind, ErasedStep, Kind};

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
}

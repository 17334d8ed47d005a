//! What a workflow and a step are.
//!
//! Owns the traits users write against. Knows nothing of how a run is driven.

use std::time::Duration;

use async_trait::async_trait;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::context::StepContext;
use super::outcome::Outcome;
use super::reason::Reason;
use super::retry::RetryPolicy;
use super::suspend::SuspendReason;

/// The types and the name of one workflow.
pub trait Definition: 'static {
    /// The workflow's id, as in its URL; stable across releases.
    const ID: &'static str;
    /// Raised when the chain changes in a way old runs must know of.
    const VERSION: u32;
    /// What a run is started with.
    type Input: Serialize + DeserializeOwned;
    /// The shared state: lives for the whole run, through every suspension.
    type State: Serialize + DeserializeOwned + Default;
    /// The request context: whom the run acts for. Fixed at the start.
    type Context: Serialize + DeserializeOwned;
    /// What a run ends with.
    type Result: Serialize + DeserializeOwned;
    /// What steps act through: tools, clocks, settings.
    type Services: 'static;
    /// What its steps may wait for beyond time; [`super::NoReason`] when nothing.
    type Reason: Reason;

    /// Whether a run with this result did its job. A result that says in words what is missing
    /// says it here, too: lists, logs and alerts go by it.
    fn outcome(_result: &Self::Result) -> Outcome {
        Outcome::Done
    }

    /// How much of what the result holds, for lists of runs and the line that is logged at the end.
    /// The names are the workflow's own; say nothing that is about a person.
    fn counts(_result: &Self::Result) -> Vec<(&'static str, u64)> {
        Vec::new()
    }
}

/// What a step answers.
#[derive(Clone, Debug, PartialEq)]
pub enum Flow<Output, Result, Reason> {
    /// Go on with the next step.
    Next(Output),
    /// End the run here, with this result.
    Exit(Result),
    /// Wait; the same step runs again once the run is resumed.
    Suspend(SuspendReason<Reason>),
}

/// What a step of workflow `D` answers.
pub type FlowOf<D, Output> = Flow<Output, <D as Definition>::Result, <D as Definition>::Reason>;

/// What a step answers, or why it could not.
pub type StepResult<D, Output> = Result<FlowOf<D, Output>, StepError>;

/// Why a step could not answer.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum StepError {
    /// Worth another attempt, no sooner than `after` if given.
    #[error("{message}")]
    Retry {
        /// For people; holds no identity and no credential.
        message: String,
        /// What the outside world asked for.
        after: Option<Duration>,
    },
    /// Another attempt would not help.
    #[error("{message}")]
    Terminal {
        /// For people; holds no identity and no credential.
        message: String,
    },
    /// The engine takes the run back; raised by the context, passed on with `?`.
    #[error("the engine interrupted the step: {0:?}")]
    Interrupted(Interrupt),
}

/// Why the engine takes a run back in the middle of a step.
#[derive(Clone, Debug, PartialEq)]
pub enum Interrupt {
    /// The limits of one invocation are near.
    Yield,
    /// A cancel was recorded.
    Cancelled,
    /// Storage failed.
    Storage(String),
    /// A journaled value no longer fits the code that reads it.
    Incompatible(String),
}

impl StepError {
    /// Worth another attempt.
    pub fn retry(message: impl Into<String>) -> Self {
        Self::Retry {
            message: message.into(),
            after: None,
        }
    }

    /// Not worth another attempt.
    pub fn terminal(message: impl Into<String>) -> Self {
        Self::Terminal {
            message: message.into(),
        }
    }
}

/// How a step is attempted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StepPolicy {
    /// How long the step may take in all, from its beginning on: until then failed attempts are
    /// repeated and its writes brought on, and then both end. Waits that were planned, that our own
    /// limits ask for, or that people take, do not count.
    pub patience: Duration,
    /// How failed attempts are spaced.
    pub retry: RetryPolicy,
    /// How long one attempt may take before it counts as failed.
    pub timeout: Duration,
}

impl Default for StepPolicy {
    /// Half an hour in all: outlasts a provider's restart and most of its outages. Five minutes an
    /// attempt, so that one which begins late in an invocation still ends within it.
    fn default() -> Self {
        Self {
            patience: Duration::from_secs(1800),
            retry: RetryPolicy::default(),
            timeout: Duration::from_secs(300),
        }
    }
}

/// One step of a workflow.
#[async_trait(?Send)]
pub trait Step<D: Definition>: 'static {
    /// What it needs; the output of the step before it.
    type Input: DeserializeOwned;
    /// What it hands to the next step, and only to that.
    type Output: Serialize + DeserializeOwned;

    /// The step's name in the journal; stable across releases and unique within the workflow.
    fn id(&self) -> &'static str;

    /// How it is attempted.
    fn policy(&self) -> StepPolicy {
        StepPolicy::default()
    }

    /// Checks what must hold before the step may run.
    ///
    /// # Errors
    /// Says what is missing; the run then ends with `requirement_unmet`.
    fn requires(&self, _context: &D::Context, _state: &D::State) -> Result<(), String> {
        Ok(())
    }

    /// Does the work. May be run again from its start after a crash: writes go through
    /// [`StepContext::effect`], and values that must not change through [`StepContext::memo`].
    async fn run(&self, input: Self::Input, cx: &StepContext<D>) -> StepResult<D, Self::Output>;
}

//! A run as its product drives it: alarms, resumes and cancels in.
//!
//! Owns what a runner acts through, and the types of what its runs wait for. How a run gets on is
//! for [`super::driver`], which knows no workflow's types; it is given them behind JSON, here.

use std::marker::PhantomData;
use std::rc::Rc;

use async_trait::async_trait;

use super::chain::Workflow;
use super::definition::Definition;
use super::driver::Driver;
use super::erased::{Equipped, Program};
use super::head::{Head, Refusal};
use super::journal::Started;
use super::log::RunLog;
use super::reason::Reason;
use super::store::StoreError;
use super::suspend::ResumedBy;
use onbehalf_clock::{Clock, Random};

/// Tells the outside of a run's status: its owner's index, and those who can make the connections
/// it waits for. Called again until it succeeds, so it must be idempotent.
#[async_trait(?Send)]
pub trait Host {
    /// Takes note of the status in `head`.
    async fn publish(&self, head: &Head) -> Result<(), PublishError>;
}

/// The outside could not be told; it is tried again.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not published: {0}")]
pub struct PublishError(pub String);

/// Why a command to a run failed.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum CommandError {
    /// There is no such run.
    #[error("no such run")]
    NotFound,
    /// The state machine refused; nothing was changed.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// Storage failed.
    #[error(transparent)]
    Storage(#[from] StoreError),
}

/// What a runner acts through.
pub struct Engine<D: Definition> {
    /// The chain.
    pub workflow: Rc<Workflow<D>>,
    /// What steps act through, or why there is nothing: settings that are wrong. A run can be
    /// shown, answered and cancelled without.
    pub services: Result<Rc<D::Services>, String>,
    /// Time.
    pub clock: Rc<dyn Clock>,
    /// Jitter.
    pub random: Rc<dyn Random>,
    /// The outside.
    pub host: Rc<dyn Host>,
    /// Whether the present invocation is near its limits.
    pub spent: Rc<dyn Fn() -> bool>,
}

/// Drives one run whose steps may wait for an `R`.
pub struct Runner<R: Reason> {
    driver: Driver,
    reason: PhantomData<fn() -> R>,
}

impl<R: Reason> Runner<R> {
    /// A runner over the run kept in `log`.
    pub fn new<D: Definition<Reason = R>>(engine: Engine<D>, log: Rc<RunLog>) -> Self {
        let workflow = engine.workflow;
        let program = engine
            .services
            .map(|services| -> Box<dyn Program> { Box::new(Equipped { workflow, services }) });
        let driver = Driver::new(
            program,
            engine.clock,
            engine.random,
            engine.host,
            engine.spent,
            log,
        );
        let reason = PhantomData;
        Self { driver, reason }
    }

    /// The run's journal and head.
    pub fn log(&self) -> &RunLog {
        &self.driver.log
    }

    /// Starts the run, or does nothing when it has started before.
    ///
    /// # Errors
    /// When storage fails.
    pub async fn start(&self, started: Started) -> Result<(), StoreError> {
        self.driver.start(started).await
    }

    /// Resumes the run.
    ///
    /// # Errors
    /// [`Refusal`] when another resume won or the answer does not fit.
    pub async fn resume(
        &self,
        number: Option<u32>,
        by: ResumedBy,
        answer: R::Answer,
    ) -> Result<(), CommandError> {
        let decided = |head: &Head| Ok(vec![head.resume::<R>(number, by, answer)?]);
        self.driver.command(decided).await
    }

    /// Tells the run that a part of what it may wait for has come.
    ///
    /// # Errors
    /// When there is no run or storage fails.
    pub async fn part_came(
        &self,
        number: u32,
        part: &str,
        by: ResumedBy,
    ) -> Result<(), CommandError> {
        let decided = |head: &Head| Ok(head.part_came::<R>(number, part, by));
        self.driver.command(decided).await
    }

    /// Cancels the run. Once this has answered, no write begins.
    ///
    /// # Errors
    /// Refused when the run has ended otherwise.
    pub async fn cancel(&self, by: &str) -> Result<(), CommandError> {
        let decided = |head: &Head| Ok(head.cancel(by)?.into_iter().collect());
        self.driver.command(decided).await
    }

    /// Rings again for a run whose alarm was lost: a platform gives up on one whose handler failed
    /// often enough. Called whenever anybody has to do with the run; costs nothing otherwise.
    ///
    /// # Errors
    /// When storage fails.
    pub async fn look_after(&self) -> Result<(), StoreError> {
        self.driver.look_after().await
    }

    /// Goes on as far as possible: called when the alarm rings. Returns with the alarm set for
    /// whatever comes next.
    ///
    /// # Errors
    /// When storage fails; the platform then rings the alarm again.
    pub async fn advance(&self) -> Result<(), StoreError> {
        self.driver.advance().await
    }
}

//! Drives one run: alarms, resumes and cancels in; steps run, records out.
//!
//! Owns the loop around the state machine in [`super::head`] and nothing of storage, HTTP or the
//! platform. Whatever happens to the process, the next alarm picks up from the journal.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::Duration;

use async_trait::async_trait;
use futures::future::{Either, select};
use serde_json::Value;

use super::chain::{Ended, ErasedFlow, Workflow};
use super::context::{Scope, StepContext};
use super::definition::{Definition, Flow, Interrupt, StepError, StepPolicy};
use super::effect::EffectOutcome;
use super::effects::{EffectWriter, Look, Looked};
use super::head::{Head, Next, Refusal, RunFailure, RunStatus};
use super::journal::{Record, Started};
use super::log::RunLog;
use super::reason::Reason;
use super::store::{Alarm, StoreError};
use super::suspend::{ResumePayload, ResumedBy, SuspendReason};
use onbehalf_clock::Timestamp;
use onbehalf_clock::{Clock, Random};

/// While a step runs, an alarm this far ahead brings the run back should the process die without
/// the platform noticing.
const WATCHDOG: Duration = Duration::from_secs(60);
/// When an alarm that rang while another was being handled rings again.
const RING_AGAIN: Duration = Duration::from_secs(2);
/// How soon a failed notification of the outside is repeated.
const PUBLISH_AGAIN: Duration = Duration::from_secs(5);
/// Attempts of one step that may die without an answer before the run is given up: something in
/// it kills the process.
const ATTEMPT_LIMIT: u32 = 200;

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
    /// What steps act through.
    pub services: Rc<D::Services>,
    /// Time.
    pub clock: Rc<dyn Clock>,
    /// Jitter.
    pub random: Rc<dyn Random>,
    /// The outside.
    pub host: Rc<dyn Host>,
    /// Whether the present invocation is near its limits.
    pub spent: Rc<dyn Fn() -> bool>,
}

/// Drives one run.
pub struct Runner<D: Definition> {
    engine: Engine<D>,
    log: Rc<RunLog>,
    running: Cell<bool>,
}

/// What one execution of a step asks of the loop.
enum After {
    Continue,
    /// End this invocation; the alarm brings the run back.
    Break,
}

impl<D: Definition> Runner<D> {
    /// A runner over the run kept in `log`.
    pub fn new(engine: Engine<D>, log: Rc<RunLog>) -> Self {
        Self {
            engine,
            log,
            running: Cell::new(false),
        }
    }

    /// The run's journal and head.
    pub fn log(&self) -> &RunLog {
        &self.log
    }

    /// Starts the run, or does nothing when it has started before.
    ///
    /// # Errors
    /// When storage fails.
    pub async fn start(&self, started: Started) -> Result<(), StoreError> {
        let record = match self.log.head() {
            Some(_) => Vec::new(),
            None => vec![Record::Started(Box::new(started))],
        };
        self.record_and_wake(record).await
    }

    /// Resumes the run.
    ///
    /// # Errors
    /// [`Refusal`] when another resume won or the answer does not fit.
    pub async fn resume(
        &self,
        number: Option<u32>,
        by: ResumedBy,
        answer: <D::Reason as Reason>::Answer,
    ) -> Result<(), CommandError> {
        let record = self.decide(|head| head.resume::<D::Reason>(number, by, answer))?;
        Ok(self.record_and_wake(vec![record]).await?)
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
        let records = self.decide(|head| Ok(head.part_came::<D::Reason>(number, part, by)))?;
        Ok(self.record_and_wake(records).await?)
    }

    /// Cancels the run. Once this has answered, no write begins.
    ///
    /// # Errors
    /// Refused when the run has ended otherwise.
    pub async fn cancel(&self, by: &str) -> Result<(), CommandError> {
        let record = self.decide(|head| head.cancel(by))?;
        Ok(self.record_and_wake(record.into_iter().collect()).await?)
    }

    /// Decides a command against the head, which must be one that storage shares.
    fn decide<T>(
        &self,
        decision: impl FnOnce(&Head) -> Result<T, Refusal>,
    ) -> Result<T, CommandError> {
        self.log.check()?;
        let head = self.log.head().ok_or(CommandError::NotFound)?;
        Ok(decision(&head)?)
    }

    /// Also where there is nothing new to record, storage has to answer: the caller is told that
    /// what another command decided a moment ago holds.
    async fn record_and_wake(&self, records: Vec<Record>) -> Result<(), StoreError> {
        let now = self.engine.clock.now();
        self.log.append(records, Alarm::At(now)).await
    }

    /// Goes on as far as possible: called when the alarm rings. Returns with the alarm set for
    /// whatever comes next.
    ///
    /// # Errors
    /// When storage fails; the platform then rings the alarm again.
    pub async fn advance(&self) -> Result<(), StoreError> {
        if self.running.replace(true) {
            // The one under way may have set this very alarm as the last thing it did, or may die:
            // having rung, the alarm is gone, and another must bring the run back.
            let again = self.engine.clock.now().plus(RING_AGAIN);
            return self.log.set_alarm(Alarm::At(again)).await;
        }
        let done = self.advance_alone().await;
        self.running.set(false);
        done
    }

    async fn advance_alone(&self) -> Result<(), StoreError> {
        let due = loop {
            let now = self.engine.clock.now();
            let Some(next) = self.log.head().map(|head| head.next(now)) else {
                return Ok(());
            };
            match next {
                Next::Run(position) => {
                    if (self.engine.spent)() {
                        break Some(now);
                    }
                    if let After::Break = self.execute(position).await? {
                        break Some(self.engine.clock.now());
                    }
                }
                Next::Wait(until) if until <= now => {
                    let wake = self.log.head().and_then(|head| head.wake(now));
                    self.log
                        .append(wake.into_iter().collect(), Alarm::Keep)
                        .await?;
                }
                Next::Wait(until) => break Some(until),
                Next::Settle => {
                    if let Some(until) = self.settle_cancelled().await? {
                        break Some(until);
                    }
                }
                Next::Idle | Next::Ended => break None,
            }
        };
        self.publish(due).await
    }

    /// Tells the outside where the run stands, and sets the alarm.
    async fn publish(&self, due: Option<Timestamp>) -> Result<(), StoreError> {
        let alarm = due.map_or(Alarm::Clear, Alarm::At);
        let head = self.log.head().map(|head| head.clone());
        let Some(head) = head.filter(|head| head.unpublished) else {
            return self.rest(due).await;
        };
        // The alarm is in place before the outside is told: whatever it answers with finds a run
        // that will go on.
        self.log
            .set_alarm(Alarm::At(self.engine.clock.now().plus(PUBLISH_AGAIN).min(
                due.unwrap_or_else(|| self.engine.clock.now().plus(PUBLISH_AGAIN)),
            )))
            .await?;
        match self.engine.host.publish(&head).await {
            Ok(()) => {
                let moved = self.log.head().is_some_and(|now| {
                    now.status != head.status || now.suspensions != head.suspensions
                });
                // A resume or cancel that came in meanwhile has set its own alarm.
                let alarm = if moved { Alarm::Keep } else { alarm };
                self.log.mark_published(&head, alarm).await
            }
            Err(_) => Ok(()),
        }
    }

    async fn rest(&self, due: Option<Timestamp>) -> Result<(), StoreError> {
        self.log
            .set_alarm(due.map_or(Alarm::Clear, Alarm::At))
            .await
    }

    async fn execute(&self, position: usize) -> Result<After, StoreError> {
        let Some((head, step)) = self.fitting_step(position) else {
            return self
                .fail(RunFailure::DefinitionChanged {
                    message: "the steps done so far are not the beginning of the present chain"
                        .into(),
                })
                .await;
        };
        let step_id = step.id().to_owned();
        if head.attempt >= ATTEMPT_LIMIT {
            let message = format!("{ATTEMPT_LIMIT} attempts ended without an answer");
            return self
                .fail(RunFailure::StepFailed {
                    step: step_id,
                    message,
                })
                .await;
        }
        let (input, scope) = match self.prepare(&head) {
            Ok(prepared) => prepared,
            Err(Interrupt::Storage(message)) => return Err(StoreError(message)),
            Err(Interrupt::Incompatible(message)) => {
                return self.fail(RunFailure::DefinitionChanged { message }).await;
            }
            Err(_) => return Ok(After::Break),
        };
        let met = step.requires(&scope.context, &scope.state.borrow());
        if let Err(message) = met {
            return self
                .fail(RunFailure::RequirementUnmet {
                    step: step_id,
                    message,
                })
                .await;
        }
        let attempt = head.attempt + 1;
        let begun = Record::StepStarted {
            step: step_id.clone(),
            attempt,
        };
        let watchdog = self.engine.clock.now().plus(WATCHDOG);
        self.log.append(vec![begun], Alarm::At(watchdog)).await?;
        let scope = Rc::new(scope);
        let cx = StepContext {
            scope: Rc::clone(&scope),
            path: step_id.clone(),
        };
        let policy = step.policy();
        let answer = {
            let running = step.run(input, &cx);
            let deadline = self.engine.clock.sleep(policy.timeout);
            match select(running, deadline).await {
                Either::Left((answer, _)) => answer,
                Either::Right(((), _)) => Err(StepError::retry(format!(
                    "no answer within {} s",
                    policy.timeout.as_secs()
                ))),
            }
        };
        if self
            .log
            .head()
            .is_some_and(|head| head.status == RunStatus::Cancelling)
        {
            return Ok(After::Continue);
        }
        let state = serde_json::to_value(&*scope.state.borrow())
            .map_err(|error| StoreError(error.to_string()))?;
        self.take_answer(answer, step_id, &head, state, policy)
            .await
    }

    async fn take_answer(
        &self,
        answer: Result<ErasedFlow<D>, StepError>,
        step: String,
        head: &Head,
        state: Value,
        policy: StepPolicy,
    ) -> Result<After, StoreError> {
        let last = head.completed.len() + 1 == self.engine.workflow.steps.len();
        let answer = answer.and_then(|flow| erased::<D>(flow, last));
        let suspended = |reason| Record::Suspended {
            step: step.clone(),
            number: head.suspensions + 1,
            reason,
            state: state.clone(),
        };
        let (record, after) = match answer {
            Ok(Erased::Next(output)) => (
                Record::StepCompleted {
                    step,
                    output,
                    state,
                },
                After::Continue,
            ),
            Ok(Erased::End(ended)) => (
                Record::Completed {
                    step,
                    result: ended.result,
                    outcome: Some(ended.outcome),
                    counts: ended.counts,
                },
                After::Continue,
            ),
            Ok(Erased::Suspend(reason)) => (suspended(reason), After::Continue),
            Err(StepError::Interrupted(interrupt)) => match interrupt {
                Interrupt::Yield => (suspended(SuspendReason::Yielded), After::Break),
                Interrupt::Wait(until) => (
                    suspended(SuspendReason::Sleeping { until }),
                    After::Continue,
                ),
                Interrupt::Cancelled => return Ok(After::Continue),
                Interrupt::Storage(message) => return Err(StoreError(message)),
                Interrupt::Incompatible(message) => (
                    Record::Failed {
                        failure: RunFailure::DefinitionChanged { message },
                    },
                    After::Continue,
                ),
            },
            Err(StepError::Terminal { message }) => (
                Record::Failed {
                    failure: RunFailure::StepFailed { step, message },
                },
                After::Continue,
            ),
            Err(StepError::Retry { message, after }) => {
                let failed = head.failures + 1;
                let record =
                    match policy
                        .retry
                        .pause_after(failed, after, self.engine.random.as_ref())
                    {
                        Some(pause) => Record::StepFailed {
                            step,
                            attempt: head.attempt + 1,
                            error: message,
                            retry_at: self.engine.clock.now().plus(pause),
                        },
                        None => Record::Failed {
                            failure: RunFailure::StepFailed { step, message },
                        },
                    };
                (record, After::Continue)
            }
        };
        self.log.append(vec![record], Alarm::Keep).await?;
        Ok(after)
    }

    /// The step at `position`, if the chain up to there is the one this run has gone through.
    fn fitting_step(&self, position: usize) -> Option<(Head, Rc<dyn super::chain::ErasedStep<D>>)> {
        let head = self.log.head()?.clone();
        let steps = &self.engine.workflow.steps;
        let fits = head
            .completed
            .iter()
            .zip(steps.iter())
            .all(|(done, step)| done == step.id());
        let step = steps.get(position)?;
        fits.then(|| (head, Rc::clone(step)))
    }

    fn prepare(&self, head: &Head) -> Result<(Value, Scope<D>), Interrupt> {
        let incompatible =
            |error: serde_json::Error| Interrupt::Incompatible(format!("checkpoint: {error}"));
        let entry = self
            .log
            .store()
            .entry(head.input_seq)
            .map_err(|error| Interrupt::Storage(error.0))?;
        let input = match entry.map(|entry| entry.record) {
            Some(Record::Started(started)) => started.input,
            Some(Record::StepCompleted { output, .. }) => output,
            _ => return Err(Interrupt::Storage("the journal has a hole".into())),
        };
        let state = match &head.state {
            Value::Null => D::State::default(),
            state => serde_json::from_value(state.clone()).map_err(incompatible)?,
        };
        let context = serde_json::from_value(head.started.context.clone()).map_err(incompatible)?;
        let scope = Scope {
            log: Rc::clone(&self.log),
            clock: Rc::clone(&self.engine.clock),
            services: Rc::clone(&self.engine.services),
            spent: Rc::clone(&self.engine.spent),
            run_id: head.started.run_id.clone(),
            context,
            state: RefCell::new(state),
            answer: match &head.answer {
                Some(ResumePayload::Answer(answer)) => {
                    Some(serde_json::from_value(answer.clone()).map_err(incompatible)?)
                }
                Some(ResumePayload::TimeReached) | None => None,
            },
            attempt: head.attempt + 1,
        };
        Ok((input, scope))
    }

    async fn fail(&self, failure: RunFailure) -> Result<After, StoreError> {
        self.log
            .append(vec![Record::Failed { failure }], Alarm::Keep)
            .await?;
        Ok(After::Continue)
    }

    /// Settles what a cancelled run had under way. Answers when to look again, or `None` once
    /// everything is settled and the run has ended.
    async fn settle_cancelled(&self) -> Result<Option<Timestamp>, StoreError> {
        let writer = EffectWriter {
            log: &self.log,
            clock: &self.engine.clock,
        };
        let services = self.engine.services.as_ref();
        let context = self.log.head().map(|head| head.started.context.clone());
        let context: Option<D::Context> =
            context.and_then(|context| serde_json::from_value(context).ok());
        let mut later = None;
        for key in self.log.store().open_intents()? {
            let history = self.log.store().effect(&key)?;
            let Some(open) = history.open.clone() else {
                continue;
            };
            let looked_at = self.engine.clock.now();
            let looked = match (self.engine.workflow.finder(&open.kind), &context) {
                (Some(finder), Some(context)) => {
                    match finder.visible_after(services, &open.request) {
                        Some(after) => finder
                            .find(services, context, &key, &open.request)
                            .await
                            .map(|found| Looked {
                                found,
                                at: looked_at,
                                visible_at: open.landed_by().plus(after),
                            }),
                        None => None,
                    }
                }
                _ => None,
            };
            // A kind this deployment no longer knows cannot be looked up by anyone.
            let look = match looked {
                Some(look) => writer.conclude(&key, &history, look).await?,
                None => Look::Unknowable,
            };
            match look {
                Look::Landed(receipt) => {
                    let found = true;
                    writer
                        .record(&key, EffectOutcome::Landed { receipt, found })
                        .await?;
                }
                Look::Absent => writer.record(&key, EffectOutcome::Abandoned).await?,
                Look::Unknowable => writer.record(&key, EffectOutcome::UnknownOutcome).await?,
                Look::Later(until) => later = later.max(Some(until)),
            }
        }
        if later.is_none() {
            self.log
                .append(vec![Record::Cancelled], Alarm::Keep)
                .await?;
        }
        Ok(later)
    }
}

/// What a step's answer means for the run.
enum Erased {
    Next(Value),
    End(Ended),
    Suspend(SuspendReason),
}

fn erased<D: Definition>(flow: ErasedFlow<D>, last: bool) -> Result<Erased, StepError> {
    Ok(match flow {
        Flow::Next(output) if last => Erased::End(Ended::of_output::<D>(&output)?),
        Flow::Next(output) => Erased::Next(output),
        Flow::Exit(ended) => Erased::End(ended),
        Flow::Suspend(reason) => Erased::Suspend(reason.erased().map_err(|error| {
            StepError::terminal(format!("a reason to wait cannot be written: {error}"))
        })?),
    })
}

//! One attempt of one step, and what its answer means for the run.
//!
//! Owns the step's time: its deadline is fixed when it begins, and an attempt that fails is followed
//! by another until then. What the process did not survive is counted apart, so that a step that
//! kills it is stopped. Decides nothing about effects.

use std::rc::Rc;
use std::time::Duration;

use futures::future::{Either, select};
use serde_json::Value;

use super::context::Frame;
use super::definition::{Interrupt, StepError, StepPolicy};
use super::driver::{After, Driver, INVOCATION_END, Invocation, WATCHDOG};
use super::erased::{ErasedFlow, Kept, Prepared, Program};
use super::fence::Fence;
use super::head::{Head, RunFailure, RunStatus};
use super::journal::Record;
use super::store::{Alarm, JournalError, StoreError};
use super::suspend::{ResumePayload, SuspendReason};
use onbehalf_clock::Timestamp;

/// Attempts in a row that the process may not survive. With the pauses in between that is about an
/// hour: a deployment that kills everything is over by then, a step that kills its process is not.
const CRASH_LIMIT: u32 = 20;
/// The first crash is followed at once, the second by this pause; it doubles with each …
const CRASH_PAUSE: Duration = Duration::from_secs(1);
/// … up to this.
const LONGEST_CRASH_PAUSE: Duration = Duration::from_secs(300);

fn crash_pause(crashes: u32) -> Duration {
    match crashes.checked_sub(2) {
        None => Duration::ZERO,
        Some(doublings) => CRASH_PAUSE
            .saturating_mul(1 << doublings.min(16))
            .min(LONGEST_CRASH_PAUSE),
    }
}

/// What came before an answer.
struct Attempt {
    head: Head,
    step: String,
    policy: StepPolicy,
    deadline: Timestamp,
    /// Whether it hands out the run's result.
    last: bool,
    /// Position of its first row.
    begun_at: u64,
    /// Whether a whole invocation was there for it.
    whole: bool,
}

impl Driver {
    pub(super) async fn execute(
        &self,
        position: usize,
        program: &dyn Program,
        invocation: &Invocation,
    ) -> Result<After, StoreError> {
        let Some(fitting) = self.fitting_step(position, program) else {
            return self.fail(another_chain()).await;
        };
        let (head, step_id, policy) = (fitting.head, fitting.step, fitting.policy);
        if head.under_way {
            return self.after_crash(&head, step_id).await;
        }
        let now = self.clock.now();
        let deadline = head.deadline.unwrap_or_else(|| now.plus(policy.patience));
        let prepared = self.prepare(&head, position, program, deadline, invocation);
        let (input, prepared) = match prepared {
            Ok(prepared) => prepared,
            Err(Unprepared::Storage(error)) => return Err(error),
            Err(Unprepared::Failed(failure)) => return self.fail(failure).await,
        };
        if let Err(message) = prepared.requires() {
            let step = step_id;
            let failure = RunFailure::RequirementUnmet { step, message };
            return self.fail(failure).await;
        }
        if head.trouble.is_some() {
            self.log.note_trouble(None, Alarm::Keep).await?;
        }
        let begun = Record::StepStarted {
            step: step_id.clone(),
            attempt: head.attempt + 1,
            deadline: Some(deadline),
        };
        self.log
            .append(vec![begun], Alarm::At(now.plus(WATCHDOG)))
            .await?;
        let attempt = Attempt {
            last: fitting.last,
            begun_at: self.log.last_seq(),
            whole: !invocation.stepped.replace(true),
            head,
            step: step_id,
            policy,
            deadline,
        };
        let left = INVOCATION_END.saturating_sub(now.since(invocation.began));
        let timeout = policy.timeout.min(left);
        let answer = {
            let running = prepared.run(input);
            match select(running, self.clock.sleep(timeout)).await {
                Either::Left((answer, _)) => answer,
                Either::Right(((), _)) => Err(StepError::retry(format!(
                    "no answer within {} s",
                    timeout.as_secs()
                ))),
            }
        };
        let cancelled = |head: &Head| head.status == RunStatus::Cancelling;
        if self.log.head().is_some_and(|head| cancelled(&head)) {
            return Ok(After::Continue);
        }
        self.take_answer(answer, attempt, prepared.as_ref()).await
    }

    /// An attempt that began and never ended: the process died, or storage failed under it.
    async fn after_crash(&self, head: &Head, step: String) -> Result<After, StoreError> {
        let crashes = head.crashes.saturating_add(1);
        if crashes >= CRASH_LIMIT {
            return self.fail(RunFailure::Crashed { step, crashes }).await;
        }
        let seen = Record::StepFailed {
            step,
            attempt: head.attempt,
            error: "the process ended during this attempt".into(),
            retry_at: self.clock.now().plus(crash_pause(crashes)),
            crashed: true,
        };
        self.log.append(vec![seen], Alarm::Keep).await?;
        Ok(After::Continue)
    }

    async fn take_answer(
        &self,
        answer: Result<ErasedFlow, StepError>,
        attempt: Attempt,
        prepared: &dyn Prepared,
    ) -> Result<After, StoreError> {
        let step = attempt.step.clone();
        let state = match prepared.state() {
            Ok(state) => state,
            Err(error) => {
                let message = format!("the shared state cannot be written: {error}");
                return self.fail(RunFailure::StepFailed { step, message }).await;
            }
        };
        let answer = answer.and_then(|flow| match flow {
            // The end of a chain hands out the result like any other output.
            ErasedFlow::Next(output) if attempt.last => Ok(ErasedFlow::End(prepared.end(output)?)),
            flow => Ok(flow),
        });
        let now = self.clock.now();
        let suspended = |reason: SuspendReason| Record::Suspended {
            until: prepared
                .look_again_after(&reason, attempt.head.waits)
                .map(|pause| now.plus(pause)),
            step: attempt.step.clone(),
            number: attempt.head.suspensions + 1,
            reason,
            // What parts did that are done is kept with their outputs; what parts did that are
            // not done, they do again.
            state: prepared.without_parts(),
        };
        let record = match answer {
            Ok(ErasedFlow::Next(output)) => Record::StepCompleted {
                step,
                output,
                state,
            },
            Ok(ErasedFlow::End(ended)) => Record::Completed {
                step,
                result: ended.result,
                outcome: Some(ended.outcome),
                counts: ended.counts,
            },
            Ok(ErasedFlow::Suspend(reason)) => suspended(reason),
            Err(StepError::Interrupted(interrupt)) => match interrupt {
                Interrupt::Yield if attempt.whole && self.log.last_seq() == attempt.begun_at => {
                    let message = "nothing could be done within the limits of one invocation";
                    return self.failed(&attempt, message.to_owned(), None).await;
                }
                Interrupt::Yield => {
                    let yielded = suspended(SuspendReason::Yielded);
                    self.log.append(vec![yielded], Alarm::Keep).await?;
                    return Ok(After::Break);
                }
                Interrupt::Cancelled => return Ok(After::Continue),
                Interrupt::Storage(message) => return Err(StoreError(message)),
                Interrupt::Incompatible(message) => {
                    return self.fail(RunFailure::DefinitionChanged { message }).await;
                }
            },
            Err(StepError::Terminal { message }) => {
                return self.fail(RunFailure::StepFailed { step, message }).await;
            }
            Err(StepError::Retry { message, after }) => {
                return self.failed(&attempt, message, after).await;
            }
        };
        self.log.append(vec![record], Alarm::Keep).await?;
        Ok(After::Continue)
    }

    /// What follows an attempt that failed: another, the last of them at the deadline.
    async fn failed(
        &self,
        attempt: &Attempt,
        message: String,
        asked: Option<Duration>,
    ) -> Result<After, StoreError> {
        let now = self.clock.now();
        let step = attempt.step.clone();
        if now >= attempt.deadline {
            return self.fail(RunFailure::OutOfTime { step, message }).await;
        }
        let failures = attempt.head.failures.saturating_add(1);
        let random = self.random.as_ref();
        let pause = attempt.policy.retry.pause_after(failures, asked, random);
        let earliest = now.plus(asked.unwrap_or_default());
        let failed = Record::StepFailed {
            step,
            attempt: attempt.head.attempt + 1,
            error: message,
            retry_at: now.plus(pause).min(attempt.deadline).max(earliest),
            crashed: false,
        };
        self.log.append(vec![failed], Alarm::Keep).await?;
        Ok(After::Continue)
    }

    /// The step at `position`, if the chain up to there is the one this run has gone through.
    fn fitting_step(&self, position: usize, program: &dyn Program) -> Option<Fitting> {
        let head = self.log.head()?.clone();
        let steps = program.step_ids();
        let fits = head
            .completed
            .iter()
            .zip(&steps)
            .all(|(done, step)| done == step);
        let step = (*steps.get(position)?).to_owned();
        let policy = program.policy(position)?;
        let last = head.completed.len() + 1 == steps.len();
        fits.then_some(Fitting {
            head,
            step,
            policy,
            last,
        })
    }

    fn prepare(
        &self,
        head: &Head,
        position: usize,
        program: &dyn Program,
        deadline: Timestamp,
        invocation: &Invocation,
    ) -> Result<(Value, Box<dyn Prepared>), Unprepared> {
        let incompatible = |error: serde_json::Error| {
            let message = format!("checkpoint: {error}");
            Unprepared::Failed(RunFailure::DefinitionChanged { message })
        };
        let input = match self.log.store().entry(head.input_seq)?.map(|it| it.record) {
            Some(Record::Started(started)) => started.input,
            Some(Record::StepCompleted { output, .. }) => output,
            _ => {
                let message = format!("row {} holds no input", head.input_seq);
                return Err(Unprepared::Failed(RunFailure::Unreadable { message }));
            }
        };
        let frame = Frame {
            log: Rc::clone(&self.log),
            clock: Rc::clone(&self.clock),
            spent: Rc::clone(&invocation.spent),
            run_id: head.started.run_id.clone(),
            deadline,
            attempt: head.attempt + 1,
            fence: Fence::after(self.log.last_seq()),
        };
        let kept = Kept {
            state: head.state.clone(),
            context: head.started.context.clone(),
            answer: match &head.answer {
                Some(ResumePayload::Answer(answer)) => Some(answer.clone()),
                Some(ResumePayload::TimeReached) | None => None,
            },
        };
        let prepared = program.prepare(position, kept, frame);
        let prepared = prepared.map_err(incompatible)?;
        let prepared = prepared.ok_or_else(|| Unprepared::Failed(another_chain()))?;
        Ok((input, prepared))
    }
}

/// A step that this run may come to.
struct Fitting {
    head: Head,
    step: String,
    policy: StepPolicy,
    /// Whether it hands out the run's result.
    last: bool,
}

fn another_chain() -> RunFailure {
    let message = "the steps done so far are not the beginning of the present chain".into();
    RunFailure::DefinitionChanged { message }
}

/// Why an attempt cannot begin.
enum Unprepared {
    Storage(StoreError),
    /// It never will.
    Failed(RunFailure),
}

impl From<JournalError> for Unprepared {
    fn from(error: JournalError) -> Self {
        match error {
            JournalError::Storage(error) => Self::Storage(error),
            JournalError::Unreadable(message) => Self::Failed(RunFailure::Unreadable { message }),
        }
    }
}

//! One attempt of one step, and what its answer means for the run.
//!
//! Owns the step's time: its deadline is fixed when it begins, and an attempt that fails is followed
//! by another until then. What the process did not survive is counted apart, so that a step that
//! kills it is stopped. Decides nothing about effects.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use futures::future::{Either, select};
use serde_json::Value;

use super::chain::{Ended, ErasedFlow, ErasedStep};
use super::context::{Scope, StepContext};
use super::definition::{Definition, Flow, Interrupt, StepError, StepPolicy};
use super::head::{Head, RunFailure, RunStatus};
use super::journal::Record;
use super::runner::{After, INVOCATION_END, Invocation, Runner, WATCHDOG};
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

impl<D: Definition> Runner<D> {
    pub(super) async fn execute(
        &self,
        position: usize,
        services: Rc<D::Services>,
        invocation: &Invocation,
    ) -> Result<After, StoreError> {
        let Some((head, step)) = self.fitting_step(position) else {
            let message = "the steps done so far are not the beginning of the present chain".into();
            return self.fail(RunFailure::DefinitionChanged { message }).await;
        };
        let step_id = step.id().to_owned();
        if head.under_way {
            return self.after_crash(&head, step_id).await;
        }
        let now = self.engine.clock.now();
        let policy = step.policy();
        let deadline = head.deadline.unwrap_or_else(|| now.plus(policy.patience));
        let prepared = self.prepare(&head, services, deadline, invocation);
        let (input, scope) = match prepared {
            Ok(prepared) => prepared,
            Err(Unprepared::Storage(error)) => return Err(error),
            Err(Unprepared::Failed(failure)) => return self.fail(failure).await,
        };
        let met = step.requires(&scope.context, &scope.state.borrow());
        if let Err(message) = met {
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
            last: head.completed.len() + 1 == self.engine.workflow.steps.len(),
            begun_at: self.log.last_seq(),
            whole: !invocation.stepped.replace(true),
            head,
            step: step_id.clone(),
            policy,
            deadline,
        };
        let scope = Rc::new(scope);
        let cx = StepContext {
            scope: Rc::clone(&scope),
            path: step_id,
            changes: None,
        };
        let left = INVOCATION_END.saturating_sub(now.since(invocation.began));
        let timeout = policy.timeout.min(left);
        let answer = {
            let running = step.run(input, &cx);
            match select(running, self.engine.clock.sleep(timeout)).await {
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
        self.take_answer(answer, attempt, &scope).await
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
            retry_at: self.engine.clock.now().plus(crash_pause(crashes)),
            crashed: true,
        };
        self.log.append(vec![seen], Alarm::Keep).await?;
        Ok(After::Continue)
    }

    async fn take_answer(
        &self,
        answer: Result<ErasedFlow<D>, StepError>,
        attempt: Attempt,
        scope: &Scope<D>,
    ) -> Result<After, StoreError> {
        let step = attempt.step.clone();
        let written = serde_json::to_value(&*scope.state.borrow());
        let state = match written {
            Ok(state) => state,
            Err(error) => {
                let message = format!("the shared state cannot be written: {error}");
                return self.fail(RunFailure::StepFailed { step, message }).await;
            }
        };
        let answer = answer.and_then(|flow| erased::<D>(flow, attempt.last));
        let suspended = |reason| Record::Suspended {
            step: attempt.step.clone(),
            number: attempt.head.suspensions + 1,
            reason,
            // What parts did that are done is kept with their outputs; what parts did that are
            // not done, they do again.
            state: scope.without_parts.borrow().clone(),
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
                Interrupt::Yield if attempt.whole && self.log.last_seq() == attempt.begun_at => {
                    let message = "nothing could be done within the limits of one invocation";
                    let record = self.failed(&attempt, message.to_owned(), None);
                    (record, After::Continue)
                }
                Interrupt::Yield => (suspended(SuspendReason::Yielded), After::Break),
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
                (self.failed(&attempt, message, after), After::Continue)
            }
        };
        self.log.append(vec![record], Alarm::Keep).await?;
        Ok(after)
    }

    /// What follows an attempt that failed: another, the last of them at the deadline.
    fn failed(&self, attempt: &Attempt, message: String, asked: Option<Duration>) -> Record {
        let now = self.engine.clock.now();
        let step = attempt.step.clone();
        if now >= attempt.deadline {
            return Record::Failed {
                failure: RunFailure::OutOfTime { step, message },
            };
        }
        let failures = attempt.head.failures.saturating_add(1);
        let random = self.engine.random.as_ref();
        let pause = attempt.policy.retry.pause_after(failures, asked, random);
        let earliest = now.plus(asked.unwrap_or_default());
        Record::StepFailed {
            step,
            attempt: attempt.head.attempt + 1,
            error: message,
            retry_at: now.plus(pause).min(attempt.deadline).max(earliest),
            crashed: false,
        }
    }

    /// The step at `position`, if the chain up to there is the one this run has gone through.
    fn fitting_step(&self, position: usize) -> Option<(Head, Rc<dyn ErasedStep<D>>)> {
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

    fn prepare(
        &self,
        head: &Head,
        services: Rc<D::Services>,
        deadline: Timestamp,
        invocation: &Invocation,
    ) -> Result<(Value, Scope<D>), Unprepared> {
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
        let state = match &head.state {
            Value::Null => D::State::default(),
            state => serde_json::from_value(state.clone()).map_err(incompatible)?,
        };
        let context = serde_json::from_value(head.started.context.clone()).map_err(incompatible)?;
        let scope = Scope {
            log: Rc::clone(&self.log),
            clock: Rc::clone(&self.engine.clock),
            services,
            spent: Rc::clone(&invocation.spent),
            run_id: head.started.run_id.clone(),
            context,
            without_parts: RefCell::new(serde_json::to_value(&state).map_err(incompatible)?),
            state: RefCell::new(state),
            deadline,
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

//! The run's state machine: the journal folded, and what may happen next.
//!
//! No I/O. Commands are decided against a [`Head`] and answered with records; records are applied
//! to it. The head holds nothing that grows with the number of effects, so a run is picked up at
//! the cost of its tail, not of its history.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::journal::{Record, Started};
use super::outcome::Outcome;
use super::reason::Reason;
use super::suspend::{ResumePayload, ResumedBy, SuspendReason};
use onbehalf_clock::Timestamp;

/// Where a run stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RunStatus {
    /// A step runs, or will at the due time.
    Running,
    /// Waits for something named in the suspension.
    Suspended,
    /// Cancel was acknowledged; writes that were under way are being settled.
    Cancelling,
    /// Ended with a result.
    Completed,
    /// Ended without one.
    Failed,
    /// Ended by a cancel.
    Cancelled,
}

impl RunStatus {
    /// Every status, for filters and documentation.
    pub const ALL: [Self; 6] = [
        Self::Running,
        Self::Suspended,
        Self::Cancelling,
        Self::Completed,
        Self::Failed,
        Self::Cancelled,
    ];

    /// The status as written in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Suspended => "suspended",
            Self::Cancelling => "cancelling",
            Self::Completed => "completed",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
        }
    }

    /// Whether nothing further happens to the run.
    pub fn ended(self) -> bool {
        matches!(self, Self::Completed | Self::Failed | Self::Cancelled)
    }
}

/// Why a run ended without a result.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, thiserror::Error)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum RunFailure {
    /// A step failed for good or spent its attempts.
    #[error("step {step} failed: {message}")]
    StepFailed {
        /// The step.
        step: String,
        /// What it said.
        message: String,
    },
    /// What a step requires of the context or the shared state was not there.
    #[error("step {step} may not run: {message}")]
    RequirementUnmet {
        /// The step.
        step: String,
        /// What is missing.
        message: String,
    },
    /// The deployed workflow no longer fits this run's checkpoint.
    #[error("the workflow changed: {message}")]
    DefinitionChanged {
        /// What does not fit.
        message: String,
    },
    /// A step failed again and again until its time was over.
    #[error("step {step} ran out of time: {message}")]
    OutOfTime {
        /// The step.
        step: String,
        /// What it said last.
        message: String,
    },
    /// Something in a step kills the process.
    #[error("step {step} ended the process {crashes} times in a row")]
    Crashed {
        /// The step.
        step: String,
        /// How often.
        crashes: u32,
    },
    /// What is stored of the run cannot be read.
    #[error("the checkpoint cannot be read: {message}")]
    Unreadable {
        /// What is wrong with it.
        message: String,
    },
    /// The deployment's settings do not let the run's steps act, and were not mended in time.
    #[error("the settings are wrong: {message}")]
    Misconfigured {
        /// What is wrong with them.
        message: String,
    },
}

impl RunFailure {
    /// Every name, for documentation.
    pub const NAMES: [&str; 7] = [
        "step_failed",
        "requirement_unmet",
        "definition_changed",
        "out_of_time",
        "crashed",
        "unreadable",
        "misconfigured",
    ];

    /// In one word, as written in JSON.
    pub fn name(&self) -> &'static str {
        match self {
            Self::StepFailed { .. } => "step_failed",
            Self::RequirementUnmet { .. } => "requirement_unmet",
            Self::DefinitionChanged { .. } => "definition_changed",
            Self::OutOfTime { .. } => "out_of_time",
            Self::Crashed { .. } => "crashed",
            Self::Unreadable { .. } => "unreadable",
            Self::Misconfigured { .. } => "misconfigured",
        }
    }
}

/// A suspension under way.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Suspension {
    /// Counted from 1 within the run; a resume names it.
    pub number: u32,
    /// Why.
    pub reason: SuspendReason,
    /// Since when.
    pub since: Timestamp,
    /// When the run goes on though nothing has come, for a product's reason that says so.
    #[serde(default)]
    pub until: Option<Timestamp>,
    /// Parts that have come since, of those that are waited for.
    #[serde(default, rename = "made")]
    pub came: Vec<String>,
}

/// Who has to mend what keeps a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TroubleKind {
    /// The operator: settings are wrong.
    Settings,
    /// Nobody in particular: those who must be told of the run's status could not be.
    Outside,
}

/// Why a run that could go on does not, for now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trouble {
    /// Whose doing it is.
    pub kind: TroubleKind,
    /// What is wrong, for people; holds no identity and no credential.
    pub message: String,
    /// Since when.
    pub since: Timestamp,
    /// How often the run has tried to get on.
    pub tries: u32,
}

/// The resume that won a suspension.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Resumed {
    /// The suspension it ended.
    pub number: u32,
    /// Who or what resumed it.
    pub by: ResumedBy,
    /// When.
    pub at: Timestamp,
    /// With what.
    pub payload: ResumePayload,
}

/// The state of a run, without what its effects wrote.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Head {
    /// How it began: name, owner, context, input.
    pub started: Started,
    /// When it began.
    pub started_at: Timestamp,
    /// Where it stands.
    pub status: RunStatus,
    /// Steps that are done, in order.
    pub completed: Vec<String>,
    /// Journal position whose payload is the next step's input.
    pub input_seq: u64,
    /// Attempts of the current step so far, those that a crash ended included.
    pub attempt: u32,
    /// Attempts of the current step that failed by themselves since the last suspension; paces the
    /// next one.
    pub failures: u32,
    /// When the current step's time is over, once it has begun.
    #[serde(default)]
    pub deadline: Option<Timestamp>,
    /// Whether an attempt of the current step has begun and not ended.
    #[serde(default)]
    pub under_way: bool,
    /// Attempts of the current step in a row that the process did not survive.
    #[serde(default)]
    pub crashes: u32,
    /// Why the run does not get on, where that is not its steps' doing.
    #[serde(default)]
    pub trouble: Option<Trouble>,
    /// The shared state.
    pub state: Value,
    /// When to go on, while running.
    pub due: Timestamp,
    /// The suspension under way.
    pub suspension: Option<Suspension>,
    /// Suspensions so far.
    pub suspensions: u32,
    /// Waits of the current step in a row that ended though nothing had come; paces the next.
    #[serde(default)]
    pub waits: u32,
    /// The latest resume.
    pub resumed: Option<Resumed>,
    /// The latest resume by somebody or something other than time, which must not hide it.
    #[serde(default)]
    pub answered: Option<Resumed>,
    /// What the current step was resumed with.
    pub answer: Option<ResumePayload>,
    /// Who asked for the cancel, and when.
    pub cancelled_by: Option<(String, Timestamp)>,
    /// What the run will fail with, once every write that was under way is settled.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failing: Option<RunFailure>,
    /// Journal position of the result or failure.
    pub end_seq: Option<u64>,
    /// When it ended.
    pub ended_at: Option<Timestamp>,
    /// What it amounts to; `None` before the end, and for a run that was cancelled.
    #[serde(default)]
    pub outcome: Option<Outcome>,
    /// How much of what its result holds.
    #[serde(default)]
    pub counts: BTreeMap<String, u64>,
    /// When the latest record was applied.
    pub updated_at: Timestamp,
    /// Whether the outside has yet to be told of the present status.
    pub unpublished: bool,
}

/// What to do next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Next {
    /// Run the step at this position of the chain.
    Run(usize),
    /// Nothing before this time.
    Wait(Timestamp),
    /// Nothing until somebody resumes it.
    Idle,
    /// Settle the open intents, then end as cancelled or failed.
    Settle,
    /// The run has ended.
    Ended,
}

/// Why a command was refused. Nothing was changed.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum Refusal {
    /// Somebody else resumed this suspension first.
    #[error("already resumed")]
    AlreadyResumed {
        /// Who won.
        by: ResumedBy,
        /// When.
        at: Timestamp,
    },
    /// The run does not wait for anything.
    #[error("the run is {}, not suspended", .0.name())]
    NotSuspended(RunStatus),
    /// The run has ended or is being cancelled.
    #[error("the run is already {}", .0.name())]
    AlreadyEnded(RunStatus),
    /// The payload does not fit the reason.
    #[error("{0}")]
    WrongPayload(String),
}

impl Head {
    /// The head of a run that just began.
    pub fn begin(started: Started, at: Timestamp) -> Self {
        Self {
            started,
            started_at: at,
            status: RunStatus::Running,
            completed: Vec::new(),
            input_seq: 1,
            attempt: 0,
            failures: 0,
            deadline: None,
            under_way: false,
            crashes: 0,
            trouble: None,
            state: Value::Null,
            due: at,
            suspension: None,
            suspensions: 0,
            waits: 0,
            resumed: None,
            answered: None,
            answer: None,
            cancelled_by: None,
            failing: None,
            end_seq: None,
            ended_at: None,
            outcome: None,
            counts: BTreeMap::new(),
            updated_at: at,
            unpublished: true,
        }
    }

    /// Folds one record into the head.
    pub fn apply(&mut self, seq: u64, at: Timestamp, record: &Record) {
        self.updated_at = at;
        match record {
            Record::StepStarted {
                attempt, deadline, ..
            } => {
                self.attempt = *attempt;
                self.deadline = *deadline;
                self.under_way = true;
            }
            Record::StepCompleted { step, state, .. } => {
                self.completed.push(step.clone());
                self.state = state.clone();
                self.input_seq = seq;
                self.attempt = 0;
                self.failures = 0;
                self.waits = 0;
                self.deadline = None;
                self.attempt_ended();
                self.answer = None;
                self.due = at;
            }
            Record::StepFailed {
                retry_at, crashed, ..
            } => {
                self.due = *retry_at;
                if *crashed {
                    self.under_way = false;
                    self.crashes = self.crashes.saturating_add(1);
                } else {
                    self.failures = self.failures.saturating_add(1);
                    self.attempt_ended();
                }
            }
            Record::Suspended {
                number,
                reason,
                until,
                state,
                ..
            } => {
                self.state = state.clone();
                self.suspensions = *number;
                // A pause is not a failed attempt: the pauses start afresh after it.
                self.failures = 0;
                self.attempt_ended();
                self.status = RunStatus::Suspended;
                self.suspension = Some(Suspension {
                    number: *number,
                    reason: reason.clone(),
                    since: at,
                    until: *until,
                    came: Vec::new(),
                });
                self.unpublished = true;
            }
            Record::PartCame { part, .. } => {
                if let Some(suspension) = &mut self.suspension {
                    suspension.came.push(part.clone());
                }
            }
            Record::Resumed {
                number,
                by,
                payload,
            } => {
                if let Some(waited) = self.suspension.take() {
                    if !waited.reason.spends_time() {
                        self.deadline = self.deadline.map(|it| it.plus(at.since(waited.since)));
                    }
                    self.waits = match (waited.until, by) {
                        (Some(_), ResumedBy::Time) => self.waits.saturating_add(1),
                        // What the engine waits for by itself says nothing about the product's.
                        (None, ResumedBy::Time) => self.waits,
                        _ => 0,
                    };
                }
                self.status = RunStatus::Running;
                self.due = at;
                self.answer = Some(payload.clone());
                let resumed = Resumed {
                    number: *number,
                    by: by.clone(),
                    at,
                    payload: payload.clone(),
                };
                if *by != ResumedBy::Time {
                    self.answered = Some(resumed.clone());
                }
                self.resumed = Some(resumed);
                self.unpublished = true;
            }
            Record::CancelRequested { by } => {
                self.cancelled_by = Some((by.clone(), at));
                self.status = RunStatus::Cancelling;
                self.suspension = None;
                self.failing = None;
                self.due = at;
                self.unpublished = true;
            }
            Record::Failing { failure } => {
                self.failing = Some(failure.clone());
                self.attempt_ended();
                self.due = at;
            }
            Record::Completed {
                step,
                outcome,
                counts,
                ..
            } => {
                self.completed.push(step.clone());
                self.outcome = Some(outcome.clone().unwrap_or(Outcome::Done));
                self.counts = counts.clone();
                self.end(RunStatus::Completed, seq, at);
            }
            Record::Failed { failure } => {
                self.outcome = Some(Outcome::Failed {
                    reason: failure.name().to_owned(),
                });
                self.end(RunStatus::Failed, seq, at);
            }
            Record::Cancelled => self.end(RunStatus::Cancelled, seq, at),
            Record::Started(_)
            | Record::Memo { .. }
            | Record::Intent { .. }
            | Record::Released { .. }
            | Record::Unanswered { .. }
            | Record::Probed { .. }
            | Record::Outcome { .. } => {}
        }
    }

    fn attempt_ended(&mut self) {
        self.under_way = false;
        self.crashes = 0;
    }

    fn end(&mut self, status: RunStatus, seq: u64, at: Timestamp) {
        self.under_way = false;
        self.trouble = None;
        self.failing = None;
        self.status = status;
        self.suspension = None;
        self.end_seq = Some(seq);
        self.ended_at = Some(at);
        self.unpublished = true;
    }

    /// Whether applying the record changes the head; the others leave it as it is stored.
    pub fn changes_with(record: &Record) -> bool {
        !matches!(
            record,
            Record::Memo { .. }
                | Record::Intent { .. }
                | Record::Released { .. }
                | Record::Unanswered { .. }
                | Record::Probed { .. }
                | Record::Outcome { .. }
        )
    }

    /// What to do now.
    pub fn next(&self, now: Timestamp) -> Next {
        match self.status {
            RunStatus::Running if self.due <= now && self.failing.is_some() => Next::Settle,
            RunStatus::Running if self.due <= now => Next::Run(self.completed.len()),
            RunStatus::Running => Next::Wait(self.due),
            RunStatus::Suspended => match self.suspension_due() {
                Some(until) => Next::Wait(until),
                None => Next::Idle,
            },
            RunStatus::Cancelling if self.due <= now => Next::Settle,
            RunStatus::Cancelling => Next::Wait(self.due),
            RunStatus::Completed | RunStatus::Failed | RunStatus::Cancelled => Next::Ended,
        }
    }

    /// Since when the run should have gone on, or have told the outside where it stands; `None` when
    /// it waits for something.
    pub(super) fn overdue_since(&self, now: Timestamp) -> Option<Timestamp> {
        let waits = self.suspension.as_ref().filter(|_| self.unpublished);
        let untold = waits.map(|it| it.since);
        match self.next(now) {
            Next::Run(_) | Next::Settle => Some(self.due),
            Next::Wait(until) => untold.or(Some(until).filter(|until| *until <= now)),
            Next::Idle => untold,
            Next::Ended => self.ended_at.filter(|_| self.unpublished),
        }
    }

    fn suspension_due(&self) -> Option<Timestamp> {
        let suspension = self.suspension.as_ref()?;
        let own = suspension.reason.due(suspension.since);
        own.or(suspension.until)
    }

    /// Wakes a run whose due time has come; nothing when it has not.
    pub fn wake(&self, now: Timestamp) -> Option<Record> {
        let due = self.suspension_due()?;
        let number = self.suspension.as_ref()?.number;
        (due <= now).then_some(Record::Resumed {
            number,
            by: ResumedBy::Time,
            payload: ResumePayload::TimeReached,
        })
    }

    /// Decides a resume of suspension `number` (or of whichever is under way).
    ///
    /// # Errors
    /// Refused when another resume won, the run does not wait, or the answer does not fit.
    pub fn resume<R: Reason>(
        &self,
        number: Option<u32>,
        by: ResumedBy,
        answer: R::Answer,
    ) -> Result<Record, Refusal> {
        let Some(suspension) = &self.suspension else {
            return Err(self
                .winner(number)
                .unwrap_or(Refusal::NotSuspended(self.status)));
        };
        if let Some(number) = number
            && number != suspension.number
        {
            return Err(self.winner(Some(number)).unwrap_or_else(|| {
                Refusal::WrongPayload(format!("there is no suspension {number}"))
            }));
        }
        let reason = match suspension.reason.typed::<R>() {
            Ok(SuspendReason::Product(reason)) => reason,
            Ok(own) => {
                return Err(Refusal::WrongPayload(format!(
                    "a run that is {} goes on by itself",
                    own.name()
                )));
            }
            Err(_) => {
                return Err(Refusal::WrongPayload(
                    "this deployment does not know what the run waits for".into(),
                ));
            }
        };
        let answer = reason.accept(answer).map_err(Refusal::WrongPayload)?;
        resumed(suspension.number, by, answer)
            .map_err(|error| Refusal::WrongPayload(error.to_string()))
    }

    /// Who resumed this suspension before, if somebody did.
    fn winner(&self, number: Option<u32>) -> Option<Refusal> {
        let won = [&self.resumed, &self.answered].into_iter().flatten();
        let mut won = won.filter(|won| number.is_none_or(|number| number == won.number));
        won.next().map(|won| Refusal::AlreadyResumed {
            by: won.by.clone(),
            at: won.at,
        })
    }

    /// Decides what it means that a part of what suspension `number` waits for has come: nothing,
    /// one missing less, or a resume.
    pub fn part_came<R: Reason>(&self, number: u32, part: &str, by: ResumedBy) -> Vec<Record> {
        let Some(suspension) = self.suspension.as_ref().filter(|it| it.number == number) else {
            return Vec::new();
        };
        let Some(reason) = suspension.reason.product::<R>() else {
            return Vec::new();
        };
        let awaited = reason.parts().iter().any(|it| it == part);
        if !awaited || suspension.came.iter().any(|came| came == part) {
            return Vec::new();
        }
        let mut records = vec![Record::PartCame {
            number,
            part: part.to_owned(),
        }];
        let mut came = suspension.came.clone();
        came.push(part.to_owned());
        let answer = reason.once_came(&came);
        records.extend(answer.and_then(|answer| resumed(number, by, answer).ok()));
        records
    }

    /// What the run waits for, parts that have come left out. `None` when it waits for nothing, or
    /// for what this deployment cannot read.
    pub fn waits_for<R: Reason>(&self) -> Option<SuspendReason<R>> {
        let suspension = self.suspension.as_ref()?;
        Some(match suspension.reason.typed::<R>().ok()? {
            SuspendReason::Product(reason) => reason.without(&suspension.came).into(),
            own => own,
        })
    }

    /// Decides a cancel. A second cancel of the same run is acknowledged again without a record.
    ///
    /// # Errors
    /// Refused when the run has ended otherwise.
    pub fn cancel(&self, by: &str) -> Result<Option<Record>, Refusal> {
        match self.status {
            RunStatus::Running | RunStatus::Suspended => {
                Ok(Some(Record::CancelRequested { by: by.to_owned() }))
            }
            RunStatus::Cancelling | RunStatus::Cancelled => Ok(None),
            status @ (RunStatus::Completed | RunStatus::Failed) => {
                Err(Refusal::AlreadyEnded(status))
            }
        }
    }

    /// Whether writes may still begin.
    pub fn may_write(&self) -> bool {
        self.status == RunStatus::Running && self.failing.is_none()
    }

    /// The time from start to end, or to `now`.
    pub fn duration(&self, now: Timestamp) -> Duration {
        self.ended_at.unwrap_or(now).since(self.started_at)
    }
}

/// The record of an answer that was accepted.
fn resumed<A: Serialize>(
    number: u32,
    by: ResumedBy,
    answer: A,
) -> Result<Record, serde_json::Error> {
    Ok(Record::Resumed {
        number,
        by,
        payload: ResumePayload::Answer(serde_json::to_value(answer)?),
    })
}

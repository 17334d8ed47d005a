//! A run as its owner sees it: status, steps with times and attempts, shared state, result.
//!
//! Owns the shapes that are shown, with their JSON Schemas; built from the head and the milestones
//! of the journal alone. The engine knows no schema, so those of its types that are shown have
//! theirs here, kept equal by tests.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::approval_mode::ApprovalMode;
use crate::reason::{MissingConnection, RunReason};
use onbehalf_clock::Timestamp;
use onbehalf_engine::{
    Entry, Head, JournalError, Outcome, Record, ResumedBy, RunFailure, RunLog, RunStatus,
    SuspendReason, Trouble,
};

/// A run, whole.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct RunView {
    /// The run's name.
    pub run_id: String,
    /// The workflow's id.
    pub workflow: String,
    /// Version of the workflow the run started under.
    pub version: u32,
    /// Where it stands.
    #[schemars(with = "RunStatusSchema")]
    pub status: RunStatus,
    /// Once it has ended: whether it did its job.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<OutcomeSchema>")]
    pub outcome: Option<Outcome>,
    /// How much of what its result holds.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub counts: BTreeMap<String, u64>,
    /// When it began.
    pub started_at: Timestamp,
    /// When anything last changed.
    pub updated_at: Timestamp,
    /// When it ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<Timestamp>,
    /// What it was started with.
    pub input: Value,
    /// Steps that were reached, in order.
    pub steps: Vec<StepView>,
    /// The shared state.
    pub state: Value,
    /// Why it does not get on, where that is not its steps' doing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trouble: Option<TroubleView>,
    /// What it waits for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub suspension: Option<SuspensionView>,
    /// The latest resume that was not by time alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resumed: Option<ResumeView>,
    /// What it ended with.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub result: Option<Value>,
    /// Why it ended without a result.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<RunFailureSchema>")]
    pub failure: Option<RunFailure>,
    /// Trace id of the request that started it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trace_id: Option<String>,
}

/// Where a step stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum StepStatus {
    /// Runs, or runs again at the due time.
    Running,
    /// Waits.
    Suspended,
    /// Done.
    Completed,
    /// Ended the run without a result.
    Failed,
}

/// One step of a run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct StepView {
    /// The step's id.
    pub id: String,
    /// Where it stands.
    pub status: StepStatus,
    /// Attempts so far.
    pub attempts: u32,
    /// When its first attempt began.
    pub started_at: Timestamp,
    /// When it was done.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<Timestamp>,
    /// What its last failed attempt said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

/// Why a run that could go on does not, for now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct TroubleView {
    /// What is wrong.
    pub message: String,
    /// Since when.
    pub since: Timestamp,
    /// How often the run has tried to get on.
    pub tries: u32,
}

impl From<Trouble> for TroubleView {
    fn from(trouble: Trouble) -> Self {
        Self {
            message: trouble.message,
            since: trouble.since,
            tries: trouble.tries,
        }
    }
}

/// What a suspended run waits for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SuspensionView {
    /// Names this suspension in a resume.
    pub number: u32,
    /// Since when.
    pub since: Timestamp,
    /// When the run looks again by itself, and puts up again what nobody has decided.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub looks_again_at: Option<Timestamp>,
    /// Why; for missing connections, those still missing.
    #[serde(flatten)]
    pub reason: WaitView,
}

/// Why a run waits, as shown.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "reason", rename_all = "snake_case")]
pub enum WaitView {
    /// Connections are missing or dead; a new connection of each of them resumes the run.
    ConnectionRequired {
        /// Those still missing.
        missing: Vec<MissingConnection>,
    },
    /// Somebody must approve what is about to be written.
    ApprovalRequired {
        /// Every write that would be made.
        plan: Value,
        /// Hash of the plan; an approval names it, so it cannot approve something else.
        hash: String,
        /// What a decision about a single write names it by, in the order of the plan. Without any, the
        /// plan is decided as a whole.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        items: Vec<String>,
        /// Who has to: `four_eyes` is somebody other than the run's owner.
        mode: ApprovalMode,
    },
    /// A planned pause.
    Sleeping {
        /// When the run goes on by itself.
        until: Timestamp,
    },
    /// An app asked for patience.
    RateLimited {
        /// When the run goes on by itself.
        until: Timestamp,
    },
    /// An app did not answer and is asked again.
    Retrying {
        /// When the run goes on by itself.
        until: Timestamp,
    },
    /// The limits of one invocation are near; the run goes on in the next.
    Yielded,
    /// Something that this deployment no longer knows.
    Unknown,
}

impl From<SuspendReason<RunReason>> for WaitView {
    fn from(reason: SuspendReason<RunReason>) -> Self {
        match reason {
            SuspendReason::Product(RunReason::ConnectionRequired { missing }) => {
                Self::ConnectionRequired { missing }
            }
            SuspendReason::Product(RunReason::ApprovalRequired {
                plan,
                hash,
                items,
                mode,
            }) => {
                let items = items.unwrap_or_default().into_iter();
                Self::ApprovalRequired {
                    plan,
                    hash,
                    items: items.map(|it| it.item).collect(),
                    mode,
                }
            }
            SuspendReason::Sleeping { until } => Self::Sleeping { until },
            SuspendReason::RateLimited { until } => Self::RateLimited { until },
            SuspendReason::Retrying { until } => Self::Retrying { until },
            SuspendReason::Yielded => Self::Yielded,
        }
    }
}

impl WaitView {
    /// A journaled reason, as shown.
    pub fn of(reason: &SuspendReason) -> Self {
        reason
            .typed::<RunReason>()
            .map_or(Self::Unknown, Self::from)
    }
}

/// Where a run stands.
#[derive(JsonSchema)]
#[schemars(rename = "RunStatus", rename_all = "snake_case")]
#[allow(dead_code, reason = "a schema, never a value")]
pub enum RunStatusSchema {
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

/// Whether a run that has ended did its job.
#[derive(JsonSchema)]
#[schemars(rename = "Outcome", tag = "kind", rename_all = "snake_case")]
#[allow(dead_code, reason = "a schema, never a value")]
pub enum OutcomeSchema {
    /// It did what it is for.
    Done,
    /// It did a part of it.
    Partial {
        /// What is missing.
        missing: Vec<String>,
    },
    /// It did not do what it is for.
    Failed {
        /// Why.
        reason: String,
    },
}

/// Why a run ended without a result.
#[derive(JsonSchema)]
#[schemars(rename = "RunFailure", tag = "kind", rename_all = "snake_case")]
#[allow(dead_code, reason = "a schema, never a value")]
pub enum RunFailureSchema {
    /// A step failed for good.
    StepFailed {
        /// The step.
        step: String,
        /// What it said.
        message: String,
    },
    /// What a step requires of the context or the shared state was not there.
    RequirementUnmet {
        /// The step.
        step: String,
        /// What is missing.
        message: String,
    },
    /// The deployed workflow no longer fits this run's checkpoint.
    DefinitionChanged {
        /// What does not fit.
        message: String,
    },
    /// A step failed again and again until its time was over.
    OutOfTime {
        /// The step.
        step: String,
        /// What it said last.
        message: String,
    },
    /// Something in a step kills the process.
    Crashed {
        /// The step.
        step: String,
        /// How often.
        crashes: u32,
    },
    /// What is stored of the run cannot be read.
    Unreadable {
        /// What is wrong with it.
        message: String,
    },
    /// The deployment's settings do not let the run's steps act, and were not mended in time.
    Misconfigured {
        /// What is wrong with them.
        message: String,
    },
}

/// A resume that was accepted.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ResumeView {
    /// The suspension it ended.
    pub number: u32,
    /// Who or what it was: `owner`, `approver` or `connection`.
    pub by: String,
    /// When.
    pub at: Timestamp,
}

/// The kinds of records a view is made of.
const MILESTONES: [&str; 8] = [
    "step_started",
    "step_completed",
    "step_failed",
    "suspended",
    "resumed",
    "completed",
    "failed",
    "cancelled",
];

impl RunView {
    /// The run kept in `log`; `None` when it never started.
    ///
    /// # Errors
    /// When storage cannot be read.
    pub fn of(log: &RunLog) -> Result<Option<Self>, JournalError> {
        let Some(head) = log.head().map(|head| head.clone()) else {
            return Ok(None);
        };
        let milestones = match log.store().entries_of(&MILESTONES) {
            Ok(milestones) => milestones,
            // Its end can be read: it was written after what was damaged.
            Err(JournalError::Unreadable(_)) if head.end_seq.is_some() => {
                let end = head
                    .end_seq
                    .and_then(|seq| log.store().entry(seq).transpose());
                end.transpose()?.into_iter().collect()
            }
            Err(error) => return Err(error),
        };
        Ok(Some(Self::from_parts(&head, &milestones)))
    }

    fn from_parts(head: &Head, milestones: &[Entry]) -> Self {
        let mut result = None;
        let mut failure = None;
        let mut resumed = None;
        for entry in milestones {
            match &entry.record {
                Record::Completed { result: ended, .. } => result = Some(ended.clone()),
                Record::Failed { failure: ended } => failure = Some(ended.clone()),
                Record::Resumed { number, by, .. } if *by != ResumedBy::Time => {
                    resumed = Some(ResumeView {
                        number: *number,
                        by: by.name().to_owned(),
                        at: entry.at,
                    });
                }
                _ => {}
            }
        }
        Self {
            run_id: head.started.run_id.clone(),
            workflow: head.started.workflow.clone(),
            version: head.started.version,
            status: head.status,
            outcome: head.outcome.clone(),
            counts: head.counts.clone(),
            started_at: head.started_at,
            updated_at: head.updated_at,
            ended_at: head.ended_at,
            input: head.started.input.clone(),
            steps: steps(milestones),
            state: head.state.clone(),
            trouble: head.trouble.clone().map(TroubleView::from),
            suspension: suspension(head),
            resumed,
            result,
            failure,
            trace_id: head.started.trace_id.clone(),
        }
    }
}

fn suspension(head: &Head) -> Option<SuspensionView> {
    let suspension = head.suspension.as_ref()?;
    let reason = head.waits_for::<RunReason>();
    Some(SuspensionView {
        number: suspension.number,
        since: suspension.since,
        looks_again_at: suspension.until,
        reason: reason.map_or(WaitView::Unknown, WaitView::from),
    })
}

fn steps(milestones: &[Entry]) -> Vec<StepView> {
    let mut steps: Vec<StepView> = Vec::new();
    for entry in milestones {
        match &entry.record {
            Record::StepStarted { step, attempt, .. } => match steps.last_mut() {
                Some(last) if last.id == *step => {
                    last.attempts = *attempt;
                    last.status = StepStatus::Running;
                }
                _ => steps.push(StepView {
                    id: step.clone(),
                    status: StepStatus::Running,
                    attempts: *attempt,
                    started_at: entry.at,
                    ended_at: None,
                    error: None,
                }),
            },
            record => {
                if let Some(last) = steps.last_mut() {
                    last.take(record, entry.at);
                }
            }
        }
    }
    steps
}

impl StepView {
    fn take(&mut self, record: &Record, at: Timestamp) {
        match record {
            Record::StepCompleted { .. } | Record::Completed { .. } => {
                self.status = StepStatus::Completed;
                self.ended_at = Some(at);
                self.error = None;
            }
            Record::StepFailed { error, .. } => self.error = Some(error.clone()),
            Record::Suspended { .. } => self.status = StepStatus::Suspended,
            Record::Resumed { .. } => self.status = StepStatus::Running,
            Record::Failed { failure } => {
                self.status = StepStatus::Failed;
                self.ended_at = Some(at);
                self.error = Some(failure.to_string());
            }
            Record::Cancelled => self.ended_at = Some(at),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The names a schema allows for the field of this name, or for the value itself.
    fn names(schema: &schemars::Schema, tag: Option<&str>) -> Vec<String> {
        let schema = serde_json::to_value(schema).expect("json");
        let variants = schema["oneOf"].as_array().expect("variants");
        let name = |variant: &Value| {
            let named = match tag {
                Some(tag) => &variant["properties"][tag]["const"],
                None => &variant["const"],
            };
            named.as_str().expect("a name").to_owned()
        };
        variants.iter().map(name).collect()
    }

    #[test]
    fn the_schema_of_a_status_is_the_statuses_there_are() {
        let schema = schemars::schema_for!(RunStatusSchema);
        assert_eq!(names(&schema, None), RunStatus::ALL.map(RunStatus::name));
    }

    #[test]
    fn the_schema_of_a_failure_is_the_failures_there_are() {
        let schema = schemars::schema_for!(RunFailureSchema);
        assert_eq!(names(&schema, Some("kind")), RunFailure::NAMES);
    }

    #[test]
    fn the_schema_of_an_outcome_is_the_outcomes_there_are() {
        let schema = schemars::schema_for!(OutcomeSchema);
        assert_eq!(names(&schema, Some("kind")), Outcome::NAMES);
    }
}

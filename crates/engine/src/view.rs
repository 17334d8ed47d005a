//! A run as its owner sees it: status, steps with times and attempts, shared state, result.
//!
//! Owns the shape that is shown; built from the head and the milestones of the journal alone.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::head::{Head, RunFailure, RunStatus};
use super::journal::{Entry, Record};
use super::log::RunLog;
use super::store::StoreError;
use super::suspend::{ResumedBy, SuspendReason};
use onbehalf_clock::Timestamp;

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
    pub status: RunStatus,
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

/// What a suspended run waits for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SuspensionView {
    /// Names this suspension in a resume.
    pub number: u32,
    /// Since when.
    pub since: Timestamp,
    /// Why; for missing connections, those still missing.
    #[serde(flatten)]
    pub reason: SuspendReason,
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
    pub fn of(log: &RunLog) -> Result<Option<Self>, StoreError> {
        let Some(head) = log.head().map(|head| head.clone()) else {
            return Ok(None);
        };
        let milestones = log.store().entries_of(&MILESTONES)?;
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
            started_at: head.started_at,
            updated_at: head.updated_at,
            ended_at: head.ended_at,
            input: head.started.input.clone(),
            steps: steps(milestones),
            state: head.state.clone(),
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
    let reason = match &suspension.reason {
        SuspendReason::ConnectionRequired { .. } => SuspendReason::ConnectionRequired {
            missing: head.still_missing().into_iter().cloned().collect(),
        },
        reason => reason.clone(),
    };
    Some(SuspensionView {
        number: suspension.number,
        since: suspension.since,
        reason,
    })
}

fn steps(milestones: &[Entry]) -> Vec<StepView> {
    let mut steps: Vec<StepView> = Vec::new();
    for entry in milestones {
        match &entry.record {
            Record::StepStarted { step, attempt } => match steps.last_mut() {
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

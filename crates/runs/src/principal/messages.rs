//! What a principal's object answers.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use onbehalf_clock::Timestamp;
use onbehalf_engine::{Outcome, RunStatus, Started};
use onbehalf_identity::RequestContext;

use crate::approval_mode::ApprovalMode;
use crate::contract::{
    ConnectAttempt, RunPage, RunQuery, RunSummary, Schedule, Start, StartRun, TakenAttempt, Tenant,
};
use crate::letter::{Answer, messages};
use crate::names::{OwnerKey, StateHash, WorkflowId};
use crate::run_id::RunId;

messages! {
    /// What a principal's object answers.
    PrincipalMessage / PrincipalReply by OwnerKey, Principal,
    Answer::Principal,
    |answer| match answer { Answer::Principal(reply) => Some(reply), _ => None };
    StartRun => Start,
    StartForTick => TickStart,
    ListRuns => RunPage,
    LatestRuns => Vec<RunSummary>,
    FindRun => Option<Found>,
    CancelWaiting => bool,
    NoteStatus => (),
    ReadSchedule => Schedule,
    ReadSchedules => Vec<Schedule>,
    WriteSchedule => Schedule,
    WithdrawFor => bool,
    BeginConnect => (),
    TakeConnect => TakenAttempt,
}

impl PrincipalMessage {
    /// Whether its answer may be a run nobody was there to ask for, so that what its user's issuer
    /// may reach has to be known beforehand.
    pub fn starts_by_itself(&self) -> bool {
        matches!(self, Self::StartForTick(_))
    }
}

/// Starts the run of a tick, unless that was done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StartForTick {
    /// Whose.
    pub owner: OwnerKey,
    /// Of which workflow.
    pub workflow: WorkflowId,
    /// The tick.
    pub tick: Timestamp,
    /// As whom, as the shard knows it: for a principal that enrolled before it kept this itself.
    pub context: RequestContext,
}

/// What a tick came to for one principal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum TickStart {
    /// There is a run: a new one, or the one that was open.
    Started {
        /// Its name.
        run_id: RunId,
    },
    /// It was done before, or the tick is older than the enrolment.
    Already,
    /// The schedule is off, or has ended.
    NotEnrolled,
    /// Not at the moment.
    NotNow(NotStarted),
}

/// Why a tick has no run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
pub enum NotStarted {
    /// Too many runs have not ended.
    #[error("too many runs have not ended")]
    TooManyRuns,
    /// Today's configuration would not let the user in.
    #[error("the identity it was switched on with is not accepted any more: {0}")]
    Identity(String),
    /// Nothing of this name is hosted.
    #[error("the workflow is not hosted any more")]
    NoSuchWorkflow,
    /// Approval is asked for, and there is nothing to approve.
    #[error("approval is asked for, and runs of this workflow put no plan up")]
    NoPlan,
    /// The policy does not allow what its runs write.
    #[error("the policy of this service does not allow what its runs write")]
    Denied,
}

/// Lists runs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListRuns(pub RunQuery);

/// Lists the latest run of each of these workflows that was ever run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LatestRuns {
    /// The workflows.
    pub of: Vec<WorkflowId>,
}

/// Looks a run up in the index.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FindRun {
    /// The run.
    pub run_id: RunId,
}

/// A run of this principal.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Found {
    /// It has begun: its own object knows the rest.
    Begun,
    /// It is stored, and will begin.
    Waiting(Box<WaitingRun>),
}

/// A run that was accepted and has not begun.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct WaitingRun {
    /// What it will begin with.
    pub started: Started,
    /// Since when it waits.
    pub since: Timestamp,
    /// Whether it waits for another run to end, and not only to be told.
    pub queued: bool,
}

/// Takes a run that waits for another one out of the queue; answers whether it was in it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CancelWaiting {
    /// The run.
    pub run_id: RunId,
}

/// A run's status changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NoteStatus {
    /// The run.
    pub run_id: RunId,
    /// Where it stands.
    pub status: RunStatus,
    /// When it ended.
    pub ended_at: Option<Timestamp>,
    /// Whether it did its job, once it has ended.
    #[serde(default)]
    pub outcome: Option<Outcome>,
    /// How much of what its result holds.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub counts: BTreeMap<String, u64>,
}

/// Reads the schedule of a workflow.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReadSchedule {
    /// The workflow.
    pub workflow: WorkflowId,
}

/// Reads the schedule of each of these workflows, in this order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReadSchedules {
    /// The workflows.
    pub of: Vec<WorkflowId>,
}

/// Switches the schedule of a workflow on under an identity, or off.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WriteSchedule {
    /// Whose.
    pub owner: OwnerKey,
    /// The workflow.
    pub workflow: WorkflowId,
    /// As whom; `None` switches it off.
    pub context: Option<RequestContext>,
    /// The approval its runs ask for, at the least.
    #[serde(default)]
    pub approval: ApprovalMode,
}

/// Switches a schedule off for an operator of the organization it was switched on in; answers
/// whether there was one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WithdrawFor {
    /// Whose schedule.
    pub owner: OwnerKey,
    /// The workflow.
    pub workflow: WorkflowId,
    /// The operator's organization.
    pub tenant: Tenant,
}

/// Notes a connect flow that begins.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BeginConnect(pub ConnectAttempt);

/// Uses up a connect flow's state.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TakeConnect {
    /// The state's hash.
    pub state_hash: StateHash,
}

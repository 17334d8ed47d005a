//! What the routes need from the platform, and the values that cross between them.
//!
//! Owns names and shapes, no behaviour. The edge implements it with Durable Objects. Everything is
//! asked for by the key of the verified principal; another principal's run is reached by a
//! configured approver alone, and only to decide what it asks.

use std::collections::BTreeMap;
use std::time::Duration;

use async_trait::async_trait;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::approval_mode::ApprovalMode;
use crate::reason::Approval;
use crate::view::RunView;
use onbehalf_clock::Timestamp;
use onbehalf_engine::{Entry, Outcome, ResumedBy, RunStatus};
use onbehalf_identity::RequestContext;

use crate::approvals::{ApprovalPage, EndedCount};
use crate::names::{
    AccountKey, BrowserHash, ConnectorName, EventId, IdempotencyKey, OwnerKey, StateHash,
    WorkflowId,
};
use crate::outbox::Late;
use crate::run_id::RunId;
use crate::schedule::Enrolled;
use crate::thread::{Said, Say, ThreadOf, TurnHead, TurnView, Which};

/// The platform behind the routes could not do its part.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BackendError {
    /// Worth trying again.
    #[error("temporarily unavailable")]
    Unavailable,
    /// A state the code did not expect; the text goes to the log, not to the caller.
    #[error("internal: {0}")]
    Internal(String),
}

/// What starts a run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StartRun {
    /// Key of the principal the run is sealed to.
    pub owner: OwnerKey,
    /// Whom it acts for.
    pub context: RequestContext,
    /// The workflow's id.
    pub workflow: WorkflowId,
    /// The workflow's input, checked.
    pub input: Value,
    /// The caller's `Idempotency-Key`: the same key gives the same run.
    pub idempotency_key: Option<IdempotencyKey>,
    /// What happens while another run of the workflow is open.
    #[serde(default)]
    pub overlap: Overlap,
    /// When a start without a key of its own is taken for an earlier one that asked for the same.
    #[serde(default)]
    pub repeats: Option<Repeats>,
}

/// When a start repeats an earlier one of the same workflow, whose run is then answered: while that is
/// open, and for a while after it has ended.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Repeats {
    /// What both ask for; the rest of the input may differ.
    pub of: Value,
    /// How long after its end. At most as long as keys are remembered.
    pub within: Duration,
    /// Unless it ended so: nothing has come of it, so that asking again is no repetition.
    pub unless_failed_as: Vec<String>,
}

/// What happens to a start while another run of the same workflow and principal is open.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Overlap {
    /// The open run is answered, and nothing is started.
    #[default]
    Join,
    /// The new run begins when the open one has ended.
    Queue,
    /// Both run.
    Allow,
}

/// What a start came to. A run that is named here is stored: it will begin even where its own
/// object could not be reached yet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Start {
    /// The run's name; `fresh` is false when the idempotency key named an earlier run, or
    /// the start repeated one.
    Started {
        /// The run's name.
        run_id: RunId,
        /// Whether this request began it.
        fresh: bool,
    },
    /// A run of the workflow is open, and this is it.
    Joined {
        /// The open run.
        run_id: RunId,
    },
    /// The run begins when another has ended.
    Queued {
        /// The run's name.
        run_id: RunId,
        /// The run it waits for.
        behind: RunId,
    },
    /// The idempotency key was used with another input.
    KeyReused,
    /// The owner has too many runs that have not ended.
    TooManyRuns,
    /// Nothing of this name is hosted.
    NoSuchWorkflow,
    /// Approval is asked for, and runs of this workflow put no plan up.
    NoPlan,
    /// The policy does not allow what runs of this workflow write.
    Denied,
}

impl Start {
    /// The run there is now.
    pub fn run_id(&self) -> Option<&RunId> {
        match self {
            Self::Started { run_id, .. }
            | Self::Joined { run_id }
            | Self::Queued { run_id, .. } => Some(run_id),
            Self::KeyReused
            | Self::TooManyRuns
            | Self::NoSuchWorkflow
            | Self::NoPlan
            | Self::Denied => None,
        }
    }
}

/// A line of the run list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct RunSummary {
    /// The run's name.
    pub run_id: RunId,
    /// The workflow's id.
    #[schemars(with = "String")]
    pub workflow: WorkflowId,
    /// Where it stands.
    #[schemars(with = "crate::view::RunStatusSchema")]
    pub status: RunStatus,
    /// Whether it waits for another run to end before it begins.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub queued: bool,
    /// Whether it did its job, once it has ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<crate::view::OutcomeSchema>")]
    pub outcome: Option<Outcome>,
    /// How much of what its result holds, by names of the workflow's own; nothing where it counts
    /// nothing, and before the run has ended.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub counts: BTreeMap<String, u64>,
    /// When it began.
    pub started_at: Timestamp,
    /// When it ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<Timestamp>,
    /// What started it: `request` or `schedule`.
    pub trigger: String,
}

/// Which runs are meant; what is left out fits all.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunFilter {
    /// Only this status.
    pub status: Option<RunStatus>,
    /// Only those that ended like this.
    #[serde(default)]
    pub outcome: Option<OutcomeKind>,
    /// Only those that began then or later.
    #[serde(default)]
    pub since: Option<Timestamp>,
}

/// Whether a run that has ended did its job, in one word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum OutcomeKind {
    /// It did.
    Done,
    /// It did a part of it.
    Partial,
    /// It did not.
    Failed,
}

impl OutcomeKind {
    /// Every kind.
    pub const ALL: [Self; 3] = [Self::Done, Self::Partial, Self::Failed];

    /// As it is written; the name of the [`Outcome`] that it stands for.
    pub fn name(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Partial => "partial",
            Self::Failed => "failed",
        }
    }
}

/// What to list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunQuery {
    /// The workflow's id.
    pub workflow: WorkflowId,
    /// Only these of its runs.
    #[serde(flatten)]
    pub filter: RunFilter,
    /// At most this many.
    pub limit: u32,
    /// Only runs before this position, newest first.
    pub before: Option<u64>,
}

/// One page of the run list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunPage {
    /// Newest first.
    pub runs: Vec<RunSummary>,
    /// Position to go on before, when there is more.
    pub next: Option<u64>,
    /// Messages about the owner's runs that nobody has taken for long.
    #[serde(default)]
    pub late: Option<Late>,
}

/// Who asks for a run: the principal it is sealed to, or somebody who approves for others.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Asker {
    /// Key of the principal.
    pub owner: OwnerKey,
    /// Whose runs they may also look at and decide, while these wait for approval.
    pub approves: Option<Tenant>,
}

/// An organization as its identity provider knows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tenant {
    /// Who vouches for its people.
    pub issuer: String,
    /// Its name there; `None` for people of no organization.
    pub org_id: Option<String>,
}

impl Tenant {
    /// The organization a request context belongs to.
    pub fn of(context: &RequestContext) -> Self {
        Self {
            issuer: context.issuer.clone(),
            org_id: context.org_id.clone(),
        }
    }
}

/// What a resume, a cancel or an approval came to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum CommandOutcome {
    /// Done; recorded.
    Accepted,
    /// No such run, or not the caller's.
    NotFound,
    /// Another resume won.
    AlreadyResumed {
        /// Who or what won.
        by: ResumedBy,
        /// When.
        at: Timestamp,
    },
    /// Somebody other than the run's owner has to decide.
    AnotherMustDecide,
    /// The run's status does not allow it.
    WrongStatus {
        /// The status.
        status: RunStatus,
        /// In words.
        message: String,
    },
    /// The payload does not fit what the run waits for.
    WrongPayload {
        /// In words.
        message: String,
    },
}

/// A resume by the run's owner.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ResumeRequest {
    /// The suspension that is answered; without it, whichever is under way.
    #[serde(default)]
    pub number: Option<u32>,
    /// The decision, for a run that waits for approval.
    #[serde(default)]
    pub approval: Option<Approval>,
    /// Connections that were made outside this Worker, for a run that waits for them.
    #[serde(default)]
    pub connected: Option<Vec<String>>,
}

/// How a daily run is switched on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SwitchOn {
    /// As whom its runs act.
    pub context: RequestContext,
    /// The approval they ask for, at the least.
    #[serde(default)]
    pub approval: ApprovalMode,
}

/// Whether a user's daily run is switched on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Schedule {
    /// Whether the daily run is on.
    pub enabled: bool,
    /// The cron expression it follows, UTC.
    pub cron: String,
    /// Since when it is on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub enabled_at: Option<Timestamp>,
    /// The approval its runs ask for, at the least.
    #[serde(default)]
    pub approval: ApprovalMode,
    /// When the next run is due.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_at: Option<Timestamp>,
    /// Why it is off, where it was not its user who switched it off.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended_because: Option<String>,
    /// The latest run it started.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_run_id: Option<RunId>,
    /// What became of the latest ticks, newest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ticks: Vec<TickView>,
}

/// What became of one tick of a schedule.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct TickView {
    /// The tick.
    pub at: Timestamp,
    /// Its run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run_id: Option<RunId>,
    /// Whether that run was open already, and was joined.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub joined: bool,
    /// Why there is no run, or was none yet when it was last tried.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub problem: Option<String>,
}

/// A connect flow under way, kept by the platform under the hash of its `state`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConnectAttempt {
    /// SHA-256 of the `state` parameter, base64url.
    pub state_hash: StateHash,
    /// The connector being connected.
    pub connector: ConnectorName,
    /// SHA-256 of the browser cookie, base64url: ties the flow to one browser.
    pub browser_hash: BrowserHash,
    /// When it stops being good.
    pub expires_at: Timestamp,
}

/// What became of a `state` that came back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum TakenAttempt {
    /// It was good, and is now used up.
    Taken(ConnectAttempt),
    /// It was used before.
    AlreadyUsed,
    /// It came too late.
    Expired,
    /// This principal never began it.
    Unknown,
}

/// The platform as the routes see it.
#[async_trait(?Send)]
pub trait Backend {
    /// Starts a run, or names the one its idempotency key started.
    async fn start_run(&self, start: StartRun) -> Result<Start, BackendError>;
    /// Lists the owner's runs.
    async fn list_runs(&self, owner: &OwnerKey, query: RunQuery) -> Result<RunPage, BackendError>;
    /// The owner's latest run of each of these workflows that they ever ran, newest first.
    async fn latest_runs(
        &self,
        owner: &OwnerKey,
        of: Vec<WorkflowId>,
    ) -> Result<Vec<RunSummary>, BackendError>;
    /// One run the asker may see; `None` when there is none or it is another's.
    async fn run(&self, asker: &Asker, run_id: &RunId) -> Result<Option<RunView>, BackendError>;
    /// What a run of theirs has ended with; `None` where it has not, or as in [`Self::run`].
    async fn run_result(
        &self,
        asker: &Asker,
        run_id: &RunId,
    ) -> Result<Option<Value>, BackendError>;
    /// Journal entries after a position; `None` as in [`Self::run`].
    async fn run_events(
        &self,
        asker: &Asker,
        run_id: &RunId,
        after: u64,
    ) -> Result<Option<Vec<Entry>>, BackendError>;
    /// How the runs of somebody's organization have ended since then.
    async fn ended(
        &self,
        tenant: &Tenant,
        owner: &OwnerKey,
        since: Timestamp,
    ) -> Result<Vec<EndedCount>, BackendError>;
    /// Resumes a run.
    async fn resume_run(
        &self,
        asker: &Asker,
        run_id: &RunId,
        resume: ResumeRequest,
    ) -> Result<CommandOutcome, BackendError>;
    /// Cancels a run.
    async fn cancel_run(
        &self,
        owner: &OwnerKey,
        run_id: &RunId,
    ) -> Result<CommandOutcome, BackendError>;
    /// What waits for the decision of somebody of this organization: at most so many, behind a
    /// position.
    async fn approvals(
        &self,
        tenant: &Tenant,
        asker: &Asker,
        limit: u32,
        after: Option<u64>,
    ) -> Result<ApprovalPage, BackendError>;
    /// The owner's schedule of a workflow.
    async fn schedule(
        &self,
        owner: &OwnerKey,
        workflow: &WorkflowId,
    ) -> Result<Schedule, BackendError>;
    /// The owner's schedule of each of these workflows, in this order.
    async fn schedules(
        &self,
        owner: &OwnerKey,
        of: Vec<WorkflowId>,
    ) -> Result<Vec<Schedule>, BackendError>;
    /// Switches the daily run on; or off with `None`.
    async fn set_schedule(
        &self,
        owner: &OwnerKey,
        workflow: &WorkflowId,
        on: Option<SwitchOn>,
    ) -> Result<Schedule, BackendError>;
    /// The schedules that are on in an organization, for its operators.
    async fn enrolled(&self, tenant: &Tenant) -> Result<Vec<Enrolled>, BackendError>;
    /// Switches a schedule of the organization off; `false` when there is none.
    async fn withdraw_schedule(
        &self,
        tenant: &Tenant,
        owner: &OwnerKey,
        workflow: &WorkflowId,
    ) -> Result<bool, BackendError>;
    /// Says something in a thread, which begins a turn.
    async fn say(&self, thread: &ThreadOf, say: Say) -> Result<Said, BackendError>;
    /// The turns of a thread; `None` when there is none of this name.
    async fn thread(&self, thread: &ThreadOf) -> Result<Option<Vec<TurnView>>, BackendError>;
    /// One turn of a thread.
    async fn turn(&self, thread: &ThreadOf, which: Which)
    -> Result<Option<TurnHead>, BackendError>;
    /// Deletes a thread; `false` when there is none of this name.
    async fn delete_thread(&self, thread: &ThreadOf) -> Result<bool, BackendError>;
    /// Notes a connect flow that begins.
    async fn begin_connect(
        &self,
        owner: &OwnerKey,
        attempt: ConnectAttempt,
    ) -> Result<(), BackendError>;
    /// Uses up a connect flow's state.
    async fn take_connect(
        &self,
        owner: &OwnerKey,
        state_hash: &StateHash,
    ) -> Result<TakenAttempt, BackendError>;
    /// Tells every run that waits for it that a connection was made. `event` names the cause, and
    /// is acted on once.
    async fn connection_made(
        &self,
        account: &AccountKey,
        connector: &ConnectorName,
        event: &EventId,
    ) -> Result<(), BackendError>;
}

//! What an organization's list of approvals answers.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use onbehalf_clock::Timestamp;

use super::{ApprovalsKey, CountEnded, EndedCount, NoteEnd};
use crate::approval_mode::ApprovalMode;
use crate::letter::{Answer, messages};
use crate::names::{OwnerKey, WorkflowId};
use crate::outbox::Late;
use crate::run_id::RunId;

messages! {
    /// What an organization's list of approvals answers.
    ApprovalsMessage / ApprovalsReply by ApprovalsKey, Approvals,
    Answer::Approvals,
    |answer| match answer { Answer::Approvals(reply) => Some(reply), _ => None };
    PutUp => (),
    TakeDown => (),
    ListApprovals => ApprovalPage,
    NoteEnd => (),
    CountEnded => Vec<EndedCount>,
}

/// A run waits for a decision about its plan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PutUp {
    /// The run.
    pub run_id: RunId,
    /// Of which workflow.
    pub workflow: WorkflowId,
    /// Whose it is.
    pub owner: OwnerKey,
    /// Its suspension.
    pub number: u32,
    /// Who has to decide.
    pub mode: ApprovalMode,
    /// How many writes the plan has. What they are, the run shows to whoever may see it.
    pub writes: u32,
    /// Since when.
    pub since: Timestamp,
    /// When it is put up anew.
    pub expires_at: Option<Timestamp>,
}

/// A run waits for no decision any more, whatever it waited for up to this suspension.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TakeDown {
    /// The run.
    pub run_id: RunId,
    /// Its latest suspension.
    pub number: u32,
}

/// Lists what waits for somebody.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListApprovals {
    /// Who asks.
    pub owner: OwnerKey,
    /// Whether they approve for others here.
    pub approves: bool,
    /// At most this many.
    pub limit: u32,
    /// Only those behind this position.
    pub after: Option<u64>,
}

/// One page of what waits for somebody, the oldest first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApprovalPage {
    /// What waits.
    pub approvals: Vec<WaitingApproval>,
    /// Position to go on behind, when there is more.
    pub next: Option<u64>,
    /// Announcements that nobody has taken for long.
    pub late: Option<Late>,
}

/// A run that waits for a decision, as those see it who may decide.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct WaitingApproval {
    /// The run.
    pub run_id: RunId,
    /// Of which workflow.
    #[schemars(with = "String")]
    pub workflow: WorkflowId,
    /// Whose it is: a digest, the same for all runs of one person.
    #[schemars(with = "String")]
    pub owner: OwnerKey,
    /// Whether it is the caller's own.
    pub own: bool,
    /// Names the suspension in a resume.
    pub number: u32,
    /// Who has to decide.
    pub mode: ApprovalMode,
    /// How many writes the plan has; the run shows them.
    pub writes: u32,
    /// Since when it waits.
    pub since: Timestamp,
    /// When the plan is put up anew.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<Timestamp>,
}

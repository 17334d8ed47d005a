//! What a shard of the schedule answers.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use onbehalf_clock::Timestamp;
use onbehalf_identity::RequestContext;

use super::Shard;
use crate::contract::Tenant;
use crate::letter::{Answer, messages};
use crate::names::{OwnerKey, WorkflowId};

messages! {
    /// What a shard of the schedule answers.
    ScheduleMessage / ScheduleReply by Shard, Schedule,
    Answer::Schedule,
    |answer| match answer { Answer::Schedule(reply) => Some(reply), _ => None };
    Enrol => (),
    Withdraw => (),
    Sweep => (),
    ListEnrolled => Vec<Enrolled>,
}

/// A principal switched a workflow's daily run on, under this identity.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Enrol {
    /// Who.
    pub owner: OwnerKey,
    /// Of which workflow.
    pub workflow: WorkflowId,
    /// As whom it acts.
    pub context: RequestContext,
    /// Since when.
    pub at: Timestamp,
}

/// A principal switched it off.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Withdraw {
    /// Who.
    pub owner: OwnerKey,
    /// Of which workflow.
    pub workflow: WorkflowId,
}

/// The cron rang: whoever has no run of the latest tick yet is started.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sweep {
    /// When it rang.
    pub at: Timestamp,
}

/// Lists an organization's enrolments.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListEnrolled {
    /// Whose.
    pub tenant: Tenant,
}

/// An enrolment as an operator of its organization sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Enrolled {
    /// Names it when it is withdrawn.
    #[schemars(with = "String")]
    pub owner: OwnerKey,
    /// The issuer's name for the user.
    pub user_id: String,
    /// Of which workflow.
    #[schemars(with = "String")]
    pub workflow: WorkflowId,
    /// Since when.
    pub since: Timestamp,
}

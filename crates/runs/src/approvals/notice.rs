//! What is told outside when a run begins to wait for a decision.
//!
//! Owns what may leave: names, counts and times. Nothing of a plan, of a customer or of a person is
//! in it, because whoever takes it may be a chat channel.

use serde::{Deserialize, Serialize};

use onbehalf_clock::Timestamp;

use super::PutUp;
use crate::names::{EventId, OwnerKey, WorkflowId};
use crate::run_id::RunId;

/// An announcement of one plan that waits.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notice {
    /// The same however often it is sent.
    pub id: EventId,
    /// When the plan was put up.
    pub at: Timestamp,
    /// The run.
    pub run_id: RunId,
    /// Of which workflow.
    pub workflow: WorkflowId,
    /// Whose it is: a digest.
    pub owner: OwnerKey,
    /// When the plan is put up anew.
    pub expires_at: Option<Timestamp>,
    /// How many writes the plan has.
    pub writes: u32,
    /// How many plans of the organization wait, this one included.
    pub waiting: u32,
}

impl Notice {
    /// The announcement of a plan among so many that wait.
    pub(super) fn of(plan: &PutUp, waiting: u32) -> Self {
        Self {
            id: EventId::new(format!("approval_{}_{}", plan.run_id, plan.number)),
            at: plan.since,
            run_id: plan.run_id.clone(),
            workflow: plan.workflow.clone(),
            owner: plan.owner.clone(),
            expires_at: plan.expires_at,
            writes: plan.writes,
            waiting,
        }
    }
}

//! What the objects must know of the deployment they run in.

use std::time::Duration;

use serde_json::Value;

use onbehalf_identity::RequestContext;

use crate::approval_mode::ApprovalMode;
use crate::names::{OwnerKey, WorkflowId};
use crate::schedule::Cron;
use crate::tool_call::Decide;

/// The deployment's word on what may be started. Asked at each start, so that what is stored never
/// outlives what is configured.
pub trait Rules {
    /// The version new runs of this workflow start under; `None` when it is not hosted.
    fn version(&self, workflow: &WorkflowId) -> Option<u32>;

    /// When it runs by itself, for those who switched that on; `None` when it may not be scheduled.
    fn cron(&self, workflow: &WorkflowId) -> Option<Cron>;

    /// Over how long the starts of one tick are spread.
    fn spread(&self) -> Duration;

    /// What the policy says of a run of this workflow for this user.
    fn decided(&self, workflow: &WorkflowId, context: &RequestContext) -> Decide;

    /// The approval that this deployment asks for in every run of a workflow.
    fn demanded(&self, workflow: &WorkflowId) -> ApprovalMode;

    /// Whether a run with this input only says what it would write.
    fn runs_dry(&self, workflow: &WorkflowId, input: &Value) -> bool;

    /// The input with which a run asks for at least this approval and for what is demanded, and
    /// which approval that is.
    ///
    /// # Errors
    /// [`NoPlan`] where approval is asked for and there will be nothing to approve.
    fn asking(
        &self,
        workflow: &WorkflowId,
        input: Value,
        least: ApprovalMode,
    ) -> Result<(Value, ApprovalMode), NoPlan>;

    /// Whether the operator wants to be told outside of what waits for a decision.
    fn announces_approvals(&self) -> bool;

    /// How long a schedule lives without a sign of its user.
    fn enrolment_lifetime(&self) -> Duration;

    /// The identity a scheduled run of this owner acts under today.
    ///
    /// # Errors
    /// When today's configuration would not let this user in.
    fn bridged(
        &self,
        owner: &OwnerKey,
        enrolled: &RequestContext,
    ) -> Result<RequestContext, NotBridged>;
}

/// A user who was let in once would not be today; why, in words without an identity.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct NotBridged(pub String);

/// Approval was asked of a workflow whose runs put no plan up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("runs of this workflow put no plan up that could be approved")]
pub struct NoPlan;

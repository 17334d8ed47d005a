//! What the objects must know of the deployment they run in.

use std::time::Duration;

use onbehalf_identity::RequestContext;

use crate::names::{OwnerKey, WorkflowId};
use crate::schedule::Cron;

/// The deployment's word on what may be started. Asked at each start, so that what is stored never
/// outlives what is configured.
pub trait Rules {
    /// The version new runs of this workflow start under; `None` when it is not hosted.
    fn version(&self, workflow: &WorkflowId) -> Option<u32>;

    /// When it runs by itself, for those who switched that on; `None` when it may not be scheduled.
    fn cron(&self, workflow: &WorkflowId) -> Option<Cron>;

    /// Over how long the starts of one tick are spread.
    fn spread(&self) -> Duration;

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

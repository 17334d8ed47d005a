//! The approval a run's plan waits for.
//!
//! Owns that the configuration of the moment counts beside what the run was started with, and that
//! a plan is not put up where nobody could ever decide it.

use super::needs::Acts;
use onbehalf_engine::{StepContext, StepError};
use onbehalf_runs::ApprovalMode;

/// The stricter of what the run was started with and what is configured now.
///
/// # Errors
/// Ends the run where that is somebody else's approval and its owner has no colleagues: it would
/// wait for ever.
pub fn approval_needed<D: Acts>(
    cx: &StepContext<D>,
    asked: ApprovalMode,
    configured: ApprovalMode,
) -> Result<ApprovalMode, StepError> {
    let mode = asked.max(configured);
    if mode == ApprovalMode::FourEyes && cx.context().org_id.is_none() {
        return Err(StepError::terminal(
            "somebody else has to approve the plan, and its owner acts in no organization",
        ));
    }
    Ok(mode)
}

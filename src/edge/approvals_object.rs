//! What waits for a decision in an organization, on the platform.

use worker::Env;

use super::isolate::rules;
use super::object::object;
use onbehalf_runs::approvals::Approvals;

object!(
    /// The object.
    ApprovalsObject,
    "approvals",
    protocol
);

fn protocol(env: &Env) -> Approvals {
    Approvals { rules: rules(env) }
}

//! What the users of one portal share, on the platform.

use worker::Env;

use super::isolate::rates;
use super::object::object;
use onbehalf_runs::portal::Portal;

object!(
    /// The object.
    PortalObject,
    "portal",
    protocol
);

fn protocol(env: &Env) -> Portal {
    Portal { rates: rates(env) }
}

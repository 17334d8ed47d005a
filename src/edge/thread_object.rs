//! What a person and an agent have said to each other, on the platform.

use worker::Env;

use super::object::object;
use onbehalf_runs::thread::Thread;

object!(
    /// The object.
    ThreadObject,
    "thread",
    protocol
);

fn protocol(_: &Env) -> Thread {
    Thread
}

//! A shard of the schedule on the platform.

use worker::Env;

use super::isolate::rules;
use super::object::object;
use onbehalf_runs::schedule::ScheduleShard;

object!(
    /// The object.
    ScheduleObject,
    "schedule",
    protocol
);

fn protocol(env: &Env) -> ScheduleShard {
    ScheduleShard { rules: rules(env) }
}

//! How long a step waits for an app that says "not now".
//!
//! Owns the numbers. What may end as a missing signal is waited for briefly; what ends as a task
//! nobody got is waited for as long as the morning lasts.

use std::time::Duration;

use super::failures::{Failure, FailureKind};
use onbehalf_engine::StepPolicy;

/// How long signals wait in all for an app that asks for fewer requests. The run is a daily one:
/// a quarter of an hour is worth a complete picture, an hour is not.
pub const RATE_PATIENCE: Duration = Duration::from_secs(15 * 60);
/// How long signals try again an app that does not answer, on top of the connector's own tries.
/// Less than a step's own time, so that the failure becomes a value before the engine gives the
/// step up.
pub const OUTAGE_PATIENCE: Duration = Duration::from_secs(30);
/// Attempts of a step until an app that says no counts as one that does not say what it was asked.
pub const UNCLEAR_ATTEMPTS: u32 = 4;
/// How long writes are tried in all. A task that is later than that misses the morning it was meant
/// for.
const WRITE_PATIENCE: Duration = Duration::from_secs(9_000);
/// The pause grows by this with each attempt, …
const PAUSE_STEP: Duration = Duration::from_secs(5);
/// … up to this.
const LONGEST_GROWN_PAUSE: Duration = Duration::from_secs(300);
/// The pause when an app asks for fewer requests without saying when to come back.
const DEFAULT_PAUSE: Duration = Duration::from_secs(30);
/// No app is waited for longer than this at once, whatever it asks for.
const LONGEST_ASKED_PAUSE: Duration = Duration::from_secs(3600);

/// Connections that one invocation of a Worker may have open at once; a seventh would wait inside
/// the platform, where no deadline of ours sees it.
pub const CONNECTIONS: usize = 6;

/// How a step is tried that writes.
pub fn write_policy() -> StepPolicy {
    StepPolicy {
        patience: WRITE_PATIENCE,
        ..StepPolicy::default()
    }
}

/// When an app that would not be looked at may be asked again, if it said so.
pub fn look_again(failure: &Failure) -> Option<Duration> {
    (failure.kind == FailureKind::RateLimited).then(|| asked_pause(failure))
}

/// How long an app asked to be left alone.
pub fn asked_pause(failure: &Failure) -> Duration {
    let asked = failure.retry_after_seconds.map(Duration::from_secs);
    asked.unwrap_or(DEFAULT_PAUSE).min(LONGEST_ASKED_PAUSE)
}

/// The pause before the next look at an app that did not answer.
pub fn grown_pause(attempt: u32) -> Duration {
    PAUSE_STEP.saturating_mul(attempt).min(LONGEST_GROWN_PAUSE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_app_decides_alone_how_long_a_run_lasts() {
        let mut failure = Failure::own(FailureKind::RateLimited, "slow down");
        assert_eq!(asked_pause(&failure), DEFAULT_PAUSE);
        failure.retry_after_seconds = Some(u64::MAX);
        assert_eq!(asked_pause(&failure), LONGEST_ASKED_PAUSE);
        assert_eq!(grown_pause(u32::MAX), LONGEST_GROWN_PAUSE);
    }
}

//! When a failed attempt is tried again.
//!
//! Owns exponential backoff with jitter. Pauses pace; how long a step is tried at all is a matter
//! of time alone, see [`super::StepPolicy::patience`].

use std::time::Duration;

use onbehalf_clock::Random;

/// How a step's attempts are spaced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RetryPolicy {
    /// Upper bound of the first pause; doubles with each attempt.
    pub first_pause: Duration,
    /// No pause is longer than this, unless the outside world asked for more.
    pub longest_pause: Duration,
}

impl Default for RetryPolicy {
    fn default() -> Self {
        Self {
            first_pause: Duration::from_secs(1),
            longest_pause: Duration::from_secs(120),
        }
    }
}

impl RetryPolicy {
    /// The pause after the failure of this number, counted from 1. What the outside world asked for
    /// (`Retry-After`) is honoured as a minimum.
    pub fn pause_after(
        &self,
        failure: u32,
        asked: Option<Duration>,
        random: &dyn Random,
    ) -> Duration {
        let doublings = failure.saturating_sub(1).min(20);
        let ceiling = self
            .first_pause
            .saturating_mul(1 << doublings)
            .min(self.longest_pause);
        // Half fixed, half random: spread without the chance of a pause of zero.
        let pause = ceiling / 2 + ceiling.mul_f64(0.5 * fraction(random));
        pause.max(asked.unwrap_or(Duration::ZERO))
    }
}

/// A random number in `[0, 1)`.
fn fraction(random: &dyn Random) -> f64 {
    let mut bytes = [0_u8; 4];
    random.fill(&mut bytes);
    f64::from(u32::from_le_bytes(bytes)) / (f64::from(u32::MAX) + 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use onbehalf_clock::testkit::Always;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_pause_never_exceeds_the_longest_unless_asked(failure: u32, byte: u8) {
            let policy = RetryPolicy::default();
            let pause = policy.pause_after(failure, None, &Always(byte));
            prop_assert!(pause <= policy.longest_pause);
            prop_assert!(pause >= policy.first_pause / 2);
        }

        #[test]
        fn what_the_outside_world_asked_for_is_a_minimum(failure: u32, seconds in 0..10_000_u64) {
            let asked = Duration::from_secs(seconds);
            prop_assert!(RetryPolicy::default().pause_after(failure, Some(asked), &Always(7)) >= asked);
        }
    }
}

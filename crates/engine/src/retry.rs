//! When a failed attempt is tried again.
//!
//! Owns exponential backoff with full jitter and its budget. The attempt number it works from is
//! journaled, so the budget survives every restart.

use std::time::Duration;

use onbehalf_clock::Random;

/// How a step's attempts are spaced and how many there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RetryPolicy {
    /// Attempts in all, the first included; at least 1.
    pub attempts: u32,
    /// Upper bound of the first pause; doubles with each attempt.
    pub first_pause: Duration,
    /// No pause is longer than this, unless the outside world asked for more.
    pub longest_pause: Duration,
}

impl Default for RetryPolicy {
    /// Eight attempts over roughly five minutes: outlasts a provider's restart, not its outage.
    fn default() -> Self {
        Self {
            attempts: 8,
            first_pause: Duration::from_secs(1),
            longest_pause: Duration::from_secs(120),
        }
    }
}

impl RetryPolicy {
    /// One attempt, no retry.
    pub const fn never() -> Self {
        Self {
            attempts: 1,
            first_pause: Duration::ZERO,
            longest_pause: Duration::ZERO,
        }
    }

    /// The pause before the attempt that follows `attempt` (counted from 1), or `None` when the
    /// budget is spent. A pause the outside world asked for (`Retry-After`) is honoured as a
    /// minimum.
    pub fn pause_after(
        &self,
        attempt: u32,
        asked: Option<Duration>,
        random: &dyn Random,
    ) -> Option<Duration> {
        if attempt >= self.attempts {
            return None;
        }
        let doublings = attempt.saturating_sub(1).min(20);
        let ceiling = self
            .first_pause
            .saturating_mul(1 << doublings)
            .min(self.longest_pause);
        // Half fixed, half random: spread without the chance of a pause of zero.
        let pause = ceiling / 2 + ceiling.mul_f64(0.5 * fraction(random));
        Some(pause.max(asked.unwrap_or(Duration::ZERO)))
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
    use proptest::prelude::*;

    struct Fixed(u8);
    impl Random for Fixed {
        fn fill(&self, buffer: &mut [u8]) {
            buffer.fill(self.0);
        }
    }

    proptest! {
        #[test]
        fn a_pause_never_exceeds_the_longest_unless_asked(attempt in 1..8_u32, byte: u8) {
            let policy = RetryPolicy::default();
            if let Some(pause) = policy.pause_after(attempt, None, &Fixed(byte)) {
                prop_assert!(pause <= policy.longest_pause);
                prop_assert!(pause >= policy.first_pause / 2);
            }
        }

        #[test]
        fn what_the_outside_world_asked_for_is_a_minimum(attempt in 1..7_u32, seconds in 0..10_000_u64) {
            let asked = Duration::from_secs(seconds);
            let pause = RetryPolicy::default().pause_after(attempt, Some(asked), &Fixed(7));
            prop_assert!(pause.is_some_and(|pause| pause >= asked));
        }
    }

    #[test]
    fn the_budget_ends() {
        assert_eq!(RetryPolicy::default().pause_after(8, None, &Fixed(1)), None);
        assert_eq!(RetryPolicy::never().pause_after(1, None, &Fixed(1)), None);
    }
}

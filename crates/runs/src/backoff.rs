//! How long what failed waits before it is tried again.
//!
//! Owns the one curve for all retries between objects: seconds at first, because most failures
//! are a deployment or a moved object; minutes at last, because nothing may loop hot.

use std::time::Duration;

const FIRST: Duration = Duration::from_secs(5);
/// Reached after seven failures; an outage of an hour costs a dozen tries.
const LONGEST: Duration = Duration::from_secs(10 * 60);
/// Doublings after which the longest pause is certain to be reached.
const MOST_DOUBLINGS: u32 = 8;

/// The pause after so many failures.
pub fn pause_after(failures: u32) -> Duration {
    let doublings = failures.saturating_sub(1).min(MOST_DOUBLINGS);
    (FIRST * 2_u32.pow(doublings)).min(LONGEST)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_from_seconds_to_minutes_and_stay_there() {
        let pauses: Vec<u64> = (1..=9).map(|it| pause_after(it).as_secs()).collect();
        assert_eq!(pauses, [5, 10, 20, 40, 80, 160, 320, 600, 600]);
        assert_eq!(pause_after(u32::MAX), LONGEST);
    }
}

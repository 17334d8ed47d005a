//! Counting calls: so many of one kind in a window that slides.

use std::collections::{BTreeMap, VecDeque};

/// Calls that are allowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    /// So many …
    pub calls: usize,
    /// … in this time.
    pub window_ms: i64,
}

/// What was let through lately.
#[derive(Clone, Debug, Default)]
pub struct Counters(BTreeMap<String, VecDeque<i64>>);

impl Counters {
    /// Counts a call of this kind.
    ///
    /// # Errors
    /// The seconds after which the next one is let through. A refused call is not counted.
    pub fn take(&mut self, kind: &str, rate: Rate, now_ms: i64) -> Result<(), u64> {
        let past = self.0.entry(kind.to_owned()).or_default();
        while past.front().is_some_and(|at| at + rate.window_ms <= now_ms) {
            past.pop_front();
        }
        if past.len() < rate.calls {
            past.push_back(now_ms);
            return Ok(());
        }
        let oldest = past.front().copied().unwrap_or(now_ms);
        let wait_ms = u64::try_from(oldest + rate.window_ms - now_ms).unwrap_or(0);
        Err(wait_ms.div_ceil(1000).max(1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_slides_and_each_kind_has_its_own() {
        let rate = Rate {
            calls: 2,
            window_ms: 1000,
        };
        let mut counters = Counters::default();
        assert_eq!(counters.take("a", rate, 0), Ok(()));
        assert_eq!(counters.take("a", rate, 600), Ok(()));
        assert_eq!(counters.take("a", rate, 700), Err(1));
        assert_eq!(counters.take("b", rate, 700), Ok(()));
        assert_eq!(counters.take("a", rate, 1000), Ok(()));
        assert_eq!(counters.take("a", rate, 1599), Err(1));
    }
}

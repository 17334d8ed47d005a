//! Time and chance, as every layer needs them: points in time, the clock, random bytes.
//!
//! Owns no behaviour beyond the arithmetic of [`Timestamp`]. The Worker implements the traits on
//! its platform, tests implement them by hand. Everything is single-threaded (one isolate, one
//! thread), so nothing is `Send`.
//!
//! ```
//! use onbehalf_clock::Timestamp;
//!
//! let morning = Timestamp::parse("2026-11-23T08:00:00Z").expect("RFC 3339");
//! assert_eq!(morning.date(), "2026-11-23");
//! ```

#[cfg(any(test, feature = "testkit"))]
pub mod testkit;
mod timestamp;

pub use timestamp::{DAY_MS, Timestamp};

use std::time::Duration;

use async_trait::async_trait;

/// The wall clock and timers.
#[async_trait(?Send)]
pub trait Clock {
    /// The current time. On Workers it stands still between two pieces of I/O.
    fn now(&self) -> Timestamp;
    /// Waits; used for short pauses inside one invocation only. Longer waits are alarms.
    async fn sleep(&self, duration: Duration);
}

/// A source of cryptographically secure random bytes.
pub trait Random {
    /// Fills the whole buffer.
    fn fill(&self, buffer: &mut [u8]);
}

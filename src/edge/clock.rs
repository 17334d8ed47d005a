//! The platform's clock, timers and randomness.

use std::time::Duration;

use async_trait::async_trait;
use worker::{Date, Delay};

use onbehalf_clock::Timestamp;
use onbehalf_clock::{Clock, Random};

/// The isolate's clock.
pub struct EdgeClock;

#[async_trait(?Send)]
impl Clock for EdgeClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(i64::try_from(Date::now().as_millis()).unwrap_or(i64::MAX))
    }

    async fn sleep(&self, duration: Duration) {
        Delay::from(duration).await;
    }
}

/// `crypto.getRandomValues`.
pub struct EdgeRandom;

impl Random for EdgeRandom {
    fn fill(&self, buffer: &mut [u8]) {
        // Fails only where no source of randomness exists at all, which the platform rules out;
        // going on with predictable bytes would be worse than stopping.
        if let Err(error) = getrandom::fill(buffer) {
            worker::console_error!("no source of randomness: {error}");
            std::process::abort();
        }
    }
}

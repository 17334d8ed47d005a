//! What the layers need from the world outside, as traits: time, randomness, HTTP.
//!
//! Owns no behaviour. `edge/` implements these on Cloudflare; native tests implement them on the
//! sandbox's world. Everything is single-threaded (one isolate, one thread), so nothing is `Send`.

mod http;

pub use http::{Fetch, FetchError, HttpRequest, HttpResponse, Method};

use std::time::Duration;

use async_trait::async_trait;

use crate::time::Timestamp;

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

//! A clock that is set, and chance that always comes out in the middle.

use std::cell::Cell;
use std::time::Duration;

use async_trait::async_trait;
use onbehalf_clock::{Clock, Random, Timestamp};

/// A clock that shows what it was set to.
pub struct Still(pub Cell<Timestamp>);

impl Still {
    /// The morning on which every test begins.
    pub fn morning() -> Self {
        Self(Cell::new(Timestamp::from_millis(1_795_420_800_000)))
    }

    /// Moves on, never back.
    pub fn move_to(&self, at: Timestamp) {
        self.0.set(self.0.get().max(at));
    }
}

#[async_trait(?Send)]
impl Clock for Still {
    fn now(&self) -> Timestamp {
        self.0.get()
    }

    /// Nobody waits here: only a step's deadline sleeps, and it must not come first.
    async fn sleep(&self, _: Duration) {
        std::future::pending::<()>().await;
    }
}

/// Neither early nor late.
pub struct Half;

impl Random for Half {
    fn fill(&self, buffer: &mut [u8]) {
        buffer.fill(0x7f);
    }
}

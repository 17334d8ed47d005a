//! The morning on which every test begins.

use std::rc::Rc;

use onbehalf_clock::Timestamp;
use onbehalf_clock::testkit::{Always, HandClock};

/// Neither early nor late.
pub const HALF: Always = Always(0x7f);

/// A clock that shows 2026-11-23T08:00:00Z until it is moved.
pub fn morning() -> Rc<HandClock> {
    Rc::new(HandClock::at(Timestamp::from_millis(1_795_420_800_000)))
}

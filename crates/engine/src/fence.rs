//! What tells an attempt's messages from those that an earlier one sent.

use serde::{Deserialize, Serialize};

/// Grows with every attempt of any step of a run, and is stored before the step acts. Whoever outside
/// the run keeps the greatest fence it has seen knows what comes late: an attempt that has ended, or
/// whose process was replaced, may still have a message on the way.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Fence(u64);

impl Fence {
    /// The fence of an attempt that begins after this position of the journal.
    pub(super) fn after(seq: u64) -> Self {
        Self(seq.saturating_add(1))
    }

    /// One that was stored as a number.
    pub fn stored(number: u64) -> Self {
        Self(number)
    }

    /// The number to store.
    pub fn number(self) -> u64 {
        self.0
    }
}

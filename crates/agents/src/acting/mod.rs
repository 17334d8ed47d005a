//! Acting through a user's connected apps, as any workflow needs it.
//!
//! Owns what a call that fails leads to: who is asked again and when, what a step waits for, and
//! whether a write may be sent once more. Knows nothing of what is read or why it is written.

pub(crate) mod circuit;
pub(crate) mod effects;
pub mod failures;
pub(crate) mod patience;
pub(crate) mod reader;

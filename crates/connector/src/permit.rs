//! The last word before a write leaves: may it still be sent?

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Whether a call only looks or also changes something in the connected app.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum CallKind {
    /// Safe to repeat; retried here within bounds.
    Read,
    /// Changes something; never repeated here once it may have been received.
    Write,
}

/// Asked synchronously right before each request that could write, with no await between the
/// answer and the request, so that a run cancelled or superseded a moment ago writes nothing.
pub trait SendPermit {
    /// `false` turns the call into [`CallFailure::NotSent`](super::CallFailure::NotSent).
    fn allow(&self) -> bool;
}

/// For calls that no run owns, such as a tool executed directly by its user.
#[derive(Clone, Copy, Debug, Default)]
pub struct AlwaysPermit;

impl SendPermit for AlwaysPermit {
    fn allow(&self) -> bool {
        true
    }
}

//! Who has to approve what a run is about to write.
//!
//! Owns the order of the modes: whoever asks may ask for more, and nobody for less than somebody
//! else has asked for. Knows nothing of who an approver is.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Whether a person approves the writes first, and which. From the loosest to the strictest.
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum ApprovalMode {
    /// Write at once.
    #[default]
    None,
    /// Wait for a decision about the plan, by the run's owner or by an approver of their
    /// organization.
    Required,
    /// Wait for a decision by an approver who is not the run's owner.
    FourEyes,
}

impl ApprovalMode {
    /// Every mode, the loosest first.
    pub const ALL: [Self; 3] = [Self::None, Self::Required, Self::FourEyes];

    /// The mode as written in JSON.
    pub const fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Required => "required",
            Self::FourEyes => "four_eyes",
        }
    }

    /// The mode of this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.name() == name)
    }

    /// What plans were put up under before they said so.
    pub(crate) fn before_modes() -> Self {
        Self::Required
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_stricter_of_two_counts() {
        for (less, more) in [
            (ApprovalMode::None, ApprovalMode::Required),
            (ApprovalMode::Required, ApprovalMode::FourEyes),
        ] {
            assert_eq!(less.max(more), more);
            assert_eq!(more.max(less), more);
        }
    }

    #[test]
    fn a_mode_is_written_as_it_is_named() {
        for mode in ApprovalMode::ALL {
            assert_eq!(serde_json::to_value(mode).ok(), Some(mode.name().into()));
            assert_eq!(ApprovalMode::named(mode.name()), Some(mode));
        }
        assert_eq!(ApprovalMode::named("Required"), None);
    }
}

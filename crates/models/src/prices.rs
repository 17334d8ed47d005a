//! What answers cost.

use serde::{Deserialize, Serialize};

use crate::part::Usage;

/// The prices of a model, in cents for a million tokens: as providers list them, times a hundred.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Prices {
    /// For what is read.
    pub input: u32,
    /// For what is written.
    pub output: u32,
}

impl Prices {
    /// What the dearer of two models costs.
    #[must_use]
    pub fn dearer(self, other: Self) -> Self {
        Self {
            input: self.input.max(other.input),
            output: self.output.max(other.output),
        }
    }

    /// What an answer costs, in millionths of a cent. A model without prices costs nothing.
    pub fn cost(self, usage: Usage) -> u64 {
        let read = usage.input_tokens.saturating_mul(self.input.into());
        let written = usage.output_tokens.saturating_mul(self.output.into());
        read.saturating_add(written)
    }
}

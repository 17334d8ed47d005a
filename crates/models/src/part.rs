//! What a stream is made of, in every dialect.

use serde::{Deserialize, Serialize};

/// The name a model gave to one call. Means nothing outside the turn it stands in.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct CallId(String);

impl CallId {
    /// As the model wrote it.
    pub fn new(id: impl Into<String>) -> Self {
        Self(id.into())
    }

    /// As it is sent back.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// One part of an answer, in the order in which it arrives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Part {
    /// More of the text.
    Text(String),
    /// A call begins. Calls are numbered from 0 in the order in which they begin.
    CallBegun {
        /// The call's number.
        call: usize,
        /// What its result is sent back under.
        id: CallId,
        /// The tool it asks for.
        tool: String,
    },
    /// More of a call's arguments, which are JSON only when all of them are together.
    CallArguments {
        /// The call's number.
        call: usize,
        /// The fragment.
        fragment: String,
    },
    /// What the answer has cost up to here; replaces what was said before.
    Usage(Usage),
    /// Everything heard of this answer is void: another model begins it anew.
    Void,
    /// The answer is complete.
    End(EndReason),
}

/// Tokens, as the model counts them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Usage {
    /// Read, cached ones as well.
    pub input_tokens: u64,
    /// Written.
    pub output_tokens: u64,
}

impl Usage {
    /// Both together.
    pub const fn total(self) -> u64 {
        self.input_tokens.saturating_add(self.output_tokens)
    }

    /// What two answers have cost together.
    #[must_use]
    pub const fn plus(self, other: Self) -> Self {
        Self {
            input_tokens: self.input_tokens.saturating_add(other.input_tokens),
            output_tokens: self.output_tokens.saturating_add(other.output_tokens),
        }
    }
}

/// Why an answer ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EndReason {
    /// The model has said what it had to say.
    Stop,
    /// It waits for the results of its calls.
    Calls,
    /// It was cut off at a limit. What is there of its calls may not be all of them.
    Length,
    /// It would not answer, or its answer was withheld.
    Withheld,
}

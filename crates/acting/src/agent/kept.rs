//! What a turn keeps in its journal: its answers, and what came of their calls.

use serde::{Deserialize, Serialize};

use super::input::MadeCall;
use onbehalf_models::Answer;

/// An answer, as it is kept.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct KeptAnswer {
    pub(super) answer: Answer,
    /// How long it took.
    pub(super) millis: u64,
}

/// What came of one call, as it is kept.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct KeptCall {
    /// What the model reads of it.
    pub(super) content: String,
    pub(super) made: MadeCall,
    /// Whether a person has said no.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(super) rejected: bool,
}

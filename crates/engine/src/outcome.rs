//! Whether a run that has ended did its job.
//!
//! A run can complete and have achieved nothing: every app it asked was away, and its result says
//! so in words. Owns the one word that lists, logs and alerts need. What counts as the job is the
//! workflow's to say, see [`super::Definition::outcome`].

use serde::{Deserialize, Serialize};

/// What a run that has ended amounts to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Outcome {
    /// It did what it is for.
    Done,
    /// It did a part of it.
    Partial {
        /// What is missing, in the workflow's words; names no person and holds no data.
        missing: Vec<String>,
    },
    /// It did not do what it is for.
    Failed {
        /// Why, in the workflow's words; names no person and holds no data.
        reason: String,
    },
}

impl Outcome {
    /// Every name, for documentation.
    pub const NAMES: [&str; 3] = ["done", "partial", "failed"];

    /// In one word, as written in JSON.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Partial { .. } => "partial",
            Self::Failed { .. } => "failed",
        }
    }
}

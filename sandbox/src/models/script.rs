//! What a model is to say, and how it is to fail.

use serde::Deserialize;
use serde_json::Value;

/// One answer of a model.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ScriptedAnswer {
    /// What it says.
    pub text: String,
    /// What it asks for, after that.
    pub calls: Vec<ScriptedCall>,
    /// The reason it gives for ending, in place of the true one.
    pub finish: Option<String>,
    /// Tokens that it counts as read; by default a quarter of the characters.
    pub input_tokens: Option<u64>,
    /// Tokens that it counts as written.
    pub output_tokens: Option<u64>,
    /// Characters in one piece of its text and its arguments.
    pub piece: Option<usize>,
    /// Chat completions only: where nothing is said, `choices` is null instead of empty.
    pub null_choices: bool,
    /// Fails with this status instead …
    pub status: Option<u16>,
    /// … and asks for so many seconds …
    pub retry_after: Option<u64>,
    /// … with this code, where the API has one …
    pub code: Option<String>,
    /// … and these words: what a careless provider gives away.
    pub says: Option<String>,
    /// The connection breaks after so many events.
    pub breaks_after: Option<usize>,
    /// The stream ends after so many events, as if that were all.
    pub ends_after: Option<usize>,
    /// After so many events the provider says that it failed.
    pub fails_after: Option<usize>,
    /// The answer takes this long to begin.
    pub latency_ms: u64,
}

/// One call.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ScriptedCall {
    /// What its result is to be sent back under; a name of the provider's kind without.
    pub id: Option<String>,
    /// The tool.
    pub tool: String,
    /// Its arguments: JSON, or a text that is sent as it stands, so that it may be none.
    pub arguments: Value,
}

impl ScriptedCall {
    /// The arguments as a model writes them.
    pub(super) fn written(&self) -> String {
        match &self.arguments {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        }
    }
}

impl ScriptedAnswer {
    /// A text in pieces.
    pub(super) fn pieces(&self, text: &str) -> Vec<String> {
        let characters: Vec<char> = text.chars().collect();
        let pieces = characters.chunks(self.piece.unwrap_or(usize::MAX).max(1));
        pieces.map(|piece| piece.iter().collect()).collect()
    }

    /// Tokens read and written.
    pub(super) fn tokens(&self, read: usize) -> (u64, u64) {
        let written: usize = self
            .calls
            .iter()
            .map(|call| call.written().len())
            .sum::<usize>()
            + self.text.len();
        let count = |characters: usize| u64::try_from(characters / 4 + 1).unwrap_or(u64::MAX);
        (
            self.input_tokens.unwrap_or_else(|| count(read)),
            self.output_tokens.unwrap_or_else(|| count(written)),
        )
    }
}

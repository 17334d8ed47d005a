//! What every simulated app speaks: a tool call in, the provider's JSON or a typed failure out.

use serde_json::{Map, Value};

/// A tool's parameters.
pub type Params = Map<String, Value>;

/// On whose behalf, and when.
#[derive(Clone, Debug)]
pub struct Actor {
    /// The user's display name, as their apps show it.
    pub name: String,
    /// The user's e-mail address in their apps.
    pub email: String,
    /// The time of the call, milliseconds since the Unix epoch.
    pub now_ms: i64,
}

/// What a tool answered.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    /// The provider's own JSON.
    pub data: Value,
    /// Id of what was written, for tools that write.
    pub written: Option<String>,
}

impl Answer {
    /// The answer of a tool that only reads.
    pub fn read(data: Value) -> Self {
        Self {
            data,
            written: None,
        }
    }
}

/// The provider's refusal, as Scalekit passes it on with `TOOL_ERROR`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ToolFailure {
    /// HTTP status of Scalekit's answer.
    pub status: u16,
    /// The provider's code.
    pub code: String,
    /// The provider's words.
    pub message: String,
}

impl ToolFailure {
    /// A refusal with this status, code and message.
    pub fn new(status: u16, code: &str, message: impl Into<String>) -> Self {
        Self {
            status,
            code: code.to_owned(),
            message: message.into(),
        }
    }
}

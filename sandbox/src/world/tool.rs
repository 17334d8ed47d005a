//! What every simulated app speaks: a tool call in, the provider's JSON or a typed failure out.

use serde_json::{Map, Value};

/// A tool's parameters.
pub type Params = Map<String, Value>;

/// What an app says to a tool call; `None` for tools that are not simulated.
pub type Outcome = Option<Result<Answer, ToolFailure>>;

/// On whose behalf, and when.
#[derive(Clone, Debug)]
pub struct Actor {
    /// The user's display name, as their apps show it.
    pub name: String,
    /// The user's e-mail address in their apps.
    pub email: String,
    /// The time of the call, milliseconds since the Unix epoch.
    pub now_ms: i64,
    /// The id of what is made, where an answer was given before it is.
    pub promised: Option<String>,
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

    /// The answer of a tool that wrote this.
    pub fn wrote(id: impl Into<String>, data: Value) -> Self {
        Self {
            data,
            written: Some(id.into()),
        }
    }
}

/// The provider's refusal, as Scalekit passes it on with `TOOL_ERROR`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ToolFailure {
    /// The provider's HTTP status.
    pub status: u16,
    /// The provider's code.
    pub code: String,
    /// The provider's words.
    pub message: String,
    /// The provider's words for people, where it has others for them.
    pub presentable: Option<String>,
    /// Seconds in the provider's `Retry-After`.
    pub retry_after: Option<u64>,
}

impl ToolFailure {
    /// A refusal with this status, code and message.
    pub fn new(status: u16, code: &str, message: impl Into<String>) -> Self {
        Self {
            status,
            code: code.to_owned(),
            message: message.into(),
            presentable: None,
            retry_after: None,
        }
    }

    /// This refusal with words for people.
    pub fn presented(mut self, words: impl Into<String>) -> Self {
        self.presentable = Some(words.into());
        self
    }

    /// This refusal with a time to wait.
    pub fn after(mut self, seconds: u64) -> Self {
        self.retry_after = Some(seconds);
        self
    }
}

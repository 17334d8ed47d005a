//! What a model is asked.
//!
//! Owns the shape of a conversation. What may stand in it is for whoever writes it: nothing here takes
//! anything out.

use std::time::Duration;

use serde_json::value::RawValue;

use crate::gathered::Call;
use crate::part::CallId;

/// One question to a model: all it knows.
#[derive(Clone, Debug)]
pub struct Request {
    /// What it is to be and do.
    pub instructions: String,
    /// The conversation, oldest first. The last message is not the model's.
    pub messages: Vec<Message>,
    /// What it may call.
    pub tools: Vec<ToolOffer>,
    /// How much of an answer is wanted.
    pub limits: Limits,
}

/// One message.
#[derive(Clone, Debug)]
pub enum Message {
    /// A person's.
    Person(String),
    /// The model's own.
    Model {
        /// What it said.
        text: String,
        /// What it asked for. The next message holds the result of each.
        calls: Vec<Call>,
    },
    /// What became of the calls of the message before.
    Results(Vec<ToolResult>),
}

/// A tool, as a model sees it.
#[derive(Clone, Debug)]
pub struct ToolOffer {
    /// Letters, digits, `-` and `_`, at most 64: what every provider takes.
    pub name: String,
    /// When to use it.
    pub description: String,
    /// JSON Schema of its arguments: an object's.
    pub input_schema: Box<RawValue>,
}

/// What became of a call.
#[derive(Clone, Debug)]
pub struct ToolResult {
    /// The call.
    pub call: CallId,
    /// What the model reads of it.
    pub content: String,
    /// Whether it came to nothing.
    pub failed: bool,
}

/// How much of an answer is wanted.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Tokens, after which it is cut off.
    pub max_tokens: u32,
    /// How long the whole answer may take.
    pub timeout: Duration,
}

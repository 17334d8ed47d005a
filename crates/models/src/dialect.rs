//! The dialects that models are spoken to in.

use serde::{Deserialize, Serialize};

/// How a provider is spoken to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Dialect {
    /// OpenAI's chat completions, which many servers speak.
    ChatCompletions,
    /// Anthropic's messages.
    AnthropicMessages,
    /// Cloudflare's own: chat completions, or its older form, as the model has it.
    WorkersAi,
}

impl Dialect {
    /// Every dialect.
    pub const ALL: [Self; 3] = [
        Self::ChatCompletions,
        Self::AnthropicMessages,
        Self::WorkersAi,
    ];
}

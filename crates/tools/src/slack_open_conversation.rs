//! `slack-open-conversation`: the direct conversation with somebody.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use onbehalf_clock::Timestamp;
use onbehalf_connector::{CallKind, Connector};

use super::input::InputError;
use super::json::text;
use super::slack::checked;
use super::tool::{OutputError, Tool};

/// Longest id that is sent.
const MAX_ID_CHARS: usize = 64;

crate::tool_input! {
    /// With whom.
    pub struct ConversationInput {
        /// Slack's id of the person; one's own for the conversation with oneself.
        pub person: String,
    }
}

/// A conversation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Conversation {
    /// Slack's id of it.
    pub channel: String,
}

/// See the module.
pub struct SlackOpenConversation;

impl Tool for SlackOpenConversation {
    const ID: &'static str = "slack-open-conversation";
    const DESCRIPTION: &'static str = "Finds the direct conversation with a person in Slack.";
    const CONNECTOR: Connector = Connector::SLACK;
    const SCALEKIT_NAME: &'static str = "slack_open_conversation";
    // Opening what is open gives the same conversation and writes nothing, so it may be repeated.
    const KIND: CallKind = CallKind::Read;
    type Input = ConversationInput;
    type Output = Conversation;

    fn params(input: &ConversationInput) -> Result<Value, InputError> {
        InputError::text("person", &input.person, MAX_ID_CHARS)?;
        Ok(json!({ "users": input.person }))
    }

    fn output(
        data: &Value,
        _: &ConversationInput,
        _: Timestamp,
    ) -> Result<Conversation, OutputError> {
        let channel = checked(data, Self::KIND)?.get("channel");
        let id = channel.and_then(|channel| text(channel, "id"));
        Ok(Conversation {
            channel: id.ok_or(OutputError::Malformed("channel id"))?,
        })
    }
}

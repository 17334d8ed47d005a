//! `slack-list-messages`: what was said in a conversation, newest first.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use onbehalf_clock::Timestamp;
use onbehalf_connector::{CallKind, Connector};

use super::input::InputError;
use super::json::text;
use super::slack::{checked, conversation};
use super::tool::{OutputError, Tool};

/// Messages of one page. Apps that are not in Slack's directory get no more than this (Slack,
/// "Rate limit changes for non-Marketplace apps").
const PAGE: u32 = 15;
/// Longest cursor that is sent back.
const MAX_CURSOR_CHARS: usize = 512;

crate::tool_input! {
    /// Which messages.
    pub struct MessagesInput {
        /// The conversation's id, such as `C0123ABCD`.
        pub channel: String,
        /// Only messages said after this.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub after: Option<Timestamp>,
        /// Cursor of the page before (`next`).
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub cursor: Option<String>,
    }
}

/// One page of messages, newest first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Messages {
    /// Who said them is left out on purpose.
    pub messages: Vec<Message>,
    /// Cursor for `cursor`; absent on the last page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// A message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Message {
    /// When it was said: its name within the conversation.
    pub ts: String,
    /// In Slack's markup.
    pub text: String,
}

/// See the module.
pub struct SlackListMessages;

impl Tool for SlackListMessages {
    const ID: &'static str = "slack-list-messages";
    const DESCRIPTION: &'static str =
        "Lists the messages of a conversation in Slack, newest first.";
    const CONNECTOR: Connector = Connector::SLACK;
    const SCALEKIT_NAME: &'static str = "slack_fetch_conversation_history";
    const KIND: CallKind = CallKind::Read;
    type Input = MessagesInput;
    type Output = Messages;

    fn params(input: &MessagesInput) -> Result<Value, InputError> {
        conversation(&input.channel)?;
        let mut params = json!({ "channel": input.channel, "limit": PAGE });
        if let Some(after) = input.after {
            params["oldest"] = json!(seconds(after));
        }
        if let Some(cursor) = &input.cursor {
            InputError::text("cursor", cursor, MAX_CURSOR_CHARS)?;
            params["cursor"] = json!(cursor);
        }
        Ok(params)
    }

    fn output(data: &Value, _: &MessagesInput, _: Timestamp) -> Result<Messages, OutputError> {
        let answer = checked(data, Self::KIND)?;
        let messages = answer.get("messages").and_then(Value::as_array);
        let messages = messages.ok_or(OutputError::Malformed("messages"))?;
        let messages = messages.iter().map(message).collect::<Option<Vec<_>>>();
        let next = answer
            .get("response_metadata")
            .and_then(|metadata| text(metadata, "next_cursor"));
        Ok(Messages {
            messages: messages.ok_or(OutputError::Malformed("ts"))?,
            next,
        })
    }
}

fn message(value: &Value) -> Option<Message> {
    Some(Message {
        ts: text(value, "ts")?,
        text: text(value, "text").unwrap_or_default(),
    })
}

/// A moment as Slack writes it.
fn seconds(at: Timestamp) -> String {
    let (seconds, millis) = (at.millis().div_euclid(1000), at.millis().rem_euclid(1000));
    format!("{seconds}.{millis:03}000")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testkit::success_of;

    #[tokio::test]
    async fn messages_since_a_moment_are_listed_page_by_page() {
        let input = MessagesInput {
            channel: "C1".into(),
            after: Timestamp::parse("2026-11-23T08:00:00.250Z"),
            cursor: Some("next_ts:1".into()),
        };
        let answer = json!({"ok": true, "messages": [{"ts": "9.1", "text": "hi", "user": "U1"}],
                            "has_more": true, "response_metadata": {"next_cursor": "next_ts:9.1"}});
        let (sent, output) = success_of::<SlackListMessages>(&input, &answer).await;
        assert_eq!(
            sent["params"],
            json!({"channel": "C1", "limit": 15, "oldest": "1795420800.250000",
                   "cursor": "next_ts:1"})
        );
        assert_eq!(output.messages[0].text, "hi");
        assert_eq!(output.next.as_deref(), Some("next_ts:9.1"));
    }
}

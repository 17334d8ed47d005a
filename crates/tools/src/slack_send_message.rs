//! `slack-send-message`: a message in the user's own name.
//!
//! Slack takes no id chosen by the sender: whoever must not say a thing twice puts something of its
//! own into the text and looks for it with `slack-list-messages`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use onbehalf_clock::Timestamp;
use onbehalf_connector::{CallKind, Connector};

use super::input::InputError;
use super::json::text;
use super::slack::{checked, conversation};
use super::tool::{OutputError, Tool};

/// Slack cuts longer texts (Slack, "chat.postMessage: truncating content").
const MAX_TEXT_CHARS: usize = 40_000;

crate::tool_input! {
    /// The message.
    pub struct MessageInput {
        /// The conversation's id, such as `C0123ABCD`.
        pub channel: String,
        /// In Slack's markup: `&`, `<` and `>` are written `&amp;`, `&lt;` and `&gt;`.
        pub text: String,
    }
}

/// The message that is there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SentMessage {
    /// The conversation's id.
    pub channel: String,
    /// When it was said: its name within the conversation.
    pub ts: String,
}

/// See the module.
pub struct SlackSendMessage;

impl Tool for SlackSendMessage {
    const ID: &'static str = "slack-send-message";
    const DESCRIPTION: &'static str = "Sends a message to a conversation in Slack.";
    const CONNECTOR: Connector = Connector::SLACK;
    const SCALEKIT_NAME: &'static str = "slack_send_message";
    const KIND: CallKind = CallKind::Write;
    type Input = MessageInput;
    type Output = SentMessage;

    fn params(input: &MessageInput) -> Result<Value, InputError> {
        conversation(&input.channel)?;
        InputError::text("text", &input.text, MAX_TEXT_CHARS)?;
        Ok(json!({
            "channel": input.channel,
            "text": input.text,
            // Nobody chose to show what stands behind a link.
            "unfurl_links": false,
            "unfurl_media": false,
        }))
    }

    fn output(
        data: &Value,
        input: &MessageInput,
        _: Timestamp,
    ) -> Result<SentMessage, OutputError> {
        let answer = checked(data, Self::KIND)?;
        Ok(SentMessage {
            channel: text(answer, "channel").unwrap_or_else(|| input.channel.clone()),
            ts: text(answer, "ts").ok_or(OutputError::Malformed("ts"))?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testkit::{outcome_of, success_of};
    use crate::{ErrorKind, ToolOutcome};

    fn input() -> MessageInput {
        MessageInput {
            channel: "C0123ABCD".into(),
            text: "Good morning".into(),
        }
    }

    #[tokio::test]
    async fn a_message_is_sent_and_its_time_read() {
        let answer = json!({"ok": true, "channel": "C0123ABCD", "ts": "1763884800.000100"});
        let (sent, output) = success_of::<SlackSendMessage>(&input(), &answer).await;
        assert_eq!(
            sent["params"],
            json!({"channel": "C0123ABCD", "text": "Good morning", "unfurl_links": false,
                   "unfurl_media": false})
        );
        assert_eq!(output.ts, "1763884800.000100");
    }

    #[tokio::test]
    async fn an_answer_without_a_word_on_success_leaves_the_outcome_open() {
        for answer in [
            json!({}),
            json!({"ok": true}),
            json!({"ok": false, "error": "fatal_error"}),
        ] {
            let outcome = outcome_of::<SlackSendMessage>(&input(), &answer).await;
            let ToolOutcome::Error(error) = outcome else {
                panic!("no success: {answer}");
            };
            assert_eq!(error.kind, ErrorKind::OutcomeUnknown, "{answer}");
        }
    }
}

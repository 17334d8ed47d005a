//! Finding a message in Slack, which takes no id from us, in the history of its conversation.

use std::time::Duration;

use async_trait::async_trait;

use super::{CallMark, Findable, Look, Sought};
use crate::slack_list_messages::{Message, MessagesInput, SlackListMessages};
use crate::slack_send_message::{MessageInput, SentMessage, SlackSendMessage};
use onbehalf_clock::Timestamp;
use onbehalf_connector::CallFailure;

/// Pages of a conversation that are looked through, 15 messages each: what a busy channel says
/// between midnight and the morning.
pub const HISTORY_PAGES: usize = 40;

/// Looks through what was said in a conversation after a time for the message that `is_ours`.
///
/// # Errors
/// The failed call.
pub async fn find_message(
    look: Look<'_>,
    channel: &str,
    since: Option<Timestamp>,
    is_ours: impl Fn(&Message) -> bool,
) -> Result<Sought<SentMessage>, CallFailure> {
    let mut input = MessagesInput {
        channel: channel.to_owned(),
        after: since,
        cursor: None,
    };
    for _ in 0..HISTORY_PAGES {
        let page = look.read::<SlackListMessages>(&input).await?;
        if let Some(ours) = page.messages.into_iter().find(&is_ours) {
            return Ok(Sought::There(SentMessage {
                channel: channel.to_owned(),
                ts: ours.ts,
            }));
        }
        match page.next {
            Some(next) => input.cursor = Some(next),
            None => return Ok(Sought::Absent),
        }
    }
    Ok(Sought::TooMuch)
}

/// What stands behind the address of this service in a message's last line.
fn fragment(mark: &CallMark) -> String {
    format!("#{}", mark.word())
}

#[async_trait(?Send)]
impl Findable for SlackSendMessage {
    // Slack's history shows what was said a moment ago.
    const VISIBLE_AFTER: Duration = Duration::ZERO;

    fn marked(input: MessageInput, mark: &CallMark) -> MessageInput {
        let home = mark.home.trim_end_matches('/');
        let fragment = fragment(mark);
        MessageInput {
            text: format!(
                "{}\n\nSent for you by <{home}/{fragment}|Onbehalf>.",
                input.text
            ),
            ..input
        }
    }

    async fn find(
        look: Look<'_>,
        sent: &MessageInput,
        mark: &CallMark,
    ) -> Result<Sought<SentMessage>, CallFailure> {
        let fragment = fragment(mark);
        find_message(look, &sent.channel, mark.since, |message| {
            message.text.contains(&fragment)
        })
        .await
    }
}

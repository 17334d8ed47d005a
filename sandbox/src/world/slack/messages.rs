//! Messages: sent, deleted, read back.

use serde_json::{Value, json};

use super::{Message, Person, Slack, refused};
use crate::world::manners::SlackHistory;
use crate::world::tool::{Actor, Answer, Params};

/// Messages of one page: at most and by default, and both for an unlisted app.
const PAGE_LIMIT: usize = 1000;
const PAGE_DEFAULT: usize = 100;
const PAGE_UNLISTED: usize = 15;
/// Longest text.
const TEXT_CHARS: usize = 40_000;

impl Slack {
    pub(super) fn send(
        &mut self,
        channel: &str,
        person: &Person,
        params: &Params,
        actor: &Actor,
    ) -> Answer {
        let text = |name: &str| params.get(name).and_then(Value::as_str);
        let words = text("text").unwrap_or_default();
        if words.is_empty() && text("blocks").is_none() && text("attachments").is_none() {
            return refused("no_text");
        }
        if words.chars().count() > TEXT_CHARS {
            return refused("msg_too_long");
        }
        let blocks = text("blocks").map(serde_json::from_str::<Value>);
        if blocks.is_some_and(|blocks| !blocks.is_ok_and(|it| it.is_array())) {
            return refused("invalid_blocks_format");
        }
        let ts = actor
            .promised
            .clone()
            .unwrap_or_else(|| self.spend_ts(actor.now_ms));
        let message = Message {
            ts: ts.clone(),
            user: person.id.clone(),
            text: linked(words),
            thread_ts: text("thread_ts").map(str::to_owned),
        };
        let shown = self.message_json(&message);
        if let Some(channel) = self.channels.get_mut(channel) {
            channel.messages.push(message);
        }
        let data = json!({ "ok": true, "channel": channel, "ts": ts, "message": shown });
        Answer::wrote(format!("{channel}/{ts}"), data)
    }

    pub(super) fn delete(&mut self, channel: &str, person: &Person, params: &Params) -> Answer {
        let ts = params
            .get("ts")
            .and_then(Value::as_str)
            .unwrap_or_default()
            .to_owned();
        let Some(found) = self.channels.get_mut(channel) else {
            return refused("channel_not_found");
        };
        match found.messages.iter().find(|it| it.ts == ts) {
            None => refused("message_not_found"),
            Some(message) if message.user != person.id => refused("cant_delete_message"),
            Some(_) => {
                found.messages.retain(|it| it.ts != ts);
                let data = json!({ "ok": true, "channel": channel, "ts": ts });
                Answer::wrote(format!("{channel}/{ts}"), data)
            }
        }
    }

    /// What was said outside of threads, newest first.
    pub(super) fn history(&self, channel: &str, params: &Params, history: SlackHistory) -> Answer {
        let text = |name: &str| params.get(name).and_then(Value::as_str);
        let (most, default) = match history {
            SlackHistory::Listed => (PAGE_LIMIT, PAGE_DEFAULT),
            SlackHistory::Unlisted => (PAGE_UNLISTED, PAGE_UNLISTED),
        };
        let limit = match params.get("limit") {
            None => default,
            Some(limit) => match limit.as_u64().and_then(|it| usize::try_from(it).ok()) {
                Some(limit) if limit >= 1 => limit.min(most),
                _ => return refused("invalid_limit"),
            },
        };
        let before = match text("cursor").filter(|it| !it.is_empty()) {
            None => None,
            Some(cursor) => match cursor.strip_prefix("next_ts:") {
                Some(ts) => Some(ts),
                None => return refused("invalid_cursor"),
            },
        };
        let within = |message: &&Message| {
            let since = text("oldest").is_none_or(|oldest| later(&message.ts, oldest));
            let until = text("latest").is_none_or(|latest| later(latest, &message.ts));
            since && until && before.is_none_or(|before| later(before, &message.ts))
        };
        let all = self.channels.get(channel).into_iter();
        let mut found = all
            .flat_map(|it| it.messages.iter().rev())
            .filter(|it| it.thread_ts.is_none())
            .filter(within);
        let page: Vec<&Message> = found.by_ref().take(limit).collect();
        let messages: Vec<Value> = page.iter().map(|it| self.message_json(it)).collect();
        let more = found.next().is_some();
        let mut data =
            json!({ "ok": true, "messages": messages, "has_more": more, "pin_count": 0 });
        if more && let Some(last) = page.last() {
            data["response_metadata"] = json!({ "next_cursor": format!("next_ts:{}", last.ts) });
        }
        Answer::read(data)
    }

    fn message_json(&self, message: &Message) -> Value {
        let mut shown = json!({ "type": "message", "user": message.user, "text": message.text,
            "ts": message.ts, "team": self.team_id });
        if let Some(thread) = &message.thread_ts {
            shown["thread_ts"] = thread.as_str().into();
        }
        shown
    }
}

/// A text as Slack keeps it: addresses stand in angle brackets.
fn linked(text: &str) -> String {
    let kept = |word: &str| {
        let bare = word.trim_end();
        if bare.starts_with("https://") || bare.starts_with("http://") {
            format!("<{bare}>{}", &word[bare.len()..])
        } else {
            word.to_owned()
        }
    };
    text.split_inclusive(char::is_whitespace)
        .map(kept)
        .collect()
}

/// Whether one `ts` is after another: compared as numbers.
fn later(one: &str, other: &str) -> bool {
    let parts = |ts: &str| -> (i64, i64) {
        let (seconds, micros) = ts.split_once('.').unwrap_or((ts, "0"));
        let micros: String = micros.chars().chain("000000".chars()).take(6).collect();
        (seconds.parse().unwrap_or(0), micros.parse().unwrap_or(0))
    };
    parts(one) > parts(other)
}

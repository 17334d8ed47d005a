//! A Slack workspace: its people, their channels, and what was said in them.
//!
//! Slack answers 200 to nearly everything; what went wrong stands in `error`.

mod messages;

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::limits::Rate;
use super::manners::SlackHistory;
use super::random::Dice;
use super::tool::{Actor, Answer, Outcome, Params, ToolFailure};

/// Tools that are simulated.
pub const TOOLS: [&str; 5] = [
    "slack_auth_test",
    "slack_delete_message",
    "slack_fetch_conversation_history",
    "slack_open_conversation",
    "slack_send_message",
];

/// Messages a channel takes in a second.
const SENDS: Rate = Rate {
    calls: 1,
    window_ms: 1000,
};
/// Reads that a workspace takes in a minute: of a listed app (tier 3), and of any other (tier 1).
const READS: Rate = Rate {
    calls: 50,
    window_ms: 60_000,
};
const READS_UNLISTED: Rate = Rate {
    calls: 1,
    window_ms: 60_000,
};
/// A message.
#[derive(Clone, Debug)]
pub struct Message {
    /// When, and its name within the channel.
    pub ts: String,
    /// Who said it.
    pub user: String,
    /// What, in Slack's markup.
    pub text: String,
    thread_ts: Option<String>,
}

/// A conversation.
#[derive(Clone, Debug)]
struct Channel {
    /// `#name`; none for a direct message.
    name: Option<String>,
    /// Who is in it; everybody when empty.
    members: Vec<String>,
    messages: Vec<Message>,
}

/// Somebody in the workspace.
#[derive(Clone, Debug)]
struct Person {
    id: String,
    name: String,
    /// The conversation they have with themselves.
    own: String,
}

/// A workspace.
#[derive(Clone, Debug)]
pub struct Slack {
    team_id: String,
    name: String,
    people: BTreeMap<String, Person>,
    channels: BTreeMap<String, Channel>,
    /// Messages ever sent: what makes each `ts` its own.
    sent: i64,
}

/// The channel everybody is in.
const COMMON: &str = "customer-success";

fn id(prefix: char, of: &str) -> String {
    const DIGITS: &[u8; 32] = b"0123456789ABCDEFGHJKLMNPQRSTUVWX";
    let mut dice = Dice::of(&format!("{prefix} {of}"));
    let rest = (0..10).map(|_| char::from(*dice.pick(DIGITS)));
    std::iter::once(prefix).chain(rest).collect()
}

fn refused(error: &str) -> Answer {
    Answer::read(json!({ "ok": false, "error": error }))
}

/// Too many calls: one of the few things Slack has a status for.
pub fn rate_limited(seconds: u64) -> ToolFailure {
    ToolFailure::new(429, "ratelimited", "ratelimited").after(seconds)
}

/// The rate a call is counted by, and the kind it is counted as.
pub fn rate(tool: &str, params: &Params, history: SlackHistory) -> (String, Rate) {
    match (tool, history) {
        ("slack_fetch_conversation_history", SlackHistory::Unlisted) => {
            ("history".to_owned(), READS_UNLISTED)
        }
        ("slack_send_message", _) => {
            let channel = params.get("channel").and_then(Value::as_str);
            (format!("send {}", channel.unwrap_or_default()), SENDS)
        }
        _ => (tool.to_owned(), READS),
    }
}

impl Slack {
    /// A workspace with one channel; ids come from the seed.
    pub fn new(name: &str, seed: &str) -> Self {
        let common = Channel {
            name: Some(COMMON.to_owned()),
            members: Vec::new(),
            messages: Vec::new(),
        };
        Self {
            team_id: id('T', seed),
            name: name.to_owned(),
            people: BTreeMap::new(),
            channels: [(id('C', seed), common)].into(),
            sent: 0,
        }
    }

    /// Adds somebody, with a conversation of their own.
    pub fn add_person(&mut self, name: &str, email: &str) {
        let user = id('U', email);
        let own = id('D', email);
        let channel = Channel {
            name: None,
            members: vec![user.clone()],
            messages: Vec::new(),
        };
        self.channels.entry(own.clone()).or_insert(channel);
        let person = Person {
            id: user,
            name: name.to_owned(),
            own,
        };
        self.people.insert(email.to_owned(), person);
    }

    /// Conversations somebody sees that have anything in them: their names, and what was said,
    /// oldest first.
    pub fn seen_by(&self, email: &str) -> Vec<(String, &[Message])> {
        let Some(person) = self.people.get(email) else {
            return Vec::new();
        };
        let title = |channel: &Channel| match &channel.name {
            Some(name) => format!("#{name}"),
            None => format!("{} (you)", person.name),
        };
        self.channels
            .values()
            .filter(|it| it.admits(&person.id) && !it.messages.is_empty())
            .map(|it| (title(it), it.messages.as_slice()))
            .collect()
    }

    /// The name of a user.
    pub fn name_of(&self, user: &str) -> Option<&str> {
        let found = self.people.values().find(|it| it.id == user);
        found.map(|it| it.name.as_str())
    }

    /// A name for a message that no other message gets.
    pub(in crate::world) fn spend_ts(&mut self, now_ms: i64) -> String {
        self.sent += 1;
        let (seconds, micros) = (now_ms.div_euclid(1000), now_ms.rem_euclid(1000) * 1000);
        format!("{seconds}.{:06}", micros + self.sent % 1000)
    }

    /// Answers a tool call.
    pub fn call(
        &mut self,
        tool: &str,
        params: &Params,
        actor: &Actor,
        history: SlackHistory,
    ) -> Outcome {
        if !TOOLS.contains(&tool) {
            return None;
        }
        let Some(person) = self.people.get(&actor.email).cloned() else {
            return Some(Ok(refused("account_inactive")));
        };
        let channel = self.resolve(params, &person);
        Some(Ok(match (tool, channel) {
            ("slack_auth_test", _) => Answer::read(json!({ "ok": true,
                // A host's name has no `_`.
                "url": format!("https://{}.slack.com/", self.name.replace('_', "-")), "team": self.name,
                "user": actor.email.split('@').next(), "team_id": self.team_id, "user_id": person.id,
                "is_enterprise_install": false })),
            ("slack_open_conversation", _) => self.open(params),
            (_, None) => refused("channel_not_found"),
            ("slack_send_message", Some(channel)) => self.send(&channel, &person, params, actor),
            ("slack_delete_message", Some(channel)) => self.delete(&channel, &person, params),
            (_, Some(channel)) => self.history(&channel, params, history),
        }))
    }

    /// The direct conversation with one person; of the simulated ones, that with oneself.
    fn open(&self, params: &Params) -> Answer {
        let named = params.get("users").and_then(Value::as_str);
        let person = self
            .people
            .values()
            .find(|it| Some(it.id.as_str()) == named);
        match person {
            Some(person) => Answer::read(json!({ "ok": true, "no_op": true, "already_open": true,
                "channel": { "id": person.own } })),
            None => refused("user_not_found"),
        }
    }

    /// The conversation a call names: by id, by `#name`, or by the user themselves.
    fn resolve(&self, params: &Params, person: &Person) -> Option<String> {
        let named = params.get("channel").and_then(Value::as_str)?;
        if named == person.id {
            return Some(person.own.clone());
        }
        let name = named.strip_prefix('#');
        self.channels
            .iter()
            .find(|(id, it)| *id == named || (name.is_some() && it.name.as_deref() == name))
            .filter(|(_, it)| it.admits(&person.id))
            .map(|(id, _)| id.clone())
    }
}

impl Channel {
    fn admits(&self, user: &str) -> bool {
        self.members.is_empty() || self.members.iter().any(|it| it == user)
    }
}

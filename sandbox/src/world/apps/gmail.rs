//! Gmail: everybody's own mailbox, with what came in and what they sent.
//!
//! Shapes and limits from Google's documentation: "Gmail API: users.messages", "Search operators",
//! "Usage limits" (units a minute and person), and "Sending limits".

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{App, Counted, Numbers, Said, Whose, after_cursor, size, text};
use crate::world::time::DAY;
use crate::world::tool::{Actor, Answer, Params, ToolFailure};

const PAGE: usize = 100;
const MOST: usize = 500;
const MINUTE: i64 = 60_000;
/// Addresses a message may go to.
const RECIPIENTS: usize = 500;

#[derive(Clone, Debug)]
struct Message {
    id: String,
    thread: String,
    from: String,
    to: String,
    subject: String,
    body: String,
    label: &'static str,
    at_ms: i64,
}

#[derive(Clone, Debug)]
pub(super) struct Gmail {
    mailboxes: BTreeMap<String, Vec<Message>>,
    ids: Numbers,
    since_ms: i64,
}

fn refusal(status: u16, reason: &str, message: &str) -> ToolFailure {
    ToolFailure::new(status, reason, message)
}

impl Message {
    fn shown(&self) -> Value {
        let headers = [
            ("From", &self.from),
            ("To", &self.to),
            ("Subject", &self.subject),
        ];
        let headers: Vec<Value> = headers
            .iter()
            .map(|(name, value)| json!({ "name": name, "value": value }))
            .collect();
        let snippet: String = self.body.chars().take(200).collect();
        json!({ "id": self.id, "threadId": self.thread, "labelIds": [self.label],
            "snippet": snippet, "internalDate": self.at_ms.to_string(), "historyId": self.at_ms.to_string(),
            "sizeEstimate": self.body.len(),
            "payload": { "mimeType": "text/plain", "headers": headers,
                "body": { "size": self.body.len() } } })
    }

    /// Whether a word of a search fits: an operator, or a part of subject and text.
    fn fits(&self, word: &str) -> bool {
        let holds = |text: &str, part: &str| text.to_lowercase().contains(&part.to_lowercase());
        match word.split_once(':') {
            Some(("from", who)) => holds(&self.from, who),
            Some(("to", who)) => holds(&self.to, who),
            Some(("subject", what)) => holds(&self.subject, what),
            Some(("in" | "label", label)) => {
                self.label.eq_ignore_ascii_case(label) || label == "anywhere"
            }
            _ => holds(&self.subject, word) || holds(&self.body, word),
        }
    }
}

/// The words of a search; those in quotes are one.
fn words(query: &str) -> Vec<String> {
    let (mut words, mut word, mut quoted) = (Vec::new(), String::new(), false);
    for letter in query.chars() {
        match letter {
            '"' => quoted = !quoted,
            ' ' if !quoted => words.push(std::mem::take(&mut word)),
            letter => word.push(letter),
        }
    }
    words.push(word);
    words.retain(|word| !word.is_empty());
    words
}

impl Gmail {
    pub(super) fn new(_: &str, now_ms: i64) -> Self {
        Self {
            mailboxes: BTreeMap::new(),
            ids: Numbers::after(0x1930_0000_0000_0000),
            since_ms: now_ms - DAY,
        }
    }

    fn fresh(&mut self) -> String {
        format!("{:x}", self.ids.next())
    }

    /// A mailbox; one that nobody has opened yet holds a greeting.
    fn mailbox(&mut self, address: &str) -> &mut Vec<Message> {
        if !self.mailboxes.contains_key(address) {
            let id = self.fresh();
            let greeting = Message {
                thread: id.clone(),
                id,
                from: "it@acme.example".to_owned(),
                to: address.to_owned(),
                subject: "Welcome".to_owned(),
                body: "Your mailbox is ready.".to_owned(),
                label: "INBOX",
                at_ms: self.since_ms,
            };
            self.mailboxes.insert(address.to_owned(), vec![greeting]);
        }
        self.mailboxes.entry(address.to_owned()).or_default()
    }

    fn send(&mut self, params: &Params, actor: &Actor) -> Said {
        let to = text(params, "to").unwrap_or_default();
        let recipients = to.split(',').map(str::trim).filter(|it| !it.is_empty());
        let recipients: Vec<&str> = recipients.collect();
        let readable = |it: &&str| it.contains('@') && !it.contains(' ');
        if recipients.is_empty()
            || recipients.len() > RECIPIENTS
            || !recipients.iter().all(readable)
        {
            return Err(refusal(400, "invalidArgument", "Invalid To header"));
        }
        let id = actor.promised.clone().unwrap_or_else(|| self.fresh());
        let sent = Message {
            thread: text(params, "thread_id").map_or_else(|| id.clone(), str::to_owned),
            id,
            from: actor.email.clone(),
            to: to.to_owned(),
            subject: text(params, "subject").unwrap_or_default().to_owned(),
            body: text(params, "body").unwrap_or_default().to_owned(),
            label: "SENT",
            at_ms: actor.now_ms,
        };
        let data = json!({ "id": sent.id, "threadId": sent.thread, "labelIds": ["SENT"] });
        let answer = Answer::wrote(sent.id.clone(), data);
        self.mailbox(&actor.email).push(sent);
        Ok(answer)
    }

    fn fetch(&mut self, params: &Params, actor: &Actor) -> Said {
        let words = words(text(params, "query").unwrap_or_default());
        let found = self.mailbox(&actor.email).iter().rev();
        let found: Vec<Value> = found
            .filter(|it| words.iter().all(|word| it.fits(word)))
            .map(Message::shown)
            .collect();
        let from = text(params, "page_token")
            .and_then(|it| it.parse().ok())
            .unwrap_or(0);
        let (page, next) = after_cursor(&found, from, size(params, "max_results", PAGE, MOST));
        let mut data = json!({ "messages": page, "resultSizeEstimate": found.len() });
        if let Some(next) = next {
            data["nextPageToken"] = next.to_string().into();
        }
        Ok(Answer::read(data))
    }
}

impl App for Gmail {
    const TOOLS: &'static [&'static str] = &[
        "gmail_fetch_mails",
        "gmail_get_message_by_id",
        "gmail_get_profile",
        "gmail_send_message",
    ];

    /// 15,000 units a minute for each person: sending takes 100 of them, listing 5.
    fn counted(tool: &str, _: &Params) -> Counted {
        match tool {
            "gmail_send_message" => Counted::new(Whose::Person, "send", 150, MINUTE),
            _ => Counted::new(Whose::Person, "read", 3000, MINUTE),
        }
    }

    fn too_many(seconds: u64) -> ToolFailure {
        refusal(429, "rateLimitExceeded", "User-rate limit exceeded.").after(seconds)
    }

    fn promise(&mut self, tool: &str) -> Option<String> {
        (tool == "gmail_send_message").then(|| self.fresh())
    }

    fn call(&mut self, tool: &str, params: &Params, actor: &Actor) -> Said {
        match tool {
            "gmail_send_message" => self.send(params, actor),
            "gmail_fetch_mails" => self.fetch(params, actor),
            "gmail_get_profile" => {
                let messages = self.mailbox(&actor.email).len();
                Ok(Answer::read(
                    json!({ "emailAddress": actor.email, "messagesTotal": messages,
                    "threadsTotal": messages, "historyId": actor.now_ms.to_string() }),
                ))
            }
            _ => {
                let id = text(params, "message_id").unwrap_or_default();
                let found = self.mailbox(&actor.email).iter().find(|it| it.id == id);
                let found = found
                    .ok_or_else(|| refusal(404, "notFound", "Requested entity was not found."))?;
                Ok(Answer::read(found.shown()))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::kit::{NOW, refused, taken};
    use super::*;

    #[test]
    fn what_is_sent_is_found_by_its_words() {
        let mut gmail = Gmail::new("acme", NOW);
        let mail = json!({ "to": "pat@globex.example", "subject": "Kick-off", "body": "Tuesday? call-e1" });
        let sent = taken(&mut gmail, "gmail_send_message", &mail);
        assert_eq!(sent["labelIds"], json!(["SENT"]));
        let query = json!({ "query": "in:sent \"call-e1\" subject:kick-off" });
        let found = taken(&mut gmail, "gmail_fetch_mails", &query);
        assert_eq!(found["messages"][0]["id"], sent["id"]);
        assert_eq!(found["resultSizeEstimate"], 1);
        let all = taken(
            &mut gmail,
            "gmail_fetch_mails",
            &json!({ "max_results": 1 }),
        );
        assert_eq!(all["nextPageToken"], "1");
    }

    #[test]
    fn a_message_needs_somebody_it_goes_to() {
        let mut gmail = Gmail::new("acme", NOW);
        let mail = json!({ "to": "pat", "subject": "x", "body": "x" });
        assert_eq!(
            refused(&mut gmail, "gmail_send_message", &mail).code,
            "invalidArgument"
        );
    }
}

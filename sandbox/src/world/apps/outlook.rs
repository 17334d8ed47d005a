//! Outlook: everybody's own mailbox and calendar, by Microsoft Graph.
//!
//! Shapes and limits from Microsoft's documentation: "user: sendMail" (202 without a body), "List
//! messages", "Create event", "List events", "Use query parameters", "Microsoft Graph service-specific
//! throttling limits" (Outlook).

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{App, Counted, Numbers, Said, Whose, number, size, text};
use crate::world::time::{iso, parse};
use crate::world::tool::{Actor, Answer, Params, ToolFailure};

const PAGE: usize = 10;
const MOST: usize = 1000;
const MINUTE: i64 = 60_000;
/// People one message may go to.
const RECIPIENTS: usize = 500;

#[derive(Clone, Debug)]
struct Message {
    id: String,
    subject: String,
    body: String,
    to: Vec<String>,
    at_ms: i64,
}

#[derive(Clone, Debug)]
struct Event {
    id: String,
    subject: String,
    body: String,
    start: [String; 2],
    end: [String; 2],
    made_ms: i64,
}

#[derive(Clone, Debug, Default)]
struct Mailbox {
    sent: Vec<Message>,
    events: Vec<Event>,
}

#[derive(Clone, Debug)]
pub(super) struct Outlook {
    mailboxes: BTreeMap<String, Mailbox>,
    ids: Numbers,
}

impl Message {
    fn shown(&self, from: &str) -> Value {
        let address = |it: &String| json!({ "emailAddress": { "address": it } });
        let preview: String = self.body.chars().take(255).collect();
        json!({ "id": self.id, "subject": self.subject, "bodyPreview": preview,
            "body": { "contentType": "text", "content": self.body },
            "from": { "emailAddress": { "address": from } },
            "toRecipients": self.to.iter().map(address).collect::<Vec<_>>(),
            "sentDateTime": iso(self.at_ms), "createdDateTime": iso(self.at_ms), "isDraft": false,
            "isRead": true, "hasAttachments": false, "importance": "normal" })
    }

    fn holds(&self, words: &str) -> bool {
        let all = format!("{} {}", self.subject, self.body).to_lowercase();
        let words = words.replace('"', " ").to_lowercase();
        words.split_whitespace().all(|word| all.contains(word))
    }
}

impl Event {
    fn shown(&self) -> Value {
        let moment = |[at, zone]: &[String; 2]| json!({ "dateTime": at, "timeZone": zone });
        json!({ "id": self.id, "subject": self.subject, "bodyPreview": self.body,
            "body": { "contentType": "text", "content": self.body }, "start": moment(&self.start),
            "end": moment(&self.end), "isAllDay": false, "isCancelled": false, "attendees": [],
            "createdDateTime": iso(self.made_ms), "lastModifiedDateTime": iso(self.made_ms),
            "webLink": format!("https://outlook.office365.com/owa/?itemid={}", self.id) })
    }
}

fn refusal(status: u16, code: &str, message: &str) -> ToolFailure {
    ToolFailure::new(status, code, message)
}

/// The value of `subject eq '…'`, the one filter that is played; a quote is written twice.
fn subject_of(filter: &str) -> Option<String> {
    let value = filter
        .trim()
        .strip_prefix("subject eq '")?
        .strip_suffix('\'')?;
    Some(value.replace("''", "'"))
}

impl Outlook {
    pub(super) fn new(_: &str, _: i64) -> Self {
        Self {
            mailboxes: BTreeMap::new(),
            ids: Numbers::after(0x0AAA_0000),
        }
    }

    fn fresh(&mut self) -> String {
        format!("AAMkAG{:010X}AAA=", self.ids.next())
    }

    fn send(&mut self, params: &Params, actor: &Actor) -> Said {
        let to = params
            .get("toRecipients")
            .and_then(Value::as_array)
            .cloned()
            .unwrap_or_default();
        let to: Vec<String> = to
            .iter()
            .filter_map(Value::as_str)
            .map(str::to_owned)
            .collect();
        if to.is_empty() || to.len() > RECIPIENTS || to.iter().any(|it| !it.contains('@')) {
            let words = "At least one recipient is not valid.";
            return Err(refusal(400, "ErrorInvalidRecipients", words));
        }
        let id = actor.promised.clone().unwrap_or_else(|| self.fresh());
        let kept = params.get("saveToSentItems").and_then(Value::as_bool) != Some(false);
        let sent = Message {
            id: id.clone(),
            subject: text(params, "subject").unwrap_or_default().to_owned(),
            body: text(params, "body").unwrap_or_default().to_owned(),
            to,
            at_ms: actor.now_ms,
        };
        if kept {
            self.mailboxes
                .entry(actor.email.clone())
                .or_default()
                .sent
                .push(sent);
        }
        // Graph answers 202 and nothing else.
        Ok(Answer::wrote(id, Value::Null))
    }

    fn event(&mut self, params: &Params, actor: &Actor) -> Said {
        let given = |name| text(params, name).unwrap_or_default().to_owned();
        let (start, end) = (given("start_datetime"), given("end_datetime"));
        let instant = |text: &str| parse(&format!("{}Z", text.trim_end_matches('Z')));
        match (instant(&start), instant(&end)) {
            (Some(start), Some(end)) if start <= end => {}
            (Some(_), Some(_)) => {
                let words = "The start date has to be before the end date.";
                return Err(refusal(400, "ErrorPropertyValidationFailure", words));
            }
            _ => {
                return Err(refusal(
                    400,
                    "BadRequest",
                    "A date and time cannot be read.",
                ));
            }
        }
        let event = Event {
            id: actor.promised.clone().unwrap_or_else(|| self.fresh()),
            subject: given("subject"),
            body: given("body_content"),
            start: [start, given("start_timezone")],
            end: [end, given("end_timezone")],
            made_ms: actor.now_ms,
        };
        let answer = Answer::wrote(event.id.clone(), event.shown());
        self.mailboxes
            .entry(actor.email.clone())
            .or_default()
            .events
            .push(event);
        Ok(answer)
    }

    fn messages(&self, params: &Params, actor: &Actor) -> Said {
        let mailbox = self
            .mailboxes
            .get(&actor.email)
            .cloned()
            .unwrap_or_default();
        let subject = match text(params, "$filter") {
            None => None,
            Some(filter) => match subject_of(filter) {
                Some(subject) => Some(subject),
                None => {
                    return Err(refusal(
                        400,
                        "ErrorInvalidUrlQueryFilter",
                        "Invalid filter clause",
                    ));
                }
            },
        };
        let words = text(params, "query").unwrap_or_default();
        let found: Vec<Value> = mailbox
            .sent
            .iter()
            .rev()
            .filter(|it| {
                subject
                    .as_ref()
                    .is_none_or(|subject| *subject == it.subject)
            })
            .filter(|it| it.holds(words))
            .map(|it| it.shown(&actor.email))
            .collect();
        Ok(Answer::read(list(
            &found,
            number(params, "$skip"),
            size(params, "$top", PAGE, MOST),
            "messages",
        )))
    }
}

/// A page as Graph answers it, with the address of the next.
fn list(found: &[Value], skip: Option<u64>, top: usize, of: &str) -> Value {
    let skip = skip.and_then(|it| usize::try_from(it).ok()).unwrap_or(0);
    let page: Vec<&Value> = found.iter().skip(skip).take(top).collect();
    let next = skip + page.len();
    let mut data = json!({ "value": page });
    if next < found.len() {
        let link = format!("https://graph.microsoft.com/v1.0/me/{of}?$top={top}&$skip={next}");
        data["@odata.nextLink"] = link.into();
    }
    data
}

impl App for Outlook {
    const TOOLS: &'static [&'static str] = &[
        "outlook_create_calendar_event",
        "outlook_get_message",
        "outlook_list_calendar_events",
        "outlook_list_messages",
        "outlook_search_messages",
        "outlook_send_message",
    ];

    /// 10,000 in ten minutes for each app and mailbox; 30 messages a minute for each mailbox.
    fn counted(tool: &str, _: &Params) -> Counted {
        match tool {
            "outlook_send_message" => Counted::new(Whose::Person, "send", 30, MINUTE),
            _ => Counted::new(Whose::Person, "requests", 10_000, 10 * MINUTE),
        }
    }

    fn too_many(seconds: u64) -> ToolFailure {
        let words = "Application is over its MailboxConcurrency limit.";
        refusal(429, "ApplicationThrottled", words).after(seconds)
    }

    fn promise(&mut self, tool: &str) -> Option<String> {
        let makes = matches!(
            tool,
            "outlook_send_message" | "outlook_create_calendar_event"
        );
        makes.then(|| self.fresh())
    }

    fn call(&mut self, tool: &str, params: &Params, actor: &Actor) -> Said {
        match tool {
            "outlook_send_message" => self.send(params, actor),
            "outlook_create_calendar_event" => self.event(params, actor),
            "outlook_get_message" => {
                let id = text(params, "message_id").unwrap_or_default();
                let mailbox = self.mailboxes.get(&actor.email);
                let found = mailbox.and_then(|it| it.sent.iter().find(|it| it.id == id));
                let words = "The specified object was not found in the store.";
                let found = found.ok_or_else(|| refusal(404, "ErrorItemNotFound", words))?;
                Ok(Answer::read(found.shown(&actor.email)))
            }
            "outlook_list_calendar_events" => {
                let mailbox = self
                    .mailboxes
                    .get(&actor.email)
                    .cloned()
                    .unwrap_or_default();
                let found: Vec<Value> = mailbox.events.iter().map(Event::shown).collect();
                Ok(Answer::read(list(
                    &found,
                    number(params, "skip"),
                    size(params, "top", PAGE, MOST),
                    "events",
                )))
            }
            _ => self.messages(params, actor),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::kit::{NOW, refused, taken};
    use super::*;

    #[test]
    fn a_message_is_sent_without_a_word_and_found_again() {
        let mut outlook = Outlook::new("acme", NOW);
        let mail = json!({ "subject": "Pat's plan", "body": "call-e1", "toRecipients": ["pat@globex.example"] });
        assert_eq!(
            taken(&mut outlook, "outlook_send_message", &mail),
            Value::Null
        );
        let filter = json!({ "$filter": "subject eq 'Pat''s plan'" });
        let found = taken(&mut outlook, "outlook_list_messages", &filter);
        assert_eq!(found["value"][0]["body"]["content"], "call-e1");
        let searched = taken(
            &mut outlook,
            "outlook_search_messages",
            &json!({ "query": "\"call-e1\"" }),
        );
        assert_eq!(searched["value"], found["value"]);
    }

    #[test]
    fn an_event_ends_after_it_begins() {
        let mut outlook = Outlook::new("acme", NOW);
        let event = |end: &str| {
            json!({ "subject": "Kick-off", "start_datetime": "2026-11-24T09:00:00", "start_timezone": "UTC",
                "end_datetime": end, "end_timezone": "UTC" })
        };
        let made = taken(
            &mut outlook,
            "outlook_create_calendar_event",
            &event("2026-11-24T10:00:00"),
        );
        let listed = taken(&mut outlook, "outlook_list_calendar_events", &json!({}));
        assert_eq!(listed["value"], json!([made]));
        let refusal = refused(
            &mut outlook,
            "outlook_create_calendar_event",
            &event("2026-11-24T08:00:00"),
        );
        assert_eq!(refusal.code, "ErrorPropertyValidationFailure");
    }
}

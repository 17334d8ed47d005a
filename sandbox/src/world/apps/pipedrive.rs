//! Pipedrive: a company's deals and the notes on them.
//!
//! Shapes and limits from Pipedrive's documentation: "Deals" (v2, pages by cursor), "Notes" (v1, pages by
//! start), "Users", "Rate limiting" (a burst in two seconds for each token).

use serde_json::{Value, json};

use super::{App, Counted, Numbers, Said, Whose, after_cursor, number, size, text};
use crate::world::time::{DAY, iso};
use crate::world::tool::{Actor, Answer, Params, ToolFailure};

const PAGE: usize = 100;
const MOST: usize = 500;
/// Longest note, in bytes: about 100 KB.
const NOTE: usize = 100 * 1024;

#[derive(Clone, Debug)]
struct Deal {
    id: u64,
    title: String,
    value: f64,
    currency: String,
    made_ms: i64,
}

#[derive(Clone, Debug)]
struct Note {
    id: u64,
    content: String,
    deal_id: Option<u64>,
    made_ms: i64,
}

#[derive(Clone, Debug)]
pub(super) struct Pipedrive {
    deals: Vec<Deal>,
    notes: Vec<Note>,
    ids: Numbers,
}

/// Pipedrive's errors name their status and a sentence.
fn refusal(status: u16, message: &str) -> ToolFailure {
    ToolFailure::new(status, &status.to_string(), message)
}

impl Deal {
    fn shown(&self) -> Value {
        json!({ "id": self.id, "title": self.title, "value": self.value, "currency": self.currency,
            "status": "open", "add_time": iso(self.made_ms), "update_time": iso(self.made_ms),
            "is_deleted": false, "stage_id": 1, "pipeline_id": 1, "org_id": null, "person_id": null })
    }
}

impl Note {
    fn shown(&self) -> Value {
        json!({ "id": self.id, "content": self.content, "deal_id": self.deal_id, "lead_id": null,
            "org_id": null, "person_id": null, "active_flag": true, "add_time": iso(self.made_ms),
            "update_time": iso(self.made_ms) })
    }
}

impl Pipedrive {
    pub(super) fn new(company: &str, now_ms: i64) -> Self {
        let mut ids = Numbers::after(500);
        let deal = Deal {
            id: ids.next(),
            title: format!("Renewal with {company}"),
            value: 12_000.0,
            currency: "EUR".to_owned(),
            made_ms: now_ms - 20 * DAY,
        };
        Self {
            deals: vec![deal],
            notes: Vec::new(),
            ids,
        }
    }

    fn fresh(&mut self, actor: &Actor) -> u64 {
        let promised = actor.promised.as_ref().and_then(|id| id.parse().ok());
        promised.unwrap_or_else(|| self.ids.next())
    }

    fn deal(&mut self, params: &Params, actor: &Actor) -> Said {
        let title = text(params, "title").unwrap_or_default();
        let currency = text(params, "currency").unwrap_or("EUR");
        if currency.len() != 3 {
            return Err(refusal(400, "Currency is not supported"));
        }
        let deal = Deal {
            id: self.fresh(actor),
            title: title.to_owned(),
            value: params.get("value").and_then(Value::as_f64).unwrap_or(0.0),
            currency: currency.to_owned(),
            made_ms: actor.now_ms,
        };
        let data = json!({ "success": true, "data": deal.shown() });
        let answer = Answer::wrote(deal.id.to_string(), data);
        self.deals.push(deal);
        Ok(answer)
    }

    fn note(&mut self, params: &Params, actor: &Actor) -> Said {
        let content = text(params, "content").unwrap_or_default();
        let deal_id = number(params, "deal_id");
        let attached = ["lead_id", "org_id", "person_id"]
            .iter()
            .any(|it| params.contains_key(*it));
        if deal_id.is_none() && !attached {
            let words = "At least one of the following must be provided: deal_id, lead_id, person_id, org_id";
            return Err(refusal(400, words));
        }
        if deal_id.is_some_and(|id| !self.deals.iter().any(|it| it.id == id)) {
            return Err(refusal(404, "Deal not found"));
        }
        if content.len() > NOTE {
            return Err(refusal(400, "Content is too long"));
        }
        let note = Note {
            id: self.fresh(actor),
            content: content.to_owned(),
            deal_id,
            made_ms: actor.now_ms,
        };
        let data = json!({ "success": true, "data": note.shown() });
        let answer = Answer::wrote(note.id.to_string(), data);
        self.notes.push(note);
        Ok(answer)
    }
}

impl App for Pipedrive {
    const TOOLS: &'static [&'static str] = &[
        "pipedrive_deal_create",
        "pipedrive_deals_list",
        "pipedrive_note_create",
        "pipedrive_notes_list",
        "pipedrive_user_me",
    ];

    fn counted(_: &str, _: &Params) -> Counted {
        Counted::new(Whose::Person, "burst", 40, 2000)
    }

    fn too_many(seconds: u64) -> ToolFailure {
        refusal(429, "request over limit").after(seconds)
    }

    fn promise(&mut self, tool: &str) -> Option<String> {
        tool.ends_with("_create")
            .then(|| self.ids.next().to_string())
    }

    fn call(&mut self, tool: &str, params: &Params, actor: &Actor) -> Said {
        let size = size(params, "limit", PAGE, MOST);
        match tool {
            "pipedrive_deal_create" => self.deal(params, actor),
            "pipedrive_note_create" => self.note(params, actor),
            "pipedrive_user_me" => Ok(Answer::read(json!({ "success": true, "data": {
                "name": actor.name, "email": actor.email, "active_flag": true } }))),
            "pipedrive_deals_list" => {
                let open = matches!(
                    text(params, "status"),
                    None | Some("open" | "all_not_deleted")
                );
                let deals: Vec<Value> = self
                    .deals
                    .iter()
                    .filter(|_| open)
                    .map(Deal::shown)
                    .collect();
                let from = text(params, "cursor")
                    .and_then(|it| it.parse().ok())
                    .unwrap_or(0);
                let (page, next) = after_cursor(&deals, from, size);
                Ok(Answer::read(json!({ "success": true, "data": page,
                    "additional_data": { "next_cursor": next.map(|it| it.to_string()) } })))
            }
            _ => {
                let deal = number(params, "deal_id");
                let of_deal = |it: &&Note| deal.is_none() || it.deal_id == deal;
                // The newest first.
                let notes = self.notes.iter().rev().filter(of_deal);
                let notes: Vec<Value> = notes.map(Note::shown).collect();
                let start = number(params, "start").and_then(|it| usize::try_from(it).ok());
                let (page, next) = after_cursor(&notes, start.unwrap_or(0), size);
                Ok(Answer::read(
                    json!({ "success": true, "data": page, "additional_data": {
                    "pagination": { "start": start.unwrap_or(0), "limit": size,
                        "more_items_in_collection": next.is_some() } } }),
                ))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::kit::{NOW, refused, taken};
    use super::*;

    #[test]
    fn a_deal_is_made_and_a_note_put_on_it() {
        let mut pipedrive = Pipedrive::new("acme", NOW);
        let deal = taken(
            &mut pipedrive,
            "pipedrive_deal_create",
            &json!({ "title": "Globex" }),
        )["data"]
            .clone();
        let page = taken(
            &mut pipedrive,
            "pipedrive_deals_list",
            &json!({ "limit": 1 }),
        );
        let rest = json!({ "limit": 1, "cursor": page["additional_data"]["next_cursor"] });
        let rest = taken(&mut pipedrive, "pipedrive_deals_list", &rest);
        assert_eq!(
            (&rest["data"][0], &rest["additional_data"]["next_cursor"]),
            (&deal, &Value::Null)
        );
        let note = json!({ "content": "call-e1", "deal_id": deal["id"] });
        let made = taken(&mut pipedrive, "pipedrive_note_create", &note)["data"].clone();
        let notes = taken(
            &mut pipedrive,
            "pipedrive_notes_list",
            &json!({ "deal_id": deal["id"] }),
        );
        assert_eq!(notes["data"], json!([made]));
    }

    #[test]
    fn a_note_belongs_to_something_that_is_there() {
        let mut pipedrive = Pipedrive::new("acme", NOW);
        let alone = json!({ "content": "x" });
        assert_eq!(
            refused(&mut pipedrive, "pipedrive_note_create", &alone).status,
            400
        );
        let stray = json!({ "content": "x", "deal_id": 7 });
        assert_eq!(
            refused(&mut pipedrive, "pipedrive_note_create", &stray).status,
            404
        );
    }
}

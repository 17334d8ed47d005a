//! Notion: the pages that a company shared with the integration, and one database.
//!
//! Shapes and limits from Notion's documentation: "Search by title" (what was just made may not be found
//! yet), "Create a page", "Query a database", "Request limits" (three requests a second on average, 2,000
//! characters in one text).

use serde_json::{Value, json};

use super::{App, Counted, Said, Whose, after_cursor, size, text};
use crate::world::random::Dice;
use crate::world::time::{DAY, iso};
use crate::world::tool::{Actor, Answer, Params, ToolFailure};

const PAGE: usize = 100;
/// Longest text in one piece, in characters.
const TEXT: usize = 2000;
/// How long a search does not know what was just made.
const SEARCH_LAG: i64 = 5000;

#[derive(Clone, Debug)]
struct Page {
    id: String,
    parent: Value,
    properties: Value,
    made_ms: i64,
}

#[derive(Clone, Debug)]
pub(super) struct Notion {
    database: String,
    pages: Vec<Page>,
    dice: Dice,
}

fn refusal(status: u16, code: &str, message: impl Into<String>) -> ToolFailure {
    ToolFailure::new(status, code, message)
}

/// Every piece of text in a value.
fn texts(value: &Value, into: &mut Vec<String>) {
    match value {
        Value::Object(members) => {
            if let Some(Value::String(content)) = members.get("content") {
                into.push(content.clone());
            }
            members.values().for_each(|it| texts(it, into));
        }
        Value::Array(items) => items.iter().for_each(|it| texts(it, into)),
        _ => {}
    }
}

impl Page {
    fn title(&self) -> String {
        let mut all = Vec::new();
        let properties = self.properties.as_object().into_iter().flatten();
        for (_, property) in properties.filter(|(_, it)| it.get("title").is_some()) {
            texts(property, &mut all);
        }
        all.join("").to_lowercase()
    }

    fn shown(&self) -> Value {
        json!({ "object": "page", "id": self.id, "created_time": iso(self.made_ms),
            "last_edited_time": iso(self.made_ms), "archived": false, "in_trash": false, "icon": null,
            "cover": null, "parent": self.parent, "properties": self.properties,
            "url": format!("https://www.notion.so/{}", self.id.replace('-', "")), "public_url": null })
    }
}

impl Notion {
    pub(super) fn new(company: &str, now_ms: i64) -> Self {
        let mut dice = Dice::of(&format!("notion {company}"));
        let database = dice.uuid();
        let title = json!({ "Name": { "id": "title", "type": "title",
            "title": [{ "type": "text", "text": { "content": "Onboarding playbook" } }] } });
        let playbook = Page {
            id: dice.uuid(),
            parent: json!({ "type": "database_id", "database_id": database }),
            properties: title,
            made_ms: now_ms - 30 * DAY,
        };
        Self {
            database,
            pages: vec![playbook],
            dice,
        }
    }

    fn create(&mut self, params: &Params, actor: &Actor) -> Said {
        let parent = match (text(params, "parent_page_id"), text(params, "database_id")) {
            (Some(page), None) if self.pages.iter().any(|it| it.id == page) => {
                json!({ "type": "page_id", "page_id": page })
            }
            (None, Some(database)) if database == self.database => {
                json!({ "type": "database_id", "database_id": database })
            }
            (None, None) | (Some(_), Some(_)) => {
                let words = "body failed validation: body.parent should be defined.";
                return Err(refusal(400, "validation_error", words));
            }
            _ => return Err(not_found()),
        };
        let properties = params
            .get("properties")
            .cloned()
            .unwrap_or_else(|| json!({}));
        let mut all = Vec::new();
        texts(&properties, &mut all);
        texts(params.get("child_blocks").unwrap_or(&Value::Null), &mut all);
        if all.iter().any(|it| it.chars().count() > TEXT) {
            let words = format!("content.length should be ≤ `{TEXT}`.");
            return Err(refusal(400, "validation_error", words));
        }
        let page = Page {
            id: actor.promised.clone().unwrap_or_else(|| self.dice.uuid()),
            parent,
            properties,
            made_ms: actor.now_ms,
        };
        let answer = Answer::wrote(page.id.clone(), page.shown());
        self.pages.push(page);
        Ok(answer)
    }
}

fn not_found() -> ToolFailure {
    let words =
        "Could not find page. Make sure the relevant pages are shared with your integration.";
    refusal(404, "object_not_found", words)
}

/// A list as Notion answers it.
fn list(found: &[Value], params: &Params) -> Answer {
    let from = text(params, "start_cursor")
        .and_then(|it| it.parse().ok())
        .unwrap_or(0);
    let (page, next) = after_cursor(found, from, size(params, "page_size", PAGE, PAGE));
    Answer::read(
        json!({ "object": "list", "results": page, "has_more": next.is_some(),
        "next_cursor": next.map(|it| it.to_string()), "type": "page_or_database",
        "page_or_database": {} }),
    )
}

impl App for Notion {
    const TOOLS: &'static [&'static str] = &[
        "notion_database_query",
        "notion_page_create",
        "notion_page_get",
        "notion_page_search",
    ];

    fn counted(_: &str, _: &Params) -> Counted {
        Counted::new(Whose::Company, "requests", 3, 1000)
    }

    fn too_many(seconds: u64) -> ToolFailure {
        refusal(
            429,
            "rate_limited",
            "You have been rate limited. Please try again later.",
        )
        .after(seconds)
    }

    fn promise(&mut self, tool: &str) -> Option<String> {
        (tool == "notion_page_create").then(|| self.dice.uuid())
    }

    fn call(&mut self, tool: &str, params: &Params, actor: &Actor) -> Said {
        match tool {
            "notion_page_create" => self.create(params, actor),
            "notion_page_get" => {
                let id = text(params, "page_id").unwrap_or_default();
                let found = self
                    .pages
                    .iter()
                    .find(|it| it.id == id)
                    .ok_or_else(not_found)?;
                Ok(Answer::read(found.shown()))
            }
            "notion_database_query" => {
                if text(params, "database_id") != Some(self.database.as_str()) {
                    return Err(not_found());
                }
                let within = |it: &&Page| it.parent.get("database_id").is_some();
                let rows = self.pages.iter().rev().filter(within);
                let rows: Vec<Value> = rows.map(Page::shown).collect();
                Ok(list(&rows, params))
            }
            _ => {
                let words = text(params, "query").unwrap_or_default().to_lowercase();
                let found = self.pages.iter().rev().filter(|it| {
                    it.made_ms + SEARCH_LAG <= actor.now_ms && it.title().contains(&words)
                });
                let found: Vec<Value> = found.map(Page::shown).collect();
                Ok(list(&found, params))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::kit::{NOW, refused, taken};
    use super::*;

    fn titled(title: &str) -> Value {
        json!({ "Name": { "title": [{ "text": { "content": title } }] } })
    }

    #[test]
    fn a_page_is_made_in_a_database_and_found_there_at_once() {
        let mut notion = Notion::new("acme", NOW);
        let found = taken(
            &mut notion,
            "notion_page_search",
            &json!({ "query": "playbook" }),
        );
        let database = found["results"][0]["parent"]["database_id"].clone();
        let page = json!({ "database_id": database, "properties": titled("Globex call-e1") });
        let made = taken(&mut notion, "notion_page_create", &page);
        let rows = taken(
            &mut notion,
            "notion_database_query",
            &json!({ "database_id": database, "page_size": 1 }),
        );
        assert_eq!(rows["results"], json!([made]));
        assert_eq!(
            (&rows["has_more"], &rows["next_cursor"]),
            (&json!(true), &json!("1"))
        );
        let search = json!({ "query": "call-e1" });
        assert_eq!(
            taken(&mut notion, "notion_page_search", &search)["results"],
            json!([])
        );
    }

    #[test]
    fn a_page_has_a_place_and_its_texts_a_longest() {
        let mut notion = Notion::new("acme", NOW);
        let nowhere = json!({ "properties": titled("x") });
        assert_eq!(
            refused(&mut notion, "notion_page_create", &nowhere).code,
            "validation_error"
        );
        let foreign = json!({ "database_id": "x", "properties": titled("x") });
        assert_eq!(
            refused(&mut notion, "notion_page_create", &foreign).code,
            "object_not_found"
        );
        let long =
            json!({ "database_id": notion.database, "properties": titled(&"x".repeat(2001)) });
        assert_eq!(
            refused(&mut notion, "notion_page_create", &long).code,
            "validation_error"
        );
    }
}

//! One user's HubSpot: contacts and tasks, and the search over them.

use serde_json::{Map, Value, json};

use super::filter::{Groups, Properties, has_token};
use super::time::{self, iso};
use super::tool::{Actor, Answer, Params, ToolFailure};

/// Results a search can page through.
const SEARCH_LIMIT: usize = 10_000;
/// Largest page.
const PAGE_LIMIT: u64 = 100;
/// Page size when none is asked for.
const PAGE_DEFAULT: u64 = 10;
/// First object id of contacts and of tasks.
const CONTACT_BASE: usize = 51_000;
const TASK_BASE: usize = 90_001_000;

/// A contact or a task.
#[derive(Clone, Debug)]
pub struct Object {
    /// Its id.
    pub id: String,
    /// Its properties.
    pub properties: Properties,
    /// When it was made.
    pub created_ms: i64,
    /// When it was last changed.
    pub updated_ms: i64,
}

/// One user's HubSpot.
#[derive(Clone, Debug, Default)]
pub struct Hubspot {
    contacts: Vec<Object>,
    tasks: Vec<Object>,
}

type Outcome = Result<Answer, ToolFailure>;

fn invalid(message: impl Into<String>) -> ToolFailure {
    ToolFailure::new(400, "VALIDATION_ERROR", message)
}

fn text<'a>(params: &'a Params, name: &str) -> Option<&'a str> {
    params.get(name).and_then(Value::as_str)
}

impl Hubspot {
    /// Adds a contact; `entered_ms` is when it became a customer.
    pub fn add_contact(
        &mut self,
        values: &[(&str, &str)],
        entered_ms: Option<i64>,
        created_ms: i64,
    ) {
        let id = (CONTACT_BASE + self.contacts.len()).to_string();
        let mut properties: Properties = values
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect();
        if let Some(entered) = entered_ms {
            properties.insert("hs_lifecyclestage_customer_date".into(), iso(entered));
            properties.insert("hs_v2_date_entered_customer".into(), iso(entered));
        }
        self.contacts.push(Object::new(id, properties, created_ms));
    }

    /// Tasks, newest first.
    pub fn tasks(&self) -> impl Iterator<Item = &Object> {
        self.tasks.iter().rev()
    }

    /// How many contacts there are.
    pub fn contact_count(&self) -> usize {
        self.contacts.len()
    }

    /// Answers a tool call; `None` for tools that are not simulated. Tasks younger than
    /// `search_lag_ms` are not found by searching.
    pub fn call(
        &mut self,
        tool: &str,
        params: &Params,
        actor: &Actor,
        search_lag_ms: i64,
    ) -> Option<Outcome> {
        Some(match tool {
            "hubspot_contacts_search" => search(&self.contacts, params, |_| true),
            "hubspot_tasks_search" => search(&self.tasks, params, |task| {
                task.created_ms + search_lag_ms <= actor.now_ms
            }),
            "hubspot_tasks_list" => list(&self.tasks, params),
            "hubspot_task_create" => self.create_task(params, actor),
            "hubspot_task_get" => self
                .task(params)
                .map(|task| Answer::read(task.json(&requested(params)))),
            "hubspot_task_complete" => {
                let mut params = params.clone();
                params.insert("hs_task_status".into(), "COMPLETED".into());
                self.update_task(&params, actor)
            }
            "hubspot_task_update" => self.update_task(params, actor),
            _ => return None,
        })
    }

    fn task(&mut self, params: &Params) -> Result<&mut Object, ToolFailure> {
        let id = text(params, "task_id").unwrap_or_default();
        self.tasks
            .iter_mut()
            .find(|task| task.id == id)
            .ok_or_else(|| ToolFailure::new(404, "OBJECT_NOT_FOUND", "resource not found"))
    }

    fn create_task(&mut self, params: &Params, actor: &Actor) -> Outcome {
        let due = text(params, "hs_timestamp").unwrap_or_default();
        if time::parse(due).is_none() {
            return Err(invalid(format!("{due} was not a valid long or date.")));
        }
        check_choices(params)?;
        let id = (TASK_BASE + self.tasks.len()).to_string();
        let mut properties: Properties = params
            .iter()
            .filter_map(|(name, value)| Some((name.clone(), value.as_str()?.to_owned())))
            .collect();
        for (name, value) in [
            ("hs_task_status", "NOT_STARTED"),
            ("hs_task_priority", "NONE"),
            ("hs_task_type", "TODO"),
        ] {
            properties.entry(name.into()).or_insert(value.into());
        }
        properties.insert("hs_created_by_name".into(), actor.name.clone());
        let task = Object::new(id.clone(), properties, actor.now_ms);
        let data = task.json(&[]);
        self.tasks.push(task);
        Ok(Answer {
            data,
            written: Some(id),
        })
    }

    fn update_task(&mut self, params: &Params, actor: &Actor) -> Outcome {
        check_choices(params)?;
        let task = self.task(params)?;
        for (name, value) in params.iter().filter(|(name, _)| name.starts_with("hs_")) {
            if let Some(value) = value.as_str() {
                task.properties.insert(name.clone(), value.to_owned());
            }
        }
        task.updated_ms = actor.now_ms;
        Ok(Answer {
            data: task.json(&[]),
            written: Some(task.id.clone()),
        })
    }
}

fn check_choices(params: &Params) -> Result<(), ToolFailure> {
    for (name, allowed) in [
        ("hs_task_priority", &["LOW", "MEDIUM", "HIGH", "NONE"][..]),
        (
            "hs_task_status",
            &[
                "NOT_STARTED",
                "IN_PROGRESS",
                "COMPLETED",
                "WAITING",
                "DEFERRED",
            ],
        ),
        ("hs_task_type", &["TODO", "CALL", "EMAIL"]),
    ] {
        if let Some(value) = text(params, name)
            && !allowed.contains(&value)
        {
            return Err(invalid(format!(
                "{value} was not one of the allowed options for {name}"
            )));
        }
    }
    Ok(())
}

/// `properties` is an array for some tools and a comma-separated text for others.
fn requested(params: &Params) -> Vec<String> {
    match params.get("properties") {
        Some(Value::Array(names)) => names
            .iter()
            .filter_map(|name| name.as_str().map(str::to_owned))
            .collect(),
        Some(Value::String(names)) => names
            .split(',')
            .map(|name| name.trim().to_owned())
            .collect(),
        _ => Vec::new(),
    }
}

fn page(params: &Params) -> Result<(usize, usize), ToolFailure> {
    let limit = match params.get("limit") {
        None => PAGE_DEFAULT,
        Some(value) => value
            .as_f64()
            .filter(|limit| (1.0..=PAGE_LIMIT as f64).contains(limit))
            .ok_or_else(|| invalid(format!("limit must be between 1 and {PAGE_LIMIT}")))?
            as u64,
    };
    let after = match text(params, "after") {
        None => 0,
        Some(after) => after
            .parse()
            .map_err(|_| invalid("after is not a valid paging cursor"))?,
    };
    let limit = usize::try_from(limit).unwrap_or(1);
    if after + limit > SEARCH_LIMIT {
        return Err(invalid(format!(
            "paging beyond {SEARCH_LIMIT} results is not possible"
        )));
    }
    Ok((after, limit))
}

fn search(objects: &[Object], params: &Params, visible: impl Fn(&Object) -> bool) -> Outcome {
    let groups = Groups::parse(text(params, "filterGroups"))?;
    let words: Vec<&str> = text(params, "query")
        .unwrap_or_default()
        .split_whitespace()
        .collect();
    let (after, limit) = page(params)?;
    let names = requested(params);
    let matching: Vec<&Object> = objects
        .iter()
        .filter(|object| visible(object) && groups.accept(&object.properties))
        .filter(|object| {
            words.iter().all(|word| {
                let mut values = object.properties.values();
                values.any(|value| has_token(value, word))
            })
        })
        .collect();
    let results: Vec<Value> = matching
        .iter()
        .skip(after)
        .take(limit)
        .map(|object| object.json(&names))
        .collect();
    Ok(Answer::read(paged(
        json!({ "total": matching.len(), "results": results }),
        after + limit,
        matching.len(),
    )))
}

fn list(objects: &[Object], params: &Params) -> Outcome {
    let (after, limit) = page(params)?;
    let names = requested(params);
    let page = objects.iter().skip(after).take(limit);
    let results: Vec<Value> = page.map(|object| object.json(&names)).collect();
    let body = json!({ "results": results });
    Ok(Answer::read(paged(body, after + limit, objects.len())))
}

fn paged(mut body: Value, next: usize, total: usize) -> Value {
    if next < total {
        body["paging"] = json!({ "next": { "after": next.to_string() } });
    }
    body
}

impl Object {
    fn new(id: String, mut properties: Properties, created_ms: i64) -> Self {
        properties.insert("hs_object_id".into(), id.clone());
        properties.insert("createdate".into(), iso(created_ms));
        properties.insert("hs_createdate".into(), iso(created_ms));
        properties.insert("lastmodifieddate".into(), iso(created_ms));
        Self {
            id,
            properties,
            created_ms,
            updated_ms: created_ms,
        }
    }

    /// As HubSpot shows it: the properties asked for and three that always come; all when none
    /// are asked for.
    fn json(&self, names: &[String]) -> Value {
        let mut shown = Map::new();
        for (name, value) in &self.properties {
            let always = ["hs_object_id", "createdate", "lastmodifieddate"];
            if names.is_empty() || names.contains(name) || always.contains(&name.as_str()) {
                shown.insert(name.clone(), value.as_str().into());
            }
        }
        for name in names {
            shown.entry(name.clone()).or_insert(Value::Null);
        }
        json!({ "id": self.id, "properties": shown, "createdAt": iso(self.created_ms),
            "updatedAt": iso(self.updated_ms), "archived": false })
    }
}

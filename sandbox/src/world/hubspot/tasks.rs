//! Tasks: made, changed, completed, deleted.

use serde_json::{Value, json};

use super::associations::Kind;
use super::filter::Properties;
use super::object::Object;
use super::search::{TASK, requested};
use super::{Hubspot, invalid, not_found, text};
use crate::world::time;
use crate::world::tool::{Actor, Answer, Params, ToolFailure};

/// First id.
const BASE: usize = 90_001_000;

type Outcome = Result<Answer, ToolFailure>;

impl Hubspot {
    pub(super) fn create_task(&mut self, params: &Params, actor: &Actor, lag_ms: i64) -> Outcome {
        let due = text(params, "hs_timestamp").unwrap_or_default();
        if time::parse(due).is_none() {
            return Err(invalid(format!("{due} was not a valid long or date.")));
        }
        let mut properties = written(params);
        check_choices(&properties)?;
        for (name, value) in [
            ("hs_task_status", "NOT_STARTED"),
            ("hs_task_priority", "NONE"),
            ("hs_task_type", "TODO"),
        ] {
            properties.entry(name.into()).or_insert(value.into());
        }
        properties.insert("hs_created_by_name".into(), actor.name.clone());
        let id = actor
            .promised
            .clone()
            .unwrap_or_else(|| self.spend_task_id());
        let number = id.parse().unwrap_or(BASE);
        let task = Object::new(id.clone(), properties, actor.now_ms, lag_ms);
        let data = task.json();
        self.tasks.insert(number, task);
        Ok(Answer::wrote(id, data))
    }

    /// An id that no other task gets.
    pub(in crate::world) fn spend_task_id(&mut self) -> String {
        self.tasks_made += 1;
        (BASE + self.tasks_made - 1).to_string()
    }

    fn task(&mut self, params: &Params, archived: bool) -> Result<&mut Object, ToolFailure> {
        let id = text(params, "task_id").and_then(|id| id.parse().ok());
        id.and_then(|id: usize| self.tasks.get_mut(&id))
            .filter(|task| task.archived == archived)
            .ok_or_else(not_found)
    }

    pub(super) fn get_task(&mut self, params: &Params) -> Outcome {
        let archived = params.get("archived").and_then(Value::as_bool) == Some(true);
        let kinds = match text(params, "associations") {
            None => Vec::new(),
            Some(names) => names
                .split(',')
                .map(|name| Kind::named(name.trim()))
                .collect::<Result<_, _>>()?,
        };
        let asked = requested(params);
        let task = self.task(params, archived)?.clone();
        let mut shown = TASK.show(&task, &task.properties, &asked);
        if !kinds.is_empty() {
            shown["associations"] = self.associations.json(&(Kind::Task, task.id), &kinds);
        }
        Ok(Answer::read(shown))
    }

    pub(super) fn update_task(&mut self, params: &Params, actor: &Actor, lag_ms: i64) -> Outcome {
        let changes = written(params);
        check_choices(&changes)?;
        if let Some(owner) = changes.get("hubspot_owner_id")
            && !owner.is_empty()
            && !self.owners.iter().any(|it| it.id == *owner)
        {
            return Err(invalid(
                "Property values were not valid: hubspot_owner_id is no owner of this portal",
            ));
        }
        let task = self.task(params, false)?;
        task.change(actor.now_ms, lag_ms, |task| task.properties.extend(changes));
        Ok(Answer::wrote(task.id.clone(), task.json()))
    }

    /// Deleting what was deleted is no error; what never was is one.
    pub(super) fn delete_task(&mut self, params: &Params, actor: &Actor, lag_ms: i64) -> Outcome {
        if self.task(params, true).is_ok() {
            return Ok(Answer::read(json!({})));
        }
        let task = self.task(params, false)?;
        task.change(actor.now_ms, lag_ms, |task| task.archived = true);
        Ok(Answer::wrote(task.id.clone(), json!({})))
    }
}

/// The properties a call writes: parameters of their names, and those in `properties`.
fn written(params: &Params) -> Properties {
    let more = params.get("properties").and_then(Value::as_object);
    params
        .iter()
        .filter(|(name, _)| name.starts_with("hs_"))
        .chain(more.into_iter().flatten())
        .filter_map(|(name, value)| Some((name.clone(), value.as_str()?.to_owned())))
        .collect()
}

fn check_choices(properties: &Properties) -> Result<(), ToolFailure> {
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
        if let Some(value) = properties.get(name)
            && !allowed.contains(&value.as_str())
        {
            return Err(invalid(format!(
                "{value} was not one of the allowed options for {name}"
            )));
        }
    }
    Ok(())
}

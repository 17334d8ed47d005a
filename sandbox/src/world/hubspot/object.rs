//! A record of the CRM, and what the search index knows of it.
//!
//! The store is right at once. The index learns of a change later, and until then answers with what
//! it knew before: a new record is not found, a changed one is found by its old values, and a
//! deleted one is still there.

use serde_json::{Map, Value, json};

use super::filter::Properties;
use crate::world::time::iso;

/// A contact, a company or a task.
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
    /// Whether it was deleted; for a while it could be restored.
    pub archived: bool,
    stale: Option<Stale>,
}

/// What the index still shows.
#[derive(Clone, Debug)]
struct Stale {
    until_ms: i64,
    /// The properties it knows; nothing for a record it has not heard of.
    known: Option<Properties>,
}

impl Object {
    /// A record that the index learns of after so long.
    pub fn new(id: String, mut properties: Properties, created_ms: i64, lag_ms: i64) -> Self {
        for (name, value) in [
            ("hs_object_id", id.clone()),
            ("createdate", iso(created_ms)),
            ("hs_createdate", iso(created_ms)),
            ("lastmodifieddate", iso(created_ms)),
            ("hs_lastmodifieddate", iso(created_ms)),
        ] {
            properties.insert(name.into(), value);
        }
        Self {
            id,
            properties,
            created_ms,
            updated_ms: created_ms,
            archived: false,
            stale: (lag_ms > 0).then_some(Stale {
                until_ms: created_ms + lag_ms,
                known: None,
            }),
        }
    }

    /// A property's value; empty when there is none.
    pub fn value(&self, name: &str) -> &str {
        self.properties.get(name).map_or("", String::as_str)
    }

    /// Changes it; the index learns of that after so long.
    pub fn change(&mut self, now_ms: i64, lag_ms: i64, change: impl FnOnce(&mut Self)) {
        let known = self.indexed(now_ms).cloned();
        change(self);
        self.updated_ms = now_ms;
        for name in ["lastmodifieddate", "hs_lastmodifieddate"] {
            self.properties.insert(name.into(), iso(now_ms));
        }
        self.stale = (lag_ms > 0).then_some(Stale {
            until_ms: now_ms + lag_ms,
            known,
        });
    }

    /// The properties by which it is found at this time; `None` while it is not found.
    pub fn indexed(&self, now_ms: i64) -> Option<&Properties> {
        match &self.stale {
            Some(stale) if now_ms < stale.until_ms => stale.known.as_ref(),
            _ => (!self.archived).then_some(&self.properties),
        }
    }

    /// As HubSpot shows it, with all that is known of it.
    pub fn json(&self) -> Value {
        let all = self.properties.iter();
        self.with(all.map(|(name, value)| (name.clone(), value.as_str().into())))
    }

    /// As HubSpot shows it: the properties asked for, and those that always come.
    pub fn selected(&self, properties: &Properties, asked: &[String], always: &[&str]) -> Value {
        let names = asked
            .iter()
            .map(String::as_str)
            .chain(always.iter().copied());
        self.with(names.map(|name| {
            let value = properties.get(name).map(String::as_str);
            (name.to_owned(), value.into())
        }))
    }

    fn with(&self, properties: impl Iterator<Item = (String, Value)>) -> Value {
        let properties: Map<String, Value> = properties.collect();
        json!({ "id": self.id, "properties": properties, "createdAt": iso(self.created_ms),
            "updatedAt": iso(self.updated_ms), "archived": self.archived })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_index_knows_what_was_until_it_learns_what_is() {
        let mut task = Object::new("1".into(), Properties::new(), 0, 1000);
        assert!(task.indexed(999).is_none());
        assert!(task.indexed(1000).is_some());
        let status = |of: &Properties| of.get("status").cloned();
        task.change(2000, 500, |task| {
            task.properties.insert("status".into(), "DONE".into());
        });
        assert_eq!(task.indexed(2499).and_then(status), None);
        assert_eq!(task.indexed(2500).and_then(status).as_deref(), Some("DONE"));
        task.change(3000, 500, |task| task.archived = true);
        assert!(task.indexed(3499).is_some());
        assert!(task.indexed(3500).is_none());
    }
}

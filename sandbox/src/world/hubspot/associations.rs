//! Which records belong together, by HubSpot's default association of each pair of types.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::invalid;
use crate::world::time::iso;
use crate::world::tool::ToolFailure;

/// A type of record that can be associated here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// `contacts`.
    Contact,
    /// `companies`.
    Company,
    /// `tasks`.
    Task,
}

impl Kind {
    /// The type a call names, by name or number.
    ///
    /// # Errors
    /// HubSpot's 400.
    pub(super) fn named(name: &str) -> Result<Self, ToolFailure> {
        match name.to_ascii_lowercase().as_str() {
            "contacts" | "contact" | "0-1" => Ok(Self::Contact),
            "companies" | "company" | "0-2" => Ok(Self::Company),
            "tasks" | "task" | "0-27" => Ok(Self::Task),
            _ => Err(invalid(format!("Unable to infer object type from: {name}"))),
        }
    }

    fn singular(self) -> &'static str {
        match self {
            Self::Contact => "contact",
            Self::Company => "company",
            Self::Task => "task",
        }
    }

    fn plural(self) -> &'static str {
        match self {
            Self::Contact => "contacts",
            Self::Company => "companies",
            Self::Task => "tasks",
        }
    }

    /// The default association's number, by HubSpot's table.
    fn type_to(self, other: Self) -> Option<u16> {
        match (self, other) {
            (Self::Contact, Self::Company) => Some(279),
            (Self::Company, Self::Contact) => Some(280),
            (Self::Contact, Self::Task) => Some(203),
            (Self::Task, Self::Contact) => Some(204),
            (Self::Company, Self::Task) => Some(191),
            (Self::Task, Self::Company) => Some(192),
            _ => None,
        }
    }
}

/// One end of an association.
pub type End = (Kind, String);

/// All of a portal's, each from both ends.
#[derive(Clone, Debug, Default)]
pub struct Associations(BTreeSet<(End, End)>);

impl Associations {
    /// Associates two records. Doing it again changes nothing.
    ///
    /// # Errors
    /// HubSpot's 400 for a pair that has no default.
    pub(super) fn add(&mut self, from: &End, to: &End, now_ms: i64) -> Result<Value, ToolFailure> {
        let spec = |from: &End, to: &End| {
            let number = from.0.type_to(to.0)?;
            Some(
                json!({ "from": { "id": from.1 }, "to": { "id": to.1 }, "associationSpec": {
                "associationCategory": "HUBSPOT_DEFINED", "associationTypeId": number } }),
            )
        };
        let (Some(there), Some(back)) = (spec(from, to), spec(to, from)) else {
            return Err(invalid(format!(
                "no default association from {} to {}",
                from.0.plural(),
                to.0.plural()
            )));
        };
        self.0.insert((from.clone(), to.clone()));
        self.0.insert((to.clone(), from.clone()));
        Ok(
            json!({ "status": "COMPLETE", "results": [there, back], "startedAt": iso(now_ms),
            "completedAt": iso(now_ms) }),
        )
    }

    /// Ids of the records of a type that belong to this one.
    pub fn of(&self, end: &End, kind: Kind) -> Vec<&str> {
        let all = self.0.iter();
        all.filter(|(from, to)| from == end && to.0 == kind)
            .map(|(_, to)| to.1.as_str())
            .collect()
    }

    /// As a record shows those of the types it was asked for.
    pub(super) fn json(&self, end: &End, kinds: &[Kind]) -> Value {
        kinds
            .iter()
            .map(|kind| {
                let name = format!("{}_to_{}", end.0.singular(), kind.singular());
                let results: Vec<Value> = self
                    .of(end, *kind)
                    .iter()
                    .map(|id| json!({ "id": id, "type": name }))
                    .collect();
                (kind.plural().to_owned(), json!({ "results": results }))
            })
            .collect::<serde_json::Map<_, _>>()
            .into()
    }
}

//! Salesforce: accounts, contacts and tasks of one organization.
//!
//! Shapes and limits from Salesforce's documentation: "REST API: Query" (2,000 records at a time),
//! "sObject Basic Information" (creating), "Status codes and error responses", "API request limits".

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::statement::{Select, Statement, read};
use super::{App, Counted, Numbers, Said, Whose, text};
use crate::world::tool::{Actor, Answer, Params, ToolFailure};

/// Records one answer holds.
const BATCH: usize = 2000;
/// Objects with their fields besides `Id`, and the one that has to be there.
const OBJECTS: [(&str, &str, &[&str], &str); 3] = [
    (
        "Account",
        "001",
        &["Name", "Website", "Description"],
        "Name",
    ),
    (
        "Contact",
        "003",
        &["FirstName", "LastName", "Email", "AccountId", "Description"],
        "LastName",
    ),
    (
        "Task",
        "00T",
        &[
            "Subject",
            "Description",
            "Status",
            "Priority",
            "WhatId",
            "WhoId",
        ],
        "Subject",
    ),
];
/// Longest subject, in characters.
const SUBJECT: usize = 255;

#[derive(Clone, Debug)]
struct Record {
    kind: &'static str,
    id: String,
    fields: BTreeMap<String, String>,
}

#[derive(Clone, Debug)]
pub(super) struct Salesforce {
    records: Vec<Record>,
    ids: Numbers,
}

fn refusal(code: &str, message: impl Into<String>) -> ToolFailure {
    ToolFailure::new(400, code, message)
}

fn object(
    name: &str,
) -> Option<&'static (
    &'static str,
    &'static str,
    &'static [&'static str],
    &'static str,
)> {
    OBJECTS
        .iter()
        .find(|(kind, ..)| kind.eq_ignore_ascii_case(name))
}

impl Salesforce {
    pub(super) fn new(company: &str, _: i64) -> Self {
        let mut salesforce = Self {
            records: Vec::new(),
            ids: Numbers::after(0x5000),
        };
        let id = salesforce.fresh("001");
        let fields = [("Name".to_owned(), format!("{company} Holding"))].into();
        salesforce.records.push(Record {
            kind: "Account",
            id,
            fields,
        });
        salesforce
    }

    fn fresh(&mut self, prefix: &str) -> String {
        format!("{prefix}5g{:010X}AAA", self.ids.next())
    }

    fn create(&mut self, kind: &str, given: &Params, actor: &Actor) -> Said {
        let Some((kind, prefix, known, required)) = object(kind) else {
            return Err(ToolFailure::new(
                404,
                "NOT_FOUND",
                "The requested resource does not exist",
            ));
        };
        if let Some(stray) = given.keys().find(|name| !known.contains(&name.as_str())) {
            let words = format!("No such column '{stray}' on sobject of type {kind}");
            return Err(refusal("INVALID_FIELD", words));
        }
        let fields: BTreeMap<String, String> = given
            .iter()
            .filter_map(|(name, value)| Some((name.clone(), value.as_str()?.to_owned())))
            .collect();
        if fields
            .get(*required)
            .is_none_or(|value| value.trim().is_empty())
        {
            let words = format!("Required fields are missing: [{required}]");
            return Err(refusal("REQUIRED_FIELD_MISSING", words));
        }
        if fields
            .get("Subject")
            .is_some_and(|it| it.chars().count() > SUBJECT)
        {
            return Err(refusal("STRING_TOO_LONG", "Subject: data value too large"));
        }
        let id = match &actor.promised {
            Some(id) => id.clone(),
            None => self.fresh(prefix),
        };
        self.records.push(Record {
            kind,
            id: id.clone(),
            fields,
        });
        let data = json!({ "id": id, "success": true, "errors": [] });
        Ok(Answer::wrote(id, data))
    }

    fn query(&self, query: &str) -> Said {
        let Some(Statement::Select(select)) = read(query) else {
            return Err(refusal("MALFORMED_QUERY", "unexpected token"));
        };
        let Some((kind, _, known, _)) = object(&select.table) else {
            let words = format!("sObject type '{}' is not supported.", select.table);
            return Err(refusal("INVALID_TYPE", words));
        };
        let asked = select
            .columns
            .iter()
            .chain(select.conditions.iter().map(|(name, _)| name));
        let is_known = |name: &&String| {
            name.eq_ignore_ascii_case("Id") || known.iter().any(|it| it.eq_ignore_ascii_case(name))
        };
        let strays = asked.into_iter().find(|name| !is_known(name));
        if let Some(stray) = strays {
            let words = format!("No such column '{stray}' on entity '{kind}'.");
            return Err(refusal("INVALID_FIELD", words));
        }
        let found: Vec<&Record> = self
            .records
            .iter()
            .filter(|it| it.kind == *kind && it.fits(&select))
            .collect();
        let most = select.limit.unwrap_or(usize::MAX).min(BATCH);
        let records: Vec<Value> = found
            .iter()
            .take(most)
            .map(|it| it.shown(&select))
            .collect();
        Ok(Answer::read(
            json!({ "totalSize": records.len(), "done": true, "records": records }),
        ))
    }
}

impl Record {
    fn value(&self, name: &str) -> Option<&str> {
        if name.eq_ignore_ascii_case("Id") {
            return Some(&self.id);
        }
        let mut fields = self.fields.iter();
        let found = fields.find(|(known, _)| known.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str())
    }

    fn fits(&self, select: &Select) -> bool {
        let fits = |(name, test): &(String, super::statement::Test)| {
            self.value(name).is_some_and(|value| test.fits(value))
        };
        select.conditions.iter().all(fits)
    }

    fn shown(&self, select: &Select) -> Value {
        let url = format!("/services/data/v66.0/sobjects/{}/{}", self.kind, self.id);
        let mut shown = json!({ "attributes": { "type": self.kind, "url": url } });
        for name in &select.columns {
            shown[name] = self.value(name).into();
        }
        shown
    }
}

impl App for Salesforce {
    const TOOLS: &'static [&'static str] = &[
        "salesforce_contact_create",
        "salesforce_query_soql",
        "salesforce_soql_execute",
        "salesforce_sobject_create",
    ];

    /// 100,000 in a day for an organization of the Enterprise edition, before its users are added.
    fn counted(_: &str, _: &Params) -> Counted {
        Counted::new(Whose::Company, "requests", 100_000, 86_400_000)
    }

    fn too_many(_: u64) -> ToolFailure {
        let words = "TotalRequests Limit exceeded.";
        ToolFailure::new(403, "REQUEST_LIMIT_EXCEEDED", words)
    }

    fn promise(&mut self, tool: &str) -> Option<String> {
        // Of the objects, the one that is written most.
        let prefix = if tool == "salesforce_contact_create" {
            "003"
        } else {
            "00T"
        };
        tool.ends_with("_create").then(|| self.fresh(prefix))
    }

    fn call(&mut self, tool: &str, params: &Params, actor: &Actor) -> Said {
        match tool {
            "salesforce_contact_create" => self.create("Contact", params, actor),
            "salesforce_sobject_create" => {
                let given = params
                    .get("fields")
                    .and_then(Value::as_object)
                    .cloned()
                    .unwrap_or_default();
                self.create(
                    text(params, "sobject_type").unwrap_or_default(),
                    &given,
                    actor,
                )
            }
            "salesforce_query_soql" => self.query(text(params, "query").unwrap_or_default()),
            _ => self.query(text(params, "soql_query").unwrap_or_default()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::kit::{NOW, refused, taken};
    use super::*;

    #[test]
    fn a_record_is_made_and_queried() {
        let mut salesforce = Salesforce::new("acme", NOW);
        let task = json!({ "sobject_type": "Task", "fields": { "Subject": "Call", "Description": "by call-e1" } });
        let made = taken(&mut salesforce, "salesforce_sobject_create", &task);
        assert_eq!(
            (&made["success"], &made["errors"]),
            (&json!(true), &json!([]))
        );
        let query =
            json!({ "query": "SELECT Id, Subject FROM Task WHERE Description LIKE '%call-e1%'" });
        let found = taken(&mut salesforce, "salesforce_query_soql", &query);
        assert_eq!(found["records"][0]["Id"], made["id"]);
        assert_eq!(found["records"][0]["attributes"]["type"], "Task");
    }

    #[test]
    fn what_is_wrong_is_named_by_its_code() {
        let mut salesforce = Salesforce::new("acme", NOW);
        for (tool, params, code) in [
            (
                "salesforce_query_soql",
                json!({ "query": "SELECT" }),
                "MALFORMED_QUERY",
            ),
            (
                "salesforce_query_soql",
                json!({ "query": "SELECT Id FROM Wish" }),
                "INVALID_TYPE",
            ),
            (
                "salesforce_soql_execute",
                json!({ "soql_query": "SELECT Age FROM Account" }),
                "INVALID_FIELD",
            ),
            (
                "salesforce_contact_create",
                json!({ "FirstName": "Pat" }),
                "REQUIRED_FIELD_MISSING",
            ),
        ] {
            assert_eq!(refused(&mut salesforce, tool, &params).code, code);
        }
    }
}

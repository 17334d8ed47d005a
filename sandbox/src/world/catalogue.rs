//! The tools there are and what they take, from Scalekit's catalogue.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde_json::Value;

use super::tool::Params;

type Tools = BTreeMap<String, BTreeMap<String, BTreeMap<String, String>>>;

static CATALOGUE: LazyLock<Tools> = LazyLock::new(|| {
    serde_json::from_str(include_str!("../../data/tools.json")).unwrap_or_default()
});

/// A field that is wrong, and how.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// Which parameter.
    pub field: String,
    /// What is wrong with it.
    pub description: String,
}

/// The connector a tool belongs to; `None` for a tool that does not exist.
pub fn connector_of(tool: &str) -> Option<&'static str> {
    CATALOGUE
        .iter()
        .find(|(_, tools)| tools.contains_key(tool))
        .map(|(connector, _)| connector.as_str())
}

/// All tools with their connectors.
pub fn tools() -> impl Iterator<Item = (&'static str, &'static str)> {
    CATALOGUE.iter().flat_map(|(connector, tools)| {
        tools
            .keys()
            .map(move |tool| (connector.as_str(), tool.as_str()))
    })
}

/// What is wrong with these parameters.
pub fn violations(tool: &str, params: &Params) -> Vec<Violation> {
    let Some(known) = CATALOGUE.values().find_map(|tools| tools.get(tool)) else {
        return Vec::new();
    };
    let mut wrong = Vec::new();
    let mut note = |field: &str, description: String| {
        wrong.push(Violation {
            field: field.to_owned(),
            description,
        });
    };
    for (name, kind) in known {
        let (kind, required) = match kind.strip_suffix('!') {
            Some(kind) => (kind, true),
            None => (kind.as_str(), false),
        };
        match params.get(name) {
            None if required => note(name, "is required".to_owned()),
            Some(value) if !fits(value, kind) => note(name, format!("must be of type {kind}")),
            _ => {}
        }
    }
    for name in params.keys().filter(|name| !known.contains_key(*name)) {
        note(name, "is not a parameter of this tool".to_owned());
    }
    wrong
}

fn fits(value: &Value, kind: &str) -> bool {
    match kind {
        "string" => value.is_string(),
        "number" => value.is_number(),
        "integer" => value.is_i64() || value.is_u64(),
        "boolean" => value.is_boolean(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        _ => true,
    }
}

//! The tools there are and what they take, from Scalekit's catalogue.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde_json::{Value, json};

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

/// The prefix of Zendesk's tools with OAuth, which are otherwise those of Zendesk.
const ZENDESK_OAUTH: &str = "zendeskoauth_";

/// The connector a tool belongs to, and its name in the catalogue; `None` for a tool that does not
/// exist.
fn entry(tool: &str) -> Option<(&'static str, String)> {
    if let Some(rest) = tool.strip_prefix(ZENDESK_OAUTH) {
        let name = format!("zendesk_{rest}");
        return CATALOGUE
            .get("zendesk")
            .is_some_and(|tools| tools.contains_key(&name))
            .then_some(("zendeskoauth", name));
    }
    CATALOGUE
        .iter()
        .find(|(_, tools)| tools.contains_key(tool))
        .map(|(connector, _)| (connector.as_str(), tool.to_owned()))
}

/// The connector a tool belongs to; `None` for a tool that does not exist.
pub fn connector_of(tool: &str) -> Option<&'static str> {
    entry(tool).map(|(connector, _)| connector)
}

/// All tools with their connectors.
pub fn tools() -> impl Iterator<Item = (&'static str, String)> {
    CATALOGUE.iter().flat_map(|(connector, tools)| {
        let own = tools.keys().map(|tool| (connector.as_str(), tool.clone()));
        let oauth = tools.keys().filter_map(|tool| {
            let rest = tool.strip_prefix("zendesk_")?;
            Some(("zendeskoauth", format!("{ZENDESK_OAUTH}{rest}")))
        });
        own.chain(oauth)
    })
}

/// Tools that this world simulates.
pub fn simulated() -> impl Iterator<Item = String> {
    let zendesk = ["zendesk_", ZENDESK_OAUTH].into_iter().flat_map(|prefix| {
        let tools = super::zendesk::TOOLS.iter();
        tools.map(move |tool| format!("{prefix}{tool}"))
    });
    let others = super::hubspot::TOOLS
        .iter()
        .chain(&super::linear::TOOLS)
        .chain(&super::slack::TOOLS)
        .copied()
        .chain(super::apps::Apps::tools());
    let stubs = super::stubs::tools().map(str::to_owned);
    others.map(str::to_owned).chain(zendesk).chain(stubs)
}

/// The parameters of a tool, by name.
fn parameters(tool: &str) -> Option<&'static BTreeMap<String, String>> {
    let (_, name) = entry(tool)?;
    CATALOGUE.values().find_map(|tools| tools.get(&name))
}

/// A parameter's type, and whether it has to be there.
fn kind_of(stated: &str) -> (&str, bool) {
    match stated.strip_suffix('!') {
        Some(kind) => (kind, true),
        None => (stated, false),
    }
}

/// What a tool takes, as JSON Schema.
pub fn input_schema(tool: &str) -> Value {
    let known = parameters(tool).into_iter().flatten();
    let known: Vec<_> = known.map(|(name, kind)| (name, kind_of(kind))).collect();
    let properties: serde_json::Map<String, Value> = known
        .iter()
        .map(|(name, (kind, _))| ((*name).clone(), json!({ "type": kind })))
        .collect();
    let required: Vec<&String> = known
        .iter()
        .filter(|(_, (_, required))| *required)
        .map(|(name, _)| *name)
        .collect();
    json!({ "type": "object", "properties": properties, "required": required })
}

/// What is wrong with these parameters.
pub fn violations(tool: &str, params: &Params) -> Vec<Violation> {
    let Some(known) = parameters(tool) else {
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
        let (kind, required) = kind_of(kind);
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

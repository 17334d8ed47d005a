//! The second look at an input, when its tool is registered: does its JSON Schema ask for identity?
//!
//! `tool_input!` refuses at compile time; this catches what a macro cannot see, such as a field
//! renamed by serde, or an input type written by hand. Not compiled for the Worker, which has no
//! schemas: building it registers every tool once, and a tool refused there fails the build.

use serde_json::{Map, Value};

use super::identity_names::is_identity_like;

/// Why a schema cannot be shown to a model.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SchemaRefused {
    /// A property named like identity or a credential.
    #[error("its input asks for `{0}`, which is identity: take it from the ToolContext")]
    Identity(String),
    /// A place where any property would be accepted, identity included.
    #[error("its input accepts anything at `{0}`: name the fields")]
    Open(String),
}

/// Keywords that hold one schema or a list of schemas.
const NESTED: [&str; 11] = [
    "items",
    "prefixItems",
    "anyOf",
    "oneOf",
    "allOf",
    "not",
    "if",
    "then",
    "else",
    "contains",
    "additionalProperties",
];
/// Keywords that hold schemas by name, the names being no properties.
const NAMED: [&str; 2] = ["$defs", "definitions"];

/// Walks the whole schema.
///
/// # Errors
/// The first property that must not be there.
pub(super) fn check(schema: &Value) -> Result<(), SchemaRefused> {
    walk(schema, "input")
}

fn walk(schema: &Value, at: &str) -> Result<(), SchemaRefused> {
    let open = || SchemaRefused::Open(at.to_owned());
    let map = match schema {
        Value::Object(map) => map,
        Value::Array(list) => return list.iter().try_for_each(|item| walk(item, at)),
        Value::Bool(false) => return Ok(()),
        _ => return Err(open()),
    };
    if is_open(map) {
        return Err(open());
    }
    if let Some(Value::Object(properties)) = map.get("properties") {
        for (name, property) in properties {
            if is_identity_like(name) {
                return Err(SchemaRefused::Identity(name.clone()));
            }
            walk(property, name)?;
        }
    }
    for keyword in NAMED {
        if let Some(Value::Object(named)) = map.get(keyword) {
            named
                .iter()
                .try_for_each(|(name, schema)| walk(schema, name))?;
        }
    }
    NESTED
        .iter()
        .filter_map(|keyword| map.get(*keyword))
        .try_for_each(|inner| walk(inner, at))
}

/// Says nothing about what it accepts, or accepts properties it does not name.
fn is_open(map: &Map<String, Value>) -> bool {
    let says = ["type", "$ref", "enum", "const", "anyOf", "oneOf", "allOf"];
    let object = map.get("type").is_some_and(|kind| {
        kind == "object"
            || kind
                .as_array()
                .is_some_and(|kinds| kinds.iter().any(|k| k == "object"))
    });
    let closed = map.get("additionalProperties") == Some(&Value::Bool(false));
    let array = map.get("type").is_some_and(|kind| kind == "array");
    let bare_array = array && !map.contains_key("items") && !map.contains_key("prefixItems");
    !says.iter().any(|keyword| map.contains_key(*keyword))
        || (object && !closed)
        || bare_array
        || map.contains_key("patternProperties")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn identity_is_found_at_any_depth() {
        let schema = json!({"type": "object", "additionalProperties": false, "properties": {
            "filters": {"type": "array", "items": {"anyOf": [
                {"type": "null"},
                {"type": "object", "additionalProperties": false,
                 "properties": {"userId": {"type": "string"}}}
            ]}}
        }});
        assert_eq!(
            check(&schema),
            Err(SchemaRefused::Identity("userId".into()))
        );
        let schema = json!({"$ref": "#/$defs/a", "$defs": {"a": {
            "type": "object", "additionalProperties": false, "properties": {"token": {"type": "string"}}
        }}});
        assert_eq!(check(&schema), Err(SchemaRefused::Identity("token".into())));
    }

    #[test]
    fn a_place_for_anything_is_refused() {
        let open = json!({"type": "object", "properties": {}});
        assert_eq!(check(&open), Err(SchemaRefused::Open("input".into())));
        let any =
            json!({"type": "object", "additionalProperties": false, "properties": {"x": true}});
        assert_eq!(check(&any), Err(SchemaRefused::Open("x".into())));
        let unsaid = json!({"description": "anything"});
        assert!(check(&unsaid).is_err());
    }

    #[test]
    fn a_property_may_be_called_like_a_keyword() {
        let schema = json!({"type": "object", "additionalProperties": false, "properties": {
            "properties": {"type": "array", "items": {"type": "string"}}, "not": {"type": "string"}
        }});
        assert_eq!(check(&schema), Ok(()));
    }
}

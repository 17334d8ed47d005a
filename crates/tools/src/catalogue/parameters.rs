//! What a tool of the catalogue may be asked for: its schema without what asks for an identity, and
//! arguments held against it.
//!
//! Owns three things: taking parameters out of a stranger's schema, bounding it, and checking what is
//! certain before anything is sent: names, types, what is required, and lists of allowed values. The
//! rest is left to Scalekit, whose violations are typed. A whole implementation of JSON Schema would
//! bring regular expressions along, which are most of its weight.

use serde_json::{Map, Value};

use onbehalf_connector::Violation;

use crate::identity_names::is_identity_like;

/// Largest schema that is passed on, in bytes of JSON.
const LARGEST: usize = 32 * 1024;
/// Deepest nesting of a schema that is passed on, and of arguments that are looked at.
const DEEPEST: usize = 16;
/// Keywords that hold one schema, or a list of them.
const NESTED: [&str; 8] = [
    "additionalProperties",
    "allOf",
    "anyOf",
    "items",
    "not",
    "oneOf",
    "prefixItems",
    "contains",
];
/// Most violations that are listed: enough to mend a call by.
const MOST_VIOLATIONS: usize = 20;

/// Why a tool is not offered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unfit {
    /// Its parameters are no object.
    NoObject,
    /// It cannot be called without saying who somebody is.
    NeedsIdentity,
    /// Its schema is larger or deeper than what is passed on.
    TooLarge,
}

/// The parameters of one tool.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Parameters(Value);

impl Parameters {
    /// What of this schema may be shown. `data` are names that look like identity and are none in this
    /// app.
    ///
    /// # Errors
    /// [`Unfit`]: nothing of it may.
    pub fn of(schema: &Value, data: &[String]) -> Result<Self, Unfit> {
        let mut schema = schema.clone();
        strip(&mut schema, data, 0)?;
        let Value::Object(members) = &mut schema else {
            return Err(Unfit::NoObject);
        };
        match members.get("type") {
            None => members.insert("type".to_owned(), "object".into()),
            Some(kind) if kind == "object" => None,
            Some(_) => return Err(Unfit::NoObject),
        };
        // Whatever is not named would be a way to name anything.
        members.insert("additionalProperties".to_owned(), false.into());
        if schema.to_string().len() > LARGEST {
            return Err(Unfit::TooLarge);
        }
        Ok(Self(schema))
    }

    /// As they are shown.
    pub const fn schema(&self) -> &Value {
        &self.0
    }

    /// What is certainly wrong with these arguments.
    pub fn violations(&self, arguments: &Value) -> Vec<Violation> {
        let mut found = Vec::new();
        check(&self.0, arguments, "", 0, &mut found);
        found.truncate(MOST_VIOLATIONS);
        found
    }
}

/// Arguments of a tool whose parameters nobody has told: only that they name no identity.
pub(super) fn unknown_violations(arguments: &Value, data: &[String]) -> Vec<Violation> {
    let Value::Object(members) = arguments else {
        return vec![violation("", "must be an object")];
    };
    let named = members.keys().filter(|name| asks_for_identity(name, data));
    named
        .take(MOST_VIOLATIONS)
        .map(|name| violation(name, UNKNOWN))
        .collect()
}

const UNKNOWN: &str = "is not a parameter of this tool";

fn asks_for_identity(name: &str, data: &[String]) -> bool {
    is_identity_like(name) && !data.iter().any(|it| it == name)
}

/// Takes out every property that asks for an identity, at every depth.
fn strip(schema: &mut Value, data: &[String], depth: usize) -> Result<(), Unfit> {
    if depth > DEEPEST {
        return Err(Unfit::TooLarge);
    }
    match schema {
        Value::Array(list) => list
            .iter_mut()
            .try_for_each(|it| strip(it, data, depth + 1)),
        Value::Object(members) => strip_object(members, data, depth),
        _ => Ok(()),
    }
}

fn strip_object(
    schema: &mut Map<String, Value>,
    data: &[String],
    depth: usize,
) -> Result<(), Unfit> {
    let required = schema.get("required").and_then(Value::as_array);
    let mut required = required.into_iter().flatten().filter_map(Value::as_str);
    if required.any(|name| asks_for_identity(name, data)) {
        return Err(Unfit::NeedsIdentity);
    }
    if let Some(Value::Object(properties)) = schema.get_mut("properties") {
        properties.retain(|name, _| !asks_for_identity(name, data));
        for property in properties.values_mut() {
            strip(property, data, depth + 1)?;
        }
    }
    // A pattern could stand for any name.
    schema.remove("patternProperties");
    for named in ["$defs", "definitions"] {
        if let Some(Value::Object(schemas)) = schema.get_mut(named) {
            for inner in schemas.values_mut() {
                strip(inner, data, depth + 1)?;
            }
        }
    }
    for keyword in NESTED {
        if let Some(inner) = schema.get_mut(keyword) {
            strip(inner, data, depth + 1)?;
        }
    }
    Ok(())
}

fn violation(field: &str, description: &str) -> Violation {
    Violation {
        field: field.to_owned(),
        description: description.to_owned(),
    }
}

fn check(schema: &Value, value: &Value, at: &str, depth: usize, found: &mut Vec<Violation>) {
    if depth > DEEPEST {
        return found.push(violation(at, "is nested too deeply"));
    }
    let Value::Object(schema) = schema else {
        return;
    };
    if let Some(kinds) = kinds(schema)
        && !kinds.iter().any(|kind| is_of(value, kind))
    {
        return found.push(violation(
            at,
            &format!("must be of type {}", kinds.join(" or ")),
        ));
    }
    let allowed = schema.get("enum").and_then(Value::as_array);
    let other = schema.get("const").is_some_and(|only| only != value);
    if other || allowed.is_some_and(|allowed| !allowed.contains(value)) {
        return found.push(violation(at, "is none of the allowed values"));
    }
    match value {
        Value::Object(members) => check_members(schema, members, at, depth, found),
        Value::Array(items) => {
            let Some(schema) = schema.get("items") else {
                return;
            };
            for (index, item) in items.iter().enumerate() {
                check(
                    schema,
                    item,
                    &join(at, &index.to_string()),
                    depth + 1,
                    found,
                );
                if found.len() >= MOST_VIOLATIONS {
                    return;
                }
            }
        }
        _ => {}
    }
}

fn check_members(
    schema: &Map<String, Value>,
    members: &Map<String, Value>,
    at: &str,
    depth: usize,
    found: &mut Vec<Violation>,
) {
    let required = schema.get("required").and_then(Value::as_array);
    for name in required.into_iter().flatten().filter_map(Value::as_str) {
        if !members.contains_key(name) {
            found.push(violation(&join(at, name), "is required"));
        }
    }
    let properties = schema.get("properties").and_then(Value::as_object);
    let closed = schema.get("additionalProperties") == Some(&Value::Bool(false));
    for (name, value) in members {
        match properties.and_then(|it| it.get(name)) {
            Some(property) => check(property, value, &join(at, name), depth + 1, found),
            None if closed => found.push(violation(&join(at, name), UNKNOWN)),
            None => {}
        }
        if found.len() >= MOST_VIOLATIONS {
            return;
        }
    }
}

/// The types that a schema names, where it names any.
fn kinds(schema: &Map<String, Value>) -> Option<Vec<&str>> {
    match schema.get("type")? {
        Value::String(kind) => Some(vec![kind]),
        Value::Array(kinds) => Some(kinds.iter().filter_map(Value::as_str).collect()),
        _ => None,
    }
}

fn is_of(value: &Value, kind: &str) -> bool {
    match kind {
        "string" => value.is_string(),
        "number" => value.is_number(),
        // JSON Schema, "integer": a number without a fraction, however it is written.
        "integer" => {
            value.is_i64() || value.is_u64() || value.as_f64().is_some_and(|it| it.fract() == 0.0)
        }
        "boolean" => value.is_boolean(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        "null" => value.is_null(),
        // A type nobody knows is Scalekit's to judge.
        _ => true,
    }
}

fn join(at: &str, name: &str) -> String {
    // A name that was sent may be anything; a field that is named is not that long.
    let name: String = name.chars().filter(|c| !c.is_control()).take(64).collect();
    if at.is_empty() {
        name
    } else {
        format!("{at}.{name}")
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn parameters(schema: &Value) -> Parameters {
        Parameters::of(schema, &[]).expect("fit parameters")
    }

    fn fields(schema: &Value, arguments: &Value) -> Vec<String> {
        let violations = parameters(schema).violations(arguments);
        violations.into_iter().map(|it| it.field).collect()
    }

    #[test]
    fn a_parameter_that_asks_who_somebody_is_is_taken_out_at_every_depth() {
        let schema = json!({"type": "object", "properties": {
            "text": {"type": "string"}, "user_id": {"type": "string"}, "connectedAccountId": {},
            "filter": {"type": "object", "properties": {"access_token": {}, "state": {}}},
            "rows": {"type": "array", "items": {"anyOf": [{"properties": {"password": {}, "a": {}}}]}},
        }, "patternProperties": {".*": {}}, "$defs": {"x": {"properties": {"org": {}, "b": {}}}}});
        let shown = parameters(&schema).schema().to_string();
        for gone in [
            "user_id",
            "connectedAccountId",
            "access_token",
            "password",
            "org\"",
            "patternProperties",
        ] {
            assert!(!shown.contains(gone), "{gone}: {shown}");
        }
        for kept in ["text", "state", "\"a\"", "\"b\""] {
            assert!(shown.contains(kept), "{kept}: {shown}");
        }
        let unknown = fields(&schema, &json!({"user_id": "bob", "text": "x"}));
        assert_eq!(unknown, ["user_id"], "and it is not accepted");
    }

    #[test]
    fn a_tool_that_needs_an_identity_is_not_offered_unless_the_settings_say_that_it_is_none() {
        let schema = json!({"type": "object", "properties": {"account_id": {"type": "string"}},
            "required": ["account_id"]});
        assert_eq!(Parameters::of(&schema, &[]), Err(Unfit::NeedsIdentity));
        let data = ["account_id".to_owned()];
        let parameters = Parameters::of(&schema, &data).expect("data of the app");
        assert_eq!(parameters.violations(&json!({"account_id": "001"})), []);
    }

    #[test]
    fn what_is_no_object_or_too_much_is_not_offered() {
        for wrong in [json!({"type": "string"}), json!([]), json!(true)] {
            assert_eq!(Parameters::of(&wrong, &[]), Err(Unfit::NoObject), "{wrong}");
        }
        let long = json!({"properties": {"a": {"description": "x".repeat(LARGEST)}}});
        assert_eq!(Parameters::of(&long, &[]), Err(Unfit::TooLarge));
        let deep = (0..40).fold(json!({}), |inner, _| json!({"items": inner}));
        assert_eq!(Parameters::of(&deep, &[]), Err(Unfit::TooLarge));
    }

    #[test]
    fn what_is_certainly_wrong_is_named_by_its_path() {
        let schema = json!({"type": "object", "required": ["title"], "properties": {
            "title": {"type": "string"}, "count": {"type": "integer"},
            "state": {"enum": ["open", "closed"]},
            "labels": {"type": "array", "items": {"type": "string"}},
            "place": {"type": ["object", "null"], "required": ["x"], "properties": {"x": {"type": "number"}}},
            "free": {"type": "object"},
        }});
        for (arguments, wrong) in [
            (json!({"title": "a"}), vec![]),
            (
                json!({"title": "a", "count": 2.0, "state": "open", "labels": [], "place": null}),
                vec![],
            ),
            (json!({"title": "a", "free": {"anything": 1}}), vec![]),
            (json!({}), vec!["title"]),
            (json!({"title": 7}), vec!["title"]),
            (json!({"title": "a", "count": 1.5}), vec!["count"]),
            (json!({"title": "a", "state": "other"}), vec!["state"]),
            (json!({"title": "a", "labels": ["x", 7]}), vec!["labels.1"]),
            (json!({"title": "a", "place": {"x": "1"}}), vec!["place.x"]),
            (json!({"title": "a", "place": {}}), vec!["place.x"]),
            (json!({"title": "a", "more": 1}), vec!["more"]),
            (json!([]), vec![""]),
        ] {
            assert_eq!(fields(&schema, &arguments), wrong, "{arguments}");
        }
    }

    #[test]
    fn without_a_schema_only_identity_is_refused() {
        let arguments = json!({"title": 7, "user_id": "bob"});
        let found = unknown_violations(&arguments, &[]);
        assert_eq!(
            found.iter().map(|it| it.field.as_str()).collect::<Vec<_>>(),
            ["user_id"]
        );
        assert_eq!(unknown_violations(&json!([]), &[]).len(), 1);
    }

    /// Some JSON, as a stranger could write it.
    fn any_json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i32>().prop_map(Value::from),
            "object|string|array|user_id|a".prop_map(Value::from),
        ];
        leaf.prop_recursive(6, 64, 6, |inner| {
            let names = "type|properties|required|items|anyOf|enum|user_id|a|additionalProperties";
            prop_oneof![
                proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                proptest::collection::btree_map(names, inner, 0..5)
                    .prop_map(|members| Value::Object(members.into_iter().collect())),
            ]
        })
    }

    proptest! {
        /// Whatever a schema is, what comes of it names no identity at the top, and whatever the
        /// arguments are, an identity among them is refused.
        #[test]
        fn no_schema_lets_an_identity_in(schema in any_json(), arguments in any_json()) {
            if let Ok(parameters) = Parameters::of(&schema, &[]) {
                let top = parameters.schema().get("properties").and_then(Value::as_object);
                prop_assert!(top.is_none_or(|it| !it.contains_key("user_id")));
                let names_it = arguments.as_object().is_some_and(|it| it.contains_key("user_id"));
                let clean = parameters.violations(&arguments).is_empty();
                prop_assert!(!(names_it && clean), "{schema} {arguments}");
            }
        }
    }
}

//! A tool, as it is offered.

use serde_json::{Value, json};

/// A tool.
#[derive(Clone, Debug, PartialEq)]
pub struct Tool {
    /// Its name.
    pub name: String,
    /// Its name for people.
    pub title: String,
    /// What it does.
    pub description: String,
    /// JSON Schema of what it takes.
    pub input: Value,
    /// JSON Schema of its structured result; none where nobody has described it.
    pub output: Option<Value>,
    /// What it may do.
    pub annotations: Annotations,
}

/// What a tool may do. Clients ask people by these, so each says what is true.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Annotations {
    /// It changes nothing.
    pub reads_only: bool,
    /// It may change or remove what is there, instead of only adding to it.
    pub destroys: bool,
    /// The same again changes nothing more.
    pub is_idempotent: bool,
    /// It reaches what is outside of this service.
    pub reaches_out: bool,
}

impl Tool {
    /// As JSON.
    pub fn into_json(self) -> Value {
        let Annotations {
            reads_only,
            destroys,
            is_idempotent,
            reaches_out,
        } = self.annotations;
        let mut all = json!({
            "name": self.name,
            "title": self.title,
            "description": self.description,
            "inputSchema": object(self.input),
            "annotations": {
                "title": self.title,
                "readOnlyHint": reads_only,
                "destructiveHint": destroys,
                "idempotentHint": is_idempotent,
                "openWorldHint": reaches_out,
            },
        });
        if let Some(output) = self.output {
            all["outputSchema"] = object(output);
        }
        all
    }
}

/// What begins the formats of numbers that JSON Schema does not know. Clients that check schemas
/// strictly stumble over them, and bounds say the same.
const NUMBER_FORMATS: [&str; 4] = ["int", "uint", "float", "double"];

/// A schema that says of itself that it is of an object: clients look for that at its root.
pub fn object(mut schema: Value) -> Value {
    drop_number_formats(&mut schema);
    if let Some(members) = schema.as_object_mut() {
        members
            .entry("type")
            .or_insert_with(|| Value::String("object".to_owned()));
    }
    schema
}

fn drop_number_formats(schema: &mut Value) {
    match schema {
        Value::Object(members) => {
            let format = members.get("format").and_then(Value::as_str);
            if format.is_some_and(|it| NUMBER_FORMATS.iter().any(|begins| it.starts_with(begins))) {
                members.remove("format");
            }
            members.values_mut().for_each(drop_number_formats);
        }
        Value::Array(items) => items.iter_mut().for_each(drop_number_formats),
        _ => {}
    }
}

/// A schema that what fits one of the two fits. Definitions stay at the root, where references look
/// for them; those of the first win, as the second is one that has none.
pub fn either(first: Value, second: Value) -> Value {
    let Value::Object(mut first) = first else {
        return second;
    };
    let mut all = serde_json::Map::new();
    for root in ["$schema", "$defs", "title", "description"] {
        if let Some(member) = first.remove(root) {
            all.insert(root.to_owned(), member);
        }
    }
    all.insert("type".to_owned(), "object".into());
    all.insert("anyOf".to_owned(), json!([first, second]));
    all.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn definitions_stay_where_references_look_for_them() {
        let first = json!({"$defs": {"A": {}}, "oneOf": [{"$ref": "#/$defs/A"}]});
        let both = either(first, json!({"required": ["callId"]}));
        assert_eq!(both["type"], "object");
        assert_eq!(both["$defs"]["A"], json!({}));
        assert_eq!(both["anyOf"][0]["oneOf"][0]["$ref"], "#/$defs/A");
        assert_eq!(both["anyOf"][1]["required"][0], "callId");
    }

    #[test]
    fn a_schema_says_that_it_is_of_an_object_and_keeps_what_it_said() {
        assert_eq!(object(json!({"oneOf": []}))["type"], "object");
        assert_eq!(object(json!({"type": "array"}))["type"], "array");
        let number = json!({"properties": {"n": {"type": "integer", "format": "uint64"}}});
        assert_eq!(
            object(number)["properties"]["n"],
            json!({"type": "integer"})
        );
        let time = json!({"items": [{"format": "date-time"}]});
        assert_eq!(object(time)["items"][0]["format"], "date-time");
    }
}

//! Schemas of types and tools, collected under `#/components/schemas`.

use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, SchemaGenerator};
use serde_json::{Map, Value};

/// Where collected schemas stand in the document.
const COMPONENTS: &str = "#/components/schemas/";

/// Schemas as they are used. What callers send and what they get are two contracts: a field with a
/// default may be left out of the one and is always in the other.
pub struct Schemas {
    sent: SchemaGenerator,
    got: SchemaGenerator,
    hoisted: Map<String, Value>,
}

impl Schemas {
    /// Nothing yet.
    pub fn new() -> Self {
        let settings = SchemaSettings::draft2020_12().with(|settings| {
            settings.definitions_path = "/components/schemas".into();
        });
        Self {
            sent: settings.clone().for_deserialize().into_generator(),
            got: settings.for_serialize().into_generator(),
            hoisted: Map::new(),
        }
    }

    /// The schema of what callers get, by reference where the type has a name.
    pub fn of<T: JsonSchema>(&mut self) -> Value {
        self.got.subschema_for::<T>().to_value()
    }

    /// The schema of what callers send.
    pub fn sent<T: JsonSchema>(&mut self) -> Value {
        self.sent.subschema_for::<T>().to_value()
    }

    /// Takes over a schema that stands alone, under this name. Its own definitions become
    /// components too, so that every reference is one of the document.
    pub fn hoist(&mut self, name: &str, mut schema: Value) -> Value {
        let definitions = schema.as_object_mut().and_then(|schema| {
            schema.remove("$schema");
            schema.remove("$defs")
        });
        if let Some(Value::Object(definitions)) = definitions {
            for (inner, mut definition) in definitions {
                point_to_components(&mut definition, name);
                self.hoisted.insert(format!("{name}.{inner}"), definition);
            }
        }
        point_to_components(&mut schema, name);
        self.hoisted.insert(name.to_owned(), schema);
        reference(name)
    }

    /// Everything that was used, and whether one name stood for two different schemas.
    pub fn finish(mut self) -> (Map<String, Value>, bool) {
        let mut all = self.got.take_definitions(true);
        let mut clash = false;
        let sent = self.sent.take_definitions(true);
        for (name, schema) in sent.into_iter().chain(self.hoisted) {
            clash |= all.get(&name).is_some_and(|other| *other != schema);
            all.insert(name, schema);
        }
        (all, clash)
    }
}

/// A reference to a component.
fn reference(name: &str) -> Value {
    serde_json::json!({ "$ref": format!("{COMPONENTS}{name}") })
}

/// Turns `#/$defs/X` into a reference to the component `name.X`.
fn point_to_components(value: &mut Value, name: &str) {
    match value {
        Value::Object(members) => {
            if let Some(Value::String(target)) = members.get_mut("$ref")
                && let Some(inner) = target.strip_prefix("#/$defs/")
            {
                *target = format!("{COMPONENTS}{name}.{inner}");
            }
            for member in members.values_mut() {
                point_to_components(member, name);
            }
        }
        Value::Array(items) => {
            for item in items {
                point_to_components(item, name);
            }
        }
        _ => {}
    }
}

//! What a tool takes and what it answers, as JSON Schema.
//!
//! Owns the two settings a schema is made with. Not compiled for the Worker.

use schemars::generate::SchemaSettings;
use serde_json::Value;

use super::outcome::ToolOutcome;
use super::tool::Tool;

/// The two schemas of a tool.
#[derive(Clone, Debug, PartialEq)]
pub struct ToolSchemas {
    /// What a model supplies.
    pub input: Value,
    /// The outcome, failures included.
    pub outcome: Value,
}

impl ToolSchemas {
    /// Those of this tool.
    pub fn of<T: Tool>() -> Self {
        let taken = SchemaSettings::draft2020_12().into_generator();
        let given = SchemaSettings::draft2020_12().for_serialize();
        let given = given.into_generator();
        let outcome = given.into_root_schema_for::<ToolOutcome<T::Output>>();
        Self {
            input: taken.into_root_schema_for::<T::Input>().to_value(),
            outcome: outcome.to_value(),
        }
    }
}

//! A write as it is shown where it is not made.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use onbehalf_connector::Connector;

use super::tool::Tool;

/// One write that was not made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct DryWrite {
    /// The tool.
    pub tool: String,
    /// Whose account it would use.
    pub connector: Connector,
    /// The tool's input, every default written out. What only an earlier write of the same run would
    /// tell, such as the id of a task that is not there, is left out.
    pub arguments: Value,
}

impl DryWrite {
    /// A write with this tool.
    pub fn with<T: Tool>(input: &T::Input) -> Self
    where
        T::Input: Serialize,
    {
        Self {
            tool: T::ID.to_owned(),
            connector: T::CONNECTOR,
            // Inputs are structs of texts and numbers, which are always JSON.
            arguments: serde_json::to_value(input).unwrap_or_default(),
        }
    }

    /// The same without an argument that nobody knows yet.
    #[must_use]
    pub fn without(mut self, argument: &str) -> Self {
        if let Some(arguments) = self.arguments.as_object_mut() {
            arguments.remove(argument);
        }
        self
    }
}

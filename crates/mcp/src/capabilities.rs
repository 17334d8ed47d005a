//! What either side can do.
//!
//! Owns the few things of a client that change an answer, and what a server says of itself.

use serde_json::{Value, json};

/// The name of the extension for what goes on after an answer.
pub(crate) const TASKS: &str = "io.modelcontextprotocol/tasks";

/// What a client can do, of what matters here.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ClientCapabilities {
    /// It sends a person to a page that it is given.
    pub opens_pages: bool,
    /// It looks again for the end of what goes on.
    pub follows_tasks: bool,
}

impl ClientCapabilities {
    pub(crate) fn read(said: &Value) -> Self {
        Self {
            opens_pages: said["elicitation"]["url"].is_object(),
            follows_tasks: said["extensions"][TASKS].is_object(),
        }
    }
}

/// What a server offers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Capabilities {
    /// Whether it may answer with a task. The modern era alone has them.
    pub tasks: bool,
}

impl Capabilities {
    pub(crate) fn json(self, modern: bool) -> Value {
        let mut all = json!({ "tools": {}, "resources": {} });
        if modern && self.tasks {
            all["extensions"] = json!({ TASKS: {} });
        }
        all
    }

    /// What a client lacks that asks about a task.
    pub fn missing_tasks() -> Value {
        json!({ "requiredCapabilities": { "extensions": { TASKS: {} } } })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mode_has_to_be_named_to_be_there() {
        let opens = |said: Value| ClientCapabilities::read(&said).opens_pages;
        assert!(opens(json!({"elicitation": {"form": {}, "url": {}}})));
        for not in [
            json!({}),
            json!({"elicitation": {}}),
            json!({"elicitation": {"form": {}}}),
            json!({"elicitation": {"url": false}}),
            json!({"elicitation": true}),
            json!([]),
        ] {
            assert!(!opens(not.clone()), "{not}");
        }
    }
}

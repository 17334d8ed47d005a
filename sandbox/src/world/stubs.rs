//! Fixed answers for tools that no app of this world simulates.
//!
//! Owns the list; `npm run new -- tool` adds a line. A stub writes nothing, so nothing of it stands
//! in the ledger: what a workflow relies on belongs into the app's own module.

use serde_json::Value;

/// Tools by their names in Scalekit's catalogue, and what each always answers.
const STUBS: &[(&str, &str)] = &[];

/// What this tool always answers; `None` when it is no stub.
pub fn answer(tool: &str) -> Option<Value> {
    answer_of(STUBS, tool)
}

/// The stubs there are.
pub fn tools() -> impl Iterator<Item = &'static str> {
    STUBS.iter().map(|(tool, _)| *tool)
}

fn answer_of(stubs: &[(&str, &str)], tool: &str) -> Option<Value> {
    let (_, json) = stubs.iter().find(|(name, _)| *name == tool)?;
    serde_json::from_str(json).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::world::catalogue;

    #[test]
    fn a_stub_answers_its_own_tool() {
        let stubs = [("one", r#"{"it": 1}"#), ("two", "[]")];
        assert_eq!(answer_of(&stubs, "one"), Some(serde_json::json!({"it": 1})));
        assert_eq!(answer_of(&stubs, "three"), None);
    }

    /// A line with a slip in it would be a tool that answers nothing.
    #[test]
    fn each_stub_is_a_tool_and_its_answer_is_json() {
        for tool in tools() {
            assert!(catalogue::connector_of(tool).is_some(), "{tool}");
            assert!(answer(tool).is_some(), "{tool}");
        }
    }
}

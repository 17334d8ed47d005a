//! The latest result of a workflow, as a tool of an agent.
//!
//! What the workflow found is the person's own already, so no app is asked and no policy; it is data all
//! the same, since it holds what others have written.

use onbehalf_models::ToolOffer;
use onbehalf_runs::{RunView, WorkflowId};
use serde_json::value::RawValue;
use serde_json::{Value, json};

const BEGINS: &str = "latest-";
/// What a result says for programs and beside it in words. A model reads the words: what it reads is
/// cut where it is long, and both would leave room for half as much.
const FOR_PROGRAMS: &str = "findings";
/// It takes nothing.
const SCHEMA: &str = r#"{"type":"object","properties":{},"additionalProperties":false}"#;

/// The tool of a workflow.
pub(super) fn name_of(workflow: &str) -> String {
    format!("{BEGINS}{workflow}")
}

/// The workflow that a tool reads, if it is one of these.
pub(super) fn workflow_of(tool: &str, runs: &[&'static str]) -> Option<WorkflowId> {
    let named = tool.strip_prefix(BEGINS)?;
    runs.contains(&named).then(|| WorkflowId::new(named))
}

/// What it is for, as a model and a caller are told.
pub(super) fn description(workflow: &str) -> String {
    format!("The result of the person's latest run of the workflow {workflow}, with when it ended.")
}

/// The tools of these workflows, as a model is told.
pub(super) fn offers(runs: &[&'static str]) -> impl Iterator<Item = ToolOffer> {
    runs.iter().filter_map(|workflow| {
        Some(ToolOffer {
            name: name_of(workflow),
            description: description(workflow),
            input_schema: RawValue::from_string(SCHEMA.to_owned()).ok()?,
        })
    })
}

/// What a model reads of a run.
pub(super) fn told(run: &RunView) -> Value {
    let mut result = json!(run.result);
    leave_out(FOR_PROGRAMS, &mut result);
    json!({ "runId": run.run_id, "endedAt": run.ended_at, "result": result })
}

fn leave_out(member: &str, value: &mut Value) {
    match value {
        Value::Object(members) => {
            members.remove(member);
            members.values_mut().for_each(|it| leave_out(member, it));
        }
        Value::Array(items) => items.iter_mut().for_each(|it| leave_out(member, it)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_model_reads_the_words_and_not_their_twin() {
        let mut result = json!({"customers": [
            {"name": "Acme", "reasons": ["slow"], "findings": [{"kind": "slow_progress"}]},
        ]});
        leave_out(FOR_PROGRAMS, &mut result);
        let words = json!({"customers": [{"name": "Acme", "reasons": ["slow"]}]});
        assert_eq!(result, words);
    }
}

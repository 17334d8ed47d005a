//! The latest result of a workflow, as a tool of an agent.
//!
//! What the workflow found is the person's own already, so no app is asked and no policy; it is data all
//! the same, since it holds what others have written.

use onbehalf_models::ToolOffer;
use onbehalf_runs::{RunView, WorkflowId};
use serde_json::value::RawValue;
use serde_json::{Value, json};

const BEGINS: &str = "latest-";
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
    json!({ "runId": run.run_id, "endedAt": run.ended_at, "result": run.result })
}

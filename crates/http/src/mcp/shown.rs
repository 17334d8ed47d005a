//! A run and an outcome, as a model is shown them.
//!
//! Owns which of their parts those are: where it stands, what it waits for, what came of it. What a
//! run was started with, its shared state and the plan that waits for somebody are left to the API.
//! Names of the caller are taken out of whatever an app has said.

use serde_json::{Value, json};

use super::pending::page_links;
use crate::offer::unnamed;
use crate::service::Api;
use crate::sign_in::Caller;
use onbehalf_engine::RunStatus;
use onbehalf_runs::{RunView, WaitView};

impl Api {
    /// A run.
    pub(super) fn shown_run(&self, caller: &Caller, run: &RunView) -> Value {
        let steps = run.steps.iter().map(|step| {
            let mut shown =
                json!({ "id": step.id, "status": step.status, "attempts": step.attempts });
            if let Some(error) = &step.error {
                shown["error"] = unnamed(json!(error), &caller.context);
            }
            shown
        });
        let mut shown = json!({
            "runId": run.run_id,
            "workflow": run.workflow,
            "status": run.status,
            "startedAt": run.started_at,
            "updatedAt": run.updated_at,
            "steps": steps.collect::<Vec<_>>(),
        });
        let waits_for = run.suspension.as_ref().map(|it| waits_for(&it.reason));
        let from_apps = |value: Value| unnamed(value, &caller.context);
        for (name, value) in [
            ("endedAt", run.ended_at.map(|it| json!(it))),
            (
                "outcome",
                run.outcome.as_ref().map(|it| from_apps(json!(it))),
            ),
            (
                "counts",
                Some(json!(run.counts)).filter(|_| !run.counts.is_empty()),
            ),
            ("waitsFor", waits_for.map(Value::from)),
            (
                "open",
                Some(json!(page_links(self, run))).filter(|it| *it != json!([])),
            ),
            ("result", run.result.clone().map(from_apps)),
            (
                "failure",
                run.failure.as_ref().map(|it| from_apps(json!(it))),
            ),
        ] {
            if let Some(value) = value {
                shown[name] = value;
            }
        }
        shown
    }
}

/// What a suspended run waits for, in a word.
fn waits_for(reason: &WaitView) -> &'static str {
    match reason {
        WaitView::ConnectionRequired { .. } => "connection",
        WaitView::ApprovalRequired { .. } => "approval",
        WaitView::Sleeping { .. }
        | WaitView::RateLimited { .. }
        | WaitView::Retrying { .. }
        | WaitView::Yielded
        | WaitView::Unknown => "time",
    }
}

/// What came of a tool, with the caller's names taken out of what the app has said.
pub(super) fn shown_outcome(outcome: Value, caller: &Caller) -> Value {
    let Value::Object(members) = outcome else {
        return outcome;
    };
    let shown = members
        .into_iter()
        .map(|(name, value)| match name.as_str() {
            // Ours, and never an app's.
            "status" | "kind" | "connector" | "reason" | "callId" => (name, value),
            _ => (name, unnamed(value, &caller.context)),
        });
    Value::Object(shown.collect())
}

/// JSON Schema of a run, as it is shown.
pub(super) fn run_schema() -> Value {
    let statuses = RunStatus::ALL.map(RunStatus::name);
    json!({
        "type": "object",
        "properties": {
            "runId": { "type": "string", "description": "Names it in get_run." },
            "workflow": { "type": "string" },
            "status": { "enum": statuses },
            "startedAt": { "type": "string" },
            "updatedAt": { "type": "string" },
            "endedAt": { "type": "string" },
            "steps": { "type": "array", "items": { "type": "object" } },
            "waitsFor": { "enum": ["connection", "approval", "time"] },
            "open": {
                "type": "array",
                "items": { "type": "string" },
                "description": "Pages that the user has to open for it to go on.",
            },
            "outcome": { "type": "object" },
            "counts": { "type": "object" },
            "result": { "description": "What it ended with." },
            "failure": { "type": "object" },
        },
        "required": ["runId", "workflow", "status"],
    })
}

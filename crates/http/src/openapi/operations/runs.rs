//! Runs: starting, listing, showing, steering, watching.

use serde_json::json;

use super::{JSON, backed, idempotency_key, paged, run_name, text};
use crate::api::events::RunEvent;
use crate::api::history::{DEFAULT_RUNS, HistoryResponse, MAX_RUNS};
use crate::api::organization::{DEFAULT_DAYS, EndedResponse, MAX_DAYS};
use crate::api::runs::{
    LatestRunsResponse, RunListResponse, RunResponse, RunStatusResponse, TriggerResponse,
};
use crate::openapi::lists::WorkflowListResponse;
use crate::openapi::parts::{Access, Described};
use crate::openapi::schemas::Schemas;
use crate::wire::problem::ProblemType;
use onbehalf_runs::hosted::WorkflowList;
use onbehalf_runs::{OutcomeKind, Overlap, ResumeRequest, RunStatusSchema};

fn runs(summary: &'static str) -> Described {
    backed(Described::new("runs", Access::Bearer, summary))
}

fn of_workflow(summary: &'static str) -> Described {
    runs(summary)
        .parameter("path", "workflow", "The workflow's id.", text())
        .problem(ProblemType::WorkflowNotFound)
}

fn one_run(summary: &'static str) -> Described {
    of_workflow(summary)
        .parameter("path", "runId", "The run's name.", run_name())
        .problem(ProblemType::RunNotFound)
}

pub fn workflows(schemas: &mut Schemas) -> Described {
    Described::new("runs", Access::Bearer, "Lists the workflows").answer(
        200,
        "The workflows.",
        JSON,
        schemas.of::<WorkflowListResponse>(),
    )
}

pub fn trigger(schemas: &mut Schemas, workflows: &WorkflowList) -> Described {
    let inputs: Vec<_> = workflows
        .offered()
        .map(|it| schemas.hoist(&format!("{}.input", it.id()), it.input_schema()))
        .collect();
    of_workflow("Starts a run, or answers with the one that is open")
        .parameter(
            "header",
            "Idempotency-Key",
            "The same key with the same options gives the same run.",
            idempotency_key(),
        )
        .parameter("header", "traceparent", "W3C Trace Context.", text())
        .parameter(
            "query",
            "overlap",
            "What happens while another run of the workflow is open; `join` without it.",
            schemas.sent::<Overlap>(),
        )
        .body(false, json!({ "anyOf": inputs }))
        .answer(
            200,
            "The run there is: it is stored, and will begin.",
            JSON,
            schemas.of::<TriggerResponse>(),
        )
        .problem(ProblemType::InvalidIdempotencyKey)
        .problem(ProblemType::IdempotencyKeyReused)
        .problem(ProblemType::TooManyRuns)
        .problem(ProblemType::ToolDenied)
}

pub fn list(schemas: &mut Schemas) -> Described {
    let runs = of_workflow("Lists the caller's runs, newest first")
        .parameter(
            "query",
            "status",
            "Only this status.",
            schemas.sent::<RunStatusSchema>(),
        )
        .parameter(
            "query",
            "outcome",
            "Only those that ended like this.",
            schemas.sent::<OutcomeKind>(),
        )
        .parameter(
            "query",
            "since",
            "Only those that began then or later.",
            json!({ "type": "string", "format": "date-time" }),
        );
    paged(runs).answer(200, "A page.", JSON, schemas.of::<RunListResponse>())
}

pub fn latest(schemas: &mut Schemas) -> Described {
    runs("Lists the caller's latest run of each workflow that is hosted").answer(
        200,
        "One run of each workflow of which there is any.",
        JSON,
        schemas.of::<LatestRunsResponse>(),
    )
}

pub fn history(schemas: &mut Schemas) -> Described {
    of_workflow("Shows how what a workflow looks at has fared over its latest completed runs")
        .parameter(
            "query",
            "runs",
            "Over at most this many.",
            json!({
                "type": "integer", "minimum": 1, "maximum": MAX_RUNS, "default": DEFAULT_RUNS,
            }),
        )
        .answer(
            200,
            "A value of each thing for each run.",
            JSON,
            schemas.of::<HistoryResponse>(),
        )
        .problem(ProblemType::NotFound)
}

pub fn ended(schemas: &mut Schemas) -> Described {
    runs("Counts how the runs of the caller's organization have ended, by day; for operators")
        .parameter(
            "query",
            "days",
            "Of at most this many days, today among them.",
            json!({
                "type": "integer", "minimum": 1, "maximum": MAX_DAYS, "default": DEFAULT_DAYS,
            }),
        )
        .answer(200, "The counts.", JSON, schemas.of::<EndedResponse>())
        .problem(ProblemType::RoleRequired)
}

pub fn show(schemas: &mut Schemas) -> Described {
    one_run("Shows a run").answer(200, "The run.", JSON, schemas.of::<RunResponse>())
}

pub fn cancel(schemas: &mut Schemas) -> Described {
    one_run("Cancels a run; nothing new is written once this is answered")
        .answer(200, "Cancelled.", JSON, schemas.of::<RunStatusResponse>())
        .problem(ProblemType::WrongStatus)
}

pub fn resume(schemas: &mut Schemas) -> Described {
    one_run("Resumes a suspended run")
        .body(true, schemas.sent::<ResumeRequest>())
        .answer(200, "It goes on.", JSON, schemas.of::<RunStatusResponse>())
        .problem(ProblemType::AnotherMustDecide)
        .problem(ProblemType::AlreadyResumed)
        .problem(ProblemType::WrongStatus)
        .problem(ProblemType::WrongPayload)
}

pub fn events(schemas: &mut Schemas) -> Described {
    // The events are text, so their JSON is documented beside the media type.
    schemas.of::<RunEvent>();
    one_run("What happens to a run, as server-sent events")
        .problem(ProblemType::TooManyStreams)
        .parameter(
            "header",
            "Last-Event-ID",
            "The last event seen; only later ones are sent.",
            text(),
        )
        .answer(
            200,
            "Events, one described here; its `data` is a RunEvent, its `id` the position.",
            "text/event-stream",
            // One event, as OpenAPI 3.2 describes streams; 3.1 has no words for them.
            json!({
                "type": "object",
                "required": ["id", "data"],
                "properties": {
                    "id": { "type": "string", "pattern": "^[0-9]+$" },
                    "data": {
                        "type": "string",
                        "contentMediaType": "application/json",
                        "contentSchema": { "$ref": "#/components/schemas/RunEvent" },
                    },
                },
            }),
        )
}

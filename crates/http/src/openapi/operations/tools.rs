//! Single actions in connected apps.

use serde_json::{Value, json};

use super::{JSON, backed, idempotency_key, run_name, text};
use crate::offer::{DryRun, ToolCallFacts, ToolCallPending};
use crate::openapi::lists::ToolListResponse;
use crate::openapi::parts::{Access, Described};
use crate::openapi::schemas::Schemas;
use crate::wire::problem::ProblemType;
use onbehalf_connector::CallKind;
use onbehalf_tools::Registry;

pub fn list(schemas: &mut Schemas) -> Described {
    Described::new("tools", Access::Bearer, "Lists the tools").answer(
        200,
        "The tools.",
        JSON,
        schemas.of::<ToolListResponse>(),
    )
}

pub fn execute(schemas: &mut Schemas, tools: &Registry) -> Described {
    let ids: Vec<_> = tools.iter().map(|tool| tool.id()).collect();
    // What a tool of the catalogue takes stands in the list of tools.
    let mut inputs = vec![json!({ "type": "object" })];
    for tool in tools.iter() {
        inputs.push(schemas.hoist(&format!("{}.input", tool.id()), tool.schemas().input));
    }
    let dry_run = schemas.of::<DryRun>();
    let mut ended = outcomes(schemas, tools);
    if let Some(all) = ended["anyOf"].as_array_mut() {
        all.push(dry_run);
    }
    let described = Described::new("tools", Access::Bearer, "Runs a tool as the caller")
        .parameter(
            "path",
            "id",
            "The tool: one of these, or of the catalogue's that the caller is offered.",
            json!({ "anyOf": [{ "enum": ids }, { "type": "string" }] }),
        )
        .parameter(
            "query",
            "dryRun",
            "`true` lists what would be written and what the policy says of it, and writes nothing.",
            json!({ "type": "boolean", "default": false }),
        )
        .parameter(
            "query",
            "onMissingConnector",
            "For a write whose app is not connected: wait for the connection, or end.",
            json!({ "type": "string", "enum": ["suspend", "exit"], "default": "suspend" }),
        )
        .parameter(
            "header",
            "Idempotency-Key",
            "For writes. The same key gives the same call. Without one, the same tool with the same \
             arguments is the same call while that goes on and for a while after its end.",
            idempotency_key(),
        )
        .parameter("header", "traceparent", "W3C Trace Context.", text())
        .body(true, json!({ "anyOf": inputs }))
        .problem(ProblemType::ConnectorUnavailable)
        .problem(ProblemType::ConnectorFailed)
        .answer(
            200,
            "The outcome, by `status`; what a tool could not do is no HTTP error. That of a write has \
             the name of its call beside it.",
            JSON,
            ended,
        );
    pending(backed(described), schemas)
        .problem(ProblemType::ToolNotFound)
        .problem(ProblemType::ToolCallNotFound)
        .problem(ProblemType::RoleRequired)
        .problem(ProblemType::ToolDenied)
        .problem(ProblemType::InvalidIdempotencyKey)
        .problem(ProblemType::IdempotencyKeyReused)
        .problem(ProblemType::TooManyRuns)
}

pub fn call(schemas: &mut Schemas, tools: &Registry) -> Described {
    let ended = outcomes(schemas, tools);
    let described = Described::new("tools", Access::Bearer, "Shows what became of a write")
        .parameter("path", "callId", "The call's name.", run_name())
        .answer(200, "It has ended; its outcome, by `status`.", JSON, ended);
    pending(backed(described), schemas).problem(ProblemType::ToolCallNotFound)
}

/// A call that has not ended.
fn pending(described: Described, schemas: &mut Schemas) -> Described {
    described.answer(
        202,
        "A write that has not ended: it goes on, or waits for a connection or a decision.",
        JSON,
        schemas.of::<ToolCallPending>(),
    )
}

/// The outcomes of all tools; those of writes with the facts of their calls.
fn outcomes(schemas: &mut Schemas, tools: &Registry) -> Value {
    let facts = schemas.of::<ToolCallFacts>();
    let mut outcomes = Vec::new();
    for tool in tools.iter() {
        let outcome = schemas.hoist(&format!("{}.outcome", tool.id()), tool.schemas().outcome);
        outcomes.push(match tool.kind() {
            CallKind::Read => outcome,
            CallKind::Write => json!({ "allOf": [outcome, facts] }),
        });
    }
    // What a tool of the catalogue was answered by its app.
    outcomes.push(json!({
        "type": "object",
        "required": ["status", "data"],
        "properties": { "status": { "const": "success" }, "data": {} },
    }));
    json!({ "anyOf": outcomes })
}

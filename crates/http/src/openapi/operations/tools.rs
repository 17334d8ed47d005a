//! Single actions in connected apps.

use serde_json::json;

use super::JSON;
use crate::openapi::lists::ToolListResponse;
use crate::openapi::parts::{Access, Described};
use crate::openapi::schemas::Schemas;
use crate::wire::problem::ProblemType;
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
    let mut inputs = Vec::new();
    let mut outcomes = Vec::new();
    for tool in tools.iter() {
        let id = tool.id();
        let made = tool.schemas();
        inputs.push(schemas.hoist(&format!("{id}.input"), made.input));
        outcomes.push(schemas.hoist(&format!("{id}.outcome"), made.outcome));
    }
    Described::new("tools", Access::Bearer, "Runs a tool as the caller")
        .parameter(
            "path",
            "id",
            "The tool.",
            json!({ "type": "string", "enum": ids }),
        )
        .body(true, json!({ "anyOf": inputs }))
        .answer(
            200,
            "The outcome, by `status`; what a tool could not do is no HTTP error.",
            JSON,
            json!({ "anyOf": outcomes }),
        )
        .problem(ProblemType::ToolNotFound)
        .problem(ProblemType::RoleRequired)
}

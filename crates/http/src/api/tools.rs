//! Tools: what there is, running one as the caller, and what became of a write.
//!
//! Owns how a use of a tool is asked for over HTTP and how what came of it is answered. A tool that
//! ran and did not succeed is no HTTP error: its typed outcome is the answer.

use serde::Serialize;
use serde_json::value::RawValue;

use crate::offer::{CatalogueNote, OfferedTool, Origin, ToolCallPending, ToolUse, Used};
use crate::service::{Api, Handled};
use crate::sign_in::Caller;
use crate::wire::json_body;
use crate::wire::message::{ApiRequest, ApiResponse};
use crate::wire::problem::Problem;
use crate::wire::query::{Query, refused};
use crate::wire::request_headers::idempotency_key;
use onbehalf_connector::{CallKind, Connector};
use onbehalf_runs::RunId;
use onbehalf_runs::tool_call::AskedBy;

/// The parameters of running a tool.
pub const QUERY: [&str; 2] = ["dryRun", "onMissingConnector"];

impl Api {
    pub(crate) async fn list_tools(&self, caller: &Caller) -> Handled {
        let (tools, catalogue) = self.offer(caller).await?;
        // The same for everybody, and written down already.
        let Some(catalogue) = catalogue else {
            return Ok(ApiResponse::written_json(&self.descriptions.tools));
        };
        let list = OfferedList {
            tools: tools.iter().map(OfferedEntry::of).collect(),
            catalogue,
        };
        Ok(ApiResponse::json(200, &list))
    }

    pub(crate) async fn execute_tool(
        &self,
        caller: Caller,
        id: &str,
        request: &ApiRequest,
    ) -> Handled {
        let tool = self.offered_tool(&caller, id).await?;
        let query = Query::strict(request, &QUERY)?;
        let dry_run = query.get("dryRun").map(read_yes_or_no).transpose()?;
        let waits = query
            .get("onMissingConnector")
            .map(read_waits)
            .transpose()?;
        let idempotency_key = idempotency_key(request)?;
        let mut wanted = ToolUse::of(caller, tool, AskedBy::Api)?;
        wanted.idempotency_key = idempotency_key;
        wanted.dry_run = dry_run.unwrap_or(false);
        wanted.waits_for_connection = waits.unwrap_or(true);
        let arguments = json_body::required(request)?;
        let used = self.use_tool(wanted, arguments).await?;
        Ok(answer(used))
    }

    pub(crate) async fn get_tool_call(&self, caller: &Caller, call_id: RunId) -> Handled {
        let used = self.call_by_name(caller, call_id).await?;
        Ok(answer(used))
    }
}

/// The tools on offer to one caller: what [`ToolListResponse`](crate::openapi::lists::ToolListResponse)
/// describes, with schemas as they are written.
#[derive(Serialize)]
struct OfferedList<'a> {
    tools: Vec<OfferedEntry<'a>>,
    catalogue: CatalogueNote,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct OfferedEntry<'a> {
    id: &'a str,
    description: &'a str,
    connector: Connector,
    writes: bool,
    input_schema: &'a RawValue,
    #[serde(skip_serializing_if = "Option::is_none")]
    output_schema: Option<&'a RawValue>,
    origin: Origin,
}

impl<'a> OfferedEntry<'a> {
    fn of(tool: &'a OfferedTool<'_>) -> Self {
        Self {
            id: &tool.id,
            description: &tool.description,
            connector: tool.connector,
            writes: tool.kind == CallKind::Write,
            input_schema: &tool.input_schema,
            output_schema: tool.output_schema.as_deref(),
            origin: tool.origin,
        }
    }
}

/// What came of a use, as it is answered.
fn answer(used: Used) -> ApiResponse {
    match used {
        Used::Read(outcome) => ApiResponse::json(200, &outcome),
        Used::Written { outcome, call } => ApiResponse::json(200, &call.beside(outcome)),
        Used::Pending(pending) => goes_on(&pending),
        Used::Dry(dry) => ApiResponse::json(200, &dry),
    }
}

/// A call that has not ended.
fn goes_on(pending: &ToolCallPending) -> ApiResponse {
    let location = format!("/api/tool-calls/{}", pending.facts.call_id);
    ApiResponse::json(202, pending).with("location", &location)
}

fn read_yes_or_no(text: &str) -> Result<bool, Problem> {
    match text {
        "true" => Ok(true),
        "false" => Ok(false),
        _ => Err(refused("dryRun", "must be true or false")),
    }
}

/// Whether a call waits for a dead connection, as a run's input says it.
fn read_waits(text: &str) -> Result<bool, Problem> {
    match text {
        "suspend" => Ok(true),
        "exit" => Ok(false),
        _ => Err(refused("onMissingConnector", "must be suspend or exit")),
    }
}

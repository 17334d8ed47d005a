//! Tools: what there is, and running one as the caller.
//!
//! A tool that ran and did not succeed is no HTTP error: its typed outcome is the answer. What reads
//! is done here and now; what writes is a call of its own ([`super::tool_calls`]).

use serde_json::Value;

use super::tool_calls::{DryRun, DryWrite};
use crate::service::{Api, Handled, keepers_only};
use crate::sign_in::Caller;
use crate::wire::json_body;
use crate::wire::message::{ApiRequest, ApiResponse};
use crate::wire::problem::{Problem, ProblemType};
use crate::wire::query::{Query, refused};
use crate::wire::request_headers::idempotency_key;
use onbehalf_connector::{AlwaysPermit, CallFailure, CallKind, Violation};
use onbehalf_runs::ApprovalMode;
use onbehalf_runs::tool_call::{AskedBy, Decide, Question, ToolCallInput};
use onbehalf_tools::{ErasedTool, ErrorKind, ToolContext, ToolError, ToolOutcome};

/// The parameters of running a tool.
pub const QUERY: [&str; 2] = ["dryRun", "onMissingConnector"];

impl Api {
    pub(crate) fn list_tools(&self) -> ApiResponse {
        ApiResponse::written_json(&self.descriptions.tools)
    }

    pub(crate) async fn execute_tool(
        &self,
        caller: Caller,
        tool: &dyn ErasedTool,
        request: &ApiRequest,
    ) -> Handled {
        let query = Query::strict(request, &QUERY)?;
        let dry_run = query.get("dryRun").map(read_yes_or_no).transpose()?;
        let waits = query
            .get("onMissingConnector")
            .map(read_waits)
            .transpose()?;
        let idempotency_key = idempotency_key(request)?;
        if tool.kind() == CallKind::Write && !caller.keeps_accounts() {
            return Err(keepers_only());
        }
        let decision = self.settings.tool_policy.decide(&Question {
            tool: tool.id(),
            connector: tool.connector(),
            kind: tool.kind(),
            by: AskedBy::Api,
            context: &caller.context,
        });
        let input: Value = json_body::required(request)?;
        if dry_run == Some(true) {
            let arguments = tool.checked(input).map_err(refused_input)?;
            return Ok(ApiResponse::json(200, &dry(tool, decision, arguments)));
        }
        let approval = match decision {
            Decide::Allow => ApprovalMode::None,
            Decide::Ask => ApprovalMode::Required,
            Decide::Deny => {
                let detail = "The policy of this service does not allow this call.";
                return Err(Problem::new(ProblemType::ToolDenied, detail));
            }
        };
        if tool.kind() == CallKind::Read {
            return self.read_with(tool, &caller, input).await;
        }
        let call = ToolCallInput {
            tool: tool.id().to_owned(),
            arguments: tool.checked(input).map_err(refused_input)?,
            by: AskedBy::Api,
            approval,
            waits_for_connection: waits.unwrap_or(true),
        };
        self.call_tool(caller, &call, idempotency_key).await
    }

    /// Reads, here and now: what is read twice does no harm.
    async fn read_with(&self, tool: &dyn ErasedTool, caller: &Caller, input: Value) -> Handled {
        let context = ToolContext::from_keys(
            Some(&caller.context.user_id),
            Some(caller.context.scalekit_identifier.as_str()),
        )
        .map(|context| context.with_trace_id(caller.context.trace_id.clone()))
        .map_err(|missing| {
            Problem::new(ProblemType::Forbidden, format!("{missing}."))
                .with("missing", missing.keys)
        })?;
        let outcome = tool
            .execute(&self.scalekit, &context, input, &AlwaysPermit)
            .await;
        match outcome {
            ToolOutcome::Error(ToolError {
                kind: ErrorKind::InvalidInput,
                violations,
                ..
            }) => Err(not_accepted(violations)),
            outcome => Ok(ApiResponse::json(200, &outcome)),
        }
    }
}

/// What a call would write.
fn dry(tool: &dyn ErasedTool, decision: Decide, arguments: Value) -> DryRun {
    let write = (tool.kind() == CallKind::Write).then(|| DryWrite {
        tool: tool.id().to_owned(),
        connector: tool.connector(),
        arguments,
    });
    DryRun {
        dry_run: true,
        decision,
        writes: write.into_iter().collect(),
    }
}

/// The problem of an input that is not accepted.
fn refused_input(failure: CallFailure) -> Problem {
    match failure {
        CallFailure::InvalidInput { violations } => not_accepted(violations),
        // Nothing else is found out without asking anybody.
        _ => Problem::internal(),
    }
}

fn not_accepted(violations: Vec<Violation>) -> Problem {
    let first = violations.first();
    let field = first.map(|it| it.field.as_str()).unwrap_or_default();
    let field = if field.is_empty() { "." } else { field }.to_owned();
    let why = first.map_or("not accepted", |it| it.description.as_str());
    let detail = format!("{field}: {why}");
    let violations = serde_json::to_value(&violations).unwrap_or_default();
    let problem = Problem::new(ProblemType::InvalidBody, detail);
    problem.with("field", field).with("violations", violations)
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

//! Tools: what there is, and running one as the caller.
//!
//! A tool that ran and did not succeed is no HTTP error: its typed outcome is the answer.

use serde_json::Value;

use crate::service::{Api, Handled, keepers_only};
use crate::sign_in::Caller;
use crate::wire::json_body;
use crate::wire::message::{ApiRequest, ApiResponse};
use crate::wire::problem::{Problem, ProblemType};
use onbehalf_connector::{AlwaysPermit, CallKind};
use onbehalf_tools::{ErasedTool, ToolContext};

impl Api {
    pub(crate) fn list_tools(&self) -> ApiResponse {
        ApiResponse::written_json(&self.descriptions.tools)
    }

    pub(crate) async fn execute_tool(
        &self,
        caller: &Caller,
        tool: &dyn ErasedTool,
        request: &ApiRequest,
    ) -> Handled {
        if tool.kind() == CallKind::Write && !caller.keeps_accounts() {
            return Err(keepers_only());
        }
        let input: Value = json_body::required(request)?;
        let context = ToolContext::from_keys(
            Some(&caller.context.user_id),
            Some(caller.context.scalekit_identifier.as_str()),
        )
        .map(|context| context.with_trace_id(caller.context.trace_id.clone()))
        .map_err(|missing| {
            Problem::new(ProblemType::Forbidden, format!("{missing}."))
                .with("missing", missing.keys)
        })?;
        // No run owns this call, so nothing can have withdrawn it.
        let outcome = tool
            .execute_json(&self.scalekit, &context, input, &AlwaysPermit)
            .await;
        match refused_input(&outcome) {
            Some(problem) => Err(problem),
            None => Ok(ApiResponse::json(200, &outcome)),
        }
    }
}

/// The problem of an outcome that says the caller's input was not accepted.
fn refused_input(outcome: &Value) -> Option<Problem> {
    if outcome.get("status")? != "error" || outcome.get("kind")? != "invalid_input" {
        return None;
    }
    let violations = outcome.get("violations").cloned().unwrap_or_default();
    let first = violations.get(0);
    let text = |key| first.and_then(|it| it.get(key)).and_then(Value::as_str);
    let field = text("field")
        .filter(|field| !field.is_empty())
        .unwrap_or(".");
    let detail = format!("{field}: {}", text("description").unwrap_or("not accepted"));
    let problem = Problem::new(ProblemType::InvalidBody, detail);
    Some(problem.with("field", field).with("violations", violations))
}

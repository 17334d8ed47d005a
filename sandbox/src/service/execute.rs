//! Executing a tool as a user.

use serde_json::{Value, json};

use super::error::{failure, invalid, tool_error};
use super::message::{Reply, Request};
use crate::world::faults::Rule;
use crate::world::{Call, Params, Refused, World};

pub(super) fn execute(world: &mut World, request: &Request, fault: &Rule, now_ms: i64) -> Reply {
    let body = request.json();
    let text = |name: &str| body.get(name).and_then(Value::as_str).unwrap_or_default();
    let (tool, identifier) = (text("tool_name"), text("identifier"));
    if tool.is_empty() || identifier.is_empty() {
        return failure(
            400,
            "VALIDATION_ERROR",
            "tool_name and identifier are required",
        );
    }
    let empty = Params::new();
    let call = Call {
        tool,
        identifier,
        params: body
            .get("params")
            .and_then(Value::as_object)
            .unwrap_or(&empty),
        run: text("agent_run_id"),
    };
    let mut webhooks = Vec::new();
    let connector = crate::world::catalogue::connector_of(tool).unwrap_or_default();
    if let Some(status) = &fault.set_status
        && world.vault.get(identifier, connector).is_some()
    {
        webhooks.push(world.vault.put(identifier, connector, status, now_ms).data);
    }
    let execution_id = world.vault.fresh("exec");
    let reply = match world.execute(&call, fault, now_ms) {
        Ok(executed) => Reply::json(
            200,
            &json!({ "data": executed.data, "execution_id": execution_id }),
        ),
        Err(Refused::UnknownTool) => {
            failure(404, "TOOL_NOT_FOUND", &format!("tool {tool} not found"))
        }
        Err(Refused::NoAccount(connector)) => failure(
            404,
            "CONNECTED_ACCOUNT_NOT_FOUND",
            &format!("connected account for {connector} not found or not active"),
        ),
        Err(Refused::Invalid(violations)) => invalid(&violations),
        Err(Refused::Provider(error)) => tool_error(&error, &execution_id),
    };
    Reply { webhooks, ..reply }
}

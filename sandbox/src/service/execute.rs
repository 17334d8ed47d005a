//! Executing a tool as a user.

use serde_json::{Value, json};

use super::error::{failure, invalid, missing, tool_error};
use super::lengths::{self, Checks};
use super::message::{Reply, Request};
use crate::world::faults::Rule;
use crate::world::vault::AccountEvent;
use crate::world::{Call, Params, Refused, World, catalogue};

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
    let mut checks = Checks::of(world.manners.lengths);
    checks.connection("connector", text("connector"));
    checks.longest("agent_run_id", text("agent_run_id"), lengths::AGENT_RUN_ID);
    if let Some(refused) = checks.refusal() {
        return refused;
    }
    let empty = Params::new();
    let call = Call {
        tool,
        identifier,
        connection: Some(text("connector")).filter(|name| !name.is_empty()),
        params: body
            .get("params")
            .and_then(Value::as_object)
            .unwrap_or(&empty),
        run: text("agent_run_id"),
    };
    let webhooks = announce(world, &call, fault, now_ms);
    let execution_id = world.vault.fresh("exec");
    let reply = match world.execute(&call, fault, now_ms) {
        // An app that answers with nothing leaves nothing to pass on.
        Ok(executed) if executed.data.is_null() => {
            Reply::json(200, &json!({ "execution_id": execution_id }))
        }
        Ok(executed) => Reply::json(
            200,
            &json!({ "data": executed.data, "execution_id": execution_id }),
        ),
        Err(Refused::UnknownTool) => missing(&world.manners, "TOOL_NOT_FOUND", || {
            format!("tool {tool} not found")
        }),
        Err(Refused::NoAccount(connection)) => {
            missing(&world.manners, "CONNECTED_ACCOUNT_NOT_FOUND", || {
                format!("connected account for {connection} not found or not active")
            })
        }
        Err(Refused::Invalid(violations)) => invalid(&violations),
        Err(Refused::Provider(error)) => tool_error(&world.manners, &error, &execution_id),
    };
    Reply { webhooks, ..reply }
}

/// Changes the account's status where a fault says so.
fn announce(world: &mut World, call: &Call<'_>, fault: &Rule, now_ms: i64) -> Vec<AccountEvent> {
    let Some(status) = &fault.set_status else {
        return Vec::new();
    };
    let provider = catalogue::connector_of(call.tool).unwrap_or_default();
    let of_provider = world.manners.connections.of_provider(provider);
    let names: Vec<String> = match call.connection {
        Some(name) => vec![name.to_owned()],
        None => of_provider.map(str::to_owned).collect(),
    };
    names
        .iter()
        .filter_map(|name| {
            let account = world.vault.get_mut(call.identifier, name)?;
            Some(account.set(status, now_ms))
        })
        .collect()
}

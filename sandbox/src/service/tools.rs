//! Listing tools.

use serde_json::{Value, json};

use super::message::{Reply, Request};
use crate::world::{World, catalogue};

pub(super) fn list(world: &World, request: &Request) -> Reply {
    let identifier = request.one("identifier");
    let scoped = request.path.ends_with("/scoped");
    let active = |connector: &str| {
        let account = identifier.and_then(|it| world.vault.get(it, connector));
        account.is_some_and(|account| account.status == "ACTIVE")
    };
    let tools: Vec<Value> = catalogue::tools()
        .filter(|(connector, _)| !scoped || active(connector))
        .map(|(connector, name)| {
            let tool =
                json!({ "provider": connector.to_uppercase(), "definition": { "name": name } });
            if scoped {
                json!({ "identifier": identifier, "tool": tool })
            } else {
                tool
            }
        })
        .collect();
    Reply::json(
        200,
        &json!({ "tools": tools, "total_size": tools.len(), "next_page_token": "" }),
    )
}

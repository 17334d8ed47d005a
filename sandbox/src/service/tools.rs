//! Listing tools.

use serde_json::{Value, json};

use super::lengths::{self, Checks};
use super::message::{Reply, Request};
use crate::world::{World, catalogue};

pub(super) fn list(world: &World, request: &Request) -> Reply {
    let identifier = request.one("identifier");
    let mut checks = Checks::of(world.manners.lengths);
    checks.longest(
        "identifier",
        identifier.unwrap_or_default(),
        lengths::IDENTIFIER,
    );
    if let Some(refused) = checks.refusal() {
        return refused;
    }
    let scoped = request.path.ends_with("/scoped");
    let connections = &world.manners.connections;
    let active = |provider: &str| {
        let mut names = connections.of_provider(provider);
        names.any(|name| {
            let account = identifier.and_then(|it| world.vault.get(it, name));
            account.is_some_and(|account| account.status == "ACTIVE")
        })
    };
    let offered = |provider: &str| match scoped {
        true => active(provider),
        false => connections.has_provider(provider),
    };
    let tools: Vec<Value> = catalogue::tools()
        .filter(|(provider, _)| offered(provider))
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

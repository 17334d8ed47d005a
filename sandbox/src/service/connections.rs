//! Listing the workspace's connections: what an operator set up, not what users connected.
//!
//! The call and its members are those of Scalekit's SDKs (`ListAppConnections`); a connection's name
//! is its `key_id`.

use serde_json::{Value, json};

use super::lengths::Checks;
use super::message::{Reply, Request};
use super::pages::Page;
use crate::world::World;

pub(super) fn list(world: &World, request: &Request) -> Reply {
    let page = match Page::asked(request) {
        Ok(page) => page,
        Err(refused) => return refused,
    };
    let mut checks = Checks::of(world.manners.lengths);
    checks.connections_page_size(page.size);
    if let Some(refused) = checks.refusal() {
        return refused;
    }
    let all: Vec<Value> = world
        .manners
        .connections
        .iter()
        .map(|(name, connection)| {
            json!({
                "id": format!("conn_{name}"),
                "key_id": name,
                "provider_key": connection.provider.to_ascii_uppercase(),
                "type": connection.kind.name(),
                "status": "COMPLETED",
                "enabled": !connection.disabled,
            })
        })
        .collect();
    let (page, token) = page.of(&all);
    Reply::json(
        200,
        &json!({ "connections": page, "total_size": all.len(), "next_page_token": token,
            "prev_page_token": "" }),
    )
}

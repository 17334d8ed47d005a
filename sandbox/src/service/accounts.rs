//! Listing and removing connected accounts.

use serde_json::{Value, json};

use super::error::{failure, missing};
use super::lengths::{self, Checks};
use super::message::{Reply, Request};
use crate::world::World;

/// Names one list call may ask for.
const NAMES: usize = 20;
/// Page size when none is asked for.
const PAGE: usize = 10;
/// Largest page.
const PAGE_MOST: usize = 100;

pub(super) fn list(world: &World, request: &Request) -> Reply {
    let names = request.all("connection_names");
    let connector = request.one("connector");
    if names.len() > NAMES || (!names.is_empty() && connector.is_some()) {
        return failure(
            400,
            "VALIDATION_ERROR",
            "at most 20 connection_names, and not with connector",
        );
    }
    let number = |name: &str, default| match request.one(name) {
        None | Some("") => Some(default),
        Some(text) => text.parse::<usize>().ok(),
    };
    let (Some(size), Some(offset)) = (number("page_size", PAGE), number("page_token", 0)) else {
        return failure(
            400,
            "VALIDATION_ERROR",
            "page_size or page_token is not valid",
        );
    };
    let mut checks = Checks::of(world.manners.lengths);
    let one = |name: &str| request.one(name).unwrap_or_default();
    checks.longest("identifier", one("identifier"), lengths::IDENTIFIER);
    checks.longest("page_token", one("page_token"), lengths::PAGE_TOKEN);
    checks.connection("connector", one("connector"));
    for name in &names {
        checks.connection("connection_names", name);
    }
    checks.page_size(size);
    if let Some(refused) = checks.refusal() {
        return refused;
    }
    let size = size.clamp(1, PAGE_MOST);
    let all: Vec<Value> = world
        .vault
        .accounts()
        .filter(|account| {
            request
                .one("identifier")
                .is_none_or(|it| it == account.identifier)
                && connector.is_none_or(|it| it == account.connector)
                && (names.is_empty() || names.contains(&account.connector.as_str()))
        })
        .map(crate::world::vault::Account::json)
        .collect();
    let page: Vec<&Value> = all.iter().skip(offset).take(size).collect();
    let next = offset + page.len();
    let token = if next < all.len() {
        next.to_string()
    } else {
        String::new()
    };
    Reply::json(
        200,
        &json!({ "connected_accounts": page, "next_page_token": token,
        "prev_page_token": "", "total_size": all.len() }),
    )
}

pub(super) fn delete(world: &mut World, request: &Request) -> Reply {
    let body = request.json();
    let text = |name: &str| body.get(name).and_then(Value::as_str).unwrap_or_default();
    let mut checks = Checks::of(world.manners.lengths);
    checks.longest("identifier", text("identifier"), lengths::IDENTIFIER);
    checks.connection("connector", text("connector"));
    if let Some(refused) = checks.refusal() {
        return refused;
    }
    if world.vault.remove(text("identifier"), text("connector")) {
        Reply::json(200, &json!({}))
    } else {
        missing(&world.manners, "NOT_FOUND", || {
            "connected account not found".to_owned()
        })
    }
}

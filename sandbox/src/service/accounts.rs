//! Listing, making, looking at and removing connected accounts.

use serde_json::{Value, json};

use super::error::{failure, missing};
use super::lengths::{self, Checks};
use super::message::{Reply, Request};
use super::pages::Page;
use crate::world::World;
use crate::world::vault::Account;

/// Names one list call may ask for.
const NAMES: usize = 20;

/// What of an account is shown.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Shown {
    /// What somebody could act with, too.
    WithCredentials,
    /// Nothing that is secret.
    WithoutCredentials,
}

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
    let page = match Page::asked(request) {
        Ok(page) => page,
        Err(refused) => return refused,
    };
    let mut checks = Checks::of(world.manners.lengths);
    let one = |name: &str| request.one(name).unwrap_or_default();
    checks.longest("identifier", one("identifier"), lengths::IDENTIFIER);
    checks.longest("page_token", one("page_token"), lengths::PAGE_TOKEN);
    checks.connection("connector", one("connector"));
    for name in &names {
        checks.connection("connection_names", name);
    }
    checks.page_size(page.size);
    if let Some(refused) = checks.refusal() {
        return refused;
    }
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
        .map(Account::json)
        .collect();
    let (page, token) = page.of(&all);
    Reply::json(
        200,
        &json!({ "connected_accounts": page, "next_page_token": token,
        "prev_page_token": "", "total_size": all.len() }),
    )
}

/// The account of this id; without one, of this person at this connection.
fn named<'a>(world: &'a World, id: &str, identifier: &str, connector: &str) -> Option<&'a Account> {
    match id {
        "" => world.vault.get(identifier, connector),
        id => world.vault.accounts().find(|account| account.id == id),
    }
}

/// One account, by id or by whose it is.
pub(super) fn one(world: &World, request: &Request, shown: Shown) -> Reply {
    let one = |name: &str| request.one(name).unwrap_or_default();
    let (id, connector, identifier) = (one("id"), one("connector"), one("identifier"));
    let mut checks = Checks::of(world.manners.lengths);
    checks.longest("identifier", identifier, lengths::IDENTIFIER);
    checks.connection("connector", connector);
    if let Some(refused) = checks.refusal() {
        return refused;
    }
    match named(world, id, identifier, connector) {
        Some(account) => {
            let mut json = account.json();
            if shown == Shown::WithCredentials {
                json["authorization_details"] = account.credentials();
            }
            Reply::json(200, &json!({ "connected_account": json }))
        }
        None => missing(&world.manners, "NOT_FOUND", || {
            "connected account not found".to_owned()
        }),
    }
}

/// An account that nobody has connected yet.
pub(super) fn create(world: &mut World, request: &Request, now_ms: i64) -> Reply {
    let body = request.json();
    let text = |name: &str| body.get(name).and_then(Value::as_str).unwrap_or_default();
    let (name, identifier) = (text("connector"), text("identifier"));
    let mut checks = Checks::of(world.manners.lengths);
    checks.longest("identifier", identifier, lengths::IDENTIFIER);
    checks.connection("connector", name);
    if let Some(refused) = checks.refusal() {
        return refused;
    }
    let Some(connection) = world.manners.connections.get(name) else {
        return missing(&world.manners, "NOT_FOUND", || {
            "connector is not configured in this environment".to_owned()
        });
    };
    if world.vault.get(identifier, name).is_some() {
        return failure(409, "ALREADY_EXISTS", "the connected account exists");
    }
    let vault = &mut world.vault;
    let change = vault.put(identifier, (name, connection), "PENDING_AUTH", now_ms);
    let account = vault.get(identifier, name).map(Account::json);
    Reply {
        webhooks: vec![change],
        ..Reply::json(201, &json!({ "connected_account": account }))
    }
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
    let account = named(world, text("id"), text("identifier"), text("connector"));
    let Some(account) = account.cloned() else {
        return missing(&world.manners, "NOT_FOUND", || {
            "connected account not found".to_owned()
        });
    };
    world.vault.remove(&account.identifier, &account.connector);
    Reply {
        webhooks: vec![account.deleted()],
        ..Reply::json(200, &json!({}))
    }
}

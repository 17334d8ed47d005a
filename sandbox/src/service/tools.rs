//! Listing tools.

use serde_json::{Value, json};

use super::lengths::{self, Checks};
use super::message::{Reply, Request};
use super::pages::Page;
use crate::world::{World, catalogue};

/// What a question about somebody's tools is narrowed by; one of them has to be there.
const FILTERS: [&str; 4] = [
    "filter",
    "filter.connection_names",
    "filter.providers",
    "filter.tool_names",
];

/// Of the three lists: all tools, those with a connection, those of somebody's accounts.
pub(super) fn list(world: &World, request: &Request) -> Reply {
    let identifier = request.one("identifier").unwrap_or_default();
    let mut checks = Checks::of(world.manners.lengths);
    checks.longest("identifier", identifier, lengths::IDENTIFIER);
    let scoped = request.path.ends_with("/scoped");
    if scoped {
        checks.present("identifier", !identifier.is_empty());
        checks.present("filter", FILTERS.iter().any(|it| request.one(it).is_some()));
    }
    if let Some(refused) = checks.refusal() {
        return refused;
    }
    let page = match Page::asked(request) {
        Ok(page) => page,
        Err(refused) => return refused,
    };
    let all: Vec<Value> = if scoped {
        of_accounts(world, request, identifier)
    } else {
        let connections = &world.manners.connections;
        catalogue::tools()
            .filter(|(provider, _)| connections.has_provider(provider))
            .map(|(provider, name)| described(provider, &name))
            .collect()
    };
    let (page, token) = page.of(&all);
    Reply::json(
        200,
        &json!({ "tools": page, "total_size": all.len(), "next_page_token": token,
            "prev_page_token": "" }),
    )
}

/// The tools of the accounts that somebody has connected, as far as the filter asks for them.
fn of_accounts(world: &World, request: &Request, identifier: &str) -> Vec<Value> {
    let asked = |filter: &str, value: &str| {
        let all = request.all(filter);
        all.is_empty() || all.iter().any(|it| it.eq_ignore_ascii_case(value))
    };
    let accounts = world.vault.accounts().filter(|account| {
        account.identifier == identifier
            && account.status == "ACTIVE"
            && asked("filter.connection_names", &account.connector)
            && asked("filter.providers", &account.provider)
    });
    let tools = accounts.flat_map(|account| {
        catalogue::tools()
            .filter(|(provider, _)| *provider == account.provider)
            .map(move |(provider, name)| (account, provider, name))
    });
    tools
        .filter(|(_, _, name)| asked("filter.tool_names", name))
        .map(|(account, provider, name)| {
            json!({ "identifier": identifier, "connected_account_id": account.id,
                "tool": described(provider, &name) })
        })
        .collect()
}

fn described(provider: &str, name: &str) -> Value {
    let words = name.strip_prefix(provider).unwrap_or(name);
    let words = words.trim_start_matches('_').replace('_', " ");
    json!({ "provider": provider.to_uppercase(),
        "definition": { "name": name, "display_name": words,
            "description": format!("What {provider} calls: {words}."),
            "input_schema": catalogue::input_schema(name) } })
}

//! Magic links, consent, and the verification of who consented.

use serde_json::{Value, json};

use super::error::failure;
use super::message::{Reply, Request};
use crate::world::World;
use crate::world::time::iso;
use crate::world::vault::{LINK_LIFETIME_MS, Link};

pub(super) fn magic_link(
    world: &mut World,
    request: &Request,
    now_ms: i64,
    base_url: &str,
) -> Reply {
    let body = request.json();
    let text = |name: &str| {
        body.get(name)
            .and_then(Value::as_str)
            .unwrap_or_default()
            .to_owned()
    };
    let (connector, identifier, url) = (
        text("connector"),
        text("identifier"),
        text("user_verify_url"),
    );
    if !World::apps().contains(&connector.as_str()) {
        return failure(
            400,
            "VALIDATION_ERROR",
            "connector is not configured in this environment",
        );
    }
    if identifier.is_empty() || url::Url::parse(&url).is_err() {
        return failure(
            400,
            "VALIDATION_ERROR",
            "identifier and user_verify_url are required",
        );
    }
    let mut webhooks = Vec::new();
    if world.vault.get(&identifier, &connector).is_none() {
        webhooks.push(
            world
                .vault
                .put(&identifier, &connector, "PENDING_AUTH", now_ms)
                .data,
        );
    }
    let token = world.vault.fresh("link");
    let expires_ms = now_ms + LINK_LIFETIME_MS;
    let link = Link {
        identifier,
        connector,
        user_verify_url: url,
        state: text("state"),
        expires_ms,
        auth_request_id: None,
    };
    world.vault.links.insert(token.clone(), link);
    let answer = json!({ "link": format!("{base_url}/magic/{token}"), "expiry": iso(expires_ms) });
    Reply {
        webhooks,
        ..Reply::json(200, &answer)
    }
}

pub(super) fn open_link<'a>(world: &'a World, token: &str, now_ms: i64) -> Option<&'a Link> {
    let link = world.vault.links.get(token)?;
    (now_ms < link.expires_ms && link.auth_request_id.is_none()).then_some(link)
}

pub(super) fn decide(
    world: &mut World,
    token: &str,
    allow: bool,
    now_ms: i64,
) -> Option<(String, Vec<Value>)> {
    open_link(world, token, now_ms)?;
    let request_id = world.vault.fresh("auth");
    let link = world.vault.links.get_mut(token)?;
    let mut url = url::Url::parse(&link.user_verify_url).ok()?;
    if !allow {
        url.query_pairs_mut()
            .append_pair("error", "access_denied")
            .append_pair("state", &link.state);
        link.auth_request_id = Some(String::new());
        return Some((url.into(), Vec::new()));
    }
    link.auth_request_id = Some(request_id.clone());
    url.query_pairs_mut()
        .append_pair("auth_request_id", &request_id)
        .append_pair("state", &link.state);
    let (identifier, connector) = (link.identifier.clone(), link.connector.clone());
    let change = world
        .vault
        .put(&identifier, &connector, "PENDING_VERIFICATION", now_ms);
    Some((url.into(), vec![change.data]))
}

pub(super) fn verify(world: &mut World, request: &Request, now_ms: i64) -> Reply {
    let body = request.json();
    let text = |name: &str| body.get(name).and_then(Value::as_str).unwrap_or_default();
    let (id, identifier) = (text("auth_request_id"), text("identifier"));
    if id.is_empty() || identifier.is_empty() {
        return failure(
            400,
            "VALIDATION_ERROR",
            "auth_request_id and identifier are required",
        );
    }
    let found = world
        .vault
        .links
        .iter()
        .find(|(_, link)| link.auth_request_id.as_deref() == Some(id));
    let Some((token, link)) = found.map(|(token, link)| (token.clone(), link.clone())) else {
        return failure(
            404,
            "NOT_FOUND",
            "the authorization request is unknown or was used",
        );
    };
    if link.identifier != identifier {
        return failure(
            403,
            "PERMISSION_DENIED",
            "the identifier is not the one that began",
        );
    }
    world.vault.links.remove(&token);
    let change = world
        .vault
        .put(identifier, &link.connector, "ACTIVE", now_ms);
    if let Some(account) = world.vault.get_mut(identifier, &link.connector) {
        account.renew();
    }
    Reply {
        webhooks: vec![change.data],
        ..Reply::json(200, &json!({ "post_user_verify_redirect_url": "" }))
    }
}

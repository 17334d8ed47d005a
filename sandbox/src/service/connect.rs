//! Magic links, consent, and the verification of who consented.

use serde_json::{Value, json};

use super::error::{failure, missing};
use super::lengths::{self, Checks};
use super::message::{Reply, Request};
use crate::world::World;
use crate::world::connections::{Connection, Kind};
use crate::world::manners::{Denial, KeyEntered, Missing, Verification};
use crate::world::time::iso;
use crate::world::vault::{AccountEvent, LINK_LIFETIME_MS, Link};

/// What became of a consent page.
#[derive(Clone, Debug, PartialEq)]
pub struct Decision {
    /// Where the browser goes.
    pub next: Next,
    /// What is announced.
    pub webhooks: Vec<AccountEvent>,
}

/// Where a browser goes from a consent page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Next {
    /// To the application.
    Redirect(String),
    /// Nowhere: Scalekit says that it is done.
    Connected,
    /// Nowhere: Scalekit says that it was denied.
    Denied,
    /// Nowhere: the application named no place to verify its user at.
    NothingToVerify,
}

pub(super) fn magic_link(
    world: &mut World,
    request: &Request,
    now_ms: i64,
    base_url: &str,
) -> Reply {
    let body = request.json();
    let text = |name: &str| body.get(name).and_then(Value::as_str).unwrap_or_default();
    let (name, identifier, url) = (
        text("connector"),
        text("identifier"),
        text("user_verify_url"),
    );
    let mut checks = Checks::of(world.manners.lengths);
    checks.connection("connector", name);
    checks.longest("identifier", identifier, lengths::IDENTIFIER);
    checks.longest("state", text("state"), lengths::STATE);
    checks.url("user_verify_url", url);
    if let Some(refused) = checks.refusal() {
        return refused;
    }
    let Some(connection) = world.manners.connections.get(name) else {
        return match world.manners.missing {
            Missing::Named => {
                let words = "connector is not configured in this environment";
                failure(400, "VALIDATION_ERROR", words)
            }
            _ => missing(&world.manners, "NOT_FOUND", String::new),
        };
    };
    if identifier.is_empty() || !(url.is_empty() || url::Url::parse(url).is_ok()) {
        return failure(
            400,
            "VALIDATION_ERROR",
            "identifier is required, and user_verify_url is an address",
        );
    }
    let mut webhooks = Vec::new();
    if world.vault.get(identifier, name).is_none() {
        let change = world
            .vault
            .put(identifier, (name, connection), "PENDING_AUTH", now_ms);
        webhooks.push(change);
    }
    let token = world.vault.fresh("link");
    let expires_ms = now_ms + LINK_LIFETIME_MS;
    let link = Link {
        identifier: identifier.to_owned(),
        connector: name.to_owned(),
        user_verify_url: Some(url.to_owned()).filter(|url| !url.is_empty()),
        state: text("state").to_owned(),
        expires_ms,
        used: false,
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
    (now_ms < link.expires_ms && !link.used).then_some(link)
}

pub(super) fn decide(world: &mut World, token: &str, allow: bool, now_ms: i64) -> Option<Decision> {
    open_link(world, token, now_ms)?;
    let request_id = world.vault.fresh("auth");
    let link = world.vault.links.get_mut(token)?;
    link.used = true;
    let connection = world.manners.connections.get(&link.connector)?.clone();
    let back = |pairs: &[(&str, &str)]| {
        let mut url = url::Url::parse(link.user_verify_url.as_deref()?).ok()?;
        url.query_pairs_mut().extend_pairs(pairs);
        Some(Next::Redirect(url.into()))
    };
    let state = ("state", link.state.as_str());
    if !allow {
        let next = match world.manners.denial {
            Denial::RedirectWithError => back(&[("error", "access_denied"), state]),
            Denial::Redirect => back(&[state]),
            Denial::Page => None,
        };
        return Some(Decision {
            next: next.unwrap_or(Next::Denied),
            webhooks: Vec::new(),
        });
    }
    let (status, next) = match (connection.kind, world.manners.verification) {
        (Kind::ApiKey, _) => {
            let next = match world.manners.key_entered {
                KeyEntered::Page => None,
                KeyEntered::Redirect => back(&[state]),
            };
            ("ACTIVE", next.unwrap_or(Next::Connected))
        }
        (Kind::Oauth, Verification::ScalekitUsers) => ("ACTIVE", Next::Connected),
        (Kind::Oauth, Verification::Custom) => {
            let Some(next) = back(&[("auth_request_id", &request_id), state]) else {
                return Some(Decision {
                    next: Next::NothingToVerify,
                    webhooks: Vec::new(),
                });
            };
            link.auth_request_id = Some(request_id);
            ("PENDING_VERIFICATION", next)
        }
    };
    let (identifier, name) = (link.identifier.clone(), link.connector.clone());
    let change = connected(world, &identifier, (&name, &connection), status, now_ms);
    Some(Decision {
        next,
        webhooks: vec![change],
    })
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
    let mut checks = Checks::of(world.manners.lengths);
    checks.longest("auth_request_id", id, lengths::AUTH_REQUEST_ID);
    checks.longest("identifier", identifier, lengths::VERIFIED_IDENTIFIER);
    if let Some(refused) = checks.refusal() {
        return refused;
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
    let Some(connection) = world.manners.connections.get(&link.connector).cloned() else {
        return missing(&world.manners, "NOT_FOUND", String::new);
    };
    let connection = (link.connector.as_str(), &connection);
    let change = connected(world, identifier, connection, "ACTIVE", now_ms);
    Reply {
        webhooks: vec![change],
        ..Reply::json(200, &json!({ "post_user_verify_redirect_url": "" }))
    }
}

/// Sets an account's status after its user connected; one that is active has a new credential.
fn connected(
    world: &mut World,
    identifier: &str,
    connection: (&str, &Connection),
    status: &str,
    now_ms: i64,
) -> AccountEvent {
    let change = world.vault.put(identifier, connection, status, now_ms);
    if status == "ACTIVE"
        && let Some(account) = world.vault.get_mut(identifier, connection.0)
    {
        account.renew();
    }
    change
}

//! Scalekit's REST paths as a pure function of the world.
//!
//! [`Service::handle`] is the only entrance: the HTTP server calls it for every request, and simulations
//! drive it in process. Shapes are those of Scalekit's API description.

mod accounts;
mod connect;
mod connections;
mod error;
mod execute;
mod lengths;
mod message;
mod pages;
mod tools;

pub use connect::{Decision, Next};
pub use message::{Reply, Request};

use serde_json::json;

use crate::world::World;
use crate::world::faults::{Landing, Rule};
use crate::world::limits::Rate;
use accounts::Shown;
use error::failure;

/// The environment's client id.
pub const CLIENT_ID: &str = "skc_sandbox";
/// The environment's client secret. Opens nothing but this sandbox.
pub const CLIENT_SECRET: &str = "sandbox-client-secret";
/// Prefix of access tokens; what follows is when they expire, in milliseconds.
const TOKEN_PREFIX: &str = "sandbox-token";
/// How long an access token is good, in seconds.
const TOKEN_SECONDS: i64 = 3600;

/// Scalekit: the world, and what Scalekit itself keeps.
pub struct Service {
    /// The world.
    pub world: World,
    /// Access tokens of an earlier generation are refused.
    generation: u64,
}

impl Service {
    /// Scalekit over a world.
    pub fn new(world: World) -> Self {
        Self {
            world,
            generation: 0,
        }
    }

    /// Makes all access tokens invalid.
    pub fn expire_tokens(&mut self) {
        self.generation += 1;
    }

    /// Answers a request. `base_url` is where this service is reached.
    pub fn handle(&mut self, request: &Request, now_ms: i64, base_url: &str) -> Reply {
        let endpoint = match (request.method.as_str(), request.path.as_str()) {
            ("POST", "/oauth/token") => "token",
            ("GET", "/api/v1/connections/app") => "list_connections",
            ("GET", "/api/v1/connected_accounts") => "list_accounts",
            ("POST", "/api/v1/connected_accounts") => "create_account",
            ("GET", "/api/v1/connected_accounts/auth") => "account_auth",
            ("GET", "/api/v1/connected_accounts/details") => "account_details",
            ("POST", "/api/v1/connected_accounts/magic_link") => "magic_link",
            ("POST", "/api/v1/connected_accounts/user/verify") => "verify",
            ("POST", "/api/v1/connected_accounts:delete") => "delete_account",
            ("POST", "/api/v1/execute_tool") => "execute_tool",
            ("GET", "/api/v1/tools" | "/api/v1/tools/scoped" | "/api/v1/tools/available") => {
                "tools"
            }
            _ => return failure(404, "NOT_FOUND", "Not Found"),
        };
        self.world.settle(now_ms);
        self.world.count(endpoint);
        if let Some(header) = request.header("traceparent") {
            self.world.calls.note_trace(header);
        }
        let body = request.json();
        let text = |name: &str| body.get(name).and_then(serde_json::Value::as_str);
        let fault = self
            .world
            .faults
            .draw(endpoint, text("tool_name"), text("identifier"));
        let refused = self.limited(now_ms);
        // A call that lands another time than it is answered is on its way before that answer.
        let lands_apart = endpoint == "execute_tool" && fault.landing() != Landing::Now;
        let apart = (refused.is_none() && lands_apart)
            .then(|| self.answer(endpoint, request, &fault, now_ms, base_url));
        if fault.break_before {
            return Reply::broken(&fault);
        }
        if let Some(garbage) = &fault.garbage {
            return Reply::garbage(garbage, &fault);
        }
        let retry_after = self.world.manners.retry_after;
        if let Some(status) = fault
            .status
            .filter(|_| fault.service || endpoint != "execute_tool")
        {
            let words = fault.says.as_deref();
            let failed = match status {
                429 => failure(429, "RATE_LIMITED", words.unwrap_or("rate limit exceeded")),
                status => {
                    let words = words.unwrap_or("Scalekit is not available");
                    failure(status, "SERVICE_UNAVAILABLE", words)
                }
            };
            return failed
                .retry_after(retry_after, fault.retry_after)
                .after(&fault);
        }
        let written = self.world.ledger.len();
        let reply = match (refused, apart) {
            (Some(refused), _) => refused,
            (None, Some(reply)) => reply,
            (None, None) => self.answer(endpoint, request, &fault, now_ms, base_url),
        };
        let wrote = self.world.ledger.len() > written;
        if fault.lose_answer || (fault.lose_writes && wrote) {
            return Reply {
                webhooks: reply.webhooks,
                ..Reply::broken(&fault)
            };
        }
        if reply.status >= 400 {
            return reply
                .retry_after(retry_after, fault.retry_after)
                .after(&fault);
        }
        reply.after(&fault)
    }

    /// Scalekit's own refusal, where the environment asked too often.
    fn limited(&mut self, now_ms: i64) -> Option<Reply> {
        let rate = Rate {
            calls: self.world.manners.requests_per_minute?,
            window_ms: 60_000,
        };
        let taken = self.world.counters.take("environment", rate, now_ms);
        let seconds = taken.err()?;
        Some(error::rate_limited(&self.world.manners, Some(seconds)))
    }

    fn answer(
        &mut self,
        endpoint: &str,
        request: &Request,
        fault: &Rule,
        now_ms: i64,
        base_url: &str,
    ) -> Reply {
        if endpoint == "token" {
            return self.token(request, now_ms);
        }
        if !self.authorized(request, now_ms) {
            let words = "the access token is missing or not valid";
            return failure(401, "UNAUTHENTICATED", words);
        }
        match endpoint {
            "list_connections" => connections::list(&self.world, request),
            "list_accounts" => accounts::list(&self.world, request),
            "create_account" => accounts::create(&mut self.world, request, now_ms),
            "account_auth" => accounts::one(&self.world, request, Shown::WithCredentials),
            "account_details" => accounts::one(&self.world, request, Shown::WithoutCredentials),
            "delete_account" => accounts::delete(&mut self.world, request),
            "magic_link" => connect::magic_link(&mut self.world, request, now_ms, base_url),
            "verify" => connect::verify(&mut self.world, request, now_ms),
            "tools" => tools::list(&self.world, request),
            _ => execute::execute(&mut self.world, request, fault, now_ms),
        }
    }

    fn token(&self, request: &Request, now_ms: i64) -> Reply {
        let form = request.form();
        let given = |name: &str| {
            form.iter()
                .find(|(key, _)| key == name)
                .map(|(_, value)| value.as_str())
        };
        if given("grant_type") != Some("client_credentials") {
            return Reply::json(400, &json!({ "error": "unsupported_grant_type" }));
        }
        if given("client_id") != Some(CLIENT_ID) || given("client_secret") != Some(CLIENT_SECRET) {
            return Reply::json(401, &json!({ "error": "invalid_client" }));
        }
        let expires = now_ms + TOKEN_SECONDS * 1000;
        let token = format!("{TOKEN_PREFIX}-{}-{expires}", self.generation);
        Reply::json(
            200,
            &json!({ "access_token": token, "expires_in": TOKEN_SECONDS, "token_type": "Bearer" }),
        )
    }

    fn authorized(&self, request: &Request, now_ms: i64) -> bool {
        let header = request.header("authorization").unwrap_or_default();
        let token = header.strip_prefix("Bearer ").unwrap_or_default();
        let prefix = format!("{TOKEN_PREFIX}-{}-", self.generation);
        let expires = token
            .strip_prefix(&prefix)
            .and_then(|ms| ms.parse::<i64>().ok());
        expires.is_some_and(|expires| now_ms < expires)
    }

    /// The link behind a consent page, if it is still good.
    pub fn consent(&self, token: &str, now_ms: i64) -> Option<&crate::world::vault::Link> {
        connect::open_link(&self.world, token, now_ms)
    }

    /// The user's decision on a consent page; `None` when the link is no longer good.
    pub fn decide(&mut self, token: &str, allow: bool, now_ms: i64) -> Option<Decision> {
        self.world.count("consent");
        connect::decide(&mut self.world, token, allow, now_ms)
    }
}

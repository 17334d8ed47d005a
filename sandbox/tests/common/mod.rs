//! A client of Scalekit in process: what a test says and hears.

#![allow(dead_code, reason = "each test file uses its own part")]

use onbehalf_sandbox::service::{CLIENT_ID, CLIENT_SECRET, Reply, Request, Service};
use onbehalf_sandbox::world::faults::RuleList;
use onbehalf_sandbox::world::users::APPS;
use onbehalf_sandbox::world::{LedgerEntry, Manners, World};
use serde_json::{Value, json};

/// 2026-11-23T08:00:00Z.
pub const NOW: i64 = 1_795_420_800_000;
pub const BASE: &str = "http://sandbox.example";

pub struct Client {
    pub service: Service,
    pub token: String,
    pub now: i64,
}

impl Client {
    /// A client of the strict world.
    pub fn new() -> Self {
        Self::of(Manners::strict())
    }

    /// A client of the strict world but for these settings.
    pub fn with(settings: &Value) -> Self {
        let manners = Manners::strict().but(&settings.to_string());
        Self::of(manners.expect("settings"))
    }

    /// A client of a workspace whose connections are named like their connectors and made with
    /// consent, Zendesk's too.
    pub fn of_plain_names() -> Self {
        let oauth = |name: &str| {
            (
                name.to_owned(),
                json!({ "provider": name, "kind": "oauth" }),
            )
        };
        let named: serde_json::Map<_, _> = APPS.iter().map(|name| oauth(name)).collect();
        Self::with(&json!({ "connections": named }))
    }

    pub fn of(manners: Manners) -> Self {
        let mut client = Self {
            service: Service::new(World::seeded(manners, NOW)),
            token: String::new(),
            now: NOW,
        };
        client.renew();
        client
    }

    /// Takes a new access token: one is good for an hour.
    pub fn renew(&mut self) {
        let form = format!(
            "grant_type=client_credentials&client_id={CLIENT_ID}&client_secret={CLIENT_SECRET}"
        );
        let reply = self.send("POST", "/oauth/token", form.into_bytes());
        let token = body(&reply)["access_token"].as_str().map(str::to_owned);
        self.token = token.expect("a token");
    }

    pub fn send(&mut self, method: &str, url: &str, payload: Vec<u8>) -> Reply {
        let headers = vec![("authorization".to_owned(), format!("Bearer {}", self.token))];
        let request = Request::new(method, url, headers, payload);
        self.service.handle(&request, self.now, BASE)
    }

    pub fn get(&mut self, url: &str) -> Reply {
        self.send("GET", url, Vec::new())
    }

    pub fn post(&mut self, path: &str, payload: &Value) -> Reply {
        self.send("POST", path, payload.to_string().into_bytes())
    }

    pub fn execute(&mut self, user: &str, tool: &str, params: &Value) -> Reply {
        self.execute_in("run_1", user, tool, params)
    }

    pub fn execute_in(&mut self, run: &str, user: &str, tool: &str, params: &Value) -> Reply {
        let call = json!({ "tool_name": tool, "identifier": format!("user_{user}"),
            "params": params, "agent_run_id": run });
        self.post("/api/v1/execute_tool", &call)
    }

    /// A call that must succeed.
    pub fn data(&mut self, user: &str, tool: &str, params: &Value) -> Value {
        let reply = self.execute(user, tool, params);
        assert_eq!(
            reply.status,
            200,
            "{}",
            String::from_utf8_lossy(&reply.body)
        );
        body(&reply)["data"].clone()
    }

    pub fn faults(&mut self, rules: &Value) {
        let list: RuleList = serde_json::from_value(json!({ "rules": rules })).expect("rules");
        self.service.world.faults.set(list);
    }

    /// Writes that landed by now.
    pub fn ledger(&mut self) -> &[LedgerEntry] {
        self.service.world.settle(self.now);
        &self.service.world.ledger
    }
}

pub fn body(reply: &Reply) -> Value {
    serde_json::from_slice(&reply.body).expect("JSON")
}

pub fn header<'a>(reply: &'a Reply, name: &str) -> Option<&'a str> {
    let found = reply.headers.iter().find(|(key, _)| key == name);
    found.map(|(_, value)| value.as_str())
}

/// The error's code, and the tool's code where there is one.
pub fn error(reply: &Reply) -> (u16, String, Option<String>) {
    let body = body(reply);
    let info = &body["details"][0];
    let text = |value: &Value| value.as_str().map(str::to_owned);
    (
        reply.status,
        text(&info["error_code"]).unwrap_or_default(),
        text(&info["tool_error_info"]["tool_error_code"]),
    )
}

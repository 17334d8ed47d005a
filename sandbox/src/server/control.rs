//! The controls under `/_sandbox/`: what happened, and what is to go wrong.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use serde::Deserialize;
use serde_json::{Value, json};

use super::{Sandbox, lock, problem};
use crate::idp::{Idp, Person, Provider, Settings};
use crate::service::{Reply, Request};
use crate::world::connections;
use crate::world::faults::RuleList;
use crate::world::users::{APPS, CsmSeed};
use crate::world::{Manners, World};

/// Customers of one seeded CSM, and CSMs of one request.
const CUSTOMERS: usize = 5_000;
const CSMS: usize = 100_000;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Seed {
    user: Option<String>,
    prefix: Option<String>,
    #[serde(default)]
    count: usize,
    #[serde(default)]
    customers: usize,
    connectors: Option<Vec<String>>,
    org: Option<String>,
    /// The portal they share; by default as the world's manners have it.
    portal: Option<String>,
    /// Whose customers theirs are like; by default like nobody else's.
    like: Option<String>,
    /// What their customers call themselves; names of their own without.
    company: Option<String>,
}

#[derive(Deserialize)]
struct Sign {
    header: Value,
    claims: Value,
    key: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Published {
    keys: Vec<Value>,
}

impl Sandbox {
    pub(super) fn control(self: &Arc<Self>, request: &Request) -> Reply {
        let path = request.path.trim_start_matches("/_sandbox/");
        match (request.method.as_str(), path) {
            ("GET", "health") => Reply::json(200, &json!({ "status": "ok" })),
            ("GET", "ledger") => self.ledger(request),
            ("GET", "calls") => self.calls(),
            ("GET", "faults") => Reply::json(200, &json!(lock(&self.service).world.faults.list())),
            ("POST", "faults") => {
                let list = serde_json::from_slice::<RuleList>(&request.body);
                let list = list.map_err(|error| error.to_string());
                match list.and_then(|list| lock(&self.service).world.faults.replace(list)) {
                    Ok(()) => Reply::json(200, &json!({ "status": "ok" })),
                    Err(error) => problem(400, "Faults not understood", &error),
                }
            }
            ("DELETE", "faults") => {
                lock(&self.service).world.faults.set(RuleList::default());
                Reply::json(200, &json!({ "status": "ok" }))
            }
            ("POST", "reset") => {
                // A world may begin some time ago, and then has its age before it.
                let ahead = request.json().get("ms").and_then(Value::as_i64);
                self.ahead_ms.store(ahead.unwrap_or(0), Ordering::Relaxed);
                self.most_at_once.store(0, Ordering::Relaxed);
                let mut service = lock(&self.service);
                let manners = service.world.manners.clone();
                service.world = World::seeded(manners, self.now_ms());
                lock(&self.models).forget();
                Reply::json(200, &json!({ "status": "ok" }))
            }
            ("GET", "models") => {
                let after = request.one("after").and_then(|it| it.parse().ok());
                Reply::json(200, &lock(&self.models).told_behind(after.unwrap_or(0)))
            }
            ("POST", "models") => match serde_json::from_slice(&request.body) {
                Ok(script) => {
                    lock(&self.models).seed(script);
                    Reply::json(200, &json!({ "status": "ok" }))
                }
                Err(error) => problem(400, "Script not understood", &error.to_string()),
            },
            ("DELETE", "models") => {
                lock(&self.models).forget();
                Reply::json(200, &json!({ "status": "ok" }))
            }
            ("POST", "seed") => self.seed(request),
            ("GET", "manners") => Reply::json(200, &json!(lock(&self.service).world.manners)),
            ("POST", "manners") => self.manners(request),
            ("POST", "age") => {
                let asked = request.json();
                let ms = asked.get("ms").and_then(Value::as_i64).unwrap_or(0);
                self.ahead_ms.fetch_add(ms, Ordering::Relaxed);
                if asked.get("work").and_then(Value::as_bool) == Some(true) {
                    lock(&self.service).world.work(self.now_ms());
                }
                Reply::json(
                    200,
                    &json!({ "aheadMs": self.ahead_ms.load(Ordering::Relaxed) }),
                )
            }
            ("POST", "webhooks") => {
                let url = request
                    .json()
                    .get("url")
                    .and_then(Value::as_str)
                    .map(str::to_owned);
                self.webhooks.aim(url);
                Reply::json(200, &json!({ "status": "ok" }))
            }
            ("POST", "scalekit/expire_tokens") => {
                lock(&self.service).expire_tokens();
                Reply::json(200, &json!({ "status": "ok" }))
            }
            ("POST", "idp/sign") => self.sign(request),
            ("POST", "idp/rotate") => {
                let drop_old = request.one("drop_old") == Some("true");
                self.with_idp(request, |idp| match idp.keys.rotate(drop_old) {
                    Ok(kid) => Reply::json(200, &json!({ "kid": kid })),
                    Err(error) => problem(500, "No key", &error),
                })
            }
            ("POST", "idp/publish") => self.publish(request),
            ("POST", "idp/settings") => self.set_up_idp(request),
            (_, "elsewhere") => {
                lock(&self.service).world.count("elsewhere");
                Reply::json(200, &json!({ "status": "ok" }))
            }
            ("GET", path) if path.starts_with("token/") => {
                self.token(path.trim_start_matches("token/"), request)
            }
            _ => problem(404, "Not found", "there is no such control"),
        }
    }

    /// Makes the world strict but for what is named. What is in the world already stays as it was
    /// made: `reset` after this gives a world that was of these manners from the start.
    fn manners(&self, request: &Request) -> Reply {
        let text = String::from_utf8_lossy(&request.body);
        let mut service = lock(&self.service);
        match Manners::strict().but(&text) {
            Ok(manners) => {
                service.world.manners = manners;
                Reply::json(200, &json!(service.world.manners))
            }
            Err(error) => problem(400, "Manners not understood", &error),
        }
    }

    fn ledger(&self, request: &Request) -> Reply {
        let service = lock(&self.service);
        let wanted = request.one("identifier");
        let entries = service.world.ledger.iter();
        let shown: Vec<_> = entries
            .filter(|entry| wanted.is_none_or(|wanted| wanted == entry.identifier))
            .collect();
        Reply::json(200, &json!(shown))
    }

    fn calls(&self) -> Reply {
        let mut calls = json!(lock(&self.service).world.calls);
        calls["max_concurrent"] = self.most_at_once.load(Ordering::Relaxed).into();
        Reply::json(200, &calls)
    }

    fn seed(&self, request: &Request) -> Reply {
        let seed: Seed = match serde_json::from_slice(&request.body) {
            Ok(seed) => seed,
            Err(error) => return problem(400, "Seed not understood", &error.to_string()),
        };
        if seed.customers > CUSTOMERS || seed.count > CSMS {
            return problem(400, "Too many", "at most 5,000 customers and 100,000 users");
        }
        let subs: Vec<String> = match (&seed.user, &seed.prefix) {
            (Some(user), None) => vec![user.clone()],
            (None, Some(prefix)) => (0..seed.count).map(|n| format!("{prefix}{n}")).collect(),
            _ => return problem(400, "Seed not understood", "name either a user or a prefix"),
        };
        let apps: Vec<&str> = match &seed.connectors {
            Some(apps) => apps.iter().map(String::as_str).collect(),
            None => APPS.to_vec(),
        };
        if let Some(app) = apps
            .iter()
            .find(|app| !connections::apps().any(|it| it == **app))
        {
            let known: Vec<&str> = connections::apps().collect();
            let detail = format!("there is no app {app}; there are {}", known.join(", "));
            return problem(400, "Seed not understood", &detail);
        }
        let org = seed.org.as_deref().unwrap_or("org_acme");
        let now = self.now_ms();
        let mut service = lock(&self.service);
        for sub in &subs {
            let csm = CsmSeed {
                portal: seed.portal.clone(),
                like: seed.like.clone(),
                company: seed.company.clone(),
                ..CsmSeed::new(sub, sub, org, &apps, seed.customers)
            };
            service.world.add(csm, now);
        }
        Reply::json(200, &json!({ "seeded": subs.len() }))
    }

    pub(super) fn person(&self, sub: &str) -> Option<Person> {
        let service = lock(&self.service);
        let csm = service.world.csm(sub)?;
        Some(Person {
            sub: csm.seed.sub.clone(),
            name: csm.seed.name.clone(),
            org: csm.seed.org.clone(),
            email: format!("{}@acme.example", csm.seed.sub),
        })
    }

    /// Does something with the provider a request names; the plain one where it names none.
    fn with_idp(&self, request: &Request, act: impl FnOnce(&mut Idp) -> Reply) -> Reply {
        let name = request.one("provider").unwrap_or("oidc");
        let Some(provider) = Provider::named(name) else {
            return problem(404, "No such provider", "there is no provider of this name");
        };
        match lock(&self.idps).get(provider) {
            Ok(idp) => act(idp),
            Err(error) => problem(500, "No keys", &error),
        }
    }

    fn token(&self, sub: &str, request: &Request) -> Reply {
        let sub = percent_decoded(sub);
        let Some(person) = self.person(&sub) else {
            let known: Vec<String> = lock(&self.service)
                .world
                .csms()
                .take(20)
                .map(|csm| csm.seed.sub.clone())
                .collect();
            let detail = format!("There is no user {sub}; there are {}.", known.join(", "));
            return problem(404, "No such user", &detail);
        };
        let alg = request.one("alg").unwrap_or("RS256");
        let asked = request.one("ttl").and_then(|ttl| ttl.parse().ok());
        // Tokens live by the wall's clock, as their verifier does, unless that one's is another.
        let at = request.one("at").and_then(|at| at.parse().ok());
        self.with_idp(request, |idp| {
            let ttl = asked.unwrap_or(idp.token_seconds());
            match idp.access_token(&person, alg, ttl, at.unwrap_or_else(super::wall_ms)) {
                Ok(token) => text(token),
                Err(error) => problem(400, "No token", &error),
            }
        })
    }

    /// Keys of the caller's own in the key set.
    fn publish(&self, request: &Request) -> Reply {
        match serde_json::from_slice::<Published>(&request.body) {
            Ok(published) => self.with_idp(request, |idp| {
                idp.keys.publish(published.keys);
                Reply::json(200, &json!({ "status": "ok" }))
            }),
            Err(error) => problem(400, "Nothing to publish", &error.to_string()),
        }
    }

    /// A tenant's settings, in place of those it had.
    fn set_up_idp(&self, request: &Request) -> Reply {
        match serde_json::from_slice::<Settings>(&request.body) {
            Ok(settings) => self.with_idp(request, |idp| {
                idp.settings = settings;
                Reply::json(200, &json!({ "status": "ok" }))
            }),
            Err(error) => problem(400, "Settings not understood", &error.to_string()),
        }
    }

    fn sign(&self, request: &Request) -> Reply {
        let sign: Sign = match serde_json::from_slice(&request.body) {
            Ok(sign) => sign,
            Err(error) => return problem(400, "Nothing to sign", &error.to_string()),
        };
        let (header, claims) = (sign.header.to_string(), sign.claims.to_string());
        self.with_idp(request, |idp| {
            match idp.keys.sign_exactly(&header, &claims, &sign.key) {
                Ok(token) => text(token),
                Err(error) => problem(400, "No token", &error),
            }
        })
    }
}

/// A path segment as it was before it was encoded: names of users hold `|` and `@`.
fn percent_decoded(segment: &str) -> String {
    let encoded = segment.replace('+', "%2B");
    let mut pairs = url::form_urlencoded::parse(encoded.as_bytes());
    pairs
        .next()
        .map(|(name, _)| name.into_owned())
        .unwrap_or_default()
}

fn text(body: String) -> Reply {
    Reply {
        status: 200,
        headers: vec![("content-type".into(), "text/plain; charset=utf-8".into())],
        body: body.into_bytes(),
        ..Reply::default()
    }
}

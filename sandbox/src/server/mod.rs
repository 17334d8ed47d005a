//! HTTP around the world: one port for the identity providers, Scalekit, the models and the controls.
//!
//! Owns the wall clock, the sockets and the webhooks' delivery. Decides nothing about the world.

mod connection;
mod control;
mod crm;
mod idp_routes;
mod markup;
mod pages;
mod webhooks;

use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::json;

use crate::idp::{Provider, Providers, Seed};
use crate::models::{self, Models};
use crate::service::{Reply, Request, Service};
use crate::world::{Manners, World};

pub use connection::serve;

/// Under which endpoint faults find the models.
const MODELS: &str = "models";

/// Everything behind the port.
pub struct Sandbox {
    base_url: String,
    service: Mutex<Service>,
    idps: Mutex<Providers>,
    models: Mutex<Models>,
    webhooks: webhooks::Webhooks,
    /// How far the world's clock is ahead of the wall's.
    ahead_ms: AtomicI64,
    now_serving: AtomicU64,
    most_at_once: AtomicU64,
}

/// A lock whose holder panicked still guards a world that can be shown.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Sandbox {
    /// A sandbox reached at `base_url`, its identity providers with keys of `seed`, its world of
    /// these manners.
    ///
    /// # Errors
    /// When keys cannot be made.
    pub fn new(base_url: String, seed: Seed, manners: Manners) -> Result<Arc<Self>, String> {
        let mut idps = Providers::new(base_url.clone(), seed);
        // Before anybody asks for a token, so that nobody's first request is slow.
        idps.get(Provider::Plain)?;
        Ok(Arc::new(Self {
            base_url,
            service: Mutex::new(Service::new(World::seeded(manners, wall_ms()))),
            idps: Mutex::new(idps),
            models: Mutex::default(),
            webhooks: webhooks::Webhooks::default(),
            ahead_ms: AtomicI64::new(0),
            now_serving: AtomicU64::new(0),
            most_at_once: AtomicU64::new(0),
        }))
    }

    /// What a client must know, as one JSON object.
    pub fn description(&self) -> serde_json::Value {
        use crate::{idp, service};
        let issuer = format!("{}{}", self.base_url, Provider::Plain.issuer_path());
        let providers: serde_json::Map<_, _> = Provider::ALL
            .into_iter()
            .map(|provider| {
                let told = json!({ "entry": provider.entry(&self.base_url),
                    "client_secret": provider.client_secret() });
                (provider.name().to_owned(), told)
            })
            .collect();
        json!({ "url": self.base_url,
            "idp": { "issuer": issuer, "audience": idp::AUDIENCE,
                "client_id": idp::CLIENT_ID, "client_secret": idp::CLIENT_SECRET },
            "providers": providers,
            "scalekit": { "url": self.base_url, "client_id": service::CLIENT_ID,
                "client_secret": service::CLIENT_SECRET, "webhook_secret": webhooks::SECRET },
            "models": { "key": models::KEY, "obedient": models::OBEDIENT,
                "openai": format!("{}/openai/v1", self.base_url),
                "anthropic": format!("{}/anthropic", self.base_url) },
            "manners": lock(&self.service).world.manners })
    }

    /// The world's time.
    fn now_ms(&self) -> i64 {
        wall_ms() + self.ahead_ms.load(Ordering::Relaxed)
    }

    /// Answers one request, latency included.
    pub async fn answer(self: &Arc<Self>, request: Request) -> Reply {
        let serving = self.now_serving.fetch_add(1, Ordering::Relaxed) + 1;
        self.most_at_once.fetch_max(serving, Ordering::Relaxed);
        let reply = self.route(&request);
        for event in &reply.webhooks {
            self.webhooks.send(event, self.now_ms());
        }
        if reply.delay_ms > 0 {
            tokio::time::sleep(Duration::from_millis(reply.delay_ms)).await;
        }
        self.now_serving.fetch_sub(1, Ordering::Relaxed);
        reply
    }

    fn route(self: &Arc<Self>, request: &Request) -> Reply {
        let path = request.path.as_str();
        lock(&self.service).world.settle(self.now_ms());
        if Provider::owns(path) {
            self.idp_route(request)
        } else if Models::owns(path) {
            let fault = lock(&self.service).world.faults.draw(MODELS, None, None);
            let now = self.now_ms();
            lock(&self.models).handle_under(&fault, request, now)
        } else if path.starts_with("/_sandbox/") {
            self.control(request)
        } else if path == "/" || path.starts_with("/crm/") || path.starts_with("/magic/") {
            self.page(request)
        } else {
            let now = self.now_ms();
            lock(&self.service).handle(request, now, &self.base_url)
        }
    }
}

fn wall_ms() -> i64 {
    let since = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}

/// A redirect of a browser.
fn see_other(location: &str) -> Reply {
    Reply {
        status: 303,
        headers: vec![("location".into(), location.into())],
        ..Reply::default()
    }
}

/// A problem in words (RFC 9457).
fn problem(status: u16, title: &str, detail: &str) -> Reply {
    Reply::json(
        status,
        &json!({ "title": title, "status": status, "detail": detail }),
    )
}

//! Signed webhooks (Standard Webhooks), sent in the background and repeated a few times.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, Mac};
use serde_json::json;
use sha2::Sha256;

use crate::world::time::iso;
use crate::world::vault::AccountEvent;

/// The signing secret. Opens nothing but this sandbox.
pub const SECRET: &str = "whsec_c2FuZGJveC13ZWJob29rLXNlY3JldC0zMi1ieXRlcyE=";
/// Pauses between tries.
const TRIES: [Duration; 5] = [
    Duration::ZERO,
    Duration::from_millis(500),
    Duration::from_secs(2),
    Duration::from_secs(5),
    Duration::from_secs(15),
];

/// Where webhooks go.
#[derive(Default)]
pub struct Webhooks {
    target: Mutex<Option<String>>,
    serial: AtomicU64,
}

impl Webhooks {
    /// Sends them here from now on; nowhere with `None`.
    pub fn aim(&self, url: Option<String>) {
        *self.target.lock().unwrap_or_else(PoisonError::into_inner) = url;
    }

    /// Sends what happened to an account.
    pub fn send(&self, event: &AccountEvent, now_ms: i64) {
        let target = self
            .target
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone();
        let Some(url) = target else {
            return;
        };
        let id = format!(
            "evt_{now_ms}{}",
            self.serial.fetch_add(1, Ordering::Relaxed)
        );
        let event = json!({ "spec_version": "1", "id": id, "type": event.kind,
            "occurred_at": iso(now_ms), "environment_id": "env_1", "object": "ConnectedAccount", "data": event.data });
        tokio::spawn(deliver(url, id, event.to_string()));
    }
}

async fn deliver(url: String, id: String, body: String) {
    let client = reqwest::Client::new();
    for pause in TRIES {
        tokio::time::sleep(pause).await;
        let timestamp = (super::wall_ms() / 1000).to_string();
        let sent = client
            .post(&url)
            .timeout(Duration::from_secs(10))
            .header("content-type", "application/json")
            .header("webhook-id", &id)
            .header("webhook-timestamp", &timestamp)
            .header("webhook-signature", signature(&id, &timestamp, &body))
            .body(body.clone())
            .send()
            .await;
        if sent.is_ok_and(|answer| answer.status().is_success()) {
            return;
        }
    }
}

fn signature(id: &str, timestamp: &str, body: &str) -> String {
    let key = STANDARD
        .decode(SECRET.trim_start_matches("whsec_"))
        .unwrap_or_default();
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(&key) else {
        return String::new();
    };
    mac.update(format!("{id}.{timestamp}.{body}").as_bytes());
    format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()))
}

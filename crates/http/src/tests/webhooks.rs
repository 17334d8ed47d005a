//! Scalekit's events.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, Mac as _};
use serde_json::{Value, json};
use sha2::Sha256;

use crate::testkit::{Bench, WEBHOOK_SECRET, bench, browser_request};
use crate::{ApiRequest, MAX_BODY_BYTES};
use onbehalf_clock::Clock as _;
use onbehalf_connector::webhook::WebhookSecrets;

fn event(status: &str) -> Value {
    json!({
        "spec_version": "1",
        "id": "evt_1",
        "type": "connected_account.status_updated",
        "occurred_at": "2026-11-23T08:00:00Z",
        "environment_id": "env_1",
        "object": "ConnectedAccount",
        "data": {
            "id": "ca_1",
            "connected_account_id": "ca_1",
            "identifier": "user_alice",
            "connection_name": "hubspot",
            "connector": "hubspot",
            "provider": "HUBSPOT",
            "old_status": "PENDING_AUTH",
            "status": status,
        },
    })
}

fn signed(bench: &Bench, body: &Value) -> ApiRequest {
    let body = body.to_string().into_bytes();
    let timestamp = bench.scalekit.clock.now().seconds().to_string();
    let key = STANDARD.decode(WEBHOOK_SECRET.trim_start_matches("whsec_"));
    let mut mac = Hmac::<Sha256>::new_from_slice(&key.expect("key")).expect("mac");
    mac.update(format!("msg_1.{timestamp}.").as_bytes());
    mac.update(&body);
    let signature = format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()));
    let mut request = browser_request("POST", "/webhooks/scalekit", &[]);
    for (name, value) in [
        ("webhook-id", "msg_1"),
        ("webhook-timestamp", &timestamp),
        ("webhook-signature", &signature),
    ] {
        request.headers.push((name.to_owned(), value.to_owned()));
    }
    request.body = body;
    request
}

#[tokio::test]
async fn an_active_connection_wakes_runs() {
    let bench = bench();
    let response = bench.api.handle(signed(&bench, &event("ACTIVE"))).await;
    assert_eq!(
        response.status,
        204,
        "{}",
        String::from_utf8_lossy(&response.body)
    );
    let made = bench.platform.made.borrow();
    let expected = ("user_alice".into(), "hubspot".into(), "msg_1".into());
    assert_eq!(made.as_slice(), [expected]);
}

#[tokio::test]
async fn other_events_are_taken_and_change_nothing() {
    let bench = bench();
    for event in [
        event("EXPIRED"),
        json!({"type": "something.new", "data": {}}),
    ] {
        let response = bench.api.handle(signed(&bench, &event)).await;
        assert_eq!(
            response.status,
            204,
            "{}",
            String::from_utf8_lossy(&response.body)
        );
    }
    assert!(bench.platform.made.borrow().is_empty());
}

#[tokio::test]
async fn an_unsigned_or_changed_event_is_refused() {
    let bench = bench();
    let good = signed(&bench, &event("ACTIVE"));
    let mut changed = good.clone();
    changed.body.push(b' ');
    let mut unsigned = good.clone();
    unsigned
        .headers
        .retain(|(name, _)| name != "webhook-signature");
    for request in [changed, unsigned] {
        assert_eq!(bench.api.handle(request).await.status, 401);
    }
    assert!(bench.platform.made.borrow().is_empty());
}

/// Before the signature is computed: nobody can have us hash a megabyte.
#[tokio::test]
async fn an_event_that_is_too_long_is_refused_whatever_its_signature() {
    let bench = bench();
    let mut long = event("ACTIVE");
    long["data"]["padding"] = "x".repeat(MAX_BODY_BYTES).into();
    let response = bench.api.handle(signed(&bench, &long)).await;
    assert_eq!(response.status, 413);
    assert!(bench.platform.made.borrow().is_empty());
}

/// While secrets are rotated, the sender may sign with either, and the receiver knows both.
#[tokio::test]
async fn a_rotation_loses_no_event() {
    const NEXT: &str = "whsec_bmV4dC1uZXh0LW5leHQtbmV4dA==";
    let mut bench = bench();
    for (configured, taken) in [
        (format!("{WEBHOOK_SECRET},{NEXT}"), 204),
        (format!("{NEXT},{WEBHOOK_SECRET}"), 204),
        (NEXT.to_owned(), 401),
    ] {
        bench.api.settings.webhook_secrets = WebhookSecrets::parse(&configured).ok();
        let request = signed(&bench, &event("ACTIVE"));
        assert_eq!(bench.api.handle(request).await.status, taken);
    }
}

/// The signature is over the bytes that came, so they are not read as anything first.
#[tokio::test]
async fn an_event_that_is_no_json_is_refused_for_its_signature_first() {
    let bench = bench();
    let mut request = signed(&bench, &event("ACTIVE"));
    request.body = b"not json".to_vec();
    assert_eq!(bench.api.handle(request).await.status, 401);
}

#[tokio::test]
async fn without_a_secret_the_door_is_closed() {
    let mut bench = bench();
    bench.api.settings.webhook_secrets = None;
    let request = signed(&bench, &event("ACTIVE"));
    assert_eq!(bench.api.handle(request).await.status, 503);
    assert!(bench.platform.made.borrow().is_empty());
}

#[tokio::test]
async fn an_event_that_could_not_be_handed_on_is_asked_for_again() {
    let bench = bench();
    bench.platform.broken.set(true);
    let request = signed(&bench, &event("ACTIVE"));
    assert_eq!(bench.api.handle(request).await.status, 503);
}

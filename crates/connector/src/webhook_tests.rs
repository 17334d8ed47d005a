//! Signatures over the raw body, tolerance, rotation, and the events of the contract.

use super::*;
use proptest::prelude::*;
use serde_json::json;

const OLD: &str = "whsec_b2xkLW9sZC1vbGQtb2xkLW9sZC1vbGQ=";
const NEW: &str = "whsec_bmV3LW5ldy1uZXctbmV3LW5ldy1uZXc=";

fn now() -> Timestamp {
    Timestamp::from_millis(1_700_000_000_000)
}

fn sign(secret: &str, id: &str, timestamp: &str, body: &[u8]) -> String {
    let key = STANDARD
        .decode(secret.trim_start_matches("whsec_"))
        .expect("base64");
    let mut mac = Hmac::<Sha256>::new_from_slice(&key).expect("any length");
    mac.update(
        [id.as_bytes(), b".", timestamp.as_bytes(), b".", body]
            .concat()
            .as_slice(),
    );
    format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()))
}

fn check(
    secrets: &str,
    id: &str,
    timestamp: &str,
    signature: &str,
    body: &[u8],
) -> Result<Webhook, WebhookError> {
    let secrets = WebhookSecrets::parse(secrets).expect("secrets");
    let headers = WebhookHeaders {
        id: Some(id),
        timestamp: Some(timestamp),
        signature: Some(signature),
    };
    verify(&secrets, &Connectors::default(), headers, body, now())
}

fn event(kind: &str) -> Vec<u8> {
    json!({"spec_version": "1", "id": "evt_1", "type": kind, "object": "ConnectedAccount",
           "occurred_at": "2025-12-02T06:31:34.895815554Z", "environment_id": "env_1",
           "data": {"id": "ca_1", "identifier": "user_alice", "connection_id": "conn_1",
                    "provider": "HUBSPOT", "status": "EXPIRED", "old_status": "ACTIVE"}})
    .to_string()
    .into_bytes()
}

#[test]
fn the_schemes_own_example_verifies() {
    // From the Standard Webhooks specification's reference tests.
    let body = br#"{"test": 2432232314}"#;
    let secrets = WebhookSecrets::parse("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").expect("secret");
    let headers = WebhookHeaders {
        id: Some("msg_p5jXN8AQM9LWM0D4loKWxJek"),
        timestamp: Some("1614265330"),
        signature: Some("v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="),
    };
    let at = Timestamp::from_millis(1_614_265_330_000);
    assert_eq!(
        verify(&secrets, &Connectors::default(), headers, body, at),
        Err(WebhookError::Body),
        "signed, no event"
    );
}

#[test]
fn a_status_change_is_read() {
    let body = event("connected_account.status_updated");
    let signature = sign(OLD, "msg_1", "1700000000", &body);
    let webhook = check(OLD, "msg_1", "1700000000", &signature, &body).expect("accepted");
    assert_eq!(webhook.id, "msg_1");
    assert!(webhook.occurred_at.is_some());
    assert_eq!(
        webhook.event,
        WebhookEvent::Account(AccountEvent {
            change: AccountChange::StatusUpdated {
                old_status: ConnectionStatus::Active
            },
            identifier: "user_alice".into(),
            connector: Some(Connector::HUBSPOT),
            status: ConnectionStatus::Expired,
        })
    );
}

#[test]
fn an_unknown_event_is_accepted_and_ignored() {
    for body in [event("organization.created"), br#"{"type":"x"}"#.to_vec()] {
        let signature = sign(OLD, "msg_1", "1700000000", &body);
        let webhook = check(OLD, "msg_1", "1700000000", &signature, &body).expect("accepted");
        assert_eq!(webhook.event, WebhookEvent::Other);
    }
}

#[test]
fn either_secret_and_any_signature_of_the_header_will_do() {
    let body = event("connected_account.deleted");
    let both = format!("{OLD} {NEW}");
    let new = sign(NEW, "msg_1", "1700000000", &body);
    for signature in [new.clone(), format!("v1,AAAA v2,x nonsense {new}")] {
        assert!(check(&both, "msg_1", "1700000000", &signature, &body).is_ok());
    }
    let late = format!("{}{new}", "v1,AAAA ".repeat(MAX_SIGNATURES));
    let result = check(&both, "msg_1", "1700000000", &late, &body);
    assert_eq!(
        result,
        Err(WebhookError::Signature),
        "a header full of guesses"
    );
}

#[test]
fn nothing_that_was_signed_may_change() {
    let body = event("connected_account.deleted");
    let good = sign(OLD, "msg_1", "1700000000", &body);
    let mut longer = body.clone();
    longer.push(b' ');
    for (id, time, signature, body) in [
        ("msg_2", "1700000000", good.as_str(), &body),
        ("msg_1", "1700000001", &good, &body),
        ("msg_1", "1700000000", &good, &longer),
        ("msg_1", "1700000000", "v1,", &body),
        ("msg_1", "1700000000", &good[3..], &body),
        ("msg_1", "1700000000", &good[..good.len() - 8], &body),
    ] {
        assert_eq!(
            check(OLD, id, time, signature, body),
            Err(WebhookError::Signature)
        );
    }
    assert_eq!(
        check(NEW, "msg_1", "1700000000", &good, &body),
        Err(WebhookError::Signature)
    );
}

#[test]
fn five_minutes_either_way_are_tolerated() {
    let body = event("connected_account.created");
    for (time, fresh) in [
        ("1699999700", true),
        ("1699999699", false),
        ("1700000300", true),
        ("1700000301", false),
        ("9223372036854775807", false),
        ("0", false),
    ] {
        let signature = sign(OLD, "msg_1", time, &body);
        let result = check(OLD, "msg_1", time, &signature, &body);
        assert_eq!(result == Err(WebhookError::Stale), !fresh, "{time}");
    }
}

#[test]
fn malformed_headers_are_told_apart_from_wrong_ones() {
    let body = event("connected_account.created");
    for (id, time) in [
        ("", "1700000000"),
        ("a.b", "1700000000"),
        ("a b", "1700000000"),
        ("m", ""),
        ("m", "-1"),
        ("m", "+1700000000"),
        ("m", "17e8"),
        ("m", "99999999999999999999"),
    ] {
        let signature = sign(OLD, id, time, &body);
        assert_eq!(
            check(OLD, id, time, &signature, &body),
            Err(WebhookError::Headers),
            "{id} {time}"
        );
    }
    let secrets = WebhookSecrets::parse(OLD).expect("secrets");
    let none = WebhookHeaders {
        id: None,
        timestamp: None,
        signature: None,
    };
    assert_eq!(
        verify(&secrets, &Connectors::default(), none, &body, now()),
        Err(WebhookError::Headers)
    );
}

#[test]
fn one_or_two_secrets_of_the_right_form() {
    for (good, keys) in [
        (OLD.to_owned(), 1),
        (format!(" {OLD}\n{NEW} "), 2),
        (format!("{OLD},{NEW}"), 2),
        (format!("{OLD}, {NEW},"), 2),
    ] {
        let secrets = WebhookSecrets::parse(&good).expect(&good);
        assert_eq!(secrets.0.len(), keys, "{good}");
    }
    for bad in [
        "",
        "whsec_",
        "whsec_AAAA",
        "secret",
        "whsec_?",
        ",",
        &format!("{OLD};{NEW}"),
        &format!("{OLD} wrong"),
        &format!("{OLD} {NEW} {OLD}"),
    ] {
        assert_eq!(
            WebhookSecrets::parse(bad).err(),
            Some(InvalidWebhookSecrets),
            "{bad}"
        );
    }
    let shown = format!("{:?}", WebhookSecrets::parse(OLD));
    assert!(!shown.contains("b2xk"), "{shown}");
}

proptest! {
    #[test]
    fn no_signed_bytes_make_it_panic(body: Vec<u8>) {
        let signature = sign(OLD, "m", "1700000000", &body);
        let _ = check(OLD, "m", "1700000000", &signature, &body);
    }

    #[test]
    fn no_header_makes_it_panic(id in ".{0,20}", time in ".{0,20}", signature in ".{0,60}") {
        let result = check(OLD, &id, &time, &signature, b"x");
        prop_assert!(result.is_err());
    }
}

#[test]
fn a_connection_is_known_by_its_configured_name() {
    let names = r#"{"zendesk": {"connection": "zendeskoauth-x7", "toolPrefix": "zendeskoauth"}}"#;
    let names = Connectors::from_json(Some(names)).expect("names");
    let of = |name, provider| connector(&names, name, provider);
    assert_eq!(of(Some("zendeskoauth-x7"), None), Some(Connector::ZENDESK));
    assert_eq!(
        of(Some("zendesk"), Some("ZENDESK")),
        None,
        "another connection"
    );
    assert_eq!(of(None, Some("ZENDESKOAUTH")), Some(Connector::ZENDESK));
    assert_eq!(of(None, Some("HUBSPOT")), Some(Connector::HUBSPOT));
}

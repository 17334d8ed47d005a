//! From a link to an account: consent given, denied, verified or not, and keys that are typed.

mod common;

use common::{BASE, Client, NOW, body};
use onbehalf_sandbox::service::Next;
use onbehalf_sandbox::world::vault::AccountEvent;
use serde_json::json;

const CALLBACK: &str = "https://app.example/connect/callback";
/// A connection that is made with consent.
const SLACK: &str = "slack-Tz81bWqe";

/// The secret part of a link for bob's account, which he has not connected yet.
fn link(client: &mut Client, connector: &str, url: Option<&str>) -> String {
    client.service.world.vault.remove("user_bob", connector);
    let mut asked = json!({ "connector": connector, "identifier": "user_bob", "state": "s1" });
    if let Some(url) = url {
        asked["user_verify_url"] = url.into();
    }
    let link = body(&client.post("/api/v1/connected_accounts/magic_link", &asked));
    let link = link["link"].as_str().expect("a link");
    let secret = link.strip_prefix(&format!("{BASE}/magic/"));
    secret.expect("ours").to_owned()
}

fn decide(client: &mut Client, token: &str, allow: bool) -> (Next, Vec<AccountEvent>) {
    let decided = client
        .service
        .decide(token, allow, NOW)
        .expect("a decision");
    (decided.next, decided.webhooks)
}

fn status(client: &Client, connector: &str) -> String {
    let account = client.service.world.vault.get("user_bob", connector);
    account.expect("bob's").status.clone()
}

#[test]
fn a_denied_consent_comes_back_with_an_error_without_one_or_not_at_all() {
    for (setting, expected) in [
        (
            "redirect_with_error",
            Next::Redirect(format!("{CALLBACK}?error=access_denied&state=s1")),
        ),
        ("redirect", Next::Redirect(format!("{CALLBACK}?state=s1"))),
        ("page", Next::Denied),
    ] {
        let mut client = Client::with(&json!({ "denial": setting }));
        let token = link(&mut client, SLACK, Some(CALLBACK));
        assert_eq!(decide(&mut client, &token, false), (expected, Vec::new()));
        assert_eq!(status(&client, SLACK), "PENDING_AUTH");
        assert!(
            client.service.consent(&token, NOW).is_none(),
            "a link is used once"
        );
    }
}

#[test]
fn where_scalekit_s_own_users_are_enough_nothing_is_to_be_verified() {
    let mut client = Client::with(&json!({ "verification": "scalekit_users" }));
    let token = link(&mut client, SLACK, Some(CALLBACK));
    let (next, webhooks) = decide(&mut client, &token, true);
    assert_eq!(
        (next, &webhooks[0].data["status"]),
        (Next::Connected, &json!("ACTIVE"))
    );
    assert_eq!(status(&client, SLACK), "ACTIVE");
}

#[test]
fn custom_verification_needs_a_place_to_verify_at() {
    let mut client = Client::new();
    let token = link(&mut client, SLACK, None);
    let (next, webhooks) = decide(&mut client, &token, true);
    assert_eq!((next, webhooks), (Next::NothingToVerify, Vec::new()));
    assert_eq!(status(&client, SLACK), "PENDING_AUTH");
}

#[test]
fn a_key_is_typed_and_the_account_is_active_with_nobody_asked() {
    for (setting, expected) in [
        ("page", Next::Connected),
        ("redirect", Next::Redirect(format!("{CALLBACK}?state=s1"))),
    ] {
        let mut client = Client::with(&json!({ "key_entered": setting,
            "connections": { "zd": { "provider": "zendesk", "kind": "api_key" } } }));
        let token = link(&mut client, "zd", Some(CALLBACK));
        let (next, webhooks) = decide(&mut client, &token, true);
        assert_eq!(
            (next, &webhooks[0].data["authorization_type"]),
            (expected, &json!("API_KEY"))
        );
        assert_eq!(status(&client, "zd"), "ACTIVE");
        let query = json!({ "query": "type:ticket" });
        assert_eq!(
            client
                .execute("bob", "zendesk_search_tickets", &query)
                .status,
            200
        );
    }
}

//! Connecting an app, from the click to the page at the end.

use serde_json::{Value, json};

use crate::ApiResponse;
use crate::browser::connect::CONNECT_LIFETIME;
use crate::testkit::{Bench, bench, cookie_of, location_parameter};
use onbehalf_connector::testkit::{ok, status};
use onbehalf_fetch::FetchError;

const BROWSER: &str = "__Host-onbehalf_browser";

struct Begun {
    cookies: [String; 2],
    state: String,
}

/// Alice clicks; gives her cookies and the state Scalekit was told.
async fn begin(bench: &Bench) -> Begun {
    let link = "https://acme.scalekit.test/magicLink/1";
    bench.scalekit.script.then(ok(&json!({ "link": link })));
    let session = bench.session("alice");
    let response = bench
        .visit("/connect/hubspot", std::slice::from_ref(&session))
        .await;
    assert_eq!(
        (response.status, response.header("location")),
        (302, Some(link))
    );
    let sent = bench
        .scalekit
        .script
        .sent(bench.scalekit.script.count() - 1);
    assert_eq!(sent["identifier"], "user_alice");
    assert_eq!(sent["connector"], "hubspot");
    assert_eq!(
        sent["user_verify_url"],
        "https://onbehalf.test/connect/callback"
    );
    Begun {
        cookies: [
            session,
            cookie_of(&response, BROWSER).expect("a browser cookie"),
        ],
        state: sent["state"].as_str().expect("a state").to_owned(),
    }
}

async fn come_back(bench: &Bench, cookies: &[String], state: &str) -> ApiResponse {
    let target = format!("/connect/callback?auth_request_id=req_1&state={state}");
    bench.visit(&target, cookies).await
}

fn text(response: &ApiResponse) -> String {
    String::from_utf8_lossy(&response.body).into_owned()
}

/// Scalekit's list of accounts, with alice's HubSpot in this status.
fn account(status: &str) -> Value {
    json!({"connected_accounts": [
        {"connector": "hubspot", "identifier": "user_alice", "status": status}
    ]})
}

#[tokio::test]
async fn a_connection_is_verified_for_the_session_and_wakes_runs_once() {
    let bench = bench();
    let Begun { cookies, state } = begin(&bench).await;
    bench.scalekit.script.then(ok(&json!({})));
    bench.scalekit.script.then(ok(&account("ACTIVE")));
    let response = come_back(&bench, &cookies, &state).await;
    assert_eq!(response.status, 200);
    assert!(text(&response).contains("HubSpot: Connected"));
    let sent = bench.scalekit.script.sent(1);
    assert_eq!(
        sent,
        json!({"auth_request_id": "req_1", "identifier": "user_alice"})
    );
    {
        let made = bench.platform.made.borrow();
        assert_eq!(
            (made[0].0.as_str(), made[0].1.as_str()),
            ("user_alice", "hubspot")
        );
        assert!(made[0].2.starts_with("callback:") && !made[0].2.contains(&state));
    }
    // The same address again does nothing more.
    let again = come_back(&bench, &cookies, &state).await;
    assert_eq!(again.status, 409);
    assert_eq!(bench.scalekit.script.count(), 3);
    assert_eq!(bench.platform.made.borrow().len(), 1);
}

#[tokio::test]
async fn the_platform_keeps_neither_state_nor_browser() {
    let bench = bench();
    let Begun { cookies, state } = begin(&bench).await;
    let attempts = bench.platform.attempts.borrow();
    let ((owner, _), (attempt, _)) = attempts.iter().next().expect("an attempt");
    assert_eq!(owner, "owner-of-alice");
    let browser = cookies[1].split_once('=').expect("a value").1;
    let kept = format!("{attempt:?}");
    assert!(!kept.contains(&state) && !kept.contains(browser));
}

#[tokio::test]
async fn somebody_elses_link_connects_nobody() {
    let bench = bench();
    let Begun { cookies, state } = begin(&bench).await;
    let bobs = [bench.session("bob"), cookies[1].clone()];
    let response = come_back(&bench, &bobs, &state).await;
    assert_eq!(response.status, 403);
    assert!(text(&response).contains("not yours"));
    // Alice's own session, in a browser that did not begin.
    let response = come_back(&bench, &cookies[..1], &state).await;
    assert_eq!(response.status, 403);
    assert!(text(&response).contains("another browser"));
    assert_eq!(bench.scalekit.script.count(), 1);
    assert!(bench.platform.made.borrow().is_empty());
}

#[tokio::test]
async fn a_late_return_connects_nothing() {
    let bench = bench();
    let Begun { cookies, state } = begin(&bench).await;
    bench.scalekit.clock.advance(CONNECT_LIFETIME);
    let response = come_back(&bench, &cookies, &state).await;
    assert_eq!(response.status, 410);
    assert!(text(&response).contains("href=\"/connect/hubspot\""));
    assert!(bench.platform.made.borrow().is_empty());
}

#[tokio::test]
async fn what_scalekit_says_is_told() {
    for (answer, code, words) in [
        (status(403, &json!({})), 403, "not yours"),
        (status(404, &json!({})), 409, "Already used"),
        (status(400, &json!({})), 502, "Something went wrong"),
    ] {
        let bench = bench();
        let Begun { cookies, state } = begin(&bench).await;
        bench.scalekit.script.then(answer);
        let response = come_back(&bench, &cookies, &state).await;
        assert_eq!(response.status, code);
        assert!(text(&response).contains(words), "{words}");
        assert!(bench.platform.made.borrow().is_empty());
    }
}

#[tokio::test]
async fn a_lost_answer_is_looked_up() {
    for (status, code) in [("ACTIVE", 200), ("PENDING_VERIFICATION", 503)] {
        let bench = bench();
        let Begun { cookies, state } = begin(&bench).await;
        bench.scalekit.script.then(Err(FetchError::Timeout));
        bench.scalekit.script.then(ok(&account(status)));
        let response = come_back(&bench, &cookies, &state).await;
        assert_eq!(response.status, code, "{status}");
        assert_eq!(bench.platform.made.borrow().len(), usize::from(code == 200));
    }
}

/// State of one attempt, `auth_request_id` of another: Scalekit verifies it, for the other app.
#[tokio::test]
async fn a_consent_to_another_app_connects_nothing() {
    let bench = bench();
    let Begun { cookies, state } = begin(&bench).await;
    bench.scalekit.script.then(ok(&json!({})));
    bench
        .scalekit
        .script
        .then(ok(&account("PENDING_VERIFICATION")));
    let response = come_back(&bench, &cookies, &state).await;
    assert_eq!(response.status, 400);
    assert!(bench.platform.made.borrow().is_empty());
}

#[tokio::test]
async fn what_scalekit_verified_counts_when_it_cannot_be_asked_more() {
    let bench = bench();
    let Begun { cookies, state } = begin(&bench).await;
    bench.scalekit.script.then(ok(&json!({})));
    bench.scalekit.script.then(status(404, &json!({})));
    let response = come_back(&bench, &cookies, &state).await;
    assert_eq!(response.status, 200);
    assert_eq!(bench.platform.made.borrow().len(), 1);
}

#[tokio::test]
async fn without_a_session_one_signs_in_first_and_comes_back() {
    let bench = bench();
    let response = bench.visit("/connect/hubspot", &[]).await;
    assert_eq!(
        response.header("location"),
        Some("/auth/login?return_to=%2Fconnect%2Fhubspot")
    );
    let target = "/connect/callback?auth_request_id=a%26b&state=s&identifier=user_bob";
    let response = bench.visit(target, &[]).await;
    let back = location_parameter(&response, "return_to");
    assert_eq!(
        back.as_deref(),
        Some("/connect/callback?auth_request_id=a%26b&state=s")
    );
    assert!(bench.platform.attempts.borrow().is_empty());
}

#[tokio::test]
async fn a_second_app_keeps_the_browser() {
    let bench = bench();
    let Begun { cookies, .. } = begin(&bench).await;
    bench
        .scalekit
        .script
        .then(ok(&json!({ "link": "https://acme.scalekit.test/2" })));
    let response = bench.visit("/connect/linear", &cookies).await;
    assert_eq!(cookie_of(&response, BROWSER), Some(cookies[1].clone()));
}

/// Nobody's text of any length is passed on or kept in a return address.
#[tokio::test]
async fn what_comes_back_is_bounded() {
    let bench = bench();
    let session = [bench.session("alice")];
    let long = "x".repeat(257);
    for target in [
        format!("/connect/callback?auth_request_id={long}&state=s"),
        format!("/connect/callback?auth_request_id=a&state={long}"),
    ] {
        assert_eq!(bench.visit(&target, &session).await.status, 400);
        assert_eq!(bench.visit(&target, &[]).await.status, 400);
    }
    let fits = format!("/connect/callback?auth_request_id={}&state=s", &long[..256]);
    assert_eq!(bench.visit(&fits, &session).await.status, 403);
}

#[tokio::test]
async fn what_cannot_begin_is_a_page() {
    let bench = bench();
    let session = [bench.session("alice")];
    assert_eq!(bench.visit("/connect/jira", &session).await.status, 404);
    assert_eq!(bench.visit("/connect/callback", &session).await.status, 400);
    bench
        .scalekit
        .script
        .then(ok(&json!({ "link": "javascript:alert(1)" })));
    let response = bench.visit("/connect/hubspot", &session).await;
    assert_eq!((response.status, response.header("location")), (502, None));
    assert!(response.header("content-security-policy").is_some());
    bench.platform.broken.set(true);
    assert_eq!(bench.visit("/connect/hubspot", &session).await.status, 503);
}

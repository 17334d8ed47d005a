//! Connecting an app, from the click to the page at the end.

use serde_json::{Value, json};

use crate::browser::connect::CONNECT_LIFETIME;
use crate::testkit::{
    Bench, api_request, bench, browser_request, cookie_of, json_of, location_parameter,
};
use crate::{ApiResponse, ProblemType};
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
        .submit("/connect/hubspot", std::slice::from_ref(&session))
        .await;
    assert_eq!(
        (response.status, response.header("location")),
        (303, Some(link))
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

/// Whoever comes back with another's address ends the attempt: what they consented to cannot be
/// claimed by the one who forwarded it.
#[tokio::test]
async fn a_visit_by_anybody_else_ends_the_attempt() {
    let bench = bench();
    let stranger = format!("{BROWSER}={}", "x".repeat(43));
    let bob = bench.session("bob");
    for (cookies, code, words) in [
        (vec![], 403, "another browser"),
        (vec![bob.clone()], 403, "another browser"),
        (vec![bench.session("alice")], 403, "another browser"),
        (
            vec![bench.session("alice"), stranger],
            403,
            "another browser",
        ),
        (vec![bob, "of the one who began".into()], 403, "not yours"),
    ] {
        let began = begin(&bench).await;
        let calls = bench.scalekit.script.count();
        let cookies: Vec<_> = cookies
            .into_iter()
            .map(|it| match it.as_str() {
                "of the one who began" => began.cookies[1].clone(),
                _ => it,
            })
            .collect();
        let response = come_back(&bench, &cookies, &began.state).await;
        assert_eq!(response.status, code, "{cookies:?}");
        assert!(text(&response).contains(words), "{cookies:?}");
        // The one who began comes too late.
        let response = come_back(&bench, &began.cookies, &began.state).await;
        assert_eq!(response.status, 409, "{cookies:?}");
        assert_eq!(
            bench.scalekit.script.count(),
            calls,
            "Scalekit is not asked"
        );
    }
    assert!(bench.platform.made.borrow().is_empty());
}

/// Scalekit knows for whom a link was made, not from which attempt of theirs a browser came back.
#[tokio::test]
async fn a_consent_somebody_else_gave_is_not_claimed_with_another_attempt_either() {
    let bench = bench();
    let first = begin(&bench).await;
    let second = begin(&bench).await;
    let calls = bench.scalekit.script.count();
    assert_eq!(come_back(&bench, &[], &first.state).await.status, 403);
    let claimed = come_back(&bench, &second.cookies, &second.state).await;
    assert_eq!(claimed.status, 409, "{}", text(&claimed));
    assert_eq!(
        bench.scalekit.script.count(),
        calls,
        "Scalekit is not asked"
    );
    assert!(bench.platform.made.borrow().is_empty());
}

#[tokio::test]
async fn an_attempt_that_cannot_be_ended_is_not_passed_off_as_ended() {
    let bench = bench();
    let Begun { cookies, state } = begin(&bench).await;
    bench.platform.broken.set(true);
    assert_eq!(come_back(&bench, &[], &state).await.status, 503);
    bench.platform.broken.set(false);
    assert_eq!(come_back(&bench, &[], &state).await.status, 403);
    assert_eq!(come_back(&bench, &cookies, &state).await.status, 409);
}

/// A session may end during the consent; the browser is the same.
#[tokio::test]
async fn signing_in_again_in_the_middle_keeps_the_attempt() {
    let bench = bench();
    let Begun { cookies, state } = begin(&bench).await;
    let response = come_back(&bench, &cookies[1..], &state).await;
    assert_eq!(response.status, 302);
    let back = location_parameter(&response, "return_to").expect("a way back");
    assert!(back.contains(&state), "{back}");
    bench.scalekit.script.then(ok(&json!({})));
    bench.scalekit.script.then(ok(&account("ACTIVE")));
    assert_eq!(bench.visit(&back, &cookies).await.status, 200);
}

/// Nobody wakes another's object with a state of their own making.
#[tokio::test]
async fn a_state_that_was_not_made_here_reaches_nothing() {
    let bench = bench();
    let Begun { cookies, state } = begin(&bench).await;
    bench.platform.broken.set(true);
    for made_up in ["x".repeat(43), format!("{state}A"), state[1..].to_owned()] {
        assert_eq!(come_back(&bench, &cookies, &made_up).await.status, 403);
    }
}

#[tokio::test]
async fn a_link_shows_who_what_and_instead_of_what_and_begins_nothing() {
    let bench = bench();
    bench.scalekit.script.then(ok(&account("ACTIVE")));
    let page = bench
        .visit("/connect/hubspot", &[bench.session("alice")])
        .await;
    assert_eq!(page.status, 200);
    for part in [
        "alice (https://idp.test)",
        "HubSpot",
        "another takes its place",
    ] {
        assert!(text(&page).contains(part), "{part}: {}", text(&page));
    }
    assert!(bench.platform.attempts.borrow().is_empty());
    // Scalekit not answering keeps nobody from connecting.
    bench.scalekit.script.then(status(400, &json!({})));
    let page = bench
        .visit("/connect/hubspot", &[bench.session("alice")])
        .await;
    assert!(text(&page).contains("could not be looked up"));
}

#[tokio::test]
async fn another_site_begins_nothing() {
    let bench = bench();
    for (name, value) in [
        ("sec-fetch-site", "cross-site"),
        ("sec-fetch-site", "same-site"),
        ("origin", "https://evil.test"),
        ("origin", "null"),
    ] {
        let cookies = [bench.session("alice")];
        let mut request = browser_request("POST", "/connect/hubspot", &cookies);
        request.headers.push((name.into(), value.into()));
        let response = bench.api.handle(request).await;
        assert_eq!(response.status, 403, "{name}: {value}");
    }
    assert!(bench.platform.attempts.borrow().is_empty());
    assert_eq!(bench.scalekit.script.count(), 0);
}

#[tokio::test]
async fn nothing_is_done_ahead_of_a_click() {
    let bench = bench();
    let Begun { cookies, state } = begin(&bench).await;
    let calls = bench.scalekit.script.count();
    for target in [
        "/connect/hubspot".to_owned(),
        format!("/connect/callback?auth_request_id=req_1&state={state}"),
        "/auth/login".to_owned(),
        "/auth/callback?code=c&state=s".to_owned(),
    ] {
        let mut request = browser_request("GET", &target, &cookies);
        let ahead = ("sec-purpose".to_owned(), "prefetch;prerender".to_owned());
        request.headers.push(ahead);
        let response = bench.api.handle(request).await;
        assert_eq!(response.status, 503, "{target}");
        assert_eq!(response.header("set-cookie"), None, "{target}");
    }
    assert_eq!(bench.scalekit.script.count(), calls);
    // What was asked ahead is still good for the visit itself.
    bench.scalekit.script.then(ok(&json!({})));
    bench.scalekit.script.then(ok(&account("ACTIVE")));
    assert_eq!(come_back(&bench, &cookies, &state).await.status, 200);
}

#[tokio::test]
async fn a_late_return_connects_nothing() {
    let bench = bench();
    let Begun { cookies, state } = begin(&bench).await;
    bench.scalekit.clock.pass(CONNECT_LIFETIME);
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
    let response = bench.submit("/connect/hubspot", &[]).await;
    assert_eq!(
        (response.status, response.header("location")),
        (303, Some("/auth/login?return_to=%2Fconnect%2Fhubspot"))
    );
    assert!(bench.platform.attempts.borrow().is_empty());
    // What others add to the address is left behind.
    let Begun { cookies, state } = begin(&bench).await;
    let target =
        format!("/connect/callback?auth_request_id=a%26b&state={state}&identifier=user_bob");
    let response = bench.visit(&target, &cookies[1..]).await;
    let back = location_parameter(&response, "return_to");
    let expected = format!("/connect/callback?auth_request_id=a%26b&state={state}");
    assert_eq!(back, Some(expected));
}

#[tokio::test]
async fn a_second_app_keeps_the_browser() {
    let bench = bench();
    let Begun { cookies, .. } = begin(&bench).await;
    bench
        .scalekit
        .script
        .then(ok(&json!({ "link": "https://acme.scalekit.test/2" })));
    let response = bench.submit("/connect/linear", &cookies).await;
    assert_eq!(cookie_of(&response, BROWSER), Some(cookies[1].clone()));
}

/// Nobody's text of any length is passed on or kept in a return address.
#[tokio::test]
async fn what_comes_back_is_bounded() {
    let bench = bench();
    let Begun { cookies, state } = begin(&bench).await;
    let long = "x".repeat(1001);
    let with = |id: &str, state: &str| {
        let target = format!("/connect/callback?auth_request_id={id}&state={state}");
        let cookies = cookies.clone();
        let bench = &bench;
        async move { bench.visit(&target, &cookies).await.status }
    };
    assert_eq!(with(&long, &state).await, 400);
    assert_eq!(with("a", &long[..513]).await, 400);
    assert_eq!(with("a", &long[..512]).await, 403);
    bench.scalekit.script.then(status(404, &json!({})));
    assert_eq!(with(&long[..1000], &state).await, 409);
}

#[tokio::test]
async fn what_cannot_begin_is_a_page() {
    let bench = bench();
    let session = [bench.session("alice")];
    assert_eq!(bench.visit("/connect/jira", &session).await.status, 404);
    assert_eq!(bench.submit("/connect/jira", &session).await.status, 404);
    assert_eq!(bench.visit("/connect/callback", &session).await.status, 400);
    bench
        .scalekit
        .script
        .then(ok(&json!({ "link": "javascript:alert(1)" })));
    let response = bench.submit("/connect/hubspot", &session).await;
    assert_eq!((response.status, response.header("location")), (502, None));
    assert!(response.header("content-security-policy").is_some());
    bench.platform.broken.set(true);
    assert_eq!(bench.submit("/connect/hubspot", &session).await.status, 503);
}

/// Where accounts are the organization's, a member cannot replace one, nor write with it directly.
#[tokio::test]
async fn members_leave_the_organizations_accounts_alone() {
    let bench = bench();
    let session = [bench.session("member")];
    assert_eq!(bench.visit("/connect/hubspot", &session).await.status, 403);
    assert_eq!(bench.submit("/connect/hubspot", &session).await.status, 403);
    for (method, path, body) in [
        ("POST", "/api/connect", r#"{"connector":"hubspot"}"#),
        ("POST", "/api/tools/hubspot-create-task/execute", "{}"),
    ] {
        let mut request = api_request(method, path, body);
        request.headers[1].1 = "Bearer member".into();
        let response = bench.api.handle(request).await;
        assert_eq!(response.status, 403, "{path}");
        assert_eq!(json_of(&response)["type"], ProblemType::RoleRequired.urn());
    }
    assert!(bench.platform.attempts.borrow().is_empty());
    assert_eq!(bench.scalekit.script.count(), 0);
    // Reading is everybody's.
    bench.scalekit.script.then(ok(&account("ACTIVE")));
    let mut request = api_request("GET", "/api/connections", "");
    request.headers[1].1 = "Bearer member".into();
    assert_eq!(bench.api.handle(request).await.status, 200);
}

//! What is asked for too often.

use std::collections::HashSet;

use crate::browser::connect_state::ConnectState;
use crate::limits::{Budget, WINDOW_SECONDS};
use crate::seal::fingerprint;
use crate::testkit::{Bench, api_request, bench, browser_request, json_of};
use crate::wire::problem::ProblemType;
use onbehalf_clock::Timestamp;
use onbehalf_runs::{BrowserHash, ConnectAttempt, ConnectorName, OwnerKey, StateHash};

const TRIGGER: &str = "/api/workflows/onboarding-health/trigger";

fn strict(limit: usize) -> Bench {
    let bench = bench();
    bench.counter.limit.set(limit);
    bench
}

async fn trigger(bench: &Bench, name: &str) -> crate::ApiResponse {
    let mut request = api_request("POST", TRIGGER, "{}");
    request
        .headers
        .retain(|(header, _)| header != "authorization");
    let bearer = format!("Bearer {name}");
    request.headers.push(("authorization".into(), bearer));
    bench.api.handle(request).await
}

#[tokio::test]
async fn a_caller_over_the_limit_is_told_how_long_to_wait() {
    let bench = strict(2);
    for _ in 0..2 {
        assert_eq!(trigger(&bench, "alice").await.status, 200);
    }
    let refused = trigger(&bench, "alice").await;
    assert_eq!(refused.status, 429);
    assert_eq!(json_of(&refused)["type"], ProblemType::RateLimited.urn());
    assert_eq!(
        refused.header("retry-after"),
        Some(WINDOW_SECONDS.to_string().as_str())
    );
    assert_eq!(bench.platform.started.borrow().len(), 2, "nothing begins");
}

/// It guards what things cost; whether the platform can count decides nothing else.
#[tokio::test]
async fn callers_are_served_while_nobody_can_count() {
    let bench = strict(0);
    bench.counter.away.set(true);
    assert_eq!(trigger(&bench, "alice").await.status, 200);
    bench.counter.away.set(false);
    assert_eq!(trigger(&bench, "alice").await.status, 429);
}

#[tokio::test]
async fn others_and_other_budgets_are_left_alone() {
    let bench = strict(1);
    assert_eq!(trigger(&bench, "alice").await.status, 200);
    assert_eq!(trigger(&bench, "alice").await.status, 429);
    assert_eq!(trigger(&bench, "bob").await.status, 200);
    let link = bench
        .ask("POST", "/api/connect", r#"{"connector":"hubspot"}"#)
        .await;
    assert_eq!(link.status, 200);
}

#[tokio::test]
async fn what_is_answered_from_memory_is_not_counted() {
    let bench = strict(0);
    for path in ["/health", "/openapi.json", "/"] {
        assert_eq!(bench.ask("GET", path, "").await.status, 200, "{path}");
    }
    assert!(bench.counter.uses.borrow().is_empty());
}

/// Looking costs an object, so it is counted, and apart from what costs more.
#[tokio::test]
async fn reading_is_counted_apart() {
    let bench = strict(1);
    let runs = "/api/workflows/onboarding-health/runs";
    assert_eq!(bench.ask("GET", runs, "").await.status, 200);
    for path in [
        runs,
        "/api/workflows/onboarding-health/schedule",
        "/api/tools",
        &format!("{runs}/run_1"),
    ] {
        assert_eq!(bench.ask("GET", path, "").await.status, 429, "{path}");
    }
    assert_eq!(bench.ask("POST", TRIGGER, "{}").await.status, 200);
}

/// A caller is counted once the token is good: nobody can use up another's budget.
#[tokio::test]
async fn a_request_without_a_good_token_takes_nothing() {
    let bench = strict(0);
    let refused = bench
        .api
        .handle(browser_request("POST", TRIGGER, &[]))
        .await;
    assert_eq!(refused.status, 401);
    assert!(bench.counter.uses.borrow().is_empty());
}

#[tokio::test]
async fn principals_are_counted_by_digest() {
    let bench = bench();
    trigger(&bench, "alice").await;
    let expected = (Budget::Runs, "owner-of-alice".to_owned());
    assert_eq!(*bench.counter.uses.borrow(), [expected]);
}

#[tokio::test]
async fn everything_expensive_is_counted() {
    let bench = strict(0);
    let run = "/api/workflows/onboarding-health/runs/run_1";
    for (method, path) in [
        ("POST", TRIGGER),
        ("POST", &format!("{run}/resume")),
        ("DELETE", run),
        ("GET", &format!("{run}/events")),
        ("PUT", "/api/workflows/onboarding-health/schedule"),
        ("DELETE", "/api/workflows/onboarding-health/schedule"),
        ("POST", "/api/connect"),
        ("GET", "/api/connections"),
        ("GET", "/api/connections/hubspot/account"),
        ("DELETE", "/api/connections/hubspot"),
        ("POST", "/api/tools/hubspot_get_contacts/execute"),
        ("POST", "/webhooks/scalekit"),
        ("GET", "/connect/hubspot"),
        ("POST", "/connect/hubspot"),
        ("GET", "/connect/callback"),
        ("GET", "/auth/login"),
        ("GET", "/auth/callback"),
    ] {
        let refused = bench.ask(method, path, "").await;
        assert_eq!(refused.status, 429, "{method} {path}");
        assert!(refused.header("retry-after").is_some(), "{method} {path}");
    }
}

/// The state that came back is still good after the wait.
#[tokio::test]
async fn a_person_over_the_limit_sees_a_page_and_loses_nothing() {
    let bench = strict(1);
    let browser = "b".repeat(43);
    let owner = "owner-of-alice".to_owned();
    let api = &bench.api;
    let state = ConnectState::write(
        &api.settings.seal,
        &*api.random,
        &OwnerKey::new(&owner),
        &browser,
    );
    let state_hash = fingerprint(&state);
    let attempt = ConnectAttempt {
        state_hash: StateHash::new(state_hash.clone()),
        connector: ConnectorName::new("hubspot"),
        browser_hash: BrowserHash::new(""),
        expires_at: Timestamp::from_millis(i64::MAX),
    };
    let begun = ((owner.clone(), state_hash), (attempt, false));
    bench.platform.attempts.borrow_mut().extend([begun]);
    // Alice has used up what she may; her address has not.
    bench.counter.uses.borrow_mut().push((Budget::Calls, owner));
    let session = [
        bench.session("alice"),
        format!("__Host-onbehalf_browser={browser}"),
    ];
    let callback = format!("/connect/callback?auth_request_id=a&state={state}");
    let page = bench.visit(&callback, &session).await;
    assert_eq!(page.status, 429);
    assert_eq!(
        page.header("content-type"),
        Some("text/html; charset=utf-8")
    );
    assert_eq!(page.header("retry-after"), Some("60"));
    let attempts = bench.platform.attempts.borrow();
    assert!(attempts.values().all(|(_, used)| !used));
}

#[tokio::test]
async fn addresses_are_counted_by_network() {
    let bench = bench();
    for address in [
        Some("203.0.113.7"),
        Some("::ffff:203.0.113.7"),
        Some("2001:db8:1:2:aaaa::1"),
        Some("2001:db8:1:2:bbbb::2"),
        Some("2001:db8:1:3::1"),
        Some("nonsense"),
        None,
    ] {
        let mut request = browser_request("GET", "/auth/login", &[]);
        request.client_address = address.map(str::to_owned);
        bench.api.handle(request).await;
    }
    let uses = bench.counter.uses.borrow();
    let keys: Vec<_> = uses.iter().map(|(_, key)| key.as_str()).collect();
    assert_eq!(
        keys,
        [
            "203.0.113.7",
            "203.0.113.7",
            "2001:db8:1:2::/64",
            "2001:db8:1:2::/64",
            "2001:db8:1:3::/64",
            "unknown",
            "unknown",
        ]
    );
}

/// The deployment's numbers: a binding for every budget, over the window callers are told of.
#[test]
fn the_deployment_has_a_limit_for_every_budget() {
    let config = include_str!("../../../../wrangler.toml");
    let blocks: Vec<_> = config.split("[[ratelimits]]").skip(1).collect();
    assert_eq!(blocks.len(), Budget::ALL.len());
    let period = format!("period = {WINDOW_SECONDS} }}");
    let mut ids = HashSet::new();
    for budget in Budget::ALL {
        let name = format!("name = \"{}\"", budget.binding());
        let block = blocks.iter().find(|block| block.contains(&name));
        let block = block.expect("a block");
        assert!(block.contains(&period), "{name}");
        let id = block
            .lines()
            .find(|line| line.starts_with("namespace_id"))
            .expect("an id");
        assert!(ids.insert(id), "{name} shares its count");
    }
}

//! What holds for every request.

use proptest::prelude::*;
use serde_json::json;

use crate::routes::ROUTES;
use crate::testkit::{api_request, bench, browser_request, json_of};
use crate::wire::message::{ApiRequest, MAX_BODY_BYTES};
use crate::{ProblemType, handle_unconfigured};
use onbehalf_connector::testkit::{executed, ok};

const TRIGGER: &str = "/api/workflows/onboarding-health/trigger";

#[tokio::test]
async fn the_api_wants_a_bearer_token_and_a_cookie_alone_is_none() {
    let bench = bench();
    for route in ROUTES
        .iter()
        .filter(|route| route.path.starts_with("/api/"))
    {
        let path = route.path.replace("{runId}", "run_1").replace("{id}", "x");
        let cookies = [bench.session("alice")];
        let request = browser_request(route.method, &path, &cookies);
        let response = bench.api.handle(request).await;
        assert_eq!(response.status, 401, "{path}");
        assert_eq!(
            response.header("www-authenticate"),
            Some("Bearer realm=\"onbehalf\"")
        );
        assert_eq!(
            json_of(&response)["type"],
            ProblemType::Unauthenticated.urn()
        );
    }
    bench.people.keys_gone.set(true);
    let response = bench.ask("GET", "/api/tools", "").await;
    assert_eq!(
        (response.status, response.header("retry-after")),
        (503, Some("5"))
    );
}

#[tokio::test]
async fn every_path_names_what_its_operation_asks_for() {
    let bench = bench();
    for route in ROUTES.iter().filter(|route| route.path.contains('{')) {
        let path = route
            .path
            .replace("{workflow}", "onboarding-health")
            .replace("{runId}", "run_1")
            .replace("{owner}", "p_scheduled")
            .replace("{agent}", "onboarding-assistant")
            .replace("{thread}", "t1")
            .replace("{id}", "linear-list-issues")
            .replace("{callId}", "run_1")
            .replace("{connector}", "hubspot")
            .replace("{namespace}", "globex");
        let ask = |method: &str, path: &str| {
            let mut request = api_request(method, path, "");
            request.headers[1].1 = "Bearer operator-acme".to_owned();
            bench.api.handle(request)
        };
        // There is a daily run to be asked for and to be ended.
        let schedule = "/api/workflows/onboarding-health/schedule";
        assert_eq!(ask("PUT", schedule).await.status, 200);
        if path == "/api/connections/hubspot" {
            let nothing = ok(&json!({ "connected_accounts": [] }));
            bench.scalekit.script.then(nothing);
        }
        if path == "/api/connections/hubspot/account" {
            let portal = executed(&json!({ "portalId": 1 }));
            bench.scalekit.script.then(portal);
        }
        let response = ask(route.method, &path).await;
        if response.status == 404 {
            let absent = json_of(&response)["type"].clone();
            let expected = if route.path.contains("{callId}") {
                ProblemType::ToolCallNotFound
            } else if route.path.contains("{thread}") {
                ProblemType::ThreadNotFound
            } else {
                ProblemType::RunNotFound
            };
            assert_eq!(absent, expected.urn(), "{path}");
        }
    }
}

#[tokio::test]
async fn unknown_paths_and_methods_are_problems() {
    let bench = bench();
    let response = bench.ask("GET", "/nope", "").await;
    assert_eq!(json_of(&response)["type"], ProblemType::NotFound.urn());
    assert_eq!(response.status, 404);
    let response = bench
        .ask("PATCH", "/api/workflows/onboarding-health/schedule", "")
        .await;
    assert_eq!(response.status, 405);
    assert_eq!(response.header("allow"), Some("GET, HEAD, PUT, DELETE"));
    assert_eq!(
        bench
            .ask("OPTIONS", "/api/workflows/onboarding-health/schedule", "")
            .await
            .status,
        405
    );
    for (name, _) in response.headers {
        assert!(!name.starts_with("access-control"));
    }
}

#[tokio::test]
async fn a_person_who_went_astray_sees_a_page() {
    let bench = bench();
    let mut request = browser_request("GET", "/nope", &[]);
    let accept = "text/html,application/xhtml+xml,*/*;q=0.8".to_owned();
    request.headers.push(("accept".to_owned(), accept));
    let response = bench.api.handle(request).await;
    assert_eq!(response.status, 404);
    let kind = response.header("content-type").expect("a type");
    assert!(kind.starts_with("text/html"));
    assert!(String::from_utf8_lossy(&response.body).contains("href=\"/\""));
}

#[tokio::test]
async fn head_is_get_without_the_body() {
    let bench = bench();
    let get = bench.ask("GET", "/health", "").await;
    let head = bench.ask("HEAD", "/health", "").await;
    assert_eq!((head.status, &head.headers), (200, &get.headers));
    assert!(head.body.is_empty());
}

#[tokio::test]
async fn bodies_are_bounded() {
    let bench = bench();
    let long = format!("{{\"x\":\"{}\"}}", "a".repeat(MAX_BODY_BYTES));
    assert_eq!(bench.ask("POST", TRIGGER, &long).await.status, 413);
    let deep = format!("{}{}", "[".repeat(5000), "]".repeat(5000));
    assert_eq!(bench.ask("POST", TRIGGER, &deep).await.status, 400);
    let mut form = api_request("POST", TRIGGER, "{}");
    form.headers.retain(|(name, _)| name != "content-type");
    assert_eq!(bench.api.handle(form).await.status, 415);
}

#[tokio::test]
async fn a_broken_platform_is_worth_another_try() {
    let bench = bench();
    bench.platform.broken.set(true);
    let response = bench
        .ask("GET", "/api/workflows/onboarding-health/schedule", "")
        .await;
    assert_eq!(
        (response.status, response.header("retry-after")),
        (503, Some("2"))
    );
}

/// A service that waits for others is well: those who operate it see for whom.
#[tokio::test]
async fn health_says_what_the_service_waits_for() {
    let bench = bench();
    let health = json_of(&bench.ask("GET", "/health", "").await);
    assert_eq!(health["waitingFor"], serde_json::json!([]));
    bench.people.keys_gone.set(true);
    let health = json_of(&bench.ask("GET", "/health", "").await);
    assert_eq!(health["status"], "ok");
    let waits = health["waitingFor"][0].as_str().unwrap_or_default();
    assert!(waits.contains("https://idp.test"), "{health}");
}

#[tokio::test]
async fn health_names_what_is_missing() {
    let bench = bench();
    assert_eq!(
        json_of(&bench.ask("GET", "/health", "").await)["status"],
        "ok"
    );
    let missing = ["SESSION_SECRET".to_owned()];
    let ask = |path: &str| handle_unconfigured(&browser_request("GET", path, &[]), &missing);
    let health = ask("/health");
    assert_eq!(health.status, 503);
    assert_eq!(
        json_of(&health)["configurationProblems"][0],
        "SESSION_SECRET"
    );
    assert_eq!(ask("/api/tools").status, 503);
    assert_eq!(json_of(&ask("/"))["type"], ProblemType::NotConfigured.urn());
}

#[tokio::test]
async fn the_document_and_the_start_page_are_open() {
    let bench = bench();
    let document = bench.visit("/openapi.json", &[]).await;
    assert_eq!(json_of(&document)["openapi"], "3.1.0");
    let home = bench.visit("/", &[]).await;
    assert!(String::from_utf8_lossy(&home.body).contains("/openapi.json"));
}

fn block_on<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread()
        .build()
        .expect("a runtime")
        .block_on(future)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn no_request_makes_the_routes_panic(
        method in "(GET|HEAD|POST|PUT|DELETE|.{0,5})",
        route in any::<prop::sample::Index>(),
        own_path in proptest::option::of(".{0,50}"),
        parameter in "[^/]{0,12}",
        query in ".{0,60}",
        headers in proptest::collection::vec(
            ("(authorization|cookie|idempotency-key|last-event-id|traceparent|content-type)", ".{0,40}"),
            0..4,
        ),
        body in proptest::collection::vec(any::<u8>(), 0..80),
    ) {
        let known = ROUTES[route.index(ROUTES.len())].path;
        let known = known.replace("{runId}", &parameter).replace("{id}", &parameter);
        let request = ApiRequest {
            method,
            path: own_path.unwrap_or(known),
            query,
            headers,
            body,
            client_address: None,
        };
        let response = block_on(bench().api.handle(request));
        prop_assert!((200..600).contains(&response.status));
        let open_document = response.header("etag").is_some();
        let kept = if open_document { "public, max-age=300" } else { "no-store" };
        prop_assert_eq!(response.header("cache-control"), Some(kept));
        prop_assert_eq!(response.header("x-content-type-options"), Some("nosniff"));
        for (_, value) in &response.headers {
            prop_assert!(!value.contains(['\r', '\n']), "{}", value);
        }
    }
}

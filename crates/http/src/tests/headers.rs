//! What every response tells browsers and caches.

use crate::testkit::{bench, bench_at, json_of, waiting_run};
use crate::wire::problem::ProblemType;

/// One answer of each kind: JSON, a problem, a page, a redirect, the document, a stream, nothing.
const TARGETS: [&str; 8] = [
    "/health",
    "/nope",
    "/",
    "/auth/login",
    "/openapi.json",
    "/connect/unknown",
    "/connect/hubspot",
    "/api/workflows/onboarding-health/schedule",
];

#[tokio::test]
async fn every_answer_is_closed_to_other_sites() {
    let bench = bench();
    for target in TARGETS {
        let response = bench.visit(target, &[]).await;
        for (name, value) in [
            ("x-content-type-options", "nosniff"),
            ("x-frame-options", "DENY"),
            ("referrer-policy", "no-referrer"),
            ("cross-origin-resource-policy", "same-origin"),
            ("strict-transport-security", "max-age=31536000"),
        ] {
            let all = response.headers.iter().filter(|(header, _)| header == name);
            let values: Vec<_> = all.map(|(_, value)| value.as_str()).collect();
            assert_eq!(values, [value], "{target}: {name}");
        }
        let policy = response.header("content-security-policy");
        let policy = policy.expect("a policy");
        assert!(policy.contains("default-src 'none'"), "{target}");
        assert!(policy.contains("frame-ancestors 'none'"), "{target}");
        // No origin is let in: the API is for servers, the pages are its own.
        assert!(
            !response
                .headers
                .iter()
                .any(|(header, _)| header.starts_with("access-control")),
            "{target}"
        );
    }
}

#[tokio::test]
async fn a_stream_is_no_exception() {
    let bench = bench();
    bench.platform.has("run_1", waiting_run("run_1"));
    let target = "/api/workflows/onboarding-health/runs/run_1/events";
    let head = bench.ask("GET", target, "").await;
    assert_eq!(head.header("cache-control"), Some("no-store"));
    assert_eq!(
        head.header("strict-transport-security"),
        Some("max-age=31536000")
    );
    assert_eq!(
        head.header("content-type"),
        Some("text/event-stream; charset=utf-8")
    );
}

/// A developer's machine has no https to keep to.
#[tokio::test]
async fn plain_http_promises_no_https() {
    let bench = bench_at("http://localhost:8787/");
    for target in TARGETS {
        let response = bench.visit(target, &[]).await;
        assert_eq!(response.header("strict-transport-security"), None);
    }
}

#[tokio::test]
async fn the_document_is_not_sent_twice() {
    let bench = bench();
    let first = bench.visit("/openapi.json", &[]).await;
    let etag = first.header("etag").expect("a tag").to_owned();
    let mut again = crate::testkit::browser_request("GET", "/openapi.json", &[]);
    again.headers.push(("if-none-match".into(), etag));
    let response = bench.api.handle(again).await;
    assert_eq!((response.status, response.body.len()), (304, 0));
}

#[tokio::test]
async fn a_parameter_that_means_nothing_is_refused() {
    let bench = bench();
    for (method, path) in [
        ("POST", "/api/workflows/onboarding-health/trigger"),
        ("GET", "/api/workflows/onboarding-health/runs"),
        ("GET", "/api/workflows/onboarding-health/runs/run_1"),
        ("DELETE", "/api/workflows/onboarding-health/runs/run_1"),
        ("POST", "/api/workflows/onboarding-health/runs/run_1/resume"),
        ("GET", "/api/workflows/onboarding-health/runs/run_1/events"),
        ("GET", "/api/schedules"),
        ("GET", "/api/workflows/onboarding-health/schedule"),
        ("PUT", "/api/workflows/onboarding-health/schedule"),
        ("DELETE", "/api/workflows/onboarding-health/schedule"),
        ("GET", "/api/runs/latest"),
        ("GET", "/api/workflows/onboarding-health/history"),
        ("POST", "/api/connect"),
        ("GET", "/api/connections"),
        ("GET", "/api/connections/hubspot/account"),
        ("DELETE", "/api/connections/hubspot"),
        ("GET", "/api/tools"),
        ("POST", "/api/tools/hubspot_get_contacts/execute"),
    ] {
        let response = bench.ask(method, &format!("{path}?user=bob"), "").await;
        assert_eq!(response.status, 400, "{method} {path}");
        let body = json_of(&response);
        assert_eq!(body["type"], ProblemType::InvalidQuery.urn());
        assert_eq!(body["parameter"], "user");
    }
}

/// Whoever has no good token learns nothing about parameters either.
#[tokio::test]
async fn the_token_comes_before_the_query() {
    let response = bench()
        .visit("/api/workflows/onboarding-health/schedule?user=bob", &[])
        .await;
    assert_eq!(response.status, 401);
}

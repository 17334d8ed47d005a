//! Several workflows beside each other.

use serde_json::{Value, json};

use crate::testkit::{bench, json_of, waiting_run};
use onbehalf_runs::hosted::Listed;

#[tokio::test]
async fn every_workflow_is_listed_with_what_it_is_started_with() {
    let bench = bench();
    let listed = json_of(&bench.ask("GET", "/api/workflows", "").await)["workflows"].clone();
    let listed = listed.as_array().expect("a list");
    assert_eq!(listed.len(), bench.api.workflows.offered().count());
    for (workflow, hosted) in listed.iter().zip(bench.api.workflows.offered()) {
        assert_eq!(workflow["id"], hosted.id());
        assert_eq!(workflow["inputSchema"]["type"], "object", "{workflow}");
        assert_eq!(workflow["inputSchema"]["additionalProperties"], false);
        assert_eq!(workflow["version"], hosted.version());
        let schedule = workflow.get("schedule").and_then(Value::as_str);
        assert_eq!(schedule, hosted.schedule());
    }
}

#[tokio::test]
async fn each_is_started_under_its_own_name_and_with_its_own_input() {
    let bench = bench();
    let path = "/api/workflows/morning-brief/trigger";
    let response = bench
        .ask("POST", path, r#"{"onMissingConnector":"suspend"}"#)
        .await;
    assert_eq!(response.status, 200);
    let location = response.header("location");
    assert_eq!(location, Some("/api/workflows/morning-brief/runs/run_1"));
    let started = bench.platform.started.borrow()[0].clone();
    assert_eq!(started.input, json!({"onMissingConnector": "suspend"}));
    let of_another = bench.ask("POST", path, r#"{"approval":"required"}"#).await;
    assert_eq!(of_another.status, 422);
    assert_eq!(json_of(&of_another)["field"], "approval");
}

#[tokio::test]
async fn a_workflow_nobody_hosts_is_not_found_whatever_is_asked_of_it() {
    let bench = bench();
    for (method, rest) in [
        ("POST", "trigger"),
        ("GET", "runs"),
        ("GET", "runs/run_1"),
        ("DELETE", "runs/run_1"),
        ("POST", "runs/run_1/resume"),
        ("GET", "runs/run_1/events"),
    ] {
        let response = bench
            .ask(method, &format!("/api/workflows/other/{rest}"), "{}")
            .await;
        assert_eq!(response.status, 404, "{method} {rest}");
        let problem = json_of(&response);
        let hosted: Vec<_> = bench.api.workflows.offered().map(Listed::id).collect();
        assert_eq!(problem["knownWorkflows"], json!(hosted), "{problem}");
    }
    assert!(bench.platform.started.borrow().is_empty());
}

/// The name of a run says nothing of its workflow, so the path must.
#[tokio::test]
async fn a_run_is_found_below_its_own_workflow_only() {
    let bench = bench();
    bench.platform.has("run_1", waiting_run("run_1"));
    let ask = async |method: &str, workflow: &str, rest: &str| {
        let path = format!("/api/workflows/{workflow}/runs/run_1{rest}");
        let response = bench
            .ask(method, &path, r#"{"connected":["hubspot"]}"#)
            .await;
        let body: Value = serde_json::from_slice(&response.body).unwrap_or_default();
        (response.status, body["type"].as_str().map(str::to_owned))
    };
    assert_eq!(ask("GET", "onboarding-health", "").await.0, 200);
    for (method, rest) in [
        ("GET", ""),
        ("DELETE", ""),
        ("POST", "/resume"),
        ("GET", "/events"),
    ] {
        let (status, kind) = ask(method, "morning-brief", rest).await;
        assert_eq!(status, 404, "{method} {rest}");
        assert!(
            kind.is_some_and(|it| it.ends_with("run-not-found")),
            "{method} {rest}"
        );
    }
}

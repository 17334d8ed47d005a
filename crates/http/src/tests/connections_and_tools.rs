//! Connections and tools, as the caller.

use serde_json::json;

use crate::testkit::{bench, json_of};
use onbehalf_connector::testkit::{ok, status};

#[tokio::test]
async fn a_connect_link_is_a_page_of_this_service() {
    let bench = bench();
    let response = bench
        .ask("POST", "/api/connect", r#"{"connector":"hubspot"}"#)
        .await;
    assert_eq!(
        json_of(&response),
        json!({"url": "https://onbehalf.test/connect/hubspot"})
    );
    let response = bench
        .ask("POST", "/api/connect", r#"{"connector":"jira"}"#)
        .await;
    assert_eq!(response.status, 400);
    assert_eq!(
        json_of(&response)["knownConnectors"],
        json!(["hubspot", "linear", "slack", "zendesk"])
    );
    assert_eq!(bench.scalekit.script.count(), 0);
}

#[tokio::test]
async fn what_is_not_connected_comes_with_a_link() {
    let bench = bench();
    bench
        .scalekit
        .script
        .then(ok(&json!({"connected_accounts": [
            {"connector": "hubspot", "identifier": "user_alice", "status": "ACTIVE"},
            {"connector": "linear", "identifier": "user_alice", "status": "EXPIRED"},
        ]})));
    let response = bench.ask("GET", "/api/connections", "").await;
    let connections = json_of(&response)["connections"].clone();
    assert_eq!(
        connections[0],
        json!({"connector": "hubspot", "status": "active"})
    );
    assert_eq!(connections[2]["status"], "not_connected");
    assert_eq!(
        connections[1]["connectUrl"],
        "https://onbehalf.test/connect/linear"
    );
}

#[tokio::test]
async fn an_account_is_deleted_once_and_stays_so() {
    let bench = bench();
    let accounts = |all: serde_json::Value| ok(&json!({ "connected_accounts": all }));
    let hers = json!({"connector": "hubspot", "identifier": "user_alice", "status": "ACTIVE"});
    bench.scalekit.script.then(accounts(json!([hers])));
    bench.scalekit.script.then(ok(&json!({})));
    let response = bench.ask("DELETE", "/api/connections/hubspot", "").await;
    assert_eq!((response.status, response.body.len()), (204, 0));
    let sent = bench.scalekit.script.sent(1);
    assert_eq!(
        sent,
        json!({"connector": "hubspot", "identifier": "user_alice"})
    );
    bench.scalekit.script.then(accounts(json!([])));
    let again = bench.ask("DELETE", "/api/connections/hubspot", "").await;
    assert_eq!(again.status, 204);
    let unknown = bench.ask("DELETE", "/api/connections/jira", "").await;
    assert_eq!(unknown.status, 400);
    assert!(json_of(&unknown)["knownConnectors"].is_array());
    assert_eq!(bench.scalekit.script.count(), 3);
}

#[tokio::test]
async fn scalekits_failures_are_problems() {
    let bench = bench();
    for _ in 0..3 {
        bench.scalekit.script.then(status(503, &json!({})));
    }
    let response = bench.ask("GET", "/api/connections", "").await;
    assert_eq!(response.status, 503);
    assert!(response.header("retry-after").is_some());
}

#[tokio::test]
async fn tools_are_listed_with_their_schemas() {
    let bench = bench();
    let tools = json_of(&bench.ask("GET", "/api/tools", "").await)["tools"].clone();
    let tools = tools.as_array().expect("tools").clone();
    assert!(tools.len() >= 5);
    for tool in tools {
        assert_eq!(tool["inputSchema"]["type"], "object", "{tool}");
        assert!(tool["writes"].is_boolean() && tool["outputSchema"].is_object());
    }
}

#[tokio::test]
async fn an_unknown_tool_lists_the_known_ones() {
    let bench = bench();
    let response = bench.ask("POST", "/api/tools/nope/execute", "{}").await;
    assert_eq!(response.status, 404);
    assert!(
        json_of(&response)["knownTools"]
            .as_array()
            .is_some_and(|it| !it.is_empty())
    );
}

#[tokio::test]
async fn a_bad_input_is_a_problem_with_its_field() {
    let bench = bench();
    let target = format!(
        "/api/tools/{}/execute",
        bench.api.registry.iter().next().expect("tool").id()
    );
    let response = bench
        .ask("POST", &target, r#"{"identifier":"user_bob"}"#)
        .await;
    let body = json_of(&response);
    assert_eq!(response.status, 422, "{body}");
    assert_eq!(body["type"], "urn:onbehalf:problem:invalid-body");
    assert!(body["field"].is_string());
    assert_eq!(bench.ask("POST", &target, "").await.status, 400);
    assert_eq!(bench.scalekit.script.count(), 0);
}

#[tokio::test]
async fn a_tool_runs_as_the_caller_and_its_failure_is_an_outcome() {
    let bench = bench();
    bench.scalekit.script.then(status(
        401,
        &json!({"code": 16, "message": "expired", "details": [
            {"error_code": "TOOL_ERROR", "tool_error_info": {"tool_error_code": "TOKEN_EXPIRED"}}
        ]}),
    ));
    let body = r#"{"issue_id":"ACME-1"}"#;
    let tool = "/api/tools/linear-list-comments/execute";
    let response = bench.ask("POST", tool, body).await;
    assert_eq!(response.status, 200);
    assert_eq!(json_of(&response)["status"], "auth_error");
    assert_eq!(bench.scalekit.script.sent(0)["identifier"], "user_alice");
}

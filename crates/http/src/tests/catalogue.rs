//! Tools of the catalogue, offered to a caller and used by them like any other.

use std::rc::Rc;

use serde_json::{Value, json};

use crate::testkit::{Bench, bench, json_of};
use onbehalf_connector::testkit::{Answer, executed, ok, status};
use onbehalf_runs::tool_call::ToolCallInput;
use onbehalf_tools::{Catalogue, CatalogueSettings, Registry};

/// A service that opens GitHub's issues.
fn open() -> Bench {
    let rules = r#"{"rules": [{"connector": "github", "tools": ["github_issue*"]}]}"#;
    let settings = CatalogueSettings::from_json(Some(rules)).expect("settings");
    let registry = Registry::standard().expect("tools");
    let mut bench = bench();
    bench.api.registry = Rc::new(registry.with_catalogue(Rc::new(Catalogue::new(settings))));
    bench
}

fn listed(names: &[&str]) -> Answer {
    let tools = names.iter().map(|name| {
        json!({"tool": {"definition": {"name": name, "description": "Does.", "input_schema": {
            "type": "object", "required": ["title"],
            "properties": {"title": {"type": "string"}, "account": {"type": "string"}}}}}})
    });
    ok(&json!({ "tools": tools.collect::<Vec<_>>() }))
}

async fn execute(bench: &Bench, tool: &str, body: &Value) -> (u16, Value) {
    let target = format!("/api/tools/{tool}/execute");
    let response = bench.ask("POST", &target, &body.to_string()).await;
    (response.status, json_of(&response))
}

#[tokio::test]
async fn they_stand_behind_those_of_the_service_and_say_where_they_are_from() {
    let bench = open();
    bench.scalekit.script.then(listed(&[
        "github_issues_list",
        "github_issue_create",
        "gmail_x",
    ]));
    let list = json_of(&bench.ask("GET", "/api/tools", "").await);
    let tools = list["tools"].as_array().expect("tools");
    let typed = json_of(
        &super::super::testkit::bench()
            .ask("GET", "/api/tools", "")
            .await,
    );
    let own = typed["tools"].as_array().expect("tools");
    assert_eq!(
        &tools[..own.len()],
        own.as_slice(),
        "the same, however they are written"
    );
    let names: Vec<_> = tools[own.len()..].iter().map(|it| &it["id"]).collect();
    assert_eq!(names, ["github_issue_create", "github_issues_list"]);
    let create = &tools[own.len()];
    assert_eq!(
        (&create["origin"], &create["writes"]),
        (&json!("catalogue"), &json!(true))
    );
    assert_eq!(
        create["inputSchema"]["properties"],
        json!({"title": {"type": "string"}})
    );
    assert_eq!(
        list["catalogue"],
        json!({"leftOut": 0, "incomplete": false})
    );
    assert_eq!(tools[0]["origin"], "typed");
    assert!(
        bench.scalekit.script.requests.borrow()[0]
            .url
            .contains("identifier=user_alice")
    );
}

#[tokio::test]
async fn a_service_that_cannot_be_asked_takes_away_none_of_the_others() {
    let bench = open();
    bench.scalekit.script.then(status(
        429,
        &json!({"code": 8, "details": [{"error_code": "RATE_LIMITED"}]}),
    ));
    let response = bench.ask("GET", "/api/tools", "").await;
    assert_eq!(response.status, 200);
    let list = json_of(&response);
    assert_eq!(list["catalogue"]["incomplete"], true);
    assert!(list["tools"].as_array().is_some_and(|it| it.len() >= 5));
    bench
        .scalekit
        .script
        .then(status(500, &json!({"code": 13})));
    let (status, problem) = execute(&bench, "github_issues_list", &json!({"title": "x"})).await;
    assert_eq!(status, 503, "{problem}");
}

#[tokio::test]
async fn one_that_reads_is_used_here_and_now() {
    let bench = open();
    bench
        .scalekit
        .script
        .then(listed(&["github_issues_list"]))
        .then(executed(&json!({"array": []})));
    let (status, body) = execute(&bench, "github_issues_list", &json!({"title": "x"})).await;
    assert_eq!(
        (status, body),
        (200, json!({"status": "success", "data": {"array": []}}))
    );
    assert!(bench.platform.started.borrow().is_empty());
}

#[tokio::test]
async fn one_that_writes_is_a_call_of_its_own() {
    let bench = open();
    bench.scalekit.script.then(listed(&["github_issue_create"]));
    execute(&bench, "github_issue_create", &json!({"title": "x"})).await;
    let started = bench.platform.started.borrow();
    let input = started.first().expect("a start").input.clone();
    let call: ToolCallInput = serde_json::from_value(input).expect("a call");
    assert_eq!(
        (call.tool.as_str(), call.arguments),
        ("github_issue_create", json!({"title": "x"}))
    );
    assert_eq!(bench.scalekit.script.count(), 1, "nothing was written here");
}

#[tokio::test]
async fn what_names_somebody_or_does_not_fit_is_refused_before_anything_begins() {
    let bench = open();
    bench.scalekit.script.then(listed(&["github_issue_create"]));
    for (body, field) in [
        (json!({"title": "x", "account": "bob"}), "account"),
        (json!({"title": 7}), "title"),
        (json!({}), "title"),
    ] {
        let (status, problem) = execute(&bench, "github_issue_create", &body).await;
        assert_eq!(
            (status, &problem["field"]),
            (422, &json!(field)),
            "{problem}"
        );
    }
    assert!(bench.platform.started.borrow().is_empty());
}

#[tokio::test]
async fn what_is_not_offered_is_not_there() {
    let bench = open();
    bench.scalekit.script.then(listed(&["github_issue_create"]));
    for tool in [
        "github_issue_wish",
        "github_repo_delete",
        "gmail_send_message",
    ] {
        let (status, problem) = execute(&bench, tool, &json!({"title": "x"})).await;
        assert_eq!(
            (status, &problem["type"]),
            (404, &json!("urn:onbehalf:problem:tool-not-found")),
            "{tool}"
        );
    }
    assert_eq!(
        bench.scalekit.script.count(),
        1,
        "nobody is asked about what no rule opens"
    );
}

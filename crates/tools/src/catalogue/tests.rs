//! The catalogue against a scripted Scalekit: whose tools are offered, for how long, and what a call is.

use std::time::Duration;

use serde_json::{Value, json};

use super::*;
use crate::registry::ErasedTool;
use crate::testkit::alice;
use crate::{CallMark, ErrorKind, Look, Sought, ToolOutcome};
use onbehalf_clock::Clock;
use onbehalf_connector::testkit::{Answer, Kit, executed, kit, ok, status};
use onbehalf_connector::{AlwaysPermit, AuthReason, CallKind};

fn catalogue(rules: &Value) -> Catalogue {
    let text = json!({ "rules": rules }).to_string();
    Catalogue::new(CatalogueSettings::from_json(Some(&text)).expect("settings"))
}

fn github() -> Catalogue {
    catalogue(&json!([
        {"connector": "github", "tools": ["github_issue_create"], "lookup": {
            "mark": "body", "tool": "github_issues_list", "items": "/array",
            "arguments": {"owner": "{owner}"}, "visibleAfterSeconds": 10}},
        {"connector": "github", "tools": ["github_*"]},
    ]))
}

fn listed(names: &[&str]) -> Answer {
    let tools = names.iter().map(|name| {
        json!({"tool": {"definition": {"name": name, "description": "Does\nsomething.", "input_schema":
            {"type": "object", "properties": {"title": {"type": "string"}, "user_id": {}}}}}})
    });
    ok(&json!({ "tools": tools.collect::<Vec<_>>() }))
}

fn mark() -> CallMark {
    CallMark {
        digits: "0123456789abcdef".to_owned(),
        uuid: String::new(),
        home: String::new(),
        since: None,
    }
}

async fn names(catalogue: &Catalogue, kit: &Kit) -> Vec<String> {
    let offered = catalogue
        .offered(&kit.scalekit, &alice())
        .await
        .expect("offered");
    offered.iter().map(|tool| tool.name().to_owned()).collect()
}

#[tokio::test]
async fn what_says_who_somebody_is_is_not_offered_whichever_rule_opens_it() {
    let catalogue = catalogue(&json!([
        {"connector": "slack", "tools": ["slack_auth_test", "slack_*"], "kind": "read"},
        {"connector": "crm", "tools": ["hubspot_*", "linear_*"], "kind": "write"},
    ]));
    let kit = kit();
    let telling = [
        "hubspot_account_details_get",
        "linear_viewer_get",
        "slack_auth_test",
        "slackbot_auth_test",
    ];
    kit.script
        .then(listed(&[&telling[..], &["slack_list_channels"]].concat()));
    assert_eq!(names(&catalogue, &kit).await, ["slack_list_channels"]);
    for name in telling {
        assert!(catalogue.declared(name).is_none(), "{name}");
        assert!(found(&catalogue, &kit, name).await.is_none(), "{name}");
    }
}

async fn found(catalogue: &Catalogue, kit: &Kit, name: &str) -> Option<Rc<CatalogueTool>> {
    catalogue
        .find(&kit.scalekit, &alice(), name)
        .await
        .expect("an answer")
}

#[tokio::test]
async fn only_what_the_settings_open_is_offered_and_no_parameter_asks_who_somebody_is() {
    let (catalogue, kit) = (github(), kit());
    kit.script.then(listed(&[
        "gitlab_issue_create",
        "github_issues_list",
        "github_a b",
        "github_issue_create",
    ]));
    let offered = catalogue
        .offered(&kit.scalekit, &alice())
        .await
        .expect("offered");
    let all: Vec<_> = offered.iter().map(|it| (it.id(), it.kind())).collect();
    let expected = [
        ("github_issue_create", CallKind::Write),
        ("github_issues_list", CallKind::Read),
    ];
    assert_eq!((all, offered.left_out()), (expected.to_vec(), 1));
    let tool = offered.get("github_issue_create").expect("offered");
    assert_eq!(tool.description(), "Does something.");
    assert_eq!(
        tool.input_schema()["properties"],
        json!({"title": {"type": "string"}})
    );
}

#[tokio::test]
async fn a_user_is_asked_about_once_in_a_while() {
    let (catalogue, kit) = (github(), kit());
    kit.script
        .then(listed(&["github_issues_list"]))
        .then(listed(&[]));
    assert_eq!(names(&catalogue, &kit).await, ["github_issues_list"]);
    assert_eq!(names(&catalogue, &kit).await, ["github_issues_list"]);
    assert_eq!(kit.script.count(), 1);
    kit.clock.sleep(Duration::from_secs(300)).await;
    assert!(names(&catalogue, &kit).await.is_empty());
    kit.script.then(listed(&["github_issue_get"]));
    catalogue.forget("user_alice");
    assert_eq!(names(&catalogue, &kit).await, ["github_issue_get"]);
}

#[tokio::test]
async fn nothing_is_asked_where_nothing_is_open() {
    let (catalogue, kit) = (Catalogue::new(CatalogueSettings::default()), kit());
    assert!(names(&catalogue, &kit).await.is_empty());
    assert!(
        found(&catalogue, &kit, "github_issues_list")
            .await
            .is_none()
    );
    assert_eq!(kit.script.count(), 0);
}

#[tokio::test]
async fn what_is_missed_is_asked_for_once_more_but_not_every_time() {
    let (catalogue, kit) = (github(), kit());
    kit.script.then(listed(&["github_issue_get"]));
    assert!(
        found(&catalogue, &kit, "github_issues_list")
            .await
            .is_none(),
        "no such tool"
    );
    assert!(
        found(&catalogue, &kit, "github_issues_list")
            .await
            .is_none()
    );
    assert_eq!(kit.script.count(), 1, "not again within seconds");
    kit.clock.sleep(Duration::from_secs(10)).await;
    kit.script
        .then(listed(&["github_issue_get", "github_issues_list"]));
    assert!(
        found(&catalogue, &kit, "github_issues_list")
            .await
            .is_some()
    );
}

#[tokio::test]
async fn a_tool_of_an_app_that_is_not_connected_says_so_when_it_is_used() {
    let (catalogue, kit) = (github(), kit());
    kit.script
        .then(listed(&[]))
        .then(status(
            404,
            &json!({"code": 5, "message": "resource not found"}),
        ))
        .then(ok(&json!({"connected_accounts": []})));
    let tool = found(&catalogue, &kit, "github_issues_list")
        .await
        .expect("known to the settings");
    let outcome = tool
        .execute(&kit.scalekit, &alice(), json!({}), &AlwaysPermit)
        .await;
    let ToolOutcome::AuthError { connector, reason } = outcome else {
        panic!("{outcome:?}");
    };
    assert_eq!(
        (connector.name(), reason),
        ("github", AuthReason::NotConnected)
    );
    let named = tool.checked(json!({"user_id": "bob"}));
    assert!(
        matches!(named, Err(CallFailure::InvalidInput { .. })),
        "not without a schema either"
    );
}

#[tokio::test]
async fn what_does_not_fit_is_refused_before_anything_is_sent() {
    let (catalogue, kit) = (github(), kit());
    kit.script.then(listed(&["github_issue_create"]));
    let tool = found(&catalogue, &kit, "github_issue_create")
        .await
        .expect("offered");
    for wrong in [json!({"title": 7}), json!({"user_id": "bob"}), json!(["a"])] {
        let outcome = tool
            .execute(&kit.scalekit, &alice(), wrong.clone(), &AlwaysPermit)
            .await;
        let ToolOutcome::Error(error) = outcome else {
            panic!("{wrong}");
        };
        assert_eq!(error.kind, ErrorKind::InvalidInput, "{wrong}");
    }
    assert_eq!(kit.script.count(), 1);
}

/// An app's own `status` must not be read as ours.
#[tokio::test]
async fn an_answer_stands_below_a_name_of_its_own() {
    let (catalogue, kit) = (github(), kit());
    kit.script
        .then(listed(&["github_issue_get"]))
        .then(executed(&json!({"status": "auth_error"})));
    let tool = found(&catalogue, &kit, "github_issue_get")
        .await
        .expect("offered");
    let outcome = tool
        .execute(&kit.scalekit, &alice(), json!({}), &AlwaysPermit)
        .await;
    let json = serde_json::to_value(outcome).expect("JSON");
    assert_eq!(
        json,
        json!({"status": "success", "data": {"status": "auth_error"}})
    );
    let sent = kit.script.sent(1);
    assert_eq!(
        (&sent["identifier"], &sent["connector"]),
        (&json!("user_alice"), &json!("github"))
    );
}

#[tokio::test]
async fn an_app_that_answers_with_nothing_has_taken_the_write() {
    let kit = kit();
    let tool = github().declared("github_issue_close").expect("open");
    kit.script
        .then(ok(&json!({"execution_id": "e1"})))
        .then(ok(&json!({})));
    let (context, mark) = (alice(), mark());
    let send = || tool.execute_marked(&kit.scalekit, &context, json!({}), &mark, &AlwaysPermit);
    assert_eq!(send().await, ToolOutcome::Success(json!({"data": {}})));
    assert!(
        send().await.is_outcome_unknown(),
        "nothing of Scalekit's at all"
    );
}

#[tokio::test]
async fn a_write_is_marked_and_found_where_a_look_is_declared_and_only_there() {
    let kit = kit();
    let tool = github().declared("github_issue_create").expect("open");
    assert_eq!(tool.visible_after(), Some(Duration::from_secs(10)));
    kit.script.then(executed(&json!({"number": 7})));
    let input = json!({"owner": "acme", "title": "x"});
    tool.execute_marked(
        &kit.scalekit,
        &alice(),
        input.clone(),
        &mark(),
        &AlwaysPermit,
    )
    .await;
    let body = kit.script.sent(0)["params"]["body"].clone();
    assert_eq!(body, "Reference: call-e0123456789abcdef");
    kit.script
        .then(executed(&json!({"array": [{"number": 7, "body": body}]})));
    let context = alice();
    let look = Look::new(&kit.scalekit, &context);
    let sought = tool.find(look, input.clone(), &mark()).await;
    let item = json!({"data": {"number": 7, "body": body}});
    assert_eq!(sought, Some(Ok(Sought::There(item))));
    let other = github()
        .declared("github_issue_comment_create")
        .expect("open");
    assert_eq!(
        (
            other.visible_after(),
            other.find(look, input, &mark()).await
        ),
        (None, None)
    );
}

#[tokio::test]
async fn a_tool_that_has_gone_is_a_typed_failure() {
    let kit = kit();
    let tool = github().declared("github_issue_close").expect("open");
    let account = json!({"identifier": "user_alice", "connector": "github", "status": "ACTIVE"});
    kit.script
        .then(status(
            404,
            &json!({"code": 5, "message": "resource not found"}),
        ))
        .then(ok(&json!({"connected_accounts": [account]})));
    let outcome = tool
        .execute_marked(&kit.scalekit, &alice(), json!({}), &mark(), &AlwaysPermit)
        .await;
    let ToolOutcome::Error(error) = outcome else {
        panic!("no success");
    };
    assert_eq!(error.kind, ErrorKind::UnknownTool);
}

#[tokio::test]
async fn a_large_answer_to_a_write_is_not_kept() {
    let kit = kit();
    let tool = github().declared("github_issue_close").expect("open");
    kit.script
        .then(executed(&json!({"log": "x".repeat(70_000)})));
    let outcome = tool
        .execute_marked(&kit.scalekit, &alice(), json!({}), &mark(), &AlwaysPermit)
        .await;
    assert_eq!(
        outcome,
        ToolOutcome::Success(json!({"data": {}, "tooLargeToKeep": true}))
    );
}

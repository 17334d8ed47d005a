//! Which account of an app somebody has connected, told to them and to no model.

use std::rc::Rc;

use serde_json::{Value, json};

use crate::limits::Budget;
use crate::testkit::{api_request, bench, json_of};
use crate::wire::problem::ProblemType;
use onbehalf_connector::testkit::{executed, ok, status};
use onbehalf_tools::{Catalogue, CatalogueSettings, Registry};

fn path(app: &str) -> String {
    format!("/api/connections/{app}/account")
}

/// What the account list says of Alice's account at this app.
fn listed(app: &str, status: &str) -> Value {
    json!({"connected_accounts": [
        {"connector": app, "identifier": "user_alice", "status": status}]})
}

#[tokio::test]
async fn each_app_that_ships_is_asked_as_the_caller_and_says_which_account_it_is() {
    for (app, tool, data, account) in [
        (
            "hubspot",
            "hubspot_account_details_get",
            json!({"portalId": 62515, "accountType": "STANDARD", "uiDomain": "app.hubspot.com"}),
            json!({"name": "Hub 62515", "url": "https://app.hubspot.com/contacts/62515/"}),
        ),
        (
            "linear",
            "linear_viewer_get",
            json!({"data": {"viewer": {"id": "u1", "name": "Alice", "email": "alice@acme.test",
                "organization": {"id": "o1", "name": "Acme", "urlKey": "acme"}}}}),
            json!({"name": "Acme", "user": "Alice", "url": "https://linear.app/acme/"}),
        ),
        (
            "slack",
            "slack_auth_test",
            json!({"ok": true, "url": "https://acme.slack.com/", "team": "Acme", "user": "alice",
                "team_id": "T12345678", "user_id": "W12345678"}),
            json!({"name": "Acme", "user": "alice", "url": "https://acme.slack.com/"}),
        ),
        (
            "zendesk",
            "zendesk_groups_list",
            json!({"groups": [{"id": 3432, "name": "Support",
                "url": "https://acme.zendesk.com/api/v2/groups/3432.json"}]}),
            json!({"name": "acme.zendesk.com", "url": "https://acme.zendesk.com/"}),
        ),
    ] {
        let bench = bench();
        bench.scalekit.script.then(executed(&data));
        let response = bench.ask("GET", &path(app), "").await;
        assert_eq!(response.status, 200, "{app}");
        assert_eq!(
            json_of(&response),
            json!({"connector": app, "account": account})
        );
        assert_eq!(response.header("cache-control"), Some("no-store"));
        let sent = bench.scalekit.script.sent(0);
        assert_eq!(
            (&sent["tool_name"], &sent["identifier"]),
            (&json!(tool), &json!("user_alice"))
        );
        assert_eq!(bench.scalekit.script.count(), 1, "one call");
        let expected = (Budget::Calls, "owner-of-alice".to_owned());
        assert_eq!(*bench.counter.uses.borrow(), [expected]);
    }
}

#[tokio::test]
async fn it_is_asked_anew_each_time() {
    let bench = bench();
    for name in ["Acme", "Globex"] {
        let team = json!({"ok": true, "team": name, "url": "https://acme.slack.com/"});
        bench.scalekit.script.then(executed(&team));
        let response = bench.ask("GET", &path("slack"), "").await;
        assert_eq!(json_of(&response)["account"]["name"], name);
    }
}

#[tokio::test]
async fn an_app_that_is_not_connected_is_a_problem_with_a_link() {
    for (listed_as, reason) in [
        (listed("slack", "ACTIVE"), "not_connected"),
        (listed("linear", "PENDING_AUTH"), "not_connected"),
        (listed("linear", "EXPIRED"), "token_expired"),
        (listed("linear", "DISCONNECTED"), "account_revoked"),
    ] {
        let bench = bench();
        // Scalekit does not say what is missing, so the accounts are looked at.
        bench.scalekit.script.then(status(404, &json!({"code": 5})));
        bench.scalekit.script.then(ok(&listed_as));
        let response = bench.ask("GET", &path("linear"), "").await;
        let problem = json_of(&response);
        assert_eq!(response.status, 409, "{problem}");
        assert_eq!(problem["type"], ProblemType::ConnectionRequired.urn());
        assert_eq!(
            (&problem["connector"], &problem["reason"]),
            (&json!("linear"), &json!(reason))
        );
        assert_eq!(
            problem["connectUrl"],
            "https://onbehalf.test/connect/linear"
        );
    }
}

#[tokio::test]
async fn a_grant_that_the_app_no_longer_takes_is_the_same_problem() {
    let bench = bench();
    bench.scalekit.script.then(status(
        401,
        &json!({"code": 16, "message": "expired for user_alice", "details": [
            {"error_code": "TOOL_ERROR", "tool_error_info": {"tool_error_code": "TOKEN_EXPIRED"}}
        ]}),
    ));
    let response = bench.ask("GET", &path("hubspot"), "").await;
    let problem = json_of(&response);
    assert_eq!(response.status, 409, "{problem}");
    assert_eq!(problem["reason"], "token_expired");
    assert!(!problem.to_string().contains("user_alice"));
    let refused = json!({"ok": false, "error": "token_revoked"});
    bench.scalekit.script.then(executed(&refused));
    let response = bench.ask("GET", &path("slack"), "").await;
    assert_eq!(json_of(&response)["reason"], "account_revoked");
}

#[tokio::test]
async fn what_passes_by_itself_and_what_cannot_be_read_are_told_apart() {
    let bench = bench();
    for _ in 0..3 {
        bench.scalekit.script.then(status(503, &json!({})));
    }
    let response = bench.ask("GET", &path("slack"), "").await;
    assert_eq!(response.status, 503);
    assert!(response.header("retry-after").is_some());
    let detail = "At the moment the app, or Scalekit before it, cannot be asked; try again.";
    assert_eq!(json_of(&response)["detail"], detail);
    bench.scalekit.script.then(executed(&json!({"ok": true})));
    let response = bench.ask("GET", &path("slack"), "").await;
    assert_eq!(response.status, 502);
}

#[tokio::test]
async fn an_app_of_which_nobody_knows_how_to_ask_has_none_and_one_that_is_not_configured_is_unknown()
 {
    let bench = bench();
    bench.scalekit.script.then(status(404, &json!({"code": 5})));
    bench.scalekit.script.then(ok(&listed("zendesk", "ACTIVE")));
    // A connection whose kind has no such tool.
    let response = bench.ask("GET", &path("zendesk"), "").await;
    assert_eq!(
        (response.status, json_of(&response)),
        (200, json!({"connector": "zendesk", "account": null}))
    );
    let asked = bench.scalekit.script.count();
    let unknown = bench.ask("GET", &path("jira"), "").await;
    assert_eq!(unknown.status, 400);
    assert!(json_of(&unknown)["knownConnectors"].is_array());
    assert_eq!(bench.scalekit.script.count(), asked);
}

/// Names in Scalekit's catalogue of what says who somebody is.
const LOOKUPS: [&str; 3] = [
    "hubspot_account_details_get",
    "linear_viewer_get",
    "slack_auth_test",
];

/// The settings open as much as settings can, and Scalekit lists it.
#[tokio::test]
async fn nothing_of_it_is_offered_to_a_model_by_any_way() {
    let rules = r#"{"rules": [{"connector": "slack", "tools": ["slack_*", "slack_auth_test"]},
        {"connector": "linear", "tools": ["linear_*"], "kind": "read"},
        {"connector": "hubspot", "tools": ["*"], "kind": "read"}]}"#;
    let settings = CatalogueSettings::from_json(Some(rules)).expect("settings");
    let registry = Registry::standard().expect("tools");
    let mut bench = bench();
    bench.api.registry = Rc::new(registry.with_catalogue(Rc::new(Catalogue::new(settings))));
    let names = LOOKUPS.iter().chain(&["slack_list_channels"]);
    let tools = names.map(|name| {
        json!({"tool": {"definition": {"name": name, "description": "Does.",
            "input_schema": {"type": "object", "properties": {}}}}})
    });
    let listed = ok(&json!({ "tools": tools.collect::<Vec<_>>() }));
    bench.scalekit.script.then(listed);
    let list = json_of(&bench.ask("GET", "/api/tools", "").await);
    let tools = list["tools"].as_array().expect("tools");
    let offered: Vec<_> = tools.iter().filter_map(|it| it["id"].as_str()).collect();
    assert!(offered.contains(&"slack_list_channels"), "{offered:?}");

    let message = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {}});
    let mut request = api_request("POST", "/mcp", &message.to_string());
    for (name, value) in [
        ("mcp-protocol-version", "2025-06-18"),
        ("accept", "application/json, text/event-stream"),
    ] {
        request.headers.push((name.to_owned(), value.to_owned()));
    }
    let shown = json_of(&bench.api.handle(request).await);
    let shown = shown["result"]["tools"].as_array().expect("tools");
    let shown: Vec<_> = shown.iter().filter_map(|it| it["name"].as_str()).collect();
    assert!(shown.contains(&"slack_list_channels"), "{shown:?}");

    for name in LOOKUPS {
        assert!(!offered.contains(&name) && !shown.contains(&name), "{name}");
        let target = format!("/api/tools/{name}/execute");
        assert_eq!(bench.ask("POST", &target, "{}").await.status, 404, "{name}");
    }
    for app in ["hubspot", "linear", "slack", "zendesk"] {
        let id = format!("{app}-account");
        assert!(bench.api.registry.get(&id).is_err(), "{id}");
    }
}

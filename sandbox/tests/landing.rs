//! Calls that take effect at another time than they are answered, twice, or never.

mod common;

use common::{Client, body};
use onbehalf_sandbox::service::Reply;
use onbehalf_sandbox::world::faults::Faults;
use serde_json::{Value, json};

fn task() -> Value {
    json!({ "hs_task_subject": "Call", "hs_timestamp": "2026-11-24T09:00:00Z" })
}

fn create(client: &mut Client) -> Reply {
    client.execute("alice", "hubspot_task_create", &task())
}

#[test]
fn a_write_lands_after_any_answer_or_none() {
    let gateway = |status: u16| json!({ "status": status, "service": true });
    for (fault, status, broken) in [
        (gateway(502), 502, false),
        (gateway(504), 504, false),
        (json!({ "status": 500 }), 500, false),
        (json!({ "break_before": true }), 0, true),
        (json!({ "lose_answer": true }), 0, true),
        (json!({ "garbage": "html" }), 200, false),
        (json!({}), 200, false),
    ] {
        let mut client = Client::new();
        let mut rule = fault.clone();
        rule["land_after_ms"] = 3000.into();
        client.faults(&json!([rule]));
        let reply = create(&mut client);
        assert_eq!((reply.status, reply.broken), (status, broken), "{fault}");
        client.faults(&json!([]));
        client.now += 2999;
        assert!(client.ledger().is_empty(), "{fault}");
        let list = client.data("alice", "hubspot_tasks_list", &json!({}));
        assert_eq!(list["results"], json!([]), "{fault}");
        client.now += 1;
        assert_eq!(client.ledger().len(), 1, "{fault}");
        assert_eq!(client.ledger()[0].at, "2026-11-23T08:00:03.000Z", "{fault}");
    }
}

#[test]
fn what_was_answered_is_what_lands_whatever_happens_between() {
    let mut client = Client::new();
    client.faults(&json!([{ "land_after_ms": 3000, "times": 1 }]));
    let promised = body(&create(&mut client))["data"]["id"].clone();
    let between = body(&create(&mut client))["data"]["id"].clone();
    assert_ne!(promised, between);
    client.now += 3000;
    let ids: Vec<&str> = client.ledger().iter().map(|it| it.id.as_str()).collect();
    assert_eq!(json!(ids), json!([between, promised]));
    let found = client.data("alice", "hubspot_task_get", &json!({ "task_id": promised }));
    assert_eq!(found["id"], promised);
}

#[test]
fn what_never_lands_may_be_answered_all_the_same() {
    let mut client = Client::with(&json!({ "provider_errors": "kept" }));
    client.faults(&json!([{ "never_lands": true }]));
    let reply = create(&mut client);
    assert_eq!(reply.status, 200);
    client.faults(&json!([]));
    client.now += 86_400_000 / 48;
    assert!(client.ledger().is_empty());
    let id = json!({ "task_id": body(&reply)["data"]["id"] });
    assert_eq!(client.execute("alice", "hubspot_task_get", &id).status, 404);
}

#[test]
fn each_rule_lands_its_own_calls() {
    let mut client = Client::new();
    client.faults(&json!([
        { "match": { "identifier": "user_alice" }, "land_after_ms": 1000, "status": 504, "service": true },
        { "match": { "identifier": "user_dave" }, "land_after_ms": 5000 },
    ]));
    assert_eq!(create(&mut client).status, 504);
    assert_eq!(
        client
            .execute("dave", "hubspot_task_create", &task())
            .status,
        200
    );
    assert_eq!(
        client
            .execute("carol", "hubspot_task_create", &task())
            .status,
        200
    );
    let mut landed = |after_ms: i64| {
        client.now = common::NOW + after_ms;
        client
            .ledger()
            .iter()
            .map(|it| it.identifier.clone())
            .collect::<Vec<_>>()
    };
    assert_eq!(landed(0), ["user_carol"]);
    assert_eq!(landed(1000), ["user_carol", "user_alice"]);
    assert_eq!(landed(5000), ["user_carol", "user_alice", "user_dave"]);
}

#[test]
fn what_is_under_way_does_not_land_with_a_credential_that_is_gone() {
    let mut client = Client::new();
    client.faults(&json!([{ "land_after_ms": 1000, "times": 1 }]));
    create(&mut client);
    let account = client.service.world.account_mut("user_alice", "hubspot");
    account.expect("hers").revoked = true;
    client.now += 1000;
    assert!(client.ledger().is_empty());
}

#[test]
fn a_write_may_be_sent_twice_and_a_read_is_not() {
    let mut client = Client::new();
    client.faults(&json!([{ "twice": true }]));
    let answered = body(&create(&mut client))["data"]["id"].clone();
    client.data("alice", "hubspot_tasks_list", &json!({}));
    let ids: Vec<String> = client.ledger().iter().map(|it| it.id.clone()).collect();
    assert_eq!((ids.len(), json!(ids[1])), (2, answered));
    assert_ne!(ids[0], ids[1]);
    // With an id of the client's choice the second one is refused, and that is what it hears.
    let issues = client.data("alice", "linear_issues_list", &json!({ "first": 1 }));
    let input = json!({ "id": "0b1c2d3e-4f50-4a61-8b72-93a4b5c6d7e8", "body": "x",
        "issueId": issues["data"]["issues"]["nodes"][0]["id"] });
    let query =
        "mutation($input: CommentCreateInput!) { commentCreate(input: $input) { success } }";
    let params = json!({ "query": query, "variables": { "input": input } });
    let reply = client.execute("alice", "linear_graphql_query", &params);
    assert_eq!(
        (
            body(&reply)["data"]["data"].is_null(),
            client.ledger().len()
        ),
        (true, 3)
    );
}

#[test]
fn a_rule_for_a_tool_that_does_not_exist_is_refused_with_those_there_are() {
    let mut faults = Faults::default();
    let rules = |tool: &str| {
        serde_json::from_value(json!({ "rules": [{ "match": { "tool": tool }, "status": 500 }] }))
            .expect("rules")
    };
    let refused = faults
        .replace(rules("hubspot_create_task"))
        .expect_err("no such tool");
    assert!(refused.contains("hubspot_create_task") && refused.contains("hubspot_task_create"));
    assert!(faults.list().rules.is_empty());
    for known in ["hubspot_task_create", "zendeskoauth_search_tickets"] {
        assert_eq!(faults.replace(rules(known)), Ok(()));
    }
}

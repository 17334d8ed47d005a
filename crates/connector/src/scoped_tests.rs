//! The tools of a user: whose they are, page for page, and what an answer may be.

use super::*;
use crate::testkit::{Kit, kit, ok, status};
use serde_json::json;

const TWO: [Connector; 2] = [Connector::HUBSPOT, Connector::SLACK];

fn tool(name: &str) -> Value {
    json!({"identifier": "user_alice", "connected_account_id": "ca_1", "tool": {
        "provider": "HUBSPOT",
        "definition": {"name": name, "description": "Does.", "input_schema": {"type": "object"}}}})
}

async fn names(kit: &Kit) -> Result<(Vec<String>, bool), CallFailure> {
    let found = kit.scalekit.scoped_tools("user_alice", &TWO, None).await?;
    Ok((
        found.tools.into_iter().map(|it| it.name).collect(),
        found.cut_off,
    ))
}

#[tokio::test]
async fn one_question_covers_all_connections_and_is_read_to_its_last_page() {
    let kit = kit();
    kit.script
        .then(ok(
            &json!({"tools": [tool("b"), tool("a")], "next_page_token": "n"}),
        ))
        .then(ok(
            &json!({"tools": [tool("c"), tool("a")], "next_page_token": ""}),
        ));
    assert_eq!(
        names(&kit).await,
        Ok((vec!["a".into(), "b".into(), "c".into()], false))
    );
    let requests = kit.script.requests.borrow();
    assert_eq!(
        requests[1].url,
        "https://acme.scalekit.test/api/v1/tools/scoped?identifier=user_alice\
         &filter.connection_names=hubspot&filter.connection_names=slack&page_size=100&page_token=n"
    );
}

#[tokio::test]
async fn what_is_somebody_elses_or_cannot_be_called_does_not_count() {
    let kit = kit();
    let mut foreign = tool("foreign");
    foreign["identifier"] = json!("user_bob");
    let mut nameless = tool("x");
    nameless["tool"]["definition"]["name"] = json!(7);
    let mut shapeless = tool("shapeless");
    shapeless["tool"]["definition"]["input_schema"] = json!("object");
    kit.script.then(ok(
        &json!({"tools": [foreign, nameless, shapeless, json!(null), tool("a")]}),
    ));
    assert_eq!(names(&kit).await, Ok((vec!["a".into()], false)));
}

#[tokio::test]
async fn somebody_whom_scalekit_does_not_know_has_no_tools() {
    let kit = kit();
    kit.script.then(status(
        404,
        &json!({"code": 5, "message": "resource not found"}),
    ));
    assert_eq!(names(&kit).await, Ok((vec![], false)));
    kit.script.then(ok(&json!({})));
    assert_eq!(names(&kit).await, Ok((vec![], false)));
}

#[tokio::test]
async fn pages_without_an_end_are_cut_off() {
    let kit = kit();
    for _ in 0..MAX_PAGES {
        kit.script.then(ok(
            &json!({"tools": [tool("a")], "next_page_token": "again"}),
        ));
    }
    assert_eq!(names(&kit).await, Ok((vec!["a".into()], true)));
    assert_eq!(kit.script.count(), MAX_PAGES);
}

#[tokio::test]
async fn an_answer_against_contract_is_a_typed_failure() {
    let kit = kit();
    for answer in [json!([]), json!({"tools": 7})] {
        kit.script.then(ok(&answer));
        assert!(
            matches!(names(&kit).await, Err(CallFailure::Upstream { .. })),
            "{answer}"
        );
    }
    kit.script.then(status(
        429,
        &json!({"code": 8, "details": [{"error_code": "RATE_LIMITED"}]}),
    ));
    assert!(matches!(
        names(&kit).await,
        Err(CallFailure::RateLimited { .. })
    ));
    // Not Scalekit's words: a wrong address.
    kit.script.then(status(404, &json!("no such page")));
    assert_eq!(names(&kit).await, Err(CallFailure::Configuration));
}

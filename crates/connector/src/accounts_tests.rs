//! Connections: one call, pages, the best account wins.

use super::*;
use crate::testkit::{Kit, kit, ok, status};
use serde_json::json;

const THREE: [Connector; 3] = [Connector::HUBSPOT, Connector::ZENDESK, Connector::LINEAR];

fn account(connector: &str, status: &str) -> Value {
    json!({"id": "ca_1", "identifier": "user_alice", "connector": connector, "status": status,
           "token_expires_at": "2026-12-01T00:00:00.123456789Z"})
}

async fn statuses(kit: &Kit) -> Result<Vec<ConnectionStatus>, CallFailure> {
    let found = kit.scalekit.connections("user_alice", &THREE, None).await?;
    Ok(found
        .into_iter()
        .map(|connection| connection.status)
        .collect())
}

#[tokio::test]
async fn one_call_covers_all_connectors() {
    let kit = kit();
    kit.script.then(ok(&json!({"connected_accounts": [
        account("zendesk", "EXPIRED"), account("hubspot", "DISCONNECTED"),
        account("hubspot", "ACTIVE"), account("hubspot", "PENDING_AUTH"),
        account("slack", "ACTIVE"), json!(7),
    ], "next_page_token": "", "total_size": 5})));
    let found = kit
        .scalekit
        .connections("user alice&x=1", &THREE, None)
        .await
        .expect("found");
    assert!(
        found
            .iter()
            .all(|c| c.status == ConnectionStatus::NotConnected),
        "somebody else's"
    );
    kit.script.then(ok(&json!({"connected_accounts": [
        account("zendesk", "EXPIRED"), account("hubspot", "DISCONNECTED"),
        account("hubspot", "ACTIVE"), account("hubspot", "PENDING_AUTH"),
        account("slack", "ACTIVE"), json!(7),
    ]})));
    use ConnectionStatus::{Active, Expired, NotConnected};
    assert_eq!(
        statuses(&kit).await,
        Ok(vec![Active, Expired, NotConnected])
    );
    let requests = kit.script.requests.borrow();
    assert_eq!(requests.len(), 2);
    assert_eq!(
        requests[0].url,
        "https://acme.scalekit.test/api/v1/connected_accounts?identifier=user+alice%26x%3D1\
         &connection_names=hubspot&connection_names=zendesk&connection_names=linear&page_size=99"
    );
}

#[tokio::test]
async fn pages_are_followed_within_a_bound() {
    let kit = kit();
    let page = |accounts: Value, next: &str| {
        ok(&json!({"connected_accounts": accounts, "next_page_token": next}))
    };
    kit.script
        .then(page(json!([account("hubspot", "EXPIRED")]), "p/2"));
    kit.script
        .then(page(json!([account("hubspot", "ACTIVE")]), ""));
    assert_eq!(
        statuses(&kit).await.expect("two pages")[0],
        ConnectionStatus::Active
    );
    assert!(
        kit.script.requests.borrow()[1]
            .url
            .ends_with("&page_token=p%2F2")
    );
    for _ in 0..MAX_PAGES {
        kit.script.then(page(json!([]), "again"));
    }
    assert!(
        statuses(&kit).await.is_err(),
        "an endless list is not an answer"
    );
}

#[tokio::test]
async fn no_accounts_may_be_an_absent_list() {
    let kit = kit();
    kit.script.then(ok(&json!({"total_size": 0})));
    assert_eq!(
        statuses(&kit).await,
        Ok(vec![ConnectionStatus::NotConnected; 3])
    );
    for body in [json!([]), json!({"connected_accounts": {}}), json!(1)] {
        kit.script.then(ok(&body));
        assert!(statuses(&kit).await.is_err(), "{body}");
    }
}

#[tokio::test]
async fn an_unknown_connection_is_ours_to_configure() {
    let kit = kit();
    kit.script.then(status(
        404,
        &json!({"code": 5, "message": "connection not found"}),
    ));
    assert_eq!(statuses(&kit).await, Err(CallFailure::Configuration));
}

#[test]
fn an_unknown_status_is_not_active() {
    assert_eq!(
        ConnectionStatus::read("SOMETHING_NEW"),
        ConnectionStatus::Unknown
    );
    assert!(ConnectionStatus::Active < ConnectionStatus::Unknown);
    assert!(ConnectionStatus::Unknown < ConnectionStatus::NotConnected);
}

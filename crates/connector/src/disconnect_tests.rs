//! Accounts that are taken away.

use serde_json::Value;

use super::*;
use crate::testkit::{Kit, kit, ok, status};
use onbehalf_fetch::FetchError;

fn account(kit: &Kit, there: bool) {
    let account = json!({ "connector": "hubspot", "identifier": "user_alice", "status": "ACTIVE" });
    let accounts: Vec<Value> = there.then_some(account).into_iter().collect();
    kit.script
        .then(ok(&json!({ "connected_accounts": accounts })));
}

async fn disconnect(kit: &Kit) -> Result<(), CallFailure> {
    kit.scalekit
        .disconnect("user_alice", Connector::HUBSPOT, None)
        .await
}

#[tokio::test]
async fn the_account_is_named_by_its_connection_and_its_user() {
    let kit = kit();
    account(&kit, true);
    kit.script.then(ok(&json!({})));
    assert_eq!(disconnect(&kit).await, Ok(()));
    let sent = json!({ "connector": "hubspot", "identifier": "user_alice" });
    assert_eq!(kit.script.sent(1), sent);
    assert_eq!(kit.script.count(), 2);
}

#[tokio::test]
async fn who_is_not_connected_is_asked_nothing_of() {
    let kit = kit();
    account(&kit, false);
    assert_eq!(disconnect(&kit).await, Ok(()));
    assert_eq!(kit.script.count(), 1, "only looked at");
}

/// Somebody else was faster, or the answer was lost on its way: both show in the accounts.
#[tokio::test]
async fn what_came_of_it_shows_in_the_accounts() {
    type Answer = fn() -> Result<onbehalf_fetch::HttpResponse, FetchError>;
    let answers: [Answer; 3] = [
        || status(404, &json!({ "code": 5 })),
        || status(400, &json!({})),
        || Err(FetchError::Timeout),
    ];
    for (nth, answer) in answers.into_iter().enumerate() {
        for still_there in [false, true] {
            let kit = kit();
            account(&kit, true);
            kit.script.then(answer());
            account(&kit, still_there);
            let gone = disconnect(&kit).await;
            assert_eq!(gone.is_err(), still_there, "answer {nth}: {gone:?}");
            assert_eq!(kit.script.count(), 3, "and it was sent once");
        }
    }
}

//! One token for everybody: single flight, refresh before expiry, take-over, failures.

use super::*;
use crate::testkit::{Kit, kit, ok, status};
use crate::{AlwaysPermit, CallKind, Connector, Executed, ToolCall};
use futures::future::join_all;
use onbehalf_fetch::FetchError;
use serde_json::json;

async fn read(kit: &Kit) -> Result<Executed, CallFailure> {
    let call = ToolCall {
        tool_name: "hubspot_contacts_search",
        identifier: "user_alice",
        connector: Connector::HUBSPOT,
        params: json!({}),
        agent_run_id: None,
        trace_id: None,
        kind: CallKind::Read,
    };
    kit.scalekit.execute(&call, &AlwaysPermit).await
}

fn answers(kit: &Kit, count: usize) {
    for _ in 0..count {
        kit.script
            .then(ok(&json!({"data": {}, "execution_id": "e"})));
    }
}

#[tokio::test]
async fn a_hundred_calls_at_once_share_one_fetch() {
    let kit = kit();
    kit.script.yields.set(5);
    answers(&kit, 100);
    let results = join_all((0..100).map(|_| read(&kit))).await;
    assert!(results.iter().all(Result::is_ok));
    assert_eq!(kit.script.tokens_given.get(), 1);
}

#[tokio::test]
async fn a_token_is_replaced_before_it_expires() {
    let kit = kit();
    answers(&kit, 3);
    read(&kit).await.expect("first");
    kit.clock.pass(Duration::from_secs(3600 - 61));
    read(&kit).await.expect("still the first token");
    assert_eq!(kit.script.tokens_given.get(), 1);
    kit.clock.pass(Duration::from_secs(1));
    read(&kit).await.expect("a new token");
    assert_eq!(kit.script.tokens_given.get(), 2);
}

#[tokio::test]
async fn a_hundred_401s_at_once_cause_one_new_token() {
    let kit = kit();
    answers(&kit, 1);
    read(&kit).await.expect("warm");
    kit.script.yields.set(3);
    for _ in 0..100 {
        kit.script
            .then(status(401, &json!({"code": 16, "message": "expired"})));
    }
    answers(&kit, 100);
    let results = join_all((0..100).map(|_| read(&kit))).await;
    assert!(results.iter().all(Result::is_ok));
    assert_eq!(kit.script.tokens_given.get(), 2);
}

#[tokio::test]
async fn a_fetch_whose_request_is_gone_is_taken_over() {
    let kit = kit();
    let stuck = kit.cache.look(kit.clock.now(), None);
    assert!(matches!(stuck, Look::Claimed(_)));
    answers(&kit, 1);
    let before = kit.clock.now();
    read(&kit).await.expect("taken over");
    assert!(kit.clock.now().since(before) >= FLIGHT_DEADLINE);
    assert_eq!(kit.script.tokens_given.get(), 1);
}

#[tokio::test]
async fn a_dropped_caller_gives_its_claim_back() {
    let kit = kit();
    kit.script.yields.set(1000);
    let mut first = Box::pin(read(&kit));
    assert!(futures::poll!(first.as_mut()).is_pending());
    drop(first);
    kit.script.yields.set(0);
    answers(&kit, 1);
    let before = kit.clock.now();
    read(&kit).await.expect("at once");
    assert_eq!(
        kit.clock.now(),
        before,
        "nobody had to wait for the deadline"
    );
}

#[tokio::test]
async fn everybody_who_waited_hears_of_the_failure() {
    let kit = kit();
    kit.script.yields.set(3);
    kit.script
        .then_token(status(401, &json!({"error": "invalid_client"})));
    let results = join_all((0..20).map(|_| read(&kit))).await;
    assert!(
        results
            .iter()
            .all(|r| r == &Err(CallFailure::Configuration))
    );
    assert_eq!(kit.script.tokens_given.get(), 1);
    answers(&kit, 1);
    assert!(read(&kit).await.is_ok(), "the next call tries again");
}

#[tokio::test]
async fn the_token_endpoint_is_tried_three_times_and_then_unavailable() {
    let kit = kit();
    kit.script
        .then_token(Err(FetchError::Timeout))
        .then_token(status(503, &json!({})));
    answers(&kit, 1);
    assert!(read(&kit).await.is_ok());
    assert_eq!(kit.script.tokens_given.get(), 3);
    let kit = self::kit();
    for _ in 0..3 {
        kit.script.then_token(Err(FetchError::Connection));
    }
    assert_eq!(read(&kit).await, Err(CallFailure::Unavailable));
    assert_eq!((kit.script.tokens_given.get(), kit.script.count()), (3, 0));
}

#[tokio::test]
async fn a_useless_answer_is_a_matter_of_configuration() {
    for body in [
        json!({}),
        json!([]),
        json!({"access_token": ""}),
        json!({"access_token": 7}),
        json!({"access_token": "a\r\nx-evil: 1"}),
        json!("x"),
    ] {
        let kit = kit();
        kit.script.then_token(ok(&body));
        assert_eq!(read(&kit).await, Err(CallFailure::Configuration), "{body}");
    }
}

#[tokio::test]
async fn odd_lifetimes_are_survived() {
    for life in [
        json!(0),
        json!(-5),
        json!(1e99),
        json!("x"),
        json!(u64::MAX),
        json!(null),
    ] {
        let kit = kit();
        kit.script
            .then_token(ok(&json!({"access_token": "t", "expires_in": life})));
        answers(&kit, 1);
        assert!(read(&kit).await.is_ok(), "{life}");
    }
}

#[test]
fn a_slow_old_fetch_does_not_replace_a_newer_token() {
    let cache = TokenCache::new();
    let token = |serial| Token {
        value: Rc::new(Secret::new("t")),
        serial,
        usable_until: Timestamp::from_millis(i64::MAX),
    };
    cache.land(2, &Ok(token(2)));
    cache.land(1, &Ok(token(1)));
    cache.invalidate(&token(1));
    let Look::Ready(current) = cache.look(Timestamp::from_millis(0), None) else {
        panic!("the newer token stays");
    };
    assert_eq!(current.serial, 2);
    assert!(!format!("{cache:?}").contains("\"t\""));
}

#[tokio::test]
async fn nobody_waits_for_ever_for_fetches_of_others() {
    let kit = kit();
    let mut waiting = Box::pin(read(&kit));
    let first = kit.cache.look(kit.clock.now(), None);
    assert!(matches!(first, Look::Claimed(_)));
    let result = loop {
        if let std::task::Poll::Ready(result) = futures::poll!(waiting.as_mut()) {
            break result;
        }
        // One caller after the other claims and never comes back.
        kit.clock.pass(FLIGHT_DEADLINE);
        let _ = kit.cache.look(kit.clock.now(), None);
    };
    assert_eq!(result, Err(CallFailure::Unavailable));
}

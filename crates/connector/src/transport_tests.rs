//! Permit, retries, and what a write that got no clear answer is.

use std::cell::Cell;

use super::*;
use crate::testkit::{Kit, executed, kit, status};
use crate::{AuthReason, Connector, Executed, ToolCall};
use serde_json::json;

/// Allows the first `n` requests.
struct Allow(Cell<u32>);

impl SendPermit for Allow {
    fn allow(&self) -> bool {
        let left = self.0.get();
        self.0.set(left.saturating_sub(1));
        left > 0
    }
}

fn many() -> Allow {
    Allow(Cell::new(u32::MAX))
}

async fn execute(kit: &Kit, kind: CallKind, permit: &Allow) -> Result<Executed, CallFailure> {
    let call = ToolCall {
        tool_name: "hubspot_task_create",
        identifier: "user_alice",
        connector: Connector::HUBSPOT,
        params: json!({"hs_task_subject": "x"}),
        agent_run_id: Some("run_1"),
        trace_id: Some("4bf92f3577b34da6a3ce929d0e0e4736"),
        kind,
    };
    kit.scalekit.execute(&call, permit).await
}

fn unauthenticated() -> crate::testkit::Answer {
    status(401, &json!({"code": 16, "message": "invalid token"}))
}

#[tokio::test]
async fn an_execution_is_sent_as_the_contract_says() {
    let kit = kit();
    kit.script.then(executed(&json!({"id": "1"})));
    let done = execute(&kit, CallKind::Write, &many()).await.expect("done");
    assert_eq!(done.data, Some(json!({"id": "1"})));
    assert_eq!(done.execution_id.as_deref(), Some("e1"));
    assert_eq!(
        kit.script.sent(0),
        json!({
            "tool_name": "hubspot_task_create", "identifier": "user_alice", "connector": "hubspot",
            "params": {"hs_task_subject": "x"}, "agent_run_id": "run_1"
        })
    );
    let requests = kit.script.requests.borrow();
    assert_eq!(
        requests[0].url,
        "https://acme.scalekit.test/api/v1/execute_tool"
    );
    assert_eq!(requests[0].timeout, Duration::from_secs(60));
    let bearer = ("authorization".to_owned(), "Bearer t1".to_owned());
    assert!(requests[0].headers.contains(&bearer));
}

#[tokio::test]
async fn a_refused_permit_sends_nothing() {
    let kit = kit();
    let none = Allow(Cell::new(0));
    assert_eq!(
        execute(&kit, CallKind::Write, &none).await,
        Err(CallFailure::NotSent)
    );
    assert_eq!(kit.script.count(), 0);
}

#[tokio::test]
async fn the_permit_is_asked_again_before_the_second_try() {
    let kit = kit();
    kit.script.then(unauthenticated());
    let once = Allow(Cell::new(1));
    assert_eq!(
        execute(&kit, CallKind::Write, &once).await,
        Err(CallFailure::NotSent)
    );
    assert_eq!((kit.script.count(), kit.script.tokens_given.get()), (1, 2));
}

#[tokio::test]
async fn a_401_about_our_token_is_tried_once_more() {
    let kit = kit();
    kit.script
        .then(unauthenticated())
        .then(executed(&json!({})));
    assert!(execute(&kit, CallKind::Write, &many()).await.is_ok());
    kit.script.then(unauthenticated()).then(unauthenticated());
    let failure = execute(&kit, CallKind::Write, &many()).await;
    assert_eq!(failure, Err(CallFailure::Configuration));
    assert_eq!(kit.script.count(), 4);
}

#[tokio::test]
async fn a_401_of_the_app_is_the_users_and_not_tried_again() {
    let kit = kit();
    let body =
        json!({"code": 16, "details": [{"error_code": "TOOL_ERROR", "tool_error_info": {}}]});
    kit.script.then(status(401, &body));
    let failure = execute(&kit, CallKind::Read, &many())
        .await
        .expect_err("auth");
    assert_eq!(failure.auth_reason(), Some(AuthReason::TokenExpired));
    assert_eq!((kit.script.count(), kit.script.tokens_given.get()), (1, 1));
}

#[tokio::test]
async fn a_read_is_tried_three_times_with_growing_pauses() {
    let kit = kit();
    kit.script
        .then(status(503, &json!({})))
        .then(Err(FetchError::Timeout))
        .then(executed(&json!({})));
    let before = kit.clock.now();
    assert!(execute(&kit, CallKind::Read, &many()).await.is_ok());
    let waited = kit.clock.now().since(before);
    assert_eq!(
        waited,
        Duration::from_millis(500 + 1000),
        "half of 1 s and of 2 s, with no jitter"
    );
    for _ in 0..3 {
        kit.script.then(Err(FetchError::Connection));
    }
    assert_eq!(
        execute(&kit, CallKind::Read, &many()).await,
        Err(CallFailure::Unavailable)
    );
    assert_eq!(kit.script.count(), 6);
}

#[tokio::test]
async fn a_rate_limit_and_a_tool_error_surface_at_once() {
    let kit = kit();
    kit.script.then(status(429, &json!({"code": 8})));
    let limited = CallFailure::RateLimited {
        retry_after_seconds: None,
    };
    assert_eq!(execute(&kit, CallKind::Read, &many()).await, Err(limited));
    let body = json!({"code": 14, "details": [{"error_code": "TOOL_ERROR"}]});
    kit.script.then(status(503, &body));
    assert!(execute(&kit, CallKind::Read, &many()).await.is_err());
    assert_eq!(kit.script.count(), 2);
}

#[tokio::test]
async fn a_write_without_a_clear_answer_is_sent_once_and_unknown() {
    let unreadable = |body: &str| {
        Ok(HttpResponse {
            status: 200,
            headers: vec![],
            body: body.as_bytes().to_vec(),
        })
    };
    for answer in [
        Err(FetchError::Timeout),
        Err(FetchError::Connection),
        Err(FetchError::TooLarge),
        status(500, &json!({})),
        status(502, &json!({})),
        status(503, &json!({})),
        unreadable("<html>"),
        unreadable(""),
        unreadable("[]"),
        unreadable("{}"),
        unreadable("{\"data\":null}"),
        unreadable(&"[".repeat(10_000)),
    ] {
        let kit = kit();
        kit.script.then(answer);
        let result = execute(&kit, CallKind::Write, &many()).await;
        assert_eq!(result, Err(CallFailure::OutcomeUnknown));
        assert_eq!(kit.script.count(), 1);
    }
}

#[tokio::test]
async fn a_write_is_never_sent_when_there_is_no_token() {
    let kit = kit();
    for _ in 0..3 {
        kit.script.then_token(status(500, &json!({})));
    }
    assert_eq!(
        execute(&kit, CallKind::Write, &many()).await,
        Err(CallFailure::Unavailable)
    );
    assert_eq!(kit.script.count(), 0);
}

fn account(status: &str) -> crate::testkit::Answer {
    crate::testkit::ok(&json!({"connected_accounts": [
        {"identifier": "user_alice", "connector": "hubspot", "status": status}]}))
}

#[tokio::test]
async fn what_is_missing_is_found_out_by_listing_the_accounts() {
    let auth = |reason| CallFailure::AuthError {
        connector: Connector::HUBSPOT,
        reason,
    };
    let silent = |http: u16| status(http, &json!({"message": "resource not found"}));
    for (found, expected) in [
        ("EXPIRED", auth(AuthReason::TokenExpired)),
        ("DISCONNECTED", auth(AuthReason::AccountRevoked)),
        ("PENDING_AUTH", auth(AuthReason::NotConnected)),
        ("ACTIVE", CallFailure::UnknownTool),
    ] {
        for http in [404, 400] {
            let kit = kit();
            kit.script.then(silent(http)).then(account(found));
            let failure = execute(&kit, CallKind::Write, &many()).await;
            let failure = failure.expect_err("refused");
            match (&expected, http) {
                (CallFailure::UnknownTool, 400) => {
                    assert!(
                        matches!(failure, CallFailure::InvalidInput { .. }),
                        "{failure}"
                    );
                }
                (expected, _) => assert_eq!(&failure, expected, "{http} {found}"),
            }
            assert_eq!(kit.script.count(), 2);
        }
    }
    let kit = kit();
    kit.script.then(silent(404)).then(silent(404));
    let failure = execute(&kit, CallKind::Read, &many()).await;
    assert_eq!(
        failure,
        Err(CallFailure::Configuration),
        "no such connection"
    );
}

#[tokio::test]
async fn a_connection_of_another_name_is_used_by_it() {
    let names = r#"{"hubspot": {"connection": "hubspot-qkHFhMip", "toolPrefix": "hubspotx"}}"#;
    let kit = crate::testkit::kit_with(Connectors::from_json(Some(names)).expect("names"));
    kit.script.then(executed(&json!({})));
    assert!(execute(&kit, CallKind::Read, &many()).await.is_ok());
    assert_eq!(kit.script.sent(0)["connector"], "hubspot-qkHFhMip");
    assert_eq!(kit.script.sent(0)["tool_name"], "hubspotx_task_create");
}

#[derive(Default)]
struct Lines(std::cell::RefCell<Vec<String>>);

impl CallLog for Lines {
    fn note(&self, line: &CallLine<'_>) {
        self.0.borrow_mut().push(format!("{line:?}"));
    }
}

#[tokio::test]
async fn every_request_leaves_one_line_with_no_word_of_what_it_said() {
    let Kit {
        scalekit, script, ..
    } = kit();
    let lines = Rc::new(Lines::default());
    let scalekit = scalekit.with_log(lines.clone());
    script
        .then(Err(FetchError::Timeout))
        .then(status(503, &json!({})))
        .then(executed(&json!({"email": "jo@acme.test"})));
    let call = ToolCall {
        tool_name: "hubspot_contacts_search",
        identifier: "user_alice",
        connector: Connector::HUBSPOT,
        params: json!({"query": "acme"}),
        agent_run_id: None,
        trace_id: None,
        kind: CallKind::Read,
    };
    assert!(scalekit.execute(&call, &many()).await.is_ok());
    let lines = lines.0.borrow();
    assert_eq!(lines.len(), 3);
    for (line, holds) in lines.iter().zip(["Timeout", "503", "200"]) {
        assert!(
            line.contains(holds) && line.contains("hubspot_contacts_search"),
            "{line}"
        );
        assert!(!line.contains("acme") && !line.contains("alice"), "{line}");
    }
}

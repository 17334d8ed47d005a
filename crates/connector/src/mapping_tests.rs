//! One test for each row of docs/SCALEKIT.md's table, then hostile bodies.

use super::*;
use proptest::prelude::*;
use serde_json::json;

const TOOL: Asked = Asked::Tool(Connector::HUBSPOT);

fn answer(status: u16, body: impl Into<Vec<u8>>) -> HttpResponse {
    HttpResponse {
        status,
        headers: vec![("retry-after".into(), "9".into())],
        body: body.into(),
    }
}

fn map(asked: Asked, kind: CallKind, status: u16, body: &Value) -> CallFailure {
    let now = Timestamp::from_millis(0);
    refused(
        asked,
        kind,
        &answer(status, body.to_string()),
        now,
        &["alice"],
        None,
    )
    .failure
}

fn tool_error(rpc: Value, code: &str, message: &str) -> Value {
    json!({"code": rpc, "message": "tool failed", "details": [{
        "error_code": "TOOL_ERROR",
        "tool_error_info": {
            "execution_id": "1", "tool_error_code": code, "tool_error_message": message
        }
    }]})
}

fn auth(reason: AuthReason) -> CallFailure {
    CallFailure::AuthError {
        connector: Connector::HUBSPOT,
        reason,
    }
}

#[test]
fn a_tool_error_401_is_expired_or_revoked() {
    for rpc in [
        json!(16),
        json!("UNAUTHENTICATED"),
        json!("unauthenticated"),
        json!(null),
    ] {
        for kind in [CallKind::Read, CallKind::Write] {
            let body = tool_error(rpc.clone(), "401", "token expired or revoked");
            assert_eq!(map(TOOL, kind, 401, &body), auth(AuthReason::TokenExpired));
            let body = tool_error(rpc.clone(), "401", "The grant was revoked by the user");
            assert_eq!(
                map(TOOL, kind, 401, &body),
                auth(AuthReason::AccountRevoked)
            );
        }
    }
}

#[test]
fn a_tool_error_403_is_a_missing_scope() {
    let body = tool_error(json!(7), "MISSING_SCOPES", "needs crm.objects.write");
    assert_eq!(
        map(TOOL, CallKind::Write, 403, &body),
        auth(AuthReason::ScopeInsufficient)
    );
}

#[test]
fn the_articles_string_codes_hold_under_any_status() {
    for (code, reason) in [
        ("TOKEN_EXPIRED", AuthReason::TokenExpired),
        ("SCOPE_INSUFFICIENT", AuthReason::ScopeInsufficient),
    ] {
        for status in [400, 401, 403, 409] {
            let body = tool_error(json!(null), code, "");
            assert_eq!(map(TOOL, CallKind::Read, status, &body), auth(reason));
            let body = json!({"message": "no", "details": [{"error_code": code}]});
            assert_eq!(map(TOOL, CallKind::Read, status, &body), auth(reason));
        }
    }
}

#[test]
fn a_429_is_rate_limited_whoever_said_it() {
    let expected = CallFailure::RateLimited {
        retry_after_seconds: Some(9),
    };
    for body in [
        json!({"code": 13}),
        tool_error(json!(8), "429", ""),
        json!({"code": 8}),
        json!(""),
    ] {
        for kind in [CallKind::Read, CallKind::Write] {
            assert_eq!(map(TOOL, kind, 429, &body), expected);
        }
    }
}

#[test]
fn another_tool_error_is_upstream_with_a_clean_message() {
    let body = tool_error(
        json!(3),
        "VALIDATION_ERROR",
        "bob@acme.test of alice is unknown",
    );
    let expected = CallFailure::Upstream {
        code: "VALIDATION_ERROR".into(),
        message: "[redacted] of [redacted] is unknown".into(),
    };
    assert_eq!(map(TOOL, CallKind::Write, 400, &body), expected);
    let read = tool_error(json!(13), "500", "oops");
    let expected = CallFailure::Upstream {
        code: "500".into(),
        message: "oops".into(),
    };
    assert_eq!(map(TOOL, CallKind::Read, 500, &read), expected);
}

#[test]
fn a_401_without_tool_details_is_our_configuration() {
    for body in [
        json!({"code": 16, "message": "bad token"}),
        json!({}),
        json!("x"),
    ] {
        assert_eq!(
            map(TOOL, CallKind::Read, 401, &body),
            CallFailure::Configuration
        );
        assert_eq!(
            map(Asked::Accounts, CallKind::Read, 401, &body),
            CallFailure::Configuration
        );
    }
}

#[test]
fn what_is_missing_is_left_to_the_accounts() {
    for (status, body) in [
        (
            404,
            json!({"code": 5, "message": "connected account not found"}),
        ),
        (404, json!({"code": 5, "message": "resource not found"})),
        (404, json!({"code": 5, "message": "tool not found"})),
        (400, json!({"code": 3, "message": "resource not found"})),
        (
            400,
            json!({"code": 9, "message": "connected account is not active"}),
        ),
    ] {
        for kind in [CallKind::Read, CallKind::Write] {
            let mapped = refused(
                TOOL,
                kind,
                &answer(status, body.to_string()),
                Timestamp::from_millis(0),
                &[],
                None,
            );
            assert_eq!(mapped.then, Then::AskForTheAccount, "{body}");
        }
    }
    let page = answer(404, "<html>Not Found</html>");
    let now = Timestamp::from_millis(0);
    let mapped = refused(TOOL, CallKind::Read, &page, now, &[], None);
    assert_eq!(mapped, Mapped::certain(CallFailure::Configuration));
}

/// What a customer is called decides nothing about a write that may have landed.
#[test]
fn an_error_that_repeats_what_was_sent_is_not_judged_by_it() {
    for name in [
        "Rate limit exceeded",
        "HTTP 400 Ltd",
        "too many requests",
        r#"{"category":"VALIDATION_ERROR"}"#,
        "revoked",
    ] {
        let subject = format!("{name}: At Risk: 3 open tickets");
        let sent = json!({"hs_task_subject": subject});
        for message in [
            format!("creating {subject}: connection reset"),
            json!({"echo": subject, "message": "internal error"}).to_string(),
        ] {
            let body = tool_error(json!(13), "500", &message).to_string();
            let failure = refused(
                TOOL,
                CallKind::Write,
                &answer(500, body),
                Timestamp::from_millis(0),
                &[],
                Some(&sent),
            )
            .failure;
            assert_eq!(failure, CallFailure::OutcomeUnknown, "{message}");
        }
    }
    // The app's own word still counts.
    let sent = json!({"hs_task_subject": "Acme: At Risk"});
    let body = tool_error(json!(13), "500", "Acme: At Risk: rate limit exceeded").to_string();
    let now = Timestamp::from_millis(0);
    let failure = refused(
        TOOL,
        CallKind::Write,
        &answer(500, body),
        now,
        &[],
        Some(&sent),
    )
    .failure;
    assert!(
        matches!(failure, CallFailure::RateLimited { .. }),
        "{failure:?}"
    );
}

/// An app's refusal under its own status, and under the 500 that Scalekit's description speaks of.
#[test]
fn what_the_app_said_counts_whatever_the_status() {
    let refused = |code: &str| CallFailure::Upstream {
        code: code.into(),
        message: "no".into(),
    };
    let limited = CallFailure::RateLimited {
        retry_after_seconds: Some(9),
    };
    for (code, own_status, expected) in [
        ("VALIDATION_ERROR", 400, refused("VALIDATION_ERROR")),
        ("400", 400, refused("400")),
        ("OBJECT_NOT_FOUND", 404, refused("OBJECT_NOT_FOUND")),
        ("INPUT_ERROR", 400, refused("INPUT_ERROR")),
        ("RATELIMITED", 400, limited.clone()),
        ("RATE_LIMITS", 429, limited),
        ("MISSING_SCOPES", 403, auth(AuthReason::ScopeInsufficient)),
        (
            "EXPIRED_AUTHENTICATION",
            401,
            auth(AuthReason::TokenExpired),
        ),
    ] {
        let body = tool_error(json!(null), code, "no");
        for status in [own_status, 500] {
            for kind in [CallKind::Read, CallKind::Write] {
                assert_eq!(map(TOOL, kind, status, &body), expected, "{status} {code}");
            }
        }
    }
}

/// An app that failed inside may be asked again; how far a write came, nobody knows.
#[test]
fn an_app_that_failed_inside_is_away_whatever_the_status() {
    for (code, own_status) in [
        ("INTERNAL_ERROR", 503),
        ("INTERNAL_SERVER_ERROR", 500),
        ("SERVICE_UNAVAILABLE", 503),
    ] {
        let body = tool_error(json!(13), code, "no");
        for status in [own_status, 500] {
            let said = |kind| map(TOOL, kind, status, &body);
            assert_eq!(said(CallKind::Read), CallFailure::Unavailable, "{code}");
            assert_eq!(said(CallKind::Write), CallFailure::OutcomeUnknown, "{code}");
        }
    }
}

#[test]
fn whose_limit_it_is_decides_who_is_held() {
    let then = |status: u16, body: &Value| {
        let now = Timestamp::from_millis(0);
        refused(
            TOOL,
            CallKind::Write,
            &answer(status, body.to_string()),
            now,
            &[],
            None,
        )
        .then
    };
    let own = json!({"code": 8, "message": "rate limit exceeded",
                     "details": [{"error_code": "RATE_LIMITED"}]});
    assert_eq!(then(429, &own), Then::Hold(Limit::Environment));
    assert_eq!(then(429, &json!({})), Then::Hold(Limit::Environment));
    let app = tool_error(json!(8), "429", "slow down");
    assert_eq!(then(429, &app), Then::Hold(Limit::App));
    let bare = json!({"code": 3, "details": [{"error_code": "RATELIMITED"}]});
    for status in [400, 500] {
        assert_eq!(then(status, &bare), Then::Hold(Limit::App), "Linear's word");
        let wrapped = tool_error(json!(13), "400", "GraphQL: RATELIMITED");
        assert_eq!(then(status, &wrapped), Then::Hold(Limit::App));
    }
}

#[test]
fn a_400_lists_its_violations() {
    let body = json!({"code": 3, "message": "invalid", "details": [{
        "error_code": "VALIDATION_ERROR",
        "validation_error_info": {"field_violations": [
            {"field": "hs_timestamp", "description": "is required"}, 7
        ]}
    }]});
    let expected = CallFailure::InvalidInput {
        violations: vec![
            Violation {
                field: "hs_timestamp".into(),
                description: "is required".into(),
            },
            Violation {
                field: String::new(),
                description: String::new(),
            },
        ],
    };
    assert_eq!(map(TOOL, CallKind::Write, 400, &body), expected);
}

#[test]
fn a_5xx_is_transient_for_a_read_and_unknown_for_a_write() {
    let now = Timestamp::from_millis(0);
    for status in [502, 503, 504] {
        let mapped = refused(TOOL, CallKind::Read, &answer(status, ""), now, &[], None);
        assert_eq!(
            mapped,
            Mapped {
                failure: CallFailure::Unavailable,
                then: Then::TryAgain
            }
        );
    }
    let plain = refused(TOOL, CallKind::Read, &answer(500, ""), now, &[], None);
    assert_eq!(plain, Mapped::certain(CallFailure::Unavailable));
    let tool = refused(
        TOOL,
        CallKind::Read,
        &answer(503, tool_error(json!(14), "503", "x").to_string()),
        now,
        &[],
        None,
    );
    assert_ne!(tool.then, Then::TryAgain, "a tool error is never retried");
    for status in [301, 408, 500, 502, 503, 504, 599] {
        let unclear = [
            json!({}),
            tool_error(json!(13), "500", "no"),
            tool_error(json!(13), "", "no"),
            tool_error(json!(14), "503", "away"),
            tool_error(json!(3), "408", "too slow"),
        ];
        for body in unclear {
            let failure = map(TOOL, CallKind::Write, status, &body);
            assert_eq!(
                failure,
                CallFailure::OutcomeUnknown,
                "{status} {body} may have landed"
            );
        }
    }
    let internal = map(TOOL, CallKind::Write, 400, &json!({"code": 13}));
    assert_eq!(internal, CallFailure::OutcomeUnknown);
}

#[test]
fn no_answer_is_unknown_only_for_a_write() {
    for error in [
        FetchError::Timeout,
        FetchError::Connection,
        FetchError::TooLarge,
    ] {
        assert_eq!(
            no_answer(CallKind::Write, error).failure,
            CallFailure::OutcomeUnknown
        );
        assert_eq!(
            no_answer(CallKind::Read, error).then == Then::TryAgain,
            error != FetchError::TooLarge
        );
    }
}

#[test]
fn hostile_bodies_give_a_typed_failure() {
    let deep = "[".repeat(100_000);
    let deep_object = format!("{}1{}", "{\"details\":".repeat(5_000), "}".repeat(5_000));
    let huge = json!({"message": "x".repeat(1_000_000), "code": "y".repeat(100_000)}).to_string();
    let odd = json!({"code": {}, "message": [], "details": {"error_code": 1}}).to_string();
    let bodies = [
        deep,
        deep_object,
        huge,
        odd,
        "<html>".into(),
        String::new(),
        "\0".into(),
    ];
    for body in bodies {
        for status in [
            0,
            100,
            304,
            400,
            401,
            403,
            404,
            418,
            429,
            500,
            503,
            999,
            u16::MAX,
        ] {
            for kind in [CallKind::Read, CallKind::Write] {
                let now = Timestamp::from_millis(0);
                let failure =
                    refused(TOOL, kind, &answer(status, body.clone()), now, &[], None).failure;
                assert!(failure.to_string().len() < 2_000);
            }
        }
    }
}

proptest! {
    #[test]
    fn no_bytes_make_it_panic(status: u16, body: Vec<u8>, write: bool) {
        let kind = if write { CallKind::Write } else { CallKind::Read };
        let now = Timestamp::from_millis(0);
        let mapped = refused(TOOL, kind, &answer(status, body), now, &[], None);
        prop_assert!(!(write && mapped.then == Then::TryAgain), "a write is never retried");
    }

    #[test]
    fn a_write_is_only_certain_on_a_client_error(status: u16, rpc in 0u8..20) {
        let failure = map(TOOL, CallKind::Write, status, &json!({"code": rpc}));
        if !(400..500).contains(&status) {
            prop_assert_eq!(failure, CallFailure::OutcomeUnknown);
        }
    }
}

//! Which requests are taken, and by which code and status the others are refused.

use proptest::prelude::*;
use serde_json::json;

use super::*;

const MODERN: &str = "2026-07-28";

fn meta() -> Value {
    json!({ META_VERSION: MODERN, META_CLIENT: {} })
}

fn body(method: &str, params: &Value) -> Vec<u8> {
    let message = json!({ "jsonrpc": "2.0", "id": 7, "method": method, "params": params });
    message.to_string().into_bytes()
}

fn modern<'a>(method: &'a str, name: Option<&'a str>) -> Headers<'a> {
    Headers {
        version: Some(MODERN),
        method: Some(method),
        name,
    }
}

/// The code and status of a refusal, or what was asked.
fn asked(headers: Headers<'_>, body: &[u8]) -> Result<Request, (i32, u16)> {
    match read(headers, body) {
        Ok(Incoming::Request(request)) => Ok(request),
        Ok(Incoming::Notification) => Err((0, 202)),
        Err(refusal) => {
            if refusal.error.code != Code::ParseError {
                let id = serde_json::from_slice::<Value>(body).ok();
                let id = id.map(|it| it["id"].clone()).unwrap_or_default();
                let told = refusal.id.as_ref().map_or(Value::Null, RequestId::json);
                let fits = id.is_string() || id.is_i64();
                assert_eq!(told, if fits { id } else { Value::Null });
            }
            Err((refusal.error.code.number(), refusal.status))
        }
    }
}

#[test]
fn a_modern_request_says_everything_itself() {
    let params = json!({
        "name": "get_run", "arguments": {"runId": "run_1"},
        "_meta": {
            META_VERSION: MODERN, "progressToken": 3,
            META_CLIENT: {
                "elicitation": {"url": {}},
                "extensions": {"io.modelcontextprotocol/tasks": {}},
            },
            "onbehalf/idempotencyKey": "k1",
        },
        "requestState": "kept",
        "inputResponses": {"a": {"action": "accept"}, "b": {"action": "decline"}, "c": 1},
    });
    let headers = modern("tools/call", Some("get_run"));
    let request = asked(headers, &body("tools/call", &params)).expect("taken");
    assert_eq!(request.version, Version::V2026_07_28);
    assert!(request.client.opens_pages && request.client.follows_tasks);
    assert!(request.progress.is_some());
    let Ask::CallTool(call) = request.ask else {
        panic!("the use of a tool");
    };
    assert_eq!(call.arguments, json!({"runId": "run_1"}));
    assert_eq!(call.state.as_deref(), Some("kept"));
    assert_eq!(call.idempotency_key.as_deref(), Some("k1"));
    assert!(call.answers.declined());
}

#[test]
fn what_a_modern_request_leaves_out_or_contradicts_is_named() {
    let list = |params: Value| body("tools/list", &params);
    let without = |member: &str| {
        let mut meta = meta();
        meta.as_object_mut().expect("members").remove(member);
        list(json!({ "_meta": meta }))
    };
    let of = |version: &str| {
        let mut meta = meta();
        meta[META_VERSION] = version.into();
        list(json!({ "_meta": meta }))
    };
    let good = list(json!({ "_meta": meta() }));
    let headers = modern("tools/list", None);
    assert!(asked(headers, &good).is_ok());
    for (why, headers, body, expected) in [
        ("no meta", headers, list(json!({})), (-32602, 400)),
        ("no version", headers, without(META_VERSION), (-32602, 400)),
        ("no client", headers, without(META_CLIENT), (-32602, 400)),
        ("another version", headers, of("2025-11-25"), (-32020, 400)),
        (
            "no header",
            Headers {
                version: None,
                ..headers
            },
            good.clone(),
            (-32020, 400),
        ),
        (
            "a version that is not spoken",
            Headers {
                version: Some("v999.0.0"),
                ..headers
            },
            of("v999.0.0"),
            (-32022, 400),
        ),
        (
            "an older one by the newer's rules",
            Headers {
                version: Some("2025-11-25"),
                ..headers
            },
            of("2025-11-25"),
            (-32022, 400),
        ),
        (
            "no method",
            Headers {
                method: None,
                ..headers
            },
            good.clone(),
            (-32020, 400),
        ),
        (
            "another case",
            Headers {
                method: Some("TOOLS/LIST"),
                ..headers
            },
            good.clone(),
            (-32020, 400),
        ),
    ] {
        assert_eq!(asked(headers, &body).err(), Some(expected), "{why}");
    }
}

#[test]
fn a_name_is_repeated_where_there_is_one() {
    for (method, params, name) in [
        ("tools/call", json!({"name": "a", "_meta": meta()}), "a"),
        (
            "resources/read",
            json!({"uri": "x://a", "_meta": meta()}),
            "x://a",
        ),
        (
            "tasks/get",
            json!({"taskId": "run_1", "_meta": meta()}),
            "run_1",
        ),
        (
            "tasks/update",
            json!({"taskId": "run_1", "_meta": meta()}),
            "run_1",
        ),
        (
            "tasks/cancel",
            json!({"taskId": "run_1", "_meta": meta()}),
            "run_1",
        ),
    ] {
        let body = body(method, &params);
        assert!(asked(modern(method, Some(name)), &body).is_ok(), "{method}");
        let padded = format!("  {name} ");
        assert!(
            asked(modern(method, Some(&padded)), &body).is_ok(),
            "{method}"
        );
        for other in [None, Some("b")] {
            let refused = asked(modern(method, other), &body).err();
            assert_eq!(refused, Some((-32020, 400)), "{method}");
        }
    }
    let nameless = body("tools/call", &json!({ "_meta": meta() }));
    let refused = asked(modern("tools/call", Some("a")), &nameless).err();
    assert_eq!(refused, Some((-32602, 200)));
}

#[test]
fn each_era_has_its_methods() {
    let legacy = |method| {
        let headers = Headers {
            version: Some("2025-11-25"),
            ..Headers::default()
        };
        let params = json!({"protocolVersion": "2025-11-25", "taskId": "t"});
        asked(headers, &body(method, &params))
    };
    let modern = |method| {
        let params = json!({"protocolVersion": "2025-11-25", "taskId": "t", "_meta": meta()});
        asked(self::modern(method, Some("t")), &body(method, &params))
    };
    for (method, in_legacy, in_modern) in [
        ("initialize", true, false),
        ("ping", true, false),
        ("tools/list", true, true),
        ("resources/templates/list", true, true),
        ("server/discover", false, true),
        ("tasks/get", false, true),
        ("logging/setLevel", false, false),
        ("resources/subscribe", false, false),
        ("subscriptions/listen", false, false),
        ("prompts/list", false, false),
        ("unknown/method", false, false),
    ] {
        let expected = if in_legacy { None } else { Some((-32601, 200)) };
        assert_eq!(legacy(method).err(), expected, "{method}");
        let expected = if in_modern { None } else { Some((-32601, 404)) };
        assert_eq!(modern(method).err(), expected, "{method}");
    }
}

#[test]
fn a_legacy_request_is_read_by_the_revision_it_names() {
    let read_as = |version: Option<&str>| {
        let headers = Headers {
            version,
            ..Headers::default()
        };
        asked(headers, &body("tools/list", &json!({"cursor": "c"}))).map(|it| it.version)
    };
    assert_eq!(read_as(Some("2025-06-18")), Ok(Version::V2025_06_18));
    assert_eq!(read_as(Some("2025-11-25")), Ok(Version::V2025_11_25));
    assert_eq!(read_as(None), Ok(Version::UNNAMED));
    assert_eq!(read_as(Some("1900-01-01")), Err((-32022, 400)));
    // A handshake that says what it wants, whatever a header says.
    let params =
        json!({"protocolVersion": "2025-06-18", "capabilities": {"elicitation": {"url": {}}}});
    let request = asked(Headers::default(), &body("initialize", &params)).expect("taken");
    let Ask::Initialize { agreed, client } = request.ask else {
        panic!("a handshake");
    };
    assert_eq!(agreed, Version::V2025_06_18);
    assert!(client.opens_pages);
}

#[test]
fn what_is_no_request_is_refused_or_taken_in_silence() {
    let of = |text: &str| asked(Headers::default(), text.as_bytes()).err();
    assert_eq!(
        of(r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#),
        Some((0, 202))
    );
    for (text, code) in [
        ("{", -32700),
        ("", -32700),
        ("[]", -32600),
        (r#"[{"jsonrpc":"2.0","id":1,"method":"ping"}]"#, -32600),
        (r#"{"jsonrpc":"1.0","id":1,"method":"ping"}"#, -32600),
        (r#"{"id":1,"method":"ping"}"#, -32600),
        (r#"{"jsonrpc":"2.0","id":null,"method":"ping"}"#, -32600),
        (r#"{"jsonrpc":"2.0","id":1.5,"method":"ping"}"#, -32600),
        (r#"{"jsonrpc":"2.0","id":1}"#, -32600),
        (r#"{"jsonrpc":"2.0","id":1,"result":{}}"#, -32600),
        (
            r#"{"jsonrpc":"2.0","id":1,"method":"ping","params":[]}"#,
            -32600,
        ),
    ] {
        assert_eq!(of(text), Some((code, 400)), "{text}");
    }
    for params in [
        json!({}),
        json!({"name": 1}),
        json!({"name": "a", "arguments": []}),
    ] {
        let refused = asked(Headers::default(), &body("tools/call", &params)).err();
        assert_eq!(refused, Some((-32602, 200)), "{params}");
    }
}

proptest! {
    /// Whatever arrives, something is answered, and it repeats nothing of a value that was sent.
    #[test]
    fn nothing_that_arrives_makes_it_panic(text in ".{0,80}", header in ".{0,12}", secret in "[a-z]{12}") {
        let headers = Headers { version: Some(&header), method: Some(&header), name: Some(&header) };
        let _ = read(headers, text.as_bytes());
        let params = json!({ "name": { "a": secret }, "_meta": { META_VERSION: 1, "x": secret } });
        if let Err(refusal) = read(headers, &body("tools/call", &params)) {
            let told = crate::error_message(None, refusal.error).to_string();
            prop_assert!(!told.contains(&secret), "{}", told);
        }
    }
}

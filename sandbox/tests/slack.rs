//! Slack: answers inside 200, names that are times, and channels of one's own.

mod common;

use common::{Client, error, header};
use serde_json::{Value, json};

/// A client of a Slack that counts no calls: these tests make many in a moment.
fn unlimited() -> Client {
    Client::with(&json!({ "app_limits": false }))
}

fn own_channel(client: &mut Client, user: &str) -> Value {
    client.data(user, "slack_auth_test", &json!({}))["user_id"].clone()
}

fn send(client: &mut Client, user: &str, channel: &Value, text: &str) -> Value {
    let params = json!({ "channel": channel, "text": text });
    client.data(user, "slack_send_message", &params)
}

#[test]
fn a_message_is_sent_read_back_and_deleted() {
    let mut client = Client::new();
    let me = own_channel(&mut client, "alice");
    let sent = send(
        &mut client,
        "alice",
        &me,
        "3 customers need you: https://app.example/r/1",
    );
    assert_eq!(
        (&sent["ok"], &sent["message"]["ts"]),
        (&json!(true), &sent["ts"])
    );
    assert!(
        sent["channel"]
            .as_str()
            .is_some_and(|it| it.starts_with('D'))
    );
    let history = json!({ "channel": sent["channel"] });
    let read = client.data("alice", "slack_fetch_conversation_history", &history);
    assert_eq!(read["messages"][0], sent["message"]);
    assert_eq!(
        read["messages"][0]["text"], "3 customers need you: <https://app.example/r/1>",
        "Slack keeps addresses in angle brackets"
    );
    let message = json!({ "channel": sent["channel"], "ts": sent["ts"] });
    assert_eq!(
        client.data("alice", "slack_delete_message", &message)["ok"],
        true
    );
    let again = client.data("alice", "slack_delete_message", &message);
    assert_eq!(again, json!({ "ok": false, "error": "message_not_found" }));
    let tools: Vec<&str> = client.ledger().iter().map(|it| it.tool.as_str()).collect();
    assert_eq!(tools, ["slack_send_message", "slack_delete_message"]);
}

#[test]
fn nobody_reads_or_writes_another_s_conversation() {
    let mut client = unlimited();
    let hers = own_channel(&mut client, "alice");
    let channel = send(&mut client, "alice", &hers, "for me")["channel"].clone();
    let missing = json!({ "ok": false, "error": "channel_not_found" });
    for named in [&hers, &channel] {
        let history = json!({ "channel": named });
        let read = client.data("bob", "slack_fetch_conversation_history", &history);
        assert_eq!(
            (&read, &send(&mut client, "bob", named, "hello")),
            (&missing, &missing)
        );
    }
    // What is said in a common channel is seen by all of the company and nobody else.
    let common = json!("#customer-success");
    let sent = send(&mut client, "bob", &common, "hello");
    let message = json!({ "channel": common, "ts": sent["ts"] });
    let refused = client.data("alice", "slack_delete_message", &message);
    assert_eq!(refused["error"], "cant_delete_message");
    let history = json!({ "channel": common });
    let dave = client.data("dave", "slack_fetch_conversation_history", &history);
    assert_eq!(dave["messages"], json!([]));
}

#[test]
fn what_slack_does_not_take_is_refused_inside_200() {
    let mut client = unlimited();
    let me = own_channel(&mut client, "alice");
    for (params, error) in [
        (json!({ "channel": me, "text": "" }), "no_text"),
        (
            json!({ "channel": me, "text": "x".repeat(40_001) }),
            "msg_too_long",
        ),
        (
            json!({ "channel": "#nowhere", "text": "x" }),
            "channel_not_found",
        ),
        (
            json!({ "channel": me, "text": "x", "blocks": "{" }),
            "invalid_blocks_format",
        ),
    ] {
        let refused = client.data("alice", "slack_send_message", &params);
        assert_eq!(refused, json!({ "ok": false, "error": error }));
    }
    assert!(client.ledger().is_empty());
}

#[test]
fn history_pages_backwards() {
    let mut client = unlimited();
    let me = own_channel(&mut client, "alice");
    for n in 0..5 {
        send(&mut client, "alice", &me, &format!("{n}"));
        client.now += 10;
    }
    let (mut texts, mut cursor) = (Vec::new(), String::new());
    loop {
        let params = json!({ "channel": me, "limit": 2, "cursor": cursor });
        let page = client.data("alice", "slack_fetch_conversation_history", &params);
        let messages = page["messages"].as_array().expect("a list");
        texts.extend(
            messages
                .iter()
                .map(|it| it["text"].as_str().expect("words").to_owned()),
        );
        match page["response_metadata"]["next_cursor"].as_str() {
            Some(next) => cursor = next.to_owned(),
            None => break,
        }
    }
    assert_eq!(texts, ["4", "3", "2", "1", "0"]);
}

#[test]
fn a_channel_takes_a_message_a_second_and_an_unlisted_app_reads_once_a_minute() {
    let mut client = Client::with(&json!({ "retry_after": "kept" }));
    let me = own_channel(&mut client, "alice");
    send(&mut client, "alice", &me, "one");
    let message = json!({ "channel": me, "text": "two" });
    let limited = client.execute("alice", "slack_send_message", &message);
    assert_eq!(
        error(&limited),
        (429, "TOOL_ERROR".into(), Some("ratelimited".into()))
    );
    assert_eq!(header(&limited, "retry-after"), Some("1"));
    client.now += 1000;
    send(&mut client, "alice", &me, "two");
    let history = json!({ "channel": me, "limit": 100 });
    let mut read = |after_ms: i64| {
        client.now += after_ms;
        client
            .execute("alice", "slack_fetch_conversation_history", &history)
            .status
    };
    assert_eq!([read(0), read(59_999), read(1)], [200, 429, 200]);
}

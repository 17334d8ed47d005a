//! Threads with agents: what is begun by a message, what is told of it, and from where on.

use onbehalf_clock::Timestamp;
use onbehalf_engine::{Entry, Record, ResumePayload, ResumedBy, RunStatus, Started, SuspendReason};
use onbehalf_runs::thread::{InThread, MessageId, TurnHead, TurnView};
use onbehalf_runs::{ApprovalMode, Overlap, PlanItem, RunId, RunReason, Start};
use serde_json::{Value, json};

use crate::chat::telling::PROTOCOL_HEADER;
use crate::service::Answer;
use crate::testkit::*;
use crate::wire::message::ApiResponse;

const AGENT: &str = "/api/agents/onboarding-assistant/threads/t1";
const HASH: &str = "abc";

fn turn(run_id: Option<&str>, over: bool) -> Option<TurnHead> {
    Some(TurnHead {
        run_id: run_id.map(RunId::stored),
        refused: None,
        over,
    })
}

fn hello() -> String {
    json!({ "message": { "id": "m1", "role": "user",
        "parts": [{ "type": "text", "text": "hello" }] } })
    .to_string()
}

fn record(seq: u64, record: Record) -> Entry {
    let at = Timestamp::from_millis(0);
    Entry { seq, at, record }
}

fn memo(seq: u64, key: &str, value: Value) -> Entry {
    let key = format!("turn/{key}");
    record(seq, Record::Memo { key, value })
}

fn answer(text: &str, calls: Value) -> Value {
    json!({ "millis": 1, "answer": { "text": text, "calls": calls, "end": "calls",
        "usage": { "inputTokens": 1, "outputTokens": 1 } } })
}

/// A turn with a read, a write that a person approves, and an end.
fn entries() -> Vec<Entry> {
    let called = |id: &str, tool: &str| json!({ "id": id, "tool": tool, "arguments": "{}" });
    let made = |writes| {
        json!({ "content": "It holds.\n{\"status\":\"success\"}",
        "made": { "tool": "t", "writes": writes, "done": true } })
    };
    let items = vec![PlanItem::new("0-1", &json!("SECRET-write")).expect("an item")];
    let asks = RunReason::ApprovalRequired {
        plan: json!("SECRET-plan"),
        hash: HASH.into(),
        items: Some(items.clone()),
        mode: ApprovalMode::Required,
    };
    let asks: SuspendReason<Value> =
        SuspendReason::Product(serde_json::to_value(asks).expect("json"));
    let decided = json!({ "hash": HASH, "decision": "approve", "covers": items });
    vec![
        record(
            1,
            Record::Started(Box::new(Started {
                run_id: "run_1".into(),
                workflow: "onboarding-assistant".into(),
                version: 1,
                owner: "SECRET-owner".into(),
                context: json!("SECRET-context"),
                input: json!({}),
                trace_id: None,
            })),
        ),
        memo(
            2,
            "answer-0",
            answer("I look.", json!([called("a", "r"), called("b", "w")])),
        ),
        memo(3, "result-0-0", made(false)),
        record(
            4,
            Record::Suspended {
                step: "turn".into(),
                number: 1,
                reason: asks,
                until: None,
                state: json!("SECRET-state"),
            },
        ),
        record(
            5,
            Record::Resumed {
                number: 1,
                by: ResumedBy::Owner,
                payload: ResumePayload::Answer(decided.clone()),
            },
        ),
        memo(6, "decision-0", decided),
        memo(7, "began-0-1", json!(1)),
        memo(8, "result-0-1", made(true)),
        memo(9, "answer-1", answer("Done.", json!([]))),
        record(
            10,
            Record::Completed {
                step: "turn".into(),
                result: json!({ "end": "answered", "text": "Done.", "calls": [], "steps": 2, "tokens": 4 }),
                outcome: None,
                counts: Default::default(),
            },
        ),
    ]
}

fn running(run_id: &str) -> onbehalf_runs::RunView {
    let mut run = waiting_run(run_id);
    run.workflow = "onboarding-assistant".into();
    run
}

/// A bench with alice's run `run_1`, of which this has happened.
fn bench_with(entries: Vec<Entry>) -> Bench {
    let bench = bench();
    bench.platform.has("run_1", running("run_1"));
    bench.platform.events.replace(entries);
    bench.platform.turn.replace(turn(Some("run_1"), false));
    bench
}

impl Bench {
    /// A stream to its end.
    async fn hear(&self, method: &str, path: &str, body: &str, seen: Option<&str>) -> String {
        let mut request = api_request(method, path, body);
        if let Some(seen) = seen {
            request.headers.push(("last-event-id".into(), seen.into()));
        }
        let Answer { response, watch } = self.api.answer(request).await;
        assert_eq!(response.status, 200, "{}", text(&response));
        assert_eq!(response.header(PROTOCOL_HEADER), Some("v1"));
        let mut heard = text(&response);
        let mut watch = watch.expect("a stream");
        while let Some(piece) = self.api.next_piece(&mut watch).await {
            heard.push_str(&piece);
        }
        heard.replace(": waiting\n\n", "")
    }
}

fn text(response: &ApiResponse) -> String {
    String::from_utf8(response.body.clone()).expect("a text")
}

fn ids(heard: &str) -> Vec<&str> {
    heard
        .lines()
        .filter_map(|it| it.strip_prefix("id: "))
        .collect()
}

fn chunks(heard: &str) -> Vec<Value> {
    let data = heard.lines().filter_map(|it| it.strip_prefix("data: "));
    data.filter(|it| *it != "[DONE]")
        .map(|it| serde_json::from_str(it).expect("a chunk"))
        .collect()
}

fn kinds(heard: &str) -> Vec<String> {
    let kind = |it: Value| it["type"].as_str().expect("a type").to_owned();
    chunks(heard).into_iter().map(kind).collect()
}

#[tokio::test]
async fn a_message_begins_a_turn_beside_whatever_runs_and_says_who_speaks() {
    let bench = bench_with(entries());
    bench
        .hear("POST", &format!("{AGENT}/messages"), &hello(), None)
        .await;
    let said = bench.platform.said.borrow();
    let [(of, say)] = &said[..] else {
        panic!("one message")
    };
    assert_eq!(
        (of.owner.as_str(), of.agent.as_str()),
        ("owner-of-alice", "onboarding-assistant")
    );
    assert_eq!(
        (of.thread.as_str(), say.message.as_str(), say.text.as_str()),
        ("t1", "m1", "hello")
    );
    assert_eq!(say.start.overlap, Overlap::Allow);
    assert_eq!(say.start.context.user_id, "alice");
    assert_eq!(say.start.input["message"], "hello");
    assert_eq!(
        InThread::of(&say.start.input),
        None,
        "its place is the thread's to give"
    );
}

#[tokio::test]
async fn a_turn_is_told_in_the_chunks_of_the_protocol_and_without_what_is_private() {
    let bench = bench_with(entries());
    let heard = bench
        .hear("GET", &format!("{AGENT}/stream"), "", None)
        .await;
    assert_eq!(
        kinds(&heard),
        [
            "start",
            "start-step",
            "text-start",
            "text-delta",
            "text-end",
            "tool-input-available",
            "tool-input-available",
            "tool-output-available",
            "tool-approval-request",
            "data-waiting",
            "data-waiting",
            "tool-approval-request",
            "tool-approval-response",
            "tool-output-available",
            "finish-step",
            "start-step",
            "text-start",
            "text-delta",
            "text-end",
            "finish-step",
            "finish"
        ]
    );
    assert!(heard.ends_with("data: [DONE]\n\n"), "{heard}");
    assert!(!heard.contains("SECRET"), "{heard}");
    let chunks = chunks(&heard);
    assert_eq!(chunks[0], json!({ "type": "start", "messageId": "run_1" }));
    assert_eq!(
        chunks[5],
        json!({ "type": "tool-input-available", "toolCallId": "run_1.0-0", "toolName": "r",
            "input": {}, "dynamic": true })
    );
    assert_eq!(
        chunks[9],
        json!({ "type": "data-waiting", "id": "waiting", "transient": true, "data": {
            "runId": "run_1", "reason": "approval_required", "hash": HASH, "mode": "required",
            "answer": "https://onbehalf.test/api/workflows/onboarding-assistant/runs/run_1/resume",
            "page": "https://onbehalf.test/approvals/run_1" } })
    );
    assert_eq!(
        chunks[10]["data"],
        json!({ "runId": "run_1", "reason": "nothing" })
    );
    assert_eq!(
        chunks[12],
        json!({ "type": "tool-approval-response", "approvalId": "abc.0-1", "approved": true })
    );
    assert_eq!(chunks[20]["finishReason"], "stop");
    assert_eq!(chunks[20]["messageMetadata"]["end"], "answered");
}

#[tokio::test]
async fn from_every_position_the_rest_is_told_as_it_was_told_in_the_whole() {
    let bench = bench_with(entries());
    let path = format!("{AGENT}/stream");
    let whole = bench.hear("GET", &path, "", None).await;
    let positions = ids(&whole);
    assert_eq!(positions.len(), chunks(&whole).len());
    for id in positions {
        let rest = bench.hear("GET", &path, "", Some(id)).await;
        let seen = whole.find(&format!("id: {id}\n")).expect("a position");
        let after = whole[seen..].find("\n\n").expect("an end") + seen + 2;
        assert_eq!(rest, whole[after..], "{id}");
    }
}

#[tokio::test]
async fn a_turn_that_waits_for_a_person_is_told_so_and_goes_on_behind_the_answer() {
    let waiting = entries().into_iter().take(4).collect();
    let bench = bench_with(waiting);
    let path = format!("{AGENT}/messages");
    let heard = bench.hear("POST", &path, &hello(), None).await;
    assert_eq!(
        kinds(&heard)[8..],
        ["tool-approval-request", "data-waiting", "finish"]
    );
    assert!(heard.ends_with("data: [DONE]\n\n"), "{heard}");
    let part = json!({ "type": "dynamic-tool", "state": "approval-responded",
        "approval": { "id": "abc.0-1", "approved": true } });
    let body = json!({ "message": { "id": "run_1", "role": "assistant", "parts": [part] } });
    // The answer is taken, and what happens behind it is told.
    let behind = bench.ask("POST", &path, &body.to_string()).await;
    assert_eq!(behind.status, 200);
    let resumed = bench.platform.resumed.borrow().clone();
    let approval = resumed[0].approval.as_ref().expect("an approval");
    assert_eq!(approval.hash, HASH);
    assert_eq!(approval.items.len(), 1);
    bench.platform.events.replace(entries());
    // Sent again, it decides nothing again.
    let rest = bench.hear("POST", &path, &body.to_string(), None).await;
    assert_eq!(kinds(&rest)[..2], ["data-waiting", "tool-approval-request"]);
    assert_eq!(bench.platform.resumed.borrow().len(), 1);
}

#[tokio::test]
async fn nothing_is_decided_that_nobody_asked_or_in_another_s_thread() {
    let bench = bench_with(entries().into_iter().take(4).collect());
    let path = format!("{AGENT}/messages");
    let part = |id: &str| json!({ "state": "approval-responded", "approval": { "id": id, "approved": true } });
    let body = |id: &str| {
        json!({ "message": { "id": "run_1", "role": "assistant", "parts": [part(id)] } })
            .to_string()
    };
    let refused = bench.ask("POST", &path, &body("other.0-1")).await;
    assert_eq!(
        json_of(&refused)["type"],
        "urn:onbehalf:problem:wrong-payload"
    );
    bench.platform.turn.replace(None);
    let foreign = bench.ask("POST", &path, &body("abc.0-1")).await;
    assert_eq!(
        json_of(&foreign)["type"],
        "urn:onbehalf:problem:thread-not-found"
    );
    assert!(bench.platform.resumed.borrow().is_empty());
}

#[tokio::test]
async fn what_was_kept_is_read_as_it_was_told() {
    let bench = bench_with(entries());
    let view = |pieces| TurnView {
        number: 1,
        message: MessageId::parse("m1").expect("a name"),
        text: "hello".into(),
        at: Timestamp::from_millis(0),
        run_id: Some(RunId::stored("run_1")),
        pieces,
        ended: Some(RunStatus::Completed),
    };
    // First as the run has it, …
    bench.platform.turns.replace(Some(vec![view(None)]));
    let live = json_of(&bench.ask("GET", AGENT, "").await);
    let parts = live["messages"][1]["parts"].as_array().expect("parts");
    let states: Vec<_> = parts.iter().map(|it| it["state"].clone()).collect();
    assert_eq!(parts.len(), 6, "{live}");
    assert_eq!(
        states[2..4],
        [json!("output-available"), json!("output-available")]
    );
    assert_eq!(
        parts[3]["approval"],
        json!({ "id": "abc.0-1", "approved": true })
    );
    // … and then as the thread has kept it.
    let all = entries();
    let pieces = all
        .iter()
        .filter_map(|it| onbehalf_acting::agent::Piece::of(it, "https://onbehalf.test"));
    let pieces = serde_json::to_value(pieces.collect::<Vec<_>>()).expect("json");
    bench.platform.turns.replace(Some(vec![view(Some(pieces))]));
    let kept = json_of(&bench.ask("GET", AGENT, "").await);
    assert_eq!(kept, live);
    assert_eq!(kept["open"], json!([]));
    assert_eq!(bench.ask("DELETE", AGENT, "").await.status, 204);
    for method in ["GET", "DELETE"] {
        assert_eq!(bench.ask(method, AGENT, "").await.status, 404);
    }
}

#[tokio::test]
async fn a_turn_that_may_not_begin_and_one_that_has_not_yet_are_told_apart() {
    let bench = bench();
    let path = format!("{AGENT}/messages");
    bench.platform.turn.replace(Some(TurnHead {
        run_id: None,
        refused: Some(Start::TooManyRuns),
        over: false,
    }));
    assert_eq!(bench.ask("POST", &path, &hello()).await.status, 429);
    bench.platform.turn.replace(turn(None, false));
    let later = bench.ask("POST", &path, &hello()).await;
    assert_eq!(
        (later.status, later.header("retry-after")),
        (503, Some("2"))
    );
    // Neither keeps a place among the streams.
    for _ in 0..2 * crate::api::watch::MAX_STREAMS {
        assert_eq!(bench.ask("POST", &path, &hello()).await.status, 503);
    }
}

#[tokio::test]
async fn nothing_is_streamed_of_what_is_over_or_was_never() {
    let bench = bench_with(entries());
    let path = format!("{AGENT}/stream");
    for turn in [turn(Some("run_1"), true), turn(None, false), None] {
        bench.platform.turn.replace(turn);
        let nothing = bench.ask("GET", &path, "").await;
        assert_eq!((nothing.status, nothing.body.len()), (204, 0));
    }
    for path in [
        "/api/agents/onboarding-health/threads/t1",
        "/api/agents/nobody/threads/t1",
        "/api/agents/onboarding-assistant/threads/a.b",
    ] {
        assert_eq!(bench.ask("GET", path, "").await.status, 404, "{path}");
    }
}

#[tokio::test]
async fn agents_are_listed_with_the_limits_that_are_configured() {
    let mut bench = bench();
    let tuned = [("ONBOARDING_ASSISTANT", r#"{"maxSteps": 3}"#.to_owned())];
    bench.api.settings.tuned = tuned.into();
    let listed = json_of(&bench.ask("GET", "/api/agents", "").await);
    let agents = listed["agents"].as_array().expect("agents");
    assert_eq!(agents.len(), 1, "workflows are none");
    assert_eq!(agents[0]["id"], "onboarding-assistant");
    assert_eq!(agents[0]["limits"]["maxSteps"], 3);
    let tools = agents[0]["tools"].as_array().expect("tools");
    let writes = tools.iter().filter(|it| it["writes"] == true);
    let writes: Vec<_> = writes.map(|it| it["id"].clone()).collect();
    assert_eq!(writes, ["hubspot-create-task", "linear-create-comment"]);
}

//! Direct writes, as routes answer them: what is asked of the platform, and how its answer is told.

use onbehalf_clock::Clock as _;
use onbehalf_runs::tool_call::{TOOL_CALL, ToolPolicy};
use onbehalf_runs::{Overlap, RunId, RunView, Start};
use serde_json::{Value, json};

use crate::testkit::{Bench, api_request, bench, json_of};

const EXECUTE: &str = "/api/tools/hubspot-create-task/execute";
const TASK: &str = r#"{"subject":"Call Acme","due":"2026-12-01T00:00:00Z"}"#;

fn run(status: &str, more: &Value) -> RunView {
    let mut run = json!({
        "runId": "run_1", "workflow": TOOL_CALL, "version": 1, "status": status,
        "startedAt": "2026-11-23T08:00:00.000Z", "updatedAt": "2026-11-23T08:00:01.000Z",
        "input": {}, "steps": [], "state": {},
    });
    for (name, value) in more.as_object().expect("members") {
        run[name] = value.clone();
    }
    serde_json::from_value(run).expect("a run")
}

fn landed() -> RunView {
    let outcome = json!({"status": "success", "task_id": "9", "created_at": null});
    run(
        "completed",
        &json!({"result": {"end": "landed", "outcome": outcome}}),
    )
}

/// What alice's call stands at.
fn stands(bench: &Bench, run: RunView) {
    bench.platform.has("run_1", run);
}

fn with_policy(rules: &Value) -> Bench {
    let mut bench = bench();
    let text = json!({ "rules": rules }).to_string();
    bench.api.settings.tool_policy = ToolPolicy::from_json(Some(&text)).expect("a policy");
    bench
}

#[tokio::test]
async fn a_write_is_a_call_of_its_own_and_answered_with_its_outcome() {
    let bench = bench();
    stands(&bench, landed());
    let answer = bench.ask("POST", EXECUTE, TASK).await;
    assert_eq!(answer.status, 200);
    assert_eq!(
        json_of(&answer),
        json!({"status": "success", "task_id": "9", "created_at": null, "callId": "run_1"})
    );
    let started = bench.platform.started.borrow();
    let start = started.first().expect("a start");
    assert_eq!(
        (start.workflow.as_str(), start.overlap),
        (TOOL_CALL, Overlap::Allow)
    );
    assert_eq!(start.input["arguments"]["priority"], "medium");
    assert!(start.repeats.is_some());
    assert_eq!(
        bench.scalekit.script.count(),
        0,
        "the run writes, not the route"
    );
}

#[tokio::test]
async fn a_repetition_is_called_one_and_a_key_is_handed_on() {
    let bench = bench();
    stands(&bench, landed());
    let earlier = Start::Started {
        run_id: RunId::stored("run_1"),
        fresh: false,
    };
    bench.platform.start.replace(Some(earlier));
    let mut request = api_request("POST", EXECUTE, TASK);
    request
        .headers
        .push(("idempotency-key".into(), "k1".into()));
    let answer = json_of(&bench.api.handle(request).await);
    assert_eq!(answer["repeated"], true, "{answer}");
    let started = bench.platform.started.borrow();
    let key = started[0].idempotency_key.as_ref().map(|it| it.as_str());
    assert_eq!(key, Some("k1"));
}

#[tokio::test]
async fn a_call_that_goes_on_is_accepted_and_found_again_by_its_name() {
    let bench = bench();
    stands(&bench, run("running", &json!({})));
    let answer = bench.ask("POST", EXECUTE, TASK).await;
    assert_eq!(answer.status, 202);
    assert_eq!(answer.header("location"), Some("/api/tool-calls/run_1"));
    assert_eq!(json_of(&answer)["status"], "running");
    assert_eq!(
        json_of(&answer)["run"],
        "/api/workflows/tool-call/runs/run_1"
    );
    stands(&bench, landed());
    let found = bench.ask("GET", "/api/tool-calls/run_1", "").await;
    assert_eq!(
        (found.status, &json_of(&found)["task_id"]),
        (200, &json!("9"))
    );
}

#[tokio::test]
async fn a_call_that_waits_says_for_what() {
    let bench = bench();
    let missing = json!([{"connector": "hubspot", "reason": "not_connected"}]);
    let suspension = json!({"number": 1, "since": "2026-11-23T08:00:01.000Z",
        "reason": "connection_required", "missing": missing});
    stands(&bench, run("suspended", &json!({"suspension": suspension})));
    let before = bench.scalekit.clock.now();
    let answer = bench.ask("POST", EXECUTE, TASK).await;
    assert_eq!(bench.scalekit.clock.now(), before, "nobody waits in vain");
    let body = json_of(&answer);
    assert_eq!(
        (answer.status, &body["suspension"]["reason"]),
        (202, &json!("connection_required"))
    );
    assert_eq!(
        body["connect"]["hubspot"],
        "https://onbehalf.test/connect/hubspot"
    );
}

#[tokio::test]
async fn what_was_made_and_is_forgotten_is_not_made_again() {
    let bench = bench();
    let answer = bench.ask("POST", EXECUTE, TASK).await;
    assert_eq!(answer.status, 404);
    assert_eq!(
        json_of(&answer)["type"],
        "urn:onbehalf:problem:tool-call-not-found"
    );
}

#[tokio::test]
async fn a_call_without_a_result_is_unknown_once_it_began_to_write() {
    let step = |id: &str| {
        json!([{"id": id, "status": "running", "attempts": 1,
        "startedAt": "2026-11-23T08:00:00.000Z"}])
    };
    for (steps, kind) in [
        (step("decide"), "not_sent"),
        (step("write"), "outcome_unknown"),
    ] {
        let bench = bench();
        stands(&bench, run("cancelled", &json!({ "steps": steps })));
        let found = json_of(&bench.ask("GET", "/api/tool-calls/run_1", "").await);
        assert_eq!(
            (&found["status"], &found["kind"]),
            (&json!("error"), &json!(kind))
        );
    }
}

#[tokio::test]
async fn a_run_of_a_workflow_is_no_call_and_anothers_call_is_nobodys() {
    let bench = bench();
    stands(&bench, crate::testkit::waiting_run("run_1"));
    assert_eq!(
        bench.ask("GET", "/api/tool-calls/run_1", "").await.status,
        404
    );
    for never in ["run_2", "x", "run_"] {
        let answer = bench
            .ask("GET", &format!("/api/tool-calls/{never}"), "")
            .await;
        assert_eq!(answer.status, 404, "{never}");
    }
}

#[tokio::test]
async fn a_dry_run_lists_the_write_and_what_the_policy_says_and_makes_none() {
    let bench = with_policy(&json!([{"tools": "hubspot-*", "decide": "deny"}]));
    let answer = bench
        .ask("POST", &format!("{EXECUTE}?dryRun=true"), TASK)
        .await;
    let body = json_of(&answer);
    assert_eq!(
        (answer.status, &body["decision"]),
        (200, &json!("deny")),
        "{body}"
    );
    assert_eq!(body["writes"][0]["arguments"]["subject"], "Call Acme");
    let read = "/api/tools/linear-list-comments/execute?dryRun=true";
    let body = json_of(&bench.ask("POST", read, r#"{"issue_id":"ONB-1"}"#).await);
    assert_eq!(
        (&body["decision"], &body["writes"]),
        (&json!("allow"), &json!([]))
    );
    assert!(bench.platform.started.borrow().is_empty());
    assert_eq!(bench.scalekit.script.count(), 0);
}

#[tokio::test]
async fn what_the_policy_denies_is_not_made_and_what_it_asks_about_waits() {
    let bench = with_policy(&json!([
        {"tools": "linear-*", "decide": "deny"},
        {"claim": {"sub": "alice"}, "decide": "ask"},
    ]));
    for tool in ["linear-create-comment", "linear-list-comments"] {
        let answer = bench
            .ask("POST", &format!("/api/tools/{tool}/execute"), "{}")
            .await;
        assert_eq!(answer.status, 403, "{tool}");
        assert_eq!(json_of(&answer)["type"], "urn:onbehalf:problem:tool-denied");
    }
    assert!(bench.platform.started.borrow().is_empty());
    stands(&bench, run("running", &json!({})));
    bench.ask("POST", EXECUTE, TASK).await;
    let started = bench.platform.started.borrow();
    assert_eq!(started[0].input["approval"], "required");
}

#[tokio::test]
async fn a_bad_input_or_query_begins_nothing() {
    let bench = bench();
    for (target, body, status) in [
        (
            EXECUTE,
            r#"{"subject":" ","due":"2026-12-01T00:00:00Z"}"#,
            422,
        ),
        (EXECUTE, r#"{"userId":"bob"}"#, 422),
        (
            "/api/tools/hubspot-create-task/execute?dryRun=maybe",
            TASK,
            400,
        ),
        (
            "/api/tools/hubspot-create-task/execute?onMissingConnector=x",
            TASK,
            400,
        ),
        ("/api/tools/hubspot-create-task/execute?user=bob", TASK, 400),
    ] {
        let answer = bench.ask("POST", target, body).await;
        assert_eq!(answer.status, status, "{target} {body}");
    }
    assert!(bench.platform.started.borrow().is_empty());
}

/// It is no workflow to callers; its runs are theirs all the same.
#[tokio::test]
async fn calls_are_not_among_the_workflows_that_callers_start() {
    let bench = bench();
    let listed = bench.ask("GET", "/api/workflows", "").await;
    assert!(!json_of(&listed).to_string().contains(TOOL_CALL));
    for (method, path) in [
        ("POST", "/api/workflows/tool-call/trigger"),
        ("GET", "/api/workflows/tool-call/runs"),
        ("GET", "/api/workflows/tool-call/schedule"),
        ("PUT", "/api/workflows/tool-call/schedule"),
    ] {
        assert_eq!(
            bench.ask(method, path, "").await.status,
            404,
            "{method} {path}"
        );
    }
    stands(&bench, run("running", &json!({})));
    let path = "/api/workflows/tool-call/runs/run_1";
    assert_eq!(bench.ask("GET", path, "").await.status, 200);
    assert_eq!(bench.ask("DELETE", path, "").await.status, 200);
}

//! Starting, listing, showing and steering runs.

use serde_json::json;

use crate::Answer;
use crate::api::watch::MAX_STREAMS;
use crate::testkit::{Bench, api_request, bench, json_of, waiting_run};
use onbehalf_clock::Timestamp;
use onbehalf_engine::{Entry, Record, ResumedBy, RunStatus};
use onbehalf_runs::{
    CommandOutcome, IdempotencyKey, OutcomeKind, RunFilter, RunId, RunSummary, Start, WorkflowId,
};

const RUNS: &str = "/api/workflows/onboarding-health/runs";
const TRIGGER: &str = "/api/workflows/onboarding-health/trigger";

fn with_run(owner: &str, run_id: &str) -> Bench {
    let bench = bench();
    let key = (owner.to_owned(), run_id.to_owned());
    bench
        .platform
        .runs
        .borrow_mut()
        .insert(key, waiting_run(run_id));
    bench
}

#[tokio::test]
async fn a_run_is_started_as_the_caller() {
    let bench = bench();
    let mut request = api_request("POST", TRIGGER, r#"{"onMissingConnector":"suspend"}"#);
    let trace = "4bf92f3577b34da6a3ce929d0e0e4736";
    request.headers.push((
        "traceparent".into(),
        format!("00-{trace}-00f067aa0ba902b7-01"),
    ));
    request
        .headers
        .push(("idempotency-key".into(), "k1".into()));
    let response = bench.api.handle(request).await;
    assert_eq!(response.status, 200);
    assert_eq!(
        json_of(&response),
        json!({"runId": "run_1", "status": "started"})
    );
    assert_eq!(
        response.header("location"),
        Some(format!("{RUNS}/run_1").as_str())
    );
    let started = bench.platform.started.borrow();
    assert_eq!(started[0].owner, "owner-of-alice");
    assert_eq!(
        started[0].context.scalekit_identifier.as_str(),
        "user_alice"
    );
    assert_eq!(
        started[0].input,
        json!({"onMissingConnector": "suspend", "approval": "none"})
    );
    assert_eq!(started[0].idempotency_key, Some(IdempotencyKey::new("k1")));
    assert_eq!(started[0].context.trace_id.as_deref(), Some(trace));
}

#[tokio::test]
async fn no_body_means_the_defaults() {
    let bench = bench();
    assert_eq!(bench.ask("POST", TRIGGER, "").await.status, 200);
    let input = bench.platform.started.borrow()[0].input.clone();
    assert_eq!(
        input,
        json!({"onMissingConnector": "exit", "approval": "none"})
    );
}

#[tokio::test]
async fn nobody_can_be_named_in_a_body() {
    let bench = bench();
    for (body, field) in [
        (r#"{"userId":"bob"}"#, "userId"),
        (r#"{"scalekitIdentifier":"user_bob"}"#, "scalekitIdentifier"),
        (r#"{"approval":"maybe"}"#, "approval"),
    ] {
        let response = bench.ask("POST", TRIGGER, body).await;
        assert_eq!(response.status, 422, "{body}");
        assert_eq!(json_of(&response)["field"], field);
    }
    assert!(bench.platform.started.borrow().is_empty());
}

#[tokio::test]
async fn refused_starts_are_typed() {
    for (start, status, kind) in [
        (Start::KeyReused, 422, "idempotency-key-reused"),
        (Start::TooManyRuns, 429, "too-many-runs"),
        (Start::Denied, 403, "tool-denied"),
    ] {
        let bench = bench();
        *bench.platform.start.borrow_mut() = Some(start);
        let response = bench.ask("POST", TRIGGER, "").await;
        assert_eq!(response.status, status);
        assert_eq!(
            json_of(&response)["type"],
            format!("urn:onbehalf:problem:{kind}")
        );
    }
    let bench = bench();
    let mut request = api_request("POST", TRIGGER, "");
    request
        .headers
        .push(("idempotency-key".into(), "a b".into()));
    assert_eq!(bench.api.handle(request).await.status, 400);
}

#[tokio::test]
async fn the_list_is_narrowed_down() {
    let bench = bench();
    let query = "outcome=partial&since=2026-11-23T08:00:00Z";
    let answer = bench.ask("GET", &format!("{RUNS}?{query}"), "").await;
    assert_eq!(answer.status, 200);
    let expected = RunFilter {
        status: None,
        outcome: Some(OutcomeKind::Partial),
        since: Timestamp::parse("2026-11-23T08:00:00Z"),
    };
    assert_eq!(bench.platform.queries.borrow()[0].filter, expected);
}

#[tokio::test]
async fn the_latest_of_each_workflow_is_asked_for_at_once() {
    let bench = bench();
    let run = RunSummary {
        run_id: RunId::stored("run_1"),
        workflow: WorkflowId::new("onboarding-health"),
        status: RunStatus::Completed,
        queued: false,
        outcome: None,
        counts: [("customers".to_owned(), 3)].into(),
        started_at: Timestamp::parse("2026-11-23T08:00:00Z").expect("a time"),
        ended_at: None,
        trigger: "request".into(),
    };
    bench.platform.listed.borrow_mut().push(run.clone());
    let answer = bench.ask("GET", "/api/runs/latest", "").await;
    assert_eq!(answer.status, 200);
    assert_eq!(json_of(&answer), json!({ "runs": [run] }));
    let hosted = json_of(&bench.ask("GET", "/api/workflows", "").await);
    let asked = bench.platform.latest_of.borrow();
    let [(owner, of)] = asked.as_slice() else {
        panic!("asked {} times", asked.len());
    };
    assert_eq!(*owner, "owner-of-alice");
    let hosted = hosted["workflows"].as_array().expect("workflows").iter();
    assert!(
        hosted
            .map(|it| &it["id"])
            .eq(of.iter().map(|it| it.as_str()))
    );
}

#[tokio::test]
async fn the_list_pages_through() {
    let bench = bench();
    bench.platform.next.set(Some(41));
    let first = bench
        .ask("GET", &format!("{RUNS}?status=failed&limit=5"), "")
        .await;
    assert_eq!(first.status, 200);
    let cursor = json_of(&first)["nextCursor"]
        .as_str()
        .expect("a cursor")
        .to_owned();
    let target = format!("{RUNS}?status=failed&cursor={cursor}");
    bench.platform.next.set(None);
    let second = bench.ask("GET", &target, "").await;
    assert_eq!(json_of(&second), json!({"runs": []}));
    {
        let queries = bench.platform.queries.borrow();
        assert_eq!((queries[0].limit, queries[0].before), (5, None));
        assert_eq!((queries[1].limit, queries[1].before), (20, Some(41)));
        assert_eq!(queries[1].filter.status, Some(RunStatus::Failed));
    }
    // The same cursor under another filter, of another caller, or changed.
    let mut bobs = api_request("GET", &target, "");
    bobs.headers[1].1 = "Bearer bob".into();
    assert_eq!(bench.api.handle(bobs).await.status, 400);
    for query in [
        format!("cursor={cursor}"),
        format!("status=failed&cursor={cursor}x"),
        format!("status=failed&outcome=failed&cursor={cursor}"),
        format!("status=failed&since=2026-11-01T00:00:00Z&cursor={cursor}"),
        "outcome=gone".into(),
        "since=yesterday".into(),
        "since=2026-11-01".into(),
        "limit=0".into(),
        "limit=101".into(),
        "limit=-1".into(),
        "status=gone".into(),
        "owner=bob".into(),
    ] {
        let response = bench.ask("GET", &format!("{RUNS}?{query}"), "").await;
        assert_eq!(response.status, 400, "{query}");
        assert!(json_of(&response)["parameter"].is_string(), "{query}");
    }
}

#[tokio::test]
async fn a_waiting_run_shows_where_to_connect() {
    let bench = with_run("owner-of-alice", "run_7");
    let response = bench.ask("GET", &format!("{RUNS}/run_7"), "").await;
    let body = json_of(&response);
    assert_eq!(body["suspension"]["missing"][0]["connector"], "hubspot");
    assert_eq!(
        body["connect"],
        json!({"hubspot": "https://onbehalf.test/connect/hubspot"})
    );
}

#[tokio::test]
async fn another_users_run_is_answered_like_none_at_all() {
    let bench = with_run("owner-of-bob", "run_7");
    for (method, tail, body) in [
        ("GET", "", ""),
        ("DELETE", "", ""),
        ("POST", "/resume", "{}"),
        ("GET", "/events", ""),
    ] {
        let ask = |run_id: &str| {
            let target = format!("{RUNS}/{run_id}{tail}");
            let request = api_request(method, &target, body);
            bench.api.handle(request)
        };
        let of_bob = ask("run_7").await;
        assert_eq!(of_bob.status, 404);
        for other in ["run_8", "run_UPPER", "nonsense", "run_", "%2e%2e"] {
            assert!(ask(other).await == of_bob, "{method} {tail} {other}");
        }
    }
}

#[tokio::test]
async fn commands_are_answered_with_where_the_run_stands() {
    let bench = with_run("owner-of-alice", "run_7");
    let run = format!("{RUNS}/run_7");
    let response = bench.ask("DELETE", &run, "").await;
    assert_eq!(
        json_of(&response),
        json!({"runId": "run_7", "status": "suspended"})
    );
    for (outcome, status, member) in [
        (
            CommandOutcome::AlreadyResumed {
                by: ResumedBy::Connection {
                    event: "webhook SECRET".into(),
                },
                at: Timestamp::from_millis(0),
            },
            409,
            "resumedAt",
        ),
        (CommandOutcome::AnotherMustDecide, 403, "detail"),
        (
            CommandOutcome::WrongStatus {
                status: RunStatus::Completed,
                message: "the run is already completed".into(),
            },
            409,
            "runStatus",
        ),
        (
            CommandOutcome::WrongPayload {
                message: "not this".into(),
            },
            422,
            "detail",
        ),
    ] {
        *bench.platform.command.borrow_mut() = Some(outcome);
        let response = bench.ask("POST", &format!("{run}/resume"), "{}").await;
        assert_eq!(response.status, status);
        let body = json_of(&response);
        assert!(body[member].is_string(), "{body}");
        assert!(!body.to_string().contains("SECRET"));
    }
    let both = r#"{"approval":{"hash":"h","decision":"approve"},"connected":["hubspot"]}"#;
    assert_eq!(
        bench
            .ask("POST", &format!("{run}/resume"), both)
            .await
            .status,
        422
    );
    assert_eq!(
        bench.ask("POST", &format!("{run}/resume"), "").await.status,
        400
    );
}

#[tokio::test]
async fn watching_goes_on_behind_the_last_event() {
    let bench = with_run("owner-of-alice", "run_7");
    let at = Timestamp::from_millis(0);
    for seq in 1..=3 {
        let record = Record::StepStarted {
            step: "s".into(),
            attempt: 1,
            deadline: None,
        };
        bench
            .platform
            .events
            .borrow_mut()
            .push(Entry { seq, at, record });
    }
    let target = format!("{RUNS}/run_7/events");
    let mut request = api_request("GET", &target, "");
    request.headers.push(("last-event-id".into(), "2".into()));
    let Answer { response, watch } = bench.api.answer(request).await;
    let stream = "text/event-stream; charset=utf-8";
    assert_eq!(response.header("content-type"), Some(stream));
    let body = String::from_utf8(response.body).expect("text");
    assert!(body.starts_with("id: 3\n") && body.matches("id: ").count() == 1);
    let mut watch = watch.expect("a watch");
    let quiet = bench.api.next_piece(&mut watch).await;
    assert_eq!(quiet.as_deref(), Some(": waiting\n\n"));
    let (seq, record) = (4, Record::Cancelled);
    let end = Entry { seq, at, record };
    bench.platform.events.borrow_mut().push(end);
    let last = bench.api.next_piece(&mut watch).await.expect("the end");
    assert!(last.starts_with("id: 4\n"));
    assert_eq!(bench.api.next_piece(&mut watch).await, None);
    let unknown = api_request("GET", &format!("{RUNS}/run_8/events"), "");
    let answer = bench.api.answer(unknown).await;
    assert_eq!((answer.response.status, answer.watch), (404, None));
}

#[tokio::test]
async fn a_caller_watches_so_many_at_once() {
    let bench = with_run("owner-of-alice", "run_7");
    let open = async |method: &str| {
        let request = api_request(method, &format!("{RUNS}/run_7/events"), "");
        bench.api.answer(request).await
    };
    let mut watched = Vec::new();
    for _ in 0..MAX_STREAMS {
        watched.push(open("GET").await.watch.expect("a watch"));
    }
    let refused = open("GET").await.response;
    assert_eq!(refused.status, 429);
    assert!(refused.header("retry-after").is_some());
    assert_eq!(
        json_of(&refused)["type"],
        "urn:onbehalf:problem:too-many-streams"
    );
    // Looking at what a stream would be like takes none.
    assert_eq!(open("HEAD").await.response.status, 200);
    // Whoever leaves makes room.
    drop(watched.pop());
    assert_eq!(open("GET").await.response.status, 200);
}

#[tokio::test]
async fn the_schedule_runs_under_who_switched_it_on() {
    let bench = bench();
    let response = bench
        .ask("PUT", "/api/workflows/onboarding-health/schedule", "")
        .await;
    assert_eq!(json_of(&response)["enabled"], true);
    let context = bench.platform.scheduled.borrow().clone().expect("on");
    assert_eq!(context.scalekit_identifier.as_str(), "user_alice");
    assert_eq!(
        bench
            .ask(
                "PUT",
                "/api/workflows/onboarding-health/schedule",
                r#"{"user":"bob"}"#
            )
            .await
            .status,
        422
    );
    let path = "/api/workflows/onboarding-health/schedule";
    let strict = bench.ask("PUT", path, r#"{"approval":"four_eyes"}"#).await;
    assert_eq!(json_of(&strict)["approval"], "four_eyes");
    // There is nothing to approve in a brief.
    let path = "/api/workflows/morning-brief/schedule";
    let refused = bench.ask("PUT", path, r#"{"approval":"required"}"#).await;
    assert_eq!(
        (refused.status, json_of(&refused)["field"].as_str()),
        (422, Some("approval"))
    );
    assert_eq!(
        bench
            .ask("PUT", path, r#"{"approval":"none"}"#)
            .await
            .status,
        200
    );
    let response = bench
        .ask("DELETE", "/api/workflows/onboarding-health/schedule", "")
        .await;
    assert_eq!(json_of(&response)["enabled"], false);
    assert!(bench.platform.scheduled.borrow().is_none());
}

/// `alice-acme` is alice of the organization acme; operators are called so.
#[tokio::test]
async fn the_schedule_of_each_workflow_that_may_have_one_is_asked_for_at_once() {
    let bench = bench();
    bench
        .ask("PUT", "/api/workflows/onboarding-health/schedule", "")
        .await;
    let one = bench
        .ask("GET", "/api/workflows/onboarding-health/schedule", "")
        .await;
    let answer = bench.ask("GET", "/api/schedules", "").await;
    assert_eq!(answer.status, 200);
    let hosted = json_of(&bench.ask("GET", "/api/workflows", "").await);
    let hosted = hosted["workflows"].as_array().expect("workflows").iter();
    let daily = hosted.filter(|it| it["schedule"].is_string());
    let daily: Vec<_> = daily.filter_map(|it| it["id"].as_str()).collect();
    assert!(daily.contains(&"onboarding-health"));
    let expected = daily.iter().map(|it| {
        let mut schedule = json_of(&one);
        schedule["workflow"] = json!(it);
        schedule
    });
    let expected: Vec<_> = expected.collect();
    assert_eq!(json_of(&answer), json!({ "schedules": expected }));
    let asked = bench.platform.schedules_of.borrow();
    let [(owner, of)] = asked.as_slice() else {
        panic!("asked {} times", asked.len());
    };
    assert_eq!(*owner, "owner-of-alice");
    assert!(of.iter().map(WorkflowId::as_str).eq(daily));
}

#[tokio::test]
async fn only_an_operator_of_the_organization_sees_and_ends_its_schedules() {
    const ALL: &str = "/api/workflows/onboarding-health/schedules";
    let bench = bench();
    let ask = |who: &str, method: &str, target: &str| {
        let mut request = api_request(method, target, "");
        request.headers[1].1 = format!("Bearer {who}");
        bench.api.handle(request)
    };
    assert_eq!(
        ask(
            "alice-acme",
            "PUT",
            "/api/workflows/onboarding-health/schedule"
        )
        .await
        .status,
        200
    );
    let one = "/api/workflows/onboarding-health/schedules/p_scheduled";
    for who in ["alice-acme", "operator", "operator-globex"] {
        let may = who == "operator-globex";
        let listed = ask(who, "GET", ALL).await;
        assert_eq!(listed.status, if may { 200 } else { 403 }, "{who}");
        if may {
            assert_eq!(json_of(&listed), json!({"schedules": []}));
        }
        let ended = ask(who, "DELETE", one).await;
        assert_eq!(ended.status, if may { 404 } else { 403 }, "{who}");
    }
    let listed = json_of(&ask("operator-acme", "GET", ALL).await);
    assert_eq!(listed["schedules"][0]["userId"], "alice-acme");
    assert_eq!(ask("operator-acme", "DELETE", one).await.status, 204);
    assert_eq!(ask("operator-acme", "DELETE", one).await.status, 404);
    assert!(bench.platform.scheduled.borrow().is_none());
}

#[tokio::test]
async fn operators_count_how_the_runs_of_their_organization_end() {
    let bench = bench();
    let ask = |who: &str, query: &str| {
        let mut request = api_request("GET", &format!("/api/organization/runs{query}"), "");
        request.headers[1].1 = format!("Bearer {who}");
        bench.api.handle(request)
    };
    for who in ["alice-acme", "operator"] {
        assert_eq!(ask(who, "").await.status, 403, "{who}");
    }
    for query in ["?days=0", "?days=91", "?days=x", "?since=2026-11-01"] {
        assert_eq!(ask("operator-acme", query).await.status, 400, "{query}");
    }
    assert!(bench.platform.counted.borrow().is_empty());
    let now = bench.api.clock.now();
    for (query, before) in [("", 13), ("?days=1", 0), ("?days=90", 89)] {
        let answer = ask("operator-acme", query).await;
        assert_eq!(json_of(&answer), json!({"counts": []}));
        let (tenant, since) = bench.platform.counted.borrow_mut().remove(0);
        assert_eq!(tenant.org_id.as_deref(), Some("acme"));
        let day = std::time::Duration::from_secs(24 * 3600);
        assert_eq!(since, now.minus(day * before), "{query}");
    }
}

/// A run that has ended as the workflow's results say, as it is listed and as it is kept.
fn with_result(bench: &Bench, run_id: &str, result: serde_json::Value) {
    let mut run = waiting_run(run_id);
    run.status = RunStatus::Completed;
    run.suspension = None;
    run.result = Some(result);
    bench.platform.listed.borrow_mut().insert(
        0,
        RunSummary {
            run_id: RunId::stored(run_id),
            workflow: WorkflowId::new("onboarding-health"),
            status: run.status,
            queued: false,
            outcome: None,
            counts: Default::default(),
            started_at: run.started_at,
            ended_at: None,
            trigger: "schedule".into(),
        },
    );
    bench.platform.has(run_id, run);
}

fn scored(customers: &[(&str, u32)]) -> serde_json::Value {
    let customers: Vec<_> = customers
        .iter()
        .map(|(key, score)| {
            json!({
                "key": key, "name": key.to_uppercase(), "score": score, "status": "healthy",
                "reasons": [], "contacts": [], "daysInStage": 1,
            })
        })
        .collect();
    json!({
        "status": "completed",
        "counts": {
            "customers": 0, "healthy": 0, "atRisk": 0, "critical": 0, "tasksCreated": 0,
            "commentsAdded": 0, "alreadyFlagged": 0, "rejected": 0, "failed": 0, "unknownOutcome": 0,
        },
        "customers": customers, "flagged": [], "actions": [],
        "connectorErrors": [], "customerErrors": [],
    })
}

const HISTORY: &str = "/api/workflows/onboarding-health/history";

#[tokio::test]
async fn the_scores_of_the_latest_runs_are_one_answer() {
    let bench = bench();
    with_result(&bench, "run_1", scored(&[("acme", 80), ("bell", 40)]));
    // One that looked at nobody measures nothing, and one whose journal is gone neither.
    let missing = json!({"status": "connectors_required", "missing": [], "connect": {}});
    with_result(&bench, "run_2", missing);
    with_result(&bench, "run_3", scored(&[("acme", 10)]));
    with_result(&bench, "run_4", scored(&[("acme", 70)]));
    let gone = ("owner-of-alice".to_owned(), "run_3".to_owned());
    bench.platform.runs.borrow_mut().remove(&gone);
    let answer = bench.ask("GET", &format!("{HISTORY}?runs=5"), "").await;
    assert_eq!(answer.status, 200);
    let body = json_of(&answer);
    assert_eq!(body["measure"], "Health score");
    let names = |runs: &serde_json::Value| -> Vec<_> {
        let runs = runs.as_array().expect("runs").iter();
        runs.map(|run| run["runId"].clone()).collect()
    };
    assert_eq!(names(&body["runs"]), ["run_1", "run_4"]);
    let expected = json!([
        {"key": "acme", "name": "ACME", "values": [80, 70]},
        {"key": "bell", "name": "BELL", "values": [40, null]},
    ]);
    assert_eq!(body["series"], expected);
    let queries = bench.platform.queries.borrow();
    assert_eq!(queries[0].limit, 5);
    assert_eq!(queries[0].filter.status, Some(RunStatus::Completed));
}

#[tokio::test]
async fn what_measures_nothing_has_no_history() {
    let bench = bench();
    let empty = json_of(&bench.ask("GET", HISTORY, "").await);
    assert_eq!((&empty["runs"], &empty["series"]), (&json!([]), &json!([])));
    let other = "/api/workflows/morning-brief/history";
    assert_eq!(bench.ask("GET", other, "").await.status, 404);
    for query in ["runs=0", "runs=31", "runs=x", "days=14"] {
        let refused = bench.ask("GET", &format!("{HISTORY}?{query}"), "").await;
        assert_eq!(refused.status, 400, "{query}");
    }
}

//! The page on which a person decides: theirs by the session of a browser, and by nothing else.

use onbehalf_runs::{CommandOutcome, Decision};
use serde_json::json;

use crate::testkit::{Bench, bench, browser_request};
use crate::wire::message::ApiResponse;

const PAGE: &str = "/approvals/run_1";

fn waits(bench: &Bench) {
    let run = json!({
        "runId": "run_1", "workflow": "tool-call", "version": 1, "status": "suspended",
        "startedAt": "2026-11-23T08:00:00.000Z", "updatedAt": "2026-11-23T08:00:01.000Z",
        "input": {}, "steps": [], "state": {},
        "suspension": {
            "number": 4, "since": "2026-11-23T08:00:01.000Z", "reason": "approval_required",
            "plan": {"tool": "slack-send-message", "arguments": {"text": "<b>hi</b>"}},
            "hash": "abc", "mode": "required",
        },
    });
    let run = serde_json::from_value(run).expect("a run");
    bench.platform.has("run_1", run);
}

fn text(response: &ApiResponse) -> String {
    String::from_utf8_lossy(&response.body).into_owned()
}

async fn decide(bench: &Bench, who: &str, form: &str, site: &str) -> ApiResponse {
    let mut request = browser_request("POST", PAGE, &[bench.session(who)]);
    let site = ("sec-fetch-site".to_owned(), site.to_owned());
    request.headers.push(site);
    request.body = form.as_bytes().to_vec();
    bench.api.handle(request).await
}

const YES: &str = "number=4&hash=abc&decision=approve";

#[tokio::test]
async fn it_shows_what_waits_to_whoever_is_signed_in_and_may_see_it() {
    let bench = bench();
    waits(&bench);
    let stranger = bench.visit(PAGE, &[]).await;
    assert_eq!(stranger.status, 302);
    let location = stranger.header("location").expect("a place");
    assert!(
        location.contains("return_to=%2Fapprovals%2Frun_1"),
        "{location}"
    );
    let page = bench.visit(PAGE, &[bench.session("alice")]).await;
    assert_eq!(page.status, 200);
    let shown = text(&page);
    assert!(shown.contains("slack-send-message") && shown.contains("&lt;b&gt;hi&lt;/b&gt;"));
    for nobody in [
        bench.visit(PAGE, &[bench.session("bob")]).await,
        bench
            .visit("/approvals/run_2", &[bench.session("alice")])
            .await,
        bench.visit("/approvals/x", &[bench.session("alice")]).await,
    ] {
        assert_eq!(
            (nobody.status, nobody.body.len()),
            (404, text(&nobody).len())
        );
    }
}

#[tokio::test]
async fn a_bearer_token_shows_nothing_and_decides_nothing() {
    let bench = bench();
    waits(&bench);
    for method in ["GET", "POST"] {
        let mut request = browser_request(method, PAGE, &[]);
        let token = ("authorization".to_owned(), "Bearer alice".to_owned());
        request.headers.push(token);
        request.body = YES.as_bytes().to_vec();
        let response = bench.api.handle(request).await;
        assert!(matches!(response.status, 302 | 303), "{method}");
    }
    assert!(bench.platform.resumed.borrow().is_empty());
}

#[tokio::test]
async fn a_button_decides_about_what_was_looked_at() {
    for (form, decision) in [
        (YES, Decision::Approve),
        ("number=4&hash=abc&decision=reject", Decision::Reject),
    ] {
        let bench = bench();
        waits(&bench);
        let done = decide(&bench, "alice", form, "same-origin").await;
        assert_eq!(done.status, 200, "{}", text(&done));
        let resumed = bench.platform.resumed.borrow();
        let approval = resumed[0].approval.as_ref().expect("a decision");
        assert_eq!(
            (approval.hash.as_str(), approval.decision),
            ("abc", decision)
        );
        assert_eq!(resumed[0].number, Some(4));
    }
}

#[tokio::test]
async fn nothing_else_decides() {
    let bench = bench();
    waits(&bench);
    let foreign = decide(&bench, "alice", YES, "cross-site").await;
    assert_eq!(foreign.status, 403);
    for form in [
        "",
        "number=4&hash=abc",
        "number=4&hash=abc&decision=maybe",
        "hash=abc&decision=approve",
        "number=4&decision=approve",
        "number=x&hash=abc&decision=approve",
    ] {
        let refused = decide(&bench, "alice", form, "same-origin").await;
        assert_eq!(refused.status, 400, "{form}");
    }
    assert!(bench.platform.resumed.borrow().is_empty());
    assert_eq!(decide(&bench, "bob", YES, "same-origin").await.status, 404);
}

#[tokio::test]
async fn what_the_run_answers_is_told() {
    for (outcome, status) in [
        (CommandOutcome::AnotherMustDecide, 403),
        (
            CommandOutcome::WrongPayload {
                message: "another plan".into(),
            },
            409,
        ),
        (CommandOutcome::NotFound, 404),
    ] {
        let bench = bench();
        waits(&bench);
        bench.platform.command.replace(Some(outcome));
        assert_eq!(
            decide(&bench, "alice", YES, "same-origin").await.status,
            status
        );
    }
    let bench = bench();
    waits(&bench);
    bench.platform.broken.set(true);
    assert_eq!(
        decide(&bench, "alice", YES, "same-origin").await.status,
        503
    );
    bench.platform.broken.set(false);
    bench.platform.runs.borrow_mut().clear();
    bench.counter.limit.set(0);
    assert_eq!(
        decide(&bench, "alice", YES, "same-origin").await.status,
        429
    );
}

//! A direct write with a tool of the catalogue, end to end in the sandbox's world: made once, found where
//! the settings say how, and honest where they do not.

mod common;

use std::rc::Rc;

use common::apps::{Crash, Fault};
use common::office::{Office, OfficeRun, Who};
use onbehalf_acting::tool_call::ToolCall;
use onbehalf_engine::RunStatus;
use onbehalf_runs::hosted::Workflows;
use onbehalf_tools::{Catalogue, CatalogueSettings, Registry};
use serde_json::{Value, json};

const CREATE: &str = "github_issue_create";
const COMMENT: &str = "github_issue_comment_create";

/// An office that opens GitHub's issues, and where alice has connected it.
fn office() -> Office {
    let rules = json!([
        {"connector": "github", "tools": [CREATE], "lookup": {
            "mark": "body", "tool": "github_issues_list", "items": "/array", "full": 100,
            "arguments": {"owner": "{owner}", "repo": "{repo}", "state": "all", "per_page": 100},
            "visibleAfterSeconds": 5}},
        {"connector": "github", "tools": ["github_issue*"]},
    ]);
    let office = Office::hosting(Workflows::default().with::<ToolCall>());
    open(&office, &rules);
    office.apps.connection("alice", "github", Some("ACTIVE"));
    office
}

fn open(office: &Office, rules: &Value) {
    let text = json!({ "rules": rules }).to_string();
    let settings = CatalogueSettings::from_json(Some(&text)).expect("settings");
    let tools = Registry::standard().expect("tools");
    let tools = tools.with_catalogue(Rc::new(Catalogue::new(settings)));
    office.tools.replace(Rc::new(tools));
}

fn issue(title: &str) -> Value {
    json!({"owner": "org-acme", "repo": "onboarding", "title": title, "body": "As agreed."})
}

fn input(tool: &str, arguments: &Value) -> Value {
    json!({"tool": tool, "arguments": arguments, "by": "api", "approval": "none",
        "waitsForConnection": true})
}

fn called(office: &Office, tool: &str, arguments: &Value) -> OfficeRun {
    office.run("tool-call", "alice", "run_1", &input(tool, arguments))
}

#[test]
fn a_write_lands_with_its_mark_and_answers_what_the_app_said() {
    let office = office();
    let result = called(&office, CREATE, &issue("Import")).result();
    assert_eq!(result["end"], "landed", "{result}");
    let data = &result["outcome"]["data"];
    assert_eq!(data["title"], "Import");
    let body = data["body"].as_str().expect("a text");
    assert!(
        body.starts_with("As agreed.\n\nReference: call-e"),
        "{body}"
    );
    assert_eq!(office.apps.landed(CREATE).len(), 1);
}

#[test]
fn a_write_whose_answer_is_lost_is_found_by_the_declared_look_and_not_made_again() {
    for (fault, sent) in [(Fault::Lost, 1), (Fault::Swallowed, 2), (Fault::Garbled, 2)] {
        let office = office();
        office.apps.fault(CREATE, &[fault]);
        let result = called(&office, CREATE, &issue("Import")).result();
        assert_eq!(result["end"], "landed", "{fault:?}: {result}");
        assert_eq!(result["outcome"]["data"]["title"], "Import");
        assert_eq!(office.apps.count(CREATE), sent, "{fault:?}");
        assert_eq!(office.apps.landed(CREATE).len(), 1, "{fault:?}");
    }
}

#[test]
fn without_a_look_an_unclear_answer_stays_unclear_and_nothing_is_sent_again() {
    for (fault, landed) in [(Fault::Lost, 1), (Fault::Swallowed, 0)] {
        let office = office();
        office.apps.fault(COMMENT, &[fault]);
        let comment =
            json!({"owner": "org-acme", "repo": "onboarding", "issue_number": 1, "body": "Hm"});
        let result = called(&office, COMMENT, &comment).result();
        assert_eq!(result["end"], "unknown_outcome", "{result}");
        assert_eq!(result["outcome"]["kind"], "outcome_unknown");
        assert_eq!(office.apps.count(COMMENT), 1);
        assert_eq!(office.apps.landed(COMMENT).len(), landed);
    }
}

#[test]
fn wherever_the_process_dies_the_write_lands_once() {
    let requests = {
        let office = office();
        called(&office, CREATE, &issue("Import"));
        office.apps.bodies.borrow().len()
    };
    assert!(requests >= 2, "a token and a write");
    for number in 1..=requests {
        for crash in [Crash::Before(number), Crash::After(number)] {
            let office = office();
            office.apps.crash.set(Some(crash));
            let alice = Who {
                user: "alice",
                identifier: "user_alice",
                organization: None,
            };
            let input = input(CREATE, &issue("Import"));
            let run = office.start("tool-call", alice, "run_1", &input);
            office.survive("tool-call", &run);
            assert_eq!(run.result()["end"], "landed", "{crash:?}");
            assert_eq!(office.apps.landed(CREATE).len(), 1, "{crash:?}");
        }
    }
}

/// What was accepted days ago may be gone: from the settings, or from Scalekit.
#[test]
fn a_tool_that_has_gone_meanwhile_is_a_typed_end() {
    let office = office();
    open(
        &office,
        &json!([{"connector": "github", "tools": ["github_issues_list"]}]),
    );
    let result = called(&office, CREATE, &issue("Import")).result();
    assert_eq!(
        (&result["end"], &result["outcome"]["kind"]),
        (&json!("refused"), &json!("unknown_tool"))
    );
    open(
        &office,
        &json!([{"connector": "github", "tools": ["github_*"]}]),
    );
    let result = office.run(
        "tool-call",
        "alice",
        "run_2",
        &input("github_issue_wish", &json!({})),
    );
    let result = result.result();
    assert_eq!(
        (&result["end"], &result["outcome"]["kind"]),
        (&json!("refused"), &json!("unknown_tool"))
    );
    assert!(office.apps.landed(CREATE).is_empty());
}

#[test]
fn what_scalekit_does_not_accept_is_refused_with_its_violations() {
    let office = office();
    let result = called(&office, CREATE, &json!({"owner": "org-acme", "repo": 7})).result();
    assert_eq!(result["end"], "refused", "{result}");
    assert_eq!(result["outcome"]["kind"], "invalid_input");
    assert!(
        result["outcome"]["violations"]
            .as_array()
            .is_some_and(|it| it.len() >= 2)
    );
}

#[test]
fn a_dead_connection_is_waited_for_and_the_write_is_made_once() {
    let office = office();
    office.apps.connection("alice", "github", None);
    let run = called(&office, CREATE, &issue("Import"));
    assert_eq!(run.status(), RunStatus::Suspended);
    assert_eq!(
        run.reason()["missing"][0]["connector"],
        "github",
        "{}",
        run.reason()
    );
    office.connect("alice", "github", &run);
    assert_eq!(run.result()["end"], "landed");
    assert_eq!(office.apps.landed(CREATE).len(), 1);
}

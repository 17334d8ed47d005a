//! The morning brief end to end: real table, engine, client and tools in the sandbox's world.

mod common;

use common::office::{Office, OfficeRun};
use onbehalf_agents::morning_brief::MorningBrief;
use onbehalf_engine::RunStatus;
use onbehalf_runs::hosted::Workflows;
use serde_json::{Value, json};

fn office() -> Office {
    Office::hosting(Workflows::default().with::<MorningBrief>())
}

fn brief(office: &Office, user: &str, id: &str) -> OfficeRun {
    office.run("morning-brief", user, id, &json!({}))
}

#[test]
fn the_apps_news_are_in_one_message_to_oneself() {
    let office = office();
    let run = brief(&office, "alice", "run_1");
    let result = run.result();
    assert_eq!(result["delivery"]["status"], "posted", "{result}");
    let said = office.slack_of("alice");
    let [text] = said.as_slice() else {
        panic!("one message, not {said:?}");
    };
    assert!(
        text.starts_with("*Good morning!* Your brief of 2026-11-23."),
        "{text}"
    );
    let shown = |section: &Value| {
        let counts = section["counts"].as_object().expect("counts");
        counts.values().any(|count| count.as_u64() > Some(0))
    };
    let sections = result["sections"].as_array().expect("sections");
    assert!(sections.iter().any(shown), "nothing was read: {result}");
    assert!(text.contains("*Linear*: "), "{text}");
    assert!(
        office.slack_of("bob").is_empty(),
        "it is alice's own conversation"
    );
}

#[test]
fn a_dry_run_shows_the_message_and_posts_none() {
    let office = office();
    let run = office.run("morning-brief", "alice", "run_1", &json!({"dryRun": true}));
    let delivery = &run.result()["delivery"];
    assert_eq!(delivery["status"], "planned", "{delivery}");
    assert!(office.slack_of("alice").is_empty());
    let written = delivery["writes"][0]["arguments"]["text"].clone();
    brief(&office, "alice", "run_2");
    assert_eq!(
        office.slack_of("alice"),
        [written.as_str().expect("a text")]
    );
}

#[test]
fn a_message_whose_answer_was_lost_is_found_and_not_said_again() {
    for fault in ["lose_answer", "break_before"] {
        let office = office();
        office.apps.rules(
            &json!([{ "match": { "tool": "slack_send_message" }, (fault): true, "times": 1 }]),
        );
        let run = brief(&office, "alice", "run_1");
        assert_eq!(run.result()["delivery"]["status"], "posted", "{fault}");
        assert_eq!(office.slack_of("alice").len(), 1, "{fault}");
    }
}

#[test]
fn it_is_said_once_a_day_however_many_runs_there_are() {
    let office = office();
    let first = brief(&office, "alice", "run_1").result();
    let again = brief(&office, "alice", "run_2").result();
    assert_eq!(again["delivery"]["status"], "already_posted");
    assert_eq!(again["delivery"]["ts"], first["delivery"]["ts"]);
    office.sleep_until("2026-11-24T08:00:00Z");
    let tomorrow = brief(&office, "alice", "run_3").result();
    assert_eq!(tomorrow["delivery"]["status"], "posted");
    assert_eq!(office.slack_of("alice").len(), 2);
}

#[test]
fn an_app_that_is_not_connected_is_named_and_the_others_are_read() {
    let office = office();
    let result = brief(&office, "bob", "run_1").result();
    assert_eq!(
        result["connectorErrors"][0]["connector"], "zendesk",
        "{result}"
    );
    let said = office.slack_of("bob");
    assert!(
        said[0].contains("*Zendesk* could not be read: not connected."),
        "{said:?}"
    );
    assert!(said[0].contains("*Linear*: "), "{said:?}");
}

#[test]
fn without_slack_nothing_is_read_and_the_way_there_is_shown() {
    let office = office();
    let result = brief(&office, "grace", "run_1").result();
    assert_eq!(result["status"], "connectors_required");
    assert_eq!(result["missing"][0], "slack");
    assert_eq!(
        result["connect"]["slack"],
        "https://agent.test/connect/slack"
    );
}

#[test]
fn a_run_that_waits_goes_on_once_all_apps_are_connected() {
    let office = office();
    let input = json!({"onMissingConnector": "suspend"});
    let run = office.run("morning-brief", "bob", "run_1", &input);
    assert_eq!(run.status(), RunStatus::Suspended);
    assert!(office.slack_of("bob").is_empty());
    office.connect("bob", "zendesk", &run);
    assert_eq!(run.result()["delivery"]["status"], "posted");
    assert_eq!(office.slack_of("bob").len(), 1);
}

#[test]
fn a_refusal_is_in_the_result() {
    let office = office();
    let rule = json!({ "match": { "tool": "slack_send_message" }, "status": 400 });
    office.apps.rules(&json!([rule]));
    let result = brief(&office, "alice", "run_1").result();
    assert_eq!(result["delivery"]["status"], "refused", "{result}");
    assert!(office.slack_of("alice").is_empty());
}

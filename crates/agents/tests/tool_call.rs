//! A direct write end to end: real table, engine, client and tools in the sandbox's world.

mod common;

use std::rc::Rc;

use common::apps::{Crash, Fault};
use common::office::{Office, OfficeRun, Who};
use onbehalf_acting::tool_call::ToolCall;
use onbehalf_agents::morning_brief::MorningBrief;
use onbehalf_clock::{Clock as _, Timestamp};
use onbehalf_connector::{CallKind, Connector};
use onbehalf_engine::RunStatus;
use onbehalf_runs::hosted::Workflows;
use onbehalf_runs::{Approval, Decision, RunAnswer};
use onbehalf_tools::{
    CreatedTask, HubspotCreateTask, InputError, OutputError, Registry, TaskInput, Tool,
};
use serde_json::{Value, json};

const CREATE: &str = "hubspot_task_create";

fn office() -> Office {
    let both = Workflows::default().with::<ToolCall>();
    Office::hosting(both.with::<MorningBrief>())
}

fn task(subject: &str) -> Value {
    json!({"subject": subject, "due": "2026-12-01T00:00:00Z", "priority": "medium"})
}

fn input(tool: &str, arguments: &Value, by: &str) -> Value {
    json!({"tool": tool, "arguments": arguments, "by": by, "approval": "none",
        "waitsForConnection": true})
}

fn called(office: &Office, tool: &str, arguments: &Value) -> OfficeRun {
    office.run(
        "tool-call",
        "alice",
        "run_1",
        &input(tool, arguments, "api"),
    )
}

/// Alice's open issue, as Linear names it.
fn issue(office: &Office) -> String {
    let company = office.apps.company("alice");
    let issue = company.linear.issues().next().expect("an issue");
    issue.id.clone()
}

/// The conversation alice has with herself, as her morning brief names it.
fn own_conversation(office: &Office) -> String {
    let brief = office.run("morning-brief", "alice", "run_0", &json!({}));
    let channel = brief.result()["delivery"]["channel"].clone();
    channel.as_str().expect("a conversation").to_owned()
}

#[test]
fn a_write_is_made_and_answered_with_its_typed_outcome() {
    let office = office();
    let run = called(&office, "hubspot-create-task", &task("Call Acme"));
    let result = run.result();
    assert_eq!(result["end"], "landed", "{result}");
    assert_eq!(result["outcome"]["status"], "success");
    let tasks = office.apps.tasks();
    let written: Vec<_> = tasks
        .iter()
        .filter(|it| it.subject == "Call Acme")
        .collect();
    assert_eq!(written.len(), 1);
    assert_eq!(result["outcome"]["task_id"], written[0].id.as_str());
}

#[test]
fn a_write_whose_answer_is_lost_is_found_and_not_made_again() {
    for (fault, sent) in [(Fault::Lost, 1), (Fault::Swallowed, 2)] {
        let office = office();
        office.apps.fault(CREATE, &[fault]);
        let run = called(&office, "hubspot-create-task", &task("Call Acme"));
        assert_eq!(run.result()["end"], "landed", "{fault:?}");
        assert_eq!(office.apps.count(CREATE), sent, "{fault:?}");
        assert_eq!(office.apps.landed(CREATE).len(), 1, "{fault:?}");
    }
}

#[test]
fn a_write_that_scalekit_refuses_is_a_typed_end() {
    let office = office();
    office.apps.fault(CREATE, &[Fault::Refused]);
    let result = called(&office, "hubspot-create-task", &task("Call Acme")).result();
    assert_eq!(result["end"], "refused", "{result}");
    assert_eq!(result["outcome"]["status"], "error", "{result}");
    assert!(office.apps.landed(CREATE).is_empty());
}

#[test]
fn wherever_the_process_dies_the_write_lands_once() {
    let requests = {
        let office = office();
        called(&office, "hubspot-create-task", &task("Call Acme"));
        office.apps.bodies.borrow().len()
    };
    for number in 1..=requests {
        for crash in [Crash::Before(number), Crash::After(number)] {
            let office = office();
            office.apps.crash.set(Some(crash));
            let input = input("hubspot-create-task", &task("Call"), "api");
            let alice = Who {
                user: "alice",
                identifier: "user_alice",
                organization: None,
            };
            let run = office.start("tool-call", alice, "run_1", &input);
            office.survive("tool-call", &run);
            assert_eq!(run.result()["end"], "landed", "{crash:?}");
            assert_eq!(office.apps.landed(CREATE).len(), 1, "{crash:?}");
        }
    }
}

/// The same tool, of which nobody says how its writes are found.
struct Unfindable;

impl Tool for Unfindable {
    const ID: &'static str = "hubspot-create-blindly";
    const DESCRIPTION: &'static str = HubspotCreateTask::DESCRIPTION;
    const CONNECTOR: Connector = Connector::HUBSPOT;
    const SCALEKIT_NAME: &'static str = HubspotCreateTask::SCALEKIT_NAME;
    const KIND: CallKind = CallKind::Write;
    type Input = TaskInput;
    type Output = CreatedTask;

    fn params(input: &TaskInput) -> Result<Value, InputError> {
        HubspotCreateTask::params(input)
    }

    fn output(data: &Value, input: &TaskInput, now: Timestamp) -> Result<CreatedTask, OutputError> {
        HubspotCreateTask::output(data, input, now)
    }
}

#[test]
fn a_write_that_cannot_be_looked_for_ends_as_unknown_at_once_and_is_not_sent_again() {
    for fault in [Fault::Lost, Fault::Swallowed] {
        let office = office();
        let tools = Registry::default().with::<Unfindable>().expect("a tool");
        office.tools.replace(Rc::new(tools));
        office.apps.fault(CREATE, &[fault]);
        let begun = office.clock.now();
        let result = called(&office, Unfindable::ID, &task("Call Acme")).result();
        assert_eq!(result["end"], "unknown_outcome", "{result}");
        assert_eq!(result["outcome"]["kind"], "outcome_unknown", "{result}");
        assert_eq!(office.apps.count(CREATE), 1);
        let waited = office.clock.now().since(begun);
        assert!(
            waited.as_secs() < 300,
            "nothing is gained by waiting: {waited:?}"
        );
    }
}

#[test]
fn a_tool_that_is_gone_writes_nothing() {
    let office = office();
    let result = called(&office, "hubspot-create-dragon", &json!({})).result();
    assert_eq!(result["end"], "refused", "{result}");
    assert_eq!(result["outcome"]["kind"], "unknown_tool");
}

#[test]
fn every_kind_of_write_on_offer_is_found_when_its_answer_is_lost() {
    let cases = |office: &Office| {
        [
            (
                "linear-create-comment",
                "comment",
                json!({"issue_id": issue(office), "body": "On it"}),
            ),
            (
                "slack-send-message",
                "slack_send_message",
                json!({"channel": own_conversation(office), "text": "On it"}),
            ),
        ]
    };
    for case in 0..2 {
        let office = office();
        let (tool, call, arguments) = cases(&office)[case].clone();
        office.apps.fault(call, &[Fault::Lost]);
        let result = called(&office, tool, &arguments).result();
        assert_eq!(result["end"], "landed", "{tool}: {result}");
        // An app that asked for patience was asked again; what counts is what it has.
        let said = [office.apps.comments(), office.slack_of("alice")].concat();
        let said: Vec<_> = said.iter().filter(|it| it.starts_with("On it")).collect();
        assert_eq!(said.len(), 1, "{tool}: {said:?}");
    }
}

#[test]
fn a_dead_connection_is_waited_for_and_the_write_is_made_once() {
    let office = office();
    office.apps.connection("alice", "hubspot", None);
    let run = called(&office, "hubspot-create-task", &task("Call Acme"));
    assert_eq!(run.status(), RunStatus::Suspended);
    let reason = run.reason();
    assert_eq!(reason["reason"], "connection_required", "{reason}");
    assert_eq!(reason["missing"][0]["connector"], "hubspot");
    assert!(office.apps.landed(CREATE).is_empty());
    office.connect("alice", "hubspot", &run);
    assert_eq!(run.result()["end"], "landed");
    assert_eq!(office.apps.landed(CREATE).len(), 1);
}

#[test]
fn a_call_that_does_not_wait_for_a_connection_says_that_there_is_none() {
    let office = office();
    office.apps.connection("alice", "hubspot", None);
    let mut input = input("hubspot-create-task", &task("Call Acme"), "api");
    input["waitsForConnection"] = false.into();
    let result = office.run("tool-call", "alice", "run_1", &input).result();
    assert_eq!(result["end"], "not_connected", "{result}");
    assert_eq!(result["outcome"]["status"], "auth_error");
}

/// A call of a client of the Model Context Protocol, which a person looks at first.
fn asked(office: &Office, arguments: &Value) -> OfficeRun {
    let input = input("hubspot-create-task", arguments, "mcp");
    let run = office.run("tool-call", "alice", "run_1", &input);
    assert_eq!(run.reason()["reason"], "approval_required");
    assert!(office.apps.landed(CREATE).is_empty());
    run
}

fn answer(run: &OfficeRun, decision: Decision) -> RunAnswer {
    Approval {
        hash: run.reason()["hash"].as_str().expect("a hash").to_owned(),
        decision,
        items: Default::default(),
    }
    .into()
}

#[test]
fn what_a_model_writes_is_put_up_with_its_arguments_and_written_once_approved() {
    let office = office();
    let run = asked(&office, &task("Call Acme"));
    let put_up = run.reason();
    assert_eq!(put_up["plan"]["tool"], "hubspot-create-task", "{put_up}");
    assert_eq!(put_up["plan"]["arguments"]["subject"], "Call Acme");
    assert_eq!(put_up["items"].as_array().map(Vec::len), Some(1));
    office.resume(&run, answer(&run, Decision::Approve));
    office.drive(&run);
    assert_eq!(run.result()["end"], "landed");
    assert_eq!(office.apps.landed(CREATE).len(), 1);
}

#[test]
fn what_is_rejected_is_not_written() {
    let office = office();
    let run = asked(&office, &task("Call Acme"));
    office.resume(&run, answer(&run, Decision::Reject));
    office.drive(&run);
    let result = run.result();
    assert_eq!(result["end"], "rejected", "{result}");
    assert_eq!(result["outcome"]["kind"], "not_sent");
    assert!(office.apps.landed(CREATE).is_empty());
}

#[test]
fn an_approval_is_of_these_arguments_and_of_this_person_and_no_other() {
    let office = office();
    let hash = |user: &str, id: &str, arguments: &Value| {
        let input = input("hubspot-create-task", arguments, "agent");
        let run = office.run("tool-call", user, id, &input);
        run.reason()["hash"].clone()
    };
    let first = hash("alice", "run_1", &task("Call Acme"));
    assert_eq!(hash("alice", "run_2", &task("Call Acme")), first);
    assert_ne!(hash("alice", "run_3", &task("Pay Acme")), first);
    assert_ne!(hash("bob", "run_4", &task("Call Acme")), first);
    let other = asked(&office, &task("Pay Acme"));
    let stale = RunAnswer::from(Approval {
        hash: first.as_str().expect("a hash").to_owned(),
        decision: Decision::Approve,
        items: Default::default(),
    });
    assert!(office.try_resume(&other, stale).is_err());
    assert!(office.apps.landed(CREATE).is_empty());
}

#[test]
fn a_policy_that_forbids_it_meanwhile_is_obeyed() {
    let office = office();
    let run = asked(&office, &task("Call Acme"));
    office.deploy(&json!({"rules": [{"tools": "hubspot-*", "decide": "deny"}]}));
    office.pick_up("tool-call", &run);
    office.resume(&run, answer(&run, Decision::Approve));
    office.drive(&run);
    assert_eq!(run.result()["end"], "denied");
    assert!(office.apps.landed(CREATE).is_empty());
}

#[test]
fn an_approved_call_that_meets_a_dead_connection_waits_and_is_not_asked_about_again() {
    let office = office();
    let run = asked(&office, &task("Call Acme"));
    office.apps.connection("alice", "hubspot", None);
    office.resume(&run, answer(&run, Decision::Approve));
    office.drive(&run);
    assert_eq!(run.reason()["reason"], "connection_required");
    office.connect("alice", "hubspot", &run);
    assert_eq!(run.result()["end"], "landed");
    assert_eq!(office.apps.landed(CREATE).len(), 1);
}

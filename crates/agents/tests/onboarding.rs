//! The Onboarding Health Agent end to end: real engine, client and tools in the sandbox's world.

mod common;

use std::time::Duration;

use common::apps::{Crash, Fault, Trouble};
use common::{ADDRESS, COLLEAGUE, Process};
use onbehalf_acting::write_policy;
use onbehalf_agents::onboarding::{
    ActionStatus, CustomerScope, FailureKind, HealthStatus, OnboardingResult, Outcome,
    OwnerMissing, Part, Summary,
};
use onbehalf_clock::Clock;
use onbehalf_connector::Connector;
use onbehalf_engine::{Outcome as Amounts, RunStatus};
use onbehalf_runs::{Approval, ApprovalMode, Decision, RunAnswer};
use onbehalf_tools::AppPage;
use serde_json::{Value, json};

const BAD: Trouble = Trouble {
    tickets: 4,
    ticket_days: 9,
    tasks: 8,
    done: 2,
    overdue: 2,
};
const POOR: Trouble = Trouble {
    tickets: 4,
    ticket_days: 3,
    tasks: 0,
    done: 0,
    overdue: 0,
};
const FINE: Trouble = Trouble {
    tickets: 0,
    ticket_days: 0,
    tasks: 6,
    done: 6,
    overdue: 0,
};

/// Four customers: two critical with stalled issues, one at risk without, one healthy.
fn four() -> Process {
    let process = Process::new();
    process.customer("acme.test", 20, BAD);
    process.customer("beta.test", 12, BAD);
    process.customer("calm.test", 5, FINE);
    process.customer("delta.test", 9, POOR);
    process
}

/// What must be there after any run over [`four`], once.
fn assert_written_once(process: &Process, when: &str) {
    for name in ["acme", "beta", "delta"] {
        assert_eq!(process.apps.tasks_of(name), 1, "task of {name}, {when}");
    }
    assert_eq!(process.apps.tasks().len(), 3, "{when}");
    assert_eq!(process.apps.comments().len(), 2, "{when}");
}

/// Every task hangs on its contact and company and is in its owner's queue.
fn assert_linked(process: &Process, when: &str) {
    let company = process.apps.company("alice");
    let alice = company.hubspot.owner(ADDRESS).expect("an owner").id.clone();
    drop(company);
    for task in process.apps.tasks().iter() {
        assert_eq!(task.owner.as_ref(), Some(&alice), "{when}: {task:?}");
        assert_eq!(task.linked_to.len(), 2, "{when}: {task:?}");
    }
}

fn suspend() -> Value {
    json!({"onMissingConnector": "suspend"})
}

#[test]
fn each_flagged_customer_gets_one_task_and_each_stalled_issue_one_comment() {
    let process = four();
    let run = process.run("run_1", json!({}));
    let summary = run.summary();
    assert_written_once(&process, "after a plain run");
    assert_linked(&process, "after a plain run");
    let counts = summary.counts;
    assert_eq!((counts.customers, counts.healthy), (4, 1));
    assert_eq!((counts.critical, counts.at_risk), (2, 1));
    assert_eq!((counts.tasks_created, counts.comments_added), (3, 2));
    assert_eq!(summary.customers[0].key, "acme.test");
    assert_eq!(summary.customers[0].status, HealthStatus::Critical);
    assert!(summary.connector_errors.is_empty());
    let task = process.apps.tasks()[0].clone();
    assert!(task.subject.starts_with("acme: Critical: "), "{task:?}");
    assert!(
        summary
            .actions
            .iter()
            .all(|it| it.status == ActionStatus::Done)
    );
    assert_leads_to_the_apps(&summary, 3 + 2);
}

/// Whatever stands in a result is linked to where the app shows it.
fn assert_leads_to_the_apps(summary: &Summary, count: usize) {
    let shown = |url: &Option<AppPage>| url.as_ref().map(|it| it.as_str().to_owned());
    let mut linked = 0;
    for action in &summary.actions {
        let (task, issue) = (shown(&action.task_url), shown(&action.issue_url));
        assert_eq!(task.is_some(), action.task_id.is_some(), "{action:?}");
        assert_eq!(issue.is_some(), action.issue.is_some(), "{action:?}");
        if let (Some(url), Some(id)) = (&task, &action.task_id) {
            assert!(
                url.starts_with("https://app.hubspot.com/contacts/"),
                "{url}"
            );
            assert!(url.ends_with(&format!("/record/0-27/{id}")), "{url}");
        }
        if let (Some(url), Some(issue)) = (&issue, &action.issue) {
            let start = format!("https://linear.app/acme/issue/{issue}/");
            assert!(url.starts_with(&start), "{url}");
        }
        linked += task.iter().chain(&issue).count();
    }
    assert_eq!(linked, count);
}

#[test]
fn a_result_from_before_there_were_links_reads_and_writes_as_it_was() {
    let process = four();
    let mut before = serde_json::to_value(process.run("run_1", json!({})).summary()).expect("json");
    for action in before["actions"].as_array_mut().expect("actions") {
        let action = action.as_object_mut().expect("an action");
        action.retain(|name, _| name != "taskUrl" && name != "issueUrl");
    }
    let read: Summary = serde_json::from_value(before.clone()).expect("it reads");
    assert_leads_to_none(&read);
    assert_eq!(serde_json::to_value(&read).expect("json"), before);
}

fn assert_leads_to_none(summary: &Summary) {
    for action in &summary.actions {
        assert_eq!((&action.task_url, &action.issue_url), (&None, &None));
    }
}

#[test]
fn a_second_run_the_same_day_adds_nothing() {
    let process = four();
    process.run("run_1", json!({}));
    process.clock.move_to(process.clock_plus_minutes(10));
    let summary = process.run("run_2", json!({})).summary();
    assert_written_once(&process, "after the second run");
    assert_eq!(summary.counts.already_flagged, 3);
    assert_leads_to_the_apps(&summary, 3);
    assert_eq!(summary.counts.tasks_created, 0);
    // A closed task no longer stands in the way, on another day.
    for task in process.apps.landed("hubspot_task_create") {
        process.apps.complete(&task);
    }
    let counts = process.run("run_3", json!({})).summary().counts;
    assert_eq!((counts.already_flagged, counts.tasks_created), (3, 0));
    process.clock.move_to(process.clock_plus_minutes(24 * 60));
    let counts = process.run("run_4", json!({})).summary().counts;
    assert_eq!((counts.already_flagged, counts.tasks_created), (0, 3));
    // A customer's issues are not commented on again before things get worse.
    assert_eq!(process.apps.comments().len(), 2);
}

#[test]
fn no_identity_and_no_credential_leaves_for_a_tool_or_its_text() {
    let process = four();
    let run = process.run("run_1", json!({}));
    for body in process.apps.bodies.borrow().iter() {
        let Ok(mut body) = serde_json::from_str::<Value>(body) else {
            continue;
        };
        let params = body["params"].take().to_string();
        // Who the user is in HubSpot is asked for once, by a tool that no model is shown.
        let asks = body["tool_name"] == "hubspot_owners_list";
        assert_eq!(params.contains("alice"), asks, "{params}");
    }
    // The sealed context stands in the first row and nowhere else.
    for row in &run.rows()[1..] {
        assert!(!row.contains("alice"), "{row}");
    }
}

#[test]
fn two_hundred_customers_take_at_most_twenty_reads_and_six_at_once() {
    let process = Process::new();
    for index in 0..200 {
        let trouble = if index % 4 == 0 { BAD } else { FINE };
        process.customer(&format!("c{index}.test"), 15, trouble);
    }
    let run = process.run("run_1", json!({}));
    let writes = [
        "hubspot_task_create",
        "hubspot_association_create",
        "hubspot_task_update",
        "comment",
    ];
    let writes: usize = writes.iter().map(|tool| process.apps.count(tool)).sum();
    let reads = process.apps.calls.borrow().len() - writes;
    assert!(reads <= 20, "{reads}: {:?}", process.apps.calls.borrow());
    assert!(process.apps.most_at_once.get() <= 6);
    assert_eq!(run.summary().counts.tasks_created, 50);
}

#[test]
fn a_thousand_customers_stay_within_what_a_checkpoint_holds() {
    let process = Process::new();
    for index in 0..1000 {
        let trouble = if index % 3 == 0 { BAD } else { FINE };
        process.customer(&format!("customer-{index}.test"), 15, trouble);
    }
    let run = process.run("run_1", json!({}));
    assert_eq!(run.summary().counts.customers, 1000);
    let largest = run.rows().iter().map(String::len).max().unwrap_or(0);
    assert!(largest < 800_000, "{largest}");
}

/// What lists, logs and alerts are told of a run that has ended.
fn amounts_to(run: &common::Run) -> String {
    match run.head().outcome.expect("an end") {
        Amounts::Done => "done".to_owned(),
        Amounts::Partial { missing } => format!("partial: {missing:?}"),
        Amounts::Failed { reason } => format!("failed: {reason:?}"),
    }
}

#[test]
fn a_missing_connection_ends_the_run_with_a_link() {
    let process = four();
    process.apps.connection("alice", "zendesk", None);
    let run = process.run("run_1", json!({}));
    assert_eq!(amounts_to(&run), "failed: \"connectors_required\"");
    let OnboardingResult::ConnectorsRequired { missing, connect } = run.result() else {
        panic!("{:?}", run.result());
    };
    assert_eq!(missing, [Connector::ZENDESK]);
    assert_eq!(
        connect[&Connector::ZENDESK],
        "https://agent.test/connect/zendesk"
    );
    assert_eq!(*process.apps.calls.borrow(), ["accounts"]);
}

#[test]
fn a_missing_connection_can_be_waited_for() {
    let process = four();
    process.apps.connection("alice", "linear", Some("EXPIRED"));
    process.apps.connection("alice", "zendesk", None);
    let asked_at = process.clock_plus_minutes(0).to_string();
    let run = process.run("run_1", suspend());
    assert_eq!(
        run.reason(),
        json!({"reason": "connection_required", "missing": [
            {"connector": "zendesk", "reason": "not_connected", "scopes": ["read"],
                "seenAt": asked_at},
            {"connector": "linear", "reason": "token_expired",
                "scopes": ["read", "comments:create"], "seenAt": asked_at}]})
    );
    process.apps.connection("alice", "linear", Some("ACTIVE"));
    process.apps.connection("alice", "zendesk", Some("ACTIVE"));
    process.connected(&run, "zendesk");
    assert_eq!(process.connected(&run, "linear"), RunStatus::Completed);
    assert_written_once(&process, "after connecting");
}

#[test]
fn a_dead_linear_is_named_and_the_rest_is_done() {
    let process = four();
    process.apps.revoked("alice", "linear", true);
    let summary = process.run("run_1", json!({})).summary();
    let error = &summary.connector_errors[0];
    assert_eq!(error.connector, Connector::LINEAR);
    assert_eq!(error.failure.kind, FailureKind::AuthError);
    assert_eq!(error.failure.reason.as_deref(), Some("account_revoked"));
    assert_eq!(summary.customer_errors.len(), 4);
    let text = summary.customers[0].reasons.join("; ");
    assert!(
        text.contains("Linear could not be read (account_revoked)"),
        "{text}"
    );
    assert!(summary.counts.tasks_created > 0);
    assert_eq!(process.apps.comments().len(), 0);
}

#[test]
fn a_linear_that_dies_before_the_comments_refuses_them_without_hammering() {
    let process = Process::new();
    for index in 0..40 {
        process.customer(&format!("c{index}.test"), 20, BAD);
    }
    process.apps.fault("comment", &[Fault::Revoked; 40]);
    let summary = process.run("run_1", json!({})).summary();
    assert_eq!(
        (summary.counts.tasks_created, summary.counts.failed),
        (40, 40)
    );
    assert!(process.apps.count("comment") <= 6);
    assert_eq!(summary.connector_errors.len(), 1);
}

#[test]
fn a_dead_hubspot_leaves_no_customers_and_says_so() {
    let process = four();
    process.apps.revoked("alice", "hubspot", true);
    let summary = process.run("run_1", json!({})).summary();
    assert!(summary.customers.is_empty());
    assert_eq!(summary.connector_errors[0].connector, Connector::HUBSPOT);
}

#[test]
fn both_dead_readers_are_waited_for_at_once_and_nothing_is_read_twice() {
    let process = four();
    for app in ["zendesk", "linear"] {
        process.apps.revoked("alice", app, true);
    }
    let run = process.run("run_1", suspend());
    let missing = run.reason()["missing"].clone();
    assert_eq!(missing[0]["connector"], "zendesk");
    assert_eq!(missing[1]["connector"], "linear");
    for app in ["zendesk", "linear"] {
        process.apps.revoked("alice", app, false);
    }
    process.connected(&run, "linear");
    assert_eq!(process.connected(&run, "zendesk"), RunStatus::Completed);
    assert_written_once(&process, "after both were connected");
    assert_eq!(process.apps.count("hubspot_contacts_search"), 1);
}

#[test]
fn only_the_dead_reader_is_asked_again() {
    let process = four();
    process.apps.revoked("alice", "zendesk", true);
    let run = process.run("run_1", suspend());
    assert_eq!(process.apps.count("linear_graphql_query"), 1);
    process.apps.revoked("alice", "zendesk", false);
    assert_eq!(process.connected(&run, "zendesk"), RunStatus::Completed);
    assert_eq!(process.apps.count("linear_graphql_query"), 1);
    assert_written_once(&process, "after zendesk came back");
}

#[test]
fn a_linear_that_dies_before_the_comments_is_waited_for() {
    let process = four();
    process.apps.fault("comment", &[Fault::Revoked]);
    let run = process.run("run_1", suspend());
    assert_eq!(run.reason()["missing"][0]["connector"], "linear");
    assert_eq!(process.apps.tasks().len(), 3);
    assert_eq!(process.connected(&run, "linear"), RunStatus::Completed);
    assert_written_once(&process, "after linear came back");
}

#[test]
fn limits_and_outages_are_waited_out() {
    let process = four();
    for tool in [
        "hubspot_contacts_search",
        "zendesk_search_tickets",
        "linear_graphql_query",
        "hubspot_tasks_search",
        "hubspot_task_create",
        "comment",
    ] {
        process
            .apps
            .fault(tool, &[Fault::Limited(7), Fault::Limited(3)]);
    }
    process
        .apps
        .fault("zendesk_search_tickets", &[Fault::Away; 5]);
    process
        .apps
        .fault("hubspot_contacts_search", &[Fault::Away; 7]);
    let summary = process.run("run_1", json!({})).summary();
    assert_written_once(&process, "after limits");
    assert!(
        summary.connector_errors.is_empty(),
        "{:?}",
        summary.connector_errors
    );
}

#[test]
fn a_zendesk_that_stays_away_is_neutral_in_the_end() {
    let process = four();
    process
        .apps
        .fault("zendesk_search_tickets", &[Fault::Away; 500]);
    let run = process.run("run_1", json!({}));
    assert_eq!(amounts_to(&run), "partial: [\"tickets\"]");
    let summary = run.summary();
    let error = &summary.connector_errors[0];
    assert_eq!(error.connector, Connector::ZENDESK);
    assert_eq!(error.failure.kind, FailureKind::Unavailable);
    assert!(summary.counts.tasks_created > 0, "on Linear's word alone");
}

#[test]
fn lost_answers_are_looked_for_before_anything_is_sent_again() {
    let process = four();
    process.apps.fault("hubspot_task_create", &[Fault::Lost; 3]);
    process.apps.fault("comment", &[Fault::Lost; 2]);
    let summary = process.run("run_1", json!({})).summary();
    assert_written_once(&process, "after lost answers");
    assert_eq!(
        (summary.counts.tasks_created, summary.counts.comments_added),
        (3, 2)
    );
}

#[test]
fn a_cancelled_run_still_finds_out_what_it_had_under_way() {
    let process = four();
    process.apps.fault("hubspot_task_create", &[Fault::Lost; 3]);
    let run = process.start("run_1", json!({}));
    process.ring(&run);
    assert_eq!(run.reason()["reason"], "retrying");
    assert_eq!(process.cancel(&run), RunStatus::Cancelled);
    assert_eq!(process.apps.tasks().len(), 3);
    let found = |row: &&String| row.contains(r#""found":true"#);
    assert_eq!(run.rows().iter().filter(found).count(), 3);
}

#[test]
fn a_hubspot_that_is_away_for_an_hour_delays_the_tasks_only() {
    let process = four();
    process
        .apps
        .fault("hubspot_tasks_search", &[Fault::Away; 60]);
    process.apps.fault("comment", &[Fault::Limited(600); 12]);
    let summary = process.run("run_1", json!({})).summary();
    assert_written_once(&process, "after the outage");
    assert!(summary.connector_errors.is_empty());
}

#[test]
fn a_look_at_the_flags_that_nobody_can_read_is_repeated() {
    let process = four();
    process
        .apps
        .fault("hubspot_tasks_search", &[Fault::Garbled; 20]);
    let summary = process.run("run_1", json!({})).summary();
    assert_written_once(&process, "after answers that were no answers");
    assert!(summary.connector_errors.is_empty());
}

/// The app was never asked to write, so it has refused nothing; and what is called expired had all of
/// the step's time.
#[test]
fn where_nobody_can_read_the_flags_in_time_nothing_is_written_and_nothing_was_refused() {
    let process = four();
    process
        .apps
        .fault("hubspot_tasks_search", &[Fault::Garbled; 500]);
    let began = process.clock.now();
    let summary = process.run("run_1", json!({})).summary();
    assert!(process.clock.now() >= began.plus(write_policy().patience));
    assert_eq!(
        process.apps.tasks().len() + process.apps.comments().len(),
        0
    );
    assert!(!summary.actions.is_empty());
    for action in &summary.actions {
        assert_eq!(action.status, ActionStatus::Expired, "{action:?}");
    }
}

/// What an app plainly says no to is not waited for, and nothing is called by another name.
#[test]
fn where_hubspot_will_not_say_who_is_flagged_no_write_is_attempted() {
    let process = four();
    process
        .apps
        .fault("hubspot_tasks_search", &[Fault::Refused; 50]);
    let began = process.clock.now();
    let summary = process.run("run_1", json!({})).summary();
    assert!(process.clock.now() < began.plus(write_policy().patience));
    assert_eq!(summary.outcome, Outcome::Partial);
    assert!(!summary.actions.is_empty());
    for action in &summary.actions {
        assert_eq!(action.status, ActionStatus::NotAttempted, "{action:?}");
    }
}

#[test]
fn a_hubspot_that_never_takes_tasks_is_given_up_with_a_typed_reason() {
    let process = four();
    process
        .apps
        .fault("hubspot_task_create", &[Fault::Limited(60); 5000]);
    let summary = process.run("run_1", json!({})).summary();
    assert_eq!(summary.counts.failed, 3);
    assert_eq!(summary.counts.comments_added, 2);
    let kind = summary.connector_errors[0].failure.kind;
    assert_eq!(kind, FailureKind::RateLimited);
}

fn approval(run: &common::Run, items: &[(&str, Decision)]) -> RunAnswer {
    let hash = run.reason()["hash"].as_str().expect("a hash").to_owned();
    Approval {
        hash,
        decision: Decision::Approve,
        items: items
            .iter()
            .map(|(key, it)| ((*key).to_owned(), *it))
            .collect(),
    }
    .into()
}

#[test]
fn a_dry_run_says_what_it_would_write_and_the_next_run_writes_that() {
    let mut process = four();
    process.settings.approval = ApprovalMode::Required;
    let dry = process.run("run_1", json!({"dryRun": true}));
    assert_eq!(
        dry.status(),
        RunStatus::Completed,
        "nobody has to approve it"
    );
    let nothing = process.apps.tasks().len() + process.apps.comments().len();
    assert_eq!(nothing, 0);
    let summary = dry.summary();
    assert_eq!(
        (summary.outcome, summary.counts.planned),
        (Outcome::Done, 5)
    );
    let would = |tool: &str| -> Vec<Value> {
        let writes = summary.actions.iter().flat_map(|it| &it.writes);
        let writes = writes.filter(|it| it.tool == tool);
        writes.map(|it| it.arguments.clone()).collect()
    };
    process.settings.approval = ApprovalMode::None;
    assert_eq!(process.run("run_2", json!({})).summary().counts.failed, 0);
    let made = process.apps.landed("hubspot_task_create");
    let subjects = |all: Vec<Value>, name: &str| {
        let mut all: Vec<_> = all.iter().map(|it| it[name].to_string()).collect();
        all.sort();
        all
    };
    assert_eq!(
        subjects(would("hubspot-create-task"), "subject"),
        subjects(
            made.into_iter().map(|it| it.params).collect(),
            "hs_task_subject"
        )
    );
    assert_eq!(
        would("linear-create-comment").len(),
        process.apps.comments().len()
    );
    // What a task is given names no task before there is one.
    let links = would("hubspot-associate-task");
    assert!(!links.is_empty() && links.iter().all(|it| it.get("task_id").is_none()));
}

#[test]
fn nothing_is_written_before_it_is_approved_and_a_rejected_item_never() {
    let process = four();
    let run = process.run("run_1", json!({"approval": "required"}));
    assert_eq!(run.status(), RunStatus::Suspended);
    let plan = run.reason()["plan"]["actions"].clone();
    assert_eq!(plan.as_array().map(Vec::len), Some(5));
    assert!(process.apps.tasks().is_empty());
    // A rate limit in the middle brings another answer; the decision must outlive it.
    process
        .apps
        .fault("hubspot_task_create", &[Fault::Limited(5)]);
    let payload = approval(&run, &[("task:beta.test", Decision::Reject)]);
    assert_eq!(process.resume(&run, payload), RunStatus::Completed);
    assert_eq!(process.apps.tasks_of("beta"), 0);
    assert_eq!(process.apps.tasks().len(), 2);
    assert_eq!(process.apps.comments().len(), 2);
    assert_eq!(run.summary().counts.rejected, 1);
}

#[test]
fn what_is_configured_is_waited_for_whatever_a_run_was_started_with() {
    let mut process = four();
    process.settings.approval = ApprovalMode::Required;
    let run = process.run("run_1", json!({"approval": "none"}));
    assert_eq!(run.status(), RunStatus::Suspended);
    assert_eq!(run.reason()["mode"], "required");
    assert!(process.apps.tasks().is_empty());
}

#[test]
fn nobody_waits_for_somebody_else_where_there_is_nobody_else() {
    let process = four();
    let alone = process.run("run_1", json!({"approval": "four_eyes"}));
    assert_eq!(alone.status(), RunStatus::Failed);
    let mut process = four();
    process.context["org_id"] = "acme".into();
    let among_others = process.run("run_1", json!({"approval": "four_eyes"}));
    assert_eq!(among_others.status(), RunStatus::Suspended);
    assert_eq!(among_others.reason()["mode"], "four_eyes");
    assert!(process.apps.tasks().is_empty());
}

#[test]
fn a_plan_nobody_decides_is_put_up_again() {
    let process = four();
    let run = process.run("run_1", json!({"approval": "required"}));
    let until = run.rests_until().expect("a time");
    process.ring(&run);
    process.drive(&run);
    assert_eq!(run.status(), RunStatus::Suspended);
    assert!(run.rests_until().is_some_and(|it| it > until));
    assert_eq!(
        process.resume(&run, approval(&run, &[])),
        RunStatus::Completed
    );
    assert_eq!(process.apps.tasks().len(), 3);
}

/// An API key is typed in at Scalekit, and nobody tells us.
#[test]
fn a_run_looks_again_for_connections_ever_more_seldom() {
    let process = four();
    let zendesk = |status| process.apps.connection("alice", "zendesk", Some(status));
    zendesk("PENDING_AUTH");
    let run = process.run("run_1", json!({"onMissingConnector": "suspend"}));
    let mut pauses = Vec::new();
    for _ in 0..4 {
        let until = run.rests_until().expect("a time");
        pauses.push(until.since(process.clock_plus_minutes(0)).as_secs() / 60);
        process.ring(&run);
        process.drive(&run);
        assert_eq!(run.status(), RunStatus::Suspended);
    }
    assert_eq!(pauses, [10, 20, 40, 80]);
    zendesk("ACTIVE");
    process.ring(&run);
    assert_eq!(process.drive(&run), RunStatus::Completed);
}

#[test]
fn what_was_flagged_meanwhile_is_not_written_although_it_was_approved() {
    let process = four();
    let run = process.run("run_1", json!({"approval": "required"}));
    let approved = approval(&run, &[]);
    // Meanwhile the daily run flags everybody, and somebody closes a task.
    process.run("run_2", json!({}));
    process.clock.move_to(process.clock_plus_minutes(10));
    for task in process.apps.landed("hubspot_task_create") {
        if task.params["hs_task_subject"].to_string().contains("acme") {
            process.apps.complete(&task);
        }
    }
    assert_eq!(process.resume(&run, approved), RunStatus::Completed);
    let counts = run.summary().counts;
    assert_eq!((counts.already_flagged, counts.tasks_created), (3, 0));
    assert_written_once(&process, "after both runs");
}

#[test]
fn a_write_that_an_app_swallows_again_and_again_ends_with_the_steps_time() {
    let process = four();
    process
        .apps
        .fault("hubspot_task_create", &[Fault::Swallowed; 200]);
    let run = process.run("run_1", json!({}));
    assert_eq!(run.status(), RunStatus::Completed);
    let actions = run.summary().actions;
    let expired = actions
        .iter()
        .filter(|it| it.status == ActionStatus::Expired);
    assert_eq!(expired.count(), 3);
    assert!(process.apps.count("hubspot_task_create") <= 30);
    assert_eq!(process.apps.comments().len(), 2);
}

#[test]
fn a_crash_at_any_request_changes_nothing_in_the_outside_world() {
    let quiet = four();
    quiet.run("run_1", json!({}));
    let requests = quiet.apps.bodies.borrow().len();
    for at in 1..=requests {
        for crash in [Crash::Before(at), Crash::After(at)] {
            let process = four();
            process.apps.crash.set(Some(crash));
            let run = process.run("run_1", json!({}));
            assert_eq!(run.status(), RunStatus::Completed, "{crash:?}");
            assert_written_once(&process, &format!("{crash:?}"));
            assert_linked(&process, &format!("{crash:?}"));
            assert_eq!(run.summary().counts.tasks_created, 3, "{crash:?}");
        }
    }
}

#[test]
fn only_customers_that_the_user_owns_are_looked_at() {
    let process = Process::new();
    process.customer("acme.test", 20, BAD);
    for (owner, domain) in [("", "nobodys.test"), (COLLEAGUE, "bobs.test")] {
        process.apps.customer_of(owner, domain, 20, BAD);
    }
    let summary = process.run("run_1", json!({})).summary();
    assert_eq!(summary.counts.customers, 1);
    assert_eq!(summary.customers[0].key, "acme.test");
    assert_eq!(process.apps.tasks().len(), 1);
    // A portal that one person works in needs no owners.
    let mut alone = Process::alone();
    alone.settings.customers = CustomerScope::Portal;
    alone.apps.customer_of("", "acme.test", 20, BAD);
    let summary = alone.run("run_1", json!({})).summary();
    assert_eq!(summary.counts.tasks_created, 1);
    assert_eq!(alone.apps.count("hubspot_owners_list"), 0);
}

#[test]
fn somebody_hubspot_does_not_know_is_told_so() {
    for (email, reason) in [
        (Value::Null, OwnerMissing::NoAddress),
        (json!("somebody@else.test"), OwnerMissing::NoOwner),
    ] {
        let mut process = four();
        process.context["email"] = email;
        let run = process.run("run_1", json!({}));
        assert_eq!(amounts_to(&run), "failed: \"owner_not_found\"");
        assert_eq!(run.result(), OnboardingResult::OwnerNotFound { reason });
        assert_eq!(process.apps.count("hubspot_contacts_search"), 0);
    }
}

#[test]
fn a_hubspot_that_never_answers_as_it_should_does_not_look_like_a_day_without_customers() {
    let process = four();
    process
        .apps
        .fault("hubspot_contacts_search", &[Fault::Refused; 50]);
    let summary = process.run("run_1", json!({})).summary();
    assert_eq!(
        (summary.outcome, summary.missing),
        (Outcome::Failed, vec![Part::Customers])
    );
    let process = four();
    process
        .apps
        .fault("hubspot_task_create", &[Fault::Refused; 50]);
    let summary = process.run("run_1", json!({})).summary();
    assert_eq!(
        (summary.outcome, summary.missing),
        (Outcome::Partial, vec![Part::Tasks])
    );
    assert_eq!(
        process.apps.count("hubspot_task_create"),
        3,
        "refused once each"
    );
    assert_eq!(
        four().run("run_1", json!({})).summary().outcome,
        Outcome::Done
    );
}

#[test]
fn a_task_that_cannot_be_given_its_owner_is_there_and_says_so() {
    let process = four();
    process
        .apps
        .fault("hubspot_task_update", &[Fault::Refused; 50]);
    let summary = process.run("run_1", json!({})).summary();
    assert_eq!(
        (summary.counts.tasks_created, summary.outcome),
        (3, Outcome::Partial)
    );
    assert!(summary.actions[0].failure.is_some());
}

#[test]
fn a_task_that_is_there_twice_is_surfaced_by_the_next_run() {
    let process = four();
    process.apps.fault("hubspot_task_create", &[Fault::Twice]);
    process.run("run_1", json!({}));
    process.clock.move_to(process.clock_plus_minutes(10));
    let summary = process.run("run_2", json!({})).summary();
    assert_eq!(summary.duplicates.len(), 1);
    let duplicate = &summary.duplicates[0];
    let name = format!("{}: ", duplicate.customer.trim_end_matches(".test"));
    let tasks = process.apps.tasks().into_iter();
    let twins: Vec<_> = tasks.filter(|it| it.subject.starts_with(&name)).collect();
    let ids: Vec<_> = twins.into_iter().map(|it| it.id).collect();
    assert_eq!((ids.len(), &duplicate.task_ids), (2, &ids));
}

#[test]
fn a_task_is_found_in_the_list_before_the_search_knows_it() {
    let process = four();
    // Far beyond what `reconcileAfterSeconds` allows for.
    process.apps.search_lags(Duration::from_secs(24 * 3600));
    process.apps.fault("hubspot_task_create", &[Fault::Lost; 3]);
    process.run("run_1", json!({}));
    assert_written_once(&process, "with an index that lags by a day");
}

#[test]
fn a_comment_holds_no_word_for_machines_and_a_task_one_reference() {
    let process = four();
    process.run("run_1", json!({}));
    for comment in process.apps.comments().iter() {
        assert!(!comment.to_lowercase().contains("onbehalf"), "{comment:?}");
    }
    for task in process.apps.tasks().iter() {
        let line = task.body.rsplit("<br>").next().expect("a last line");
        assert_eq!(line.split(' ').count(), 3, "{line}");
    }
}

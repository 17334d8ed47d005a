//! What holds for every line of the table.

use std::collections::BTreeSet;

use onbehalf_agents::morning_brief::MorningBrief;
use onbehalf_agents::onboarding::OnboardingHealth;
use onbehalf_agents::workflows;
use onbehalf_connector::CallKind;
use onbehalf_engine::Definition as _;
use onbehalf_runs::schedule::Cron;
use onbehalf_tools::Registry;

#[test]
fn every_line_has_an_id_and_a_settings_key_of_its_own() {
    let list = workflows().list();
    let ids: BTreeSet<_> = list.iter().map(|it| it.id()).collect();
    let keys: BTreeSet<_> = list.iter().map(|it| it.settings_key()).collect();
    assert_eq!(ids.len(), list.iter().count());
    assert_eq!(keys.len(), list.iter().count());
}

/// An id stands in paths, journals and object storage for good.
#[test]
fn ids_can_stand_in_a_path() {
    for workflow in workflows().list().iter() {
        let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        assert!(workflow.id().chars().all(plain), "{}", workflow.id());
    }
}

/// The platform's cron only sweeps; when a workflow runs is its own line's to say.
#[test]
fn whatever_may_be_scheduled_is_daily() {
    for workflow in workflows().list().iter() {
        let cron = workflow.schedule();
        assert!(cron.is_none_or(|it| Cron::parse(it).is_ok()), "{cron:?}");
    }
}

#[test]
fn nothing_set_and_nothing_sent_are_enough() {
    for workflow in workflows().list().iter() {
        assert_eq!(workflow.check_settings(None), Ok(()), "{}", workflow.id());
        if !workflow.is_offered() {
            continue;
        }
        let input = workflow.check_input("{}").expect("an input");
        let again = workflow.check_input(&input.to_string()).expect("as kept");
        assert_eq!(input, again, "{}", workflow.id());
        assert_eq!(workflow.input_schema()["type"], "object");
    }
}

/// Whoever cannot start it cannot schedule it either.
#[test]
fn what_is_not_offered_does_not_run_by_itself() {
    let list = workflows().list();
    for workflow in list.iter().filter(|it| !it.is_offered()) {
        assert_eq!(workflow.schedule(), None, "{}", workflow.id());
    }
    assert!(list.offered().all(|it| it.is_offered()));
}

#[test]
fn an_input_that_does_not_fit_is_refused_by_the_name_of_its_field() {
    for workflow in workflows().list().iter() {
        let refused = workflow.check_input(r#"{"surprise": 1}"#);
        let refused = refused.expect_err(workflow.id());
        assert_eq!(refused.path().to_string(), "surprise");
    }
}

/// Whoever starts a run may first want to see what it would write.
#[test]
fn every_workflow_that_writes_can_be_asked_what_it_would_write() {
    let list = workflows().list();
    for workflow in list.offered().filter(|it| !it.writes().is_empty()) {
        assert!(workflow.can_run_dry(), "{}", workflow.id());
        let dry = workflow
            .check_input(r#"{"dryRun": true}"#)
            .expect("an input");
        assert!(workflow.runs_dry(&dry));
        let wet = workflow.check_input("{}").expect("an input");
        assert!(!workflow.runs_dry(&wet));
    }
}

/// A policy knows tools by their names: one that nobody has would be allowed for ever.
#[test]
fn what_a_line_of_the_table_says_is_written_with_is_a_tool_that_writes_there() {
    let tools = Registry::standard().expect("tools");
    for workflow in workflows().list().iter() {
        for named in workflow.writes() {
            let tool = tools.get(named.id).expect("a tool");
            assert_eq!(
                (tool.kind(), tool.connector()),
                (CallKind::Write, named.connector)
            );
        }
    }
}

/// What an agent writes, and a single call, is decided about call by call, once it is asked for.
#[test]
fn a_policy_about_runs_knows_what_the_workflows_that_ship_write() {
    let list = workflows().list();
    let written = list.iter().filter(|it| !it.writes().is_empty());
    let written: Vec<&str> = written.map(|it| it.id()).collect();
    for ships in [OnboardingHealth::ID, MorningBrief::ID] {
        assert!(written.contains(&ships), "{ships}");
    }
}

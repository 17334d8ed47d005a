//! Runs as they are kept: found again by whoever may, held to their mode, forgotten in time, and
//! failed where they cannot be read.

use std::rc::Rc;

use onbehalf_engine::{RunStatus, Started};
use onbehalf_runs::approvals::ApprovalPage;
use onbehalf_runs::run::StartThis;
use onbehalf_runs::{
    Approval, ApprovalMode, Asker, Backend, CommandOutcome, Decision, ResumeRequest, RunId,
    RunView, Start, StartRun, Tenant, ask,
};
use onbehalf_sql::Sql as _;
use serde_json::{Value, json};

use crate::common::*;
use crate::yard::{Yard, place_with_runs};

fn asker(name: &str, approves: bool) -> Asker {
    Asker {
        owner: owner(name),
        approves: approves.then(|| Tenant::of(&context(name))),
    }
}

fn errand(input: Value) -> StartRun {
    StartRun {
        input,
        ..request("alice")
    }
}

impl Place {
    async fn view(&self, run: &RunId) -> Option<RunView> {
        let view = self.api.run(&asker("alice", false), run).await;
        view.expect("an answer")
    }

    async fn status(&self, run: &RunId) -> RunStatus {
        self.view(run).await.expect("a run").status
    }

    async fn decide(&self, name: &str, approves: bool, run: &RunId) -> CommandOutcome {
        let request = ResumeRequest {
            number: None,
            approval: Some(Approval {
                hash: "h1".into(),
                decision: Decision::Approve,
                items: Default::default(),
            }),
            connected: None,
        };
        let asker = asker(name, approves);
        let decided = self.api.resume_run(&asker, run, request).await;
        decided.expect("an answer")
    }

    async fn waiting(&self, name: &str, approves: bool) -> ApprovalPage {
        let tenant = Tenant::of(&context(name));
        let asker = asker(name, approves);
        let page = self.api.approvals(&tenant, &asker, 10, None).await;
        page.expect("a page")
    }

    /// A run that waits for this approval.
    async fn put_plan_up(&self, yard: &Rc<Yard>, mode: &str) -> RunId {
        let run = self.started(errand(json!({ "approval": mode }))).await;
        yard.ring(&run).await;
        assert_eq!(self.status(&run).await, RunStatus::Suspended);
        run
    }
}

#[tokio::test]
async fn what_a_run_has_ended_with_is_its_owners_to_read() {
    let (place, yard) = place_with_runs();
    let run = place.put_plan_up(&yard, "required").await;
    let read = async |name| {
        let result = place.api.run_result(&asker(name, false), &run).await;
        result.expect("an answer")
    };
    assert_eq!(read("alice").await, None, "it has not ended");
    let decided = place.decide("alice", false, &run).await;
    assert_eq!(decided, CommandOutcome::Accepted);
    yard.ring(&run).await;
    assert_eq!(place.status(&run).await, RunStatus::Completed);
    let shown = place.view(&run).await.expect("a run").result;
    assert!(shown.is_some());
    assert_eq!(read("alice").await, shown);
    assert_eq!(read("bob").await, None);
    // And its organization counts it.
    let acme = Tenant::of(&context("alice"));
    let since = place.town.now();
    let counted = place.api.ended(&acme, &owner("carol"), since).await;
    let counted = counted.expect("counts");
    assert_eq!((counted.len(), counted[0].runs), (1, 1));
    assert_eq!(counted[0].status, RunStatus::Completed);
}

#[tokio::test]
async fn a_plan_is_found_decided_and_gone_from_the_list_at_once() {
    let (place, yard) = place_with_runs();
    let run = place.put_plan_up(&yard, "required").await;
    let found = place.waiting("carol", true).await.approvals;
    assert_eq!(
        (found.len(), &found[0].run_id, found[0].writes),
        (1, &run, 1)
    );
    assert_eq!(place.waiting("alice", false).await.approvals.len(), 1);
    assert_eq!(place.waiting("carol", false).await.approvals, []);
    assert_eq!(place.town.notices().len(), 1);
    assert_eq!(
        place.decide("carol", true, &run).await,
        CommandOutcome::Accepted
    );
    // Before its alarm has rung: whoever decided it does not see it again.
    assert_eq!(place.waiting("carol", true).await.approvals, []);
    yard.ring(&run).await;
    assert_eq!(place.status(&run).await, RunStatus::Completed);
}

#[tokio::test]
async fn under_four_eyes_the_owner_is_refused_by_name_and_somebody_else_decides() {
    let (place, yard) = place_with_runs();
    let run = place.put_plan_up(&yard, "four_eyes").await;
    assert_eq!(place.waiting("alice", true).await.approvals, []);
    for approves in [false, true] {
        let refused = place.decide("alice", approves, &run).await;
        assert_eq!(refused, CommandOutcome::AnotherMustDecide);
    }
    assert_eq!(
        place.decide("bob", false, &run).await,
        CommandOutcome::NotFound
    );
    assert_eq!(
        place.decide("carol", true, &run).await,
        CommandOutcome::Accepted
    );
    // Then it is decided, for its owner as for everybody.
    let late = place.decide("alice", false, &run).await;
    assert!(
        matches!(late, CommandOutcome::AlreadyResumed { .. }),
        "{late:?}"
    );
}

#[tokio::test]
async fn what_is_configured_since_a_plan_was_put_up_counts_for_its_decision() {
    let (place, yard) = place_with_runs();
    let run = place.put_plan_up(&yard, "required").await;
    place.rules.demanded.set(ApprovalMode::FourEyes);
    assert_eq!(
        place.decide("alice", false, &run).await,
        CommandOutcome::AnotherMustDecide
    );
    assert_eq!(
        place.decide("carol", true, &run).await,
        CommandOutcome::Accepted
    );
}

#[tokio::test]
async fn the_owner_of_a_plan_that_others_decide_may_cancel() {
    let (place, yard) = place_with_runs();
    let run = place.put_plan_up(&yard, "four_eyes").await;
    let cancelled = place.api.cancel_run(&owner("alice"), &run).await;
    assert_eq!(cancelled, Ok(CommandOutcome::Accepted));
    assert_eq!(place.waiting("carol", true).await.approvals, []);
    yard.ring(&run).await;
    assert_eq!(place.status(&run).await, RunStatus::Cancelled);
}

/// With a retention of nothing, a run can be over and forgotten while a second copy of its start is
/// still on its way.
#[tokio::test]
async fn a_start_that_arrives_after_its_run_was_forgotten_begins_nothing() {
    let (place, yard) = place_with_runs();
    yard.retention.set(Some(std::time::Duration::ZERO));
    let run = place.started(errand(json!({}))).await;
    let again = Started {
        run_id: run.to_string(),
        workflow: workflow().to_string(),
        version: 1,
        owner: owner("alice").to_string(),
        context: serde_json::to_value(context("alice")).expect("json"),
        input: json!({}),
        trace_id: None,
    };
    yard.ring(&run).await;
    yard.ring(&run).await;
    assert_eq!(yard.cabinet(&run).tables(), ["word"], "it was forgotten");
    for pause in [0, 1, 30] {
        place.town.pass(minutes(pause));
        yard.forget_process(&run);
        let told = ask(&place.post(), run.clone(), StartThis(again.clone())).await;
        assert_eq!(told, Ok(()));
        assert_eq!(place.view(&run).await, None);
    }
    // Word of it is forgotten, too, once no message can be on its way any more.
    yard.ring(&run).await;
    let cabinet = yard.cabinet(&run);
    assert_eq!((cabinet.tables(), cabinet.alarm()), (Vec::new(), None));
}

#[tokio::test]
async fn a_run_is_kept_as_long_as_settings_say_and_longer_where_they_do_not() {
    let (place, yard) = place_with_runs();
    let run = place.started(errand(json!({}))).await;
    yard.retention.set(None);
    yard.ring(&run).await;
    let ended = place.town.now();
    yard.ring(&run).await;
    assert_eq!(place.town.now(), ended.plus(hours(1)), "it asks again");
    yard.retention.set(Some(hours(24)));
    yard.ring(&run).await;
    assert_eq!(yard.cabinet(&run).alarm(), Some(ended.plus(hours(24))));
    assert_eq!(place.status(&run).await, RunStatus::Completed);
    yard.ring(&run).await;
    assert_eq!(place.view(&run).await, None);
}

/// Nothing of the journal can be read, not even whose run it is; what was kept beside it says so.
#[tokio::test]
async fn a_run_that_cannot_be_read_at_all_is_a_failed_run() {
    let (place, yard) = place_with_runs();
    let run = place.put_plan_up(&yard, "required").await;
    yard.forget_process(&run);
    yard.cabinet(&run).damage();
    yard.ring(&run).await;
    let view = place.view(&run).await.expect("its owner sees it");
    assert_eq!(view.status, RunStatus::Failed);
    let failure = view.failure.expect("a reason");
    assert_eq!(failure.name(), "unreadable");
    assert_eq!(place.waiting("carol", true).await.approvals, []);
    assert_eq!(place.list("alice").await.runs[0].status, RunStatus::Failed);
    // It keeps nobody from starting again, and is forgotten in its time.
    let next = place.start(errand(json!({}))).await;
    assert!(matches!(next, Start::Started { fresh: true, .. }));
    yard.forget_process(&run);
    yard.ring(&run).await;
    assert_eq!(place.view(&run).await, None);
}

/// One that an older release has begun has nothing beside its journal.
#[tokio::test]
async fn a_run_nobody_can_tell_whose_it_is_asks_ever_more_seldom() {
    let (place, yard) = place_with_runs();
    let run = place.put_plan_up(&yard, "required").await;
    let cabinet = yard.cabinet(&run);
    cabinet.sql.run("DROP TABLE seal", &[]).expect("dropped");
    cabinet.damage();
    yard.forget_process(&run);
    let mut pauses = Vec::new();
    for _ in 0..10 {
        yard.ring(&run).await;
        let alarm = cabinet.alarm().expect("it rings again");
        pauses.push(alarm.since(place.town.now()).as_secs());
    }
    assert_eq!(pauses, [2, 4, 8, 16, 32, 64, 128, 256, 300, 300]);
    let notes = cabinet.notes.borrow();
    let interrupted = notes.iter().filter(|it| it.event == "run_interrupted");
    assert_eq!(interrupted.count(), 10);
}

#[tokio::test]
async fn a_run_of_a_workflow_that_is_hosted_no_more_ends() {
    let (place, yard) = place_with_runs();
    let retired = StartRun {
        workflow: onbehalf_runs::WorkflowId::new("retired-last-year"),
        ..errand(json!({}))
    };
    let run = place.started(retired).await;
    yard.ring(&run).await;
    let failure = place.view(&run).await.expect("a run").failure;
    assert_eq!(failure.expect("a reason").name(), "definition_changed");
}

#[tokio::test]
async fn asking_for_a_run_that_never_was_leaves_nothing_behind() {
    let (place, yard) = place_with_runs();
    let run = RunId::mint(&owner("alice"), &onbehalf_clock::testkit::Dice::default());
    assert_eq!(place.view(&run).await, None);
    let cabinet = yard.cabinet(&run);
    assert_eq!((cabinet.tables(), cabinet.alarm()), (Vec::new(), None));
}

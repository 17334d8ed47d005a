//! Approval that is asked for: never less than anybody asks.

use onbehalf_runs::tool_call::Decide;
use onbehalf_runs::{ApprovalMode, Overlap, Start, StartRun, SwitchOn};
use serde_json::{Value, json};

use crate::common::*;

fn asking(name: &str, approval: &str) -> StartRun {
    StartRun {
        input: json!({ "approval": approval }),
        ..request(name)
    }
}

impl Place {
    /// The approval that somebody's latest run was begun with.
    fn begun_with(&self, name: &str) -> Vec<Value> {
        let all = self.begun(name).into_iter();
        let input = all.filter_map(|run| Some(self.runs.get(&run)?.started.input));
        input.map(|it| it["approval"].clone()).collect()
    }
}

#[tokio::test]
async fn what_is_configured_is_in_every_run_and_a_caller_may_ask_for_more() {
    let place = place();
    place.rules.demanded.set(ApprovalMode::Required);
    for (name, asked) in [
        ("alice", "none"),
        ("bob", "required"),
        ("carol", "four_eyes"),
    ] {
        place.started(asking(name, asked)).await;
    }
    assert_eq!(place.begun_with("alice"), ["required"]);
    assert_eq!(place.begun_with("bob"), ["required"]);
    assert_eq!(place.begun_with("carol"), ["four_eyes"]);
}

#[tokio::test]
async fn a_schedule_asks_for_approval_in_each_of_its_runs() {
    let place = place();
    let on = SwitchOn {
        approval: ApprovalMode::FourEyes,
        ..on("alice")
    };
    let schedule = place.set_schedule("alice", Some(on)).await.expect("on");
    assert_eq!(schedule.approval, ApprovalMode::FourEyes);
    place.town.run_for(hours(24)).await;
    assert_eq!(place.begun_with("alice"), ["four_eyes"]);
}

/// Else a run that writes at once would be the answer to somebody who wants to look first.
#[tokio::test]
async fn a_run_with_less_approval_is_not_joined() {
    let place = place();
    let loose = place.started(asking("alice", "none")).await;
    assert_eq!(
        place.start(asking("alice", "none")).await,
        Start::Joined {
            run_id: loose.clone()
        }
    );
    let Start::Queued { run_id, behind } = place.start(asking("alice", "required")).await else {
        panic!("not queued");
    };
    assert_eq!(behind, loose);
    place.end("alice", &loose).await;
    place.town.run_for(minutes(1)).await;
    assert_eq!(place.begun("alice").len(), 2);
    // A stricter one is what a looser start asks for, and more.
    for asked in ["none", "required"] {
        let start = place.start(asking("alice", asked)).await;
        assert_eq!(
            start,
            Start::Joined {
                run_id: run_id.clone()
            }
        );
    }
    let beside = StartRun {
        overlap: Overlap::Allow,
        ..asking("alice", "none")
    };
    assert!(matches!(place.start(beside).await, Start::Started { .. }));
}

#[tokio::test]
async fn a_policy_about_runs_has_them_approved_or_begins_none() {
    let place = place();
    place.rules.decided.set(Decide::Ask);
    place.started(request("alice")).await;
    assert_eq!(place.begun_with("alice"), ["required"]);
    place.rules.decided.set(Decide::Deny);
    assert_eq!(place.start(request("bob")).await, Start::Denied);
    assert!(place.list("bob").await.runs.is_empty());
}

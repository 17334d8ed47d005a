//! The latest run of each workflow, in one answer.

use onbehalf_engine::RunStatus;
use onbehalf_runs::town::Address;
use onbehalf_runs::{Backend as _, Overlap, RunId, RunSummary, StartRun, WorkflowId};

use crate::common::*;

fn of(name: &str, workflow: &str) -> StartRun {
    StartRun {
        workflow: WorkflowId::new(workflow),
        overlap: Overlap::Allow,
        ..request(name)
    }
}

impl Place {
    async fn latest(&self, name: &str, workflows: &[&str]) -> Vec<RunSummary> {
        let of = workflows.iter().map(|it| WorkflowId::new(*it)).collect();
        let latest = self.api.latest_runs(&owner(name), of).await;
        latest.expect("an answer")
    }
}

fn names(runs: &[RunSummary]) -> Vec<RunId> {
    runs.iter().map(|it| it.run_id.clone()).collect()
}

#[tokio::test]
async fn the_latest_of_each_workflow_that_was_run_newest_first_and_nobody_elses() {
    let place = place();
    let all = ["onboarding-health", "morning-brief", "assistant"];
    assert!(place.latest("alice", &all).await.is_empty());
    place.started(of("alice", "onboarding-health")).await;
    let health = place.started(of("alice", "onboarding-health")).await;
    let brief = place.started(of("alice", "morning-brief")).await;
    // Of a workflow that nobody asks for, and of somebody else.
    place.started(of("alice", "not-hosted-any-more")).await;
    place.started(of("bob", "assistant")).await;

    let latest = place.latest("alice", &all).await;
    assert_eq!(names(&latest), [brief, health.clone()]);
    // As the list of the workflow has it.
    assert_eq!(latest[1], place.list("alice").await.runs[0]);
    place.note("alice", &health, RunStatus::Suspended).await;
    let latest = place.latest("alice", &["onboarding-health"]).await;
    assert_eq!(latest[0].status, RunStatus::Suspended);
    assert!(place.latest("alice", &[]).await.is_empty());
}

#[tokio::test]
async fn a_run_that_has_ended_says_how_much_its_result_holds() {
    let place = place();
    let run = place.started(of("alice", "onboarding-health")).await;
    place.note("alice", &run, RunStatus::Running).await;
    let latest = place.latest("alice", &["onboarding-health"]).await;
    assert!(latest[0].counts.is_empty());
    place.note("alice", &run, RunStatus::Completed).await;
    let latest = place.latest("alice", &["onboarding-health"]).await;
    assert_eq!(latest[0].counts, [("customers".to_owned(), 3)].into());
    // News that comes late takes nothing of it back.
    place.note("alice", &run, RunStatus::Running).await;
    assert_eq!(place.latest("alice", &["onboarding-health"]).await, latest);
}

#[tokio::test]
async fn the_runs_of_one_workflow_are_not_looked_for_among_all() {
    let place = place();
    place.started(request("alice")).await;
    let plan = place.town.query(
        &Address::Principal(owner("alice")),
        "EXPLAIN QUERY PLAN SELECT outcome FROM runs
         WHERE workflow = ? AND position < 9 ORDER BY position DESC LIMIT 1",
        &["onboarding-health".into()],
    );
    let plan = plan.expect("a plan");
    let steps: Vec<_> = plan.iter().map(|row| row.text(3)).collect();
    let expected = "SEARCH runs USING INDEX runs_of_workflow (workflow=? AND rowid<?)";
    assert_eq!(steps, [Ok(expected)]);
}

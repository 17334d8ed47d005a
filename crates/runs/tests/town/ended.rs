//! How an organization's runs have ended: counted once, by day, and kept for a quarter.

use std::time::Duration;

use onbehalf_engine::{Outcome, RunStatus};
use onbehalf_runs::approvals::{ApprovalsKey, COUNTED_FOR, EndedCount, NoteEnd};
use onbehalf_runs::{Backend, RunId, Tenant, ask};

use crate::common::*;

fn acme() -> Tenant {
    Tenant::of(&context("alice"))
}

fn end(run: &str, status: RunStatus, outcome: Option<Outcome>, when: &str) -> NoteEnd {
    NoteEnd {
        run_id: RunId::stored(run),
        workflow: workflow(),
        status,
        outcome,
        at: at(when),
    }
}

fn failed(reason: &str) -> Option<Outcome> {
    let reason = reason.to_owned();
    Some(Outcome::Failed { reason })
}

impl Place {
    async fn note_end(&self, end: NoteEnd) {
        let key = ApprovalsKey::of(&acme(), &owner("alice"));
        ask(&self.post(), key, end).await.expect("noted");
    }

    async fn ended(&self, tenant: &Tenant, since: &str) -> Vec<EndedCount> {
        let ended = self.api.ended(tenant, &owner("carol"), at(since)).await;
        ended.expect("counts")
    }
}

#[tokio::test]
async fn runs_that_end_alike_on_a_day_are_one_count() {
    let place = place();
    let done = Some(Outcome::Done);
    for (run, status, outcome, when) in [
        ("run_a", RunStatus::Completed, &done, "2026-11-24T08:00:00Z"),
        ("run_b", RunStatus::Completed, &done, "2026-11-24T23:59:59Z"),
        ("run_c", RunStatus::Completed, &done, "2026-11-25T00:00:00Z"),
        (
            "run_d",
            RunStatus::Failed,
            &failed("step_failed"),
            "2026-11-24T09:00:00Z",
        ),
        ("run_e", RunStatus::Cancelled, &None, "2026-11-24T09:00:00Z"),
    ] {
        let end = end(run, status, outcome.clone(), when);
        place.note_end(end.clone()).await;
        // News may come twice, and late.
        place.note_end(end).await;
    }
    let found = place.ended(&acme(), "2026-11-24T20:00:00Z").await;
    let found: Vec<_> = found
        .iter()
        .map(|it| (it.day.as_str(), it.status, it.outcome.clone(), it.runs))
        .collect();
    assert_eq!(
        found,
        [
            ("2026-11-24", RunStatus::Cancelled, None, 1),
            ("2026-11-24", RunStatus::Completed, done.clone(), 2),
            ("2026-11-24", RunStatus::Failed, failed("step_failed"), 1),
            ("2026-11-25", RunStatus::Completed, done, 1),
        ]
    );
    let later = place.ended(&acme(), "2026-11-25T20:00:00Z").await;
    assert_eq!(later.len(), 1);
    let globex = Tenant {
        org_id: Some("globex".into()),
        ..acme()
    };
    assert_eq!(place.ended(&globex, "2026-11-01").await, []);
}

#[tokio::test]
async fn what_is_too_old_to_be_asked_for_is_forgotten() {
    let place = place();
    let first = place.town.now();
    let mut old = end("run_a", RunStatus::Completed, None, "2026-11-01");
    old.at = first;
    place.note_end(old).await;
    place
        .town
        .pass(COUNTED_FOR + Duration::from_secs(48 * 3600));
    let mut new = end("run_b", RunStatus::Completed, None, "2026-11-01");
    new.at = place.town.now();
    place.note_end(new).await;
    let found = place.ended(&acme(), "2026-01-01").await;
    assert_eq!(found.len(), 1, "{found:?}");
    assert_ne!(found[0].day, first.date());
}

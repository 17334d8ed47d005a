//! An object may die before any statement: whatever was answered holds, and nothing happens twice.

use std::rc::Rc;

use onbehalf_engine::RunStatus;
use onbehalf_runs::account::{AwaitConnections, Awaited};
use onbehalf_runs::schedule::{Shard, Sweep};
use onbehalf_runs::town::{Calm, CrashAt};
use onbehalf_runs::{AccountKey, Backend as _, ConnectorName, EventId, RunId, ask};

use crate::common::*;

/// More statements than any of the stories below runs.
const MOST_STATEMENTS: u32 = 400;

/// Tells a story once for each statement an object may die before, until it survives whole.
macro_rules! whenever_it_dies {
    (|$place:ident| $story:expr) => {{
        let mut deaths = 0;
        for statement in 0..MOST_STATEMENTS {
            let $place = place();
            let crash = Rc::new(CrashAt::statement(statement));
            $place.town.beset_by(crash.clone());
            $story;
            if !crash.has_struck() {
                break;
            }
            deaths += 1;
        }
        assert!((5..MOST_STATEMENTS).contains(&deaths), "{deaths} deaths");
    }};
}

#[tokio::test]
async fn a_start_with_a_key_begins_one_run() {
    whenever_it_dies!(|place| {
        // A caller who is told nothing asks again.
        let mut started = None;
        for _ in 0..3 {
            let start = place.api.start_run(keyed("alice", "k")).await;
            started = started.or(start.ok());
        }
        let started = started.expect("one death at most");
        place.town.run_for(hours(1)).await;
        let run = started.run_id().expect("a run");
        place.town.beset_by(Rc::new(Calm));
        assert_eq!(place.begun("alice"), std::slice::from_ref(run));
        assert_eq!(place.list("alice").await.runs.len(), 1);
    });
}

#[tokio::test]
async fn a_queued_run_begins_after_the_one_before() {
    whenever_it_dies!(|place| {
        let mut runs: Vec<RunId> = Vec::new();
        for key in ["one", "two"] {
            for _ in 0..3 {
                let mut start = keyed("alice", key);
                start.overlap = onbehalf_runs::Overlap::Queue;
                if let Ok(start) = place.api.start_run(start).await {
                    runs.extend(start.run_id().cloned());
                    break;
                }
            }
        }
        assert_eq!(runs.len(), 2);
        place.town.run_for(hours(1)).await;
        assert_eq!(place.begun("alice"), [runs[0].clone()]);
        // The run tells of its end until it is heard.
        let note = onbehalf_runs::principal::NoteStatus {
            run_id: runs[0].clone(),
            status: RunStatus::Completed,
            ended_at: Some(place.town.now()),
            outcome: None,
            counts: Default::default(),
        };
        for _ in 0..3 {
            if ask(&place.post(), owner("alice"), note.clone())
                .await
                .is_ok()
            {
                break;
            }
        }
        place.town.run_for(hours(1)).await;
        assert_eq!(place.begun("alice").len(), 2);
    });
}

#[tokio::test]
async fn a_tick_starts_one_run() {
    whenever_it_dies!(|place| {
        for _ in 0..3 {
            let set = place.set_schedule("alice", Some(on("alice")));
            if set.await.is_ok() {
                break;
            }
        }
        let eight = at("2026-11-26T08:00:00Z");
        for late in [0, 20, 40, 60] {
            place.town.run_until(eight.plus(minutes(late))).await;
            let sweep = Sweep {
                at: place.town.now(),
            };
            // One that fails is made up for by the next.
            let _ = ask(&place.post(), Shard::of(&owner("alice")), sweep).await;
        }
        place.town.run_for(minutes(1)).await;
        assert_eq!(place.begun("alice").len(), 1);
    });
}

#[tokio::test]
async fn a_connection_wakes_the_run_that_waits_for_it() {
    whenever_it_dies!(|place| {
        let mut run = None;
        for _ in 0..3 {
            let start = place.api.start_run(keyed("alice", "k")).await;
            run = run.or(start.ok().and_then(|it| it.run_id().cloned()));
        }
        let run = run.expect("one death at most");
        place.town.run_for(minutes(30)).await;
        let account = AccountKey::new("user_alice");
        let wait = AwaitConnections {
            run_id: run.clone(),
            number: 1,
            connectors: vec![Awaited {
                connector: ConnectorName::new("hubspot"),
                seen_dead_at: place.town.now(),
            }],
        };
        for _ in 0..3 {
            if ask(&place.post(), account.clone(), wait.clone())
                .await
                .is_ok()
            {
                break;
            }
        }
        let (connector, event) = (ConnectorName::new("hubspot"), EventId::new("wh_1"));
        for _ in 0..3 {
            let made = place.api.connection_made(&account, &connector, &event);
            if made.await.is_ok() {
                break;
            }
        }
        place.town.run_for(hours(1)).await;
        assert!(!place.runs.get(&run).expect("begun").connections.is_empty());
    });
}

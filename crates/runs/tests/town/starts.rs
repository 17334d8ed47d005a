//! Starting runs: keys, overlap, and starts that cannot be delivered at once.

use std::cell::Cell;
use std::rc::Rc;
use std::time::Duration;

use onbehalf_engine::{Outcome, RunStatus};
use onbehalf_runs::run::RunMessage;
use onbehalf_runs::tool_call::TOOL_CALL;
use onbehalf_runs::town::{Address, Calm, Faults, Passage};
use onbehalf_runs::{
    Asker, Backend, CommandOutcome, Letter, OutcomeKind, Overlap, RunFilter, RunId, Start,
    StartRun, Tagged, Undelivered, WorkflowId,
};
use serde_json::json;

use crate::common::*;

fn overlapping(overlap: Overlap) -> StartRun {
    StartRun {
        overlap,
        ..request("alice")
    }
}

#[tokio::test]
async fn a_run_begins_and_is_listed_with_its_outcome() {
    let place = place();
    let run = place.started(request("alice")).await;
    assert_eq!(place.begun("alice"), std::slice::from_ref(&run));
    let started = place.runs.get(&run).expect("begun").started;
    assert_eq!(started.owner, "p_alice");
    assert_eq!(started.trace_id.map(|it| it.len()), Some(32));
    place.note("alice", &run, RunStatus::Suspended).await;
    assert_eq!(
        place.list("alice").await.runs[0].status,
        RunStatus::Suspended
    );
    place.end("alice", &run).await;
    let listed = &place.list("alice").await.runs[0];
    assert_eq!(listed.status, RunStatus::Completed);
    assert_eq!(listed.outcome, Some(Outcome::Done));
    // Late news of a process that died takes no end back.
    place.note("alice", &run, RunStatus::Running).await;
    assert_eq!(
        place.list("alice").await.runs[0].status,
        RunStatus::Completed
    );
}

#[tokio::test]
async fn the_list_is_narrowed_down_by_status_outcome_and_time() {
    let place = place();
    let run = place.started(request("alice")).await;
    place.end("alice", &run).await;
    let began = place.list("alice").await.runs[0].started_at;
    let all = RunFilter::default();
    for kind in OutcomeKind::ALL {
        let outcome = Some(kind);
        let listed = place.list_only("alice", RunFilter { outcome, ..all }).await;
        assert_eq!(listed.runs.len(), usize::from(kind == OutcomeKind::Done));
    }
    for (since, fits) in [(began, 1), (began.plus(Duration::from_millis(1)), 0)] {
        let since = Some(since);
        let listed = place.list_only("alice", RunFilter { since, ..all }).await;
        assert_eq!(listed.runs.len(), fits, "{since:?}");
    }
    // One that has not ended has come to nothing yet.
    let open = place.started(request("bob")).await;
    for kind in OutcomeKind::ALL {
        let outcome = Some(kind);
        let listed = place.list_only("bob", RunFilter { outcome, ..all }).await;
        assert!(listed.runs.is_empty(), "{open} {kind:?}");
    }
}

/// The engine's names, for whoever asks by one.
#[test]
fn every_outcome_can_be_asked_for() {
    assert_eq!(OutcomeKind::ALL.map(OutcomeKind::name), Outcome::NAMES);
}

#[tokio::test]
async fn the_same_key_names_the_same_run_for_two_days() {
    let place = place();
    let first = place.started(keyed("alice", "monday")).await;
    place.end("alice", &first).await;
    let again = place.start(keyed("alice", "monday")).await;
    let known = Start::Started {
        run_id: first.clone(),
        fresh: false,
    };
    assert_eq!(again, known);
    let other = StartRun {
        input: json!({"approval": "required"}),
        ..keyed("alice", "monday")
    };
    assert_eq!(place.start(other).await, Start::KeyReused);
    assert_ne!(place.started(keyed("bob", "monday")).await, first);
    place.town.pass(hours(49));
    assert_ne!(place.started(keyed("alice", "monday")).await, first);
}

/// Whoever wants something written must not be answered with a run that writes nothing, nor wait for
/// one.
#[tokio::test]
async fn a_dry_run_stands_aside() {
    let place = place();
    let dry = || StartRun {
        input: json!({"dryRun": true}),
        ..request("alice")
    };
    let first = place.started(dry()).await;
    let real = place.started(request("alice")).await;
    let second = place.started(dry()).await;
    assert!(first != real && second != real && first != second);
    let joined = Start::Joined {
        run_id: real.clone(),
    };
    assert_eq!(place.start(request("alice")).await, joined);
    let queued = StartRun {
        overlap: Overlap::Queue,
        ..request("alice")
    };
    let Start::Queued { run_id, behind } = place.start(queued).await else {
        panic!("it waits for the run that writes");
    };
    assert_eq!(behind, real);
    place.end("alice", &real).await;
    assert!(place.begun("alice").contains(&run_id));
}

#[tokio::test]
async fn a_second_trigger_joins_the_run_that_is_open() {
    let place = place();
    let first = place.started(request("alice")).await;
    let joined = Start::Joined {
        run_id: first.clone(),
    };
    for _ in 0..3 {
        assert_eq!(place.start(request("alice")).await, joined);
    }
    assert_eq!(place.start(keyed("alice", "k")).await, joined);
    place.note("alice", &first, RunStatus::Suspended).await;
    assert_eq!(place.start(request("alice")).await, joined);
    assert_eq!(place.begun("alice").len(), 1);
    // Another user's, and another workflow's, are their own.
    place.started(request("bob")).await;
    let brief = StartRun {
        workflow: onbehalf_runs::WorkflowId::new("morning-brief"),
        ..request("alice")
    };
    place.started(brief).await;
    place.end("alice", &first).await;
    assert_ne!(place.started(request("alice")).await, first);
    // The key that joined still says which run it joined.
    assert_eq!(
        place.start(keyed("alice", "k")).await.run_id(),
        Some(&first)
    );
}

#[tokio::test]
async fn a_queued_run_begins_when_the_one_before_has_ended() {
    let place = place();
    let first = place.started(request("alice")).await;
    let mut queued = Vec::new();
    for _ in 0..2 {
        match place.start(overlapping(Overlap::Queue)).await {
            Start::Queued { run_id, behind } => {
                assert_eq!(behind, first);
                queued.push(run_id);
            }
            other => panic!("not queued: {other:?}"),
        }
    }
    assert_eq!(place.begun("alice"), std::slice::from_ref(&first));
    assert!(place.list("alice").await.runs[0].queued);
    let asker = Asker {
        owner: owner("alice"),
        approves: None,
    };
    let seen = place.api.run(&asker, &queued[0]).await.expect("an answer");
    assert_eq!(seen.expect("hers").status, RunStatus::Running);
    place.end("alice", &first).await;
    assert!(place.runs.get(&queued[0]).is_some());
    assert!(place.runs.get(&queued[1]).is_none());
    place.end("alice", &queued[0]).await;
    assert!(place.runs.get(&queued[1]).is_some());
}

#[tokio::test]
async fn a_queued_run_can_be_cancelled_before_it_begins() {
    let place = place();
    let first = place.started(request("alice")).await;
    let queued = place.start(overlapping(Overlap::Queue)).await;
    let queued = queued.run_id().expect("queued").clone();
    let cancel = |name: &str| {
        let (owner, queued) = (owner(name), queued.clone());
        let api = &place.api;
        async move { api.cancel_run(&owner, &queued).await.expect("an answer") }
    };
    assert_eq!(cancel("bob").await, CommandOutcome::NotFound);
    assert_eq!(cancel("alice").await, CommandOutcome::Accepted);
    place.end("alice", &first).await;
    place.town.run_for(hours(1)).await;
    assert_eq!(place.begun("alice"), [first]);
    assert_eq!(
        place.list("alice").await.runs[0].status,
        RunStatus::Cancelled
    );
}

#[tokio::test]
async fn a_run_that_is_being_cancelled_is_waited_for_not_joined() {
    let place = place();
    let first = place.started(request("alice")).await;
    place.note("alice", &first, RunStatus::Cancelling).await;
    let next = place.start(request("alice")).await;
    assert!(matches!(next, Start::Queued { .. }), "{next:?}");
    place.note("alice", &first, RunStatus::Cancelled).await;
    assert!(place.runs.get(next.run_id().expect("a run")).is_some());
}

#[tokio::test]
async fn runs_side_by_side_for_who_asks_for_it_up_to_a_bound() {
    let place = place();
    for _ in 0..100 {
        let start = place.start(overlapping(Overlap::Allow)).await;
        assert!(matches!(start, Start::Started { fresh: true, .. }));
    }
    assert_eq!(
        place.start(overlapping(Overlap::Allow)).await,
        Start::TooManyRuns
    );
    assert!(matches!(
        place.start(request("alice")).await,
        Start::Joined { .. }
    ));
}

/// A direct call, as whoever uses a tool starts it.
fn call() -> StartRun {
    StartRun {
        workflow: WorkflowId::new(TOOL_CALL),
        overlap: Overlap::Allow,
        ..request("alice")
    }
}

#[tokio::test]
async fn calls_that_wait_take_no_place_of_a_run_and_none_of_calls_under_way() {
    let place = place();
    // As many wait for a person as there are places for what is under way.
    for _ in 0..100 {
        let waits = place.started(call()).await;
        place.note("alice", &waits, RunStatus::Suspended).await;
    }
    for _ in 0..100 {
        place.started(call()).await;
        place.started(overlapping(Overlap::Allow)).await;
    }
    assert_eq!(place.start(call()).await, Start::TooManyRuns);
    let run = overlapping(Overlap::Allow);
    assert_eq!(place.start(run).await, Start::TooManyRuns);
}

#[tokio::test]
async fn calls_that_wait_are_bounded_too() {
    let place = place();
    for _ in 0..1000 {
        let waits = place.started(call()).await;
        place.note("alice", &waits, RunStatus::Suspended).await;
    }
    assert_eq!(place.start(call()).await, Start::TooManyRuns);
    place.started(request("alice")).await;
}

/// The runs cannot be reached.
struct NoRuns {
    answer_lost: bool,
    asked: Cell<u32>,
}

impl Faults for NoRuns {
    fn passage(&self, letter: &Letter) -> Passage {
        let Letter::Run(_, message) = letter else {
            return Passage::Through;
        };
        let starts = matches!(**message, RunMessage::StartThis(_));
        self.asked.set(self.asked.get() + u32::from(starts));
        if self.answer_lost {
            Passage::AnswerLost(Undelivered::TimedOut)
        } else {
            Passage::Lost(Undelivered::Unreachable)
        }
    }
}

#[tokio::test]
async fn a_start_that_is_stored_is_answered_and_delivered_when_it_can_be() {
    let place = place();
    let faults = Rc::new(NoRuns {
        answer_lost: false,
        asked: Cell::new(0),
    });
    place.town.beset_by(faults.clone());
    let run = place.started(request("alice")).await;
    assert!(place.runs.get(&run).is_none());
    // Who asks is shown a run that has not begun, and a repeated trigger joins it.
    let asker = Asker {
        owner: owner("alice"),
        approves: None,
    };
    let seen = place.api.run(&asker, &run).await.expect("an answer");
    assert_eq!(seen.expect("hers").steps, []);
    assert_eq!(place.start(request("alice")).await.run_id(), Some(&run));
    // An hour of retries is a dozen, not a loop, and the log says so.
    faults.asked.set(0);
    place.town.run_for(hours(1)).await;
    assert!(
        (8..=16).contains(&faults.asked.get()),
        "{}",
        faults.asked.get()
    );
    assert!(place.notes_of("errand_late") > 5);
    place.town.beset_by(Rc::new(Calm));
    place.town.run_for(minutes(11)).await;
    assert_eq!(place.runs.get(&run).expect("begun").told_to_begin, 1);
    place.town.run_for(hours(24)).await;
    assert_eq!(place.runs.get(&run).expect("begun").told_to_begin, 1);
    assert_eq!(
        place.town.alarm_of(&Address::Principal(owner("alice"))),
        None
    );
}

/// With a retention of nothing, a run may have begun, ended and been forgotten before its owner's
/// object has heard that it was told to begin.
#[tokio::test]
async fn a_run_that_has_ended_is_not_told_to_begin_again() {
    let place = place();
    let faults = NoRuns {
        answer_lost: true,
        asked: Cell::new(0),
    };
    place.town.beset_by(Rc::new(faults));
    let run = place.started(request("alice")).await;
    place.end("alice", &run).await;
    place.runs.prune(&run);
    place.town.beset_by(Rc::new(Calm));
    place.town.run_for(hours(2)).await;
    assert_eq!(place.begun("alice"), Vec::<RunId>::new());
}

#[tokio::test]
async fn a_guess_at_a_run_wakes_no_object() {
    let place = place();
    let of_bob = place.started(request("bob")).await;
    assert_eq!(of_bob.tagged(&owner("bob")), Tagged::Own);
    let faults = Rc::new(NoRuns {
        answer_lost: false,
        asked: Cell::new(0),
    });
    place.town.beset_by(faults.clone());
    let alice = Asker {
        owner: owner("alice"),
        approves: None,
    };
    let old = RunId::stored(format!("run_{}", "a".repeat(26)));
    let made_up = RunId::stored(format!("run_{}", "a".repeat(32)));
    for run in [&of_bob, &old, &made_up] {
        assert_eq!(place.api.run(&alice, run).await, Ok(None));
        assert_eq!(place.api.run_events(&alice, run, 0).await, Ok(None));
        let cancelled = place.api.cancel_run(&alice.owner, run).await;
        assert_eq!(cancelled, Ok(CommandOutcome::NotFound));
    }
    assert_eq!(faults.asked.get(), 0);
}

/// The run may have lost its alarm, and whoever joins it relies on it.
#[tokio::test]
async fn a_run_that_is_joined_is_looked_after() {
    let place = place();
    let run_id = place.started(request("alice")).await;
    let looked_after = || place.runs.get(&run_id).map(|run| run.looked_after);
    assert_eq!(looked_after(), Some(0));
    let joined = place.start(request("alice")).await;
    assert_eq!(joined.run_id(), Some(&run_id));
    assert_eq!(looked_after(), Some(1));
}

//! Asking for the same again without saying that it is meant twice.

use onbehalf_engine::{Outcome, RunStatus};
use onbehalf_runs::principal::NoteStatus;
use onbehalf_runs::{IdempotencyKey, Overlap, Repeats, RunId, Start, StartRun, ask};
use serde_json::json;

use crate::common::*;

/// A call of a tool with this text, asked for beside whatever else is open.
fn call(name: &str, text: &str) -> StartRun {
    StartRun {
        input: json!({"text": text}),
        overlap: Overlap::Allow,
        repeats: Some(Repeats {
            of: json!(["say", text]),
            within: minutes(10),
            unless_failed_as: vec!["refused".into()],
        }),
        ..request(name)
    }
}

fn keyed_call(text: &str, key: &str) -> StartRun {
    StartRun {
        idempotency_key: Some(IdempotencyKey::new(key)),
        ..call("alice", text)
    }
}

async fn fresh(place: &Place, start: StartRun) -> RunId {
    match place.start(start).await {
        Start::Started {
            run_id,
            fresh: true,
        } => run_id,
        other => panic!("not a run of its own: {other:?}"),
    }
}

fn again(run_id: &RunId) -> Start {
    Start::Started {
        run_id: run_id.clone(),
        fresh: false,
    }
}

async fn end(place: &Place, run_id: &RunId, outcome: Outcome) {
    let note = NoteStatus {
        run_id: run_id.clone(),
        status: RunStatus::Completed,
        ended_at: Some(place.town.now()),
        outcome: Some(outcome),
        counts: Default::default(),
    };
    ask(&place.post(), owner("alice"), note)
        .await
        .expect("noted");
}

fn failed(reason: &str) -> Outcome {
    let reason = reason.to_owned();
    Outcome::Failed { reason }
}

#[tokio::test]
async fn the_same_call_is_one_call_while_it_goes_on_and_for_a_while_after_its_end() {
    let place = place();
    let first = fresh(&place, call("alice", "hello")).await;
    assert_eq!(place.start(call("alice", "hello")).await, again(&first));
    // However long a person thinks about it.
    place.town.pass(hours(72));
    assert_eq!(place.start(call("alice", "hello")).await, again(&first));
    end(&place, &first, Outcome::Done).await;
    place.town.pass(minutes(9));
    assert_eq!(place.start(call("alice", "hello")).await, again(&first));
    place.town.pass(minutes(2));
    let second = fresh(&place, call("alice", "hello")).await;
    assert_eq!(place.start(call("alice", "hello")).await, again(&second));
}

#[tokio::test]
async fn another_text_or_another_person_is_another_call() {
    let place = place();
    let first = fresh(&place, call("alice", "hello")).await;
    assert_ne!(fresh(&place, call("alice", "hello!")).await, first);
    assert_ne!(fresh(&place, call("bob", "hello")).await, first);
}

#[tokio::test]
async fn what_came_to_nothing_is_made_anew_and_what_may_have_landed_is_not() {
    for (outcome, anew) in [
        (failed("refused"), true),
        (failed("unknown_outcome"), false),
        (failed("rejected"), false),
        (Outcome::Done, false),
    ] {
        let place = place();
        let first = fresh(&place, call("alice", "hello")).await;
        end(&place, &first, outcome.clone()).await;
        let second = place.start(call("alice", "hello")).await;
        assert_eq!(second != again(&first), anew, "{outcome:?}");
    }
}

#[tokio::test]
async fn a_key_means_it_again_and_is_good_for_one_call() {
    let place = place();
    let first = fresh(&place, call("alice", "hello")).await;
    end(&place, &first, Outcome::Done).await;
    let second = fresh(&place, keyed_call("hello", "k2")).await;
    assert_ne!(second, first);
    assert_eq!(place.start(keyed_call("hello", "k2")).await, again(&second));
    assert_eq!(place.start(keyed_call("bye", "k2")).await, Start::KeyReused);
    // Whoever asks without a key repeats the latest of them.
    assert_eq!(place.start(call("alice", "hello")).await, again(&second));
}

/// What is asked beside the call itself does not make it another one.
#[tokio::test]
async fn the_same_call_under_another_policy_is_the_same_call() {
    let place = place();
    let first = fresh(&place, keyed_call("hello", "k1")).await;
    let asked = |start: StartRun| StartRun {
        input: json!({"text": "hello", "approval": "required"}),
        ..start
    };
    assert_eq!(
        place.start(asked(call("alice", "hello"))).await,
        again(&first)
    );
    assert_eq!(
        place.start(asked(keyed_call("hello", "k1"))).await,
        again(&first)
    );
}

#[tokio::test]
async fn no_key_of_a_caller_is_taken_for_one_of_ours() {
    let place = place();
    let first = fresh(&place, call("alice", "hello")).await;
    let rows = place.town.query(
        &onbehalf_runs::town::Address::Principal(owner("alice")),
        "SELECT key FROM idempotency_keys",
        &[],
    );
    let rows = rows.expect("rows");
    let key = rows[0].text(0).expect("a key");
    assert!(key.starts_with('\u{1}'), "no header can hold it: {key:?}");
    let visible = key.trim_start_matches('\u{1}');
    assert_ne!(fresh(&place, keyed_call("hello", visible)).await, first);
}

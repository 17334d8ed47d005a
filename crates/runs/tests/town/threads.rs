//! Threads: a message is a turn once, whatever is lost or dies, and is its owner's alone.

use std::rc::Rc;

use onbehalf_engine::RunStatus;
use onbehalf_runs::thread::{
    EndTurn, Exchange, InThread, KeepTurn, KeptTurn, MAX_TURNS, MessageId, ReadHistory, Said, Say,
    ThreadId, ThreadKey, ThreadOf, TurnHead, TurnView, Which,
};
use onbehalf_runs::tool_call::Decide;
use onbehalf_runs::town::{Address, Calm, CrashAt, Faults, Passage};
use onbehalf_runs::{
    Backend, Letter, OwnerKey, RunId, Start, StartRun, Undelivered, WorkflowId, ask,
};
use serde_json::json;

use crate::common::{Place, minutes, place, request};

const AGENT: &str = "assistant";

fn thread(name: &str, id: &str) -> ThreadOf {
    ThreadOf {
        owner: OwnerKey::new(format!("p_{name}")),
        agent: WorkflowId::new(AGENT),
        thread: ThreadId::parse(id).expect("a name"),
    }
}

fn message(of: &ThreadOf, name: &str, id: &str, text: &str) -> Say {
    Say {
        message: MessageId::parse(id).expect("a name"),
        text: text.into(),
        thread: of.thread.clone(),
        start: Box::new(StartRun {
            workflow: of.agent.clone(),
            input: json!({ "message": text }),
            ..request(name)
        }),
    }
}

impl Place {
    async fn say(&self, name: &str, id: &str, text: &str) -> Said {
        let of = thread(name, "t1");
        let say = message(&of, name, id, text);
        self.api.say(&of, say).await.expect("an answer")
    }

    async fn turn(&self, name: &str, number: u32) -> Option<TurnHead> {
        let of = thread(name, "t1");
        let turn = self.api.turn(&of, Which::Number(number)).await;
        turn.expect("an answer")
    }

    async fn run_of(&self, name: &str, number: u32) -> RunId {
        let turn = self.turn(name, number).await.expect("a turn");
        turn.run_id.expect("a run")
    }

    async fn read(&self, name: &str) -> Option<Vec<TurnView>> {
        let read = self.api.thread(&thread(name, "t1")).await;
        read.expect("an answer")
    }

    async fn keep(&self, name: &str, number: u32, run_id: &RunId, answer: &str) {
        let of = thread(name, "t1");
        let keep = KeepTurn {
            owner: of.owner.clone(),
            number,
            run_id: run_id.clone(),
            kept: KeptTurn {
                answer: answer.into(),
                pieces: json!([answer]),
            },
        };
        ask(&self.post(), ThreadKey::of(&of), keep)
            .await
            .expect("kept");
    }

    async fn end_turn(&self, name: &str, number: u32, run_id: &RunId) {
        let of = thread(name, "t1");
        let end = EndTurn {
            owner: of.owner.clone(),
            number,
            run_id: run_id.clone(),
            status: RunStatus::Completed,
        };
        ask(&self.post(), ThreadKey::of(&of), end)
            .await
            .expect("ended");
    }

    async fn history(&self, name: &str, before: u32) -> Vec<Exchange> {
        let of = thread(name, "t1");
        let owner = of.owner.clone();
        let history = ReadHistory { owner, before };
        ask(&self.post(), ThreadKey::of(&of), history)
            .await
            .expect("a history")
    }
}

fn taken(said: Said) -> u32 {
    match said {
        Said::Taken { number, .. } => number,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_message_begins_one_turn_however_often_it_is_sent() {
    let place = place();
    assert_eq!(taken(place.say("alice", "m1", "hello").await), 1);
    let run_id = place.run_of("alice", 1).await;
    let begun = place.runs.get(&run_id).expect("a run").started;
    assert_eq!(begun.workflow, AGENT);
    let stands = InThread::of(&begun.input).expect("its place");
    assert_eq!((stands.id.as_str(), stands.up_to), ("t1", 1));
    let again = place.say("alice", "m1", "hello").await;
    let known = Some(run_id.clone());
    assert_eq!(
        again,
        Said::Taken {
            number: 1,
            run_id: known
        }
    );
    assert_eq!(place.say("alice", "m1", "else").await, Said::OtherText);
    assert_eq!(place.runs.all().len(), 1);
    assert_eq!(taken(place.say("alice", "m2", "hello").await), 2);
    assert_eq!(place.runs.all().len(), 2, "beside the first, which is open");
}

#[tokio::test]
async fn a_thread_is_its_owners_and_looking_for_one_leaves_nothing() {
    let place = place();
    place.say("alice", "m1", "hello").await;
    assert_eq!(place.read("bob").await, None);
    let bobs = thread("bob", "t1");
    let deleted = place.api.delete_thread(&bobs).await;
    assert_eq!(deleted, Ok(false));
    assert_eq!(place.turn("bob", 1).await, None);
    let address = Address::Thread(ThreadKey::of(&bobs));
    let tables = place
        .town
        .query(&address, "SELECT name FROM sqlite_master", &[]);
    assert_eq!(tables.expect("a database").len(), 0);
    assert_eq!(place.read("alice").await.expect("a thread").len(), 1);
}

#[tokio::test]
async fn later_turns_read_what_was_answered_before_them_and_no_other_run_s_word() {
    let place = place();
    place.say("alice", "m1", "one").await;
    place.say("alice", "m2", "two").await;
    place.say("alice", "m3", "three").await;
    let (first, second) = (
        place.run_of("alice", 1).await,
        place.run_of("alice", 2).await,
    );
    place.keep("alice", 1, &second, "a stranger's").await;
    place.keep("alice", 1, &first, "first").await;
    place.keep("alice", 1, &first, "again").await;
    let exchange = |text: &str, answer: Option<&str>| Exchange {
        text: text.into(),
        answer: answer.map(Into::into),
    };
    assert_eq!(
        place.history("alice", 3).await,
        [exchange("one", Some("first")), exchange("two", None)]
    );
    place.end_turn("alice", 1, &first).await;
    let turns = place.read("alice").await.expect("a thread");
    assert_eq!(turns[0].ended, Some(RunStatus::Completed));
    assert_eq!(turns[0].pieces, Some(json!(["first"])));
    assert_eq!((&turns[1].ended, &turns[1].pieces), (&None, &None));
}

#[tokio::test]
async fn a_turn_that_may_not_begin_does_not_stand_there_and_is_tried_again() {
    let place = place();
    place.rules.decided.set(Decide::Deny);
    place.say("alice", "m1", "hello").await;
    let turn = place.turn("alice", 1).await.expect("a turn");
    assert_eq!((turn.run_id, turn.refused), (None, Some(Start::Denied)));
    assert_eq!(place.read("alice").await, Some(Vec::new()));
    place.rules.decided.set(Decide::Allow);
    assert_eq!(taken(place.say("alice", "m1", "hello").await), 1);
    place.run_of("alice", 1).await;
    assert_eq!(place.read("alice").await.expect("a thread").len(), 1);
}

#[tokio::test]
async fn a_thread_has_a_bound() {
    let place = place();
    for number in 1..=MAX_TURNS {
        assert_eq!(
            taken(place.say("alice", &format!("m{number}"), "x").await),
            number
        );
        // A principal has few runs open at once.
        let run_id = place.run_of("alice", number).await;
        place.end("alice", &run_id).await;
    }
    assert_eq!(place.say("alice", "more", "x").await, Said::Full);
    let of = thread("alice", "t2");
    let said = place.api.say(&of, message(&of, "alice", "more", "x")).await;
    assert!(matches!(said, Ok(Said::Taken { number: 1, .. })));
}

#[tokio::test]
async fn what_is_deleted_stays_deleted_and_its_open_runs_are_cancelled() {
    let place = place();
    place.say("alice", "m1", "one").await;
    let run_id = place.run_of("alice", 1).await;
    let of = thread("alice", "t1");
    assert_eq!(place.api.delete_thread(&of).await, Ok(true));
    assert_eq!(place.api.delete_thread(&of).await, Ok(false));
    place.keep("alice", 1, &run_id, "late").await;
    place.end_turn("alice", 1, &run_id).await;
    assert_eq!(place.read("alice").await, None);
    assert_eq!(place.history("alice", 9).await, []);
    assert_eq!(place.say("alice", "m1", "one").await, Said::Deleted);
    let address = Address::Thread(ThreadKey::of(&of));
    let rows = place.town.query(&address, "SELECT text FROM turns", &[]);
    assert_eq!(rows.expect("a table").len(), 0);
}

/// Loses every letter to a principal.
struct Away;

impl Faults for Away {
    fn passage(&self, letter: &Letter) -> Passage {
        match letter {
            Letter::Principal(..) => Passage::Lost(Undelivered::Unreachable),
            _ => Passage::Through,
        }
    }
}

#[tokio::test]
async fn a_message_that_was_taken_is_answered_though_nobody_could_be_reached() {
    let place = place();
    place.town.beset_by(Rc::new(Away));
    place.say("alice", "m1", "one").await;
    assert_eq!(place.turn("alice", 1).await.expect("a turn").run_id, None);
    assert!(place.runs.all().is_empty());
    place.town.beset_by(Rc::new(Calm));
    place.town.run_for(minutes(5)).await;
    place.run_of("alice", 1).await;
    assert_eq!(place.runs.all().len(), 1);
}

#[tokio::test]
async fn wherever_an_object_dies_a_message_begins_one_turn() {
    let mut struck = 0;
    for statement in 0.. {
        let place = place();
        let crash = Rc::new(CrashAt::statement(statement));
        place.town.beset_by(crash.clone());
        let of = thread("alice", "t1");
        // A client that hears nothing sends it again.
        for _ in 0..2 {
            let say = message(&of, "alice", "m1", "one");
            if place.api.say(&of, say).await.is_ok() {
                break;
            }
        }
        place.town.run_for(minutes(10)).await;
        place.town.beset_by(Rc::new(Calm));
        assert_eq!(place.runs.all().len(), 1, "statement {statement}");
        assert_eq!(place.read("alice").await.map(|it| it.len()), Some(1));
        place.run_of("alice", 1).await;
        if !crash.has_struck() {
            break;
        }
        struck += 1;
    }
    assert!(struck > 20, "{struck}");
}

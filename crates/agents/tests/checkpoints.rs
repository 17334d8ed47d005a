//! Checkpoints of every released version are taken on by this one.
//!
//! `tests/checkpoints/<version>.json` holds runs as that version stored them: at every request a
//! process can die at, and in every state a run can rest in. They are never edited. A release adds
//! its own file: `RECORD_CHECKPOINTS=1 cargo test --test checkpoints`.

mod common;

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use common::apps::{Crash, Fault, Trouble};
use common::{Process, Run};
use futures::executor::block_on;
use onbehalf_agents::onboarding::CustomerScope;
use onbehalf_clock::Timestamp;
use onbehalf_engine::memory::MemoryStore;
use onbehalf_engine::{Alarm, Commit, Entry, Head, JournalStore, Record, RunStatus};
use onbehalf_runs::{Approval, Decision};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// A run as it was stored.
#[derive(Serialize, Deserialize)]
struct Checkpoint {
    head: Value,
    rows: Vec<Value>,
    alarm: Option<Timestamp>,
}

const STALLED: Trouble = Trouble {
    tickets: 4,
    ticket_days: 9,
    tasks: 8,
    done: 2,
    overdue: 2,
};

fn world() -> Process {
    filling(Process::new()).0
}

/// The world, in which the portal is Alice's own, and the ids of the contacts in it. A run of the
/// first release looked after a whole portal, which a shared one fills with other people's customers.
fn alone() -> (Process, [String; 2]) {
    filling(Process::alone())
}

fn filling(process: Process) -> (Process, [String; 2]) {
    let contacts = [("acme.test", 20), ("beta.test", 12)];
    let contacts = contacts.map(|(domain, days)| process.customer(domain, days, STALLED));
    (process, contacts)
}

fn taken(run: &Run) -> Checkpoint {
    let entries = run.store.entries_after(0, usize::MAX).expect("storage");
    let json = |entry: &Entry| serde_json::to_value(entry).expect("json");
    Checkpoint {
        head: serde_json::to_value(run.head()).expect("json"),
        rows: entries.iter().map(json).collect(),
        alarm: run.store.alarm(),
    }
}

/// Every state this version can leave behind, by a name that says how it goes on.
fn record() -> BTreeMap<String, Checkpoint> {
    let mut all = BTreeMap::new();
    let quiet = world();
    let done = quiet.run("run_1", json!({}));
    all.insert("completed".to_owned(), taken(&done));
    let requests = quiet.apps.bodies.borrow().len();
    for at in 1..=requests {
        let process = world();
        process.apps.crash.set(Some(Crash::After(at)));
        let run = process.start("run_1", json!({}));
        assert!(process.drive_into_crash(&run), "request {at}");
        all.insert(format!("crashed at request {at:02}"), taken(&run));
    }
    let process = world();
    let run = process.run("run_1", json!({"approval": "required"}));
    all.insert("waits for approval".to_owned(), taken(&run));
    let process = world();
    process.apps.connection("alice", "linear", None);
    let run = process.run("run_1", json!({"onMissingConnector": "suspend"}));
    all.insert("waits for a connection".to_owned(), taken(&run));
    let process = world();
    process
        .apps
        .fault("hubspot_task_create", &[Fault::Limited(40)]);
    let run = process.start("run_1", json!({}));
    while run.status() != RunStatus::Suspended {
        process.ring(&run);
    }
    all.insert("rate limited".to_owned(), taken(&run));
    all
}

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/checkpoints")
}

fn read(checkpoint: &Checkpoint) -> (Head, Vec<Entry>) {
    let head = serde_json::from_value(checkpoint.head.clone()).expect("a head");
    let entry = |row: &Value| serde_json::from_value(row.clone()).expect("a row");
    (head, checkpoint.rows.iter().map(entry).collect())
}

fn picked_up(process: &Process, checkpoint: &Checkpoint) -> Run {
    let (head, entries) = read(checkpoint);
    let last = entries.last().expect("a row").at;
    process.clock.move_to(last);
    let store = MemoryStore::default();
    let alarm = checkpoint.alarm.map_or(Alarm::Clear, Alarm::At);
    let head = Some(head);
    block_on(store.commit(Commit {
        entries,
        head,
        alarm,
    }))
    .expect("storage");
    process.pick_up(store)
}

/// Checkpoints name contacts and issues of the world they were recorded in. The same things have other
/// ids in this one.
fn as_named_here(text: &str) -> String {
    let (process, contacts) = alone();
    let company = process.apps.company("alice");
    let mut text = text.to_owned();
    for (index, issue) in company.linear.issues().enumerate() {
        let (then, now) = (
            format!("\"issue-{}\"", index + 1),
            format!("\"{}\"", issue.id),
        );
        text = text.replace(&then, &now);
    }
    for (index, now) in contacts.iter().enumerate() {
        let then = index + 1;
        for (before, after) in [("\"contacts\":[\"", "\"]"), (",\"id\":\"", "\"}]")] {
            let (then, now) = (
                format!("{before}{then}{after}"),
                format!("{before}{now}{after}"),
            );
            text = text.replace(&then, &now);
        }
    }
    text
}

/// What a run that rests is waiting for happens.
fn help(process: &Process, run: &Run) -> RunStatus {
    let reason = run.reason();
    match reason["reason"].as_str() {
        Some("approval_required") => process.resume(
            run,
            Approval {
                hash: reason["hash"].as_str().unwrap_or_default().to_owned(),
                decision: Decision::Approve,
                items: BTreeMap::new(),
            }
            .into(),
        ),
        Some("connection_required") => process.connected(run, "linear"),
        other => panic!("rests for {other:?}"),
    }
}

#[test]
fn every_released_version_is_taken_on() {
    if std::env::var_os("RECORD_CHECKPOINTS").is_some() {
        let path = folder().join(concat!(env!("CARGO_PKG_VERSION"), ".json"));
        let text = serde_json::to_string(&record()).expect("json");
        fs::write(path, text.replace("},{\"seq\"", "},\n{\"seq\"") + "\n").expect("written");
    }
    let mut versions = 0;
    for file in fs::read_dir(folder()).expect("the folder") {
        let path = file.expect("a file").path();
        let text = fs::read_to_string(&path).expect("text");
        let text = as_named_here(&text);
        let all: BTreeMap<String, Checkpoint> = serde_json::from_str(&text).expect("checkpoints");
        assert!(all.len() > 10, "{}", path.display());
        for (name, checkpoint) in all {
            // A run of the first release holds no address.
            let (mut process, _) = alone();
            process.settings.customers = CustomerScope::Portal;
            let run = picked_up(&process, &checkpoint);
            let mut status = process.drive(&run);
            // A plan that was decided is put up once more where its hash is of other ids than these.
            for _ in 0..2 {
                if status == RunStatus::Suspended {
                    status = help(&process, &run);
                }
            }
            let name = format!("{}: {name}", path.display());
            assert_eq!(status, RunStatus::Completed, "{name}: {:?}", run.head());
            let counts = run.summary().counts;
            assert_eq!(
                (counts.tasks_created, counts.comments_added),
                (2, 2),
                "{name}"
            );
        }
        versions += 1;
    }
    assert!(versions > 0, "there is no recorded version");
}

#[test]
fn this_version_has_its_checkpoints() {
    let name = concat!(env!("CARGO_PKG_VERSION"), ".json");
    assert!(folder().join(name).exists(), "record them before a release");
}

/// Head and journal are stored side by side; they must say the same.
#[test]
fn a_head_is_its_journal_folded() {
    for (name, checkpoint) in record() {
        let (mut head, entries) = read(&checkpoint);
        let mut folded: Option<Head> = None;
        for entry in &entries {
            match (&entry.record, folded.as_mut()) {
                (Record::Started(started), None) => {
                    folded = Some(Head::begin((**started).clone(), entry.at));
                }
                (record, Some(head)) if Head::changes_with(record) => {
                    head.apply(entry.seq, entry.at, record);
                }
                _ => {}
            }
        }
        // Whether the outside has been told is no part of the journal.
        head.unpublished = true;
        assert_eq!(folded, Some(head), "{name}");
    }
}

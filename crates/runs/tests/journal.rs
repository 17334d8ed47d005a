//! A run's journal in real SQLite: whatever is asked of it, it answers as the engine's own memory
//! does, and after a restart as before.

mod cabinet;

use std::collections::BTreeSet;
use std::rc::Rc;

use cabinet::Cabinet;
use onbehalf_clock::Timestamp;
use onbehalf_engine::memory::MemoryStore;
use onbehalf_engine::{
    Alarm, Commit, EffectKey, EffectOutcome, Entry, Head, JournalError, JournalStore, Outcome,
    Record, RunFailure, Started,
};
use onbehalf_runs::Level;
use onbehalf_runs::run::SqlJournal;
use onbehalf_sql::Sql;
use proptest::prelude::*;
use serde_json::{Value, json};

fn opened(cabinet: &Rc<Cabinet>) -> SqlJournal {
    SqlJournal::open(cabinet.clone()).expect("storage")
}

fn at(second: u64) -> Timestamp {
    let second = i64::try_from(second).expect("a second");
    Timestamp::from_millis((1_795_420_800 + second) * 1000)
}

fn entry(seq: u64, record: Record) -> Entry {
    let at = at(seq);
    Entry { seq, at, record }
}

fn head() -> Head {
    let started = Started {
        run_id: "run_1".into(),
        workflow: "onboarding-health".into(),
        version: 1,
        owner: "p_alice".into(),
        context: json!({}),
        input: json!({}),
        trace_id: Some("0af7651916cd43dd8448eb211c80319c".into()),
    };
    Head::begin(started, at(0))
}

fn block_on<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread()
        .build()
        .expect("a runtime")
        .block_on(future)
}

fn commit(store: &dyn JournalStore, entries: Vec<Entry>, head: Option<Head>, alarm: Alarm) {
    let commit = Commit {
        entries,
        head,
        alarm,
    };
    block_on(store.commit(commit)).expect("stored");
}

/// A record about one of a few keys, or a milestone.
fn record() -> impl Strategy<Value = Record> {
    let key = prop::sample::select(vec!["run_1/a/1", "run_1/a/2", "run_1/b/1"]);
    let text = prop::sample::select(vec!["", "é", "{\"quoted\"}", "line\nline"]);
    (key, text, 0_u8..9).prop_map(|(key, text, kind)| {
        let key = key.to_owned();
        match kind {
            0 => Record::Memo {
                key: format!("{key}/memo"),
                value: json!(text),
            },
            1 => Record::Intent {
                key,
                kind: "task".into(),
                request: json!({ "text": text }),
            },
            2 => Record::Released {
                key,
                reason: json!(text),
                until: None,
            },
            3 => Record::Unanswered { key },
            4 => Record::Probed {
                key,
                again_at: Some(at(9)),
            },
            5 => Record::Outcome {
                key,
                outcome: EffectOutcome::Landed {
                    receipt: json!(text),
                    found: false,
                },
            },
            6 => Record::StepStarted {
                step: text.to_owned(),
                attempt: 1,
                deadline: None,
            },
            7 => Record::StepCompleted {
                step: "a".into(),
                output: json!(text),
                state: Value::Null,
            },
            _ => Record::CancelRequested { by: key },
        }
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn it_answers_as_the_engines_own_memory_does(
        steps in prop::collection::vec((prop::collection::vec(record(), 1..4), any::<bool>()), 1..12),
    ) {
        let cabinet = Rc::new(Cabinet::default());
        let memory = MemoryStore::default();
        let mut seq = 0;
        for (records, with_head) in steps {
            let entries: Vec<Entry> = records
                .into_iter()
                .map(|record| {
                    seq += 1;
                    entry(seq, record)
                })
                .collect();
            // Whatever process it is: nothing is known to it but what is stored.
            let journal = opened(&cabinet);
            for store in [&journal as &dyn JournalStore, &memory] {
                if let [one] = entries.as_slice() && !with_head {
                    store.write(one).expect("stored");
                } else {
                    let mut after = head();
                    after.updated_at = at(seq);
                    let head = with_head.then_some(after);
                    commit(store, entries.clone(), head, Alarm::At(at(seq)));
                }
            }
        }
        let journal = opened(&cabinet);
        prop_assert_eq!(journal.head(), memory.head());
        prop_assert_eq!(journal.last_seq(), Ok(seq));
        for position in 0..=seq + 1 {
            prop_assert_eq!(journal.entry(position), memory.entry(position));
            for limit in [0, 1, 3, usize::MAX] {
                let (some, same) = (
                    journal.entries_after(position, limit),
                    memory.entries_after(position, limit),
                );
                prop_assert_eq!(some, same);
            }
        }
        let milestones = ["step_started", "cancel_requested"];
        prop_assert_eq!(journal.entries_of(&milestones), memory.entries_of(&milestones));
        for key in ["run_1/a/1", "run_1/a/2", "run_1/b/1", "run_1/c/1"] {
            let effect = EffectKey::from_journal(key);
            prop_assert_eq!(journal.effect(&effect), memory.effect(&effect));
            let memo = format!("{key}/memo");
            prop_assert_eq!(journal.memo(&memo), memory.memo(&memo));
        }
        let open = |store: &dyn JournalStore| -> BTreeSet<String> {
            let open = store.open_intents().expect("read").into_iter();
            open.map(|key| key.as_str().to_owned()).collect()
        };
        prop_assert_eq!(open(&journal), open(&memory));
    }
}

#[test]
fn what_is_longer_than_a_row_is_kept_in_several_and_read_as_one() {
    let cabinet = Rc::new(Cabinet::default());
    let journal = opened(&cabinet);
    // Cut anywhere but between characters, it would not be read again.
    let long = Record::Memo {
        key: "run_1/long".into(),
        value: json!("é".repeat(200_000)),
    };
    let mut long_head = head();
    long_head.started.input = json!("ü".repeat(200_000));
    let entries = vec![entry(1, long), entry(2, Record::Cancelled)];
    commit(
        &journal,
        entries.clone(),
        Some(long_head.clone()),
        Alarm::Keep,
    );
    let longest = "SELECT MAX(LENGTH(CAST(body AS BLOB))), COUNT(*) FROM journal";
    let rows = cabinet.sql.query(longest, &[]).expect("rows");
    assert!(rows[0].integer(0).expect("bytes") <= 128 * 1024);
    assert_eq!(rows[0].integer(1), Ok(5));
    let journal = opened(&cabinet);
    assert_eq!(journal.entries_after(0, 9), Ok(entries));
    assert_eq!(journal.head(), Ok(Some(long_head)));
    // A shorter head leaves nothing of the longer one behind.
    commit(&journal, Vec::new(), Some(head()), Alarm::Clear);
    assert_eq!(opened(&cabinet).head(), Ok(Some(head())));
}

#[test]
fn a_commit_sets_the_alarm_clears_it_or_leaves_it() {
    let cabinet = Rc::new(Cabinet::default());
    let journal = opened(&cabinet);
    for (alarm, rings) in [
        (Alarm::Keep, None),
        (Alarm::At(at(5)), Some(at(5))),
        (Alarm::Keep, Some(at(5))),
        (Alarm::Clear, None),
    ] {
        commit(&journal, Vec::new(), None, alarm);
        assert_eq!(cabinet.alarm(), rings, "{alarm:?}");
    }
}

#[test]
fn what_cannot_be_read_is_told_from_storage_that_fails() {
    let cabinet = Rc::new(Cabinet::default());
    let journal = opened(&cabinet);
    let secret = "SECRET";
    commit(
        &journal,
        vec![entry(1, Record::Cancelled)],
        Some(head()),
        Alarm::Keep,
    );
    for table in ["head", "journal"] {
        let damage = format!("UPDATE {table} SET body = '{{\"{secret}\"'");
        cabinet.sql.run(&damage, &[]).expect("damaged");
    }
    for answer in [journal.head().err(), journal.entry(1).err()] {
        let Some(JournalError::Unreadable(why)) = answer else {
            panic!("{answer:?}");
        };
        assert!(!why.contains(secret), "{why}");
    }
    cabinet.sql.run("DROP TABLE head", &[]).expect("dropped");
    assert!(matches!(journal.head(), Err(JournalError::Storage(_))));
}

#[test]
fn the_tables_of_the_first_release_are_read_and_written() {
    let cabinet = Rc::new(Cabinet::default());
    for statement in [
        "CREATE TABLE journal (
            seq INTEGER NOT NULL, part INTEGER NOT NULL, kind TEXT NOT NULL, key TEXT,
            body TEXT NOT NULL, PRIMARY KEY (seq, part)) WITHOUT ROWID",
        "CREATE INDEX journal_by_key ON journal (key, seq, part) WHERE key IS NOT NULL",
        "CREATE INDEX journal_by_kind ON journal (kind, seq, part) WHERE key IS NULL",
        "CREATE TABLE head (part INTEGER PRIMARY KEY, body TEXT NOT NULL)",
        "INSERT INTO journal (seq, part, kind, key, body) VALUES
            (1, 0, 'memo', 'run_1/a/now', '{\"seq\":1,\"at\":\"2026-11-23T08:00:00.000Z\",'),
            (1, 1, 'memo', 'run_1/a/now', '\"type\":\"memo\",\"key\":\"run_1/a/now\",\"value\":7}')",
    ] {
        cabinet.sql.run(statement, &[]).expect(statement);
    }
    let journal = opened(&cabinet);
    assert_eq!(journal.memo("run_1/a/now"), Ok(Some(json!(7))));
    journal.write(&entry(2, Record::Cancelled)).expect("stored");
    assert_eq!(opened(&cabinet).last_seq(), Ok(2));
}

#[test]
fn an_alert_can_go_by_one_line_for_each_end() {
    let ended = |outcome: Option<Outcome>, record: Record| {
        let cabinet = Rc::new(Cabinet::default());
        let mut head = head();
        head.outcome = outcome;
        head.counts = [("tasksCreated".to_owned(), 7)].into();
        commit(
            &opened(&cabinet),
            vec![entry(3, record)],
            Some(head),
            Alarm::Keep,
        );
        let notes = cabinet.notes.take();
        let [milestone, end] = notes.as_slice() else {
            panic!("{notes:?}");
        };
        assert_eq!(
            (milestone.event, milestone.level),
            ("run_event", Level::Info)
        );
        assert_eq!(end.event, "run_ended");
        let field = |wanted| {
            let mut fields = end.fields.iter();
            let found = fields.find(|(name, _)| *name == wanted);
            found.expect("a field").1.clone()
        };
        assert_eq!(
            (field("run"), field("counts")),
            ("run_1".into(), "tasksCreated=7".into())
        );
        (end.level, field("reason"))
    };
    let completed = || Record::Completed {
        step: "summary".into(),
        result: Value::Null,
        outcome: None,
        counts: Default::default(),
    };
    let missing = vec!["linear".to_owned(), "zendesk".to_owned()];
    let partial = Some(Outcome::Partial { missing });
    let reason = "nobody knows".to_owned();
    let failed = Some(Outcome::Failed { reason });
    assert_eq!(ended(None, completed()), (Level::Info, String::new()));
    assert_eq!(
        ended(Some(Outcome::Done), completed()),
        (Level::Info, String::new())
    );
    assert_eq!(
        ended(partial, completed()),
        (Level::Warning, "linear, zendesk".into())
    );
    let message = "a step is gone".to_owned();
    let failure = RunFailure::DefinitionChanged { message };
    assert_eq!(
        ended(failed, Record::Failed { failure }),
        (Level::Error, "nobody knows".into())
    );
}

#[test]
fn what_happens_between_ends_is_one_line_each_and_writes_none() {
    let cabinet = Rc::new(Cabinet::default());
    let journal = opened(&cabinet);
    let begun = Record::StepStarted {
        step: "contacts".into(),
        attempt: 3,
        deadline: None,
    };
    commit(&journal, vec![entry(1, begun)], Some(head()), Alarm::Keep);
    let memo = Record::Memo {
        key: "run_1/contacts/now".into(),
        value: json!(1),
    };
    commit(&journal, vec![entry(2, memo)], None, Alarm::Keep);
    let notes = cabinet.notes.take();
    let [line] = notes.as_slice() else {
        panic!("{notes:?}");
    };
    let wanted = [
        ("run", "run_1"),
        ("type", "step_started"),
        ("step", "contacts"),
        ("attempt", "3"),
        ("seq", "1"),
        ("status", "running"),
        ("trace_id", "0af7651916cd43dd8448eb211c80319c"),
    ];
    let fields = line.fields.iter();
    let fields: Vec<_> = fields
        .map(|(name, value)| (*name, value.as_str()))
        .collect();
    assert_eq!(fields, wanted);
}

//! Storage that can fail, and under which the process can die or be replaced.
//!
//! Owns the crash points around a commit. What is kept is [`MemoryStore`]'s business.

use std::rc::Rc;

use async_trait::async_trait;
use onbehalf_clock::testkit::pause;
use onbehalf_engine::memory::MemoryStore;
use onbehalf_engine::{
    Commit, EffectHistory, EffectKey, Entry, Head, JournalError, JournalStore, Record, StoreError,
};
use serde_json::Value;

use crate::plan::{Moment, What};
use crate::shared::Shared;
use crate::site::{Life, Site};
use crate::tally::Kind;

/// The storage of a run as one of its processes sees it.
pub struct CrashStore {
    pub shared: Rc<Shared>,
    pub site: Rc<Site>,
    pub life: Rc<Life>,
}

/// What happens to a commit.
struct Fate {
    dies_before: bool,
    refused: bool,
    stored_and_refused: bool,
    dies_after: bool,
}

impl CrashStore {
    /// What this instance sees: an instance that was replaced goes on with what there was then.
    fn kept(&self) -> Rc<MemoryStore> {
        let replaced = self.life.replaced.borrow();
        let own = || self.site.store();
        replaced.as_ref().map_or_else(own, Rc::clone)
    }

    fn fate(&self) -> Fate {
        let moment = Moment::Commit(Site::next(&self.site.commits));
        let run = Some(self.site.index);
        let due = |what: &What, kind: Kind| {
            let taken = self.shared.take(run, moment, |it| it == what).is_some();
            if taken {
                self.shared.met(kind);
            }
            taken
        };
        Fate {
            dies_before: due(&What::CrashBefore, Kind::DiesBeforeCommit),
            refused: due(&What::Fails, Kind::CommitRefused),
            stored_and_refused: due(&What::StoredButFails, Kind::CommitStoredAndRefused),
            dies_after: due(&What::CrashAfter, Kind::DiesAfterCommit),
        }
    }

    /// Keeps in sight which writes are open, without the engine's word.
    fn follow(&self, entries: &[Entry]) {
        let mut open = self.site.open.borrow_mut();
        for entry in entries {
            match &entry.record {
                Record::Intent { key, .. } => {
                    open.insert(key.clone());
                }
                Record::Released { key, .. } | Record::Outcome { key, .. } => {
                    open.remove(key);
                }
                _ => {}
            }
        }
    }
}

fn refused() -> StoreError {
    StoreError("the simulation says so".into())
}

#[async_trait(?Send)]
impl JournalStore for CrashStore {
    fn head(&self) -> Result<Option<Head>, JournalError> {
        self.kept().head()
    }

    fn last_seq(&self) -> Result<u64, StoreError> {
        self.kept().last_seq()
    }

    fn entry(&self, seq: u64) -> Result<Option<Entry>, JournalError> {
        self.kept().entry(seq)
    }

    fn entries_after(&self, seq: u64, limit: usize) -> Result<Vec<Entry>, JournalError> {
        self.kept().entries_after(seq, limit)
    }

    fn entries_of(&self, kinds: &[&str]) -> Result<Vec<Entry>, JournalError> {
        self.kept().entries_of(kinds)
    }

    fn effect(&self, key: &EffectKey) -> Result<EffectHistory, JournalError> {
        self.kept().effect(key)
    }

    fn memo(&self, key: &str) -> Result<Option<Value>, JournalError> {
        self.kept().memo(key)
    }

    fn open_intents(&self) -> Result<Vec<EffectKey>, JournalError> {
        self.kept().open_intents()
    }

    fn write(&self, entry: &Entry) -> Result<(), StoreError> {
        if self.life.dead.get() {
            return Err(StoreError("the process died".into()));
        }
        if self.life.replaced.borrow().is_some() {
            self.life.gated.set(true);
            return self.kept().write(entry);
        }
        let fate = self.fate();
        if fate.dies_before {
            self.life.dead.set(true);
            return Err(StoreError("the process died".into()));
        }
        if fate.refused {
            return Err(refused());
        }
        let run = self.site.index;
        self.shared
            .note(|| format!("run {run}: written in its turn [{}]", short(entry)));
        self.kept().write(entry)?;
        self.follow(std::slice::from_ref(entry));
        if fate.dies_after {
            // Whatever this turn still begins, the network of a dead process does not carry.
            self.life.dead.set(true);
        }
        if fate.stored_and_refused {
            return Err(refused());
        }
        Ok(())
    }

    async fn commit(&self, commit: Commit) -> Result<(), StoreError> {
        // The process died earlier in this very poll: nothing it does counts.
        if self.life.dead.get() {
            std::future::pending::<()>().await;
        }
        if self.life.replaced.borrow().is_some() {
            self.life.gated.set(true);
            pause().await;
            return self.kept().commit(commit).await;
        }
        let fate = self.fate();
        if fate.dies_before {
            self.life.end().await;
        }
        if fate.refused {
            return Err(refused());
        }
        self.shared.note(|| {
            let records: Vec<String> = commit.entries.iter().map(short).collect();
            let run = self.site.index;
            format!("run {run}: {:?} [{}]", commit.alarm, records.join(", "))
        });
        self.follow(&commit.entries);
        self.kept().commit(commit).await?;
        if fate.dies_after {
            self.life.end().await;
        }
        // Rows are in place; the confirmation takes its time, and others may go on meanwhile.
        for _ in 0..self.shared.between(0, 2) {
            pause().await;
        }
        if fate.stored_and_refused {
            return Err(refused());
        }
        Ok(())
    }
}

/// An entry in a few words.
fn short(entry: &Entry) -> String {
    let kind = entry.record.kind();
    match &entry.record {
        Record::Outcome { key, outcome } => format!("{kind} {key} {outcome:?}"),
        Record::Suspended { number, reason, .. } => format!("{kind} {number} {reason:?}"),
        Record::Resumed { number, by, .. } => format!("{kind} {number} by {}", by.name()),
        Record::StepFailed { error, .. } => format!("{kind} {error}"),
        Record::Failed { failure } => format!("{kind} {failure:?}"),
        record => match record.key() {
            Some(key) => format!("{kind} {key}"),
            None => kind.to_owned(),
        },
    }
}

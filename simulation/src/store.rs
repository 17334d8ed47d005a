//! Storage that can fail, and under which the process can die.
//!
//! Owns the crash points around a commit. What is kept is [`MemoryStore`]'s business.

use std::rc::Rc;

use async_trait::async_trait;
use onbehalf_engine::memory::MemoryStore;
use onbehalf_engine::{
    Commit, EffectHistory, EffectKey, Entry, Head, JournalError, JournalStore, StoreError,
};
use serde_json::Value;

use crate::plan::{Moment, What};
use crate::site::{Life, Shared, Site};
use onbehalf_clock::testkit::pause;

/// The storage of a run as one of its processes sees it.
pub struct CrashStore {
    pub shared: Rc<Shared>,
    pub site: Rc<Site>,
    pub life: Rc<Life>,
}

impl CrashStore {
    fn kept(&self) -> &MemoryStore {
        &self.site.store
    }
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
        let died = || StoreError("the process died".into());
        if self.life.dead.get() {
            return Err(died());
        }
        let run = self.site.index;
        let moment = Moment::Commit(Site::next(&self.site.commits));
        let due = |what: &What| self.shared.take(run, moment, |it| it == what).is_some();
        if due(&What::CrashBefore) {
            self.life.dead.set(true);
            return Err(died());
        }
        if due(&What::Fails) {
            return Err(StoreError("the simulation says so".into()));
        }
        self.shared
            .note(|| format!("run {run}: {moment:?} in its turn [{}]", short(entry)));
        self.kept().write(entry)?;
        if due(&What::CrashAfter) {
            // Whatever this turn still begins, the network of a dead process does not carry.
            self.life.dead.set(true);
        }
        Ok(())
    }

    async fn commit(&self, commit: Commit) -> Result<(), StoreError> {
        // The process died earlier in this very poll: nothing it does counts.
        if self.life.dead.get() {
            std::future::pending::<()>().await;
        }
        let run = self.site.index;
        let moment = Moment::Commit(Site::next(&self.site.commits));
        let due = |what: &What| self.shared.take(run, moment, |it| it == what).is_some();
        if due(&What::CrashBefore) {
            self.life.end().await;
        }
        if due(&What::Fails) {
            return Err(StoreError("the simulation says so".into()));
        }
        self.shared.note(|| {
            let records: Vec<String> = commit.entries.iter().map(short).collect();
            format!(
                "run {run}: {moment:?} {:?} [{}]",
                commit.alarm,
                records.join(", ")
            )
        });
        self.kept().commit(commit).await?;
        if due(&What::CrashAfter) {
            self.life.end().await;
        }
        // Rows are in place; the confirmation takes its time, and others may go on meanwhile.
        for _ in 0..self.shared.between(0, 2) {
            pause().await;
        }
        Ok(())
    }
}

/// An entry in a few words.
fn short(entry: &Entry) -> String {
    let kind = entry.record.kind();
    match &entry.record {
        onbehalf_engine::Record::Outcome { key, outcome } => format!("{kind} {key} {outcome:?}"),
        onbehalf_engine::Record::Suspended { number, reason, .. } => {
            format!("{kind} {number} {reason:?}")
        }
        onbehalf_engine::Record::Resumed { number, by, .. } => {
            format!("{kind} {number} by {}", by.name())
        }
        record => match record.key() {
            Some(key) => format!("{kind} {key}"),
            None => kind.to_owned(),
        },
    }
}

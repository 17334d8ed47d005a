//! The product's journal with a count of the bytes it is given to keep.

use std::cell::Cell;

use async_trait::async_trait;
use onbehalf_engine::{
    Commit, EffectHistory, EffectKey, Entry, Head, JournalError, JournalStore, StoreError,
};

use onbehalf_runs::run::SqlJournal;

/// Counts, and hands everything on.
pub struct Counting {
    journal: SqlJournal,
    bytes: Cell<u64>,
}

fn length<T: serde::Serialize>(value: &T) -> u64 {
    serde_json::to_string(value).map_or(0, |text| text.len() as u64)
}

impl Counting {
    /// Counts from nothing.
    pub fn new(journal: SqlJournal) -> Self {
        Self {
            journal,
            bytes: Cell::new(0),
        }
    }

    /// Bytes of rows and heads handed over so far.
    pub fn bytes(&self) -> u64 {
        self.bytes.get()
    }
}

#[async_trait(?Send)]
impl JournalStore for Counting {
    fn head(&self) -> Result<Option<Head>, JournalError> {
        self.journal.head()
    }

    fn last_seq(&self) -> Result<u64, StoreError> {
        self.journal.last_seq()
    }

    fn entry(&self, seq: u64) -> Result<Option<Entry>, JournalError> {
        self.journal.entry(seq)
    }

    fn entries_after(&self, seq: u64, limit: usize) -> Result<Vec<Entry>, JournalError> {
        self.journal.entries_after(seq, limit)
    }

    fn entries_of(&self, kinds: &[&str]) -> Result<Vec<Entry>, JournalError> {
        self.journal.entries_of(kinds)
    }

    fn effect(&self, key: &EffectKey) -> Result<EffectHistory, JournalError> {
        self.journal.effect(key)
    }

    fn memo(&self, key: &str) -> Result<Option<serde_json::Value>, JournalError> {
        self.journal.memo(key)
    }

    fn open_intents(&self) -> Result<Vec<EffectKey>, JournalError> {
        self.journal.open_intents()
    }

    fn write(&self, entry: &Entry) -> Result<(), StoreError> {
        self.bytes.set(self.bytes.get() + length(entry));
        self.journal.write(entry)
    }

    async fn commit(&self, commit: Commit) -> Result<(), StoreError> {
        let entries: u64 = commit.entries.iter().map(length).sum();
        let head = commit.head.as_ref().map_or(0, length);
        self.bytes.set(self.bytes.get() + entries + head);
        self.journal.commit(commit).await
    }
}

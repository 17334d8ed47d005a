//! The native twin of the Durable Object's storage: a journal in memory.
//!
//! For tests and simulation. Keeps rows as JSON text, as the real one does, so that a record that
//! does not survive serialisation fails here too.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;

use async_trait::async_trait;
use serde_json::Value;

use super::effect::EffectKey;
use super::head::Head;
use super::history::EffectHistory;
use super::journal::{Entry, Record};
use super::store::{Alarm, Commit, JournalError, JournalStore, StoreError};
use onbehalf_clock::Timestamp;

/// A journal in memory. What it holds is what would have survived a crash.
#[derive(Default)]
pub struct MemoryStore {
    rows: RefCell<Vec<String>>,
    /// Positions of the rows of each key in `rows`, as the real one's index on its `key` column.
    keys: RefCell<BTreeMap<String, Vec<usize>>>,
    head: RefCell<Option<String>>,
    alarm: Cell<Option<Timestamp>>,
    /// Commits that succeed before one is refused.
    refuses: Cell<Option<u32>>,
}

impl MemoryStore {
    /// When the alarm rings.
    pub fn alarm(&self) -> Option<Timestamp> {
        self.alarm.get()
    }

    /// Takes the alarm away, as the platform does when it rings.
    pub fn take_alarm(&self) -> Option<Timestamp> {
        self.alarm.take()
    }

    /// Puts an alarm back, as the platform does when a handler died.
    pub fn restore_alarm(&self, at: Timestamp) {
        if self.alarm.get().is_none() {
            self.alarm.set(Some(at));
        }
    }

    /// Makes the next commit fail, once.
    pub fn refuse_next(&self) {
        self.refuse_after(0);
    }

    /// Lets so many commits through, and makes the one after them fail.
    pub fn refuse_after(&self, commits: u32) {
        self.refuses.set(Some(commits));
    }

    /// What is stored now, as an instance that was replaced goes on seeing it.
    pub fn copy(&self) -> Self {
        Self {
            rows: self.rows.clone(),
            keys: self.keys.clone(),
            head: self.head.clone(),
            ..Self::default()
        }
    }

    /// Bytes of all rows.
    pub fn bytes(&self) -> usize {
        self.rows.borrow().iter().map(String::len).sum()
    }

    /// Damages the stored head, as a bug or another release may.
    pub fn damage_head(&self) {
        self.head.replace(Some("{".into()));
    }

    /// Damages the row at this position.
    pub fn damage_row(&self, seq: usize) {
        if let Some(row) = self.rows.borrow_mut().get_mut(seq.wrapping_sub(1)) {
            row.clear();
        }
    }

    fn check(&self) -> Result<(), StoreError> {
        match self.refuses.take() {
            Some(0) => Err(StoreError("refused once, as asked".into())),
            left => {
                self.refuses.set(left.map(|left| left - 1));
                Ok(())
            }
        }
    }

    fn append(&self, entries: &[Entry]) -> Result<(), StoreError> {
        let rows: Vec<String> = entries.iter().map(print).collect::<Result<_, _>>()?;
        for (index, entry) in (self.rows.borrow().len()..).zip(entries) {
            if let Some(key) = entry.record.key() {
                let mut keys = self.keys.borrow_mut();
                keys.entry(key.to_owned()).or_default().push(index);
            }
        }
        self.rows.borrow_mut().extend(rows);
        Ok(())
    }

    fn all(&self) -> Result<Vec<Entry>, JournalError> {
        self.rows.borrow().iter().map(|row| parse(row)).collect()
    }

    fn of_key(&self, key: &str) -> Result<Vec<Entry>, JournalError> {
        let keys = self.keys.borrow();
        let rows = self.rows.borrow();
        let positions = keys.get(key).into_iter().flatten();
        positions.map(|index| parse(&rows[*index])).collect()
    }
}

fn parse<T: serde::de::DeserializeOwned>(text: &str) -> Result<T, JournalError> {
    serde_json::from_str(text).map_err(|error| JournalError::Unreadable(error.to_string()))
}

fn print<T: serde::Serialize>(value: &T) -> Result<String, StoreError> {
    serde_json::to_string(value).map_err(|error| StoreError(error.to_string()))
}

#[async_trait(?Send)]
impl JournalStore for MemoryStore {
    fn head(&self) -> Result<Option<Head>, JournalError> {
        self.head.borrow().as_deref().map(parse).transpose()
    }

    fn last_seq(&self) -> Result<u64, StoreError> {
        Ok(self.rows.borrow().len() as u64)
    }

    fn entry(&self, seq: u64) -> Result<Option<Entry>, JournalError> {
        let index = usize::try_from(seq).unwrap_or(usize::MAX).wrapping_sub(1);
        self.rows
            .borrow()
            .get(index)
            .map(|row| parse(row))
            .transpose()
    }

    fn entries_after(&self, seq: u64, limit: usize) -> Result<Vec<Entry>, JournalError> {
        let skip = usize::try_from(seq).unwrap_or(usize::MAX);
        let rows = self.rows.borrow();
        rows.iter()
            .skip(skip)
            .take(limit)
            .map(|row| parse(row))
            .collect()
    }

    fn entries_of(&self, kinds: &[&str]) -> Result<Vec<Entry>, JournalError> {
        let mut entries = self.all()?;
        entries.retain(|entry| kinds.contains(&entry.record.kind()));
        Ok(entries)
    }

    fn effect(&self, key: &EffectKey) -> Result<EffectHistory, JournalError> {
        Ok(EffectHistory::of(&self.of_key(key.as_str())?))
    }

    fn memo(&self, key: &str) -> Result<Option<Value>, JournalError> {
        let mut entries = self.of_key(key)?.into_iter();
        Ok(entries.find_map(|entry| match entry.record {
            Record::Memo { value, .. } => Some(value),
            _ => None,
        }))
    }

    fn open_intents(&self) -> Result<Vec<EffectKey>, JournalError> {
        let keys: Vec<String> = self.keys.borrow().keys().cloned().collect();
        let mut open = Vec::new();
        for key in keys.iter().map(|key| EffectKey::from_journal(key)) {
            if self.effect(&key)?.open.is_some() {
                open.push(key);
            }
        }
        Ok(open)
    }

    fn write(&self, entry: &Entry) -> Result<(), StoreError> {
        self.check()?;
        self.append(std::slice::from_ref(entry))
    }

    async fn commit(&self, commit: Commit) -> Result<(), StoreError> {
        self.check()?;
        let head = commit.head.as_ref().map(print).transpose()?;
        self.append(&commit.entries)?;
        if head.is_some() {
            self.head.replace(head);
        }
        match commit.alarm {
            Alarm::Keep => {}
            Alarm::At(at) => self.alarm.set(Some(at)),
            Alarm::Clear => self.alarm.set(None),
        }
        Ok(())
    }
}

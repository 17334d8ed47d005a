//! The journal of one run in the SQLite of its object.
//!
//! Append-only. Bodies longer than a part are split over rows, so that no row comes near the
//! platform's limit of 2 MB. All statements of a commit, and the alarm, are issued without giving
//! up control in between: the platform makes them durable together or not at all.

use std::collections::BTreeSet;
use std::rc::Rc;

use async_trait::async_trait;
use serde_json::Value;

use onbehalf_engine::{
    Alarm, Commit, EffectHistory, EffectKey, Entry, Head, JournalError, JournalStore, Record,
    StoreError,
};
use onbehalf_sql::{Row, SqlError, Value as Bound, from_json, to_json};

use super::lines::lines;
use super::shelf::{Shelf, failed};

/// Bytes of a body kept in one row: a sixteenth of the platform's 2 MB row limit.
const PART_BYTES: usize = 128 * 1024;

/// Every row is in exactly one of the two partial indexes: effects by key, milestones by kind.
const SCHEMA: [&str; 4] = [
    "CREATE TABLE IF NOT EXISTS journal (
        seq INTEGER NOT NULL, part INTEGER NOT NULL, kind TEXT NOT NULL, key TEXT,
        body TEXT NOT NULL, PRIMARY KEY (seq, part)) WITHOUT ROWID",
    "CREATE INDEX IF NOT EXISTS journal_by_key ON journal (key, seq, part) WHERE key IS NOT NULL",
    "CREATE INDEX IF NOT EXISTS journal_by_kind ON journal (kind, seq, part) WHERE key IS NULL",
    "CREATE TABLE IF NOT EXISTS head (part INTEGER PRIMARY KEY, body TEXT NOT NULL)",
];

/// SQLite behind the engine's storage trait.
pub struct SqlJournal(Rc<dyn Shelf>);

impl SqlJournal {
    /// Opens the journal, creating its tables where there are none.
    ///
    /// # Errors
    /// When SQLite refuses.
    pub fn open(shelf: Rc<dyn Shelf>) -> Result<Self, StoreError> {
        for statement in SCHEMA {
            shelf.sql().run(statement, &[]).map_err(failed)?;
        }
        Ok(Self(shelf))
    }

    fn query(&self, statement: &str, values: &[Bound]) -> Result<Vec<Row>, SqlError> {
        self.0.sql().query(statement, values)
    }

    fn run(&self, statement: &str, values: &[Bound]) -> Result<(), SqlError> {
        self.0.sql().run(statement, values)
    }

    fn entries(&self, condition: &str, values: &[Bound]) -> Result<Vec<Entry>, JournalError> {
        let statement =
            format!("SELECT seq, body FROM journal WHERE {condition} ORDER BY seq, part");
        let parts = self.query(&statement, values).map_err(unread)?;
        let mut entries = Vec::new();
        let mut parts = parts.iter().peekable();
        while let Some(first) = parts.next() {
            let seq = first.integer(0).map_err(unread)?;
            let mut body = first.text(1).map_err(unread)?.to_owned();
            while let Some(more) = parts.next_if(|part| part.integer(0) == Ok(seq)) {
                body.push_str(more.text(1).map_err(unread)?);
            }
            entries.push(from_json(&body, "an entry").map_err(unread)?);
        }
        Ok(entries)
    }

    fn append(&self, entry: &Entry) -> Result<(), SqlError> {
        let body = to_json(entry, "an entry")?;
        for (part, text) in (0_u32..).zip(parts_of(&body)) {
            self.run(
                "INSERT INTO journal (seq, part, kind, key, body) VALUES (?, ?, ?, ?, ?)",
                &[
                    entry.seq.into(),
                    part.into(),
                    entry.record.kind().into(),
                    entry.record.key().into(),
                    text.into(),
                ],
            )?;
        }
        Ok(())
    }

    fn write_head(&self, head: &Head) -> Result<(), SqlError> {
        let body = to_json(head, "a head")?;
        let mut count = 0_u32;
        for (part, text) in (0_u32..).zip(parts_of(&body)) {
            count = part + 1;
            self.run(
                "INSERT OR REPLACE INTO head (part, body) VALUES (?, ?)",
                &[part.into(), text.into()],
            )?;
        }
        self.run("DELETE FROM head WHERE part >= ?", &[count.into()])
    }

    fn put(&self, commit: &Commit) -> Result<(), SqlError> {
        for entry in &commit.entries {
            self.append(entry)?;
        }
        commit
            .head
            .iter()
            .try_for_each(|head| self.write_head(head))
    }
}

/// What storage would not give, or gave and nobody can read.
fn unread(error: SqlError) -> JournalError {
    match error {
        SqlError::Unreadable { .. } => JournalError::Unreadable(error.to_string()),
        SqlError::Refused(_) | SqlError::Shape { .. } => failed(error).into(),
    }
}

/// The text in pieces of at most [`PART_BYTES`], cut between characters.
fn parts_of(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let mut end = rest.len().min(PART_BYTES);
        while !rest.is_char_boundary(end) {
            end -= 1;
        }
        let (part, after) = rest.split_at(end);
        rest = after;
        Some(part)
    })
}

#[async_trait(?Send)]
impl JournalStore for SqlJournal {
    fn head(&self) -> Result<Option<Head>, JournalError> {
        let parts = self.query("SELECT body FROM head ORDER BY part", &[]);
        let parts = parts.map_err(unread)?;
        let texts = parts.iter().map(|part| part.text(0));
        let body: String = texts.collect::<Result<_, _>>().map_err(unread)?;
        let head = (!body.is_empty()).then(|| from_json(&body, "a head"));
        head.transpose().map_err(unread)
    }

    fn last_seq(&self) -> Result<u64, StoreError> {
        let rows = self.query("SELECT MAX(seq) FROM journal", &[]);
        let rows = rows.map_err(failed)?;
        let last = rows.first().map(|row| row.maybe_integer(0)).transpose();
        let last = last.map_err(failed)?.flatten();
        Ok(last.and_then(|last| u64::try_from(last).ok()).unwrap_or(0))
    }

    fn entry(&self, seq: u64) -> Result<Option<Entry>, JournalError> {
        Ok(self.entries("seq = ?", &[seq.into()])?.pop())
    }

    fn entries_after(&self, seq: u64, limit: usize) -> Result<Vec<Entry>, JournalError> {
        let last = seq.saturating_add(u64::try_from(limit).unwrap_or(u64::MAX));
        self.entries("seq > ? AND seq <= ?", &[seq.into(), last.into()])
    }

    fn entries_of(&self, kinds: &[&str]) -> Result<Vec<Entry>, JournalError> {
        let marks = vec!["?"; kinds.len()].join(", ");
        let condition = format!("key IS NULL AND kind IN ({marks})");
        let kinds: Vec<_> = kinds.iter().map(|kind| (*kind).into()).collect();
        self.entries(&condition, &kinds)
    }

    fn effect(&self, key: &EffectKey) -> Result<EffectHistory, JournalError> {
        let entries = self.entries("key = ?", &[key.as_str().into()])?;
        Ok(EffectHistory::of(&entries))
    }

    fn memo(&self, key: &str) -> Result<Option<Value>, JournalError> {
        let kept = self.entries("key = ?", &[key.into()])?.into_iter();
        Ok(kept
            .map(|entry| entry.record)
            .find_map(|record| match record {
                Record::Memo { value, .. } => Some(value),
                _ => None,
            }))
    }

    fn open_intents(&self) -> Result<Vec<EffectKey>, JournalError> {
        let rows = self.query(
            "SELECT key, kind FROM journal WHERE key IS NOT NULL AND part = 0 ORDER BY seq",
            &[],
        );
        let rows = rows.map_err(unread)?;
        let mut open = BTreeSet::new();
        for row in &rows {
            let key = row.text(0).map_err(unread)?;
            match row.text(1).map_err(unread)? {
                "intent" => open.insert(key),
                "released" | "outcome" => open.remove(key),
                _ => false,
            };
        }
        Ok(open.into_iter().map(EffectKey::from_journal).collect())
    }

    fn write(&self, entry: &Entry) -> Result<(), StoreError> {
        self.append(entry).map_err(failed)
    }

    async fn commit(&self, commit: Commit) -> Result<(), StoreError> {
        self.put(&commit).map_err(failed)?;
        if let Some(head) = &commit.head {
            for line in lines(head, &commit.entries) {
                self.0.note(line);
            }
        }
        let set = match commit.alarm {
            Alarm::Keep => return Ok(()),
            Alarm::At(at) => self.0.set_alarm(Some(at)),
            Alarm::Clear => self.0.set_alarm(None),
        };
        set.await.map_err(failed)
    }
}

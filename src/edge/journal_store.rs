//! The journal of one run in its Durable Object's SQLite.
//!
//! Append-only. Bodies longer than a part are split over rows, so that no row comes near the
//! platform's limit of 2 MB. All statements of a commit, and the alarm, are issued without giving
//! up control in between: the platform makes them durable together or not at all.

use async_trait::async_trait;
use serde::Deserialize;
use serde_json::Value;
use worker::{SqlStorage, Storage};

use super::sql::{execute, integer, optional, query};
use onbehalf_clock::Timestamp;
use onbehalf_engine::{
    Alarm, Commit, EffectHistory, EffectKey, Entry, Head, JournalError, JournalStore, Outcome,
    Record, StoreError,
};

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
pub struct SqlJournal {
    storage: Storage,
    sql: SqlStorage,
}

#[derive(Deserialize)]
struct BodyPart {
    seq: u64,
    body: String,
}

#[derive(Deserialize)]
struct HeadPart {
    body: String,
}

#[derive(Deserialize)]
struct Position {
    seq: Option<u64>,
}

#[derive(Deserialize)]
struct KeyKind {
    key: String,
    kind: String,
}

impl SqlJournal {
    /// Opens the journal, creating its tables where there are none.
    ///
    /// # Errors
    /// When SQLite refuses.
    pub fn open(storage: Storage) -> Result<Self, StoreError> {
        let sql = storage.sql();
        for statement in SCHEMA {
            execute(&sql, statement, Vec::new())?;
        }
        Ok(Self { storage, sql })
    }

    fn entries(
        &self,
        condition: &str,
        bindings: Vec<worker::SqlStorageValue>,
    ) -> Result<Vec<Entry>, JournalError> {
        let statement =
            format!("SELECT seq, body FROM journal WHERE {condition} ORDER BY seq, part");
        let parts: Vec<BodyPart> = query(&self.sql, &statement, bindings)?;
        let mut entries = Vec::new();
        let mut parts = parts.into_iter().peekable();
        while let Some(mut whole) = parts.next() {
            while let Some(more) = parts.next_if(|part| part.seq == whole.seq) {
                whole.body.push_str(&more.body);
            }
            entries.push(parse(&whole.body)?);
        }
        Ok(entries)
    }

    fn append(&self, entry: &Entry) -> Result<(), StoreError> {
        let body = print(entry)?;
        let key = entry.record.key();
        for (part, text) in parts_of(&body).enumerate() {
            execute(
                &self.sql,
                "INSERT INTO journal (seq, part, kind, key, body) VALUES (?, ?, ?, ?, ?)",
                vec![
                    integer(i64::try_from(entry.seq).unwrap_or(i64::MAX)),
                    integer(i64::try_from(part).unwrap_or(i64::MAX)),
                    entry.record.kind().into(),
                    optional(key),
                    text.into(),
                ],
            )?;
        }
        Ok(())
    }

    fn write_head(&self, head: &Head) -> Result<(), StoreError> {
        let body = print(head)?;
        let mut count = 0;
        for (part, text) in parts_of(&body).enumerate() {
            count = part + 1;
            execute(
                &self.sql,
                "INSERT OR REPLACE INTO head (part, body) VALUES (?, ?)",
                vec![
                    integer(i64::try_from(part).unwrap_or(i64::MAX)),
                    text.into(),
                ],
            )?;
        }
        execute(
            &self.sql,
            "DELETE FROM head WHERE part >= ?",
            vec![integer(i64::try_from(count).unwrap_or(i64::MAX))],
        )
    }
}

fn parse<T: serde::de::DeserializeOwned>(text: &str) -> Result<T, JournalError> {
    serde_json::from_slice(text.as_bytes())
        .map_err(|error| JournalError::Unreadable(error.to_string()))
}

fn print<T: serde::Serialize>(value: &T) -> Result<String, StoreError> {
    serde_json::to_string(value).map_err(|error| StoreError(error.to_string()))
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
        let parts: Vec<HeadPart> =
            query(&self.sql, "SELECT body FROM head ORDER BY part", Vec::new())?;
        let body: String = parts.into_iter().map(|part| part.body).collect();
        (!body.is_empty()).then(|| parse(&body)).transpose()
    }

    fn last_seq(&self) -> Result<u64, StoreError> {
        let rows: Vec<Position> =
            query(&self.sql, "SELECT MAX(seq) AS seq FROM journal", Vec::new())?;
        Ok(rows.first().and_then(|row| row.seq).unwrap_or(0))
    }

    fn entry(&self, seq: u64) -> Result<Option<Entry>, JournalError> {
        let seq = integer(i64::try_from(seq).unwrap_or(i64::MAX));
        Ok(self.entries("seq = ?", vec![seq])?.pop())
    }

    fn entries_after(&self, seq: u64, limit: usize) -> Result<Vec<Entry>, JournalError> {
        let first = i64::try_from(seq).unwrap_or(i64::MAX);
        let last = first.saturating_add(i64::try_from(limit).unwrap_or(i64::MAX));
        self.entries("seq > ? AND seq <= ?", vec![integer(first), integer(last)])
    }

    fn entries_of(&self, kinds: &[&str]) -> Result<Vec<Entry>, JournalError> {
        let marks = vec!["?"; kinds.len()].join(", ");
        let condition = format!("key IS NULL AND kind IN ({marks})");
        self.entries(
            &condition,
            kinds.iter().map(|kind| (*kind).into()).collect(),
        )
    }

    fn effect(&self, key: &EffectKey) -> Result<EffectHistory, JournalError> {
        Ok(EffectHistory::of(
            &self.entries("key = ?", vec![key.as_str().into()])?,
        ))
    }

    fn memo(&self, key: &str) -> Result<Option<Value>, JournalError> {
        let kept = self.entries("key = ?", vec![key.into()])?.into_iter();
        Ok(kept
            .map(|entry| entry.record)
            .find_map(|record| match record {
                Record::Memo { value, .. } => Some(value),
                _ => None,
            }))
    }

    fn open_intents(&self) -> Result<Vec<EffectKey>, JournalError> {
        let rows: Vec<KeyKind> = query(
            &self.sql,
            "SELECT key, kind FROM journal WHERE key IS NOT NULL AND part = 0 ORDER BY seq",
            Vec::new(),
        )?;
        let mut open = std::collections::BTreeSet::new();
        for row in &rows {
            match row.kind.as_str() {
                "intent" => open.insert(row.key.as_str()),
                "released" | "outcome" => open.remove(row.key.as_str()),
                _ => false,
            };
        }
        Ok(open.into_iter().map(EffectKey::from_journal).collect())
    }

    fn write(&self, entry: &Entry) -> Result<(), StoreError> {
        self.append(entry)
    }

    async fn commit(&self, commit: Commit) -> Result<(), StoreError> {
        for entry in &commit.entries {
            self.append(entry)?;
        }
        if let Some(head) = &commit.head {
            self.write_head(head)?;
            for entry in &commit.entries {
                log_milestone(head, entry);
                log_end(head, entry);
            }
        }
        let done = match commit.alarm {
            Alarm::Keep => Ok(()),
            Alarm::At(at) => self.storage.set_alarm(scheduled(at)).await,
            Alarm::Clear => self.storage.delete_alarm().await,
        };
        done.map_err(|error| StoreError(error.to_string()))
    }
}

/// One structured line for each thing that happens to a run, by which a log can be searched: run,
/// step, attempt and the trace of the request that began it. What happened inside a step stays in
/// the journal.
fn log_milestone(head: &Head, entry: &Entry) {
    let attempt = match &entry.record {
        Record::StepStarted { attempt, .. } | Record::StepFailed { attempt, .. } => *attempt,
        _ => head.attempt,
    };
    let (seq, attempt) = (entry.seq.to_string(), attempt.to_string());
    super::log::info(
        "run_event",
        &[
            ("run", &head.started.run_id),
            ("type", entry.record.kind()),
            ("step", entry.record.step().unwrap_or_default()),
            ("attempt", &attempt),
            ("seq", &seq),
            ("status", head.status.name()),
            (
                "trace_id",
                head.started.trace_id.as_deref().unwrap_or_default(),
            ),
        ],
    );
}

/// A level of the log.
type Level = fn(&str, &[(&str, &str)]);

/// How a run ended: one line by which an alert can go. Whose run it was is a key that is no name.
fn log_end(head: &Head, entry: &Entry) {
    let failure = match &entry.record {
        Record::Failed { failure } => failure.to_string(),
        Record::Completed { .. } | Record::Cancelled => String::new(),
        _ => return,
    };
    let (level, reason): (Level, String) = match &head.outcome {
        None | Some(Outcome::Done) => (super::log::info, String::new()),
        Some(Outcome::Partial { missing }) => (super::log::warn, missing.join(", ")),
        Some(Outcome::Failed { reason }) => (super::log::error, reason.clone()),
    };
    let counts = head.counts.iter();
    let counts: Vec<String> = counts.map(|(name, it)| format!("{name}={it}")).collect();
    level(
        "run_ended",
        &[
            ("run", &head.started.run_id),
            ("workflow", &head.started.workflow),
            ("owner", &head.started.owner),
            ("status", head.status.name()),
            ("outcome", head.outcome.as_ref().map_or("", Outcome::name)),
            ("reason", &reason),
            ("failure", &failure),
            ("counts", &counts.join(" ")),
        ],
    );
}

/// An absolute alarm time. The crate's plain integers mean an offset from now.
pub fn scheduled(at: Timestamp) -> worker::ScheduledTime {
    let millis = worker::js_sys::Date::new(&wasm_bindgen::JsValue::from_f64(at.millis() as f64));
    worker::ScheduledTime::new(millis)
}

//! Where a run's journal is kept: one narrow trait.
//!
//! A commit is atomic: its rows, the head and the alarm are all there or none is. `edge/`
//! implements this on a Durable Object's SQLite; [`super::memory`] is the native twin.

use async_trait::async_trait;

use super::effect::EffectKey;
use super::head::Head;
use super::history::EffectHistory;
use super::journal::Entry;
use onbehalf_clock::Timestamp;

/// A set of changes that happen together.
#[derive(Clone, Debug)]
pub struct Commit {
    /// Rows to append.
    pub entries: Vec<Entry>,
    /// The head after them, when they change it.
    pub head: Option<Head>,
    /// What happens to the alarm.
    pub alarm: Alarm,
}

/// What a commit does to the run's alarm.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Alarm {
    /// Leave it.
    Keep,
    /// Ring at this time, instead of any other.
    At(Timestamp),
    /// Ring no more.
    Clear,
}

/// Storage failed. The run's in-memory picture can no longer be trusted and is dropped; the next
/// alarm starts from what was committed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("storage failed: {0}")]
pub struct StoreError(pub String);

/// The journal cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum JournalError {
    /// Storage did not answer; it may later.
    #[error(transparent)]
    Storage(#[from] StoreError),
    /// Storage answered with what this deployment cannot read. It never will.
    #[error("unreadable: {0}")]
    Unreadable(String),
}

/// The journal of one run.
#[async_trait(?Send)]
pub trait JournalStore {
    /// The stored head; `None` before the run has started.
    fn head(&self) -> Result<Option<Head>, JournalError>;
    /// Position of the last row; 0 when there is none.
    fn last_seq(&self) -> Result<u64, StoreError>;
    /// The row at this position.
    fn entry(&self, seq: u64) -> Result<Option<Entry>, JournalError>;
    /// Rows after this position, oldest first, at most `limit`.
    fn entries_after(&self, seq: u64, limit: usize) -> Result<Vec<Entry>, JournalError>;
    /// Rows of these kinds, oldest first: the milestones of a run without its effects.
    fn entries_of(&self, kinds: &[&str]) -> Result<Vec<Entry>, JournalError>;
    /// What is known of one effect.
    fn effect(&self, key: &EffectKey) -> Result<EffectHistory, JournalError>;
    /// The value kept under this memo key.
    fn memo(&self, key: &str) -> Result<Option<serde_json::Value>, JournalError>;
    /// Keys of all intents that are neither settled nor released.
    fn open_intents(&self) -> Result<Vec<EffectKey>, JournalError>;
    /// Appends a row within the present turn, before this returns: a request that begins in the
    /// same turn leaves only if the row is there.
    fn write(&self, entry: &Entry) -> Result<(), StoreError>;
    /// Makes all changes, or none. The rows are in place before the first suspension point, so
    /// nothing can come between a decision and its record.
    async fn commit(&self, commit: Commit) -> Result<(), StoreError>;
}

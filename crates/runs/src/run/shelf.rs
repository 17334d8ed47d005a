//! What of a run is kept beside its journal: whose it is, and word that it was here.
//!
//! Owns the tables. Where they are is the platform's, whose statements and alarm that follow each
//! other without a wait are durable together.

use async_trait::async_trait;

use onbehalf_clock::Timestamp;
use onbehalf_engine::StoreError;
use onbehalf_sql::{Sql, SqlError};

use super::keeper::{Seal, Stored};
use crate::note::Note;

const SEAL: &str = "CREATE TABLE IF NOT EXISTS seal (
    id INTEGER PRIMARY KEY CHECK (id = 1), run_id TEXT NOT NULL, workflow TEXT NOT NULL,
    version INTEGER NOT NULL, owner TEXT NOT NULL, context TEXT NOT NULL)";
const WORD: &str = "CREATE TABLE IF NOT EXISTS word (
    id INTEGER PRIMARY KEY CHECK (id = 1), until INTEGER NOT NULL)";

/// Where one run is kept.
#[async_trait(?Send)]
pub trait Shelf {
    /// Its database.
    fn sql(&self) -> &dyn Sql;
    /// Sets the one alarm there is, or none.
    async fn set_alarm(&self, at: Option<Timestamp>) -> Result<(), SqlError>;
    /// Forgets everything, and rings no more.
    async fn clear(&self) -> Result<(), SqlError>;
    /// Takes a line for the log.
    fn note(&self, note: Note);
}

/// Storage that failed, as the engine speaks of it.
pub(super) fn failed(error: SqlError) -> StoreError {
    StoreError(error.to_string())
}

/// What is kept here. Looking leaves nothing behind, so that guessing at names costs whoever
/// guesses.
pub(super) fn stored(shelf: &dyn Shelf) -> Result<Stored, SqlError> {
    let sql = shelf.sql();
    let tables = sql.query(
        "SELECT name FROM sqlite_master WHERE type = 'table' AND name IN ('head', 'word')",
        &[],
    )?;
    let mut found = Stored::Nothing;
    for table in &tables {
        if table.text(0)? == "word" {
            let word = sql.query("SELECT until FROM word", &[])?;
            let until = word.first().map(|row| row.time(0)).transpose()?;
            let until = until.unwrap_or(Timestamp::from_millis(0));
            return Ok(Stored::Word { until });
        }
        found = Stored::Journal;
    }
    Ok(found)
}

/// Keeps a seal, in the present turn.
pub(super) fn seal(shelf: &dyn Shelf, seal: &Seal) -> Result<(), SqlError> {
    let sql = shelf.sql();
    sql.run(SEAL, &[])?;
    sql.run(
        "INSERT OR REPLACE INTO seal (id, run_id, workflow, version, owner, context)
         VALUES (1, ?, ?, ?, ?, ?)",
        &[
            seal.run_id.as_str().into(),
            seal.workflow.as_str().into(),
            seal.version.into(),
            seal.owner.as_str().into(),
            seal.context.as_str().into(),
        ],
    )
}

/// The seal, if one was kept.
pub(super) fn sealed(shelf: &dyn Shelf) -> Result<Option<Seal>, SqlError> {
    let sql = shelf.sql();
    sql.run(SEAL, &[])?;
    let rows = sql.query(
        "SELECT run_id, workflow, version, owner, context FROM seal",
        &[],
    )?;
    let Some(row) = rows.first() else {
        return Ok(None);
    };
    Ok(Some(Seal {
        run_id: row.text(0)?.to_owned(),
        workflow: row.text(1)?.to_owned(),
        version: row.count(2)?,
        owner: row.text(3)?.to_owned(),
        context: row.text(4)?.to_owned(),
    }))
}

/// Puts word in the place of journal and seal, and rings at its end, all at once.
pub(super) async fn bury(shelf: &dyn Shelf, until: Timestamp) -> Result<(), SqlError> {
    let sql = shelf.sql();
    for table in ["journal", "head", "seal"] {
        sql.run(&format!("DROP TABLE IF EXISTS {table}"), &[])?;
    }
    sql.run(WORD, &[])?;
    sql.run(
        "INSERT OR REPLACE INTO word (id, until) VALUES (1, ?)",
        &[until.into()],
    )?;
    shelf.set_alarm(Some(until)).await
}

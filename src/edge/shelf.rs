//! Where the platform keeps one run: its object's SQLite and its alarm.

use async_trait::async_trait;
use worker::{State, Storage};

use super::log::say;
use super::sql::{EdgeSql, refused, set_alarm};
use onbehalf_clock::Timestamp;
use onbehalf_runs::Note;
use onbehalf_runs::run::Shelf;
use onbehalf_sql::{Sql, SqlError};

/// One object's storage.
pub struct EdgeShelf {
    sql: EdgeSql,
    storage: Storage,
}

impl EdgeShelf {
    /// This object's.
    pub fn of(state: &State) -> Self {
        Self {
            sql: EdgeSql::of(state),
            storage: state.storage(),
        }
    }
}

#[async_trait(?Send)]
impl Shelf for EdgeShelf {
    fn sql(&self) -> &dyn Sql {
        &self.sql
    }

    async fn set_alarm(&self, at: Option<Timestamp>) -> Result<(), SqlError> {
        set_alarm(&self.storage, at).await
    }

    /// The rows go first. Were the process to die in between, an alarm without a run would find
    /// nothing, while word without its alarm would be kept for ever.
    async fn clear(&self) -> Result<(), SqlError> {
        let cleared = self.storage.delete_all().await;
        cleared.map_err(|error| refused(&error))?;
        set_alarm(&self.storage, None).await
    }

    fn note(&self, note: Note) {
        say(&note);
    }
}

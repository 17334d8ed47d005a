//! Where a test keeps one run.

use std::cell::{Cell, RefCell};

use async_trait::async_trait;
use onbehalf_clock::Timestamp;
use onbehalf_runs::Note;
use onbehalf_runs::run::Shelf;
use onbehalf_sql::testkit::Database;
use onbehalf_sql::{Row, Sql, SqlError};

/// Where one run is kept: in real SQLite, as on the platform.
#[derive(Default)]
pub struct Cabinet {
    pub sql: Database,
    pub alarm: Cell<Option<Timestamp>>,
    pub notes: RefCell<Vec<Note>>,
}

impl Cabinet {
    pub fn alarm(&self) -> Option<Timestamp> {
        self.alarm.get()
    }

    /// The tables there are.
    pub fn tables(&self) -> Vec<String> {
        let names = "SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name";
        let rows = self.sql.query(names, &[]).expect("tables");
        let name = |row: &Row| row.text(0).expect("a name").to_owned();
        rows.iter().map(name).collect()
    }
}

#[async_trait(?Send)]
impl Shelf for Cabinet {
    fn sql(&self) -> &dyn Sql {
        &self.sql
    }

    async fn set_alarm(&self, at: Option<Timestamp>) -> Result<(), SqlError> {
        self.alarm.set(at);
        Ok(())
    }

    async fn clear(&self) -> Result<(), SqlError> {
        for table in self.tables() {
            self.sql.run(&format!("DROP TABLE {table}"), &[])?;
        }
        self.set_alarm(None).await
    }

    fn note(&self, note: Note) {
        self.notes.borrow_mut().push(note);
    }
}

//! The native twin of the platform's storage.

use std::cell::RefCell;

use rusqlite::Connection;
use rusqlite::types::{ToSqlOutput, ValueRef};

use crate::sql::{Row, Sql, SqlError, Value};

/// Statements that are kept prepared: more than any object has. Simulations would spend a fifth of
/// their time on reading SQL.
const PREPARED: usize = 64;

/// A real SQLite database in memory.
pub struct Database {
    connection: Connection,
    open: RefCell<bool>,
}

impl Default for Database {
    fn default() -> Self {
        Self::empty()
    }
}

impl Database {
    /// A database without tables.
    ///
    /// # Panics
    /// When SQLite cannot open one in memory, which leaves nothing to test.
    pub fn empty() -> Self {
        let connection = Connection::open_in_memory().expect("SQLite opens in memory");
        connection.set_prepared_statement_cache_capacity(PREPARED);
        Self {
            connection,
            open: RefCell::new(false),
        }
    }

    /// Begins a transaction, unless one is under way.
    ///
    /// # Errors
    /// When SQLite refuses.
    pub fn begin(&self) -> Result<(), SqlError> {
        if !self.open.replace(true) {
            self.connection.execute_batch("BEGIN").map_err(refused)?;
        }
        Ok(())
    }

    /// Makes durable what the transaction under way has written.
    ///
    /// # Errors
    /// When SQLite refuses.
    pub fn commit(&self) -> Result<(), SqlError> {
        if self.open.replace(false) {
            self.connection.execute_batch("COMMIT").map_err(refused)?;
        }
        Ok(())
    }

    /// Takes back what the transaction under way has written.
    pub fn rollback(&self) {
        if self.open.replace(false) {
            // Fails only where there is nothing to take back.
            let _ = self.connection.execute_batch("ROLLBACK");
        }
    }
}

impl Sql for Database {
    fn query(&self, statement: &str, values: &[Value]) -> Result<Vec<Row>, SqlError> {
        let mut prepared = self.connection.prepare_cached(statement).map_err(refused)?;
        let columns = prepared.column_count();
        let mut rows = prepared
            .query(rusqlite::params_from_iter(values))
            .map_err(refused)?;
        let mut found = Vec::new();
        while let Some(row) = rows.next().map_err(refused)? {
            let values = (0..columns).map(|column| value(row, column));
            found.push(Row::new(values.collect::<Result<_, _>>()?));
        }
        Ok(found)
    }
}

impl rusqlite::ToSql for Value {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self {
            Self::Null => ValueRef::Null,
            Self::Integer(number) => ValueRef::Integer(*number),
            Self::Text(text) => ValueRef::Text(text.as_bytes()),
        }))
    }
}

fn value(row: &rusqlite::Row<'_>, column: usize) -> Result<Value, SqlError> {
    Ok(match row.get_ref(column).map_err(refused)? {
        ValueRef::Null => Value::Null,
        ValueRef::Integer(number) => Value::Integer(number),
        ValueRef::Text(text) => Value::Text(String::from_utf8_lossy(text).into_owned()),
        ValueRef::Real(_) | ValueRef::Blob(_) => {
            return Err(SqlError::Shape {
                column,
                expected: "a number or a text",
            });
        }
    })
}

#[allow(clippy::needless_pass_by_value, reason = "made for `map_err`")]
fn refused(error: rusqlite::Error) -> SqlError {
    SqlError::Refused(error.to_string())
}

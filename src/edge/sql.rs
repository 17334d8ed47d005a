//! A thin hand on a Durable Object's SQLite: statements in, typed rows out.

use serde::de::DeserializeOwned;
use worker::{SqlStorage, SqlStorageValue};

use onbehalf_engine::StoreError;

/// Runs a statement and reads its rows.
///
/// # Errors
/// With SQLite's message; never with a bound value.
pub fn query<T: DeserializeOwned>(
    sql: &SqlStorage,
    statement: &str,
    bindings: Vec<SqlStorageValue>,
) -> Result<Vec<T>, StoreError> {
    sql.exec(statement, bindings)
        .and_then(|cursor| cursor.to_array())
        .map_err(|error| StoreError(error.to_string()))
}

/// Runs a statement for its effect.
///
/// # Errors
/// With SQLite's message; never with a bound value.
pub fn execute(
    sql: &SqlStorage,
    statement: &str,
    bindings: Vec<SqlStorageValue>,
) -> Result<(), StoreError> {
    sql.exec(statement, bindings)
        .map(|_| ())
        .map_err(|error| StoreError(error.to_string()))
}

/// An integer that SQLite and JavaScript agree on; saturates at 2^53 - 1.
pub fn integer(value: i64) -> SqlStorageValue {
    const LARGEST: i64 = (1 << 53) - 1;
    SqlStorageValue::Integer(value.clamp(-LARGEST, LARGEST))
}

/// A text, or NULL.
pub fn optional(value: Option<&str>) -> SqlStorageValue {
    value.map_or(SqlStorageValue::Null, SqlStorageValue::from)
}

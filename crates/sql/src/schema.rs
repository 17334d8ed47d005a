//! Tables that grow with the code.
//!
//! Owns which steps a database has taken. Step 0 is what the first release created, without a
//! version; a step is never changed once it was deployed, only another is added.

use crate::sql::{Sql, SqlError};

/// The steps that lead to an object's present tables.
pub type Schema = &'static [&'static [&'static str]];

/// Whether nothing was ever brought up to date here. Looking leaves nothing behind.
///
/// # Errors
/// When storage fails.
pub fn is_unused(sql: &dyn Sql) -> Result<bool, SqlError> {
    let named = "SELECT name FROM sqlite_master WHERE type = 'table' AND name = 'schema_version'";
    Ok(sql.query(named, &[])?.is_empty())
}

/// Brings a database up to date. Costs one small read where it is.
///
/// # Errors
/// When storage fails.
pub fn bring_up_to_date(sql: &dyn Sql, schema: Schema) -> Result<(), SqlError> {
    sql.run(
        "CREATE TABLE IF NOT EXISTS schema_version (
            id INTEGER PRIMARY KEY CHECK (id = 1), version INTEGER NOT NULL)",
        &[],
    )?;
    let rows = sql.query("SELECT version FROM schema_version", &[])?;
    let taken = rows.first().map_or(Ok(0), |row| row.count(0))?;
    for (number, step) in (0_u32..).zip(schema).filter(|(number, _)| *number >= taken) {
        for statement in *step {
            sql.run(statement, &[])?;
        }
        sql.run(
            "INSERT OR REPLACE INTO schema_version (id, version) VALUES (1, ?)",
            &[(number + 1).into()],
        )?;
    }
    Ok(())
}

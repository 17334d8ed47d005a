//! Messages an object owes others, kept until they were taken.
//!
//! Owns when each is sent again. An errand is stored in the turn that decided it, so no crash
//! loses it; whoever gets it must bear getting it twice.

use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use onbehalf_clock::Timestamp;
use onbehalf_sql::{Row, Sql, SqlError, Value, to_json};

use crate::backoff::pause_after;
use crate::letter::{Letter, Undelivered};
use crate::object::{CALL_DEADLINE, Turn};

/// The table every object keeps its errands in.
pub const TABLE: &str = "CREATE TABLE IF NOT EXISTS errands (
    number INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL UNIQUE, letter TEXT NOT NULL,
    due INTEGER NOT NULL, failures INTEGER NOT NULL DEFAULT 0, since INTEGER NOT NULL)";
/// Its index.
pub const INDEX: &str = "CREATE INDEX IF NOT EXISTS errands_by_due ON errands (due)";

/// Errands taken in one turn; each is a subrequest of the invocation, and a thousand are allowed.
const BATCH: u32 = 200;
/// Failures of one errand after which each further one is told to the log as an error would be.
const WORTH_A_WARNING: u32 = 3;

/// From when on a message that nobody has taken is shown to those it concerns. Six tries have failed
/// by then: a deployment or an object that moves is over, and something is wrong.
const LATE_AFTER: Duration = Duration::from_secs(5 * 60);

/// A message that is being sent.
#[derive(Clone, Debug, PartialEq)]
pub struct Errand {
    number: i64,
    /// What it is for, within its object.
    pub name: String,
    /// The message.
    pub letter: Letter,
    /// How often it has failed before.
    pub failures: u32,
}

/// Notes a message to be sent in this turn. One of the same name that was not taken yet is
/// replaced.
///
/// # Errors
/// When storage fails.
pub fn put(turn: &Turn<'_>, name: &str, letter: &Letter) -> Result<(), SqlError> {
    turn.sql.run(
        "INSERT OR REPLACE INTO errands (name, letter, due, failures, since)
         VALUES (?, ?, ?, 0, ?)",
        &[
            name.into(),
            to_json(letter, "a message")?.into(),
            turn.now.into(),
            turn.now.into(),
        ],
    )
}

/// Takes a message back that needs no sending any more.
///
/// # Errors
/// When storage fails.
pub fn withdraw(turn: &Turn<'_>, name: &str) -> Result<(), SqlError> {
    let named = [name.into()];
    turn.sql.run("DELETE FROM errands WHERE name = ?", &named)
}

/// The errands to send now. Each is put off before it is sent, so that one that kills its process
/// does not come back at once.
///
/// # Errors
/// When storage fails.
pub fn take_due(turn: &Turn<'_>) -> Result<Vec<Errand>, SqlError> {
    let rows = turn.sql.query(
        "SELECT number, name, failures, letter FROM errands WHERE due <= ? ORDER BY due, number
         LIMIT ?",
        &[turn.now.into(), BATCH.into()],
    )?;
    let mut errands = Vec::new();
    for row in rows {
        let (number, failures) = (row.integer(0)?, row.count(2)?);
        let again = turn.now.plus(CALL_DEADLINE + pause_after(failures + 1));
        turn.sql.run(
            "UPDATE errands SET due = ?, failures = failures + 1 WHERE number = ?",
            &[again.into(), number.into()],
        )?;
        match read(&row) {
            Ok(errand) => errands.push(errand),
            // Kept for whoever reads the log; it keeps none of the others waiting.
            Err(error) => turn.note(
                "errand_unreadable",
                vec![("name", row.text(1)?.into()), ("error", error.to_string())],
            ),
        }
    }
    Ok(errands)
}

fn read(row: &Row) -> Result<Errand, SqlError> {
    Ok(Errand {
        number: row.integer(0)?,
        name: row.text(1)?.to_owned(),
        failures: row.count(2)?,
        letter: row.json(3, "a message")?,
    })
}

/// Forgets an errand that was taken; puts one off that was not.
///
/// # Errors
/// When storage fails.
pub fn settle(
    turn: &Turn<'_>,
    errand: &Errand,
    taken: Result<(), Undelivered>,
) -> Result<(), SqlError> {
    let number = Value::from(errand.number);
    let Err(error) = taken else {
        return turn
            .sql
            .run("DELETE FROM errands WHERE number = ?", &[number]);
    };
    put_off(turn, errand, &error)
}

/// Puts an errand off that was answered, but has to be repeated later.
///
/// # Errors
/// When storage fails.
pub fn put_off(turn: &Turn<'_>, errand: &Errand, why: &dyn ToString) -> Result<(), SqlError> {
    let failures = errand.failures + 1;
    if failures >= WORTH_A_WARNING {
        turn.note(
            "errand_late",
            vec![
                ("to", errand.letter.class().into()),
                ("failures", failures.to_string()),
                ("error", why.to_string()),
            ],
        );
    }
    let again = turn.now.plus(pause_after(failures));
    turn.sql.run(
        "UPDATE errands SET due = ? WHERE number = ?",
        &[again.into(), errand.number.into()],
    )
}

/// When the next errand is due.
///
/// # Errors
/// When storage fails.
pub fn next_due(sql: &dyn Sql) -> Result<Option<Timestamp>, SqlError> {
    let rows = sql.query("SELECT MIN(due) FROM errands", &[])?;
    rows.first().map_or(Ok(None), |row| row.maybe_time(0))
}

/// Messages that nobody has taken for long, for whoever they concern. To whom and about whom is not
/// said.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Late {
    /// How many there are.
    pub count: u32,
    /// Since when the oldest waits.
    pub since: Timestamp,
}

/// What was not taken within `LATE_AFTER`.
///
/// # Errors
/// When storage fails.
pub fn late(turn: &Turn<'_>) -> Result<Option<Late>, SqlError> {
    let rows = turn.sql.query(
        "SELECT COUNT(*), MIN(since) FROM errands WHERE since <= ?",
        &[turn.now.minus(LATE_AFTER).into()],
    )?;
    let Some(row) = rows.first() else {
        return Ok(None);
    };
    let count = row.count(0)?;
    Ok(row.maybe_time(1)?.map(|since| Late { count, since }))
}

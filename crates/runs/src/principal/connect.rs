//! Connect flows under way, under the hash of their `state`. Each is good once.

use std::time::Duration;

use onbehalf_sql::SqlError;

use crate::contract::{ConnectAttempt, TakenAttempt};
use crate::names::{BrowserHash, ConnectorName, StateHash};
use crate::object::Turn;

/// How long a used or expired flow is remembered, to tell "used" from "unknown".
const ATTEMPT_MEMORY: Duration = Duration::from_secs(24 * 3600);

pub fn begin(turn: &Turn<'_>, attempt: &ConnectAttempt) -> Result<(), SqlError> {
    let forgotten = turn.now.minus(ATTEMPT_MEMORY);
    turn.sql.run(
        "DELETE FROM connect_attempts WHERE expires_at < ?",
        &[forgotten.into()],
    )?;
    turn.sql.run(
        "INSERT INTO connect_attempts (state_hash, connector, browser_hash, expires_at)
         VALUES (?, ?, ?, ?)",
        &[
            attempt.state_hash.as_str().into(),
            attempt.connector.as_str().into(),
            attempt.browser_hash.as_str().into(),
            attempt.expires_at.into(),
        ],
    )
}

pub fn take(turn: &Turn<'_>, state_hash: &StateHash) -> Result<TakenAttempt, SqlError> {
    let rows = turn.sql.query(
        "SELECT connector, browser_hash, expires_at, used FROM connect_attempts
         WHERE state_hash = ?",
        &[state_hash.as_str().into()],
    )?;
    let Some(row) = rows.first() else {
        return Ok(TakenAttempt::Unknown);
    };
    if row.integer(3)? != 0 {
        return Ok(TakenAttempt::AlreadyUsed);
    }
    let expires_at = row.time(2)?;
    if expires_at <= turn.now {
        return Ok(TakenAttempt::Expired);
    }
    turn.sql.run(
        "UPDATE connect_attempts SET used = 1 WHERE state_hash = ?",
        &[state_hash.as_str().into()],
    )?;
    Ok(TakenAttempt::Taken(ConnectAttempt {
        state_hash: state_hash.clone(),
        connector: ConnectorName::new(row.text(0)?),
        browser_hash: BrowserHash::new(row.text(1)?),
        expires_at,
    }))
}

//! What was used of an app's allowance. The arithmetic is the connector layer's.

use onbehalf_clock::Timestamp;
use onbehalf_connector::{Given, Lane, Rate, Used};
use onbehalf_sql::SqlError;

use super::{HoldLane, TakeTurns};
use crate::object::Turn;

pub fn take(turn: &Turn<'_>, rate: Rate, ask: &TakeTurns) -> Result<Given, SqlError> {
    let mut used = used(turn, ask.lane)?;
    let given = used.take(rate, turn.now, ask.wanted);
    keep(turn, ask.lane, used)?;
    Ok(given)
}

pub fn hold(turn: &Turn<'_>, rate: Rate, hold: &HoldLane) -> Result<(), SqlError> {
    let mut used = used(turn, hold.lane)?;
    used.hold(rate, turn.now.plus(hold.pause));
    keep(turn, hold.lane, used)
}

fn used(turn: &Turn<'_>, lane: Lane) -> Result<Used, SqlError> {
    let rows = turn.sql.query(
        "SELECT used_until FROM allowances WHERE lane = ?",
        &[lane.name().into()],
    )?;
    let until: Option<Timestamp> = rows.first().map(|row| row.time(0)).transpose()?;
    Ok(until.map_or_else(Used::default, Used::up_to))
}

fn keep(turn: &Turn<'_>, lane: Lane, used: Used) -> Result<(), SqlError> {
    let Some(until) = used.until() else {
        return Ok(());
    };
    turn.sql.run(
        "INSERT OR REPLACE INTO allowances (lane, used_until) VALUES (?, ?)",
        &[lane.name().into(), until.into()],
    )
}

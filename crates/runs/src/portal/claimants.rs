//! Which attempt of each run has spoken last.
//!
//! Owns what tells a message that comes late. A call between objects that has taken too long is given
//! up by whoever made it, and may still arrive: after the run's next attempt has claimed again what
//! the message gives up, or after the run has given up what the message claims.

use onbehalf_engine::Fence;
use onbehalf_sql::SqlError;

use super::Claimant;
use super::claims::UNSETTLED_LIFE;
use crate::object::Turn;

/// Runs remembered for one portal; beyond, those that spoke longest ago are forgotten first. More than
/// start in one portal within a day.
const MOST_CLAIMANTS: u32 = 20_000;

/// What a run has done last.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Spoke {
    fence: Fence,
    /// An attempt claims first and settles then.
    settled: bool,
}

/// Whether a claim counts: no later attempt has spoken, and this one has not settled.
pub fn may_claim(turn: &Turn<'_>, by: &Claimant) -> Result<bool, SqlError> {
    speak(turn, by, false)
}

/// Whether a settlement is the latest word; `false` where a later attempt has spoken.
pub fn has_settled(turn: &Turn<'_>, by: &Claimant) -> Result<bool, SqlError> {
    speak(turn, by, true)
}

fn speak(turn: &Turn<'_>, by: &Claimant, settled: bool) -> Result<bool, SqlError> {
    // An older Worker says nothing of attempts, and is taken at its word.
    if by.fence == Fence::default() {
        return Ok(true);
    }
    let speaks = Spoke {
        fence: by.fence,
        settled,
    };
    let run_id = by.run_id.as_str();
    let rows = turn.sql.query(
        "SELECT fence, settled FROM claimants WHERE run_id = ?",
        &[run_id.into()],
    )?;
    let before = rows.first().map(|row| -> Result<Spoke, SqlError> {
        Ok(Spoke {
            fence: Fence::stored(row.integer(0)?.unsigned_abs()),
            settled: row.count(1)? != 0,
        })
    });
    let before = before.transpose()?;
    if before.is_some_and(|before| speaks < before) {
        return Ok(false);
    }
    if before != Some(speaks) {
        turn.sql.run(
            "INSERT OR REPLACE INTO claimants (run_id, fence, settled, expires_at) VALUES (?, ?, ?, ?)",
            &[
                run_id.into(),
                by.fence.number().into(),
                u32::from(settled).into(),
                turn.now.plus(UNSETTLED_LIFE).into(),
            ],
        )?;
        forget(turn)?;
    }
    Ok(true)
}

/// Forgets whose claims have ended by themselves: nothing is under way for so long.
fn forget(turn: &Turn<'_>) -> Result<(), SqlError> {
    turn.sql.run(
        "DELETE FROM claimants WHERE expires_at <= ?",
        &[turn.now.into()],
    )?;
    turn.sql.run(
        "DELETE FROM claimants WHERE run_id IN (
            SELECT run_id FROM claimants ORDER BY expires_at DESC LIMIT -1 OFFSET ?)",
        &[MOST_CLAIMANTS.into()],
    )
}

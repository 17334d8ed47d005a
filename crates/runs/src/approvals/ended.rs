//! How an organization's runs have ended, for those who operate for it: counts by day, and nothing of
//! whose a run was or what it was about.
//!
//! A run is kept by its name, so that news of an end that comes twice counts once.

use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use onbehalf_clock::Timestamp;
use onbehalf_engine::{Outcome, RunStatus};
use onbehalf_sql::{Row, SqlError, to_json};

use crate::names::WorkflowId;
use crate::object::Turn;
use crate::principal::status;
use crate::run_id::RunId;

/// How long an end is counted: a quarter, which is as far back as anybody may ask.
pub const COUNTED_FOR: Duration = Duration::from_secs(90 * 24 * 3600);
/// Most counts in one answer. A day has one for each workflow and each way in which its runs end.
const MOST_COUNTS: u32 = 5_000;

pub const TABLE: &str = "CREATE TABLE ended (
    run_id TEXT PRIMARY KEY, day TEXT NOT NULL, workflow TEXT NOT NULL, status TEXT NOT NULL,
    outcome TEXT) WITHOUT ROWID";
pub const INDEX: &str = "CREATE INDEX ended_by_day ON ended (day)";

/// A run has ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NoteEnd {
    /// The run.
    pub run_id: RunId,
    /// Of which workflow.
    pub workflow: WorkflowId,
    /// How.
    pub status: RunStatus,
    /// Whether it did its job.
    pub outcome: Option<Outcome>,
    /// When.
    pub at: Timestamp,
}

/// Counts the runs that have ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CountEnded {
    /// From the beginning of this day on.
    pub since: Timestamp,
}

/// How many runs ended alike on one day.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct EndedCount {
    /// The day in UTC, `2026-11-26`.
    pub day: String,
    /// Of which workflow.
    #[schemars(with = "String")]
    pub workflow: WorkflowId,
    /// How they ended.
    #[schemars(with = "crate::view::RunStatusSchema")]
    pub status: RunStatus,
    /// Whether they did their job, and why not, in the workflow's words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<crate::view::OutcomeSchema>")]
    pub outcome: Option<Outcome>,
    /// How many they are.
    pub runs: u32,
}

pub fn note(turn: &Turn<'_>, end: &NoteEnd) -> Result<(), SqlError> {
    let outcome = end.outcome.as_ref();
    let outcome = outcome.map(|it| to_json(it, "an outcome")).transpose()?;
    turn.sql.run(
        "INSERT OR IGNORE INTO ended (run_id, day, workflow, status, outcome)
         VALUES (?, ?, ?, ?, ?)",
        &[
            end.run_id.as_str().into(),
            end.at.date().into(),
            end.workflow.as_str().into(),
            end.status.name().into(),
            outcome.into(),
        ],
    )?;
    let forgotten = turn.now.minus(COUNTED_FOR).date();
    turn.sql
        .run("DELETE FROM ended WHERE day < ?", &[forgotten.into()])
}

pub fn count(turn: &Turn<'_>, asked: CountEnded) -> Result<Vec<EndedCount>, SqlError> {
    let rows = turn.sql.query(
        "SELECT day, workflow, status, outcome, COUNT(*) FROM ended WHERE day >= ?
         GROUP BY day, workflow, status, outcome ORDER BY day, workflow, status, outcome LIMIT ?",
        &[asked.since.date().into(), MOST_COUNTS.into()],
    )?;
    rows.iter().map(counted).collect()
}

fn counted(row: &Row) -> Result<EndedCount, SqlError> {
    Ok(EndedCount {
        day: row.text(0)?.to_owned(),
        workflow: WorkflowId::new(row.text(1)?),
        status: status(row, 2)?,
        outcome: row.maybe_json(3, "an outcome")?,
        runs: row.count(4)?,
    })
}

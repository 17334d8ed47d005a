//! The index of a principal's runs, as it is read.

use onbehalf_clock::Timestamp;
use onbehalf_engine::{RunStatus, Started};
use onbehalf_sql::{Row, SqlError};

use super::{Found, WaitingRun};
use crate::approval_mode::ApprovalMode;
use crate::contract::{OutcomeKind, RunPage, RunQuery, RunSummary};
use crate::names::WorkflowId;
use crate::object::Turn;
use crate::outbox;
use crate::run_id::RunId;

pub fn list(turn: &Turn<'_>, wanted: &RunQuery) -> Result<RunPage, SqlError> {
    let before = wanted
        .before
        .map_or(i64::MAX, |it| i64::try_from(it).unwrap_or(i64::MAX));
    let mut rows = turn.sql.query(
        &format!(
            "SELECT {SUMMARY} FROM runs
             WHERE workflow = ?1 AND (?2 IS NULL OR status = ?2) AND position < ?3
                AND (?5 IS NULL OR outcome ->> 'kind' = ?5) AND (?6 IS NULL OR started_at >= ?6)
             ORDER BY position DESC LIMIT ?4"
        ),
        &[
            wanted.workflow.as_str().into(),
            wanted.filter.status.map(RunStatus::name).into(),
            before.into(),
            (i64::from(wanted.limit) + 1).into(),
            wanted.filter.outcome.map(OutcomeKind::name).into(),
            wanted.filter.since.map(Timestamp::millis).into(),
        ],
    )?;
    let limit = usize::try_from(wanted.limit).unwrap_or(usize::MAX);
    let more = rows.len() > limit;
    rows.truncate(limit);
    let last = rows.last().filter(|_| more);
    let next = last.map(|row| row.integer(0)).transpose()?;
    let runs = rows.iter().map(summary).collect::<Result<_, _>>()?;
    Ok(RunPage {
        runs,
        next: next.and_then(|position| u64::try_from(position).ok()),
        late: outbox::late(turn)?,
    })
}

/// The latest run of each of these workflows, newest first.
pub fn latest(turn: &Turn<'_>, of: &[WorkflowId]) -> Result<Vec<RunSummary>, SqlError> {
    let newest =
        format!("SELECT {SUMMARY} FROM runs WHERE workflow = ? ORDER BY position DESC LIMIT 1");
    let mut found = Vec::new();
    for workflow in of {
        found.extend(turn.sql.query(&newest, &[workflow.as_str().into()])?);
    }
    let mut placed = found
        .iter()
        .map(|row| Ok((row.integer(0)?, summary(row)?)))
        .collect::<Result<Vec<_>, SqlError>>()?;
    placed.sort_by_key(|(position, _)| std::cmp::Reverse(*position));
    Ok(placed.into_iter().map(|(_, run)| run).collect())
}

/// What [`summary`] reads, behind the position.
const SUMMARY: &str = "position, run_id, workflow, status, started_at, ended_at, trigger_name, \
                       queued, outcome, counts";

fn summary(row: &Row) -> Result<RunSummary, SqlError> {
    Ok(RunSummary {
        run_id: RunId::stored(row.text(1)?),
        workflow: WorkflowId::new(row.text(2)?),
        status: status(row, 3)?,
        started_at: row.time(4)?,
        ended_at: row.maybe_time(5)?,
        trigger: row.text(6)?.to_owned(),
        queued: row.integer(7)? != 0,
        outcome: row.maybe_json(8, "an outcome")?,
        counts: row.json(9, "counts")?,
    })
}

/// A status by its name.
pub fn status(row: &Row, column: usize) -> Result<RunStatus, SqlError> {
    let name = row.text(column)?;
    let known = RunStatus::ALL.into_iter().find(|it| it.name() == name);
    known.ok_or(SqlError::Shape {
        column,
        expected: "a status",
    })
}

/// A mode by its name.
pub fn mode(row: &Row, column: usize) -> Result<ApprovalMode, SqlError> {
    let expected = "an approval mode";
    ApprovalMode::named(row.text(column)?).ok_or(SqlError::Shape { column, expected })
}

pub fn find(turn: &Turn<'_>, run_id: &RunId) -> Result<Option<Found>, SqlError> {
    let rows = turn.sql.query(
        "SELECT unconfirmed, started_at, queued FROM runs WHERE run_id = ?",
        &[run_id.as_str().into()],
    )?;
    let Some(row) = rows.first() else {
        return Ok(None);
    };
    if row.maybe_text(0)?.is_none() {
        return Ok(Some(Found::Begun));
    }
    Ok(Some(Found::Waiting(Box::new(WaitingRun {
        started: row.json::<Started>(0, "a start")?,
        since: row.time(1)?,
        queued: row.integer(2)? != 0,
    }))))
}

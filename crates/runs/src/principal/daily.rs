//! The daily run of a principal: on or off, its own next time, and what became of each tick.
//!
//! Two ways lead here, the principal's own alarm and a sweep of the shard; a tick that has a run
//! has one for good. What cannot be started now is tried again until the next tick, and is said
//! where the user looks.

use std::time::Duration;

use onbehalf_clock::Timestamp;
use onbehalf_identity::RequestContext;
use onbehalf_sql::{Row, SqlError, to_json};

use super::index::mode;
use super::starts::{self, NewRun};
use super::{NotStarted, StartForTick, TickStart, WithdrawFor, WriteSchedule};
use crate::approval_mode::ApprovalMode;
use crate::contract::{Overlap, Schedule, Start, Tenant, TickView};
use crate::letter::Ask as _;
use crate::names::{OwnerKey, WorkflowId};
use crate::object::Turn;
use crate::outbox;
use crate::rules::Rules;
use crate::run_id::RunId;
use crate::schedule::{Cron, Enrol, Shard, Withdraw, offset};

/// When a tick that could not be started is tried again.
const TRY_AGAIN: Duration = Duration::from_secs(10 * 60);
/// Ticks remembered for the schedule's answer: a month of days.
const TICKS_REMEMBERED: u32 = 31;
/// Begins the idempotency key under which an older release started a day's run.
const OLD_TICK_KEY: &str = "\u{1}tick:";

/// A schedule as it is stored.
struct Stored {
    workflow: WorkflowId,
    owner: Option<OwnerKey>,
    context: Option<RequestContext>,
    enabled_at: Option<Timestamp>,
    ended_because: Option<String>,
    next_at: Option<Timestamp>,
    approval: ApprovalMode,
}

const COLUMNS: &str = "workflow, owner, context, enabled_at, ended_because, next_at, approval";

impl Stored {
    fn read(row: &Row) -> Result<Self, SqlError> {
        Ok(Self {
            workflow: WorkflowId::new(row.text(0)?),
            owner: row.maybe_text(1)?.map(OwnerKey::new),
            context: row.maybe_json(2, "an identity")?,
            enabled_at: row.maybe_time(3)?,
            ended_because: row.maybe_text(4)?.map(str::to_owned),
            next_at: row.maybe_time(5)?,
            approval: mode(row, 6)?,
        })
    }

    fn of(turn: &Turn<'_>, workflow: &WorkflowId) -> Result<Option<Self>, SqlError> {
        let rows = turn.sql.query(
            &format!("SELECT {COLUMNS} FROM schedules WHERE workflow = ?"),
            &[workflow.as_str().into()],
        )?;
        rows.first().map(Self::read).transpose()
    }
}

/// Reads the schedule for its user.
pub fn read(
    turn: &Turn<'_>,
    rules: &dyn Rules,
    workflow: &WorkflowId,
) -> Result<Schedule, SqlError> {
    let stored = Stored::of(turn, workflow)?;
    let ticks = turn.sql.query(
        "SELECT tick, run_id, joined, problem FROM ticks WHERE workflow = ?
         ORDER BY tick DESC LIMIT ?",
        &[workflow.as_str().into(), TICKS_REMEMBERED.into()],
    )?;
    let ticks: Vec<TickView> = ticks.iter().map(tick_view).collect::<Result<_, _>>()?;
    let last_run_id = match ticks.iter().find_map(|tick| tick.run_id.clone()) {
        Some(run_id) => Some(run_id),
        None => last_scheduled(turn, workflow)?,
    };
    let enabled_at = stored.as_ref().and_then(|it| it.enabled_at);
    Ok(Schedule {
        enabled: enabled_at.is_some(),
        cron: rules
            .cron(workflow)
            .map(|cron| cron.to_string())
            .unwrap_or_default(),
        enabled_at,
        approval: stored.as_ref().map(|it| it.approval).unwrap_or_default(),
        next_at: stored
            .as_ref()
            .filter(|_| enabled_at.is_some())
            .and_then(|it| it.next_at),
        ended_because: stored.and_then(|it| it.ended_because),
        last_run_id,
        ticks,
    })
}

/// The schedule of each of these workflows, in this order.
pub fn each(
    turn: &Turn<'_>,
    rules: &dyn Rules,
    of: &[WorkflowId],
) -> Result<Vec<Schedule>, SqlError> {
    of.iter().map(|it| read(turn, rules, it)).collect()
}

fn tick_view(row: &Row) -> Result<TickView, SqlError> {
    Ok(TickView {
        at: row.time(0)?,
        run_id: row.maybe_text(1)?.map(RunId::stored),
        joined: row.maybe_integer(2)? == Some(1),
        problem: row.maybe_text(3)?.map(str::to_owned),
    })
}

/// The latest scheduled run from before ticks were kept.
fn last_scheduled(turn: &Turn<'_>, workflow: &WorkflowId) -> Result<Option<RunId>, SqlError> {
    let rows = turn.sql.query(
        "SELECT run_id FROM runs WHERE trigger_name = 'schedule' AND workflow = ?
         ORDER BY position DESC LIMIT 1",
        &[workflow.as_str().into()],
    )?;
    let run_id = rows.first().map(|row| row.text(0)).transpose()?;
    Ok(run_id.map(RunId::stored))
}

/// Switches the schedule on or off. The shard is told as soon as it can be reached.
pub fn write(
    turn: &Turn<'_>,
    rules: &dyn Rules,
    write: &WriteSchedule,
) -> Result<Schedule, SqlError> {
    match (&write.context, rules.cron(&write.workflow)) {
        (Some(context), Some(cron)) => enable(turn, rules, cron, write, context)?,
        _ => disable(turn, &write.owner, &write.workflow, None)?,
    }
    read(turn, rules, &write.workflow)
}

fn enable(
    turn: &Turn<'_>,
    rules: &dyn Rules,
    cron: Cron,
    write: &WriteSchedule,
    context: &RequestContext,
) -> Result<(), SqlError> {
    let mut context = context.clone();
    // Each day's run is a trace of its own, not part of the request that switched it on.
    context.trace_id = None;
    let next_at = next_time(turn.now, cron, &write.owner, rules);
    turn.sql.run(
        "INSERT INTO schedules (workflow, owner, context, enabled_at, next_at, approval)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6)
         ON CONFLICT DO UPDATE SET owner = ?2, context = ?3, ended_because = NULL,
            enabled_at = COALESCE(enabled_at, ?4), next_at = ?5, approval = ?6",
        &[
            write.workflow.as_str().into(),
            write.owner.as_str().into(),
            to_json(&context, "an identity")?.into(),
            turn.now.into(),
            next_at.into(),
            write.approval.name().into(),
        ],
    )?;
    let enrol = Enrol {
        owner: write.owner.clone(),
        workflow: write.workflow.clone(),
        context,
        at: turn.now,
    };
    let name = shard_errand(&write.workflow);
    outbox::put(turn, &name, &enrol.letter(Shard::of(&write.owner)))
}

fn disable(
    turn: &Turn<'_>,
    owner: &OwnerKey,
    workflow: &WorkflowId,
    because: Option<String>,
) -> Result<(), SqlError> {
    turn.sql.run(
        "UPDATE schedules SET enabled_at = NULL, context = NULL, next_at = NULL, ended_because = ?
         WHERE workflow = ?",
        &[because.into(), workflow.as_str().into()],
    )?;
    let withdraw = Withdraw {
        owner: owner.clone(),
        workflow: workflow.clone(),
    };
    let name = shard_errand(workflow);
    outbox::put(turn, &name, &withdraw.letter(Shard::of(owner)))
}

/// One name for both, so that the latest word replaces one that was not taken yet.
fn shard_errand(workflow: &WorkflowId) -> String {
    format!("enrolment:{workflow}")
}

/// Switches the schedule off for an operator of the organization it runs in.
pub fn withdraw_for(turn: &Turn<'_>, it: &WithdrawFor) -> Result<bool, SqlError> {
    let Some(stored) = Stored::of(turn, &it.workflow)? else {
        return Ok(false);
    };
    let theirs = stored.context.as_ref().map(Tenant::of) == Some(it.tenant.clone());
    if !theirs || it.tenant.org_id.is_none() || stored.enabled_at.is_none() {
        return Ok(false);
    }
    let because = "an operator of the organization has switched it off".to_owned();
    disable(turn, &it.owner, &it.workflow, Some(because))?;
    Ok(true)
}

/// A sweep asks for a tick.
pub fn start_for_tick(
    turn: &Turn<'_>,
    rules: &dyn Rules,
    start: StartForTick,
) -> Result<TickStart, SqlError> {
    let Some(mut stored) = Stored::of(turn, &start.workflow)? else {
        return Ok(TickStart::NotEnrolled);
    };
    if stored.enabled_at.is_some() && stored.context.is_none() {
        // Enrolled before this object kept the identity.
        turn.sql.run(
            "UPDATE schedules SET owner = ?, context = ? WHERE workflow = ?",
            &[
                start.owner.as_str().into(),
                to_json(&start.context, "an identity")?.into(),
                start.workflow.as_str().into(),
            ],
        )?;
        stored.owner = Some(start.owner);
        stored.context = Some(start.context);
    }
    serve(turn, rules, stored, start.tick)
}

/// The principal's own alarm: every schedule whose time has come.
pub fn start_what_is_due(turn: &Turn<'_>, rules: &dyn Rules) -> Result<(), SqlError> {
    let rows = turn.sql.query(
        &format!("SELECT {COLUMNS} FROM schedules WHERE enabled_at IS NOT NULL AND next_at <= ?"),
        &[turn.now.into()],
    )?;
    for row in rows {
        // Put off first: a schedule that cannot be read rings again later, not at once.
        set_next(turn, row.text(0)?, turn.now.plus(TRY_AGAIN))?;
        let stored = match Stored::read(&row) {
            Ok(stored) => stored,
            Err(error) => {
                turn.note("schedule_unreadable", vec![("error", error.to_string())]);
                continue;
            }
        };
        let (Some(owner), Some(cron)) = (&stored.owner, rules.cron(&stored.workflow)) else {
            continue;
        };
        let tick = cron.latest(turn.now.minus(offset(owner, rules.spread())));
        serve(turn, rules, stored, tick)?;
    }
    Ok(())
}

/// Starts the run of a tick, once.
fn serve(
    turn: &Turn<'_>,
    rules: &dyn Rules,
    stored: Stored,
    tick: Timestamp,
) -> Result<TickStart, SqlError> {
    let (Some(enabled_at), Some(owner), Some(context)) =
        (stored.enabled_at, &stored.owner, &stored.context)
    else {
        return Ok(TickStart::NotEnrolled);
    };
    let workflow = &stored.workflow;
    let Some(cron) = rules.cron(workflow) else {
        return note_problem(turn, workflow, tick, NotStarted::NoSuchWorkflow);
    };
    let next_at = next_time(turn.now, cron, owner, rules);
    if tick < enabled_at || has_run(turn, workflow, tick)? {
        set_next(turn, workflow.as_str(), next_at)?;
        return Ok(TickStart::Already);
    }
    let lifetime = rules.enrolment_lifetime();
    if last_sign(turn, enabled_at)?.plus(lifetime) <= turn.now {
        let days = lifetime.as_secs() / (24 * 3600);
        let because = format!("its user was not seen for {days} days");
        disable(turn, owner, workflow, Some(because))?;
        return Ok(TickStart::NotEnrolled);
    }
    let context = match rules.bridged(owner, context) {
        Ok(context) => context,
        Err(error) => {
            return note_problem(turn, workflow, tick, NotStarted::Identity(error.0));
        }
    };
    let new = NewRun {
        owner: owner.clone(),
        context,
        workflow: workflow.clone(),
        input: serde_json::json!({}),
        trigger: "schedule",
        overlap: Overlap::Join,
        approval: stored.approval,
    };
    let (run_id, joined) = match starts::begin(turn, rules, new)? {
        Start::Started { run_id, .. } | Start::Queued { run_id, .. } => (run_id, 0_u32),
        Start::Joined { run_id } => (run_id, 1),
        // No key is given, so none can have been used before.
        Start::TooManyRuns | Start::KeyReused => {
            return note_problem(turn, workflow, tick, NotStarted::TooManyRuns);
        }
        Start::NoSuchWorkflow => {
            return note_problem(turn, workflow, tick, NotStarted::NoSuchWorkflow);
        }
        Start::NoPlan => return note_problem(turn, workflow, tick, NotStarted::NoPlan),
        Start::Denied => return note_problem(turn, workflow, tick, NotStarted::Denied),
    };
    turn.sql.run(
        "INSERT OR REPLACE INTO ticks (workflow, tick, run_id, joined, at) VALUES (?, ?, ?, ?, ?)",
        &[
            workflow.as_str().into(),
            tick.into(),
            run_id.as_str().into(),
            joined.into(),
            turn.now.into(),
        ],
    )?;
    turn.sql.run(
        "DELETE FROM ticks WHERE workflow = ?1 AND tick NOT IN (
            SELECT tick FROM ticks WHERE workflow = ?1 ORDER BY tick DESC LIMIT ?2)",
        &[workflow.as_str().into(), TICKS_REMEMBERED.into()],
    )?;
    set_next(turn, workflow.as_str(), next_at)?;
    Ok(TickStart::Started { run_id })
}

/// Says why a tick has no run yet, and tries again.
fn note_problem(
    turn: &Turn<'_>,
    workflow: &WorkflowId,
    tick: Timestamp,
    why: NotStarted,
) -> Result<TickStart, SqlError> {
    turn.note("tick_not_started", vec![("why", why.to_string())]);
    turn.sql.run(
        "INSERT INTO ticks (workflow, tick, problem, at) VALUES (?1, ?2, ?3, ?4)
         ON CONFLICT DO UPDATE SET problem = ?3, at = ?4 WHERE run_id IS NULL",
        &[
            workflow.as_str().into(),
            tick.into(),
            why.to_string().into(),
            turn.now.into(),
        ],
    )?;
    set_next(turn, workflow.as_str(), turn.now.plus(TRY_AGAIN))?;
    Ok(TickStart::NotNow(why))
}

fn has_run(turn: &Turn<'_>, workflow: &WorkflowId, tick: Timestamp) -> Result<bool, SqlError> {
    let old_key = format!("{OLD_TICK_KEY}{}", tick.date());
    let rows = turn.sql.query(
        "SELECT 1 FROM ticks WHERE workflow = ? AND tick = ? AND run_id IS NOT NULL
         UNION ALL SELECT 1 FROM idempotency_keys WHERE key = ?",
        &[workflow.as_str().into(), tick.into(), old_key.into()],
    )?;
    Ok(!rows.is_empty())
}

/// When the user was last seen, or switched the schedule on.
fn last_sign(turn: &Turn<'_>, enabled_at: Timestamp) -> Result<Timestamp, SqlError> {
    let rows = turn.sql.query("SELECT at FROM seen", &[])?;
    let seen = rows.first().map(|row| row.time(0)).transpose()?;
    Ok(seen.map_or(enabled_at, |seen| seen.max(enabled_at)))
}

fn next_time(now: Timestamp, cron: Cron, owner: &OwnerKey, rules: &dyn Rules) -> Timestamp {
    let offset = offset(owner, rules.spread());
    cron.next(now.minus(offset)).plus(offset)
}

fn set_next(turn: &Turn<'_>, workflow: &str, at: Timestamp) -> Result<(), SqlError> {
    turn.sql.run(
        "UPDATE schedules SET next_at = ? WHERE workflow = ?",
        &[at.into(), workflow.into()],
    )
}

/// When the next schedule's time comes.
pub fn next_due(turn: &Turn<'_>) -> Result<Option<Timestamp>, SqlError> {
    let rows = turn.sql.query(
        "SELECT MIN(next_at) FROM schedules WHERE enabled_at IS NOT NULL",
        &[],
    )?;
    rows.first().map_or(Ok(None), |row| row.maybe_time(0))
}

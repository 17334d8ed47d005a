//! Starting runs: once for each idempotency key, once for what is asked for again and again, and one
//! at a time for each workflow unless the caller says otherwise.

use std::time::Duration;

use onbehalf_clock::Random;
use onbehalf_engine::{Outcome, RunStatus, Started};
use onbehalf_identity::RequestContext;
use onbehalf_sql::{SqlError, from_json, to_json};
use sha2::{Digest, Sha256};

use super::index::{mode, status};
use super::{CancelWaiting, NoteStatus};
use crate::approval_mode::ApprovalMode;
use crate::contract::{Overlap, Repeats, Start, StartRun};
use crate::hex::hex;
use crate::letter::Ask as _;
use crate::names::{IdempotencyKey, OwnerKey, WorkflowId};
use crate::object::Turn;
use crate::outbox::{self, Errand};
use crate::rules::Rules;
use crate::run::{LookAfter, StartThis};
use crate::run_id::RunId;
use crate::tool_call::{Decide, TOOL_CALL};

/// Runs of one principal that may be open at once. A person's workflow runs daily; this stops a
/// loop, not a user. Direct calls are counted by themselves, so that neither takes the other's place.
pub const OPEN_RUN_LIMIT: u32 = 100;
/// Direct calls of one principal that may wait at once, for a person or a connection or their turn. A
/// call that waits does nothing, and may wait for weeks.
pub const WAITING_CALL_LIMIT: u32 = 1000;
/// How long an idempotency key is remembered.
const KEY_LIFETIME: Duration = Duration::from_secs(48 * 3600);
const NAME_OF_START: &str = "start:";
const NAME_OF_LOOK: &str = "look:";

/// What a run is begun with, whoever asks for it.
pub struct NewRun {
    pub owner: OwnerKey,
    pub context: RequestContext,
    pub workflow: WorkflowId,
    pub input: serde_json::Value,
    pub trigger: &'static str,
    pub overlap: Overlap,
    /// The approval it asks for, at the least.
    pub approval: ApprovalMode,
}

pub fn start(turn: &Turn<'_>, rules: &dyn Rules, start: StartRun) -> Result<Start, SqlError> {
    let asked = start.repeats.as_ref().map_or(&start.input, |it| &it.of);
    let input = to_json(&(&start.workflow, asked), "an input")?;
    let sameness = start.repeats.as_ref().map(|_| sameness(&input));
    if start.idempotency_key.is_some() || sameness.is_some() {
        forget_old_keys(turn)?;
    }
    if let Some(key) = &start.idempotency_key {
        if let Some(known) = known_key(turn, key, &input)? {
            return Ok(known);
        }
    } else if let (Some(repeats), Some(sameness)) = (&start.repeats, &sameness)
        && let Some(known) = repeated(turn, repeats, sameness)?
    {
        return Ok(known);
    }
    let key = start.idempotency_key;
    let begun = begin(
        turn,
        rules,
        NewRun {
            owner: start.owner,
            context: start.context,
            workflow: start.workflow,
            input: start.input,
            trigger: "request",
            overlap: start.overlap,
            // What the caller asks for stands in the input.
            approval: ApprovalMode::None,
        },
    )?;
    if let Some(run_id) = begun.run_id() {
        // What was asked for with a key may be repeated without.
        for key in [key, sameness].into_iter().flatten() {
            remember(turn, &key, &input, run_id)?;
        }
    }
    Ok(begun)
}

/// Begins keys that no caller can send: theirs are visible characters.
const OWN_KEYS: &str = "\u{1}same:";

/// The key of all starts that ask for the same. JSON is written with its members in order, so the same
/// input has the same text.
fn sameness(input: &str) -> IdempotencyKey {
    let digest = Sha256::digest(input.as_bytes());
    IdempotencyKey::new(format!("{OWN_KEYS}{}", hex(&digest)))
}

/// A key is remembered while its run is open and for its time after that has ended.
fn forget_old_keys(turn: &Turn<'_>) -> Result<(), SqlError> {
    turn.sql.run(
        "DELETE FROM idempotency_keys WHERE at < ?1 AND NOT EXISTS (
            SELECT 1 FROM runs WHERE runs.run_id = idempotency_keys.run_id
            AND (runs.ended_at IS NULL OR runs.ended_at >= ?1))",
        &[turn.now.minus(KEY_LIFETIME).into()],
    )
}

fn remember(
    turn: &Turn<'_>,
    key: &IdempotencyKey,
    input: &str,
    run_id: &RunId,
) -> Result<(), SqlError> {
    turn.sql.run(
        "INSERT OR REPLACE INTO idempotency_keys (key, input, run_id, at) VALUES (?, ?, ?, ?)",
        &[
            key.as_str().into(),
            input.into(),
            run_id.as_str().into(),
            turn.now.into(),
        ],
    )
}

/// The run that asked for the same, if this repeats it.
fn repeated(
    turn: &Turn<'_>,
    repeats: &Repeats,
    sameness: &IdempotencyKey,
) -> Result<Option<Start>, SqlError> {
    let rows = turn.sql.query(
        "SELECT runs.run_id, runs.ended_at, runs.outcome FROM idempotency_keys
         JOIN runs ON runs.run_id = idempotency_keys.run_id WHERE idempotency_keys.key = ?",
        &[sameness.as_str().into()],
    )?;
    let Some(row) = rows.first() else {
        return Ok(None);
    };
    let run_id = RunId::stored(row.text(0)?);
    let over = match row.maybe_time(1)? {
        Some(ended_at) => ended_at.plus(repeats.within) <= turn.now,
        None => false,
    };
    let outcome = row.maybe_json(2, "an outcome")?;
    let came_to_nothing = match outcome {
        Some(Outcome::Failed { reason }) => repeats.unless_failed_as.contains(&reason),
        Some(Outcome::Done | Outcome::Partial { .. }) | None => false,
    };
    let fresh = false;
    Ok((!over && !came_to_nothing).then_some(Start::Started { run_id, fresh }))
}

fn known_key(
    turn: &Turn<'_>,
    key: &IdempotencyKey,
    input: &str,
) -> Result<Option<Start>, SqlError> {
    let rows = turn.sql.query(
        "SELECT input, run_id FROM idempotency_keys WHERE key = ?",
        &[key.as_str().into()],
    )?;
    let Some(row) = rows.first() else {
        return Ok(None);
    };
    Ok(Some(if row.text(0)? == input {
        Start::Started {
            run_id: RunId::stored(row.text(1)?),
            fresh: false,
        }
    } else {
        Start::KeyReused
    }))
}

/// Begins a run, or answers with the one there is. What this answers with is stored: it will
/// begin, even where nobody can be reached at the moment.
pub fn begin(turn: &Turn<'_>, rules: &dyn Rules, new: NewRun) -> Result<Start, SqlError> {
    let Some(version) = rules.version(&new.workflow) else {
        return Ok(Start::NoSuchWorkflow);
    };
    let least = match rules.decided(&new.workflow, &new.context) {
        Decide::Allow => new.approval,
        Decide::Ask => new.approval.max(ApprovalMode::Required),
        Decide::Deny => return Ok(Start::Denied),
    };
    // What is written by nobody needs nobody's approval, and is nothing that others could rely on.
    let aside = rules.runs_dry(&new.workflow, &new.input);
    let asked = match aside {
        true => Ok((new.input, ApprovalMode::None)),
        false => rules.asking(&new.workflow, new.input, least),
    };
    let Ok((input, approval)) = asked else {
        return Ok(Start::NoPlan);
    };
    let open = match aside {
        true => None,
        false => open_run(turn, &new.workflow)?,
    };
    if let (Overlap::Join, Some(open)) = (new.overlap, &open)
        && open.can_be_joined(approval)
    {
        let run_id = open.run_id.clone();
        // Whoever joins relies on it, and it may have lost its alarm.
        let name = format!("{NAME_OF_LOOK}{run_id}");
        outbox::put(turn, &name, &LookAfter {}.letter(run_id.clone()))?;
        return Ok(Start::Joined { run_id });
    }
    if !has_room(turn, &new.workflow)? {
        return Ok(Start::TooManyRuns);
    }
    // What cannot be joined is waited for.
    let behind = open.filter(|_| new.overlap != Overlap::Allow);
    let run_id = RunId::mint(&new.owner, turn.random);
    let mut context = new.context;
    let trace_id = context.trace_id.take();
    let trace_id = trace_id.unwrap_or_else(|| new_trace_id(turn.random));
    context.trace_id = Some(trace_id.clone());
    let started = Started {
        run_id: run_id.as_str().to_owned(),
        workflow: new.workflow.as_str().to_owned(),
        version,
        owner: new.owner.as_str().to_owned(),
        context: serde_json::to_value(&context).map_err(|_| SqlError::Unreadable {
            what: "an identity",
            why: "not JSON".into(),
        })?,
        input,
        trace_id: Some(trace_id),
    };
    turn.sql.run(
        "INSERT INTO runs (run_id, workflow, status, started_at, trigger_name, unconfirmed, queued,
            approval, aside)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        &[
            run_id.as_str().into(),
            started.workflow.as_str().into(),
            RunStatus::Running.name().into(),
            turn.now.into(),
            new.trigger.into(),
            to_json(&started, "a start")?.into(),
            u32::from(behind.is_some()).into(),
            approval.name().into(),
            u32::from(aside).into(),
        ],
    )?;
    if let Some(open) = behind {
        let behind = open.run_id;
        return Ok(Start::Queued { run_id, behind });
    }
    tell(turn, &run_id, started)?;
    Ok(Start::Started {
        run_id,
        fresh: true,
    })
}

/// A run that has not ended.
struct OpenRun {
    run_id: RunId,
    status: RunStatus,
    approval: ApprovalMode,
}

impl OpenRun {
    /// Whether it does what another start asks for: one that is being cancelled does not, and
    /// neither does one that writes after less approval.
    fn can_be_joined(&self, approval: ApprovalMode) -> bool {
        let goes_on = matches!(self.status, RunStatus::Running | RunStatus::Suspended);
        goes_on && self.approval >= approval
    }
}

/// The latest open run of a workflow that is not itself waiting for another, and writes.
fn open_run(turn: &Turn<'_>, workflow: &WorkflowId) -> Result<Option<OpenRun>, SqlError> {
    let rows = turn.sql.query(
        "SELECT run_id, status, approval FROM runs INDEXED BY open_runs
         WHERE ended_at IS NULL AND workflow = ? AND aside = 0
         ORDER BY queued, position DESC LIMIT 1",
        &[workflow.as_str().into()],
    )?;
    let Some(row) = rows.first() else {
        return Ok(None);
    };
    Ok(Some(OpenRun {
        run_id: RunId::stored(row.text(0)?),
        status: status(row, 1)?,
        approval: mode(row, 2)?,
    }))
}

/// Whether another run of this workflow may be opened.
fn has_room(turn: &Turn<'_>, workflow: &WorkflowId) -> Result<bool, SqlError> {
    if workflow.as_str() != TOOL_CALL {
        return Ok(open_count(turn, "workflow <> ?1")? < OPEN_RUN_LIMIT);
    }
    let waiting = open_count(turn, "workflow = ?1 AND status = 'suspended'")?;
    let under_way = open_count(turn, "workflow = ?1 AND status <> 'suspended'")?;
    Ok(waiting < WAITING_CALL_LIMIT && under_way < OPEN_RUN_LIMIT)
}

/// Open runs of which this is true; `?1` is the workflow of direct calls.
fn open_count(turn: &Turn<'_>, which: &'static str) -> Result<u32, SqlError> {
    let rows = turn.sql.query(
        &format!(
            "SELECT COUNT(*) FROM runs INDEXED BY open_runs WHERE ended_at IS NULL AND {which}"
        ),
        &[TOOL_CALL.into()],
    )?;
    rows.first().map_or(Ok(0), |row| row.count(0))
}

fn tell(turn: &Turn<'_>, run_id: &RunId, started: Started) -> Result<(), SqlError> {
    let letter = StartThis(started).letter(run_id.clone());
    outbox::put(turn, &format!("{NAME_OF_START}{run_id}"), &letter)
}

/// A run that has taken its start needs no telling any more.
pub fn confirm(turn: &Turn<'_>, errand: &Errand) -> Result<(), SqlError> {
    let Some(run_id) = errand.name.strip_prefix(NAME_OF_START) else {
        return Ok(());
    };
    turn.sql.run(
        "UPDATE runs SET unconfirmed = NULL WHERE run_id = ?",
        &[run_id.into()],
    )
}

/// Finds starts that no errand is under way for: those an older release has left.
pub fn tell_whoever_was_not_told(turn: &Turn<'_>) -> Result<(), SqlError> {
    let rows = turn.sql.query(
        "SELECT run_id, unconfirmed FROM runs INDEXED BY unconfirmed_runs
         WHERE unconfirmed IS NOT NULL AND queued = 0
         AND NOT EXISTS (SELECT 1 FROM errands WHERE name = 'start:' || run_id)
         ORDER BY position",
        &[],
    )?;
    for row in rows {
        match row.json::<Started>(1, "a start") {
            Ok(started) => tell(turn, &RunId::stored(row.text(0)?), started)?,
            // It stays in the list, as one that never began; it keeps none of the others waiting.
            Err(error) => turn.note(
                "start_unreadable",
                vec![("run", row.text(0)?.into()), ("error", error.to_string())],
            ),
        }
    }
    Ok(())
}

/// News that a dying process sent may come late: an end is never taken back. Whoever sends news has
/// begun, so it must not be told to begin again: it may have ended and been forgotten since.
pub fn note_status(turn: &Turn<'_>, note: &NoteStatus) -> Result<(), SqlError> {
    let outcome = note.outcome.as_ref();
    let outcome = outcome.map(|it| to_json(it, "an outcome")).transpose()?;
    turn.sql.run(
        "UPDATE runs SET status = ?, ended_at = ?, outcome = ?, counts = ?, unconfirmed = NULL
         WHERE run_id = ? AND ended_at IS NULL",
        &[
            note.status.name().into(),
            note.ended_at.into(),
            outcome.into(),
            to_json(&note.counts, "counts")?.into(),
            note.run_id.as_str().into(),
        ],
    )?;
    outbox::withdraw(turn, &format!("{NAME_OF_START}{}", note.run_id))?;
    if note.ended_at.is_some() {
        begin_next(turn, &note.run_id)?;
    }
    Ok(())
}

/// Begins the oldest run that waits, where no other of its workflow is open.
fn begin_next(turn: &Turn<'_>, ended: &RunId) -> Result<(), SqlError> {
    let rows = turn.sql.query(
        "SELECT run_id, unconfirmed FROM runs AS next
         WHERE ended_at IS NULL AND queued = 1
         AND workflow = (SELECT workflow FROM runs WHERE run_id = ?)
         AND NOT EXISTS (SELECT 1 FROM runs AS open WHERE open.ended_at IS NULL
             AND open.queued = 0 AND open.aside = 0 AND open.workflow = next.workflow)
         ORDER BY position LIMIT 1",
        &[ended.as_str().into()],
    )?;
    let Some(row) = rows.first() else {
        return Ok(());
    };
    let run_id = RunId::stored(row.text(0)?);
    let started = from_json(row.text(1)?, "a start")?;
    turn.sql.run(
        "UPDATE runs SET queued = 0 WHERE run_id = ?",
        &[run_id.as_str().into()],
    )?;
    tell(turn, &run_id, started)
}

/// Takes a run out of the queue; one that has been told to begin is the run's own to cancel.
pub fn cancel_waiting(turn: &Turn<'_>, cancel: &CancelWaiting) -> Result<bool, SqlError> {
    let rows = turn.sql.query(
        "UPDATE runs SET status = ?, ended_at = ?, unconfirmed = NULL, queued = 0
         WHERE run_id = ? AND queued = 1 AND ended_at IS NULL RETURNING run_id",
        &[
            RunStatus::Cancelled.name().into(),
            turn.now.into(),
            cancel.run_id.as_str().into(),
        ],
    )?;
    Ok(!rows.is_empty())
}

/// A trace of its own for a run whose request belongs to none (W3C Trace Context, section 3.2.2.3).
fn new_trace_id(random: &dyn Random) -> String {
    let mut bytes = [0_u8; 16];
    random.fill(&mut bytes);
    // All zeros are invalid.
    bytes[15] |= 1;
    hex(&bytes)
}

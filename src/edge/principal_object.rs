//! One principal's own object: run index, idempotency keys, schedule, connect flows.
//!
//! Named by the principal's key, so that whatever is asked of it can only concern that principal.
//! A run's index row is written before the run is started and confirmed after; the alarm starts
//! what a crash left unconfirmed.

use std::time::Duration;

use serde::Deserialize;
use worker::{DurableObject, Env, Request, Response, SqlStorage, State, durable_object};

use super::binding::{call, reply};
use super::clock::{EdgeClock, EdgeRandom};
use super::messages::{
    BeginConnect, Enrol, ListRuns, NoteStatus, PrincipalMessage, StartThis, TakeConnect, Withdraw,
    WriteSchedule,
};
use super::schedule_object::shard_of;
use super::sql::{execute, integer, optional, query};
use onbehalf_clock::Timestamp;
use onbehalf_clock::{Clock, Random};
use onbehalf_engine::{RunStatus, Started, StoreError};
use onbehalf_runs::{
    BackendError, ConnectAttempt, RunPage, RunQuery, RunSummary, Schedule, Start, StartRun,
    TakenAttempt,
};

/// The daily run, UTC; the same expression as in `wrangler.toml`.
pub const DAILY_CRON: &str = "0 8 * * *";
/// Runs of one principal that may be open at once. A person's workflow runs daily; this stops a
/// loop, not a user.
const OPEN_RUN_LIMIT: u32 = 100;
/// How long an idempotency key is remembered.
const KEY_LIFETIME: Duration = Duration::from_secs(48 * 3600);
/// When unconfirmed starts are looked at again.
const CONFIRM_AGAIN: Duration = Duration::from_secs(5);
/// How long a used or expired connect flow is remembered, to tell "used" from "unknown".
const ATTEMPT_MEMORY: Duration = Duration::from_secs(24 * 3600);

/// The index of runs is kept for good, so what each start asks of it must not depend on its length.
const SCHEMA: [&str; 6] = [
    "CREATE TABLE IF NOT EXISTS runs (
        position INTEGER PRIMARY KEY AUTOINCREMENT, run_id TEXT NOT NULL UNIQUE,
        workflow TEXT NOT NULL, status TEXT NOT NULL, started_at INTEGER NOT NULL,
        ended_at INTEGER, trigger_name TEXT NOT NULL, unconfirmed TEXT)",
    "CREATE INDEX IF NOT EXISTS open_runs ON runs (position) WHERE ended_at IS NULL",
    "CREATE INDEX IF NOT EXISTS unconfirmed_runs ON runs (position) WHERE unconfirmed IS NOT NULL",
    "CREATE TABLE IF NOT EXISTS idempotency_keys (
        key TEXT PRIMARY KEY, input TEXT NOT NULL, run_id TEXT NOT NULL, at INTEGER NOT NULL)",
    "CREATE TABLE IF NOT EXISTS schedule (
        id INTEGER PRIMARY KEY CHECK (id = 1), enabled_at INTEGER)",
    "CREATE TABLE IF NOT EXISTS connect_attempts (
        state_hash TEXT PRIMARY KEY, connector TEXT NOT NULL, browser_hash TEXT NOT NULL,
        expires_at INTEGER NOT NULL, used INTEGER NOT NULL DEFAULT 0)",
];

/// A principal's object.
#[durable_object]
pub struct PrincipalObject {
    state: State,
    env: Env,
}

#[derive(Deserialize)]
struct RunRow {
    position: i64,
    run_id: String,
    workflow: String,
    status: RunStatus,
    started_at: i64,
    ended_at: Option<i64>,
    trigger_name: String,
}

#[derive(Deserialize)]
struct KeyRow {
    input: String,
    run_id: String,
}

#[derive(Deserialize)]
struct Count {
    count: u32,
}

#[derive(Deserialize)]
struct Unconfirmed {
    run_id: String,
    unconfirmed: String,
}

#[derive(Deserialize)]
struct ScheduleRow {
    enabled_at: Option<i64>,
}

#[derive(Deserialize)]
struct AttemptRow {
    connector: String,
    browser_hash: String,
    expires_at: i64,
    used: i64,
}

/// Why the object could not answer.
#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error(transparent)]
    Storage(#[from] StoreError),
    #[error(transparent)]
    Backend(#[from] BackendError),
    #[error("serialisation: {0}")]
    Json(#[from] serde_json::Error),
    #[error("platform: {0}")]
    Platform(#[from] worker::Error),
}

impl DurableObject for PrincipalObject {
    fn new(state: State, env: Env) -> Self {
        Self { state, env }
    }

    async fn fetch(&self, mut request: Request) -> worker::Result<Response> {
        const CLASS: &str = "principal";
        let message = request.json::<PrincipalMessage>().await?;
        for statement in SCHEMA {
            if let Err(error) = execute(&self.sql(), statement, Vec::new()) {
                return reply::<(), _>(CLASS, Err(error));
            }
        }
        match message {
            PrincipalMessage::StartRun(start) => reply(CLASS, self.start_run(start).await),
            PrincipalMessage::ListRuns(ListRuns(query)) => reply(CLASS, self.list_runs(&query)),
            PrincipalMessage::NoteStatus(note) => reply(CLASS, self.note_status(&note)),
            PrincipalMessage::ReadSchedule(_) => reply(CLASS, self.schedule()),
            PrincipalMessage::WriteSchedule(write) => {
                reply(CLASS, self.write_schedule(write).await)
            }
            PrincipalMessage::BeginConnect(BeginConnect(attempt)) => {
                reply(CLASS, self.begin_connect(&attempt))
            }
            PrincipalMessage::TakeConnect(TakeConnect { state_hash }) => {
                reply(CLASS, self.take_connect(&state_hash))
            }
        }
    }

    async fn alarm(&self) -> worker::Result<Response> {
        if let Err(error) = self.confirm_starts().await {
            super::log::warn("starts_unconfirmed", &[("error", &error.to_string())]);
            self.state.storage().set_alarm(CONFIRM_AGAIN).await?;
        }
        Response::empty()
    }
}

impl PrincipalObject {
    fn sql(&self) -> SqlStorage {
        self.state.storage().sql()
    }

    async fn start_run(&self, mut start: StartRun) -> Result<Start, Failure> {
        let sql = self.sql();
        let now = EdgeClock.now();
        let input = serde_json::to_string(&(&start.workflow, &start.input))?;
        if let Some(key) = &start.idempotency_key {
            execute(
                &sql,
                "DELETE FROM idempotency_keys WHERE at < ?",
                vec![integer(now.minus(KEY_LIFETIME).millis())],
            )?;
            let rows: Vec<KeyRow> = query(
                &sql,
                "SELECT input, run_id FROM idempotency_keys WHERE key = ?",
                vec![key.as_str().into()],
            )?;
            if let Some(row) = rows.into_iter().next() {
                return Ok(if row.input == input {
                    Start::Started {
                        run_id: row.run_id,
                        fresh: false,
                    }
                } else {
                    Start::KeyReused
                });
            }
        }
        let open: Vec<Count> = query(
            &sql,
            "SELECT COUNT(*) AS count FROM runs WHERE ended_at IS NULL",
            Vec::new(),
        )?;
        if open.first().is_some_and(|row| row.count >= OPEN_RUN_LIMIT) {
            return Ok(Start::TooManyRuns);
        }
        let run_id = new_run_id();
        let scheduled = start
            .idempotency_key
            .as_deref()
            .is_some_and(|key| key.starts_with(super::schedule_object::TICK_KEY_PREFIX));
        let trace_id = start.context.trace_id.get_or_insert_with(new_trace_id);
        let trace_id = Some(trace_id.clone());
        let started = Started {
            run_id: run_id.clone(),
            workflow: start.workflow,
            version: super::WORKFLOW_VERSION,
            owner: start.owner,
            context: serde_json::to_value(&start.context)?,
            input: start.input,
            trace_id,
        };
        execute(
            &sql,
            "INSERT INTO runs (run_id, workflow, status, started_at, trigger_name, unconfirmed)
             VALUES (?, ?, ?, ?, ?, ?)",
            vec![
                run_id.as_str().into(),
                started.workflow.as_str().into(),
                RunStatus::Running.name().into(),
                integer(now.millis()),
                if scheduled { "schedule" } else { "request" }.into(),
                serde_json::to_string(&started)?.into(),
            ],
        )?;
        if let Some(key) = &start.idempotency_key {
            execute(
                &sql,
                "INSERT INTO idempotency_keys (key, input, run_id, at) VALUES (?, ?, ?, ?)",
                vec![
                    key.as_str().into(),
                    input.into(),
                    run_id.as_str().into(),
                    integer(now.millis()),
                ],
            )?;
        }
        self.state.storage().set_alarm(CONFIRM_AGAIN).await?;
        self.confirm(&run_id, started).await?;
        Ok(Start::Started {
            run_id,
            fresh: true,
        })
    }

    async fn confirm(&self, run_id: &str, started: Started) -> Result<(), Failure> {
        call(&self.env, run_id, StartThis(started)).await?;
        execute(
            &self.sql(),
            "UPDATE runs SET unconfirmed = NULL WHERE run_id = ?",
            vec![run_id.into()],
        )?;
        Ok(())
    }

    async fn confirm_starts(&self) -> Result<(), Failure> {
        let waiting: Vec<Unconfirmed> = query(
            &self.sql(),
            "SELECT run_id, unconfirmed FROM runs WHERE unconfirmed IS NOT NULL ORDER BY position",
            Vec::new(),
        )?;
        // One that cannot be started keeps no other waiting.
        let mut failed = None;
        for row in waiting {
            let confirmed = match serde_json::from_str(&row.unconfirmed) {
                Ok(started) => self.confirm(&row.run_id, started).await,
                Err(error) => Err(error.into()),
            };
            failed = failed.or(confirmed.err());
        }
        failed.map_or(Ok(()), Err)
    }

    fn list_runs(&self, wanted: &RunQuery) -> Result<RunPage, Failure> {
        let mut rows: Vec<RunRow> = query(
            &self.sql(),
            "SELECT position, run_id, workflow, status, started_at, ended_at, trigger_name
             FROM runs WHERE workflow = ?1 AND (?2 IS NULL OR status = ?2) AND position < ?3
             ORDER BY position DESC LIMIT ?4",
            vec![
                wanted.workflow.as_str().into(),
                optional(wanted.status.map(RunStatus::name)),
                integer(
                    wanted
                        .before
                        .map_or(i64::MAX, |before| i64::try_from(before).unwrap_or(i64::MAX)),
                ),
                integer(i64::from(wanted.limit) + 1),
            ],
        )?;
        let more = rows.len() > wanted.limit as usize;
        rows.truncate(wanted.limit as usize);
        let next = rows
            .last()
            .filter(|_| more)
            .and_then(|row| u64::try_from(row.position).ok());
        let runs = rows
            .into_iter()
            .map(|row| RunSummary {
                run_id: row.run_id,
                workflow: row.workflow,
                status: row.status,
                started_at: Timestamp::from_millis(row.started_at),
                ended_at: row.ended_at.map(Timestamp::from_millis),
                trigger: row.trigger_name,
            })
            .collect();
        Ok(RunPage { runs, next })
    }

    /// News that a dying process sent may come late: an end is never taken back.
    fn note_status(&self, note: &NoteStatus) -> Result<(), Failure> {
        execute(
            &self.sql(),
            "UPDATE runs SET status = ?, ended_at = ? WHERE run_id = ? AND ended_at IS NULL",
            vec![
                note.status.name().into(),
                note.ended_at
                    .map_or(worker::SqlStorageValue::Null, |at| integer(at.millis())),
                note.run_id.as_str().into(),
            ],
        )?;
        Ok(())
    }

    fn schedule(&self) -> Result<Schedule, Failure> {
        let rows: Vec<ScheduleRow> = query(
            &self.sql(),
            "SELECT enabled_at FROM schedule WHERE id = 1",
            Vec::new(),
        )?;
        let enabled_at = rows.first().and_then(|row| row.enabled_at);
        let last: Vec<KeyRow> = query(
            &self.sql(),
            "SELECT '' AS input, run_id FROM runs WHERE trigger_name = 'schedule'
             ORDER BY position DESC LIMIT 1",
            Vec::new(),
        )?;
        Ok(Schedule {
            enabled: enabled_at.is_some(),
            cron: DAILY_CRON.to_owned(),
            enabled_at: enabled_at.map(Timestamp::from_millis),
            last_run_id: last.into_iter().next().map(|row| row.run_id),
        })
    }

    /// The shard learns first: a crash in between leaves a user enrolled who sees "off" and
    /// switches it on again, never one who sees "on" and gets no runs.
    async fn write_schedule(&self, write: WriteSchedule) -> Result<Schedule, Failure> {
        let shard = shard_of(&write.owner);
        let enabled_at = match write.context {
            Some(context) => {
                let owner = write.owner;
                call(&self.env, &shard, Enrol { owner, context }).await?;
                integer(EdgeClock.now().millis())
            }
            None => {
                let owner = write.owner;
                call(&self.env, &shard, Withdraw { owner }).await?;
                worker::SqlStorageValue::Null
            }
        };
        execute(
            &self.sql(),
            "INSERT OR REPLACE INTO schedule (id, enabled_at) VALUES (1, ?)",
            vec![enabled_at],
        )?;
        self.schedule()
    }

    fn begin_connect(&self, attempt: &ConnectAttempt) -> Result<(), Failure> {
        let sql = self.sql();
        execute(
            &sql,
            "DELETE FROM connect_attempts WHERE expires_at < ?",
            vec![integer(EdgeClock.now().minus(ATTEMPT_MEMORY).millis())],
        )?;
        execute(
            &sql,
            "INSERT INTO connect_attempts (state_hash, connector, browser_hash, expires_at)
             VALUES (?, ?, ?, ?)",
            vec![
                attempt.state_hash.as_str().into(),
                attempt.connector.as_str().into(),
                attempt.browser_hash.as_str().into(),
                integer(attempt.expires_at.millis()),
            ],
        )?;
        Ok(())
    }

    fn take_connect(&self, state_hash: &str) -> Result<TakenAttempt, Failure> {
        let sql = self.sql();
        let rows: Vec<AttemptRow> = query(
            &sql,
            "SELECT connector, browser_hash, expires_at, used FROM connect_attempts
             WHERE state_hash = ?",
            vec![state_hash.into()],
        )?;
        let Some(row) = rows.into_iter().next() else {
            return Ok(TakenAttempt::Unknown);
        };
        if row.used != 0 {
            return Ok(TakenAttempt::AlreadyUsed);
        }
        let expires_at = Timestamp::from_millis(row.expires_at);
        if expires_at <= EdgeClock.now() {
            return Ok(TakenAttempt::Expired);
        }
        execute(
            &sql,
            "UPDATE connect_attempts SET used = 1 WHERE state_hash = ?",
            vec![state_hash.into()],
        )?;
        Ok(TakenAttempt::Taken(ConnectAttempt {
            state_hash: state_hash.to_owned(),
            connector: row.connector,
            browser_hash: row.browser_hash,
            expires_at,
        }))
    }
}

/// A trace of its own for a run whose request belongs to none (W3C Trace Context, section 3.2.2.3).
fn new_trace_id() -> String {
    let mut bytes = [0_u8; 16];
    EdgeRandom.fill(&mut bytes);
    // All zeros are invalid.
    bytes[15] |= 1;
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// `run_` and 128 random bits in lower-case base 32.
fn new_run_id() -> String {
    const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
    let mut bytes = [0_u8; 26];
    EdgeRandom.fill(&mut bytes);
    let mut id = String::from("run_");
    id.extend(
        bytes
            .iter()
            .map(|byte| char::from(ALPHABET[usize::from(byte % 32)])),
    );
    id
}

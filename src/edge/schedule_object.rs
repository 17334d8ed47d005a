//! A shard of the daily schedule: who is enrolled, and which ticks were served.
//!
//! A tick is one day's daily run. It is worked off in batches, an alarm each, so that no invocation
//! starts more runs than its limits allow and a crash goes on where it stopped. Each start carries
//! the day as its idempotency key: however often a tick or a batch is repeated, a user gets one
//! run, and a tick repeated by an operator reaches those who enrolled since.

use std::time::Duration;

use futures::{StreamExt, stream};
use serde::Deserialize;
use sha2::{Digest, Sha256};
use worker::{DurableObject, Env, Request, Response, SqlStorage, State, durable_object};

use super::binding::{call, reply};
use super::messages::{Enrol, ScheduleMessage, Tick, Withdraw};
use super::sql::{execute, integer, query};
use onbehalf_clock::{DAY_MS, Timestamp};
use onbehalf_engine::{Definition, StoreError};
use onbehalf_identity::RequestContext;
use onbehalf_runs::{BackendError, StartRun};

/// How many shards there are. The cron handler calls each once, below the 50 subrequests that
/// every plan allows. Fixed: a user's shard is found from the key alone.
pub const SHARDS: u8 = 32;
/// Runs started in one invocation: two objects are called for each, far below 1,000 subrequests.
const BATCH: u32 = 200;
/// Starts under way at once; the platform allows six connections.
const CONCURRENT_STARTS: usize = 6;
/// When a batch with failed starts is tried again.
const BATCH_AGAIN: Duration = Duration::from_secs(10);
/// How often a batch is tried before those of it who still cannot be started are left out of this
/// tick: ten minutes. One broken object must not keep the rest of a shard waiting for ever.
const BATCH_TRIES: u32 = 60;
/// Ticks remembered, for whoever looks into a shard: a month of days.
const TICKS_REMEMBERED: u32 = 31;
/// Begins the idempotency key of a scheduled start; callers' keys never begin so.
pub const TICK_KEY_PREFIX: &str = "\u{1}tick:";

const SCHEMA: [&str; 3] = [
    "CREATE TABLE IF NOT EXISTS enrolled (owner TEXT PRIMARY KEY, context TEXT NOT NULL)",
    "CREATE TABLE IF NOT EXISTS ticks (
        at INTEGER PRIMARY KEY, after_owner TEXT NOT NULL, done INTEGER NOT NULL)",
    "CREATE TABLE IF NOT EXISTS batch_failures (
        at INTEGER NOT NULL, after_owner TEXT NOT NULL, tries INTEGER NOT NULL,
        PRIMARY KEY (at, after_owner))",
];

/// The shard a principal belongs to.
pub fn shard_of(owner: &str) -> String {
    shard_name(Sha256::digest(owner.as_bytes())[0] % SHARDS)
}

/// The name of a shard's object.
pub fn shard_name(number: u8) -> String {
    format!("shard-{number}")
}

/// A shard's object.
#[durable_object]
pub struct ScheduleObject {
    state: State,
    env: Env,
}

#[derive(Deserialize)]
struct EnrolledRow {
    owner: String,
    context: String,
}

#[derive(Deserialize)]
struct TickRow {
    at: i64,
    after_owner: String,
}

#[derive(Deserialize)]
struct Tries {
    tries: u32,
}

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

impl DurableObject for ScheduleObject {
    fn new(state: State, env: Env) -> Self {
        Self { state, env }
    }

    async fn fetch(&self, mut request: Request) -> worker::Result<Response> {
        const CLASS: &str = "schedule";
        let message = request.json::<ScheduleMessage>().await?;
        for statement in SCHEMA {
            if let Err(error) = execute(&self.sql(), statement, Vec::new()) {
                return reply::<(), _>(CLASS, Err(error));
            }
        }
        match message {
            ScheduleMessage::Enrol(enrol) => reply(CLASS, self.enrol(&enrol)),
            ScheduleMessage::Withdraw(Withdraw { owner }) => reply(CLASS, self.withdraw(&owner)),
            ScheduleMessage::Tick(tick) => reply(CLASS, self.tick(&tick).await),
        }
    }

    async fn alarm(&self) -> worker::Result<Response> {
        match self.work_off().await {
            Ok(true) => self.state.storage().set_alarm(Duration::ZERO).await?,
            Ok(false) => {}
            Err(error) => {
                super::log::warn("batch_incomplete", &[("error", &error.to_string())]);
                self.state.storage().set_alarm(BATCH_AGAIN).await?;
            }
        }
        Response::empty()
    }
}

impl ScheduleObject {
    fn sql(&self) -> SqlStorage {
        self.state.storage().sql()
    }

    fn enrol(&self, enrol: &Enrol) -> Result<(), Failure> {
        execute(
            &self.sql(),
            "INSERT OR REPLACE INTO enrolled (owner, context) VALUES (?, ?)",
            vec![
                enrol.owner.as_str().into(),
                serde_json::to_string(&enrol.context)?.into(),
            ],
        )?;
        Ok(())
    }

    fn withdraw(&self, owner: &str) -> Result<(), Failure> {
        execute(
            &self.sql(),
            "DELETE FROM enrolled WHERE owner = ?",
            vec![owner.into()],
        )?;
        Ok(())
    }

    async fn tick(&self, tick: &Tick) -> Result<(), Failure> {
        let sql = self.sql();
        execute(
            &sql,
            "INSERT OR REPLACE INTO ticks (at, after_owner, done) VALUES (?, '', 0)",
            vec![integer(
                tick.at.millis() - tick.at.millis().rem_euclid(DAY_MS),
            )],
        )?;
        execute(
            &sql,
            "DELETE FROM ticks WHERE done = 1 AND at NOT IN
             (SELECT at FROM ticks ORDER BY at DESC LIMIT ?)",
            vec![integer(i64::from(TICKS_REMEMBERED))],
        )?;
        self.state.storage().set_alarm(Duration::ZERO).await?;
        Ok(())
    }

    /// Starts one batch of the oldest unfinished tick. Answers whether there is more to do.
    async fn work_off(&self) -> Result<bool, Failure> {
        let sql = self.sql();
        let ticks: Vec<TickRow> = query(
            &sql,
            "SELECT at, after_owner FROM ticks WHERE done = 0 ORDER BY at LIMIT 1",
            Vec::new(),
        )?;
        let Some(tick) = ticks.into_iter().next() else {
            return Ok(false);
        };
        let batch: Vec<EnrolledRow> = query(
            &sql,
            "SELECT owner, context FROM enrolled WHERE owner > ? ORDER BY owner LIMIT ?",
            vec![tick.after_owner.as_str().into(), integer(i64::from(BATCH))],
        )?;
        let Some(last) = batch.last().map(|row| row.owner.clone()) else {
            execute(
                &sql,
                "UPDATE ticks SET done = 1 WHERE at = ?",
                vec![integer(tick.at)],
            )?;
            execute(
                &sql,
                "DELETE FROM batch_failures WHERE at = ?",
                vec![integer(tick.at)],
            )?;
            return Ok(true);
        };
        let at = Timestamp::from_millis(tick.at);
        let mut starts = stream::iter(batch)
            .map(|row| self.start(row, at))
            .buffer_unordered(CONCURRENT_STARTS);
        let mut failed = None;
        while let Some(started) = starts.next().await {
            failed = failed.or(started.err());
        }
        if let Some(error) = failed {
            if self.failed_once_more(&tick)? < BATCH_TRIES {
                return Err(error);
            }
            let reason = error.to_string();
            super::log::warn("starts_given_up", &[("error", &reason)]);
        }
        execute(
            &sql,
            "UPDATE ticks SET after_owner = ? WHERE at = ?",
            vec![last.into(), integer(tick.at)],
        )?;
        Ok(true)
    }

    /// Counts a failure of the present batch; answers how many there were.
    fn failed_once_more(&self, tick: &TickRow) -> Result<u32, Failure> {
        let rows: Vec<Tries> = query(
            &self.sql(),
            "INSERT INTO batch_failures (at, after_owner, tries) VALUES (?, ?, 1)
             ON CONFLICT DO UPDATE SET tries = tries + 1 RETURNING tries",
            vec![integer(tick.at), tick.after_owner.as_str().into()],
        )?;
        Ok(rows.first().map_or(1, |row| row.tries))
    }

    async fn start(&self, row: EnrolledRow, tick: Timestamp) -> Result<(), Failure> {
        let mut context: RequestContext = serde_json::from_str(&row.context)?;
        // Each day's run is a trace of its own, not part of the request that switched it on.
        context.trace_id = None;
        let start = StartRun {
            owner: row.owner.clone(),
            context,
            workflow: onbehalf_agents::onboarding::OnboardingHealth::ID.to_owned(),
            input: serde_json::json!({}),
            idempotency_key: Some(format!("{TICK_KEY_PREFIX}{}", tick.date())),
        };
        call(&self.env, &row.owner, start).await?;
        Ok(())
    }
}

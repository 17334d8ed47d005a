//! One connected identity's object: which runs wait for which connection, and what was used of each
//! app's allowance.
//!
//! Named by Scalekit identifier, because that is what a webhook knows. A connection that was made
//! is passed on to each waiting run until the run has taken it; causes are acted on once.

use std::cell::OnceCell;
use std::time::Duration;

use serde::Deserialize;
use worker::{DurableObject, Env, Request, Response, SqlStorage, State, durable_object};

use super::binding::{call, reply};
use super::clock::EdgeClock;
use super::messages::{
    AccountMessage, AnnounceConnection, AwaitConnections, ConnectionMade, HoldLane, TakeTurns,
};
use super::sql::{execute, integer, query};
use crate::settings::PROVIDER_RATES;
use onbehalf_clock::Clock;
use onbehalf_clock::Timestamp;
use onbehalf_connector::{Given, Lane, Rate, Rates, Used};
use onbehalf_engine::StoreError;
use onbehalf_runs::BackendError;

/// When a run that could not be told is told again.
const TELL_AGAIN: Duration = Duration::from_secs(5);
/// How long the cause of a connection is remembered: well beyond a webhook's retries.
const EVENT_MEMORY: Duration = Duration::from_secs(7 * 24 * 3600);

const SCHEMA: [&str; 4] = [
    "CREATE TABLE IF NOT EXISTS waiting (
        run_id TEXT NOT NULL, number INTEGER NOT NULL, connector TEXT NOT NULL, event TEXT,
        PRIMARY KEY (run_id, number, connector))",
    "CREATE TABLE IF NOT EXISTS events (event TEXT PRIMARY KEY, at INTEGER NOT NULL)",
    "CREATE TABLE IF NOT EXISTS made (
        connector TEXT PRIMARY KEY, at INTEGER NOT NULL, event TEXT NOT NULL)",
    "CREATE TABLE IF NOT EXISTS allowances (lane TEXT PRIMARY KEY, used_until INTEGER NOT NULL)",
];

/// A connected identity's object.
#[durable_object]
pub struct AccountObject {
    state: State,
    env: Env,
    rates: OnceCell<Rates>,
}

#[derive(Deserialize)]
struct Allowance {
    used_until: i64,
}

#[derive(Deserialize)]
struct Due {
    run_id: String,
    number: u32,
    connector: String,
    event: String,
}

#[derive(Deserialize)]
struct Known {
    event: String,
}

#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error(transparent)]
    Storage(#[from] StoreError),
    #[error(transparent)]
    Backend(#[from] BackendError),
    #[error("platform: {0}")]
    Platform(#[from] worker::Error),
}

impl DurableObject for AccountObject {
    fn new(state: State, env: Env) -> Self {
        Self {
            state,
            env,
            rates: OnceCell::new(),
        }
    }

    async fn fetch(&self, mut request: Request) -> worker::Result<Response> {
        const CLASS: &str = "account";
        let message = request.json::<AccountMessage>().await?;
        for statement in SCHEMA {
            if let Err(error) = execute(&self.sql(), statement, Vec::new()) {
                return reply::<(), _>(CLASS, Err(error));
            }
        }
        match message {
            AccountMessage::AwaitConnections(wait) => reply(CLASS, self.wait(&wait).await),
            AccountMessage::AnnounceConnection(made) => reply(CLASS, self.announce(&made).await),
            AccountMessage::TakeTurns(wanted) => reply(CLASS, self.take_turns(&wanted)),
            AccountMessage::HoldLane(hold) => reply(CLASS, self.hold(&hold)),
        }
    }

    async fn alarm(&self) -> worker::Result<Response> {
        if let Err(error) = self.tell().await {
            super::log::warn("run_not_told", &[("error", &error.to_string())]);
            self.state.storage().set_alarm(TELL_AGAIN).await?;
        }
        Response::empty()
    }
}

impl AccountObject {
    fn sql(&self) -> SqlStorage {
        self.state.storage().sql()
    }

    fn take_turns(&self, ask: &TakeTurns) -> Result<Given, Failure> {
        let (rate, now) = (self.rate(ask.lane), EdgeClock.now());
        let mut used = self.used(ask.lane)?;
        let given = used.take(rate, now, ask.wanted);
        self.keep(ask.lane, used)?;
        Ok(given)
    }

    fn hold(&self, hold: &HoldLane) -> Result<(), Failure> {
        let mut used = self.used(hold.lane)?;
        let until = EdgeClock.now().plus(hold.pause);
        used.hold(self.rate(hold.lane), until);
        self.keep(hold.lane, used)
    }

    /// The allowance of a lane. A setting that is wrong was reported where settings are read.
    fn rate(&self, lane: Lane) -> Rate {
        let rates = self.rates.get_or_init(|| {
            let setting = self.env.var(PROVIDER_RATES).ok().map(|it| it.to_string());
            Rates::from_json(setting.as_deref()).unwrap_or_default()
        });
        rates.of(lane)
    }

    fn used(&self, lane: Lane) -> Result<Used, Failure> {
        let rows: Vec<Allowance> = query(
            &self.sql(),
            "SELECT used_until FROM allowances WHERE lane = ?",
            vec![lane.name().into()],
        )?;
        Ok(rows.first().map_or_else(Used::default, |row| {
            Used::up_to(Timestamp::from_millis(row.used_until))
        }))
    }

    fn keep(&self, lane: Lane, used: Used) -> Result<(), Failure> {
        let Some(until) = used.until() else {
            return Ok(());
        };
        execute(
            &self.sql(),
            "INSERT OR REPLACE INTO allowances (lane, used_until) VALUES (?, ?)",
            vec![lane.name().into(), integer(until.millis())],
        )?;
        Ok(())
    }

    async fn wait(&self, wait: &AwaitConnections) -> Result<(), Failure> {
        let sql = self.sql();
        let mut made_already = false;
        for connector in &wait.connectors {
            // A connection made after the run began to wait, but before this message arrived.
            let made: Vec<Known> = query(
                &sql,
                "SELECT event FROM made WHERE connector = ? AND at > ?",
                vec![connector.as_str().into(), integer(wait.since.millis())],
            )?;
            made_already |= !made.is_empty();
            execute(
                &sql,
                "INSERT OR IGNORE INTO waiting (run_id, number, connector, event)
                 VALUES (?, ?, ?, ?)",
                vec![
                    wait.run_id.as_str().into(),
                    integer(i64::from(wait.number)),
                    connector.as_str().into(),
                    made.into_iter().next().map(|known| known.event).into(),
                ],
            )?;
        }
        if made_already {
            self.state.storage().set_alarm(Duration::ZERO).await?;
        }
        Ok(())
    }

    async fn announce(&self, made: &AnnounceConnection) -> Result<(), Failure> {
        let sql = self.sql();
        let now = EdgeClock.now();
        let known: Vec<Known> = query(
            &sql,
            "SELECT event FROM events WHERE event = ?",
            vec![made.event.as_str().into()],
        )?;
        if !known.is_empty() {
            return Ok(());
        }
        let bindings = || {
            vec![
                made.connector.as_str().into(),
                integer(now.millis()),
                made.event.as_str().into(),
            ]
        };
        execute(
            &sql,
            "INSERT INTO events (event, at) VALUES (?, ?)",
            vec![made.event.as_str().into(), integer(now.millis())],
        )?;
        execute(
            &sql,
            "DELETE FROM events WHERE at < ?",
            vec![integer(now.minus(EVENT_MEMORY).millis())],
        )?;
        execute(
            &sql,
            "INSERT OR REPLACE INTO made (connector, at, event) VALUES (?, ?, ?)",
            bindings(),
        )?;
        execute(
            &sql,
            "UPDATE waiting SET event = ? WHERE connector = ? AND event IS NULL",
            vec![made.event.as_str().into(), made.connector.as_str().into()],
        )?;
        // The alarm tells the runs even if this invocation dies before it can.
        self.state.storage().set_alarm(TELL_AGAIN).await?;
        if let Err(error) = self.tell().await {
            super::log::warn("run_not_told", &[("error", &error.to_string())]);
        }
        Ok(())
    }

    async fn tell(&self) -> Result<(), Failure> {
        let due: Vec<Due> = query(
            &self.sql(),
            "SELECT run_id, number, connector, event FROM waiting WHERE event IS NOT NULL
             ORDER BY run_id, number, connector",
            Vec::new(),
        )?;
        // A run that cannot be told keeps no other waiting.
        let mut failed = None;
        for run in due {
            failed = failed.or(self.tell_run(run).await.err());
        }
        failed.map_or(Ok(()), Err)
    }

    async fn tell_run(&self, due: Due) -> Result<(), Failure> {
        let message = ConnectionMade {
            number: due.number,
            connector: due.connector.clone(),
            event: due.event,
        };
        call(&self.env, &due.run_id, message).await?;
        execute(
            &self.sql(),
            "DELETE FROM waiting WHERE run_id = ? AND number = ? AND connector = ?",
            vec![
                due.run_id.into(),
                integer(i64::from(due.number)),
                due.connector.into(),
            ],
        )?;
        Ok(())
    }
}

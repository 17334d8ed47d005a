//! What a run's object stands on: its storage, its alarm, and what its run acts through.
//!
//! Translates between the platform and [`onbehalf_runs::run::Keeper`], which decides.

use std::rc::Rc;
use std::time::Duration;

use async_trait::async_trait;
use serde::Deserialize;
use worker::{Env, State};

use super::binding::EdgeCarrier;
use super::clock::{EdgeClock, EdgeRandom};
use super::fetch::Subrequests;
use super::ground::say;
use super::isolate::rules;
use super::journal_store::{SqlJournal, scheduled};
use super::sql::{execute, integer, query};
use crate::settings::Settings;
use onbehalf_agents::workflows;
use onbehalf_clock::{Clock, Timestamp};
use onbehalf_engine::{JournalStore, RunLog, StoreError};
use onbehalf_runs::hosted::{Opening, Run};
use onbehalf_runs::run::{News, Place, Seal, Stored};
use onbehalf_runs::{Carrier, Note, Rules, WorkflowId};

const SEAL_TABLE: &str = "CREATE TABLE IF NOT EXISTS seal (
    id INTEGER PRIMARY KEY CHECK (id = 1), run_id TEXT NOT NULL, workflow TEXT NOT NULL,
    version INTEGER NOT NULL, owner TEXT NOT NULL, context TEXT NOT NULL)";
const WORD_TABLE: &str = "CREATE TABLE IF NOT EXISTS word (id INTEGER PRIMARY KEY CHECK (id = 1), until INTEGER NOT NULL)";

/// The platform under one run's object.
pub struct RunPlace {
    /// The object.
    pub state: State,
    /// The environment.
    pub env: Env,
    /// What the present invocation has sent.
    pub subrequests: Subrequests,
}

#[derive(Deserialize)]
struct Table {
    name: String,
}

#[derive(Deserialize)]
struct Until {
    until: i64,
}

#[derive(Deserialize)]
struct SealRow {
    run_id: String,
    workflow: String,
    version: u32,
    owner: String,
    context: String,
}

impl RunPlace {
    fn carrier(&self) -> Rc<dyn Carrier> {
        let (env, subrequests) = (self.env.clone(), self.subrequests.clone());
        Rc::new(EdgeCarrier::new(env, subrequests))
    }

    fn settings(&self) -> Result<Settings, String> {
        Settings::read(&self.env).map_err(|wrong| wrong.to_string())
    }

    fn run(&self, statement: &str) -> Result<(), StoreError> {
        execute(&self.state.storage().sql(), statement, Vec::new())
    }
}

#[async_trait(?Send)]
impl Place for RunPlace {
    fn stored(&self) -> Result<Stored, StoreError> {
        let sql = self.state.storage().sql();
        let tables: Vec<Table> = query(
            &sql,
            "SELECT name FROM sqlite_master WHERE type = 'table' AND name IN ('head', 'word')",
            Vec::new(),
        )?;
        let is_there = |name: &str| tables.iter().any(|table| table.name == name);
        if !is_there("word") {
            return Ok(if is_there("head") {
                Stored::Journal
            } else {
                Stored::Nothing
            });
        }
        let word: Vec<Until> = query(&sql, "SELECT until FROM word", Vec::new())?;
        let until = word.first().map_or(0, |it| it.until);
        let until = Timestamp::from_millis(until);
        Ok(Stored::Word { until })
    }

    fn journal(&self) -> Result<Rc<dyn JournalStore>, StoreError> {
        Ok(Rc::new(SqlJournal::open(self.state.storage())?))
    }

    fn seal(&self, seal: &Seal) -> Result<(), StoreError> {
        self.run(SEAL_TABLE)?;
        execute(
            &self.state.storage().sql(),
            "INSERT OR REPLACE INTO seal (id, run_id, workflow, version, owner, context)
             VALUES (1, ?, ?, ?, ?, ?)",
            vec![
                seal.run_id.as_str().into(),
                seal.workflow.as_str().into(),
                integer(i64::from(seal.version)),
                seal.owner.as_str().into(),
                seal.context.as_str().into(),
            ],
        )
    }

    fn sealed(&self) -> Result<Option<Seal>, StoreError> {
        self.run(SEAL_TABLE)?;
        let rows: Vec<SealRow> = query(
            &self.state.storage().sql(),
            "SELECT run_id, workflow, version, owner, context FROM seal",
            Vec::new(),
        )?;
        Ok(rows.into_iter().next().map(|row| Seal {
            run_id: row.run_id,
            workflow: row.workflow,
            version: row.version,
            owner: row.owner,
            context: row.context,
        }))
    }

    async fn bury(&self, until: Timestamp) -> Result<(), StoreError> {
        for table in ["journal", "head", "seal"] {
            self.run(&format!("DROP TABLE IF EXISTS {table}"))?;
        }
        self.run(WORD_TABLE)?;
        execute(
            &self.state.storage().sql(),
            "INSERT OR REPLACE INTO word (id, until) VALUES (1, ?)",
            vec![integer(until.millis())],
        )?;
        self.ring_at(until).await
    }

    /// The rows go first. Were the process to die in between, an alarm without a run would find
    /// nothing, while word without its alarm would be kept for ever.
    async fn clear(&self) -> Result<(), StoreError> {
        let storage = self.state.storage();
        let cleared = async {
            storage.delete_all().await?;
            storage.delete_alarm().await
        };
        let cleared: worker::Result<()> = cleared.await;
        cleared.map_err(|error| StoreError(error.to_string()))
    }

    async fn ring_at(&self, at: Timestamp) -> Result<(), StoreError> {
        let set = self.state.storage().set_alarm(scheduled(at)).await;
        set.map_err(|error| StoreError(error.to_string()))
    }

    fn open(&self, workflow: &WorkflowId, log: Rc<RunLog>) -> Rc<Run> {
        // Wrong settings are the run's trouble to show, not a failure of storage.
        let settings = self.settings();
        let budget = settings.as_ref().map(|it| it.subrequest_budget);
        let budget = budget.unwrap_or(u32::MAX);
        let spent = self.subrequests.clone();
        let opening = Opening {
            log,
            clock: Rc::new(EdgeClock),
            random: Rc::new(EdgeRandom),
            host: Rc::new(News::new(RunPlace::carrier(self))),
            spent: Rc::new(move || spent.count() >= budget),
        };
        let tuned = settings.as_ref().map(|it| it.workflows.clone());
        let tuned = tuned.unwrap_or_default();
        let means = settings.map(|it| it.means(&self.env, self.subrequests.clone()));
        workflows().open(workflow, opening, means, |key| tuned.get(key).cloned())
    }

    fn retention(&self) -> Option<Duration> {
        Some(self.settings().ok()?.run_retention)
    }

    fn rules(&self) -> Rc<dyn Rules> {
        rules(&self.env)
    }

    fn carrier(&self) -> Rc<dyn Carrier> {
        RunPlace::carrier(self)
    }

    fn clock(&self) -> Rc<dyn Clock> {
        Rc::new(EdgeClock)
    }

    fn note(&self, note: Note) {
        say(&note);
    }
}

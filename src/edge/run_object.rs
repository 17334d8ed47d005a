//! A run's object: the engine over this object's journal, its alarm and its messages.
//!
//! Named by run id. Answers its owner, and a configured approver as far as there is something to
//! approve; to anybody else a run that exists and one that does not are the same.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::Duration;

use worker::{DurableObject, Env, Request, Response, State, durable_object};

use super::binding::{EdgeCarrier, received, reply};
use super::clock::{EdgeClock, EdgeRandom};
use super::fetch::Subrequests;
use super::isolate::rules;
use super::journal_store::SqlJournal;
use crate::settings::Settings;
use onbehalf_agents::workflows;
use onbehalf_clock::Clock;
use onbehalf_engine::{JournalError, RunLog, StoreError};
use onbehalf_runs::hosted::{Opening, Run, open_retired};
use onbehalf_runs::run::{Kept, News, RunMessage, RunReply, StartThis, absent, serve, tend};

/// When the alarm rings again after storage failed under it; doubles with each failure …
const AFTER_FAILURE: Duration = Duration::from_secs(2);
/// … up to this.
const LONGEST_AFTER_FAILURE: Duration = Duration::from_secs(300);

/// A run's object.
#[durable_object]
pub struct RunObject {
    state: State,
    env: Env,
    runner: RefCell<Option<Rc<Run>>>,
    subrequests: Subrequests,
    /// Alarms in a row under which storage failed.
    failures: Cell<u32>,
}

impl DurableObject for RunObject {
    fn new(state: State, env: Env) -> Self {
        Self {
            state,
            env,
            runner: RefCell::default(),
            subrequests: Subrequests::default(),
            failures: Cell::default(),
        }
    }

    async fn fetch(&self, request: Request) -> worker::Result<Response> {
        const CLASS: &str = "run";
        let message = received::<RunMessage>(request).await?;
        let runner = match &message {
            RunMessage::StartThis(StartThis(started)) => self.runner(Some(&started.workflow)),
            _ => self.present_runner(),
        };
        let runner = match runner {
            Ok(Some(runner)) => runner,
            Ok(None) => return reply(CLASS, Ok::<_, StoreError>(absent(&message))),
            Err(error) => return reply::<RunReply, _>(CLASS, Err(error)),
        };
        let rules = rules(&self.env);
        reply(CLASS, serve(&runner, &*rules, message).await)
    }

    async fn alarm(&self) -> worker::Result<Response> {
        self.subrequests.reset();
        match self.advance().await {
            Ok(()) => self.failures.set(0),
            Err(error) => {
                let failures = self.failures.replace(self.failures.get().saturating_add(1));
                let pause = AFTER_FAILURE.saturating_mul(1 << failures.min(16));
                let pause = pause.min(LONGEST_AFTER_FAILURE);
                let failures = (failures + 1).to_string();
                let fields = [("error", &*error.to_string()), ("failures", &failures)];
                super::log::warn("run_interrupted", &fields);
                self.state.storage().set_alarm(pause).await?;
            }
        }
        Response::empty()
    }
}

impl RunObject {
    /// The runner of a run that was started and not pruned.
    fn present_runner(&self) -> Result<Option<Rc<Run>>, JournalError> {
        if self.runner.borrow().is_none() && !SqlJournal::is_there(&self.state.storage())? {
            return Ok(None);
        }
        self.runner(None)
    }

    /// The runner in memory, or a new one over what was committed when a write has failed since.
    /// Of which workflow it is, the journal says; `starting` does where nothing was started yet.
    fn runner(&self, starting: Option<&str>) -> Result<Option<Rc<Run>>, JournalError> {
        let present = self.runner.borrow();
        if let Some(runner) = present.as_ref().filter(|it| it.log().is_sound()) {
            return Ok(Some(Rc::clone(runner)));
        }
        drop(present);
        let store = SqlJournal::open(self.state.storage())?;
        let clock: Rc<dyn Clock> = Rc::new(EdgeClock);
        let log = Rc::new(RunLog::open(Rc::new(store), Rc::clone(&clock))?);
        let started = log.head().map(|head| head.started.workflow.clone());
        let Some(workflow) = started.or_else(|| starting.map(str::to_owned)) else {
            return Ok(None);
        };
        // Wrong settings are the run's trouble to show, not a failure of storage.
        let settings = self.settings();
        let subrequests = self.subrequests.clone();
        let budget = settings.as_ref().map(|it| it.subrequest_budget);
        let budget = budget.unwrap_or(u32::MAX);
        let spent = subrequests.clone();
        let opening = Opening {
            log,
            clock,
            random: Rc::new(EdgeRandom),
            host: Rc::new(News::new(Rc::new(EdgeCarrier::new(
                self.env.clone(),
                subrequests.clone(),
            )))),
            spent: Rc::new(move || spent.count() >= budget),
        };
        let runner = match workflows().get(&workflow) {
            Some(line) => {
                let workflows = settings.as_ref().map(|it| it.workflows.clone());
                let workflows = workflows.unwrap_or_default();
                let tuned = workflows.get(line.settings_key());
                let means = settings.map(|it| it.means(&self.env, subrequests));
                line.open(opening, means, tuned.map(String::as_str))
            }
            None => open_retired(opening),
        };
        self.runner.replace(Some(Rc::clone(&runner)));
        Ok(Some(runner))
    }

    fn settings(&self) -> Result<Settings, String> {
        Settings::read(&self.env).map_err(|wrong| wrong.to_string())
    }

    async fn advance(&self) -> Result<(), JournalError> {
        let Some(runner) = self.present_runner()? else {
            return Ok(());
        };
        let retention = self.settings().ok().map(|it| it.run_retention);
        match tend(&runner, retention, &|| EdgeClock.now()).await? {
            Kept::Still => Ok(()),
            Kept::NoLonger => Ok(self.prune().await?),
        }
    }

    /// Forgets the journal; the owner's index keeps the run's line.
    async fn prune(&self) -> Result<(), StoreError> {
        let storage = self.state.storage();
        // The rows go first. Were the process to die in between, an alarm without a run would find
        // nothing, while a run without its alarm would be kept for ever.
        let forgotten = async {
            storage.delete_all().await?;
            storage.delete_alarm().await
        };
        // What is in memory speaks of tables that are going.
        self.runner.replace(None);
        forgotten
            .await
            .map_err(|error: worker::Error| StoreError(error.to_string()))
    }
}

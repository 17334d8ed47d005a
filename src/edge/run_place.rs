//! What a run's object stands on: its storage, its alarm, and what its run acts through.
//!
//! Translates between the platform and [`onbehalf_runs::run::Keeper`], which decides.

use std::rc::Rc;
use std::time::Duration;

use worker::{Env, State};

use super::binding::EdgeCarrier;
use super::clock::{EdgeClock, EdgeRandom};
use super::fetch::Subrequests;
use super::isolate::{Own, rules};
use super::shelf::EdgeShelf;
use crate::settings::Settings;
use onbehalf_agents::workflows;
use onbehalf_clock::Clock;
use onbehalf_engine::RunLog;
use onbehalf_runs::hosted::{Opening, Run};
use onbehalf_runs::run::{News, OwnRuns, Place, Shelf};
use onbehalf_runs::thread::RunThreads;
use onbehalf_runs::{Carrier, Rules, WorkflowId};

/// The platform under one run's object.
pub struct RunPlace {
    /// The object.
    pub state: State,
    /// The environment.
    pub env: Env,
    /// What the present invocation has sent.
    pub subrequests: Subrequests,
}

impl RunPlace {
    fn carrier(&self) -> Rc<dyn Carrier> {
        let (env, subrequests) = (self.env.clone(), self.subrequests.clone());
        Rc::new(EdgeCarrier::new(env, subrequests))
    }

    fn settings(&self) -> Result<Settings, String> {
        Settings::read(&self.env).map_err(|wrong| wrong.to_string())
    }
}

impl Place for RunPlace {
    fn shelf(&self) -> Rc<dyn Shelf> {
        Rc::new(EdgeShelf::of(&self.state))
    }

    fn open(&self, workflow: &WorkflowId, log: Rc<RunLog>) -> Rc<Run> {
        // Wrong settings are the run's trouble to show, not a failure of storage.
        let settings = self.settings();
        let budget = settings.as_ref().map(|it| it.subrequest_budget);
        let budget = budget.unwrap_or(u32::MAX);
        let spent = self.subrequests.clone();
        let carrier = RunPlace::carrier(self);
        let own = Own {
            threads: Rc::new(RunThreads::new(Rc::clone(&carrier), Rc::clone(&log))),
            runs: Rc::new(OwnRuns::new(carrier, Rc::clone(&log))),
        };
        let opening = Opening {
            log,
            clock: Rc::new(EdgeClock),
            random: Rc::new(EdgeRandom),
            host: Rc::new(News::new(RunPlace::carrier(self))),
            spent: Rc::new(move || spent.count() >= budget),
        };
        let tuned = settings.as_ref().map(|it| it.workflows.clone());
        let tuned = tuned.unwrap_or_default();
        let lent = settings.map(|it| it.lent(&self.env, self.subrequests.clone(), own));
        workflows().open(workflow, opening, lent, |key| tuned.get(key).cloned())
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
}

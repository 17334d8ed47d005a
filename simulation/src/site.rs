//! What all parts of a simulation share, and what outlives the crashes of one run.
//!
//! Owns the disturbances still to come and the findings so far. Decides nothing.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use std::time::Duration;

use onbehalf_clock::Timestamp;
use onbehalf_connector::{Lane, Used};
use onbehalf_engine::memory::MemoryStore;
use onbehalf_engine::{Head, JournalStore, Started};
use onbehalf_runs::town::Town;
use onbehalf_sandbox::service::Service;
use onbehalf_sandbox::world::random::Dice;
use serde_json::json;

use crate::plan::{Moment, Plan, RunPlan, What};
use crate::wire::Flight;
use onbehalf_clock::testkit::HandClock;

/// How often what happened.
#[derive(Clone, Copy, Debug, Default)]
pub struct Tally {
    /// Processes that died.
    pub crashes: u64,
    /// Handlers under which storage failed.
    pub storage_failures: u64,
    /// Acknowledged cancels.
    pub cancels: u64,
    /// Acknowledged resumes, those by time left out.
    pub resumes: u64,
    /// Calls that went wrong.
    pub faults: u64,
    /// Writes that landed.
    pub writes: u64,
    /// Runs that ended.
    pub runs: u64,
    /// Results compared with those of undisturbed runs.
    pub compared: u64,
}

impl Tally {
    /// Adds another.
    pub fn add(&mut self, other: &Self) {
        self.crashes += other.crashes;
        self.storage_failures += other.storage_failures;
        self.cancels += other.cancels;
        self.resumes += other.resumes;
        self.faults += other.faults;
        self.writes += other.writes;
        self.runs += other.runs;
        self.compared += other.compared;
    }
}

/// Something a person or another object does until it is acknowledged.
#[derive(Clone, Debug, PartialEq)]
pub enum Chore {
    /// Start the run.
    Start,
    /// Make a connection and tell the run.
    Connect { number: u32, connector: String },
    /// Approve the plan.
    Approve { number: u32, hash: String },
}

/// Shared by everything in one simulation.
pub struct Shared {
    pub clock: Rc<HandClock>,
    /// Where runs meet.
    pub town: Rc<Town>,
    pub plan: Plan,
    pub service: RefCell<Service>,
    pub dice: RefCell<Dice>,
    pub flights: RefCell<Vec<Flight>>,
    pub pending: RefCell<Vec<crate::plan::Disturbance>>,
    pub chores: RefCell<Vec<(Timestamp, usize, Chore)>>,
    /// Users who withdrew an authorization, which may rightly change the results of all their runs.
    pub revoked: RefCell<BTreeSet<String>>,
    pub allowances: RefCell<BTreeMap<(String, Lane), Used>>,
    /// When each tool call left, by user and lane.
    pub left: RefCell<BTreeMap<(String, Lane), Vec<Timestamp>>>,
    pub violations: RefCell<Vec<String>>,
    pub tally: Cell<Tally>,
    pub verbose: bool,
}

impl Shared {
    /// Notes what happens, for a person who looks on.
    pub fn note(&self, text: impl FnOnce() -> String) {
        if self.verbose {
            use onbehalf_clock::Clock;
            println!("{} {}", self.clock.now(), text());
        }
    }

    /// Notes something that must not be.
    pub fn violation(&self, text: String) {
        self.note(|| format!("VIOLATION: {text}"));
        self.violations.borrow_mut().push(text);
    }

    /// Takes a disturbance that is due, if there is one of this kind.
    pub fn take(&self, run: usize, moment: Moment, wanted: impl Fn(&What) -> bool) -> Option<What> {
        let mut pending = self.pending.borrow_mut();
        let found = pending
            .iter()
            .position(|it| it.run == run && it.moment == moment && wanted(&it.what))?;
        let taken = pending.remove(found).what;
        self.note(|| format!("run {run}: {taken:?} at {moment:?}"));
        Some(taken)
    }

    /// Changes the tally.
    pub fn count(&self, change: impl FnOnce(&mut Tally)) {
        let mut tally = self.tally.get();
        change(&mut tally);
        self.tally.set(tally);
    }

    /// A number from the scheduler's dice.
    pub fn between(&self, low: i64, high: i64) -> i64 {
        self.dice.borrow_mut().between(low, high)
    }
}

/// One life of a run's process: ends with a crash, and everything in memory with it.
#[derive(Default)]
pub struct Life {
    pub dead: Cell<bool>,
    /// Outbound calls of the present invocation.
    pub calls: Cell<u32>,
}

impl Life {
    /// Ends it; never answers.
    pub async fn end(&self) {
        self.dead.set(true);
        std::future::pending::<()>().await;
    }
}

/// One run, beyond its processes.
pub struct Site {
    pub index: usize,
    pub plan: RunPlan,
    pub run_id: String,
    pub identifier: String,
    pub store: Rc<MemoryStore>,
    pub commits: Cell<u32>,
    pub calls: Cell<u32>,
    pub publishes: Cell<u32>,
    /// Once a cancel was acknowledged, no write may begin.
    pub cancel_acknowledged: Cell<bool>,
    /// What the outside was last told.
    pub told: RefCell<Option<Head>>,
    /// Suspensions somebody takes care of.
    pub cared_for: RefCell<BTreeSet<String>>,
    /// Acknowledged resumes by suspension.
    pub winners: RefCell<BTreeMap<u32, u32>>,
}

impl Site {
    /// A run that is yet to start.
    pub fn new(index: usize, plan: RunPlan) -> Self {
        Self {
            index,
            run_id: format!("run_{index}"),
            identifier: format!("user_sim{}", plan.user),
            plan,
            store: Rc::default(),
            commits: Cell::default(),
            calls: Cell::default(),
            publishes: Cell::default(),
            cancel_acknowledged: Cell::default(),
            told: RefCell::default(),
            cared_for: RefCell::default(),
            winners: RefCell::default(),
        }
    }

    /// What the run is started with.
    pub fn started(&self) -> Started {
        let missing = if self.plan.suspends {
            "suspend"
        } else {
            "exit"
        };
        let approval = if self.plan.asks { "required" } else { "none" };
        Started {
            run_id: self.run_id.clone(),
            workflow: "onboarding-health".into(),
            version: 1,
            owner: format!("p_{}", self.plan.user),
            context: json!({"user_id": format!("sim{}", self.plan.user),
                "scalekit_identifier": self.identifier, "issuer": "https://idp.test",
                "email": format!("sim{}@acme.example", self.plan.user)}),
            input: json!({"onMissingConnector": missing, "approval": approval}),
            trace_id: None,
        }
    }

    /// The stored head.
    pub fn head(&self) -> Option<Head> {
        self.store.head().expect("memory never fails")
    }

    /// The next of a count.
    pub fn next(count: &Cell<u32>) -> u32 {
        count.set(count.get() + 1);
        count.get()
    }
}

/// So many milliseconds later.
pub fn later(from: Timestamp, ms: i64) -> Timestamp {
    from.plus(Duration::from_millis(u64::try_from(ms).unwrap_or(0)))
}

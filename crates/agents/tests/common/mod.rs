//! One process that runs onboarding workflows in the sandbox's world: real engine, real Scalekit
//! client, real tools. The process can be crashed and comes back over the same storage.

// Each test crate uses a part of it.
#![allow(dead_code)]

pub mod apps;
mod client;
pub mod office;

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use async_trait::async_trait;
use onbehalf_agents::onboarding::{
    OnboardingResult, OnboardingServices, OnboardingSettings, Summary, onboarding_workflow,
};
use onbehalf_clock::testkit::{Dice, HandClock};
use onbehalf_clock::{Clock, Timestamp};
use onbehalf_engine::memory::MemoryStore;
use onbehalf_engine::{
    Engine, Head, Host, JournalStore, PublishError, Record, ResumedBy, RunLog, RunStatus, Runner,
    Started,
};
use onbehalf_runs::portal::{Portals, SharedClaims};
use onbehalf_runs::town::{PaperRuns, Post, Town};
use onbehalf_runs::{RunAnswer, RunReason};
use onbehalf_sandbox::world::hubspot::Owner;
use onbehalf_sandbox::world::users::{APPS, CsmSeed};
use onbehalf_sandbox::world::{Manners, World, manners};
use serde_json::{Value, json};

use apps::{Apps, Trouble};
use client::client;

/// Times an alarm may ring before a run counts as going round in circles.
const RINGS: usize = 500;

/// When every test begins.
pub fn morning() -> Timestamp {
    Timestamp::parse("2026-11-23T08:00:00Z").expect("a time")
}

/// Alice's verified address, under which HubSpot knows her.
pub const ADDRESS: &str = "alice@acme.example";
/// A colleague's.
pub const COLLEAGUE: &str = "bob@acme.example";
/// As long as HubSpot's search lags in these tests: less than `reconcileAfterSeconds`.
const SEARCH_LAG: Duration = Duration::from_secs(20);

/// A world in which Alice has a portal with a colleague, and no customers yet.
fn alices(manners: Manners, clock: Rc<HandClock>) -> Apps {
    let now = clock.now().millis();
    let mut world = World::with(manners);
    world.add(CsmSeed::new("alice", "Alice", "org_acme", &APPS, 0), now);
    let company = world.company_mut("alice").expect("a company");
    let colleague = Owner::new("Bob", COLLEAGUE, now, false);
    company.hubspot.add_owner(colleague);
    let apps = Apps::in_world(world, clock);
    apps.search_lags(SEARCH_LAG);
    apps
}

/// Nobody listens.
struct Nobody;

#[async_trait(?Send)]
impl Host for Nobody {
    async fn publish(&self, _: &Head) -> Result<(), PublishError> {
        Ok(())
    }
}

/// The process.
pub struct Process {
    pub clock: Rc<HandClock>,
    pub apps: Rc<Apps>,
    /// Where runs meet.
    pub town: Rc<Town>,
    pub settings: OnboardingSettings,
    /// Whom runs are started for.
    pub context: Value,
}

/// One run and its storage.
pub struct Run {
    pub store: Rc<MemoryStore>,
    runner: RefCell<Rc<Runner<RunReason>>>,
}

impl Process {
    pub fn new() -> Self {
        Self::of(Manners::strict())
    }

    /// In a world in which Alice's portal is hers alone: a run over all of it meets nobody else's
    /// customers.
    pub fn alone() -> Self {
        Self::of(Manners {
            portals: manners::Portals::Own,
            ..Manners::strict()
        })
    }

    fn of(manners: Manners) -> Self {
        let clock = Rc::new(HandClock::at(morning()));
        Self {
            apps: Rc::new(alices(manners, Rc::clone(&clock))),
            town: Town::by_clock(
                Rc::clone(&clock),
                Rc::new(PaperRuns::default()),
                Rc::default(),
            ),
            clock,
            settings: OnboardingSettings::default(),
            context: json!({"user_id": "alice", "scalekit_identifier": "user_alice",
                "issuer": "https://idp.test", "email": ADDRESS}),
        }
    }

    /// A customer of Alice's; answers the id of its contact.
    pub fn customer(&self, domain: &str, days: i64, trouble: Trouble) -> String {
        self.apps.customer_of(ADDRESS, domain, days, trouble)
    }

    /// The time this many minutes from now.
    pub fn clock_plus_minutes(&self, minutes: u64) -> Timestamp {
        self.clock.now().plus(Duration::from_secs(minutes * 60))
    }

    /// Does something that cannot crash.
    fn now<T>(&self, work: impl Future<Output = T>) -> T {
        self.clock.run(work, || false).expect("nothing stops it")
    }

    fn runner(&self, store: &Rc<MemoryStore>) -> Rc<Runner<RunReason>> {
        let clock: Rc<dyn Clock> = self.clock.clone();
        let scalekit = client(&self.apps, &clock, &self.town);
        let engine = Engine {
            workflow: Rc::new(onboarding_workflow()),
            services: Ok(Rc::new(OnboardingServices {
                scalekit: Rc::new(scalekit),
                claims: Rc::new(SharedClaims::new(Rc::new(Post(Rc::clone(&self.town))))),
                portals: Portals::new(Rc::new(Post(Rc::clone(&self.town))), Rc::clone(&clock)),
                settings: self.settings.clone(),
                public_url: "https://agent.test/".into(),
            })),
            clock: Rc::clone(&clock),
            random: Rc::new(Dice::default()),
            host: Rc::new(Nobody),
            spent: Rc::new(|| false),
        };
        let store: Rc<dyn JournalStore> = store.clone();
        let log = RunLog::open(store, clock).expect("a journal");
        Rc::new(Runner::new(engine, Rc::new(log)))
    }

    /// Starts a run; it goes on with [`Self::drive`].
    pub fn start(&self, id: &str, input: Value) -> Run {
        let store = Rc::new(MemoryStore::default());
        let runner = self.runner(&store);
        let started = Started {
            run_id: id.into(),
            workflow: "onboarding-health".into(),
            version: 1,
            owner: "p_1".into(),
            context: self.context.clone(),
            input,
            trace_id: None,
        };
        self.now(runner.start(started)).expect("started");
        Run {
            store,
            runner: RefCell::new(runner),
        }
    }

    /// Lets alarms ring, one after the other, until the run ends or waits for somebody; comes back
    /// from crashes.
    pub fn drive(&self, run: &Run) -> RunStatus {
        for _ in 0..RINGS {
            let Some(at) = run.store.take_alarm() else {
                return run.status();
            };
            if run.rests_until() == Some(at) {
                run.store.restore_alarm(at);
                return run.status();
            }
            self.clock.move_to(at);
            let runner = Rc::clone(&run.runner.borrow());
            let crashed = || self.apps.crashed.take();
            if let Some(done) = self.clock.run(runner.advance(), crashed) {
                done.expect("storage");
            } else {
                // The platform rings a handler that died again after about two seconds, long before
                // the watchdog would.
                run.store.take_alarm();
                let again = self.clock.now().plus(Duration::from_secs(2));
                run.store.restore_alarm(again);
                run.runner.replace(self.runner(&run.store));
            }
        }
        panic!("the run goes round in circles: {:?}", run.head().suspension);
    }

    /// Lets alarms ring until a crash, and leaves the run as the crash left it. Answers whether there
    /// was one.
    pub fn drive_into_crash(&self, run: &Run) -> bool {
        while let Some(at) = run.store.take_alarm() {
            self.clock.move_to(at);
            let runner = Rc::clone(&run.runner.borrow());
            let crashed = || self.apps.crashed.take();
            if self.clock.run(runner.advance(), crashed).is_none() {
                run.store.restore_alarm(self.clock.now());
                return true;
            }
        }
        false
    }

    /// A run over storage filled elsewhere.
    pub fn pick_up(&self, store: MemoryStore) -> Run {
        let store = Rc::new(store);
        let runner = self.runner(&store);
        Run {
            store,
            runner: RefCell::new(runner),
        }
    }

    /// Lets one alarm ring.
    pub fn ring(&self, run: &Run) {
        let at = run.store.take_alarm().expect("an alarm");
        self.clock.move_to(at);
        let runner = Rc::clone(&run.runner.borrow());
        self.now(runner.advance()).expect("storage");
    }

    /// Cancels a run and drives it to its end.
    pub fn cancel(&self, run: &Run) -> RunStatus {
        let runner = Rc::clone(&run.runner.borrow());
        self.now(runner.cancel("p_1")).expect("cancelled");
        self.drive(run)
    }

    /// Starts a run and drives it to where it rests.
    pub fn run(&self, id: &str, input: Value) -> Run {
        let run = self.start(id, input);
        self.drive(&run);
        run
    }

    /// Resumes a run and drives it on.
    pub fn resume(&self, run: &Run, answer: RunAnswer) -> RunStatus {
        let runner = Rc::clone(&run.runner.borrow());
        let resumed = self.now(runner.resume(None, ResumedBy::Owner, answer));
        resumed.expect("resumed");
        self.drive(run)
    }

    /// Tells a waiting run of a new connection and drives it on.
    pub fn connected(&self, run: &Run, connector: &str) -> RunStatus {
        let runner = Rc::clone(&run.runner.borrow());
        let number = run.head().suspensions;
        let event = "evt_1".into();
        let made = self.now(runner.part_came(number, connector, ResumedBy::Connection { event }));
        made.expect("told");
        self.drive(run)
    }
}

impl Run {
    pub fn head(&self) -> Head {
        self.store.head().expect("storage").expect("a head")
    }

    pub fn status(&self) -> RunStatus {
        self.head().status
    }

    /// When a run that waits for somebody looks again by itself.
    pub fn rests_until(&self) -> Option<Timestamp> {
        self.head().suspension?.until
    }

    /// What the run waits for, as JSON.
    pub fn reason(&self) -> Value {
        let suspension = self.head().suspension.expect("a suspension");
        serde_json::to_value(suspension.reason).expect("json")
    }

    pub fn result(&self) -> OnboardingResult {
        let head = self.head();
        let seq = head.end_seq.expect("an end");
        match self.store.entry(seq).expect("storage").map(|it| it.record) {
            Some(Record::Completed { result, .. }) => {
                serde_json::from_value(result).expect("a result")
            }
            other => panic!("no result but {other:?}"),
        }
    }

    pub fn summary(&self) -> Summary {
        match self.result() {
            OnboardingResult::Completed(summary) => *summary,
            other => panic!("no summary but {other:?}"),
        }
    }

    /// Every row of the journal as JSON.
    pub fn rows(&self) -> Vec<String> {
        let entries = self.store.entries_after(0, usize::MAX).expect("storage");
        let rows = entries.iter().map(serde_json::to_string);
        rows.collect::<Result<_, _>>().expect("json")
    }
}

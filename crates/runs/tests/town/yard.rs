//! Real runs in a town: the engine over a journal in SQLite, kept as the platform keeps them.

use std::cell::{Cell, OnceCell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;
use std::time::Duration;

use async_trait::async_trait;
use onbehalf_clock::Clock;
use onbehalf_clock::testkit::{Dice, HandClock};
use onbehalf_engine::{
    Definition, Flow, RunLog, Step, StepContext, StepResult, Workflow, workflow,
};
use onbehalf_identity::RequestContext;
use onbehalf_runs::account::AnnounceConnection;
use onbehalf_runs::hosted::{Hosted, Opening, Run, Workflows};
use onbehalf_runs::run::{Keeper, News, Place as Ground, RunMessage, RunReply, Shelf};
use onbehalf_runs::town::{Post, Runs, Town, TownRules};
use onbehalf_runs::{
    AccountKey, ApprovalMode, Carrier, ConnectorName, EventId, Letter, MissingConnection, PlanItem,
    Rules, RunId, RunReason, Undelivered, WorkflowId, ask,
};
use onbehalf_sql::Sql;
use serde_json::{Value, json};

use crate::cabinet::Cabinet;
use crate::common::*;

/// What is outside: one app, and people who connect it at a chosen moment.
#[derive(Default)]
pub struct World {
    pub connected: Cell<bool>,
    /// Moments that have passed since the run began.
    moments: Cell<u32>,
    /// The one at which somebody connects the app.
    pub mended_at: Cell<Option<u32>>,
    town: OnceCell<Rc<Town>>,
}

impl World {
    /// Time goes by before and after whatever happens at this moment: far more than clocks are
    /// apart, so that no tolerance hides a gap.
    async fn moment(&self) {
        let town = self.town.get().expect("a town");
        town.pass(minutes(7));
        let now = self.moments.get();
        self.moments.set(now + 1);
        if self.mended_at.get() == Some(now) {
            self.connected.set(true);
            let made = AnnounceConnection {
                connector: ConnectorName::new("hubspot"),
                event: EventId::new("wh_1"),
            };
            let post = Post(Rc::clone(town));
            let told = ask(&post, AccountKey::new("user_alice"), made).await;
            told.expect("told");
        }
        town.pass(minutes(7));
    }

    pub fn moments(&self) -> u32 {
        self.moments.get()
    }
}

/// Needs an app and a decision, in this order, as its input says.
pub struct Errand;

impl Definition for Errand {
    const ID: &'static str = "onboarding-health";
    const VERSION: u32 = 1;
    type Input = Value;
    type State = Value;
    type Context = RequestContext;
    type Result = Value;
    type Services = Rc<World>;
    type Reason = RunReason;
}

impl Hosted<Rc<World>> for Errand {
    const TITLE: &'static str = "Errand";
    const DESCRIPTION: &'static str = "Needs an app and a decision.";
    const SCHEDULE: Option<&'static str> = None;
    const SETTINGS_KEY: &'static str = "ERRAND";
    type Settings = ();

    fn settings(_: Option<&str>) -> Result<(), String> {
        Ok(())
    }

    fn services(world: Rc<World>, (): ()) -> Rc<World> {
        world
    }

    fn chain() -> Workflow<Self> {
        workflow::<Self>().then(Connect).then(Decide).build()
    }
}

struct Connect;

#[async_trait(?Send)]
impl Step<Errand> for Connect {
    type Input = Value;
    type Output = Value;

    fn id(&self) -> &'static str {
        "connect"
    }

    async fn run(&self, input: Value, cx: &StepContext<Errand>) -> StepResult<Errand, Value> {
        if input["connects"] != true {
            return Ok(Flow::Next(input));
        }
        let world = cx.services();
        world.moment().await;
        let asked_at = cx.now();
        world.moment().await;
        let connected = world.connected.get();
        world.moment().await;
        if connected {
            return Ok(Flow::Next(input));
        }
        let missing = vec![MissingConnection {
            connector: "hubspot".into(),
            reason: "not_connected".into(),
            scopes: Vec::new(),
            // A sight from an attempt that is over has no time of its own.
            seen_at: (input["forgets"] != true).then_some(asked_at),
        }];
        Ok(Flow::Suspend(
            RunReason::ConnectionRequired { missing }.into(),
        ))
    }
}

struct Decide;

#[async_trait(?Send)]
impl Step<Errand> for Decide {
    type Input = Value;
    type Output = Value;

    fn id(&self) -> &'static str {
        "decide"
    }

    async fn run(&self, input: Value, cx: &StepContext<Errand>) -> StepResult<Errand, Value> {
        let mode = input["approval"].as_str().and_then(ApprovalMode::named);
        let mode = mode.unwrap_or_default();
        if mode == ApprovalMode::None || cx.answer().is_some() {
            return Ok(Flow::Next(input));
        }
        let item = PlanItem::new("task:acme.test", &"call Acme").expect("json");
        let plan = RunReason::ApprovalRequired {
            plan: json!({}),
            hash: "h1".into(),
            items: Some(vec![item]),
            mode,
        };
        Ok(Flow::Suspend(plan.into()))
    }
}

impl Cabinet {
    /// Nothing of the journal can be read, as a bug or another release may leave it.
    pub fn damage(&self) {
        for table in ["head", "journal"] {
            let statement = format!("UPDATE {table} SET body = '{{'");
            self.sql.run(&statement, &[]).expect("damaged");
        }
    }
}

/// What one run stands on.
pub struct Plot {
    yard: Rc<Yard>,
    pub cabinet: Rc<Cabinet>,
}

impl Ground for Plot {
    fn shelf(&self) -> Rc<dyn Shelf> {
        self.cabinet.clone()
    }

    fn open(&self, workflow: &WorkflowId, log: Rc<RunLog>) -> Rc<Run> {
        let opening = Opening {
            log,
            clock: self.yard.clock.clone(),
            random: Rc::new(Dice::default()),
            host: Rc::new(News::new(self.carrier())),
            spent: Rc::new(|| false),
        };
        let hosted = Workflows::default().with::<Errand>();
        hosted.open(workflow, opening, Ok(Rc::clone(&self.yard.world)), |_| None)
    }

    fn retention(&self) -> Option<Duration> {
        self.yard.retention.get()
    }

    fn rules(&self) -> Rc<dyn Rules> {
        self.yard.rules.clone()
    }

    fn carrier(&self) -> Rc<dyn Carrier> {
        Rc::new(Slowly(Rc::clone(&self.yard)))
    }

    fn clock(&self) -> Rc<dyn Clock> {
        self.yard.clock.clone()
    }
}

/// Carries messages in their time: word of a wait takes its moments.
struct Slowly(Rc<Yard>);

#[async_trait(?Send)]
impl Carrier for Slowly {
    async fn carry(&self, letter: Letter) -> Result<onbehalf_runs::Answer, Undelivered> {
        let waits = matches!(letter, Letter::Account(..));
        if waits {
            self.0.world.moment().await;
        }
        let town = Rc::clone(self.0.world.town.get().expect("a town"));
        let answer = Post(town).carry(letter).await;
        if waits {
            self.0.world.moment().await;
        }
        answer
    }
}

/// Where a run is kept, and the process that keeps it.
type OneRun = (Rc<Plot>, Rc<Keeper>);

/// All runs of a town.
pub struct Yard {
    pub world: Rc<World>,
    pub retention: Cell<Option<Duration>>,
    clock: Rc<HandClock>,
    rules: Rc<TownRules>,
    kept: RefCell<BTreeMap<RunId, OneRun>>,
}

/// The yard as the town reaches it.
struct Gate(Rc<Yard>);

#[async_trait(?Send)]
impl Runs for Gate {
    async fn receive(&self, run: &RunId, message: RunMessage) -> Result<RunReply, Undelivered> {
        let (plot, keeper) = self.0.at(run);
        let reply = keeper.receive(plot.as_ref(), message).await;
        reply.map_err(|_| Undelivered::Failed)
    }
}

impl Yard {
    fn at(self: &Rc<Self>, run: &RunId) -> OneRun {
        let mut kept = self.kept.borrow_mut();
        let entry = kept.entry(run.clone()).or_insert_with(|| {
            let plot = Plot {
                yard: Rc::clone(self),
                cabinet: Rc::default(),
            };
            (Rc::new(plot), Rc::default())
        });
        (Rc::clone(&entry.0), Rc::clone(&entry.1))
    }

    pub fn cabinet(self: &Rc<Self>, run: &RunId) -> Rc<Cabinet> {
        Rc::clone(&self.at(run).0.cabinet)
    }

    /// The process of a run dies: nothing but what is stored is left.
    pub fn forget_process(&self, run: &RunId) {
        if let Some((_, keeper)) = self.kept.borrow_mut().get_mut(run) {
            *keeper = Rc::default();
        }
    }

    /// Rings a run's alarm at its time.
    pub async fn ring(self: &Rc<Self>, run: &RunId) {
        let (plot, keeper) = self.at(run);
        let at = plot.cabinet.alarm.take().expect("an alarm");
        self.clock.move_to(at.max(self.clock.now()));
        keeper.ring(plot.as_ref()).await.expect("storage");
    }
}

/// A town whose runs are real.
pub fn place_with_runs() -> (Place, Rc<Yard>) {
    let rules = Rc::new(TownRules::default());
    let clock = Rc::new(HandClock::at(at("2026-11-25T12:00:00Z")));
    let yard = Rc::new(Yard {
        world: Rc::default(),
        retention: Cell::new(Some(hours(24))),
        clock: Rc::clone(&clock),
        rules: Rc::clone(&rules),
        kept: RefCell::default(),
    });
    let runs = Rc::new(Gate(Rc::clone(&yard)));
    let town = Town::by_clock(clock, runs, Rc::clone(&rules));
    assert!(yard.world.town.set(Rc::clone(&town)).is_ok());
    let place = Place {
        api: onbehalf_runs::Objects::new(Rc::new(Post(Rc::clone(&town)))),
        town,
        runs: Rc::default(),
        rules,
    };
    (place, yard)
}

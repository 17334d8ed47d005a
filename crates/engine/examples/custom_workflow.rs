//! A small workflow of one's own: `cargo run --example custom_workflow`.
//!
//! Reads a list of shops' takings side by side, rests for a night, and decides by the total. Shows
//! `ForEach`, `Parallel`, `Branch` and `Sleep`, shared state, and a run that is picked up by a
//! process that knows nothing but the journal.

use std::cell::Cell;
use std::rc::Rc;
use std::time::Duration;

use async_trait::async_trait;
use onbehalf_clock::Timestamp;
use onbehalf_clock::{Clock, Random};
use onbehalf_engine::memory::MemoryStore;
use onbehalf_engine::{
    Branch, Definition, End, Engine, Flow, ForEach, Head, Host, NoReason, Parallel, PublishError,
    RunLog, Runner, Sleep, Started, Step, StepContext, StepResult, Workflow, workflow,
};
use serde::{Deserialize, Serialize};
use serde_json::json;

struct Takings;

impl Definition for Takings {
    const ID: &'static str = "takings";
    const VERSION: u32 = 1;
    type Input = Vec<String>;
    type State = Seen;
    type Context = ();
    type Result = String;
    type Services = ();
    type Reason = NoReason;
}

/// Lives for the whole run; a step's output reaches the next step only.
#[derive(Default, Serialize, Deserialize)]
struct Seen {
    shops: usize,
}

/// Reads one shop's takings.
struct ReadShop;

#[async_trait(?Send)]
impl Step<Takings> for ReadShop {
    type Input = String;
    type Output = usize;

    fn id(&self) -> &'static str {
        "read-shop"
    }

    async fn run(&self, shop: String, cx: &StepContext<Takings>) -> StepResult<Takings, usize> {
        println!("  reading {shop}");
        cx.update_state(|seen| seen.shops += 1);
        Ok(Flow::Next(shop.len() * 10))
    }
}

/// A step made of a function over all takings.
struct Fold(&'static str, fn(&[usize]) -> usize);

#[async_trait(?Send)]
impl Step<Takings> for Fold {
    type Input = Vec<usize>;
    type Output = usize;

    fn id(&self) -> &'static str {
        self.0
    }

    async fn run(
        &self,
        takings: Vec<usize>,
        _: &StepContext<Takings>,
    ) -> StepResult<Takings, usize> {
        Ok(Flow::Next((self.1)(&takings)))
    }
}

/// Says what is to be done.
struct Decide(&'static str);

#[async_trait(?Send)]
impl Step<Takings> for Decide {
    type Input = (usize, usize);
    type Output = String;

    fn id(&self) -> &'static str {
        self.0
    }

    async fn run(
        &self,
        input: (usize, usize),
        cx: &StepContext<Takings>,
    ) -> StepResult<Takings, String> {
        let (total, best) = input;
        let shops = cx.state().shops;
        Ok(Flow::Next(format!(
            "{}: {total} from {shops} shops, the best {best}",
            self.0
        )))
    }
}

fn takings() -> Workflow<Takings> {
    workflow::<Takings>()
        .then(ForEach::new("read-all", 2, ReadShop))
        .then(Parallel::new(
            "tally",
            Fold("total", |all| all.iter().sum()),
            Fold("best", |all| all.iter().copied().max().unwrap_or(0)),
        ))
        .then(Sleep::new("until-tomorrow", Duration::from_secs(12 * 3600)))
        .then(Branch::new(
            "decide",
            |(total, _): &(usize, usize), _: &Seen| *total >= 100,
            Decide("open another"),
            Decide("wait a year"),
        ))
        .build()
}

/// A clock that is moved to the next alarm instead of waited for.
struct Jumping(Cell<i64>);

#[async_trait(?Send)]
impl Clock for Jumping {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(self.0.get())
    }

    async fn sleep(&self, _: Duration) {
        std::future::pending::<()>().await;
    }
}

/// No step of this workflow is retried, so nobody looks at these.
struct Zeros;

impl Random for Zeros {
    fn fill(&self, buffer: &mut [u8]) {
        buffer.fill(0);
    }
}

struct Print;

#[async_trait(?Send)]
impl Host for Print {
    async fn publish(&self, head: &Head) -> Result<(), PublishError> {
        println!("  the run is {}", head.status.name());
        Ok(())
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let store = Rc::new(MemoryStore::default());
    let clock = Rc::new(Jumping(Cell::new(1_795_420_800_000)));
    // A fresh runner each time, as after a restart: all it has is the journal.
    let open = || -> Result<Runner<NoReason>, Box<dyn std::error::Error>> {
        let engine = Engine {
            workflow: Rc::new(takings()),
            services: Ok(Rc::new(())),
            clock: clock.clone(),
            random: Rc::new(Zeros),
            host: Rc::new(Print),
            spent: Rc::new(|| false),
        };
        let log = RunLog::open(store.clone(), clock.clone())?;
        Ok(Runner::new(engine, Rc::new(log)))
    };
    let started = Started {
        run_id: "run_example".into(),
        workflow: Takings::ID.into(),
        version: Takings::VERSION,
        owner: "nobody".into(),
        context: json!(null),
        input: json!(["Rome", "Lisbon", "Oslo"]),
        trace_id: None,
    };
    open()?.start(started).await?;
    while let Some(alarm) = store.take_alarm() {
        clock.0.set(clock.0.get().max(alarm.millis()));
        println!("{}", clock.now());
        open()?.advance().await?;
    }
    if let Some(End::Completed(result)) = open()?.log().end()? {
        println!("{result}");
    }
    Ok(())
}

//! The engine: typed step chains that survive anything, and writes that happen once.
//!
//! ```text
//!   alarm, resume, cancel ──▶ Runner ──decides against──▶ Head (no I/O)
//!                               │                            ▲
//!                               │ runs                       │ folds
//!                               ▼                            │
//!              Step ──effect, memo──▶ RunLog ──commits──▶ JournalStore (append-only)
//! ```
//!
//! Owns steps, journal, effects, retries and suspension. Refuses to know HTTP, JSON Schema, any app
//! and any platform; what runs wait for beyond time is a product's to define ([`Reason`]), and who
//! a run acts for is a value it carries and never looks into.
//!
//! A workflow is a chain of steps, each of which takes what the one before it hands out. A run of it
//! is its journal: whatever happens to the process, a new one goes on from there.
//!
//! ```
//! use std::rc::Rc;
//! use std::time::Duration;
//!
//! use async_trait::async_trait;
//! use onbehalf_clock::{Clock, Random, Timestamp};
//! use onbehalf_engine::memory::MemoryStore;
//! use onbehalf_engine::{
//!     Definition, End, Engine, Flow, Head, Host, NoReason, PublishError, RunLog, Runner, Started,
//!     Step, StepContext, StepResult, workflow,
//! };
//!
//! struct Greeting;
//!
//! impl Definition for Greeting {
//!     const ID: &'static str = "greeting";
//!     const VERSION: u32 = 1;
//!     type Input = String;
//!     type State = ();
//!     type Context = ();
//!     type Result = String;
//!     type Services = ();
//!     type Reason = NoReason;
//! }
//!
//! struct Greet;
//!
//! #[async_trait(?Send)]
//! impl Step<Greeting> for Greet {
//!     type Input = String;
//!     type Output = String;
//!
//!     fn id(&self) -> &'static str {
//!         "greet"
//!     }
//!
//!     async fn run(&self, name: String, _: &StepContext<Greeting>) -> StepResult<Greeting, String> {
//!         Ok(Flow::Next(format!("Hello, {name}")))
//!     }
//! }
//!
//! // What the platform gives: time, chance, and somebody who is told where the run stands.
//! struct World;
//!
//! #[async_trait(?Send)]
//! impl Clock for World {
//!     fn now(&self) -> Timestamp {
//!         Timestamp::from_millis(1_795_420_800_000)
//!     }
//!     async fn sleep(&self, _: Duration) {
//!         std::future::pending().await
//!     }
//! }
//!
//! impl Random for World {
//!     fn fill(&self, buffer: &mut [u8]) {
//!         buffer.fill(0);
//!     }
//! }
//!
//! #[async_trait(?Send)]
//! impl Host for World {
//!     async fn publish(&self, _: &Head) -> Result<(), PublishError> {
//!         Ok(())
//!     }
//! }
//!
//! # futures::executor::block_on(async {
//! let log = RunLog::open(Rc::new(MemoryStore::default()), Rc::new(World))?;
//! let engine = Engine {
//!     workflow: Rc::new(workflow::<Greeting>().then(Greet).build()),
//!     services: Ok(Rc::new(())),
//!     clock: Rc::new(World),
//!     random: Rc::new(World),
//!     host: Rc::new(World),
//!     spent: Rc::new(|| false),
//! };
//! let runner = Runner::new(engine, Rc::new(log));
//! let started = Started {
//!     run_id: "run_1".into(),
//!     workflow: "greeting".into(),
//!     version: 1,
//!     owner: "ann".into(),
//!     context: serde_json::json!(null),
//!     input: serde_json::json!("Ann"),
//!     trace_id: None,
//! };
//! runner.start(started).await?;
//! // Starting has set an alarm; whoever hosts the run calls this when it rings.
//! runner.advance().await?;
//! assert_eq!(runner.log().end()?, Some(End::Completed("Hello, Ann".into())));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! # }).expect("a run");
//! ```
//!
//! Where to read on: [`Step`] and [`StepContext`] for what a step may do, [`Effect`] for a write that
//! happens once, `settle.rs` for every rule about writes, `head.rs` for every rule about runs,
//! `erased.rs` for where types end.

mod attempt;
mod chain;
mod combinators;
mod context;
mod definition;
mod driver;
mod effect;
mod effects;
mod erased;
mod fence;
mod head;
mod history;
mod journal;
mod log;
#[cfg(not(target_arch = "wasm32"))]
pub mod memory;
mod outcome;
mod reason;
mod retry;
mod runner;
mod settle;
mod state;
mod store;
mod suspend;

pub use chain::{Chain, Workflow, workflow};
pub use combinators::{Branch, ForEach, Parallel, Sleep};
pub use context::StepContext;
pub use definition::{
    Definition, Flow, FlowOf, Interrupt, Step, StepError, StepPolicy, StepResult,
};
pub use effect::{Effect, EffectKey, EffectOutcome, Found, Performed, Permit, Settled};
pub use fence::Fence;
pub use head::{
    Head, Next, Refusal, Resumed, RunFailure, RunStatus, Suspension, Trouble, TroubleKind,
};
pub use history::{EffectHistory, OpenIntent};
pub use journal::{Entry, Record, Started};
pub use log::{End, RunLog};
pub use outcome::Outcome;
pub use reason::{NoReason, Reason};
pub use retry::RetryPolicy;
pub use runner::{CommandError, Engine, Host, PublishError, Runner};
pub use settle::{EffectNext, Purpose};
pub use store::{Alarm, Commit, JournalError, JournalStore, StoreError};
pub use suspend::{ResumePayload, ResumedBy, SuspendReason};

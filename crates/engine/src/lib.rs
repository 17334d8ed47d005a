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
//! Owns steps, journal, effects, retries and suspension. Knows nothing of HubSpot, HTTP or
//! Cloudflare; who a run acts for is a value it carries and never looks into.

mod attempt;
mod chain;
mod combinators;
mod context;
mod definition;
mod effect;
mod effects;
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

//! Onbehalf in a deterministic simulation: the real engine, workflow and Scalekit client over the
//! sandbox's world, with everything going wrong that a seed can think of.
//!
//! ```text
//!   seed ─▶ Plan ─▶ scheduler ─polls─▶ Runner ─commits─▶ CrashStore
//!                       │                 └────sends────▶ Wire ─▶ sandbox world
//!                       └─ at rest ─▶ checker: journal, ledger, undisturbed run
//! ```
//!
//! Owns disturbance and judgement; knows nothing of Cloudflare.

mod allowance;
mod checker;
mod commands;
mod journal;
pub mod matrix;
mod object;
mod plan;
mod scheduler;
mod seeds;
mod simulate;
mod site;
mod store;
mod wire;

pub use plan::{Disturbance, Plan};
pub use seeds::{Finding, run_seed, seeds, shrink};
pub use site::Tally;

//! Onbehalf in a deterministic simulation: the real engine, workflow, objects and Scalekit client
//! over the sandbox's world, with everything going wrong that a seed can think of.
//!
//! ```text
//!   seed ─▶ Plan ─▶ scheduler ─polls─▶ runs ─commits─▶ CrashStore
//!                     │  │              │ └───sends──▶ Wire ─▶ sandbox world
//!                     │  └─▶ people ────┴─messages──▶ Way ─▶ town: principals, accounts, portals, shards
//!                     └─ at rest ─▶ checker: ledger, journals, what people were told
//! ```
//!
//! Owns disturbance and judgement; knows nothing of Cloudflare.

mod allowance;
mod checker;
pub mod conversation;
mod draw;
mod expected;
mod grants;
mod host;
pub mod matrix;
mod people;
mod plan;
mod roads;
mod scheduler;
mod seeds;
mod shared;
mod simulate;
mod site;
mod store;
mod tally;
mod wire;

pub use plan::{Disturbance, Plan};
pub use seeds::{Finding, Seeds, Sum, run_seed, shrink};
pub use tally::{ALL_SEEN_AFTER, Tally};

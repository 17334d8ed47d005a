//! The runs: what their owners may ask of them, as messages and replies.
//!
//! Owns the contract between the routes and the objects that keep runs, schedules and connect
//! flows. Refuses to know HTTP, what a workflow does, and what Cloudflare is.

mod contract;
pub mod hosted;

pub use contract::*;

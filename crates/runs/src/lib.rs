//! The runs: what their owners may ask of them, as messages and replies.
//!
//! Owns the contract between the routes and the objects that keep runs, schedules and connect
//! flows, what runs wait for, and how a run is shown. Refuses to know HTTP, what a workflow does,
//! and what Cloudflare is.

mod contract;
pub mod hosted;
mod reason;
mod view;

pub use contract::*;
pub use reason::{
    Approval, Decided, Decision, MissingConnection, PlanItem, RunAnswer, RunReason, Standing,
};
pub use view::{
    OutcomeSchema, ResumeView, RunFailureSchema, RunStatusSchema, RunView, StepStatus, StepView,
    SuspensionView, WaitView,
};

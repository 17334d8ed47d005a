//! The runs: what may be asked of them, and the protocols of all objects behind that.
//!
//! Owns every decision that is made between a request and the engine: who may see a run, what an
//! idempotency key means, what happens to two runs at once, what runs wait for, who is told of a
//! connection, whose flag it is, who is started at eight in the morning; and how a run is shown.
//! Refuses to know HTTP, what a workflow does, and what Cloudflare is.
//!
//! An object is named by what it is about and keeps its own small database. Its protocol is an
//! [`Object`]: messages and time in, rows and replies out. What it owes others stands in its
//! [`outbox`] until they have taken it. The loop over that is [`receive`] and [`ring`]; a platform
//! brings the [`Ground`]: storage, an alarm, a clock, and a way to carry a [`Letter`].
//!
//! | object | named by | keeps |
//! |---|---|---|
//! | [`run`] | run id | one run; the engine decides what it does |
//! | [`principal`] | owner's key | index of runs, idempotency keys, schedules, connect flows |
//! | [`account`] | Scalekit identifier | who waits for which connection |
//! | [`approvals`] | organization | what waits for a decision |
//! | [`portal`] | portal, or account | claims on flags, allowances |
//! | [`schedule`] | shard | who is enrolled, and had a run of the latest tick |
//! | [`thread`] | owner, agent and name | what was said to an agent, and what its turns came to |

pub mod account;
mod approval_mode;
pub mod approvals;
mod backend;
mod backoff;
mod contract;
mod digest;
mod hex;
pub mod hosted;
mod letter;
pub mod measured;
mod names;
mod note;
mod object;
pub mod outbox;
pub mod portal;
pub mod principal;
mod reason;
mod rules;
pub mod run;
mod run_id;
pub mod schedule;
pub mod thread;
pub mod tool_call;
#[cfg(feature = "testkit")]
pub mod town;
mod view;

pub use approval_mode::ApprovalMode;
pub use backend::Objects;
pub use contract::*;
pub use digest::digest_of;
pub use hex::hex;
pub use letter::{Answer, Ask, Carrier, Letter, ObjectFailed, Undelivered, ask};
pub use names::*;
pub use note::{Level, Note};
pub use object::{CALL_DEADLINE, Ground, Object, Turn, receive, ring};
pub use onbehalf_sql::{Row, Sql, SqlError, Value};
pub use reason::{
    Approval, Decided, Decision, MissingConnection, PlanItem, RunAnswer, RunReason, Standing,
};
pub use rules::{NoPlan, NotBridged, Rules};
pub use run_id::{RunId, Tagged};
pub use view::{
    OutcomeSchema, ResumeView, RunFailureSchema, RunStatusSchema, RunView, StepStatus, StepView,
    SuspensionView, TroubleView, WaitView,
};

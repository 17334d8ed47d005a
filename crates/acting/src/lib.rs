//! Acting as a user through their connected apps, as any workflow needs it, an agent's turn
//! ([`agent`]) and a write that somebody asks for directly ([`tool_call`]).
//!
//! ```text
//!   step ──▶ inactive          are the connections there?
//!     │ ───▶ Reader ─▶ Circuit one read, patiently, and nobody asked twice who has said no
//!     └────▶ Manner ─▶ Permit  one write, and what its outcome asks of the engine
//! ```
//!
//! Owns what a call that fails leads to: who is asked again and when, what a step waits for, and
//! whether a write may be sent once more. Knows nothing of what is read or why it is written.

pub mod agent;
mod approval;
mod circuit;
mod effects;
mod failures;
pub mod foreign;
mod lent;
mod needs;
mod patience;
mod reader;
mod services;
pub mod tool_call;

pub use approval::approval_needed;
pub use circuit::Circuit;
pub(crate) use effects::permit;
pub use effects::{Manner, acting, mark};
pub use failures::{ConnectorError, Failure, FailureKind, result};
pub use lent::{Lent, LentModel, LentModels};
pub use needs::{
    Acts, OnMissingConnector, connections_required, deferred, inactive, reconnection_required,
};
pub use onbehalf_runs::hosted::Need;
pub use patience::{CONNECTIONS, asked_pause, grown_pause, write_policy};
pub use reader::{Read, Reader, Stop, Worth, tool_context};
pub use services::{Connected, Means, Services};

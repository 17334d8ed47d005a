//! The world: users, their vault of connected accounts, and what is in their apps.
//!
//! Deterministic: the same calls with the same times give the same bytes. Knows nothing of HTTP.

pub mod catalogue;
pub mod faults;
pub mod filter;
pub mod hubspot;
pub mod linear;
pub mod names;
pub mod random;
pub mod seed;
mod state;
pub mod time;
pub mod tool;
pub mod users;
pub mod vault;
pub mod zendesk;
mod zendesk_query;

pub use state::{Call, Calls, Csm, Executed, LedgerEntry, Refused, World};
pub use tool::{Actor, Answer, Params, ToolFailure};

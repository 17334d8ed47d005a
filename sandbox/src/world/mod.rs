//! The world: users, their vault of connected accounts, and what is in their apps.
//!
//! Deterministic: the same calls with the same times give the same bytes. Knows nothing of HTTP.

pub mod apps;
mod calls;
pub mod catalogue;
pub mod company;
pub mod connections;
mod days;
mod execute;
pub mod faults;
pub mod hubspot;
pub mod injections;
mod landing;
pub mod limits;
pub mod linear;
pub mod manners;
pub mod names;
pub mod random;
mod seed;
pub mod slack;
mod state;
mod stubs;
pub mod time;
pub mod tool;
pub mod users;
pub mod vault;
pub mod zendesk;
mod zendesk_query;

pub use calls::Calls;
pub use execute::{Call, Executed, Refused};
pub use manners::Manners;
pub use state::{Csm, LedgerEntry, World};
pub use tool::{Actor, Answer, Params, ToolFailure};

//! What programs ask for, with a bearer token, a session of a page of ours, or a signature.
//!
//! Owns the handlers of the API and the bodies they take and answer. A run of somebody else is
//! answered like one that does not exist. Refuses to know cookies and pages.

pub mod account;
pub mod approvals;
pub mod connections;
pub mod cursor;
pub mod events;
pub mod history;
pub mod organization;
pub mod runs;
pub mod schedule;
pub mod tools;
pub mod watch;
pub mod webhook;
pub(crate) mod workflows;

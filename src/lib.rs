//! Onbehalf: agent workflows at the edge that act on each user's behalf.
//!
//! Four layers, one job each: [`identity`] answers who is calling, [`connector`] does things as
//! that user, [`workflow`] makes it survive, [`onboarding`] holds the business rules. All of them
//! compile and test natively; [`ports`] names the few things they need from the outside world.

pub mod connector;
pub mod http;
pub mod identity;
pub mod onboarding;
pub mod ports;
pub mod time;
pub mod tools;
pub mod workflow;

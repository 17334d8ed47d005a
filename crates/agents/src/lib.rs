//! The agents that ship with Onbehalf.
//!
//! Owns business rules and nothing else: what is read in the apps, what follows from it, and what
//! is written there. How a caller signed in, how a tool reaches its app, how a run survives and
//! where it runs is for other crates.

pub mod acting;
pub mod morning_brief;
pub mod onboarding;

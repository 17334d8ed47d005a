//! A whole small world to run Onbehalf against: identity provider, Scalekit, HubSpot, Zendesk,
//! Linear and Slack.
//!
//! [`world`] is a plain library: no server, no async, no wall clock. [`service`] answers Scalekit's
//! REST paths from it as a pure function, and [`grpc`] lets its SDKs in. [`idp`] signs tokens.
//! [`server`] puts HTTP around it all.

pub mod grpc;
pub mod idp;
pub mod server;
pub mod service;
pub mod world;

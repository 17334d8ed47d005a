//! A whole small world to run Onbehalf against: identity provider, Scalekit, HubSpot, Zendesk,
//! Linear, Slack, and language models.
//!
//! [`world`] is a plain library: no server, no async, no wall clock. [`service`] answers Scalekit's
//! REST paths from it as a pure function, and [`grpc`] lets its SDKs in. [`idp`] signs tokens.
//! [`models`] says what it was told to say. [`server`] puts HTTP around it all.

pub mod grpc;
pub mod idp;
pub mod models;
pub mod server;
pub mod service;
pub mod world;

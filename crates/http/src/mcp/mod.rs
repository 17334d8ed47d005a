//! The Model Context Protocol on this service: `POST /mcp`.
//!
//! ```text
//!   request ─▶ mcp::read ─▶ Ask ─▶ tools ─▶ offer (tools) · runs (workflows) ─▶ Outcome ─▶ mcp::answer
//!                                   │
//!                                   └─▶ what goes on: waited for │ told in pieces │ a task
//! ```
//!
//! Owns what of this service is offered as tools and resources, and what a model is told. A model gets
//! neither the identity it works under nor a way to decide what waits for a person: that is done on
//! this service's own pages, by whoever signs in there. Refuses to know the protocol's shapes
//! (`onbehalf_mcp`), and how tools are used ([`crate::offer`]).

mod calls;
mod entry;
mod host;
mod own;
mod pending;
mod protected;
mod resources;
mod runs;
mod shown;
mod stream;
mod tasks;
mod tools;

pub use stream::CallWatch;

use onbehalf_mcp::{ClientCapabilities, Version};

use crate::sign_in::Caller;

/// The path.
pub const PATH: &str = "/mcp";

/// Who asks, and how they speak.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Asking {
    pub caller: Caller,
    pub version: Version,
    pub client: ClientCapabilities,
}

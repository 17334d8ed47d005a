//! What the service says of itself: its tools, its workflows and the OpenAPI 3.1 document.
//!
//! ```text
//!   types, route table ──describe──▶ Descriptions ──compiled in──▶ Worker ──fill_in──▶ Published
//!   (natively, when the Worker is built)                            (per deployment)
//! ```
//!
//! Owns descriptions only. They are made from the types the handlers use and from the route table,
//! natively: the Worker has them in writing, and nothing of what makes them.

#[cfg(not(target_arch = "wasm32"))]
mod describe;
mod fill_in;
#[cfg(not(target_arch = "wasm32"))]
mod lists;
#[cfg(not(target_arch = "wasm32"))]
mod operations;
#[cfg(not(target_arch = "wasm32"))]
mod parts;
mod published;
#[cfg(not(target_arch = "wasm32"))]
mod schemas;

use std::borrow::Cow;

#[cfg(not(target_arch = "wasm32"))]
pub use describe::Offered;
pub use fill_in::fill_in;
pub use published::Published;

/// What the service says of itself, in writing. The same in every deployment of one build.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Descriptions {
    /// What `GET /api/tools` answers.
    pub tools: Cow<'static, str>,
    /// What `GET /api/workflows` answers.
    pub workflows: Cow<'static, str>,
    /// The OpenAPI document, but for what [`fill_in`] adds.
    pub document: Cow<'static, str>,
}

#[cfg(test)]
mod tests;

//! The routes: what callers and browsers ask for, and what they are answered.
//!
//! ```text
//!  edge ─▶ ApiRequest ─▶ Api::handle ─▶ route table ─▶ caller ─▶ handler ─▶ ApiResponse ─▶ edge
//!                                                                   │
//!                       Backend, RateLimiter (platform) · SignIn (identity) · Scalekit · Registry
//! ```
//!
//! Owns paths, request and response types, problem details, the browser session, the connect flow,
//! what every caller of tools shares, and the OpenAPI document. Refuses to know how tokens are verified, how runs are driven, what a
//! tool does, and what Cloudflare is.

mod api;
mod approval_webhook;
mod browser;
mod chat;
mod console;
#[cfg(any(test, feature = "fuzzing"))]
pub mod fuzz;
mod guessable;
mod identity_layer;
mod limits;
mod mcp;
mod named;
mod offer;
pub mod openapi;
mod operation;
mod pieces;
mod routes;
mod seal;
mod service;
pub mod sign_in;
mod site;
#[cfg(test)]
mod testkit;
#[cfg(test)]
mod tests;
mod wire;

pub use api::events;
pub use api::watch::Streams;
pub use approval_webhook::{ApprovalWebhook, announce};
pub use browser::connect::CONNECT_CALLBACK;
pub use browser::login::LOGIN_CALLBACK;
pub use console::{Files, StoredFile};
pub use guessable::Guessable;
pub use identity_layer::IdentityLayer;
pub use limits::{Budget, RateLimiter, Uncounted, WINDOW_SECONDS};
pub use offer::{
    CallInHand, DryRun, InHand, OfferedTool, Origin, ToolCallFacts, ToolCallPending, ToolUse, Used,
};
pub use pieces::Watch;
pub use seal::{MIN_SECRET_BYTES, Seal, WeakSecret};
pub use service::{Answer, Api, ApiSettings, handle_unconfigured};
pub use wire::message::{ApiRequest, ApiResponse, MAX_BODY_BYTES};
pub use wire::problem::{Problem, ProblemType};

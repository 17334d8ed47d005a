//! The routes: what callers and browsers ask for, and what they are answered.
//!
//! ```text
//!  edge ─▶ ApiRequest ─▶ Api::handle ─▶ route table ─▶ caller ─▶ handler ─▶ ApiResponse ─▶ edge
//!                                                                   │
//!                       Backend, RateLimiter (platform) · SignIn (identity) · Scalekit · Registry
//! ```
//!
//! Owns paths, request and response types, problem details, the browser session, the connect flow
//! and the OpenAPI document. Refuses to know how tokens are verified, how runs are driven, what a
//! tool does, and what Cloudflare is.

mod api;
mod connect;
mod connections;
mod cookie;
mod cursor;
pub mod events;
#[cfg(any(test, feature = "fuzzing"))]
pub mod fuzz;
mod identity_layer;
mod json_body;
mod limits;
mod login;
mod message;
pub mod openapi;
mod pages;
mod problem;
mod query;
mod request_headers;
mod return_to;
mod routes;
mod runs;
mod schedule;
mod seal;
mod session;
pub mod sign_in;
mod site;
#[cfg(test)]
mod testkit;
#[cfg(test)]
mod tests;
mod tool_routes;
mod webhook;

pub use api::{Api, ApiSettings, handle_unconfigured};
pub use connect::CONNECT_CALLBACK;
pub use identity_layer::IdentityLayer;
pub use limits::{Budget, RateLimiter, WINDOW_SECONDS};
pub use login::LOGIN_CALLBACK;
pub use message::{ApiRequest, ApiResponse, MAX_BODY_BYTES};
pub use problem::{Problem, ProblemType};
pub use routes::WORKFLOW;
pub use runs::Subscription;
pub use seal::{MIN_SECRET_BYTES, Seal, WeakSecret};

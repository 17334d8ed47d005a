//! The Model Context Protocol as a server speaks it over HTTP: plain data in, plain data out.
//!
//! ```text
//!   headers, body ──read──▶ Request { id, version, ask }      what is asked, checked by its revision
//!                               │
//!                               ▼  (whoever serves it does what is asked)
//!                 Outcome │ RpcError ──answer──▶ message      as that revision has it
//! ```
//!
//! Two eras on one endpoint. The *modern* one (2026-07-28) says with each request which revision it
//! speaks and what the client can do; the *legacy* one (2025-11-25, 2025-06-18) agrees on both in a
//! handshake. Neither needs anything to be remembered here.
//!
//! Owns JSON-RPC, the revisions and what differs between them, headers and `_meta`, error codes with
//! their HTTP statuses, pages of lists, and the shapes of tools, resources, tasks and what a person is
//! asked. Refuses to know who asks, what a tool does, and how HTTP is served.

mod ask;
mod capabilities;
mod content;
mod elicitation;
mod error;
mod headers;
mod message;
mod page;
mod protected;
mod reply;
mod request;
mod state;
mod stream;
mod task;
mod tool;
mod version;

pub use ask::{Answers, Ask, PersonSaid, ToolCall};
pub use capabilities::{Capabilities, ClientCapabilities};
pub use content::{CallResult, Resource, Template, resource_contents};
pub use elicitation::{UrlRequest, input_required, url_elicitation_required};
pub use error::{Code, Refusal, RpcError};
pub use headers::Headers;
pub use message::RequestId;
pub use page::{Page, page};
pub use protected::{ProtectedResource, challenge};
pub use reply::{Cache, Outcome, Server, answer, error_message};
pub use request::{Incoming, Request, read};
pub use state::RequestState;
pub use stream::{ProgressToken, event, progress};
pub use task::{Task, TaskStatus};
pub use tool::{Annotations, Tool, either, object};
pub use version::Version;

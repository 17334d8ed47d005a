//! The connector layer: what a user has connected, and doing things there as that user.
//!
//! Owns the Scalekit client: one shared client-credentials token, tool execution, connected
//! accounts, the tools they bring, magic links, user verification, disconnecting and webhook signatures, with
//! every failure as a typed value. Credentials of the connected apps never reach this process; Scalekit holds them.
//!
//! Refuses to know how the caller signed in (an opaque `identifier` comes in), what a tool means
//! (`onbehalf_tools`), when to try again later (`onbehalf_engine`), and what Cloudflare is.
//!
//! ```text
//!  execute ─┐                        ┌─ token (one per isolate, single flight)
//!  accounts ┼─> transport ──> Fetch ─┤
//!  scoped ──┤      │                 │
//!  link ────┘      │                 └─ Scalekit
//!                  ├─ mapping: code × words × status ──> CallFailure
//!                  └─ turns: whose limit, and for how long
//! ```

mod accounts;
mod allowance;
mod answer;
mod backoff;
mod config;
mod connectors;
mod disconnect;
mod execute;
mod failure;
mod link;
mod log;
mod mapping;
mod name;
mod own_words;
mod pages;
mod pattern;
mod permit;
mod said;
mod scoped;
pub mod scrub;
#[cfg(any(test, feature = "testkit"))]
pub mod testkit;
mod token;
mod trace;
mod transport;
mod turns;
pub mod webhook;

pub use accounts::{Connection, ConnectionStatus};
pub use allowance::{Given, Lane, Rate, Rates, Used, Wanted};
pub use config::{ConfigError, ScalekitConfig};
pub use connectors::{ConnectorConfig, ConnectorKind, Connectors};
pub use execute::{Executed, ToolCall};
pub use failure::{AuthReason, CallFailure, Violation, unexplained};
pub use link::{MagicLink, Verified, VerifyFailure};
pub use log::{CallLine, CallLog};
pub use name::{Connector, NoConnectorName};
pub use onbehalf_fetch::Secret;
pub use pattern::ToolPattern;
pub use permit::{AlwaysPermit, CallKind, SendPermit};
pub use said::Said;
pub use scoped::{ScopedTool, ScopedTools};
pub use token::TokenCache;
pub use transport::Scalekit;
pub use turns::{SharedAllowance, TurnMemory, Turns};

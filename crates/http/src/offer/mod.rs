//! The seam that every caller of tools shares: what somebody is offered, and the use of one.
//!
//! ```text
//!   POST /api/tools/{id}/execute ─┐
//!   POST /mcp ────────────────────┼─▶ offered_tool ─▶ ToolUse ─▶ use_tool ─▶ Used
//!   whoever comes next ───────────┘        │              │          │
//!                                    who is asked   who may, and  policy · reading here and now ·
//!                                    for this one   through what  writing as a call of its own
//! ```
//!
//! Owns what holds for a use through whatever it is asked for: the role that writing takes, the
//! policy, what is checked before anything is sent, and that a write is a call of its own. What comes
//! of it is a value. Refuses to know HTTP, and any protocol that models speak.

mod calls;
mod catalogue;
mod list;
mod uses;

pub use calls::{CallInHand, ToolCallFacts, ToolCallPending};
pub(crate) use calls::{Seen, end_of, rests, tool_call_not_found};
pub use catalogue::CatalogueNote;
pub use list::{OfferedTool, Origin};
pub use onbehalf_identity::unnamed;
pub(crate) use uses::tool_context;
pub use uses::{DryRun, InHand, ToolUse, Used};

//! Agents: a model with instructions and tools, whose every turn is a run.
//!
//! ```text
//!   question ─▶ ask the model ─▶ answer, kept ─ no calls ▶ the end, with its text
//!                    ▲                └ calls ─▶ reads, side by side, each kept
//!                    │                         ▶ writes: policy ─ ask ▶ approval ─▶ effects
//!                    └──── results, without names and marked as data ◀──┘
//! ```
//!
//! Owns the way from a question to a typed end: what a model sees of the world, what of its answers is
//! acted on, and how much a turn may take. An answer that is there is kept before anything follows from
//! it, so a crash pays for none twice; a write is an effect, so it lands once; what a write waits for,
//! a person or a connection, is waited for as any run waits.
//!
//! A turn may stand in a thread: it reads what was said before it, once, and says what it came to.
//!
//! Refuses to know which model answers, how it is reached, and what any tool does. What a model says is
//! never believed: its calls are checked, its writes are a person's to approve unless the policy says
//! otherwise, and what it shows leads to no foreign host.

mod calls;
mod catalogue;
mod input;
mod kept;
mod latest;
mod limits;
mod pieces;
mod ready;
mod seen;
mod shown;
mod spec;
mod thread;
mod turn;
mod write;

pub use input::{MAX_MESSAGE_CHARS, MadeCall, TurnEnd, TurnInput, TurnResult};
pub use limits::TurnLimits;
pub use pieces::{CallAt, CameTo, Ending, Piece, Verdict, Wanted};
pub use spec::{Agent, AgentSpec, agent};
pub use turn::{Ask, Turn, TurnServices};
pub use write::TurnWrite;

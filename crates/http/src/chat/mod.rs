//! Talking to agents: threads of messages, and answers told as they come about.
//!
//! ```text
//! message ─▶ thread ─▶ run of the turn ─▶ journal ─▶ pieces ─▶ chunks ─┬▶ stream, resumable by position
//!                                           kept by the thread ─▶ pieces ┴▶ chunks ─▶ parts of a message
//! ```
//!
//! Owns what crosses the wire, which is the AI SDK's UI message stream protocol, version 1: chunks as
//! server-sent events, messages made of parts. A chunk follows from one entry of a turn's journal and
//! from nothing else, so that a stream is the same from every position on, whenever it is asked for; and
//! a message that is read later is put together from the same chunks. Refuses to believe what a client
//! says of the conversation: its newest message counts, and nothing before it.

pub mod agents;
mod chunk;
pub mod incoming;
pub mod message;
pub mod telling;
mod threads;

pub use telling::Telling;
pub(crate) use threads::thread_not_found;

//! Language models behind one trait: a request goes in, an answer comes out in typed parts.
//!
//! Owns three dialects (chat completions as OpenAI and many others speak them, Anthropic's messages,
//! Workers AI), what is written in each and how its stream of bytes is read. Bytes go in and parts come
//! out, wherever the bytes were cut; whatever does not end as its dialect says it ends is no answer.
//!
//! Refuses to know what a tool does, who the user is, when to ask again, and what an answer is used
//! for. Has no HTTP client: a request leaves through [`onbehalf_fetch::Fetch`], or through a [`Binding`]
//! to what the platform runs itself.
//!
//! ```text
//!  Request ─▶ dialect writes ─▶ Fetch ─▶ bytes ─▶ events ─▶ dialect reads ─▶ parts ─▶ Answer
//!                                 │                              │
//!                                 └─ refused, not answered       └─ broken, malformed, too large
//! ```
//!
//! What counts is what an answer holds, not what it says of itself: it asks for tools if there are
//! calls in it, whatever reason it ends with.
//!
//! ```
//! use onbehalf_models::{Decoder, Dialect, Gathered, Part};
//!
//! let mut decoder = Decoder::new(Dialect::ChatCompletions);
//! let mut gathered = Gathered::default();
//! for piece in [
//!     &b"data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"Good mor"[..],
//!     b"ning\"},\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n",
//! ] {
//!     decoder.feed(piece, &mut |part: Part| gathered.take(&part))?;
//! }
//! decoder.finish(&mut |part: Part| gathered.take(&part))?;
//! let answer = gathered.answer().expect("an answer that has ended");
//! assert_eq!(answer.text, "Good morning");
//! # Ok::<(), onbehalf_models::StreamFault>(())
//! ```

mod anthropic;
mod bound_model;
mod chat;
mod decoder;
mod dialect;
mod events;
mod failure;
mod fallback;
mod gathered;
mod hearing;
mod http_model;
mod model;
mod part;
mod prices;
mod refused;
mod request;

pub use bound_model::{Binding, BoundModel, Inputs};
pub use decoder::Decoder;
pub use dialect::Dialect;
pub use failure::{ModelFailure, Reported, StreamFault};
pub use fallback::Fallback;
pub use gathered::{Answer, Call, Gathered};
pub use http_model::{Endpoint, HttpModel};
pub use model::{Listener, Model, ModelName};
pub use part::{CallId, EndReason, Part, Usage};
pub use prices::Prices;
pub use request::{Limits, Message, Request, ToolOffer, ToolResult};

//! What a person sees who asks too often.

use super::{Message, Tone};
use crate::wire::message::ApiResponse;

/// The page for an address or a person over the limit. Nothing was done, so nothing is lost.
pub fn too_many_requests() -> ApiResponse {
    Message {
        status: 429,
        tone: Tone::Notice,
        title: "A little too fast",
        lead: "Too many requests came from you or your network within a minute, so this one was \
               left alone. Wait a minute and load the page again.",
        action: Some(("Go to the start page", "/")),
    }
    .response()
}

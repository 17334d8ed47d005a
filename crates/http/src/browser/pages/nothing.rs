//! Pages for visits that do nothing: nothing is there, or nobody has clicked.

use super::{Message, Tone};
use crate::wire::message::ApiResponse;

/// The page for an address nothing is served at.
pub fn not_found() -> ApiResponse {
    Message {
        status: 404,
        tone: Tone::Notice,
        title: "Nothing is here",
        lead: "There is no page at this address. It may have been mistyped, or a link was cut off.",
        action: Some(("Go to the start page", "/")),
    }
    .response()
}

/// The answer to a browser that asks before anybody has clicked. A status of failure keeps it from
/// being shown later in place of the page itself.
pub fn asked_ahead() -> ApiResponse {
    Message {
        status: 503,
        tone: Tone::Notice,
        title: "Not yet",
        lead: "This page is not prepared ahead of a visit. Load it again.",
        action: None,
    }
    .response()
}

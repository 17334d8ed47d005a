//! How Linear refuses: what resolvers refuse comes inside 200, what never reached them as 400.
//!
//! That a second comment of one id comes as 200 with these words, and too many requests as 400, was
//! seen by several public clients.

use serde_json::{Value, json};

use crate::world::limits::Rate;
use crate::world::tool::{Answer, ToolFailure};

/// Requests that Linear takes from one person in an hour.
pub const RATE: Rate = Rate {
    calls: 2_500,
    window_ms: 3_600_000,
};

/// Codes of refusals that come before any resolver is asked.
const EARLY: [&str; 4] = [
    "AUTHENTICATION_ERROR",
    "GRAPHQL_PARSE_FAILED",
    "GRAPHQL_VALIDATION_FAILED",
    "RATELIMITED",
];

/// Too many requests.
pub fn rate_limited() -> ToolFailure {
    let calls = RATE.calls;
    let words = format!(
        "Rate limit exceeded. Only {calls} requests are allowed per 1 hour and you have made {calls} requests in the last hour."
    );
    ToolFailure::new(400, "RATELIMITED", words)
}

/// A resolver's refusal, as an answer that carries it.
///
/// # Errors
/// The failure itself, where it comes with a status of its own.
pub fn within(failure: ToolFailure) -> Result<Answer, ToolFailure> {
    if failure.status != 400 || EARLY.contains(&failure.code.as_str()) {
        return Err(failure);
    }
    Ok(Answer::read(body(&failure)))
}

/// A refusal with all its words in its message, for where only that is passed on.
pub fn in_one(mut failure: ToolFailure) -> ToolFailure {
    if let Some(words) = failure.presentable.take() {
        failure.message = format!("{}: {words}", failure.message);
    }
    failure
}

/// The body that carries a refusal.
fn body(failure: &ToolFailure) -> Value {
    let presentable = failure.presentable.as_ref().unwrap_or(&failure.message);
    json!({ "errors": [{ "message": failure.message, "extensions": { "type": "invalid input",
        "code": failure.code, "statusCode": failure.status, "userError": true,
        "userPresentableMessage": presentable } }], "data": null })
}

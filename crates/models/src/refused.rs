//! What an HTTP answer that is no stream means.

use serde_json::Value;

use onbehalf_clock::Timestamp;
use onbehalf_fetch::{HttpResponse, retry_after};

use crate::failure::ModelFailure;

/// What this refusal means. Of the body, only the words that are codes are looked at.
pub(crate) fn refused(response: &HttpResponse, now: Timestamp) -> ModelFailure {
    let retry_after = retry_after(response, now);
    let body: Value = serde_json::from_slice(&response.body).unwrap_or_default();
    let code = |name: &str| body.pointer(name).and_then(Value::as_str);
    let codes = [code("/error/code"), code("/error/type")];
    let says = |word: &str| codes.contains(&Some(word));
    match response.status {
        // OpenAI answers 429 for an empty purse as well; waiting does not fill it.
        402 => ModelFailure::OutOfCredit,
        429 if says("insufficient_quota") => ModelFailure::OutOfCredit,
        401 | 403 => ModelFailure::NotAuthorized,
        408 | 409 | 429 => ModelFailure::RateLimited { retry_after },
        413 => ModelFailure::TooLong,
        400 if says("context_length_exceeded") => ModelFailure::TooLong,
        // Anthropic's own for "overloaded" is 529.
        500.. => ModelFailure::Unavailable { retry_after },
        status => ModelFailure::Refused { status },
    }
}

//! Errors in Scalekit's shape.

use serde_json::{Value, json};

use super::message::Reply;
use crate::world::catalogue::Violation;
use crate::world::manners::{Missing, ProviderErrors, RetryAfter};
use crate::world::{Manners, ToolFailure};

const ERROR_INFO: &str = "type.googleapis.com/scalekit.v1.errdetails.ErrorInfo";

/// The gRPC code that goes with an HTTP status.
fn grpc(status: u16) -> u8 {
    match status {
        400 | 422 => 3,
        401 => 16,
        403 => 7,
        404 => 5,
        409 => 6,
        429 => 8,
        501 => 12,
        503 => 14,
        504 => 4,
        _ => 13,
    }
}

fn reply(status: u16, message: &str, info: Value) -> Reply {
    Reply::json(
        status,
        &json!({ "code": grpc(status), "message": message, "details": [info] }),
    )
}

/// Scalekit's own error.
pub fn failure(status: u16, code: &str, message: &str) -> Reply {
    reply(
        status,
        message,
        json!({ "@type": ERROR_INFO, "error_code": code }),
    )
}

/// Parameters that do not fit.
pub fn invalid(violations: &[Violation]) -> Reply {
    let list: Vec<Value> = violations
        .iter()
        .map(|it| json!({ "field": it.field, "description": it.description }))
        .collect();
    let info = json!({ "@type": ERROR_INFO, "error_code": "VALIDATION_ERROR",
        "validation_error_info": { "field_violations": list } });
    reply(400, "invalid request", info)
}

/// Something is not there: a tool, a connection, or an account that can be used.
pub fn missing(manners: &Manners, code: &str, what: impl FnOnce() -> String) -> Reply {
    const SILENT: &str = "resource not found";
    match manners.missing {
        Missing::Named => failure(404, code, &what()),
        Missing::NotFound => failure(404, "NOT_FOUND", SILENT),
        Missing::BadRequest => failure(400, "BAD_REQUEST", SILENT),
    }
}

/// The provider's error, passed on.
pub fn tool_error(manners: &Manners, error: &ToolFailure, execution_id: &str) -> Reply {
    let status = match (manners.provider_errors, error.status) {
        (ProviderErrors::Kept, status) => status,
        (ProviderErrors::ServerError, 401 | 403 | 429) => error.status,
        (ProviderErrors::ServerError, _) => 500,
    };
    let info = json!({ "@type": ERROR_INFO, "error_code": "TOOL_ERROR", "tool_error_info": {
        "execution_id": execution_id, "tool_error_code": error.code,
        "tool_error_message": error.message } });
    reply(status, "tool execution failed", info).retry_after(manners.retry_after, error.retry_after)
}

/// Scalekit's own limit, which holds for the whole environment.
pub fn rate_limited(manners: &Manners, seconds: Option<u64>) -> Reply {
    failure(429, "RATE_LIMITED", "rate limit exceeded").retry_after(manners.retry_after, seconds)
}

impl Reply {
    /// This reply with a time to wait, where that reaches the client.
    pub(super) fn retry_after(mut self, kept: RetryAfter, seconds: Option<u64>) -> Self {
        if let (RetryAfter::Kept, Some(seconds)) = (kept, seconds) {
            let header = ("retry-after".into(), seconds.to_string());
            self.headers.push(header);
        }
        self
    }
}

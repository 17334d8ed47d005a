//! Errors in Scalekit's shape.

use serde_json::{Value, json};

use super::message::Reply;
use crate::world::ToolFailure;
use crate::world::catalogue::Violation;

const ERROR_INFO: &str = "type.googleapis.com/scalekit.v1.errors.ErrorInfo";

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

/// The provider's error, passed on.
pub fn tool_error(error: &ToolFailure, execution_id: &str) -> Reply {
    let info = json!({ "@type": ERROR_INFO, "error_code": "TOOL_ERROR", "tool_error_info": {
        "execution_id": execution_id, "tool_error_code": error.code,
        "tool_error_message": error.message } });
    reply(error.status, "tool execution failed", info)
}

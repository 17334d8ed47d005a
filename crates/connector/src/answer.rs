//! Reads an error answer of Scalekit's without trusting any of it.
//!
//! Shape (google.rpc style): `{code, message, details:[{error_code, tool_error_info:{…},
//! validation_error_info:{field_violations:[…]}}]}`. Whatever is missing or of another type is
//! treated as absent.

use serde_json::Value;

use super::failure::Violation;
use super::own_words::own_words;
use super::said::Said;
use super::scrub::{code, scrub};

/// At most this many violations are passed on.
const MAX_VIOLATIONS: usize = 20;

/// Scalekit's `error_code` for a failure of the connected app.
const TOOL_ERROR: &str = "TOOL_ERROR";

/// The canonical status codes of gRPC that mean something to this client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Rpc {
    InvalidArgument,
    FailedPrecondition,
    OutOfRange,
    Unauthenticated,
    PermissionDenied,
    NotFound,
    ResourceExhausted,
    /// Known, but without a meaning of its own here (`ABORTED`, `UNIMPLEMENTED`, …).
    Other,
    /// Known, and leaves open whether anything happened.
    Unclear,
    Unavailable,
}

/// What an error answer says about itself.
#[derive(Debug, Default)]
pub(super) struct ErrorBody {
    /// The body was a JSON object with at least a code, a message or details.
    pub recognised: bool,
    pub rpc: Option<Rpc>,
    /// The connected app failed, not Scalekit.
    pub tool_error: bool,
    /// `tool_error_code`, else an `error_code` other than `TOOL_ERROR`.
    pub code: Option<String>,
    /// `tool_error_message`, else `message`; not yet scrubbed.
    pub message: String,
    /// The message as far as it is judged by: without what was sent, in lower case.
    words: String,
    pub violations: Vec<Violation>,
    /// What the connected app said, where the body holds it.
    pub said: Option<Said>,
}

impl ErrorBody {
    /// Never fails: an unreadable body is simply not `recognised`. `sent` is what the call sent,
    /// by whose words no error is judged.
    pub(super) fn read(body: &[u8], known: &[&str], sent: Option<&Value>) -> Self {
        let Ok(Value::Object(root)) = serde_json::from_slice::<Value>(body) else {
            return Self::default();
        };
        let mut read = Self {
            recognised: ["code", "message", "details"]
                .iter()
                .any(|key| root.contains_key(*key)),
            rpc: root.get("code").and_then(rpc),
            ..Self::default()
        };
        let mut message = root
            .get("message")
            .and_then(Value::as_str)
            .unwrap_or_default();
        let mut outer_code = root.get("error_code").and_then(Value::as_str);
        if outer_code == Some(TOOL_ERROR) {
            read.tool_error = true;
            outer_code = None;
        }
        let mut inner_code = None;
        let details = root.get("details").and_then(Value::as_array);
        for detail in details.into_iter().flatten() {
            match detail.get("error_code").and_then(Value::as_str) {
                Some(TOOL_ERROR) => read.tool_error = true,
                Some(other) => outer_code = Some(other),
                None => {}
            }
            if let Some(info) = detail
                .get("tool_error_info")
                .filter(|info| info.is_object())
            {
                read.tool_error = true;
                inner_code = info
                    .get("tool_error_code")
                    .and_then(Value::as_str)
                    .or(inner_code);
                let text = info.get("tool_error_message").and_then(Value::as_str);
                message = text.filter(|text| !text.is_empty()).unwrap_or(message);
            }
            read.violations.extend(violations(detail, known));
        }
        read.violations.truncate(MAX_VIOLATIONS);
        let named = inner_code.or(outer_code);
        read.said = named.and_then(Said::by_code);
        // A bare status says less than the message: Linear's rate limit arrives as a 400. Looked at
        // before it is scrubbed, because the answer it may quote would not survive that.
        let own = own_words(message, sent);
        if read.tool_error && named.is_none_or(Said::is_general) {
            read.said = Said::by_message(&own).or(read.said);
        }
        read.words = own.to_ascii_lowercase();
        read.code = named.and_then(code);
        read.message = scrub(message, known);
        read
    }

    /// Whether code or message holds the word, in any case.
    pub(super) fn mentions(&self, word: &str) -> bool {
        let code = self
            .code
            .as_deref()
            .unwrap_or_default()
            .to_ascii_lowercase();
        code.contains(word) || self.words.contains(word)
    }
}

fn violations(detail: &Value, known: &[&str]) -> Vec<Violation> {
    let list = detail
        .get("validation_error_info")
        .and_then(|info| info.get("field_violations"))
        .and_then(Value::as_array);
    let text = |value: &Value, key| {
        scrub(
            value.get(key).and_then(Value::as_str).unwrap_or_default(),
            known,
        )
    };
    list.into_iter()
        .flatten()
        .take(MAX_VIOLATIONS)
        .map(|v| Violation {
            field: text(v, "field"),
            description: text(v, "description"),
        })
        .collect()
}

/// Reads a code as Scalekit's gateways write it: a number, or a name in either case.
fn rpc(value: &Value) -> Option<Rpc> {
    let name = match value {
        Value::Number(number) => return number.as_u64().and_then(rpc_number),
        Value::String(text) => text.trim().to_ascii_uppercase(),
        _ => return None,
    };
    if let Ok(number) = name.parse() {
        return rpc_number(number);
    }
    let known = match name.as_str() {
        "INVALID_ARGUMENT" => Rpc::InvalidArgument,
        "FAILED_PRECONDITION" => Rpc::FailedPrecondition,
        "OUT_OF_RANGE" => Rpc::OutOfRange,
        "UNAUTHENTICATED" => Rpc::Unauthenticated,
        "PERMISSION_DENIED" => Rpc::PermissionDenied,
        "NOT_FOUND" => Rpc::NotFound,
        "RESOURCE_EXHAUSTED" => Rpc::ResourceExhausted,
        "ALREADY_EXISTS" | "ABORTED" | "UNIMPLEMENTED" => Rpc::Other,
        "CANCELLED" | "CANCELED" | "UNKNOWN" | "DEADLINE_EXCEEDED" | "INTERNAL" | "DATA_LOSS" => {
            Rpc::Unclear
        }
        "UNAVAILABLE" => Rpc::Unavailable,
        _ => return None,
    };
    Some(known)
}

fn rpc_number(number: u64) -> Option<Rpc> {
    let known = match number {
        3 => Rpc::InvalidArgument,
        9 => Rpc::FailedPrecondition,
        11 => Rpc::OutOfRange,
        16 => Rpc::Unauthenticated,
        7 => Rpc::PermissionDenied,
        5 => Rpc::NotFound,
        8 => Rpc::ResourceExhausted,
        6 | 10 | 12 => Rpc::Other,
        1 | 2 | 4 | 13 | 15 => Rpc::Unclear,
        14 => Rpc::Unavailable,
        _ => return None,
    };
    Some(known)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_code_is_read_as_number_or_name() {
        for value in [
            json!(16),
            json!("16"),
            json!("UNAUTHENTICATED"),
            json!("unauthenticated"),
        ] {
            assert_eq!(rpc(&value), Some(Rpc::Unauthenticated), "{value}");
        }
        for value in [
            json!(-1),
            json!(1e300),
            json!(null),
            json!({}),
            json!("?"),
            json!(999),
        ] {
            assert_eq!(rpc(&value), None, "{value}");
        }
    }
}

//! Linear's GraphQL answers: where the data is, and what its errors mean.
//!
//! GraphQL reports failures in a 200. Scalekit's contract does not say whether `data` is the whole
//! GraphQL answer (`{data: {issues}}`) or its inside (`{issues}`), so both are read.

use serde_json::Value;

use onbehalf_connector::{CallFailure, CallKind, Connector, Said, scrub};

use super::tool::OutputError;

/// The field `name` of the answer's data.
///
/// # Errors
/// The answer's first error, typed; or `Malformed` when there is neither.
pub(super) fn field<'a>(
    answer: &'a Value,
    name: &'static str,
    kind: CallKind,
) -> Result<&'a Value, OutputError> {
    let inner = answer.get("data").and_then(|data| data.get(name));
    let found = inner
        .or_else(|| answer.get(name))
        .filter(|field| !field.is_null());
    let errors = answer
        .get("errors")
        .and_then(Value::as_array)
        .filter(|list| !list.is_empty());
    match (found, errors) {
        // Half an answer to a read is not an answer; a write that has its result is done.
        (Some(field), None) => Ok(field),
        (Some(field), Some(_)) if kind == CallKind::Write => Ok(field),
        (_, Some(errors)) => Err(failure(errors, kind).into()),
        (None, None) => Err(OutputError::Malformed(name)),
    }
}

fn failure(errors: &[Value], kind: CallKind) -> CallFailure {
    let first = errors.first().unwrap_or(&Value::Null);
    let extensions = first.get("extensions").unwrap_or(&Value::Null);
    let code = ["code", "type"]
        .iter()
        .find_map(|key| extensions.get(*key)?.as_str());
    let code = code.unwrap_or_default();
    match Said::by_code(code) {
        Some(Said::Auth(reason)) => CallFailure::AuthError {
            connector: Connector::LINEAR,
            reason,
        },
        Some(Said::RateLimited) => CallFailure::RateLimited {
            retry_after_seconds: None,
        },
        // Only what Linear certainly refused is certain for a write.
        Some(Said::Away) | None if kind == CallKind::Write => CallFailure::OutcomeUnknown,
        _ => {
            let said = extensions
                .get("userPresentableMessage")
                .and_then(Value::as_str);
            let said = said.or_else(|| first.get("message").and_then(Value::as_str));
            CallFailure::Upstream {
                code: scrub::code(code).unwrap_or_else(|| "graphql_error".to_owned()),
                message: scrub::scrub(said.unwrap_or("the query failed"), &[]),
            }
        }
    }
}

/// A connection's nodes, and the cursor of its next page.
pub(super) fn page(connection: &Value) -> Result<(&[Value], Option<String>), OutputError> {
    let nodes = connection.get("nodes").and_then(Value::as_array);
    let nodes = nodes.ok_or(OutputError::Malformed("nodes"))?;
    let info = connection.get("pageInfo").unwrap_or(&Value::Null);
    let more = info
        .get("hasNextPage")
        .and_then(Value::as_bool)
        .unwrap_or(false);
    let cursor = info
        .get("endCursor")
        .and_then(Value::as_str)
        .filter(|_| more);
    Ok((nodes, cursor.map(str::to_owned)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use onbehalf_connector::AuthReason;
    use serde_json::json;

    fn failed(code: &str, kind: CallKind) -> OutputError {
        let error = json!({"message": "no bob@acme.test", "extensions": {"code": code}});
        field(&json!({"errors": [error], "data": null}), "issues", kind).expect_err("errors")
    }

    #[test]
    fn both_wrappings_are_read() {
        for answer in [json!({"data": {"issues": 1}}), json!({"issues": 1})] {
            assert_eq!(
                field(&answer, "issues", CallKind::Read).ok(),
                Some(&json!(1))
            );
        }
        let nothing = json!({"data": {"issues": null}});
        let empty = field(&nothing, "issues", CallKind::Read);
        assert_eq!(empty, Err(OutputError::Malformed("issues")));
    }

    #[test]
    fn errors_are_typed() {
        let auth = |reason| {
            OutputError::Failed(CallFailure::AuthError {
                connector: Connector::LINEAR,
                reason,
            })
        };
        for kind in [CallKind::Read, CallKind::Write] {
            assert_eq!(
                failed("AUTHENTICATION_ERROR", kind),
                auth(AuthReason::TokenExpired)
            );
            assert_eq!(
                failed("authentication error", kind),
                auth(AuthReason::TokenExpired)
            );
            assert_eq!(
                failed("FORBIDDEN", kind),
                auth(AuthReason::ScopeInsufficient)
            );
            let limited = CallFailure::RateLimited {
                retry_after_seconds: None,
            };
            assert_eq!(failed("RATELIMITED", kind), OutputError::Failed(limited));
            let refused = CallFailure::Upstream {
                code: "INVALID_INPUT".into(),
                message: "no [redacted]".into(),
            };
            assert_eq!(failed("INVALID_INPUT", kind), OutputError::Failed(refused));
        }
    }

    #[test]
    fn an_unclear_error_leaves_a_write_open() {
        for code in ["INTERNAL_SERVER_ERROR", "", "?!"] {
            assert_eq!(
                failed(code, CallKind::Write),
                CallFailure::OutcomeUnknown.into()
            );
            let read = failed(code, CallKind::Read);
            assert!(
                matches!(read, OutputError::Failed(CallFailure::Upstream { .. })),
                "{read:?}"
            );
        }
    }

    #[test]
    fn half_an_answer_counts_for_a_write_only() {
        let answer = json!({"errors": [{"message": "late"}], "data": {"commentCreate": {}}});
        assert!(field(&answer, "commentCreate", CallKind::Write).is_ok());
        assert!(field(&answer, "commentCreate", CallKind::Read).is_err());
    }
}

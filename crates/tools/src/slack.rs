//! Slack's answers: 200 to nearly everything, and in `error` what went wrong.

use serde_json::Value;

use onbehalf_connector::{AuthReason, CallFailure, CallKind, Connector, scrub};

use super::input::InputError;
use super::tool::OutputError;

/// Longest id of a conversation that is sent; Slack's have about a dozen characters.
const MAX_ID_CHARS: usize = 64;

/// Slack's names for failures after which some part of the call may have been done (Slack,
/// "chat.postMessage: errors").
const UNCLEAR: [&str; 4] = [
    "fatal_error",
    "internal_error",
    "request_timeout",
    "service_unavailable",
];

/// The answer, when Slack says that it is one.
///
/// # Errors
/// The typed failure that `error` names, or `Malformed` without any word on it.
pub(super) fn checked(answer: &Value, kind: CallKind) -> Result<&Value, OutputError> {
    match answer.get("ok").and_then(Value::as_bool) {
        Some(true) => Ok(answer),
        Some(false) => {
            let error = answer.get("error").and_then(Value::as_str);
            Err(failure(error.unwrap_or_default(), kind).into())
        }
        None => Err(OutputError::Malformed("ok")),
    }
}

fn failure(error: &str, kind: CallKind) -> CallFailure {
    let auth = |reason| CallFailure::AuthError {
        connector: Connector::SLACK,
        reason,
    };
    match error {
        "invalid_auth" | "not_authed" | "token_expired" => auth(AuthReason::TokenExpired),
        "token_revoked" | "account_inactive" => auth(AuthReason::AccountRevoked),
        "missing_scope" | "no_permission" | "not_allowed_token_type" => {
            auth(AuthReason::ScopeInsufficient)
        }
        "ratelimited" | "rate_limited" => CallFailure::RateLimited {
            retry_after_seconds: None,
        },
        unclear if UNCLEAR.contains(&unclear) => match kind {
            CallKind::Write => CallFailure::OutcomeUnknown,
            CallKind::Read => CallFailure::Unavailable,
        },
        other => CallFailure::Upstream {
            code: scrub::code(other).unwrap_or_else(|| "slack_error".to_owned()),
            message: "Slack refused the call".to_owned(),
        },
    }
}

/// Refuses what cannot be the id of a conversation.
///
/// # Errors
/// [`InputError`].
pub(super) fn conversation(text: &str) -> Result<(), InputError> {
    InputError::text("channel", text, MAX_ID_CHARS)?;
    if text.bytes().all(|b| b.is_ascii_alphanumeric()) {
        return Ok(());
    }
    Err(InputError::new(
        "channel",
        "must be a conversation's id, such as C0123ABCD",
    ))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn of(error: &str, kind: CallKind) -> CallFailure {
        let answer = json!({ "ok": false, "error": error });
        match checked(&answer, kind) {
            Err(OutputError::Failed(failure)) => failure,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn only_what_slack_certainly_refused_is_a_refusal_of_a_write() {
        assert_eq!(
            of("fatal_error", CallKind::Write),
            CallFailure::OutcomeUnknown
        );
        assert_eq!(of("fatal_error", CallKind::Read), CallFailure::Unavailable);
        let refused = of("not_in_channel", CallKind::Write);
        assert!(matches!(refused, CallFailure::Upstream { code, .. } if code == "not_in_channel"));
        assert!(matches!(
            of("token_revoked", CallKind::Write),
            CallFailure::AuthError { .. }
        ));
        let silent = checked(&Value::Null, CallKind::Write);
        assert_eq!(silent, Err(OutputError::Malformed("ok")));
    }

    #[test]
    fn a_conversation_is_named_by_its_id() {
        assert_eq!(conversation("C0123ABCD"), Ok(()));
        for bad in ["", "#general", "C 1", "<!here>"] {
            assert!(conversation(bad).is_err(), "{bad}");
        }
    }
}

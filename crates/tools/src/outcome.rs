//! What a tool gives back, to a workflow or to a model: a value tagged by `status`.
//!
//! Holds no identity and no credential.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use onbehalf_connector::{AuthReason, CallFailure, Connector, Violation};

use super::context::ContextMissing;

/// The outcome of one tool call.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "status", rename_all = "snake_case")]
pub enum ToolOutcome<T> {
    /// It worked; the tool's own fields stand beside `status`.
    Success(T),
    /// The user's connected account does not permit it; the user has to connect again.
    AuthError {
        /// Which app.
        connector: Connector,
        /// What is the matter.
        reason: AuthReason,
    },
    /// Too many requests; nothing was done.
    RateLimited {
        /// Seconds to wait, when known.
        #[serde(default)]
        retry_after_seconds: Option<u64>,
    },
    /// Anything else.
    Error(ToolError),
}

/// A failure that is neither about authorization nor about the rate.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, thiserror::Error)]
#[error("{message}")]
pub struct ToolError {
    /// What kind of failure.
    pub kind: ErrorKind,
    /// One sentence; scrubbed and bounded.
    pub message: String,
    /// Whether the same call may succeed later without anybody acting.
    pub can_retry: bool,
    /// The connected app's own code, for `upstream`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// Which fields were not accepted, for `invalid_input`; which keys lack, for
    /// `context_missing`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub violations: Vec<Violation>,
}

/// The kinds of [`ToolError`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ErrorKind {
    /// The connected app refused or failed.
    Upstream,
    /// The input was not accepted; nothing was done.
    InvalidInput,
    /// No answer; for a write: it certainly did not land.
    Unavailable,
    /// A write that may or may not have landed.
    OutcomeUnknown,
    /// A write that was not sent because it is no longer wanted.
    NotSent,
    /// The request context lacks a required key; nothing was called.
    ContextMissing,
    /// An operator has to act.
    Configuration,
    /// Scalekit does not have this tool.
    UnknownTool,
}

impl<T> ToolOutcome<T> {
    /// The output, if it worked.
    pub fn success(self) -> Option<T> {
        match self {
            Self::Success(output) => Some(output),
            _ => None,
        }
    }

    /// Whether the same call may succeed later without anybody acting.
    pub fn is_retryable(&self) -> bool {
        match self {
            Self::RateLimited { .. } => true,
            Self::Error(error) => error.can_retry,
            Self::Success(_) | Self::AuthError { .. } => false,
        }
    }

    /// Whether a write may or may not have landed.
    pub fn is_outcome_unknown(&self) -> bool {
        matches!(self, Self::Error(error) if error.kind == ErrorKind::OutcomeUnknown)
    }

    /// The same outcome with another output.
    pub fn map<U>(self, change: impl FnOnce(T) -> U) -> ToolOutcome<U> {
        match self {
            Self::Success(output) => ToolOutcome::Success(change(output)),
            Self::AuthError { connector, reason } => ToolOutcome::AuthError { connector, reason },
            Self::RateLimited {
                retry_after_seconds,
            } => ToolOutcome::RateLimited {
                retry_after_seconds,
            },
            Self::Error(error) => ToolOutcome::Error(error),
        }
    }
}

impl<T> From<CallFailure> for ToolOutcome<T> {
    fn from(failure: CallFailure) -> Self {
        let (can_retry, message) = (failure.is_retryable(), failure.to_string());
        let error = |kind| ToolError {
            kind,
            message,
            can_retry,
            code: None,
            violations: vec![],
        };
        Self::Error(match failure {
            CallFailure::AuthError { connector, reason } => {
                return Self::AuthError { connector, reason };
            }
            CallFailure::RateLimited {
                retry_after_seconds,
            } => {
                return Self::RateLimited {
                    retry_after_seconds,
                };
            }
            CallFailure::Upstream { code, .. } => ToolError {
                code: Some(code),
                ..error(ErrorKind::Upstream)
            },
            CallFailure::InvalidInput { violations } => ToolError {
                violations,
                ..error(ErrorKind::InvalidInput)
            },
            CallFailure::UnknownTool => error(ErrorKind::UnknownTool),
            CallFailure::Configuration => error(ErrorKind::Configuration),
            CallFailure::Unavailable => error(ErrorKind::Unavailable),
            CallFailure::OutcomeUnknown => error(ErrorKind::OutcomeUnknown),
            CallFailure::NotSent => error(ErrorKind::NotSent),
        })
    }
}

impl<T> From<ContextMissing> for ToolOutcome<T> {
    fn from(missing: ContextMissing) -> Self {
        let violations = missing.keys.iter().map(|key| Violation {
            field: key.clone(),
            description: "is missing from the request context".to_owned(),
        });
        Self::Error(ToolError {
            kind: ErrorKind::ContextMissing,
            message: missing.to_string(),
            can_retry: false,
            code: None,
            violations: violations.collect(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
    struct Found {
        count: u32,
    }

    #[test]
    fn success_stands_beside_its_status() {
        let outcome = ToolOutcome::Success(Found { count: 3 });
        let json = serde_json::to_value(&outcome).expect("json");
        assert_eq!(json, json!({"status": "success", "count": 3}));
        assert_eq!(
            serde_json::from_value::<ToolOutcome<Found>>(json).ok(),
            Some(outcome)
        );
    }

    #[test]
    fn each_failure_keeps_its_name() {
        let json =
            |failure| serde_json::to_value(ToolOutcome::<Found>::from(failure)).expect("json");
        let auth = CallFailure::AuthError {
            connector: Connector::ZENDESK,
            reason: AuthReason::TokenExpired,
        };
        let expected =
            json!({"status": "auth_error", "connector": "zendesk", "reason": "token_expired"});
        assert_eq!(json(auth), expected);
        let limited = CallFailure::RateLimited {
            retry_after_seconds: Some(9),
        };
        assert_eq!(
            json(limited),
            json!({"status": "rate_limited", "retry_after_seconds": 9})
        );
        let unknown = json(CallFailure::OutcomeUnknown);
        assert_eq!(unknown["kind"], "outcome_unknown");
        assert_eq!(unknown["can_retry"], false);
    }

    #[test]
    fn missing_context_lists_its_keys() {
        let missing = ContextMissing {
            keys: vec!["user_id".into()],
        };
        let json = serde_json::to_value(ToolOutcome::<Found>::from(missing)).expect("json");
        assert_eq!(json["kind"], "context_missing");
        assert_eq!(json["violations"][0]["field"], "user_id");
    }
}

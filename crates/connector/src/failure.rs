//! Why a call to Scalekit did not give its result: a closed set a workflow can branch on.
//!
//! No text in here names a user or holds a credential: a model may read every word of it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::name::Connector;
use super::scrub::scrub;

/// Why a connected account cannot be used. All of them end with the user connecting (again).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum AuthReason {
    /// The provider no longer takes the stored token and it could not be refreshed.
    TokenExpired,
    /// The user did not grant what this call needs.
    ScopeInsufficient,
    /// The grant was withdrawn at the provider, or the account was disconnected.
    AccountRevoked,
    /// There is no account for this connector.
    NotConnected,
}

impl AuthReason {
    /// Half a sentence for people.
    pub const fn describe(self) -> &'static str {
        match self {
            Self::TokenExpired => "the authorization has expired",
            Self::ScopeInsufficient => "the authorization does not cover this action",
            Self::AccountRevoked => "the authorization was withdrawn",
            Self::NotConnected => "it is not connected",
        }
    }
}

/// Codes of ours in [`CallFailure::Upstream`], for answers that say nothing a person or a program
/// could go by.
pub mod unexplained {
    /// A 2xx answer that is not what the app documents.
    pub const MALFORMED_ANSWER: &str = "malformed_answer";
    /// More than is read of an answer.
    pub const ANSWER_TOO_LARGE: &str = "answer_too_large";
    /// A status that nobody documents.
    pub const UNEXPECTED_STATUS: &str = "unexpected_status";
    /// The app failed, and Scalekit passes on no reason.
    pub const TOOL_ERROR: &str = "tool_error";

    /// Whether a code is one of these. An app that answers so has not refused anything.
    pub fn is_one(code: &str) -> bool {
        [
            MALFORMED_ANSWER,
            ANSWER_TOO_LARGE,
            UNEXPECTED_STATUS,
            TOOL_ERROR,
        ]
        .contains(&code)
    }
}

/// One field that was not accepted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Violation {
    /// Path of the field; empty when the whole input is meant.
    pub field: String,
    /// What is wrong with it.
    pub description: String,
}

/// Everything that can come of a call besides its result.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, thiserror::Error)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum CallFailure {
    /// The user's connected account does not permit the call; the user has to act.
    #[error("{} cannot be used: {}", connector, reason.describe())]
    AuthError {
        /// Whose account.
        connector: Connector,
        /// What is the matter with it.
        reason: AuthReason,
    },
    /// Too many requests; nothing was done.
    #[error("rate limited{}", after(*retry_after_seconds))]
    RateLimited {
        /// Whole seconds to wait, when the answer said so.
        retry_after_seconds: Option<u64>,
    },
    /// The connected app refused or failed, or answered with something unreadable.
    #[error("the connected app answered {code}: {message}")]
    Upstream {
        /// The app's own code, or one of ours ([`unexplained`]).
        code: String,
        /// Bounded and scrubbed of e-mail addresses, identifiers and credentials.
        message: String,
    },
    /// Scalekit has no tool of this name.
    #[error("Scalekit does not know this tool")]
    UnknownTool,
    /// Scalekit did not accept the parameters; nothing was done.
    #[error("the input was not accepted{}", first(violations))]
    InvalidInput {
        /// Which fields, and why.
        violations: Vec<Violation>,
    },
    /// Our own credentials or settings for Scalekit are wrong. An operator has to act.
    #[error("the connection to Scalekit is not configured correctly")]
    Configuration,
    /// No answer to a read after all tries, or a write that certainly did not reach the app.
    #[error("the service is unavailable at the moment")]
    Unavailable,
    /// A write that may or may not have taken effect. Look before sending it again.
    #[error("it is not known whether the write took effect")]
    OutcomeUnknown,
    /// The permit was refused; nothing was sent.
    #[error("the write was not sent because it is no longer wanted")]
    NotSent,
}

fn after(seconds: Option<u64>) -> String {
    seconds.map_or_else(String::new, |s| format!("; try again in {s} s"))
}

fn first(violations: &[Violation]) -> String {
    violations.first().map_or_else(String::new, |v| {
        if v.field.is_empty() {
            format!(": {}", v.description)
        } else {
            format!(": {}: {}", v.field, v.description)
        }
    })
}

impl CallFailure {
    /// Whether the same call may succeed later without anybody acting. An unknown outcome is not:
    /// it has to be reconciled first.
    pub const fn is_retryable(&self) -> bool {
        matches!(self, Self::RateLimited { .. } | Self::Unavailable)
    }

    /// The same failure with these exact strings, and whatever looks like identity, removed from
    /// its message.
    pub fn without(self, known: &[&str]) -> Self {
        match self {
            Self::Upstream { code, message } => Self::Upstream {
                code,
                message: scrub(&message, known),
            },
            other => other,
        }
    }

    /// Whole seconds the service asked to wait.
    pub const fn retry_after(&self) -> Option<u64> {
        match self {
            Self::RateLimited {
                retry_after_seconds,
            } => *retry_after_seconds,
            _ => None,
        }
    }

    /// Set when the user has to connect again.
    pub const fn auth_reason(&self) -> Option<AuthReason> {
        match self {
            Self::AuthError { reason, .. } => Some(*reason),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_wire_form_is_tagged_by_kind() {
        let failure = CallFailure::AuthError {
            connector: Connector::LINEAR,
            reason: AuthReason::AccountRevoked,
        };
        let json = serde_json::to_value(&failure).expect("json");
        let expected = serde_json::json!({
            "kind": "auth_error", "connector": "linear", "reason": "account_revoked"
        });
        assert_eq!(json, expected);
        assert_eq!(
            serde_json::from_value::<CallFailure>(json).ok(),
            Some(failure)
        );
    }

    #[test]
    fn only_what_heals_by_itself_is_retryable() {
        let limited = CallFailure::RateLimited {
            retry_after_seconds: Some(7),
        };
        assert!(limited.is_retryable() && CallFailure::Unavailable.is_retryable());
        assert_eq!(limited.retry_after(), Some(7));
        assert_eq!(limited.to_string(), "rate limited; try again in 7 s");
        for failure in [
            CallFailure::OutcomeUnknown,
            CallFailure::NotSent,
            CallFailure::UnknownTool,
        ] {
            assert!(!failure.is_retryable(), "{failure}");
        }
    }
}

//! From what Scalekit answered to what it means: docs/SCALEKIT.md's table of errors, as one function.
//!
//! Pure. The first rule for writes stands above the table: an answer that leaves open whether the
//! write landed is [`CallFailure::OutcomeUnknown`], whatever else it says.

use onbehalf_clock::Timestamp;
use onbehalf_fetch::{FetchError, HttpResponse};

use super::answer::{ErrorBody, Rpc, retry_after};
use super::failure::{AuthReason, CallFailure, Violation};
use super::name::Connector;
use super::permit::CallKind;

/// What was asked, as far as it decides what an answer means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Asked {
    /// A tool, executed with an account of this connector.
    Tool(Connector),
    /// Scalekit's own account management.
    Accounts,
}

/// A failure, and whether the same read may be tried again at once.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Mapped {
    pub failure: CallFailure,
    pub transient: bool,
}

impl Mapped {
    fn certain(failure: CallFailure) -> Self {
        Self {
            failure,
            transient: false,
        }
    }
}

/// No answer at all, or one too long to read.
pub(super) fn no_answer(kind: CallKind, error: FetchError) -> Mapped {
    match (kind, error) {
        (CallKind::Write, _) => Mapped::certain(CallFailure::OutcomeUnknown),
        (CallKind::Read, FetchError::TooLarge) => Mapped::certain(upstream("answer_too_large")),
        (CallKind::Read, FetchError::Timeout | FetchError::Connection) => Mapped {
            failure: CallFailure::Unavailable,
            transient: true,
        },
    }
}

/// A 2xx answer that is not what the contract says.
pub(super) fn unreadable(kind: CallKind) -> CallFailure {
    match kind {
        CallKind::Write => CallFailure::OutcomeUnknown,
        CallKind::Read => upstream("malformed_answer"),
    }
}

/// Any answer that is not 2xx. `known` are strings that no message may contain.
pub(super) fn refused(
    asked: Asked,
    kind: CallKind,
    response: &HttpResponse,
    now: Timestamp,
    known: &[&str],
) -> Mapped {
    let status = response.status;
    let body = ErrorBody::read(&response.body, known);
    // A 429 says that nothing was done, whatever the body adds.
    let rpc = body
        .rpc
        .filter(|_| status != 429)
        .or_else(|| rpc_of_status(status));
    let unavailable = matches!(status, 502..=504) || rpc == Some(Rpc::Unavailable);
    let unclear = !(400..500).contains(&status)
        || status == 408
        || matches!(rpc, Some(Rpc::Unclear | Rpc::Unavailable));
    if kind == CallKind::Write && unclear {
        return Mapped::certain(CallFailure::OutcomeUnknown);
    }
    let transient = unavailable && !body.tool_error;
    let failure = match (asked, rpc, body.tool_error) {
        (_, Some(Rpc::ResourceExhausted), _) => CallFailure::RateLimited {
            retry_after_seconds: retry_after(response, now),
        },
        (Asked::Tool(connector), rpc, true) => of_the_app(connector, rpc, body),
        (Asked::Tool(connector), rpc, false) => of_scalekit(connector, rpc, status, body),
        (Asked::Accounts, rpc, _) => of_accounts(rpc, status, body),
    };
    Mapped { failure, transient }
}

/// Whether a 401 is about our own access token rather than the user's account.
pub(super) fn is_about_our_token(response: &HttpResponse) -> bool {
    if response.status != 401 {
        return false;
    }
    let body = ErrorBody::read(&response.body, &[]);
    !body.tool_error && named_reason(&body).is_none()
}

/// `TOOL_ERROR`: the connected app failed.
fn of_the_app(connector: Connector, rpc: Option<Rpc>, body: ErrorBody) -> CallFailure {
    let named = named_reason(&body);
    let reason = match rpc {
        Some(Rpc::Unauthenticated) => Some(named.unwrap_or_else(|| withdrawn_or_expired(&body))),
        Some(Rpc::PermissionDenied) => Some(named.unwrap_or(AuthReason::ScopeInsufficient)),
        _ => named,
    };
    reason.map_or_else(
        || CallFailure::Upstream {
            code: body.code.unwrap_or_else(|| "tool_error".to_owned()),
            message: body.message,
        },
        |reason| CallFailure::AuthError { connector, reason },
    )
}

/// Scalekit itself refused a tool call.
fn of_scalekit(
    connector: Connector,
    rpc: Option<Rpc>,
    status: u16,
    body: ErrorBody,
) -> CallFailure {
    if let Some(reason) = named_reason(&body) {
        return CallFailure::AuthError { connector, reason };
    }
    match rpc {
        Some(Rpc::NotFound) if !body.recognised => CallFailure::Configuration,
        Some(Rpc::NotFound) if body.mentions("account") || body.mentions("connect") => {
            CallFailure::AuthError {
                connector,
                reason: AuthReason::NotConnected,
            }
        }
        Some(Rpc::NotFound) => CallFailure::UnknownTool,
        rpc => common(rpc, status, body),
    }
}

/// Account management: an unknown connection is ours to configure, not the user's to connect.
fn of_accounts(rpc: Option<Rpc>, status: u16, body: ErrorBody) -> CallFailure {
    match rpc {
        Some(Rpc::NotFound) => CallFailure::Configuration,
        rpc => common(rpc, status, body),
    }
}

fn common(rpc: Option<Rpc>, status: u16, body: ErrorBody) -> CallFailure {
    match rpc {
        Some(Rpc::Unauthenticated | Rpc::PermissionDenied) => CallFailure::Configuration,
        Some(Rpc::InvalidArgument | Rpc::FailedPrecondition | Rpc::OutOfRange) => {
            CallFailure::InvalidInput {
                violations: violations(body),
            }
        }
        Some(Rpc::Unavailable | Rpc::Unclear) => CallFailure::Unavailable,
        _ => CallFailure::Upstream {
            code: body.code.unwrap_or_else(|| "unexpected_status".to_owned()),
            message: if body.recognised {
                body.message
            } else {
                format!("HTTP status {status}")
            },
        },
    }
}

fn violations(body: ErrorBody) -> Vec<Violation> {
    if body.violations.is_empty() && !body.message.is_empty() {
        return vec![Violation {
            field: String::new(),
            description: body.message,
        }];
    }
    body.violations
}

/// The string codes of the article and their kin; they mean the same under any status.
fn named_reason(body: &ErrorBody) -> Option<AuthReason> {
    match body.code.as_deref()? {
        "TOKEN_EXPIRED" => Some(AuthReason::TokenExpired),
        "SCOPE_INSUFFICIENT" => Some(AuthReason::ScopeInsufficient),
        "ACCOUNT_REVOKED" | "TOKEN_REVOKED" => Some(AuthReason::AccountRevoked),
        _ => None,
    }
}

/// A text that says both, such as "expired or revoked", does not say revoked.
fn withdrawn_or_expired(body: &ErrorBody) -> AuthReason {
    let revoked = body.mentions("revoked") || body.mentions("disconnected");
    if revoked && !body.mentions("expired") {
        AuthReason::AccountRevoked
    } else {
        AuthReason::TokenExpired
    }
}

/// What a status means when the body names no code, by google.rpc's own mapping.
fn rpc_of_status(status: u16) -> Option<Rpc> {
    match status {
        400 | 422 => Some(Rpc::InvalidArgument),
        401 => Some(Rpc::Unauthenticated),
        403 => Some(Rpc::PermissionDenied),
        404 => Some(Rpc::NotFound),
        429 => Some(Rpc::ResourceExhausted),
        502..=504 => Some(Rpc::Unavailable),
        408 | 500..=599 => Some(Rpc::Unclear),
        _ => None,
    }
}

fn upstream(code: &str) -> CallFailure {
    let message = match code {
        "answer_too_large" => "the answer was larger than allowed",
        _ => "the answer could not be read",
    };
    CallFailure::Upstream {
        code: code.to_owned(),
        message: message.to_owned(),
    }
}

#[cfg(test)]
#[path = "mapping_tests.rs"]
mod tests;

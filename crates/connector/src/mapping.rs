//! From what Scalekit answered to what it means (docs/SCALEKIT.md, "Errors"), as one function.
//!
//! Pure. What is named counts before the status: first Scalekit's `error_code`, then what the
//! connected app said ([`Said`]), then the status. The first rule for writes stands above all of it:
//! an answer that leaves open whether the write landed is [`CallFailure::OutcomeUnknown`].

use serde_json::Value;

use onbehalf_clock::Timestamp;
use onbehalf_fetch::{FetchError, HttpResponse, retry_after};

use super::answer::{ErrorBody, Rpc};
use super::failure::{AuthReason, CallFailure, Violation, unexplained};
use super::name::Connector;
use super::permit::CallKind;
use super::said::Said;

/// Scalekit's `error_code` for its own limit.
const RATE_LIMITED: &str = "RATE_LIMITED";

/// What was asked, as far as it decides what an answer means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Asked {
    /// A tool, executed with an account of this connector.
    Tool(Connector),
    /// Scalekit's own account management.
    Accounts,
    /// Which tools a user has.
    Catalogue,
}

impl Asked {
    /// As the log names it.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Tool(_) => "execute_tool",
            Self::Accounts => "accounts",
            Self::Catalogue => "tools",
        }
    }
}

/// A failure, and what is to be done before it is believed.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Mapped {
    pub failure: CallFailure,
    pub then: Then,
}

/// What a failure leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Then {
    /// It stands.
    Stands,
    /// The same read may be tried again at once.
    TryAgain,
    /// Something is missing, and the answer does not say what: the accounts tell.
    AskForTheAccount,
    /// Somebody asks for fewer requests.
    Hold(Limit),
}

/// Whose limit was met.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Limit {
    /// The connected app's, for one user or account.
    App,
    /// Scalekit's own, for the whole environment.
    Environment,
}

impl Mapped {
    fn certain(failure: CallFailure) -> Self {
        Self {
            failure,
            then: Then::Stands,
        }
    }
}

/// No answer at all, or one too long to read.
pub(super) fn no_answer(kind: CallKind, error: FetchError) -> Mapped {
    match (kind, error) {
        (CallKind::Write, _) => Mapped::certain(CallFailure::OutcomeUnknown),
        (CallKind::Read, FetchError::TooLarge) => {
            Mapped::certain(upstream(unexplained::ANSWER_TOO_LARGE))
        }
        (CallKind::Read, FetchError::Timeout | FetchError::Connection) => Mapped {
            failure: CallFailure::Unavailable,
            then: Then::TryAgain,
        },
    }
}

/// A 2xx answer that is not what the contract says.
pub(super) fn unreadable(kind: CallKind) -> CallFailure {
    match kind {
        CallKind::Write => CallFailure::OutcomeUnknown,
        CallKind::Read => upstream(unexplained::MALFORMED_ANSWER),
    }
}

/// Any answer that is not 2xx. `known` are strings that no message may contain, `sent` is what was
/// sent.
pub(super) fn refused(
    asked: Asked,
    kind: CallKind,
    response: &HttpResponse,
    now: Timestamp,
    known: &[&str],
    sent: Option<&Value>,
) -> Mapped {
    let status = response.status;
    let body = ErrorBody::read(&response.body, known, sent);
    if let Some(limit) = limit(asked, status, &body) {
        return Mapped {
            failure: CallFailure::RateLimited {
                retry_after_seconds: retry_after(response, now),
            },
            then: Then::Hold(limit),
        };
    }
    let rpc = body.rpc.or_else(|| rpc_of_status(status));
    match asked {
        Asked::Tool(connector) if body.tool_error => {
            Mapped::certain(of_the_app(connector, kind, status, body))
        }
        _ => of_scalekit(asked, kind, rpc, status, body),
    }
}

/// Whose rate limit this answer is, if it is one. A 429 says that nothing was done, whatever the
/// body adds; the apps' own names for it say so under any status.
fn limit(asked: Asked, status: u16, body: &ErrorBody) -> Option<Limit> {
    let named = body.said == Some(Said::RateLimited);
    let of_scalekit = body.code.as_deref().is_none_or(|code| code == RATE_LIMITED);
    let exhausted =
        status == 429 || ((400..500).contains(&status) && body.rpc == Some(Rpc::ResourceExhausted));
    let of_the_app = body.tool_error || (named && !of_scalekit);
    match asked {
        Asked::Tool(_) if of_the_app => (exhausted || named).then_some(Limit::App),
        _ => (exhausted || (named && of_scalekit)).then_some(Limit::Environment),
    }
}

/// Whether a 401 is about our own access token rather than the user's account.
pub(super) fn is_about_our_token(response: &HttpResponse) -> bool {
    if response.status != 401 {
        return false;
    }
    let body = ErrorBody::read(&response.body, &[], None);
    !body.tool_error && named_reason(&body).is_none()
}

/// `TOOL_ERROR`: the connected app failed. What it said counts before the status, which may be the
/// app's or a 500 for anything; only what the app certainly refused is certain for a write.
fn of_the_app(connector: Connector, kind: CallKind, status: u16, body: ErrorBody) -> CallFailure {
    let by_status =
        || Said::by_status(status).filter(|said| *said == Said::Away || !is_unclear(&body));
    let said = match body.said {
        // These keep their status, which says more than a general refusal does.
        Some(Said::Refused) if matches!(status, 401 | 403) => by_status(),
        Some(said) => Some(said),
        None => by_status(),
    };
    match (said, kind) {
        (Some(Said::Auth(AuthReason::TokenExpired)), _) => CallFailure::AuthError {
            connector,
            reason: withdrawn_or_expired(&body),
        },
        (Some(Said::Auth(reason)), _) => CallFailure::AuthError { connector, reason },
        (Some(Said::RateLimited), _) => CallFailure::RateLimited {
            retry_after_seconds: None,
        },
        (Some(Said::Away) | None, CallKind::Write) => CallFailure::OutcomeUnknown,
        (Some(Said::Away), CallKind::Read) => CallFailure::Unavailable,
        (Some(Said::Refused), _) | (None, CallKind::Read) => CallFailure::Upstream {
            code: body
                .code
                .unwrap_or_else(|| unexplained::TOOL_ERROR.to_owned()),
            message: body.message,
        },
    }
}

/// Whether the body says that something went wrong inside, so that nobody knows how far it came.
fn is_unclear(body: &ErrorBody) -> bool {
    matches!(body.rpc, Some(Rpc::Unclear | Rpc::Unavailable))
}

/// Scalekit itself refused.
fn of_scalekit(
    asked: Asked,
    kind: CallKind,
    rpc: Option<Rpc>,
    status: u16,
    body: ErrorBody,
) -> Mapped {
    let unavailable = matches!(status, 502..=504) || rpc == Some(Rpc::Unavailable);
    let unclear = !(400..500).contains(&status) || status == 408 || is_unclear(&body);
    if kind == CallKind::Write && unclear {
        return Mapped::certain(CallFailure::OutcomeUnknown);
    }
    let Asked::Tool(connector) = asked else {
        return Mapped {
            failure: match rpc {
                // Scalekit does not know the user: they have no tools.
                Some(Rpc::NotFound) if asked == Asked::Catalogue && body.recognised => {
                    CallFailure::UnknownTool
                }
                // An unknown connection is ours to configure, not the user's to connect.
                Some(Rpc::NotFound) => CallFailure::Configuration,
                rpc => common(rpc, status, body),
            },
            then: if unavailable {
                Then::TryAgain
            } else {
                Then::Stands
            },
        };
    };
    if let Some(reason) = named_reason(&body) {
        return Mapped::certain(CallFailure::AuthError { connector, reason });
    }
    let explained = !body.violations.is_empty();
    let then = match rpc {
        _ if unavailable => Then::TryAgain,
        // Not Scalekit's words at all: a wrong address, or something in between.
        Some(Rpc::NotFound) if !body.recognised => {
            return Mapped::certain(CallFailure::Configuration);
        }
        Some(Rpc::NotFound) => Then::AskForTheAccount,
        Some(Rpc::InvalidArgument | Rpc::FailedPrecondition) if body.recognised && !explained => {
            Then::AskForTheAccount
        }
        _ => Then::Stands,
    };
    let failure = match rpc {
        Some(Rpc::NotFound) => CallFailure::UnknownTool,
        rpc => common(rpc, status, body),
    };
    Mapped { failure, then }
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
            code: body
                .code
                .unwrap_or_else(|| unexplained::UNEXPECTED_STATUS.to_owned()),
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

/// What Scalekit itself names as the reason. Names that an app would use for its own refusals
/// (`FORBIDDEN`) would be about our credentials here.
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
        unexplained::ANSWER_TOO_LARGE => "the answer was larger than allowed",
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

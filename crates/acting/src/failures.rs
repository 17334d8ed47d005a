//! A failed call, small enough to keep and to show.
//!
//! Owns the one form in which failures travel through this workflow, from a tool's outcome to the
//! summary. Texts come scrubbed from the tools; nothing here adds to them.

use std::convert::Infallible;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use onbehalf_connector::{AuthReason, CallFailure, Connector, unexplained};
use onbehalf_tools::{ErrorKind, ToolOutcome};

/// Why a call gave no result.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Failure {
    /// What kind of failure.
    pub kind: FailureKind,
    /// The authorization's reason (`token_expired`, …) or the app's own code, where there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// One sentence for people.
    pub message: String,
    /// Seconds the app asked to wait.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_after_seconds: Option<u64>,
}

/// The kinds of [`Failure`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum FailureKind {
    /// The user has to connect the app again.
    AuthError,
    /// Too many requests.
    RateLimited,
    /// No answer; a write certainly did not land.
    Unavailable,
    /// The app refused or failed.
    Upstream,
    /// The input was not accepted.
    InvalidInput,
    /// A write that may or may not have landed.
    OutcomeUnknown,
    /// A write that was not sent because it is no longer wanted.
    NotSent,
    /// The request context lacks a key.
    ContextMissing,
    /// An operator has to act.
    Configuration,
    /// Scalekit does not have the tool.
    UnknownTool,
    /// There is more than this workflow reads; what it has read counts.
    Truncated,
    /// Not asked for, because an address or a name cannot be searched for.
    Unsearchable,
}

impl Failure {
    /// A failure of this workflow's own making.
    pub fn own(kind: FailureKind, message: &str) -> Self {
        Self {
            kind,
            reason: None,
            message: message.to_owned(),
            retry_after_seconds: None,
        }
    }

    /// Whether the user has to connect again.
    pub fn is_auth(&self) -> bool {
        self.kind == FailureKind::AuthError
    }

    /// Whether the connection itself is of no use, and not only to what was asked of it.
    pub fn is_dead_connection(&self) -> bool {
        self.is_auth() && self.reason != Some(snake(&AuthReason::ScopeInsufficient))
    }

    /// Whether nothing was done and waiting may help without anybody's connecting again: an outage,
    /// or credentials of ours that are being replaced.
    pub fn may_pass(&self) -> bool {
        matches!(
            self.kind,
            FailureKind::Unavailable | FailureKind::Configuration
        )
    }

    /// Whether the same question may be answered otherwise later, without anybody's doing anything
    /// about it: the app has given no answer, or none that could be read.
    pub fn may_change(&self) -> bool {
        let unexplained = || self.reason.as_deref().is_some_and(unexplained::is_one);
        match self.kind {
            FailureKind::RateLimited => true,
            FailureKind::Upstream => unexplained(),
            _ => self.may_pass(),
        }
    }

    /// The most telling name: the authorization's reason, or else the kind.
    pub fn name(&self) -> String {
        match (&self.reason, self.kind) {
            (Some(reason), FailureKind::AuthError) => reason.clone(),
            (_, kind) => snake(&kind),
        }
    }
}

impl From<CallFailure> for Failure {
    fn from(failure: CallFailure) -> Self {
        match result(ToolOutcome::<Infallible>::from(failure)) {
            Ok(never) => match never {},
            Err(failure) => failure,
        }
    }
}

/// The result of a tool, as a `Result`.
///
/// # Errors
/// Everything that is not success.
pub fn result<T>(outcome: ToolOutcome<T>) -> Result<T, Failure> {
    let bare = |kind, message: String| Failure {
        kind,
        reason: None,
        message,
        retry_after_seconds: None,
    };
    Err(match outcome {
        ToolOutcome::Success(output) => return Ok(output),
        ToolOutcome::AuthError { connector, reason } => Failure {
            reason: Some(snake(&reason)),
            ..bare(
                FailureKind::AuthError,
                CallFailure::AuthError { connector, reason }.to_string(),
            )
        },
        ToolOutcome::RateLimited {
            retry_after_seconds,
        } => Failure {
            retry_after_seconds,
            ..bare(
                FailureKind::RateLimited,
                "the app asks for fewer requests".into(),
            )
        },
        ToolOutcome::Error(error) => Failure {
            reason: error.code,
            ..bare(kind_of(error.kind), error.message)
        },
    })
}

fn kind_of(kind: ErrorKind) -> FailureKind {
    match kind {
        ErrorKind::Upstream => FailureKind::Upstream,
        ErrorKind::InvalidInput => FailureKind::InvalidInput,
        ErrorKind::Unavailable => FailureKind::Unavailable,
        ErrorKind::OutcomeUnknown => FailureKind::OutcomeUnknown,
        ErrorKind::NotSent => FailureKind::NotSent,
        ErrorKind::ContextMissing => FailureKind::ContextMissing,
        ErrorKind::Configuration => FailureKind::Configuration,
        ErrorKind::UnknownTool => FailureKind::UnknownTool,
    }
}

/// A unit variant's name as written in JSON.
fn snake<T: Serialize>(value: &T) -> String {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(name)) => name,
        _ => String::new(),
    }
}

/// A connector that failed in a step, as the summary names it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ConnectorError {
    /// Which app.
    pub connector: Connector,
    /// In which step.
    pub step: String,
    /// How it failed.
    #[serde(flatten)]
    pub failure: Failure,
}

impl ConnectorError {
    /// Notes a failure, once for each kind and reason in a step.
    pub fn note(errors: &mut Vec<Self>, connector: Connector, step: &str, failure: &Failure) {
        let known = errors.iter().any(|error| {
            error.connector == connector
                && error.step == step
                && error.failure.kind == failure.kind
                && error.failure.reason == failure.reason
        });
        if !known {
            errors.push(Self {
                connector,
                step: step.to_owned(),
                failure: failure.clone(),
            });
        }
    }
}

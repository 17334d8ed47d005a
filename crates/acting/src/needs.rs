//! The connections a workflow needs, and how a run asks for those that are missing.
//!
//! Owns the order in which connectors are named and the scopes that are asked for with them, so
//! that a run says the same wherever it notices.

use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::failures::{Failure, FailureKind};
use super::services::Connected;
use onbehalf_clock::Timestamp;
use onbehalf_connector::{CallFailure, Connection, ConnectionStatus, Connector};
use onbehalf_engine::{Definition, StepContext, StepError, SuspendReason};
use onbehalf_identity::RequestContext;
use onbehalf_runs::hosted::Need;
use onbehalf_runs::{MissingConnection, RunReason};

/// What happens when a connection is missing or dead.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum OnMissingConnector {
    /// The run ends with `connectors_required`, or goes on without the connector and says so.
    #[default]
    Exit,
    /// The run waits until the connection is made and goes on where it was.
    Suspend,
}

/// A workflow that acts through a user's connected apps.
pub trait Acts:
    Definition<Context = RequestContext, Services: Connected, Reason = RunReason>
{
    /// The connectors it needs, in the order they are always named.
    const NEEDS: &'static [Need];

    /// Whether a run waits for dead connections instead of going on without them.
    fn waits_for_connections(state: &Self::State) -> bool;
}

/// Those of the needed connections that are not active, by one call.
///
/// `ACTIVE` is a hint only: a withdrawal at the provider shows when the connection is used.
///
/// # Errors
/// An attempt of the step: without Scalekit nothing can be done at all.
pub async fn inactive<D: Acts>(cx: &StepContext<D>) -> Result<Vec<Connection>, StepError> {
    let connectors: Vec<_> = D::NEEDS.iter().map(|need| need.connector).collect();
    let identifier = cx.context().scalekit_identifier.as_str();
    let trace_id = cx.context().trace_id.as_deref();
    let scalekit = cx.services().scalekit();
    let connections = scalekit.connections(identifier, &connectors, trace_id);
    let mut connections = connections.await.map_err(failed)?;
    connections.retain(|it| !it.is_active());
    Ok(connections)
}

fn failed(failure: CallFailure) -> StepError {
    // Credentials that are not accepted may be on their way to being replaced.
    if failure.is_retryable() || failure == CallFailure::Configuration {
        StepError::Retry {
            message: failure.to_string(),
            after: failure.retry_after().map(Duration::from_secs),
        }
    } else {
        StepError::terminal(failure.to_string())
    }
}

/// The suspension that ends when all these connections were made. `asked_at` is when it was asked
/// which they are: what was made after that was not seen.
pub fn connections_required<D: Acts>(
    inactive: &[Connection],
    asked_at: Timestamp,
) -> SuspendReason<RunReason> {
    let missing = inactive.iter().map(|connection| {
        let reason = match connection.status {
            ConnectionStatus::Expired => "token_expired",
            ConnectionStatus::Disconnected => "account_revoked",
            _ => "not_connected",
        };
        missing::<D>(connection.connector, reason.to_owned(), Some(asked_at))
    });
    let missing = missing.collect();
    RunReason::ConnectionRequired { missing }.into()
}

/// The suspension that ends when all these connections were made anew. `asked_at` is when the first
/// of them was used; `None` where that may have been in an earlier attempt.
pub fn reconnection_required<'f, D: Acts>(
    dead: impl IntoIterator<Item = (Connector, &'f Failure)>,
    asked_at: Option<Timestamp>,
) -> SuspendReason<RunReason> {
    let mut found: Vec<(Connector, MissingConnection)> = Vec::new();
    for (connector, failure) in dead {
        if !found.iter().any(|(known, _)| *known == connector) {
            let missing = missing::<D>(connector, failure.name(), asked_at);
            found.push((connector, missing));
        }
    }
    found.sort_by_key(|(connector, _)| order::<D>(*connector));
    let missing = found.into_iter().map(|(_, missing)| missing).collect();
    RunReason::ConnectionRequired { missing }.into()
}

/// What a step waits for whose write was refused for now: the connection, where that is dead, or else
/// the time at which it is tried again.
pub fn deferred<D: Acts>(
    connector: Connector,
    failure: &Failure,
    until: Timestamp,
) -> SuspendReason<RunReason> {
    match failure.kind {
        FailureKind::AuthError => reconnection_required::<D>([(connector, failure)], None),
        FailureKind::RateLimited => SuspendReason::RateLimited { until },
        _ => SuspendReason::Retrying { until },
    }
}

fn missing<D: Acts>(
    connector: Connector,
    reason: String,
    seen_at: Option<Timestamp>,
) -> MissingConnection {
    let need = D::NEEDS.iter().find(|need| need.connector == connector);
    let scopes = need.map_or(&[][..], |need| need.scopes);
    MissingConnection {
        connector: connector.name().to_owned(),
        reason,
        scopes: scopes.iter().map(|scope| (*scope).to_owned()).collect(),
        seen_at,
    }
}

/// Connectors are named in the same order everywhere.
fn order<D: Acts>(connector: Connector) -> usize {
    let found = D::NEEDS.iter().position(|it| it.connector == connector);
    found.unwrap_or(usize::MAX)
}

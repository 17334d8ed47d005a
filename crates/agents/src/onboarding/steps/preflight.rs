//! Step 1: are all three connections there, before anything is asked of them?
//!
//! One call. `ACTIVE` is a hint only: a withdrawal at the provider shows when the connection is
//! used, and the later steps deal with that.

use std::time::Duration;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use crate::onboarding::scopes::needed;
use crate::onboarding::{
    CONNECTORS, OnMissingConnector, OnboardingHealth, OnboardingInput, OnboardingResult,
};
use onbehalf_connector::{CallFailure, Connection, ConnectionStatus};
use onbehalf_engine::{
    Flow, MissingConnection, Step, StepContext, StepError, StepResult, SuspendReason,
};

/// Step 1.
pub struct Preflight;

/// All connections were there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verified {}

#[async_trait(?Send)]
impl Step<OnboardingHealth> for Preflight {
    type Input = OnboardingInput;
    type Output = Verified;

    fn id(&self) -> &'static str {
        "preflight-connector-health"
    }

    async fn run(
        &self,
        input: OnboardingInput,
        cx: &StepContext<OnboardingHealth>,
    ) -> StepResult<OnboardingHealth, Verified> {
        let services = cx.services();
        let identifier = cx.context().scalekit_identifier.as_str();
        let trace_id = cx.context().trace_id.as_deref();
        let connections = services
            .scalekit
            .connections(identifier, &CONNECTORS, trace_id)
            .await
            .map_err(failed)?;
        let missing: Vec<_> = connections.iter().filter(|it| !it.is_active()).collect();
        if missing.is_empty() {
            let now = cx.now();
            cx.update_state(|state| {
                state.connectors_verified = true;
                state.verified_at = Some(now);
                state.input = input;
            });
            return Ok(Flow::Next(Verified {}));
        }
        Ok(match input.on_missing_connector {
            OnMissingConnector::Exit => Flow::Exit(OnboardingResult::ConnectorsRequired {
                missing: missing.iter().map(|it| it.connector).collect(),
                connect: missing
                    .iter()
                    .map(|it| (it.connector, services.connect_url(it.connector)))
                    .collect(),
            }),
            OnMissingConnector::Suspend => Flow::Suspend(SuspendReason::ConnectionRequired {
                missing: missing.into_iter().map(named).collect(),
            }),
        })
    }
}

fn named(connection: &Connection) -> MissingConnection {
    let reason = match connection.status {
        ConnectionStatus::Expired => "token_expired",
        ConnectionStatus::Disconnected => "account_revoked",
        _ => "not_connected",
    };
    MissingConnection {
        connector: connection.connector.name().to_owned(),
        reason: reason.to_owned(),
        scopes: needed(connection.connector),
    }
}

/// Without Scalekit nothing can be done at all, so its failures are attempts of the step.
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

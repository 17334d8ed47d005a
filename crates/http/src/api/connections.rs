//! What the caller has connected, and links for what is not.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::service::{Api, Handled};
use crate::sign_in::Caller;
use crate::wire::json_body;
use crate::wire::message::{ApiRequest, ApiResponse};
use crate::wire::problem::{Problem, ProblemType};
use onbehalf_clock::Timestamp;
use onbehalf_connector::{CallFailure, ConnectionStatus, Connector};

/// How long a caller should wait when Scalekit did not say.
const SCALEKIT_RETRY_SECONDS: u64 = 5;

/// Asks for a connect link.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ConnectRequest {
    /// The connector's name, such as `hubspot`.
    // Read as text, so that a name that is not known can be answered with those that are.
    #[schemars(with = "Connector")]
    pub connector: String,
}

/// A connect link.
#[derive(Debug, Serialize, JsonSchema)]
pub struct ConnectResponse {
    /// To be opened in a browser by the caller. It does not go stale: the provider's own link is
    /// made when this one is opened.
    pub url: String,
}

/// The caller's connections.
#[derive(Debug, Serialize, JsonSchema)]
pub struct ConnectionListResponse {
    /// One for each connector.
    pub connections: Vec<ConnectionView>,
}

/// One connection.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ConnectionView {
    /// The app.
    pub connector: Connector,
    /// Where it stands.
    pub status: ConnectionStatus,
    /// Where to make it, unless it is active.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub connect_url: Option<String>,
    /// When it was last used.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_used_at: Option<Timestamp>,
    /// When it last changed: it was made, consented to, refreshed or lost.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub updated_at: Option<Timestamp>,
    /// When its stored token expires; Scalekit refreshes it by itself, where the app lets it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub token_expires_at: Option<Timestamp>,
}

impl Api {
    pub(crate) fn create_connect_link(&self, request: &ApiRequest) -> Handled {
        let wanted: ConnectRequest = json_body::required(request)?;
        let connector = self
            .known_connector(&wanted.connector)
            .map_err(|problem| problem.with("field", "connector"))?;
        let url = self.connect_url(connector);
        Ok(ApiResponse::json(200, &ConnectResponse { url }))
    }

    /// The connector of this name.
    ///
    /// # Errors
    /// 400, with those there are.
    pub(crate) fn known_connector(&self, name: &str) -> Result<Connector, Problem> {
        let connectors = self.scalekit.connectors();
        connectors.get(name).ok_or_else(|| {
            let known: Vec<_> = connectors.all().map(String::from).collect();
            let detail = format!("Known connectors: {}.", known.join(", "));
            Problem::new(ProblemType::UnknownConnector, detail).with("knownConnectors", known)
        })
    }

    /// Has the account deleted. Runs that are on see it with their next call, and wait or go on
    /// without the app, as with one that was lost in any other way.
    pub(crate) async fn disconnect(&self, caller: &Caller, connector: Connector) -> Handled {
        let identifier = caller.context.scalekit_identifier.as_str();
        let trace_id = caller.context.trace_id.as_deref();
        let gone = self
            .scalekit
            .disconnect(identifier, connector, trace_id)
            .await;
        // Also where nobody knows: what is offered is asked for anew.
        self.forget_offer(identifier);
        gone.map_err(of_scalekit)?;
        Ok(ApiResponse::empty(204))
    }

    pub(crate) async fn list_connections(&self, caller: &Caller) -> Handled {
        let identifier = caller.context.scalekit_identifier.as_str();
        let trace_id = caller.context.trace_id.as_deref();
        let connectors: Vec<_> = self.scalekit.connectors().all().collect();
        let found = self
            .scalekit
            .connections(identifier, &connectors, trace_id)
            .await;
        let connections = found
            .map_err(of_scalekit)?
            .into_iter()
            .map(|connection| ConnectionView {
                connector: connection.connector,
                status: connection.status,
                connect_url: (!connection.is_active())
                    .then(|| self.connect_url(connection.connector)),
                last_used_at: connection.last_used_at,
                updated_at: connection.updated_at,
                token_expires_at: connection.token_expires_at,
            })
            .collect();
        Ok(ApiResponse::json(
            200,
            &ConnectionListResponse { connections },
        ))
    }

    /// Where a person makes this connection.
    pub(crate) fn connect_url(&self, connector: Connector) -> String {
        self.settings.url(&format!("/connect/{}", connector.name()))
    }
}

/// A failure of Scalekit itself, as a problem of this API.
pub(crate) fn of_scalekit(failure: CallFailure) -> Problem {
    unanswered(failure, "Scalekit")
}

/// Why `who` did not say what it was asked, as a problem of this API.
pub(crate) fn unanswered(failure: CallFailure, who: &str) -> Problem {
    match failure {
        CallFailure::RateLimited { .. }
        | CallFailure::Unavailable
        | CallFailure::OutcomeUnknown => {
            let detail = format!("At the moment {who} cannot be asked; try again.");
            let seconds = failure.retry_after().unwrap_or(SCALEKIT_RETRY_SECONDS);
            Problem::new(ProblemType::ConnectorUnavailable, detail).retry_after(seconds)
        }
        CallFailure::Configuration => {
            let detail = "Scalekit does not accept this service's own credentials or settings.";
            Problem::new(ProblemType::ConnectorFailed, detail)
        }
        _ => {
            let detail = format!("What {who} answered could not be used.");
            Problem::new(ProblemType::ConnectorFailed, detail)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_passes_by_itself_is_worth_waiting_for() {
        let limited = of_scalekit(CallFailure::RateLimited {
            retry_after_seconds: Some(17),
        });
        let response = ApiResponse::from(limited);
        assert_eq!(
            (response.status, response.header("retry-after")),
            (503, Some("17"))
        );
        for failure in [CallFailure::Configuration, CallFailure::UnknownTool] {
            let response = ApiResponse::from(of_scalekit(failure));
            assert_eq!(
                (response.status, response.header("retry-after")),
                (502, None)
            );
        }
    }
}

//! Scalekit's events: a connection that became active wakes the runs that wait for it; what its user is
//! offered is asked for anew after any change.

use crate::service::{Api, Handled};
use crate::wire::json_body::within_limit;
use crate::wire::message::{ApiRequest, ApiResponse};
use crate::wire::problem::{Problem, ProblemType};
use onbehalf_connector::ConnectionStatus;
use onbehalf_connector::webhook::{
    AccountChange, AccountEvent, WebhookError, WebhookEvent, WebhookHeaders, verify,
};
use onbehalf_runs::{AccountKey, ConnectorName, EventId};

impl Api {
    /// Answers 2xx once the event is handed on; anything else makes Scalekit deliver it again, which
    /// does no harm, because the platform acts once on each `webhook-id`.
    pub(crate) async fn receive_webhook(&self, request: &ApiRequest) -> Handled {
        let Some(secrets) = &self.settings.webhook_secrets else {
            let detail = "No webhook secret is configured, so no event is accepted.";
            return Err(Problem::new(ProblemType::NotConfigured, detail));
        };
        within_limit(request)?;
        let headers = WebhookHeaders {
            id: request.header("webhook-id"),
            timestamp: request.header("webhook-timestamp"),
            signature: request.header("webhook-signature"),
        };
        let names = self.scalekit.connectors();
        let webhook = verify(secrets, names, headers, &request.body, self.clock.now())
            .map_err(|error| refusal(&error))?;
        if let WebhookEvent::Account(AccountEvent {
            change: AccountChange::StatusUpdated { .. } | AccountChange::Deleted,
            identifier,
            ..
        }) = &webhook.event
        {
            self.forget_offer(identifier);
        }
        if let WebhookEvent::Account(AccountEvent {
            change: AccountChange::StatusUpdated { .. },
            identifier,
            connector: Some(connector),
            status: ConnectionStatus::Active,
        }) = &webhook.event
        {
            let account = AccountKey::new(identifier);
            let connector = ConnectorName::new(connector.name());
            let event = EventId::new(&webhook.id);
            self.backend
                .connection_made(&account, &connector, &event)
                .await?;
        }
        Ok(ApiResponse::empty(204))
    }
}

fn refusal(error: &WebhookError) -> Problem {
    let kind = match error {
        WebhookError::Headers | WebhookError::Stale | WebhookError::Signature => {
            ProblemType::WebhookSignature
        }
        WebhookError::Body => ProblemType::MalformedBody,
    };
    Problem::new(kind, format!("{error}."))
}

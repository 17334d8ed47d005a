//! Which account of an app the caller has connected, as the app itself says it.
//!
//! Scalekit's list says of a connection how it stands and not whose it is, so this asks the app, as
//! the caller and with each request anew. Refuses to keep or log any of it, and to tell anybody but
//! the caller: no tool that a model is offered says it.

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::json;

use super::connections::unanswered;
use crate::offer::tool_context;
use crate::service::{Api, Handled};
use crate::sign_in::Caller;
use crate::wire::message::ApiResponse;
use crate::wire::problem::{Problem, ProblemType};
use onbehalf_connector::{CallFailure, Connector};
use onbehalf_tools::{AppAccount, app_account};

/// Which account is connected.
#[derive(Debug, Serialize, JsonSchema)]
pub struct AccountResponse {
    /// The app.
    pub connector: Connector,
    /// The account; `null` for an app that does not say, or that nobody knows how to ask.
    pub account: Option<AppAccount>,
}

impl Api {
    pub(crate) async fn show_account(&self, caller: &Caller, connector: Connector) -> Handled {
        let context = tool_context(caller)?;
        let asked = app_account(&self.scalekit, &context, connector).await;
        let account = asked.map_err(|failure| self.not_told(failure))?;
        Ok(ApiResponse::json(
            200,
            &AccountResponse { connector, account },
        ))
    }

    /// Why an app does not say it.
    fn not_told(&self, failure: CallFailure) -> Problem {
        match failure {
            CallFailure::AuthError { connector, reason } => {
                let detail = "The app can be asked once it is connected, or connected again.";
                Problem::new(ProblemType::ConnectionRequired, detail)
                    .with("connector", connector.name())
                    .with("reason", json!(reason))
                    .with("connectUrl", self.connect_url(connector))
            }
            // Which of the two has no room, or is away, its answer does not always say.
            failure => unanswered(failure, "the app, or Scalekit before it,"),
        }
    }
}

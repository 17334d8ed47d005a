//! Taking back what a user has connected.
//!
//! Deletes Scalekit's account with the credentials in it. Whether the app itself hears of that, no
//! document says; what somebody granted there, they see and take back there.

use serde_json::json;

use super::accounts::{Connection, ConnectionStatus};
use super::failure::CallFailure;
use super::link::post;
use super::name::Connector;
use super::permit::CallKind;
use super::transport::Scalekit;

impl Scalekit {
    /// Has the user no longer connected to this app. One who is not connected stays so: after this
    /// there is no account, whoever took it away. Sent once; what came of it, where the answer does
    /// not say, the accounts tell.
    ///
    /// # Errors
    /// As of [`Scalekit::connections`]; the account may still be there then.
    pub async fn disconnect(
        &self,
        identifier: &str,
        connector: Connector,
        trace_id: Option<&str>,
    ) -> Result<(), CallFailure> {
        if self.is_gone(identifier, connector, trace_id).await? {
            return Ok(());
        }
        let body = json!({
            "connector": self.config().connection(connector).name(&connector),
            "identifier": identifier,
        });
        let path = "/api/v1/connected_accounts:delete";
        let mut call = post(CallKind::Write, path, body, identifier);
        call.trace_id = trace_id;
        let Err(failure) = self.call(&call).await else {
            return Ok(());
        };
        match self.is_gone(identifier, connector, trace_id).await {
            Ok(true) => Ok(()),
            Ok(false) | Err(_) => Err(failure),
        }
    }

    async fn is_gone(
        &self,
        identifier: &str,
        connector: Connector,
        trace_id: Option<&str>,
    ) -> Result<bool, CallFailure> {
        let found = self.connections(identifier, &[connector], trace_id).await?;
        let not_there = |it: &Connection| it.status == ConnectionStatus::NotConnected;
        Ok(found.iter().all(not_there))
    }
}

#[cfg(test)]
#[path = "disconnect_tests.rs"]
mod tests;

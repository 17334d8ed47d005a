//! What a user has connected, by Scalekit's account.
//!
//! `Active` is a hint: a withdrawal at the provider shows only when the credential is used.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use url::form_urlencoded;

use onbehalf_clock::Timestamp;
use onbehalf_fetch::Method;

use super::failure::CallFailure;
use super::mapping::{Asked, unreadable};
use super::name::Connector;
use super::permit::{AlwaysPermit, CallKind};
use super::transport::{Call, Scalekit, TIMEOUT};

/// Scalekit takes up to 20 `connection_names` in one call (docs/SCALEKIT.md).
const NAMES_PER_CALL: usize = 20;
const PAGE_SIZE: usize = 99;
/// A user has one account per connector, rarely a few; more pages than this is a broken answer.
const MAX_PAGES: usize = 5;

/// Where a connected account stands. The order is from best to worst: of several accounts for one
/// connector the best one counts.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum ConnectionStatus {
    /// Usable, as far as Scalekit knows.
    Active,
    /// Consented, but the user was not verified yet.
    PendingVerification,
    /// The consent was not given yet.
    PendingAuth,
    /// The credential expired and could not be refreshed.
    Expired,
    /// Disconnected by the user or an operator.
    Disconnected,
    /// A status this version does not know; not usable.
    Unknown,
    /// There is no account.
    NotConnected,
}

impl ConnectionStatus {
    /// Reads Scalekit's spelling.
    pub(super) fn read(text: &str) -> Self {
        match text {
            "ACTIVE" => Self::Active,
            "PENDING_VERIFICATION" => Self::PendingVerification,
            "PENDING_AUTH" => Self::PendingAuth,
            "EXPIRED" => Self::Expired,
            "DISCONNECTED" => Self::Disconnected,
            _ => Self::Unknown,
        }
    }
}

/// One connector of one user.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Connection {
    /// Which app.
    pub connector: Connector,
    /// The best account's status.
    pub status: ConnectionStatus,
    /// When the stored token expires; Scalekit refreshes it by itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token_expires_at: Option<Timestamp>,
    /// When the account was last used.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_used_at: Option<Timestamp>,
}

impl Connection {
    /// Whether a tool may be tried with it.
    pub fn is_active(&self) -> bool {
        self.status == ConnectionStatus::Active
    }
}

impl Scalekit {
    /// The user's connection for each of `connectors`, in that order, without repeats.
    ///
    /// # Errors
    /// `Unavailable`, `RateLimited`, `Configuration`, or `Upstream` for an answer against contract.
    pub async fn connections(
        &self,
        identifier: &str,
        connectors: &[Connector],
        trace_id: Option<&str>,
    ) -> Result<Vec<Connection>, CallFailure> {
        let mut found: Vec<Connection> = Vec::new();
        for connector in connectors {
            if !found.iter().any(|c| c.connector == *connector) {
                found.push(Connection {
                    connector: *connector,
                    status: ConnectionStatus::NotConnected,
                    token_expires_at: None,
                    last_used_at: None,
                });
            }
        }
        for group in found.chunks_mut(NAMES_PER_CALL) {
            self.fill(identifier, group, trace_id).await?;
        }
        Ok(found)
    }

    async fn fill(
        &self,
        identifier: &str,
        group: &mut [Connection],
        trace_id: Option<&str>,
    ) -> Result<(), CallFailure> {
        let mut page_token: Option<String> = None;
        for _ in 0..MAX_PAGES {
            let answer = self
                .account_page(identifier, group, page_token.as_deref(), trace_id)
                .await?;
            let accounts = match answer.get("connected_accounts") {
                Some(Value::Array(accounts)) => accounts.as_slice(),
                // Protobuf's JSON may leave out an empty list.
                None | Some(Value::Null) if answer.is_object() => &[],
                _ => return Err(unreadable(CallKind::Read)),
            };
            for account in accounts {
                self.take(account, identifier, group);
            }
            let next = answer.get("next_page_token").and_then(Value::as_str);
            match next.filter(|token| !token.is_empty()) {
                Some(token) if !group.iter().all(Connection::is_active) => {
                    page_token = Some(token.to_owned());
                }
                _ => return Ok(()),
            }
        }
        Err(unreadable(CallKind::Read))
    }

    async fn account_page(
        &self,
        identifier: &str,
        group: &[Connection],
        page_token: Option<&str>,
        trace_id: Option<&str>,
    ) -> Result<Value, CallFailure> {
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.append_pair("identifier", identifier);
        for connection in group {
            let configured = self.config().connection(connection.connector);
            query.append_pair("connection_names", configured.name(&connection.connector));
        }
        query.append_pair("page_size", &PAGE_SIZE.to_string());
        if let Some(token) = page_token {
            query.append_pair("page_token", token);
        }
        let call = Call {
            asked: Asked::Accounts,
            tool: None,
            kind: CallKind::Read,
            method: Method::Get,
            path: format!("/api/v1/connected_accounts?{}", query.finish()),
            body: None,
            timeout: TIMEOUT,
            identifier,
            lane: None,
            trace_id,
            permit: &AlwaysPermit,
        };
        self.call(&call).await
    }

    /// Notes one account. One that says it is somebody else's never counts.
    fn take(&self, account: &Value, identifier: &str, group: &mut [Connection]) {
        let text = |key| account.get(key).and_then(Value::as_str);
        if text("identifier").is_some_and(|other| other != identifier) {
            return;
        }
        let status = ConnectionStatus::read(text("status").unwrap_or_default());
        let name = text("connector").unwrap_or_default();
        let configured = |slot: &Connection| {
            let connection = self.config().connection(slot.connector);
            connection.name(&slot.connector) == name
        };
        let slot = group.iter_mut().find(|slot| configured(slot));
        if let Some(slot) = slot.filter(|slot| status < slot.status) {
            slot.status = status;
            slot.token_expires_at = text("token_expires_at").and_then(Timestamp::parse);
            slot.last_used_at = text("last_used_at").and_then(Timestamp::parse);
        }
    }
}

#[cfg(test)]
#[path = "accounts_tests.rs"]
mod tests;

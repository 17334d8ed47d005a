//! What a user has connected, by Scalekit's account.
//!
//! `Active` is a hint: a withdrawal at the provider shows only when the credential is used.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use onbehalf_clock::Timestamp;

use super::failure::CallFailure;
use super::mapping::{Asked, unreadable};
use super::name::Connector;
use super::pages::{About, Listing, NAMES_PER_CALL};
use super::permit::CallKind;
use super::transport::Scalekit;

const ACCOUNTS: Listing = Listing {
    asked: Asked::Accounts,
    path: "/api/v1/connected_accounts",
    names: "connection_names",
    page_size: 99,
    entries: "connected_accounts",
};
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
    /// When the account itself last changed: it was made, consented to, refreshed or lost.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub updated_at: Option<Timestamp>,
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
                    updated_at: None,
                });
            }
        }
        for group in found.chunks_mut(NAMES_PER_CALL) {
            let about = About {
                identifier,
                trace_id,
            };
            self.fill(about, group).await?;
        }
        Ok(found)
    }

    async fn fill(&self, about: About<'_>, group: &mut [Connection]) -> Result<(), CallFailure> {
        let mut token: Option<String> = None;
        for _ in 0..MAX_PAGES {
            let connectors = group.iter().map(|it| it.connector);
            let page = self.page(&ACCOUNTS, about, connectors, token.as_deref());
            let page = page.await?;
            for account in &page.entries {
                self.take(account, about.identifier, group);
            }
            if page.next.is_none() || group.iter().all(Connection::is_active) {
                return Ok(());
            }
            token = page.next;
        }
        Err(unreadable(CallKind::Read))
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
            slot.updated_at = text("updated_at").and_then(Timestamp::parse);
        }
    }
}

#[cfg(test)]
#[path = "accounts_tests.rs"]
mod tests;

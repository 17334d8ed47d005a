//! Connected accounts, and the flow that makes them.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::connections::{Connection, Kind};
use super::random::Dice;
use super::time::iso;

/// How long a magic link is good.
pub const LINK_LIFETIME_MS: i64 = 600_000;

/// One connected account.
#[derive(Clone, Debug)]
pub struct Account {
    /// `ca_…`.
    pub id: String,
    /// Whose.
    pub identifier: String,
    /// Through which connection.
    pub connector: String,
    /// The connector behind it.
    pub provider: String,
    /// How its user connected.
    pub kind: Kind,
    /// `ACTIVE`, `EXPIRED`, `PENDING_AUTH`, `PENDING_VERIFICATION` or `DISCONNECTED`.
    pub status: String,
    /// Whether the provider no longer honours the credential.
    pub revoked: bool,
    /// Runs whose first read was served, where the credential dies after it.
    pub dies_after: BTreeSet<String>,
    /// Runs for which the user connected again.
    pub revived: BTreeSet<String>,
    /// When it last changed.
    pub updated_ms: i64,
}

/// A magic link and what became of it.
#[derive(Clone, Debug)]
pub struct Link {
    /// Whose account it is for.
    pub identifier: String,
    /// Through which connection.
    pub connector: String,
    /// Where the browser goes after consent, where anywhere.
    pub user_verify_url: Option<String>,
    /// Comes back with it.
    pub state: String,
    /// Until when it is good.
    pub expires_ms: i64,
    /// Whether it was used.
    pub used: bool,
    /// Set once the user consented, where an application is to verify that.
    pub auth_request_id: Option<String>,
}

/// All accounts and links.
#[derive(Clone, Debug)]
pub struct Vault {
    accounts: BTreeMap<(String, String), Account>,
    /// Links by their secret part.
    pub links: BTreeMap<String, Link>,
    dice: Dice,
}

/// What happened to an account, and is worth a webhook.
#[derive(Clone, Debug, PartialEq)]
pub struct AccountEvent {
    /// Its type.
    pub kind: &'static str,
    /// The webhook's body, without its envelope.
    pub data: Value,
}

impl Default for Vault {
    fn default() -> Self {
        Self {
            accounts: BTreeMap::new(),
            links: BTreeMap::new(),
            dice: Dice::new(42),
        }
    }
}

impl Vault {
    /// A number nobody has seen before.
    pub fn fresh(&mut self, prefix: &str) -> String {
        format!("{prefix}_{}", self.dice.bits() >> 4)
    }

    /// Adds an account through a connection, or sets its status.
    pub fn put(
        &mut self,
        identifier: &str,
        (name, connection): (&str, &Connection),
        status: &str,
        now_ms: i64,
    ) -> AccountEvent {
        let id = self.fresh("ca");
        let key = (identifier.to_owned(), name.to_owned());
        let account = self.accounts.entry(key).or_insert_with(|| Account {
            id,
            identifier: identifier.to_owned(),
            connector: name.to_owned(),
            provider: connection.provider.clone(),
            kind: connection.kind,
            status: "PENDING_AUTH".to_owned(),
            revoked: false,
            dies_after: BTreeSet::new(),
            revived: BTreeSet::new(),
            updated_ms: now_ms,
        });
        account.set(status, now_ms)
    }

    /// An account.
    pub fn get(&self, identifier: &str, connector: &str) -> Option<&Account> {
        self.accounts
            .get(&(identifier.to_owned(), connector.to_owned()))
    }

    /// An account, to change.
    pub fn get_mut(&mut self, identifier: &str, connector: &str) -> Option<&mut Account> {
        self.accounts
            .get_mut(&(identifier.to_owned(), connector.to_owned()))
    }

    /// Removes an account.
    pub fn remove(&mut self, identifier: &str, connector: &str) -> bool {
        self.accounts
            .remove(&(identifier.to_owned(), connector.to_owned()))
            .is_some()
    }

    /// All accounts.
    pub fn accounts(&self) -> impl Iterator<Item = &Account> {
        self.accounts.values()
    }
}

impl Account {
    /// Sets its status.
    pub fn set(&mut self, status: &str, now_ms: i64) -> AccountEvent {
        let old = std::mem::replace(&mut self.status, status.to_owned());
        self.updated_ms = now_ms;
        AccountEvent {
            kind: "connected_account.status_updated",
            data: json!({ "id": self.id, "identifier": self.identifier,
                "connection_id": self.connection_id(), "connection_name": self.connector,
                "provider": self.provider.to_uppercase(), "authorization_type": self.kind.name(),
                "status": status, "old_status": old }),
        }
    }

    fn connection_id(&self) -> String {
        format!("conn_{}", self.connector)
    }

    /// As Scalekit lists it.
    pub fn json(&self) -> Value {
        json!({ "id": self.id, "identifier": self.identifier, "connector": self.connector,
            "provider": self.provider.to_uppercase(), "connection_id": self.connection_id(),
            "status": self.status, "authorization_type": self.kind.name(),
            "updated_at": iso(self.updated_ms) })
    }

    /// That it is no more.
    pub fn deleted(&self) -> AccountEvent {
        AccountEvent {
            kind: "connected_account.deleted",
            data: json!({ "id": self.id, "identifier": self.identifier,
                "connection_id": self.connection_id(), "provider": self.provider.to_uppercase(),
                "authorization_type": self.kind.name(), "status": self.status }),
        }
    }

    /// What the app is asked with. It opens nothing, here or anywhere.
    pub fn credentials(&self) -> Value {
        let token = format!("credential-of-{}", self.id);
        match (self.status.as_str(), self.kind) {
            ("ACTIVE", Kind::Oauth) => json!({ "oauth_token": { "access_token": token } }),
            ("ACTIVE", Kind::ApiKey) => json!({ "static_auth": { "details": { "token": token } } }),
            _ => json!({}),
        }
    }

    /// The user connected again: the credential is new.
    pub fn renew(&mut self) {
        self.revoked = false;
        self.revived.append(&mut self.dies_after);
    }
}

//! One entry of the `IDENTITY_PROVIDERS` setting, as an operator writes it.

use serde::Deserialize;

use super::client_authentication::ClientAuthentication;
use super::powers::{Approver, Roles};
use super::provider::Provider;

/// What an operator says of one issuer.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Entry {
    pub provider: Provider,
    pub issuer: String,
    #[serde(default)]
    pub audience: Audience,
    pub jwks_uri: Option<String>,
    pub namespace: Option<String>,
    pub takes_over: Option<String>,
    pub client_id: Option<String>,
    pub client_authentication: Option<ClientAuthentication>,
    pub organization: Option<String>,
    #[serde(default)]
    pub authorized_parties: Vec<String>,
    pub user_claim: Option<String>,
    pub org_claim: Option<String>,
    pub email_claim: Option<String>,
    /// Further claims that are kept, for rules to be about.
    #[serde(default)]
    pub claims: Vec<String>,
    #[serde(default)]
    pub long_identifiers: LongIdentifiers,
    #[serde(default)]
    pub approvers: Vec<Approver>,
    pub roles: Option<Roles>,
}

/// One audience, or several.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
pub(super) enum Audience {
    One(String),
    Many(Vec<String>),
}

impl Default for Audience {
    fn default() -> Self {
        Self::Many(Vec::new())
    }
}

/// What becomes of an identifier that is longer than Scalekit takes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LongIdentifiers {
    /// Whoever has it is refused.
    #[default]
    Refuse,
    /// A digest stands for it.
    Digest,
}

//! Which issuers are trusted, from the `IDENTITY_PROVIDERS` setting.
//!
//! Owns the setting's shape and the checks that close what it leaves open. No issuer, no entry:
//! every token is refused.

use serde::Deserialize;
use url::Url;

use super::key_source::KeySetSource;
use super::provider::{Binding, Provider};

/// Why the setting cannot be used. Names the entry and what is wrong with it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("IDENTITY_PROVIDERS: {0}")]
pub struct ConfigError(String);

/// The trusted issuers.
#[derive(Clone, Debug, Default)]
pub struct IdentityConfig {
    issuers: Vec<Issuer>,
}

/// One trusted issuer.
#[derive(Clone, Debug)]
pub struct Issuer {
    entry: Entry,
    audiences: Vec<String>,
    keys: KeySetSource,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    provider: Provider,
    issuer: String,
    #[serde(default)]
    audience: Audience,
    jwks_uri: Option<String>,
    namespace: Option<String>,
    client_id: Option<String>,
    #[serde(default)]
    authorized_parties: Vec<String>,
    user_claim: Option<String>,
    org_claim: Option<String>,
    #[serde(default)]
    approvers: Vec<String>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
enum Audience {
    One(String),
    Many(Vec<String>),
}

impl Default for Audience {
    fn default() -> Self {
        Self::Many(Vec::new())
    }
}

impl IdentityConfig {
    /// Reads the setting: a JSON array, an object for each issuer.
    ///
    /// # Errors
    /// [`ConfigError`] names the first entry that cannot be used.
    pub fn from_json(text: &str) -> Result<Self, ConfigError> {
        let entries: Vec<Entry> =
            serde_json::from_str(text).map_err(|error| ConfigError(error.to_string()))?;
        let mut issuers = Vec::with_capacity(entries.len());
        for (index, entry) in entries.into_iter().enumerate() {
            let issuer = Issuer::new(entry)
                .map_err(|message| ConfigError(format!("entry {index}: {message}")))?;
            issuers.push(issuer);
        }
        let config = Self { issuers };
        config.check_distinct()?;
        Ok(config)
    }

    fn check_distinct(&self) -> Result<(), ConfigError> {
        for (index, issuer) in self.issuers.iter().enumerate() {
            for other in &self.issuers[..index] {
                if other.id() == issuer.id() {
                    return Err(ConfigError(format!(
                        "entry {index}: the issuer is there twice"
                    )));
                }
                if other.namespace() == issuer.namespace() {
                    return Err(ConfigError(format!(
                        "entry {index}: with several issuers, all but one need a namespace of \
                         their own, or two people of one name would share accounts"
                    )));
                }
            }
        }
        Ok(())
    }

    /// The issuer of exactly this name (RFC 7519 section 4.1.1: compared as a string).
    pub fn issuer(&self, name: &str) -> Option<&Issuer> {
        self.issuers.iter().find(|issuer| issuer.id() == name)
    }

    /// All of them.
    pub fn issuers(&self) -> &[Issuer] {
        &self.issuers
    }
}

impl Issuer {
    fn new(entry: Entry) -> Result<Self, String> {
        https(&entry.issuer).map_err(|message| format!("issuer {message}"))?;
        entry
            .provider
            .check_issuer(&entry.issuer, entry.client_id.as_deref())
            .map_err(|message| format!("issuer {message}"))?;
        let audiences = match entry.audience.clone() {
            Audience::One(audience) => vec![audience],
            Audience::Many(audiences) => audiences,
        };
        if audiences.iter().any(String::is_empty) {
            return Err("audience must not be empty".into());
        }
        match entry.provider.binding() {
            Binding::Audience if audiences.is_empty() => {
                return Err(
                    "audience is required: without it any of the issuer's tokens, for \
                            whatever service, would be accepted"
                        .into(),
                );
            }
            Binding::AuthorizedParty
                if entry.authorized_parties.is_empty() && audiences.is_empty() =>
            {
                return Err("authorized_parties or audience is required".into());
            }
            _ => {}
        }
        if entry.approvers.iter().any(String::is_empty) {
            return Err("approvers must not name an empty user".into());
        }
        if let Some(namespace) = &entry.namespace {
            let plain = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
            if namespace.is_empty() || namespace.len() > 32 || !namespace.chars().all(plain) {
                return Err("namespace takes 1 to 32 of A-Z a-z 0-9 - _".into());
            }
        }
        let fixed = entry
            .provider
            .key_set_url(&entry.issuer, entry.client_id.as_deref());
        let jwks_uri = entry.jwks_uri.clone().or(fixed);
        if let Some(uri) = &jwks_uri {
            https(uri).map_err(|message| format!("jwks_uri {message}"))?;
        }
        let keys = KeySetSource {
            issuer: entry.issuer.clone(),
            jwks_uri,
        };
        Ok(Self {
            entry,
            audiences,
            keys,
        })
    }

    /// Its name, as in `iss`.
    pub fn id(&self) -> &str {
        &self.entry.issuer
    }

    /// What kind of provider it is.
    pub fn provider(&self) -> Provider {
        self.entry.provider
    }

    /// Audiences this service answers to.
    pub fn audiences(&self) -> &[String] {
        &self.audiences
    }

    /// Parties a token may have been made for.
    pub fn authorized_parties(&self) -> &[String] {
        &self.entry.authorized_parties
    }

    /// What stands in front of its users' names.
    pub fn namespace(&self) -> Option<&str> {
        self.entry.namespace.as_deref()
    }

    /// The client this service signs users in with; `None` where it does not.
    pub fn client_id(&self) -> Option<&str> {
        self.entry.client_id.as_deref()
    }

    /// Where its keys are.
    pub fn keys(&self) -> &KeySetSource {
        &self.keys
    }

    /// Whether this user may decide what the runs of their organization's people ask.
    pub fn approves(&self, user_id: &str) -> bool {
        self.entry.approvers.iter().any(|it| it == user_id)
    }

    /// The claim that names the user.
    pub fn user_claim(&self) -> &str {
        self.entry.user_claim.as_deref().unwrap_or("sub")
    }

    /// The claim that names the organization; Clerk's newer tokens keep it in `o.id`.
    pub fn org_claim(&self) -> &str {
        self.entry.org_claim.as_deref().unwrap_or("org_id")
    }
}

/// HTTPS, or HTTP to this very machine (where there is nobody in between).
pub(super) fn https(text: &str) -> Result<Url, String> {
    let url = Url::parse(text).map_err(|_| "is not an absolute URL".to_owned())?;
    let loopback = match url.host() {
        Some(url::Host::Domain(name)) => name == "localhost",
        Some(url::Host::Ipv4(address)) => address.is_loopback(),
        Some(url::Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    };
    let plain = url.username().is_empty() && url.password().is_none() && url.fragment().is_none();
    if plain && (url.scheme() == "https" || (url.scheme() == "http" && loopback)) {
        Ok(url)
    } else {
        Err("must be an https URL without credentials and fragment".into())
    }
}

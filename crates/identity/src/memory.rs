//! What is remembered of sign-ins beyond one request and one isolate.
//!
//! Owns the four things: that a sign-in under way is good once, that a consent is claimed once,
//! that a session which ended stays ended, and whose people the accounts under a namespace are. Values are known by digests of
//! their own kind; who signs in is known to nobody here.

use async_trait::async_trait;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::config::Issuer;
use onbehalf_clock::Timestamp;

/// A value that can be used up, by its digest.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct OneTime(String);

impl OneTime {
    /// A sign-in under way, by its `state`.
    pub fn sign_in(state: &str) -> Self {
        Self::of("sign-in", state)
    }

    /// A browser session, by the random part of its cookie.
    pub fn session(nonce: &str) -> Self {
        Self::of("session", nonce)
    }

    /// A consent that a browser came back from, by the name its keeper gave it.
    pub fn consent(name: &str) -> Self {
        Self::of("consent", name)
    }

    fn of(kind: &str, value: &str) -> Self {
        let mut digest = Sha256::new_with_prefix(kind);
        // No kind holds a line feed, so that no two pairs run together.
        digest.update(b"\n");
        digest.update(value.as_bytes());
        Self(URL_SAFE_NO_PAD.encode(digest.finalize()))
    }

    /// The digest as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The name of the object that remembers it: one of 64, so that no sign-in waits for all others.
    pub fn object(&self) -> String {
        let first: String = self.0.chars().take(1).collect();
        format!("spent {first}")
    }
}

/// An issuer that means to use the accounts kept under a namespace.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NamespaceClaim {
    /// The namespace; the one slot without a name is empty.
    pub namespace: String,
    /// The issuer.
    pub issuer: String,
    /// The issuer whose people's accounts pass on to it.
    pub takes_over: Option<String>,
}

impl NamespaceClaim {
    /// As this issuer is configured.
    pub fn of(issuer: &Issuer) -> Self {
        Self {
            namespace: issuer.namespace().unwrap_or_default().to_owned(),
            issuer: issuer.id().to_owned(),
            takes_over: issuer.takes_over().map(str::to_owned),
        }
    }

    /// The name of the object that keeps the namespace.
    pub fn object(&self) -> String {
        format!("namespace {}", self.namespace)
    }

    /// Who holds the namespace from now on, given who held it so far: whoever came first, until an
    /// operator says that its people's accounts pass on.
    pub fn holder<'a>(&'a self, so_far: Option<&'a str>) -> &'a str {
        match so_far {
            Some(holder) if self.takes_over.as_deref() != Some(holder) => holder,
            _ => &self.issuer,
        }
    }
}

/// It cannot be said at the moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("what is remembered of sign-ins cannot be read")]
pub struct MemoryUnavailable;

/// The platform's memory.
#[async_trait(?Send)]
pub trait SignInMemory {
    /// Uses a value up, and says whether it was still good. Remembered until `until`, when the
    /// value is good for nothing anyway.
    async fn spend(&self, value: &OneTime, until: Timestamp) -> Result<bool, MemoryUnavailable>;
    /// Whether a value was used up.
    async fn is_spent(&self, value: &OneTime) -> Result<bool, MemoryUnavailable>;
    /// Who holds a namespace once this claim was made ([`NamespaceClaim::holder`]).
    async fn claim_namespace(&self, claim: &NamespaceClaim) -> Result<String, MemoryUnavailable>;
    /// Tells whoever looks after the service that the accounts of this claim are another's.
    fn report_taken(&self, claim: &NamespaceClaim, holder: &str);
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    /// What is stored is found again under these names only.
    #[test]
    fn values_are_spread_over_objects_of_constant_names() {
        let names: BTreeSet<String> = (0..2000)
            .map(|number| OneTime::session(&number.to_string()).object())
            .collect();
        assert_eq!(names.len(), 64);
        assert!(names.iter().all(|name| name.len() == "spent x".len()));
        assert_eq!(OneTime::sign_in("state").object(), "spent d");
        let claim = |namespace: &str| NamespaceClaim {
            namespace: namespace.to_owned(),
            issuer: "https://okta.test".to_owned(),
            takes_over: None,
        };
        assert_eq!(claim("acme").object(), "namespace acme");
        assert_eq!(claim("").object(), "namespace ");
    }
}

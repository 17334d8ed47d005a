//! Who is calling, once that is certain; and what travels beside a call on their behalf.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::bridge::IdentityScope;
use super::powers::Powers;

/// A caller whose identity was verified.
#[derive(Clone, PartialEq, Eq)]
pub struct Principal {
    issuer: String,
    user_id: String,
    org_id: Option<String>,
    granted: Powers,
    email: Option<String>,
    claims: KeptClaims,
}

/// Further claims of a token that the operator has named, each with its values as texts.
pub type KeptClaims = BTreeMap<String, Vec<String>>;

impl Principal {
    /// For verification, and for a signed session that verification opened; nobody else.
    pub fn verified(issuer: String, user_id: String, org_id: Option<String>) -> Self {
        Self {
            issuer,
            user_id,
            org_id,
            granted: Powers::default(),
            email: None,
            claims: KeptClaims::new(),
        }
    }

    /// With what its issuer vouched for by roles.
    #[must_use]
    pub fn with_granted(self, granted: Powers) -> Self {
        Self { granted, ..self }
    }

    /// What roles gave it when it was verified. What it may do is for the issuer's entry to say.
    pub fn granted(&self) -> Powers {
        self.granted
    }

    /// The same, with an address that the issuer says it has verified.
    #[must_use]
    pub fn with_email(self, email: Option<String>) -> Self {
        Self { email, ..self }
    }

    /// The same, with further claims of its token.
    #[must_use]
    pub fn with_claims(self, claims: KeptClaims) -> Self {
        Self { claims, ..self }
    }

    /// Further claims of its token; in a session, of the token that it was opened with.
    pub fn claims(&self) -> &KeptClaims {
        &self.claims
    }

    /// The user's address, if the issuer has verified one.
    pub fn email(&self) -> Option<&str> {
        self.email.as_deref()
    }

    /// Who vouches for it.
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// The issuer's name for the user.
    pub fn user_id(&self) -> &str {
        &self.user_id
    }

    /// The organization the user acts in.
    pub fn org_id(&self) -> Option<&str> {
        self.org_id.as_deref()
    }
}

/// Identities stay out of logs.
impl std::fmt::Debug for Principal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Principal(…)")
    }
}

/// The name under which Scalekit keeps a user's connected accounts. Comes out of the bridge, or
/// out of a sealed checkpoint that the bridge filled.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct ScalekitIdentifier(String);

impl ScalekitIdentifier {
    pub(super) fn bridged(identifier: String) -> Self {
        Self(identifier)
    }

    /// As Scalekit takes it.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for ScalekitIdentifier {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ScalekitIdentifier(…)")
    }
}

/// What a run or a tool call knows of its user. Never part of a tool's input.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RequestContext {
    /// The issuer's name for the user.
    pub user_id: String,
    /// The organization the user acts in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub org_id: Option<String>,
    /// Whose connected accounts are used.
    pub scalekit_identifier: ScalekitIdentifier,
    /// Who vouched for the user.
    pub issuer: String,
    /// The user's address, if the issuer has verified one: how an app knows who they are there. No
    /// tool that a model may call is given it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// Further claims of the token that the operator has named, for rules to be about.
    #[serde(default, skip_serializing_if = "KeptClaims::is_empty")]
    pub claims: KeptClaims,
    /// The trace the request belongs to (W3C Trace Context), 32 hex digits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trace_id: Option<String>,
}

/// The key of a principal's own objects, to which its runs are sealed: a digest of issuer and
/// user, so that it can be named in places where an identity has no business. Where accounts
/// belong to organizations, somebody in two of them is two principals: a run holds customers of
/// the organization it was started for.
pub fn principal_key(principal: &Principal, scope: IdentityScope) -> String {
    use base64::Engine;
    let mut parts = vec![&principal.issuer];
    if scope == IdentityScope::Org {
        parts.extend(&principal.org_id);
    }
    let mut digest = Sha256::new();
    for part in parts {
        // The length in front keeps (a, bc) and (ab, c) apart.
        digest.update((part.len() as u64).to_be_bytes());
        digest.update(part.as_bytes());
    }
    digest.update(principal.user_id.as_bytes());
    let key = base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(digest.finalize());
    format!("p_{key}")
}

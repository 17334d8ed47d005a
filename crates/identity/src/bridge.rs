//! The bridge: the one place where who somebody is meets what they have connected.

use std::fmt::Write;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};

use super::config::IdentityConfig;
use super::entry::LongIdentifiers;
use super::principal::{Principal, RequestContext, ScalekitIdentifier};

/// Longest identifier that Scalekit takes everywhere: 100 characters where accounts are listed and
/// links are made (its API description).
pub const IDENTIFIER_CHARS: usize = 100;
/// What stands in front of a digest. No name begins so: `~` is percent-encoded in names, and no
/// namespace holds one.
const DIGEST_MARK: char = '~';

/// Whose connected accounts are used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum IdentityScope {
    /// The user's own.
    #[default]
    User,
    /// Those of the user's organization.
    Org,
}

impl std::str::FromStr for IdentityScope {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "user" => Ok(Self::User),
            "org" => Ok(Self::Org),
            _ => Err("must be `user` or `org`".into()),
        }
    }
}

/// Why a principal has no identifier.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BridgeError {
    /// Accounts are kept by organization, and the token names none.
    #[error("the accounts used here belong to organizations, and the token names none")]
    NoOrganization,
    /// The issuer that vouched is no longer configured.
    #[error("the issuer of this session is no longer configured")]
    UnknownIssuer,
    /// Scalekit takes no identifier this long.
    #[error(
        "the identifier that follows from this token has more than {IDENTIFIER_CHARS} characters, \
         which Scalekit does not take; the operator can have a digest stand for it"
    )]
    TooLong,
    /// The accounts that would be used are another issuer's people's.
    #[error(
        "the accounts kept under this issuer's namespace are those of another issuer's people; \
         an operator has to say that they pass on"
    )]
    NamespaceTaken,
}

/// Verified identity in, request context out: `user_<sub>` or `org_<id>`. With several issuers, the
/// namespace of the issuer stands in front of the name, so that two issuers' "alice" are two.
///
/// # Errors
/// [`BridgeError`].
pub fn bridge(
    principal: &Principal,
    config: &IdentityConfig,
    scope: IdentityScope,
) -> Result<RequestContext, BridgeError> {
    let issuer = config
        .issuer(principal.issuer())
        .ok_or(BridgeError::UnknownIssuer)?;
    let (prefix, name) = match scope {
        IdentityScope::User => ("user", principal.user_id()),
        IdentityScope::Org => (
            "org",
            principal.org_id().ok_or(BridgeError::NoOrganization)?,
        ),
    };
    let mut identifier = format!("{prefix}_");
    if let Some(namespace) = issuer.namespace() {
        identifier.push_str(namespace);
        identifier.push(':');
    }
    escape_into(&mut identifier, name);
    if identifier.len() > IDENTIFIER_CHARS {
        identifier = match issuer.long_identifiers() {
            LongIdentifiers::Refuse => return Err(BridgeError::TooLong),
            LongIdentifiers::Digest => digest(prefix, &identifier),
        };
    }
    Ok(RequestContext {
        user_id: principal.user_id().to_owned(),
        org_id: principal.org_id().map(str::to_owned),
        scalekit_identifier: ScalekitIdentifier::bridged(identifier),
        issuer: principal.issuer().to_owned(),
        email: principal.email().map(str::to_owned),
        claims: principal.claims().clone(),
        trace_id: None,
    })
}

/// What stands for an identifier that is too long: SHA-256 over all of it, namespace included,
/// under a mark that no identifier written out can have. Two people share it only if they share a
/// SHA-256.
fn digest(prefix: &str, identifier: &str) -> String {
    let digest = URL_SAFE_NO_PAD.encode(Sha256::digest(identifier.as_bytes()));
    format!("{prefix}_{DIGEST_MARK}{digest}")
}

/// Percent-encodes every byte outside `[A-Za-z0-9._@|-]`. `%` and `:` are encoded, so that the
/// result can be read in one way only. `|` and `@` stay: Auth0 and Okta subjects hold them.
fn escape_into(identifier: &mut String, name: &str) {
    for byte in name.bytes() {
        if byte.is_ascii_alphanumeric() || b"._@|-".contains(&byte) {
            identifier.push(char::from(byte));
        } else {
            // Writing to a String cannot fail.
            let _ = write!(identifier, "%{byte:02X}");
        }
    }
}

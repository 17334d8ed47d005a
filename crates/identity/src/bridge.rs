//! The bridge: the one place where who somebody is meets what they have connected.

use std::fmt::Write;

use super::config::IdentityConfig;
use super::principal::{Principal, RequestContext, ScalekitIdentifier};

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
    Ok(RequestContext {
        user_id: principal.user_id().to_owned(),
        org_id: principal.org_id().map(str::to_owned),
        scalekit_identifier: ScalekitIdentifier::bridged(identifier),
        issuer: principal.issuer().to_owned(),
        trace_id: None,
    })
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

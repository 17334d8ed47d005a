//! What can be wrong with a caller's credentials, as values.
//!
//! No variant carries any part of the token: what is wrong is named, never echoed.

use super::document::DocumentError;

/// Why a token is not accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[allow(missing_docs, reason = "each variant's message is its description")]
pub enum TokenError {
    #[error("the token is longer than accepted")]
    TooLong,
    #[error("the token is not a well-formed signed JWT")]
    Malformed,
    #[error("a member of the token's header or claims occurs twice")]
    DuplicateMember,
    #[error("the token's algorithm is not accepted")]
    Algorithm,
    #[error("the token's header asks for an extension that is not understood")]
    CriticalHeader,
    #[error("the token's header carries or points to a key, which is never followed")]
    EmbeddedKey,
    #[error("the token's type is not that of an access token")]
    Type,
    #[error("the token's issuer is not configured here")]
    Issuer,
    #[error("the token's key is not in its issuer's key set")]
    UnknownKey,
    #[error("the token's algorithm is not that of its key")]
    KeyAlgorithm,
    #[error("the token's signature does not match")]
    Signature,
    #[error("the token's audience is not this service")]
    Audience,
    #[error("the token was issued for another party")]
    AuthorizedParty,
    #[error("the token has expired")]
    Expired,
    #[error("the token is not yet valid")]
    NotYetValid,
    #[error("the token has no expiry")]
    NoExpiry,
    #[error("the token's lifetime is longer than accepted")]
    Lifetime,
    #[error("the token's subject is missing or not acceptable")]
    Subject,
    #[error("the token's organization is not acceptable")]
    Organization,
    #[error("the token does not answer this sign-in")]
    Nonce,
    #[error("the token belongs to no session")]
    NoSession,
    #[error("the token's session is not complete")]
    PendingSession,
    #[error("the token was made for somebody who acts as the user")]
    Impersonated,
}

/// Why a request is not authenticated.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AuthenticationError {
    /// There were no credentials.
    #[error("a bearer token is required")]
    Missing,
    /// There were credentials of another scheme, which are not looked at.
    #[error("a bearer token is required, and no other scheme")]
    OtherScheme,
    /// The `Authorization` header is not one bearer token.
    #[error("the Authorization header is not one bearer token")]
    MalformedHeader,
    /// The token is not accepted.
    #[error(transparent)]
    Invalid(#[from] TokenError),
    /// The issuer's keys cannot be had at the moment.
    #[error("the issuer's keys are not available: {0}")]
    KeysUnavailable(#[from] DocumentError),
}

impl AuthenticationError {
    /// The value of `WWW-Authenticate` (RFC 6750 section 3); `None` where it has no place.
    pub fn challenge(&self) -> Option<String> {
        match self {
            Self::Missing | Self::OtherScheme => Some("Bearer realm=\"onbehalf\"".to_owned()),
            Self::MalformedHeader => Some(format!(
                "Bearer realm=\"onbehalf\", error=\"invalid_request\", error_description=\"{self}\""
            )),
            Self::Invalid(_) => Some(format!(
                "Bearer realm=\"onbehalf\", error=\"invalid_token\", error_description=\"{self}\""
            )),
            Self::KeysUnavailable(_) => None,
        }
    }
}

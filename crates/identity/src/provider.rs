//! What each identity provider's documentation says of its tokens.
//!
//! Owns the differences between providers as data: where the keys are, what binds a token to this
//! service, which claim names the organization.

use serde::Deserialize;

/// A kind of identity provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Provider {
    /// Any OpenID Connect issuer.
    Oidc,
    /// Okta, with a custom authorization server (`https://{domain}/oauth2/{id}`). Access tokens of
    /// the org authorization server are meant for Okta's own APIs and cannot be validated by
    /// anybody else (developer.okta.com, "Authorization servers"), so such an issuer is refused.
    Okta,
    /// WorkOS AuthKit. Its access tokens need not carry `aud`; keys are under
    /// `https://api.workos.com/sso/jwks/{client_id}`, one set per client, and the issuer's path
    /// ends in the client id. That is what binds them (workos.com/docs, "Sessions").
    Workos,
    /// Clerk session tokens: no `aud` by default, `azp` is the origin they were made for and must
    /// be checked against known origins (clerk.com/docs, "Manual JWT verification").
    Clerk,
    /// Auth0. The issuer ends in a slash; `aud` is the API identifier, in an array together with
    /// the userinfo endpoint (auth0.com/docs, "Validate access tokens").
    Auth0,
}

/// How a token is bound to this service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Binding {
    /// `aud` must name a configured audience.
    Audience,
    /// `aud`, where present, must name a configured audience; where absent, the issuer and its key
    /// set belong to one client alone.
    AudienceOrIssuer,
    /// `azp` must be a configured party; `aud` is checked too where audiences are configured.
    AuthorizedParty,
}

impl Provider {
    /// How its tokens are bound.
    pub fn binding(self) -> Binding {
        match self {
            Self::Oidc | Self::Okta | Self::Auth0 => Binding::Audience,
            Self::Workos => Binding::AudienceOrIssuer,
            Self::Clerk => Binding::AuthorizedParty,
        }
    }

    /// Where its keys are, when its documentation gives a fixed place.
    pub fn key_set_url(self, issuer: &str, client_id: Option<&str>) -> Option<String> {
        let base = issuer.trim_end_matches('/');
        match self {
            Self::Oidc => None,
            Self::Okta => Some(format!("{base}/v1/keys")),
            Self::Workos => client_id.map(|id| format!("https://api.workos.com/sso/jwks/{id}")),
            Self::Clerk | Self::Auth0 => Some(format!("{base}/.well-known/jwks.json")),
        }
    }

    /// What an issuer of this kind must look like.
    ///
    /// # Errors
    /// Says what is wrong with it.
    pub fn check_issuer(self, issuer: &str, client_id: Option<&str>) -> Result<(), String> {
        match self {
            Self::Okta if !issuer.contains("/oauth2/") => Err(
                "is Okta's org authorization server, whose access tokens cannot be validated; \
                 use a custom one (https://{domain}/oauth2/{id})"
                    .into(),
            ),
            Self::Auth0 if !issuer.ends_with('/') => {
                Err("must end in a slash, as Auth0 writes it".into())
            }
            Self::Workos => match client_id {
                None => Err("needs client_id beside it: WorkOS keys belong to a client".into()),
                Some(id) if issuer.trim_end_matches('/').ends_with(id) => Ok(()),
                Some(_) => Err("must end in the client id, which binds the tokens".into()),
            },
            _ => Ok(()),
        }
    }
}

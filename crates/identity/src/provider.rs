//! What each identity provider's documentation says of its tokens.
//!
//! Owns the differences between providers as data: where keys and endpoints are, what binds a token
//! to this service, which claims name the user and the organization.

use serde::Deserialize;

use super::client_authentication::ClientAuthentication;
use super::config_error::EntryProblem;

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
    /// ends in the client id. In older environments the issuer is `https://api.workos.com` for
    /// everybody, and the key set alone binds (workos.com/docs, "Session tokens").
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
    /// `aud`, where present, must name a configured audience; where absent, the issuer or its key
    /// set belong to one client alone.
    AudienceOrIssuer,
    /// `azp` must be a configured party, and `aud` a configured audience: each where it is
    /// configured, and `aud` also where it is present.
    AuthorizedParty,
}

/// Which claim names the user. Two where a provider's access tokens and ID tokens differ, so that
/// one person has one name by either.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct UserClaims<'a> {
    /// In tokens for the API.
    pub access: &'a str,
    /// In ID tokens.
    pub id: &'a str,
}

/// What answers a sign-in with who it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum SignInProof {
    /// An ID token with our nonce.
    IdToken,
    /// The same, the organization standing in the access token beside it.
    IdTokenAndAccess,
    /// An access token, as the API takes it: there is no ID token.
    AccessToken,
}

/// Where a provider without discovery has its endpoints.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct FixedEndpoints {
    pub authorization: String,
    pub token: String,
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
            Self::Workos => client_id.map(|id| format!("{}/sso/jwks/{id}", workos_api(issuer, id))),
            Self::Clerk | Self::Auth0 => Some(format!("{base}/.well-known/jwks.json")),
        }
    }

    /// Where people sign in, when there is no metadata that says so.
    pub(super) fn endpoints(self, issuer: &str, client_id: &str) -> Option<FixedEndpoints> {
        let api = match self {
            Self::Workos => workos_api(issuer, client_id),
            _ => return None,
        };
        Some(FixedEndpoints {
            authorization: format!("{api}/user_management/authorize"),
            token: format!("{api}/user_management/authenticate"),
        })
    }

    /// Which claim names the user, where the operator does not say.
    pub(super) fn user_claims(self) -> UserClaims<'static> {
        match self {
            // `sub` of an access token is the login (Okta, "Access token payload").
            Self::Okta => UserClaims {
                access: "uid",
                id: "sub",
            },
            _ => UserClaims {
                access: "sub",
                id: "sub",
            },
        }
    }

    /// How a sign-in is answered. Clerk puts the organization into the access token alone ("OAuth
    /// applications", organizations); WorkOS gives no ID token at all.
    pub(super) fn sign_in_proof(self, with_organization: bool) -> SignInProof {
        match self {
            Self::Workos => SignInProof::AccessToken,
            Self::Clerk if with_organization => SignInProof::IdTokenAndAccess,
            _ => SignInProof::IdToken,
        }
    }

    /// The scopes to ask for. The address is what apps know a person by: a run that is started with a
    /// browser session finds the customers of the same owner as one that is started with a token.
    pub(super) fn scopes(self, with_organization: bool) -> &'static str {
        match self {
            Self::Clerk if with_organization => "openid email user:org:read",
            _ => "openid email",
        }
    }

    /// How a client with a secret proves itself, where that does not follow from the metadata:
    /// WorkOS publishes none, and Auth0 lists every method there is while an application is
    /// registered for one, by default `client_secret_post`.
    pub(super) fn client_authentication(self) -> Option<ClientAuthentication> {
        match self {
            Self::Workos | Self::Auth0 => Some(ClientAuthentication::ClientSecretPost),
            Self::Oidc | Self::Okta | Self::Clerk => None,
        }
    }

    /// Whether its tokens say when somebody else acts as the user: Clerk and WorkOS put `act` into
    /// the tokens of impersonated sessions.
    pub(super) fn marks_impersonation(self) -> bool {
        matches!(self, Self::Clerk | Self::Workos)
    }

    /// Whether all customers of the provider have this one issuer: WorkOS's older form.
    pub(super) fn shares_issuer(self, issuer: &str) -> bool {
        self == Self::Workos && !issuer.contains(WORKOS_USERS)
    }

    /// What an issuer of this kind must look like.
    ///
    /// # Errors
    /// Says what is wrong with it.
    pub fn check_issuer(self, issuer: &str, client_id: Option<&str>) -> Result<(), EntryProblem> {
        match self {
            Self::Okta if !issuer.contains("/oauth2/") => Err(EntryProblem::OktaOrgServer),
            Self::Auth0 if !issuer.ends_with('/') => Err(EntryProblem::Auth0Slash),
            Self::Workos => match client_id {
                None | Some("") => Err(EntryProblem::WorkosWithoutClient),
                // The older form names no client.
                Some(id) if self.shares_issuer(issuer) || names_client(issuer, id) => Ok(()),
                Some(_) => Err(EntryProblem::WorkosOtherClient),
            },
            _ => Ok(()),
        }
    }
}

/// What stands between WorkOS's API and the client in an issuer of the newer form.
const WORKOS_USERS: &str = "/user_management/";

fn names_client(issuer: &str, client_id: &str) -> bool {
    let after = issuer.trim_end_matches('/').rsplit_once(WORKOS_USERS);
    after.is_some_and(|(_, client)| client == client_id)
}

/// WorkOS's API behind an issuer: the issuer itself, without the client.
fn workos_api<'a>(issuer: &'a str, client_id: &str) -> &'a str {
    let issuer = issuer.trim_end_matches('/');
    match issuer.rsplit_once(WORKOS_USERS) {
        Some((api, client)) if client == client_id => api,
        _ => issuer,
    }
}

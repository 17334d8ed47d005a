//! What a provider's tenant can be set to, and what its documentation leaves open: the sandbox
//! plays it either way.

use serde::Deserialize;

use super::Provider;

/// How the answer to an authorization request names its issuer (RFC 9207).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum IssParameter {
    /// Not at all, and nothing is promised.
    #[default]
    Absent,
    /// As the metadata promises.
    Promised,
    /// Named, though nothing is promised.
    Unannounced,
    /// Promised, and left out: what an answer looks like that was put together by somebody else.
    Withheld,
}

/// How a client is registered to prove itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClientAuthentication {
    /// In the `Authorization` header.
    ClientSecretBasic,
    /// In the body.
    ClientSecretPost,
}

/// A tenant's settings.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// How answers name their issuer.
    pub iss_parameter: IssParameter,
    /// The only way the client may prove itself; any of the documented ones without.
    pub client_authentication: Option<ClientAuthentication>,
    /// Addresses a browser may be sent back to; any without.
    pub redirect_uris: Vec<String>,
    /// Tokens for the API name no e-mail address, as tenants are before somebody adds one.
    pub without_email: bool,
    /// Auth0: access tokens in the profile of RFC 9068, with `typ` `at+jwt`.
    pub rfc9068: bool,
    /// Auth0: the application asks people for their organization by itself.
    pub organization_prompt: bool,
}

impl Settings {
    /// As a tenant is made.
    pub fn of(provider: Provider) -> Self {
        match provider {
            Provider::Plain => Self {
                iss_parameter: IssParameter::Promised,
                ..Self::default()
            },
            // What a regular web application is registered with.
            Provider::Auth0 => Self {
                client_authentication: Some(ClientAuthentication::ClientSecretPost),
                ..Self::default()
            },
            _ => Self::default(),
        }
    }
}

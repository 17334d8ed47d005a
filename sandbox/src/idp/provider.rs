//! The identity providers there are, and where each one's documentation puts its endpoints.
//!
//! Owns names, addresses and clients. What stands in a token is for [`super::claims`], how a
//! client proves itself for [`super::clients`].

use serde_json::{Value, json};

/// Whose documentation is played.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Provider {
    /// None in particular: OpenID Connect as the standard has it, with every algorithm.
    Plain,
    /// Okta, the custom authorization server `default`.
    Okta,
    /// Okta's org authorization server, whose access tokens are for Okta's own APIs.
    OktaOrg,
    /// Auth0.
    Auth0,
    /// Clerk: session tokens for APIs, and an OAuth application to sign in with.
    Clerk,
    /// WorkOS AuthKit, where the issuer names the client.
    Workos,
    /// WorkOS AuthKit in an older environment, where all clients have one issuer.
    WorkosOlder,
}

/// What can be asked of a provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Endpoint {
    /// Its metadata.
    Discovery,
    /// Its key set.
    Keys,
    /// The page people sign in on.
    Authorize,
    /// The exchange of a code for tokens.
    Token,
}

impl Provider {
    /// All of them. Where two share the beginning of their addresses, the longer one is first.
    pub const ALL: [Self; 7] = [
        Self::Plain,
        Self::Okta,
        Self::OktaOrg,
        Self::Auth0,
        Self::Clerk,
        Self::Workos,
        Self::WorkosOlder,
    ];

    /// The provider of this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.name() == name)
    }

    /// Its name in the sandbox's controls.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Plain => "oidc",
            Self::Okta => "okta",
            Self::OktaOrg => "okta-org",
            Self::Auth0 => "auth0",
            Self::Clerk => "clerk",
            Self::Workos => "workos",
            Self::WorkosOlder => "workos-older",
        }
    }

    /// The path of its issuer, written as the provider writes it: with or without a last slash.
    pub const fn issuer_path(self) -> &'static str {
        match self {
            Self::Plain => "/idp",
            Self::Okta => "/okta/oauth2/default",
            Self::OktaOrg => "/okta",
            Self::Auth0 => "/auth0/",
            Self::Clerk => "/clerk",
            Self::Workos => "/workos/user_management/client_01SANDBOXNEWER0000000000",
            Self::WorkosOlder => "/workos-older",
        }
    }

    /// Where an endpoint is; `None` where the provider has none of the kind.
    pub const fn path(self, endpoint: Endpoint) -> Option<&'static str> {
        use Endpoint::{Authorize, Discovery, Keys, Token};
        Some(match (self, endpoint) {
            (Self::Plain, Discovery) => "/idp/.well-known/openid-configuration",
            (Self::Plain, Keys) => "/idp/jwks",
            (Self::Plain, Authorize) => "/idp/authorize",
            (Self::Plain, Token) => "/idp/token",
            (Self::Okta, Discovery) => "/okta/oauth2/default/.well-known/openid-configuration",
            (Self::Okta, Keys) => "/okta/oauth2/default/v1/keys",
            (Self::Okta, Authorize) => "/okta/oauth2/default/v1/authorize",
            (Self::Okta, Token) => "/okta/oauth2/default/v1/token",
            (Self::OktaOrg, Discovery) => "/okta/.well-known/openid-configuration",
            (Self::OktaOrg, Keys) => "/okta/oauth2/v1/keys",
            (Self::OktaOrg, Authorize) => "/okta/oauth2/v1/authorize",
            (Self::OktaOrg, Token) => "/okta/oauth2/v1/token",
            (Self::Auth0, Discovery) => "/auth0/.well-known/openid-configuration",
            (Self::Auth0, Keys) => "/auth0/.well-known/jwks.json",
            (Self::Auth0, Authorize) => "/auth0/authorize",
            (Self::Auth0, Token) => "/auth0/oauth/token",
            (Self::Clerk, Discovery) => "/clerk/.well-known/openid-configuration",
            (Self::Clerk, Keys) => "/clerk/.well-known/jwks.json",
            (Self::Clerk, Authorize) => "/clerk/oauth/authorize",
            (Self::Clerk, Token) => "/clerk/oauth/token",
            // WorkOS documents fixed addresses and no discovery for AuthKit sessions.
            (Self::Workos | Self::WorkosOlder, Discovery) => return None,
            (Self::Workos, Keys) => "/workos/sso/jwks/client_01SANDBOXNEWER0000000000",
            (Self::Workos, Authorize) => "/workos/user_management/authorize",
            (Self::Workos, Token) => "/workos/user_management/authenticate",
            (Self::WorkosOlder, Keys) => "/workos-older/sso/jwks/client_01SANDBOXOLDER0000000000",
            (Self::WorkosOlder, Authorize) => "/workos-older/user_management/authorize",
            (Self::WorkosOlder, Token) => "/workos-older/user_management/authenticate",
        })
    }

    /// Whose endpoint is at this path.
    pub fn at(path: &str) -> Option<(Self, Endpoint)> {
        let endpoints = [
            Endpoint::Discovery,
            Endpoint::Keys,
            Endpoint::Authorize,
            Endpoint::Token,
        ];
        let mut all = Self::ALL
            .into_iter()
            .flat_map(|provider| endpoints.map(|endpoint| (provider, endpoint)));
        all.find(|(provider, endpoint)| provider.path(*endpoint) == Some(path))
    }

    /// Whether a path is below one of theirs, an endpoint or not.
    pub fn owns(path: &str) -> bool {
        [
            "/idp/",
            "/okta/",
            "/auth0/",
            "/clerk/",
            "/workos/",
            "/workos-older/",
        ]
        .iter()
        .any(|root| path.starts_with(root))
    }

    /// What its endpoints are counted and broken under.
    pub fn counted(self, endpoint: Endpoint) -> String {
        let name = match endpoint {
            Endpoint::Discovery => "discovery",
            Endpoint::Keys => "jwks",
            Endpoint::Authorize => "authorize",
            Endpoint::Token => "idp_token",
        };
        match self {
            Self::Plain => name.to_owned(),
            other => format!("{}:{name}", other.name()),
        }
    }

    /// The client people sign in with.
    pub const fn client_id(self) -> &'static str {
        match self {
            Self::Plain => "onbehalf-web",
            Self::Okta | Self::OktaOrg => "0oasandboxweb0000297",
            Self::Auth0 => "SandboxAuth0WebApplication000000",
            Self::Clerk => "SbxClerkOAuthApp",
            Self::Workos => "client_01SANDBOXNEWER0000000000",
            Self::WorkosOlder => "client_01SANDBOXOLDER0000000000",
        }
    }

    /// Its secret (at WorkOS the environment's API key). Opens nothing but this sandbox.
    pub const fn client_secret(self) -> &'static str {
        match self {
            Self::Plain => "sandbox-web-secret",
            Self::Okta | Self::OktaOrg => "sandbox-okta-secret",
            Self::Auth0 => "sandbox-auth0-secret",
            Self::Clerk => "sandbox-clerk-secret",
            Self::Workos | Self::WorkosOlder => "sk_test_sandbox_workos",
        }
    }

    /// What access tokens for the API are made for: an audience, at Clerk the origin of a page,
    /// at WorkOS nothing.
    pub const fn audience(self) -> Option<&'static str> {
        match self {
            Self::Plain => Some("onbehalf"),
            Self::Okta => Some("api://default"),
            Self::Auth0 => Some("https://api.onbehalf.example"),
            Self::Clerk => Some("https://app.onbehalf.example"),
            Self::OktaOrg | Self::Workos | Self::WorkosOlder => None,
        }
    }

    /// What an operator would enter for it into `IDENTITY_PROVIDERS`.
    pub fn entry(self, base_url: &str) -> Value {
        let issuer = format!("{base_url}{}", self.issuer_path());
        let client_id = self.client_id();
        match self {
            Self::Clerk => json!({ "provider": "clerk", "issuer": issuer, "client_id": client_id,
                "authorized_parties": [self.audience()] }),
            Self::Workos | Self::WorkosOlder => {
                json!({ "provider": "workos", "issuer": issuer, "client_id": client_id })
            }
            other => {
                let kind = match other {
                    Self::Okta | Self::OktaOrg => "okta",
                    Self::Auth0 => "auth0",
                    _ => "oidc",
                };
                json!({ "provider": kind, "issuer": issuer, "client_id": client_id,
                    "audience": other.audience().unwrap_or("api://default") })
            }
        }
    }
}

//! What stands in each provider's tokens, by its documentation.
//!
//! | provider | document |
//! |---|---|
//! | Okta | OpenID Connect & OAuth 2.0 API, "Access token", "ID token" |
//! | Auth0 | "Access token profiles", "Work with tokens and organizations" |
//! | Clerk | "Session tokens" (version 2), "Organizations support in OAuth applications" |
//! | WorkOS | AuthKit reference, "Session tokens" |

use serde_json::{Value, json};

use super::flow::Authorization;
use super::{Person, Provider, Settings};

/// A token before it is signed.
pub struct Unsigned {
    /// Header members beside `alg` and `kid`.
    pub header: Value,
    /// Claims.
    pub claims: Value,
}

/// What a token is made with.
pub struct Making<'a> {
    /// By whom.
    pub provider: Provider,
    /// The issuer.
    pub issuer: &'a str,
    /// As it is set up.
    pub settings: &'a Settings,
    /// When, in seconds.
    pub now: i64,
    /// For how long, in seconds.
    pub ttl: i64,
    /// Told from all other tokens by this.
    pub serial: u64,
}

impl Making<'_> {
    fn times(&self, claims: &mut Value) {
        claims["iat"] = self.now.into();
        claims["exp"] = (self.now + self.ttl).into();
    }

    fn id(&self, prefix: &str) -> String {
        format!("{prefix}{}-{}", self.now, self.serial)
    }

    /// What a program or a page sends to an API of the operator's own.
    pub fn api_token(&self, person: &Person) -> Unsigned {
        let mut token = match self.provider {
            Provider::Plain => self.plain(person),
            Provider::Okta | Provider::OktaOrg => self.okta(person),
            // A program asks for an organization as a page does.
            Provider::Auth0 => self.auth0(person, "openid profile", Some(&person.org)),
            Provider::Clerk => self.clerk_session(person),
            Provider::Workos | Provider::WorkosOlder => self.workos(person),
        };
        if !self.settings.without_email {
            // What operators add by a custom claim, an action, a session claim or a JWT template.
            token.claims["email"] = person.email.clone().into();
            token.claims["email_verified"] = true.into();
        }
        token
    }

    fn plain(&self, person: &Person) -> Unsigned {
        let mut claims = json!({ "iss": self.issuer, "sub": person.sub,
            "aud": self.provider.audience(), "nbf": self.now, "jti": self.id(""),
            "client_id": self.provider.client_id(), "name": person.name, "org_id": person.org });
        self.times(&mut claims);
        Unsigned {
            header: json!({ "typ": "at+jwt" }),
            claims,
        }
    }

    /// `sub` is the login, which can be given to the next person; `uid` the user. The header has
    /// no `typ`. The org server's are for Okta alone.
    fn okta(&self, person: &Person) -> Unsigned {
        let audience = self.provider.audience().unwrap_or(self.issuer);
        let mut claims = json!({ "ver": 1, "jti": self.id("AT."), "iss": self.issuer,
            "aud": audience, "cid": self.provider.client_id(), "uid": person.sub,
            "scp": ["openid", "profile"], "auth_time": self.now, "sub": person.email });
        self.times(&mut claims);
        Unsigned {
            header: json!({}),
            claims,
        }
    }

    fn auth0(&self, person: &Person, scope: &str, organization: Option<&str>) -> Unsigned {
        let client = self.provider.client_id();
        let userinfo = format!("{}userinfo", self.issuer);
        let mut claims = json!({ "iss": self.issuer, "sub": person.sub,
            "aud": [self.provider.audience(), userinfo], "scope": scope });
        let header = if self.settings.rfc9068 {
            claims["client_id"] = client.into();
            claims["jti"] = self.id("").into();
            json!({ "typ": "at+jwt" })
        } else {
            claims["azp"] = client.into();
            json!({ "typ": "JWT" })
        };
        if let Some(organization) = organization {
            claims["org_id"] = organization.into();
        }
        self.times(&mut claims);
        Unsigned { header, claims }
    }

    fn clerk_session(&self, person: &Person) -> Unsigned {
        let mut claims = json!({ "azp": self.provider.audience(), "fva": [0, -1],
            "iss": self.issuer, "jti": self.id(""), "nbf": self.now - 10,
            "o": { "id": person.org, "slg": person.org, "rol": "member", "per": "", "fpm": "" },
            "sid": format!("sess_{}", person.sub), "sts": "active", "sub": person.sub, "v": 2 });
        self.times(&mut claims);
        Unsigned {
            header: json!({ "typ": "JWT", "cat": "cl_B7d4PD111AAA" }),
            claims,
        }
    }

    /// An OAuth application's access token: no session, no `azp`, the organization where it was
    /// consented to.
    fn clerk_oauth(&self, person: &Person, authorization: &Authorization) -> Unsigned {
        let mut claims = json!({ "iss": self.issuer, "sub": person.sub, "nbf": self.now - 10,
            "client_id": self.provider.client_id(), "jti": self.id("oat_"),
            "scope": authorization.scope });
        if authorization.wants("user:org:read") {
            claims["org_id"] = person.org.clone().into();
        }
        self.times(&mut claims);
        Unsigned {
            header: json!({ "typ": "at+jwt", "cat": "cl_B7d4PD444AAA" }),
            claims,
        }
    }

    /// Bound by its key set, and in newer environments by the issuer's path; no audience.
    fn workos(&self, person: &Person) -> Unsigned {
        let mut claims = json!({ "iss": self.issuer, "sub": person.sub, "org_id": person.org,
            "role": "member", "roles": ["member"], "permissions": [], "entitlements": [],
            "sid": format!("session_{}", person.sub), "jti": self.id("01") });
        self.times(&mut claims);
        Unsigned {
            header: json!({}),
            claims,
        }
    }

    /// The access token that answers a sign-in; `None` where it is no JWT.
    pub fn access_token(&self, person: &Person, authorization: &Authorization) -> Option<Unsigned> {
        match self.provider {
            Provider::Clerk => Some(self.clerk_oauth(person, authorization)),
            Provider::Auth0 => {
                // Without an audience, an access token for Auth0's own userinfo: opaque.
                authorization.audience.as_ref()?;
                let organization = authorization.organization.as_deref();
                Some(self.auth0(person, &authorization.scope, organization))
            }
            _ => Some(self.api_token(person)),
        }
    }

    /// The ID token that answers a sign-in; WorkOS gives none.
    pub fn id_token(&self, person: &Person, authorization: &Authorization) -> Option<Unsigned> {
        let mut claims = json!({ "iss": self.issuer, "sub": person.sub,
            "aud": self.provider.client_id() });
        let mut header = json!({ "typ": "JWT" });
        match self.provider {
            Provider::Workos | Provider::WorkosOlder => return None,
            Provider::Plain => {
                claims["org_id"] = person.org.clone().into();
                claims["name"] = person.name.clone().into();
            }
            Provider::Okta | Provider::OktaOrg => {
                header = json!({});
                claims["ver"] = 1.into();
                claims["jti"] = self.id("ID.").into();
                claims["amr"] = json!(["pwd"]);
                claims["idp"] = "00osandbox0000000297".into();
                claims["auth_time"] = self.now.into();
                claims["at_hash"] = "cpqKfdQA5eH891Ff5oJr_Q".into();
            }
            Provider::Auth0 => {
                if let Some(organization) = &authorization.organization {
                    claims["org_id"] = organization.clone().into();
                }
                claims["sid"] = self.id("s").into();
            }
            Provider::Clerk => {
                claims["jti"] = self.id("").into();
                claims["at_hash"] = "cpqKfdQA5eH891Ff5oJr_Q".into();
            }
        }
        if authorization.wants("profile") {
            claims["name"] = person.name.clone().into();
            if matches!(self.provider, Provider::Okta | Provider::OktaOrg) {
                claims["preferred_username"] = person.email.clone().into();
            }
        }
        if authorization.wants("email") {
            claims["email"] = person.email.clone().into();
            claims["email_verified"] = true.into();
        }
        if let Some(nonce) = &authorization.nonce {
            claims["nonce"] = nonce.clone().into();
        }
        self.times(&mut claims);
        Some(Unsigned { header, claims })
    }
}

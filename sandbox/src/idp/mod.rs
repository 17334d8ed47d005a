//! The identity providers: keys, tokens, and the code flow people sign in with.
//!
//! Owns real keys made when a provider is first asked, and what is remembered between
//! authorization and token. Each provider is played by its own documentation, and as strictly.
//! Knows nothing of Scalekit.

mod claims;
mod clients;
mod flow;
mod keys;
mod provider;
mod settings;

use std::collections::BTreeMap;

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

pub use clients::Credentials;
pub use flow::{Authorization, FlowError, TokenRequest};
pub use keys::{Keys, Kinds, Seed};
pub use provider::{Endpoint, Provider};
pub use settings::{ClientAuthentication, IssParameter, Settings};

/// Audience of the plain provider's access tokens.
pub const AUDIENCE: &str = "onbehalf";
/// The plain provider's client.
pub const CLIENT_ID: &str = Provider::Plain.client_id();
/// Its secret. Opens nothing but this sandbox.
pub const CLIENT_SECRET: &str = Provider::Plain.client_secret();
/// How long tokens are good, in seconds.
pub const TOKEN_SECONDS: i64 = 3600;

/// Somebody who can sign in.
#[derive(Clone, Debug)]
pub struct Person {
    /// The provider's name for them.
    pub sub: String,
    /// Display name.
    pub name: String,
    /// Organization.
    pub org: String,
    /// Verified e-mail address; at Okta the login.
    pub email: String,
}

/// Every provider there is, made when it is first asked: keys take a moment.
pub struct Providers {
    base_url: String,
    seed: Seed,
    made: BTreeMap<Provider, Idp>,
}

impl Providers {
    /// Providers below this address, with keys of this seed.
    pub fn new(base_url: String, seed: Seed) -> Self {
        Self {
            base_url,
            seed,
            made: BTreeMap::new(),
        }
    }

    /// The address they are below.
    pub fn base_url(&self) -> &str {
        &self.base_url
    }

    /// One of them.
    ///
    /// # Errors
    /// When its keys cannot be made.
    pub fn get(&mut self, provider: Provider) -> Result<&mut Idp, String> {
        use std::collections::btree_map::Entry;
        match self.made.entry(provider) {
            Entry::Occupied(made) => Ok(made.into_mut()),
            Entry::Vacant(free) => {
                let idp = Idp::new(provider, &self.base_url, seed_of(provider, self.seed))?;
                Ok(free.insert(idp))
            }
        }
    }
}

/// No two providers have a key in common, so that one's token can never pass for another's.
fn seed_of(provider: Provider, seed: Seed) -> Seed {
    match provider {
        Provider::Plain => seed,
        other => {
            let mut digest = Sha256::new_with_prefix(seed);
            digest.update(other.name());
            digest.finalize().into()
        }
    }
}

/// One identity provider.
pub struct Idp {
    provider: Provider,
    base_url: String,
    issuer: String,
    /// Its signing keys.
    pub keys: Keys,
    /// How its tenant is set up.
    pub settings: Settings,
    flow: flow::Flow,
    serial: u64,
}

impl Idp {
    /// A provider below this address with the keys of this seed.
    ///
    /// # Errors
    /// When keys cannot be made.
    pub fn new(provider: Provider, base_url: &str, seed: Seed) -> Result<Self, String> {
        let kinds = match provider {
            Provider::Plain => Kinds::All,
            // The others sign with RS256 and nothing else.
            _ => Kinds::Rs256,
        };
        Ok(Self {
            provider,
            base_url: base_url.to_owned(),
            issuer: format!("{base_url}{}", provider.issuer_path()),
            keys: Keys::of_seed(seed, kinds)?,
            settings: Settings::of(provider),
            flow: flow::Flow::default(),
            serial: 0,
        })
    }

    /// Its name.
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// The address of an endpoint; empty where there is none.
    fn address(&self, endpoint: Endpoint) -> String {
        let path = self.provider.path(endpoint);
        path.map(|path| format!("{}{path}", self.base_url))
            .unwrap_or_default()
    }

    /// Its metadata (OpenID Connect Discovery).
    pub fn metadata(&self) -> Value {
        let algorithms = match self.provider {
            Provider::Plain => json!(["RS256", "PS256", "ES256", "EdDSA"]),
            _ => json!(["RS256"]),
        };
        let mut metadata = json!({ "issuer": self.issuer,
            "jwks_uri": self.address(Endpoint::Keys),
            "authorization_endpoint": self.address(Endpoint::Authorize),
            "token_endpoint": self.address(Endpoint::Token),
            "response_types_supported": ["code"], "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": algorithms,
            "code_challenge_methods_supported": ["S256"],
            "token_endpoint_auth_methods_supported": clients::listed(self.provider) });
        if self.provider == Provider::Clerk {
            let scopes = [
                "openid",
                "profile",
                "email",
                "offline_access",
                "user:org:read",
            ];
            metadata["scopes_supported"] = json!(scopes);
        }
        let promised = matches!(
            self.settings.iss_parameter,
            IssParameter::Promised | IssParameter::Withheld
        );
        if promised {
            metadata["authorization_response_iss_parameter_supported"] = true.into();
        }
        metadata
    }

    /// The issuer, where the answer to an authorization request names it.
    pub fn iss_of_answers(&self) -> Option<&str> {
        let named = matches!(
            self.settings.iss_parameter,
            IssParameter::Promised | IssParameter::Unannounced
        );
        named.then_some(self.issuer.as_str())
    }

    fn making(&mut self, ttl: i64, now_ms: i64) -> claims::Making<'_> {
        self.serial += 1;
        claims::Making {
            provider: self.provider,
            issuer: &self.issuer,
            settings: &self.settings,
            now: now_ms / 1000,
            ttl,
            serial: self.serial,
        }
    }

    /// How long its tokens for the API are good by default, in seconds.
    pub fn token_seconds(&self) -> i64 {
        match self.provider {
            Provider::Clerk => 60,
            Provider::Workos | Provider::WorkosOlder => 300,
            _ => TOKEN_SECONDS,
        }
    }

    /// A token for calling the API.
    ///
    /// # Errors
    /// When there is no key for the algorithm.
    pub fn access_token(
        &mut self,
        of: &Person,
        alg: &str,
        ttl: i64,
        now_ms: i64,
    ) -> Result<String, String> {
        let token = self.making(ttl, now_ms).api_token(of);
        self.signed(&token, alg)
    }

    fn signed(&self, token: &claims::Unsigned, alg: &str) -> Result<String, String> {
        if self.provider == Provider::OktaOrg && token.claims.get("scp").is_some() {
            // Nobody but Okta can tell by which key.
            return self.keys.sign_unpublished(&token.header, &token.claims);
        }
        self.keys.sign(&token.header, &token.claims, alg)
    }

    /// Whether a browser may be sent back to this address.
    pub fn knows_redirect(&self, address: &str) -> bool {
        let registered = &self.settings.redirect_uris;
        registered.is_empty() || registered.iter().any(|it| it == address)
    }

    /// Somebody chose who they are: the code their browser carries back.
    ///
    /// # Errors
    /// [`FlowError::NotAMember`] of the organization that was asked for.
    pub fn authorize(
        &mut self,
        mut authorization: Authorization,
        person: Person,
        now_ms: i64,
    ) -> Result<String, FlowError> {
        if self.provider == Provider::Auth0 {
            let asked = authorization.organization.as_ref();
            if asked.is_some_and(|organization| *organization != person.org) {
                return Err(FlowError::NotAMember);
            }
            if self.settings.organization_prompt {
                authorization.organization = Some(person.org.clone());
            }
        }
        Ok(self.flow.begin(authorization, person, now_ms))
    }

    /// Exchanges a code (OpenID Connect Core section 3.1.3; WorkOS, "Authenticate with code").
    ///
    /// # Errors
    /// [`FlowError`] when the code, the client or the proof do not fit.
    pub fn exchange(&mut self, request: &TokenRequest, now_ms: i64) -> Result<Value, FlowError> {
        clients::authenticate(self.provider, &self.settings, &request.credentials)?;
        let workos = matches!(self.provider, Provider::Workos | Provider::WorkosOlder);
        // WorkOS documents no redirect address in the exchange.
        let (authorization, person) = self.flow.finish(request, !workos, now_ms)?;
        let making = self.making(TOKEN_SECONDS, now_ms);
        let access = making.access_token(&person, &authorization);
        let id = making.id_token(&person, &authorization);
        let sign = |token: &claims::Unsigned| {
            self.signed(token, "RS256")
                .map_err(|_| FlowError::InvalidGrant)
        };
        let access_token = match &access {
            Some(token) => sign(token)?,
            None => "opaque-access-token".to_owned(),
        };
        if workos {
            return Ok(json!({ "user": { "object": "user", "id": person.sub,
                    "email": person.email, "email_verified": true },
                "organization_id": person.org, "access_token": access_token,
                "refresh_token": "yAjhKk123NLIjdrBdGZPf8pLIDvK",
                "authentication_method": "Password" }));
        }
        let mut answer = json!({ "access_token": access_token, "token_type": "Bearer",
            "expires_in": TOKEN_SECONDS, "scope": authorization.scope });
        // An ID token is given for the scope that asks for one.
        if let Some(token) = id.filter(|_| authorization.wants("openid")) {
            answer["id_token"] = sign(&token)?.into();
        }
        Ok(answer)
    }
}

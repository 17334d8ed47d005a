//! The identity provider: keys, tokens, and the code flow people sign in with.
//!
//! Owns real keys made at start and what is remembered between authorization and token. Knows
//! nothing of Scalekit.

mod flow;
mod keys;

pub use flow::{Authorization, FlowError, TokenRequest};
pub use keys::{Keys, Seed};

use serde_json::{Value, json};

/// Audience of access tokens.
pub const AUDIENCE: &str = "onbehalf";
/// The one client people sign in with.
pub const CLIENT_ID: &str = "onbehalf-web";
/// Its secret. Opens nothing but this sandbox.
pub const CLIENT_SECRET: &str = "sandbox-web-secret";
/// How long tokens are good, in seconds.
pub const TOKEN_SECONDS: i64 = 3600;

/// The identity provider.
pub struct Idp {
    issuer: String,
    /// Its signing keys.
    pub keys: Keys,
    flow: flow::Flow,
    serial: u64,
}

/// Somebody who can sign in.
#[derive(Clone, Debug)]
pub struct Person {
    /// `sub`.
    pub sub: String,
    /// Display name.
    pub name: String,
    /// Organization.
    pub org: String,
}

impl Idp {
    /// A provider with the keys of this seed.
    ///
    /// # Errors
    /// When keys cannot be made.
    pub fn new(issuer: String, seed: Seed) -> Result<Self, String> {
        Ok(Self {
            issuer,
            keys: Keys::of_seed(seed)?,
            flow: flow::Flow::default(),
            serial: 0,
        })
    }

    /// Its name.
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// Its metadata (OpenID Connect Discovery).
    pub fn metadata(&self) -> Value {
        let at = |path: &str| format!("{}{path}", self.issuer);
        json!({ "issuer": self.issuer, "jwks_uri": at("/jwks"),
            "authorization_endpoint": at("/authorize"), "token_endpoint": at("/token"),
            "response_types_supported": ["code"], "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256", "PS256", "ES256", "EdDSA"],
            "code_challenge_methods_supported": ["S256"],
            "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"] })
    }

    /// An access token for calling the API.
    ///
    /// # Errors
    /// When the algorithm is not one of the four.
    pub fn access_token(
        &mut self,
        of: &Person,
        alg: &str,
        ttl: i64,
        now_ms: i64,
    ) -> Result<String, String> {
        self.serial += 1;
        let now = now_ms / 1000;
        let claims = json!({ "iss": self.issuer, "sub": of.sub, "aud": AUDIENCE, "iat": now,
            "nbf": now, "exp": now + ttl, "jti": format!("{now}-{}", self.serial),
            "client_id": CLIENT_ID, "name": of.name, "email": format!("{}@acme.example", of.sub),
            "org_id": of.org });
        self.keys.sign(&json!({ "typ": "at+jwt" }), &claims, alg)
    }

    /// Somebody chose who they are: the code their browser carries back.
    pub fn authorize(
        &mut self,
        authorization: Authorization,
        person: Person,
        now_ms: i64,
    ) -> String {
        self.flow.begin(authorization, person, now_ms)
    }

    /// Exchanges a code (OpenID Connect Core section 3.1.3).
    ///
    /// # Errors
    /// [`FlowError`] when the code, the client or the proof do not fit.
    pub fn exchange(&mut self, request: &TokenRequest, now_ms: i64) -> Result<Value, FlowError> {
        let (authorization, person) = self.flow.finish(request, now_ms)?;
        let now = now_ms / 1000;
        let mut claims = json!({ "iss": self.issuer, "sub": person.sub, "aud": CLIENT_ID,
            "iat": now, "exp": now + TOKEN_SECONDS, "name": person.name, "org_id": person.org });
        if let Some(nonce) = authorization.nonce {
            claims["nonce"] = nonce.into();
        }
        let id_token = self.keys.sign(&json!({ "typ": "JWT" }), &claims, "RS256");
        let access_token = self.access_token(&person, "RS256", TOKEN_SECONDS, now_ms);
        Ok(
            json!({ "id_token": id_token.map_err(|_| FlowError::InvalidGrant)?,
            "access_token": access_token.map_err(|_| FlowError::InvalidGrant)?,
            "token_type": "Bearer", "expires_in": TOKEN_SECONDS }),
        )
    }
}

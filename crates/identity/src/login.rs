//! Signing a person in at their identity provider: authorization code with PKCE.
//!
//! Owns the two ends of the flow (OpenID Connect Core section 3.1, RFC 7636, RFC 9207). What is
//! remembered in between is handed to the caller, who keeps it with the browser. Ends in the same
//! kind of principal as a bearer token, by the same rules, under the same name.

use std::rc::Rc;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use url::Url;

use super::authenticator::Authenticator;
use super::bridge::IdentityScope;
use super::client_authentication::{ClientAuthentication, ClientProof};
use super::config::{Issuer, https};
use super::document::DocumentError;
use super::error::{AuthenticationError, TokenError};
use super::exchange::{Exchange, TokenAnswer};
use super::principal::Principal;
use super::provider::{Provider, SignInProof};
use onbehalf_clock::Random;
use onbehalf_fetch::Fetch;

/// Why a sign-in did not succeed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LoginError {
    /// This issuer has no client configured to sign in with.
    #[error("signing in is not configured for this issuer")]
    NotConfigured,
    /// The provider cannot be reached or read.
    #[error("the identity provider is not available: {0}")]
    Unavailable(#[from] DocumentError),
    /// The provider takes no way of client authentication that this service knows.
    #[error("the identity provider accepts neither client_secret_basic nor client_secret_post")]
    NoClientAuthentication,
    /// The provider refused the code.
    #[error("the identity provider refused the sign-in")]
    Refused,
    /// The answer does not come from the issuer that was asked (RFC 9207 section 2.4).
    #[error("the answer is not from the issuer that was asked")]
    MixedUp,
    /// The token is not accepted.
    #[error(transparent)]
    Token(#[from] AuthenticationError),
}

/// What must be remembered, by the browser that began, until the provider answers.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PendingLogin {
    /// The issuer.
    pub issuer: String,
    /// Comes back with the code; ties the answer to this browser.
    pub state: String,
    /// Comes back in the ID token.
    pub nonce: String,
    /// Proves to the token endpoint who began (RFC 7636).
    pub code_verifier: String,
    /// Whether the issuer promises to name itself in its answer.
    pub names_issuer: bool,
}

impl PendingLogin {
    /// Whether an answer with this `iss` is the issuer's that was asked. It is compared wherever it
    /// is present, and missed where it was promised: without it, an answer could come from another
    /// issuer, to whom the code would then be shown (RFC 9700 section 4.4).
    ///
    /// # Errors
    /// [`LoginError::MixedUp`].
    pub fn check_issuer(&self, named: Option<&str>) -> Result<(), LoginError> {
        match named {
            Some(named) if named == self.issuer => Ok(()),
            None if !self.names_issuer => Ok(()),
            _ => Err(LoginError::MixedUp),
        }
    }
}

/// Where to send the browser, and what to remember.
pub struct LoginRequest {
    /// The provider's sign-in page.
    pub url: String,
    /// To be kept with the browser.
    pub pending: PendingLogin,
}

/// Signs people in.
pub struct Login {
    /// Verifies tokens; knows the issuers and what they publish.
    pub authenticator: Rc<Authenticator>,
    /// Talks to token endpoints.
    pub fetch: Rc<dyn Fetch>,
    /// Makes state, nonce and verifier.
    pub random: Rc<dyn Random>,
    /// Whether a sign-in has to say the person's organization.
    pub scope: IdentityScope,
}

/// What is used of a provider, from its metadata or its documentation.
struct Endpoints {
    authorization: String,
    token: String,
    client_authentication: Option<ClientAuthentication>,
    names_issuer: bool,
}

impl Login {
    /// Issuers people can sign in at.
    pub fn issuers(&self) -> impl Iterator<Item = &Issuer> {
        let issuers = self.authenticator.config.issuers();
        issuers.iter().filter(|issuer| issuer.client_id().is_some())
    }

    /// Begins a sign-in.
    ///
    /// # Errors
    /// [`LoginError`] when the issuer cannot be used.
    pub async fn begin(
        &self,
        issuer: &str,
        redirect_uri: &str,
    ) -> Result<LoginRequest, LoginError> {
        let (issuer, client_id) = self.client(issuer)?;
        let endpoints = self.endpoints(issuer).await?;
        let mut url: Url = https(&endpoints.authorization).map_err(|_| DocumentError::Malformed)?;
        let pending = PendingLogin {
            issuer: issuer.id().to_owned(),
            state: self.secret(),
            nonce: self.secret(),
            code_verifier: self.secret(),
            names_issuer: endpoints.names_issuer,
        };
        let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(pending.code_verifier.as_bytes()));
        let mut query = url.query_pairs_mut();
        query
            .append_pair("response_type", "code")
            .append_pair("client_id", client_id)
            .append_pair("redirect_uri", redirect_uri)
            .append_pair("state", &pending.state)
            .append_pair("code_challenge", &challenge)
            .append_pair("code_challenge_method", "S256");
        if issuer.provider() == Provider::Workos {
            // AuthKit's own page, where people choose how they sign in and for which organization.
            query.append_pair("provider", "authkit");
        } else {
            let scopes = issuer.provider().scopes(self.by_organization());
            query
                .append_pair("scope", scopes)
                .append_pair("nonce", &pending.nonce);
        }
        if let Some(organization) = issuer.organization() {
            query.append_pair("organization", organization);
        }
        drop(query);
        Ok(LoginRequest {
            url: url.into(),
            pending,
        })
    }

    /// Ends a sign-in with the code the provider sent back. The caller has compared `state` and
    /// checked the issuer.
    ///
    /// # Errors
    /// [`LoginError`].
    pub async fn finish(
        &self,
        pending: &PendingLogin,
        code: &str,
        redirect_uri: &str,
        client_secret: Option<&str>,
    ) -> Result<Principal, LoginError> {
        let (issuer, client_id) = self.client(&pending.issuer)?;
        let endpoints = self.endpoints(issuer).await?;
        https(&endpoints.token).map_err(|_| DocumentError::Malformed)?;
        let client = match client_secret {
            None => ClientProof::public(client_id),
            Some(secret) => endpoints
                .client_authentication
                .ok_or(LoginError::NoClientAuthentication)?
                .prove(client_id, secret),
        };
        let exchange = Exchange {
            endpoint: endpoints.token,
            code,
            code_verifier: &pending.code_verifier,
            redirect_uri,
            client,
        };
        let answer = exchange.send(&*self.fetch, issuer.provider()).await?;
        let principal = self.identify(issuer, client_id, pending, answer).await?;
        if issuer
            .organization()
            .is_some_and(|asked| principal.org_id() != Some(asked))
        {
            return Err(AuthenticationError::from(TokenError::Organization).into());
        }
        Ok(principal)
    }

    /// Who the answer says it is.
    async fn identify(
        &self,
        issuer: &Issuer,
        client_id: &str,
        pending: &PendingLogin,
        answer: TokenAnswer,
    ) -> Result<Principal, LoginError> {
        let there = |token: Option<String>| token.ok_or(DocumentError::Malformed);
        let proof = issuer.provider().sign_in_proof(self.by_organization());
        if proof == SignInProof::AccessToken {
            let token = there(answer.access_token)?;
            return Ok(self.authenticator.verify_access(&token, issuer).await?);
        }
        let token = there(answer.id_token)?;
        let nonce = &pending.nonce;
        let principal = self
            .authenticator
            .verify_sign_in(&token, issuer, client_id, nonce)
            .await?;
        if proof == SignInProof::IdTokenAndAccess && principal.org_id().is_none() {
            let token = there(answer.access_token)?;
            return Ok(self
                .authenticator
                .verify_beside(&token, issuer, client_id, &principal)
                .await?);
        }
        Ok(principal)
    }

    async fn endpoints(&self, issuer: &Issuer) -> Result<Endpoints, LoginError> {
        let client_authentication = issuer.client_authentication();
        if let Some(fixed) = issuer.endpoints() {
            return Ok(Endpoints {
                authorization: fixed.authorization,
                token: fixed.token,
                client_authentication,
                names_issuer: false,
            });
        }
        let metadata = self.authenticator.metadata(issuer).await?;
        let supported = metadata.token_endpoint_auth_methods_supported.as_deref();
        let there = |endpoint: &Option<String>| endpoint.clone().ok_or(DocumentError::Malformed);
        Ok(Endpoints {
            authorization: there(&metadata.authorization_endpoint)?,
            token: there(&metadata.token_endpoint)?,
            client_authentication: client_authentication
                .or_else(|| ClientAuthentication::among(supported)),
            names_issuer: metadata.authorization_response_iss_parameter_supported,
        })
    }

    fn by_organization(&self) -> bool {
        self.scope == IdentityScope::Org
    }

    fn client(&self, issuer: &str) -> Result<(&Issuer, &str), LoginError> {
        let issuer = self
            .authenticator
            .config
            .issuer(issuer)
            .ok_or(LoginError::NotConfigured)?;
        let client_id = issuer.client_id().ok_or(LoginError::NotConfigured)?;
        Ok((issuer, client_id))
    }

    /// 256 random bits as text: what RFC 7636 section 4.1 asks of a verifier.
    fn secret(&self) -> String {
        let mut bytes = [0_u8; 32];
        self.random.fill(&mut bytes);
        URL_SAFE_NO_PAD.encode(bytes)
    }
}

//! Signing a person in at their identity provider: authorization code with PKCE.
//!
//! Owns the two ends of the flow (OpenID Connect Core section 3.1, RFC 7636). What is remembered in
//! between is handed to the caller, who keeps it with the browser. Ends in the same kind of
//! principal as a bearer token, by the same rules.

use std::rc::Rc;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use url::Url;

use super::authenticator::Authenticator;
use super::config::{Issuer, https};
use super::discovery::{IDP_DOCUMENT_BYTES, IDP_TIMEOUT, discover};
use super::error::AuthenticationError;
use super::key_source::KeySetError;
use super::principal::Principal;
use onbehalf_clock::Random;
use onbehalf_fetch::{Fetch, HttpRequest, Method};

/// Why a sign-in did not succeed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LoginError {
    /// This issuer has no client configured to sign in with.
    #[error("signing in is not configured for this issuer")]
    NotConfigured,
    /// The provider cannot be reached or read.
    #[error("the identity provider is not available: {0}")]
    Unavailable(#[from] KeySetError),
    /// The provider refused the code.
    #[error("the identity provider refused the sign-in")]
    Refused,
    /// The ID token is not accepted.
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
    /// Verifies ID tokens; knows the issuers.
    pub authenticator: Rc<Authenticator>,
    /// Talks to the provider.
    pub fetch: Rc<dyn Fetch>,
    /// Makes state, nonce and verifier.
    pub random: Rc<dyn Random>,
}

#[derive(Deserialize)]
struct TokenAnswer {
    id_token: String,
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
        let metadata = discover(self.fetch.as_ref(), issuer.id()).await?;
        let endpoint = metadata
            .authorization_endpoint
            .ok_or(KeySetError::Malformed)?;
        let mut url: Url = https(&endpoint).map_err(|_| KeySetError::Malformed)?;
        let pending = PendingLogin {
            issuer: issuer.id().to_owned(),
            state: self.secret(),
            nonce: self.secret(),
            code_verifier: self.secret(),
        };
        let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(pending.code_verifier.as_bytes()));
        url.query_pairs_mut()
            .append_pair("response_type", "code")
            .append_pair("client_id", client_id)
            .append_pair("redirect_uri", redirect_uri)
            .append_pair("scope", "openid")
            .append_pair("state", &pending.state)
            .append_pair("nonce", &pending.nonce)
            .append_pair("code_challenge", &challenge)
            .append_pair("code_challenge_method", "S256");
        Ok(LoginRequest {
            url: url.into(),
            pending,
        })
    }

    /// Ends a sign-in with the code the provider sent back. The caller has compared `state`.
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
        let metadata = discover(self.fetch.as_ref(), issuer.id()).await?;
        let endpoint = metadata.token_endpoint.ok_or(KeySetError::Malformed)?;
        https(&endpoint).map_err(|_| KeySetError::Malformed)?;
        let form = url::form_urlencoded::Serializer::new(String::new())
            .append_pair("grant_type", "authorization_code")
            .append_pair("code", code)
            .append_pair("redirect_uri", redirect_uri)
            .append_pair("client_id", client_id)
            .append_pair("code_verifier", &pending.code_verifier)
            .finish();
        let mut headers = vec![
            (
                "content-type".to_owned(),
                "application/x-www-form-urlencoded".to_owned(),
            ),
            ("accept".to_owned(), "application/json".to_owned()),
        ];
        if let Some(secret) = client_secret {
            headers.push(("authorization".to_owned(), basic(client_id, secret)));
        }
        let request = HttpRequest {
            method: Method::Post,
            url: endpoint,
            headers,
            body: form.into_bytes(),
            timeout: IDP_TIMEOUT,
            max_response_bytes: IDP_DOCUMENT_BYTES,
        };
        let response = self
            .fetch
            .send(request)
            .await
            .map_err(|_| KeySetError::Unreachable)?;
        match response.status {
            200 => {}
            400..=499 => return Err(LoginError::Refused),
            _ => return Err(KeySetError::Unreachable.into()),
        }
        let answer: TokenAnswer =
            serde_json::from_slice(&response.body).map_err(|_| KeySetError::Malformed)?;
        Ok(self
            .authenticator
            .verify_sign_in(&answer.id_token, issuer, client_id, &pending.nonce)
            .await?)
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

/// `client_secret_basic` (RFC 6749 section 2.3.1: both parts form-encoded first).
fn basic(client_id: &str, secret: &str) -> String {
    let encode =
        |text: &str| url::form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
    let pair = format!("{}:{}", encode(client_id), encode(secret));
    format!("Basic {}", STANDARD.encode(pair))
}

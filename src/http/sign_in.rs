//! What the routes need from the identity layer, and the values that cross.
//!
//! Owns names and shapes, no verification. A caller gets here from a bearer token or from a
//! browser session; the routes cannot tell which, and need not.

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use url::Url;

use super::problem::{Problem, ProblemType};
use crate::identity::RequestContext;

/// Who asks, verified.
#[derive(Clone, Debug, PartialEq)]
pub struct Caller {
    /// Key of the principal; everything kept for the caller is kept under it.
    pub owner: String,
    /// Whom runs and tools act for.
    pub context: RequestContext,
}

/// Why a bearer token was not accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AuthRefusal {
    /// Missing or not acceptable.
    Unauthenticated {
        /// Value of the `WWW-Authenticate` header (RFC 6750 §3).
        www_authenticate: String,
    },
    /// It cannot be decided at the moment, because the provider's keys cannot be read.
    Unavailable,
}

/// How long a caller should wait for an identity provider to come back.
const IDENTITY_RETRY_SECONDS: u64 = 5;

impl From<AuthRefusal> for Problem {
    fn from(refusal: AuthRefusal) -> Self {
        match refusal {
            AuthRefusal::Unauthenticated { www_authenticate } => {
                let detail = "Send an access token as \"Authorization: Bearer …\".";
                Self::new(ProblemType::Unauthenticated, detail)
                    .header("www-authenticate", www_authenticate)
            }
            AuthRefusal::Unavailable => {
                let detail = "The identity provider's keys cannot be read; try again.";
                Self::new(ProblemType::IdentityUnavailable, detail)
                    .retry_after(IDENTITY_RETRY_SECONDS)
            }
        }
    }
}

/// Who signed in in a browser: what the session cookie remembers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignedIn {
    /// The provider that vouched.
    pub issuer: String,
    /// The user there.
    pub user_id: String,
    /// The user's organization, if any.
    pub org_id: Option<String>,
}

/// An identity provider people can sign in with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoginProvider {
    /// Its name in URLs.
    pub id: String,
    /// Its name for people.
    pub title: String,
}

/// One sign-in under way: what must be the same when the browser comes back.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LoginAttempt {
    /// The provider's [`LoginProvider::id`].
    pub provider: String,
    /// Ties the answer to this browser (RFC 6749 §10.12).
    pub state: String,
    /// Ties the ID token to this attempt (OpenID Connect Core §3.1.2.1).
    pub nonce: String,
    /// The PKCE verifier (RFC 7636).
    pub verifier: String,
}

/// Why a sign-in did not work. The text is for the log.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LoginFailure {
    /// The provider does not answer.
    #[error("the identity provider is unavailable")]
    Unavailable,
    /// The provider's answer was not acceptable.
    #[error("the sign-in was refused: {0}")]
    Refused(String),
}

/// The identity layer as the routes see it.
#[async_trait(?Send)]
pub trait SignIn {
    /// Verifies the `Authorization` header.
    async fn authenticate(&self, authorization: Option<&str>) -> Result<Caller, AuthRefusal>;
    /// The caller a session stands for; `None` when its issuer is no longer configured.
    fn caller(&self, who: &SignedIn) -> Option<Caller>;
    /// Providers with browser sign-in, in the order they are configured.
    fn providers(&self) -> Vec<LoginProvider>;
    /// Where to send the browser: the provider's authorization endpoint with code flow, PKCE S256,
    /// state and nonce of the attempt.
    async fn login_url(
        &self,
        attempt: &LoginAttempt,
        redirect_uri: &str,
    ) -> Result<Url, LoginFailure>;
    /// Redeems the code, verifies the ID token against the attempt, and says who it is. `issuer`
    /// is the answer's `iss` parameter (RFC 9207), if there was one.
    async fn redeem(
        &self,
        attempt: &LoginAttempt,
        redirect_uri: &str,
        code: &str,
        issuer: Option<&str>,
    ) -> Result<SignedIn, LoginFailure>;
}

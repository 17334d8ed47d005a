//! What the routes need from the identity layer, and the values that cross.
//!
//! Owns names and shapes, no verification. A caller gets here from a bearer token or from a
//! browser session; the routes cannot tell which, and need not.

use async_trait::async_trait;
use url::Url;

use crate::wire::problem::{Problem, ProblemType};
use onbehalf_identity::{BridgeError, PendingLogin, Powers, Principal, RequestContext};
use onbehalf_runs::{Asker, OwnerKey, Tenant};

/// Who asks, verified.
#[derive(Clone, Debug, PartialEq)]
pub struct Caller {
    /// Key of the principal; everything kept for the caller is kept under it.
    pub owner: OwnerKey,
    /// Whom runs and tools act for.
    pub context: RequestContext,
    /// What they may do beyond what is their own.
    pub powers: Powers,
    /// Whether their connected accounts are those of their whole organization.
    pub shares_accounts: bool,
}

impl Caller {
    /// As the platform is asked for a run.
    pub(super) fn asker(&self) -> Asker {
        Asker {
            owner: self.owner.clone(),
            approves: self.powers.approves.then(|| Tenant::of(&self.context)),
        }
    }

    /// Whether they may change which accounts are connected, and write with them directly: with
    /// their own anybody may, with their organization's those who keep them.
    pub(super) fn keeps_accounts(&self) -> bool {
        !self.shares_accounts || self.powers.keeps_accounts
    }
}

/// Why a request's credentials were not accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AuthRefusal {
    /// Missing or not acceptable.
    Unauthenticated {
        /// In words; holds nothing of the token.
        message: String,
        /// Value of the `WWW-Authenticate` header (RFC 6750 section 3).
        challenge: String,
    },
    /// The header is not one bearer token.
    Malformed {
        /// In words; holds nothing of the header.
        message: String,
        /// Value of the `WWW-Authenticate` header.
        challenge: String,
    },
    /// It cannot be decided at the moment, because the provider's keys cannot be read.
    Unavailable,
    /// The caller is known, but has no identifier in Scalekit.
    Unbridged(BridgeError),
}

/// How long a caller should wait for an identity provider to come back.
const IDENTITY_RETRY_SECONDS: u64 = 5;

impl From<AuthRefusal> for Problem {
    fn from(refusal: AuthRefusal) -> Self {
        match refusal {
            AuthRefusal::Unauthenticated { message, challenge } => {
                Self::new(ProblemType::Unauthenticated, format!("{message}."))
                    .header("www-authenticate", challenge)
            }
            AuthRefusal::Malformed { message, challenge } => {
                Self::new(ProblemType::MalformedCredentials, format!("{message}."))
                    .header("www-authenticate", challenge)
            }
            AuthRefusal::Unavailable => {
                let detail = "The identity provider's keys cannot be read; try again.";
                Self::new(ProblemType::IdentityUnavailable, detail)
                    .retry_after(IDENTITY_RETRY_SECONDS)
            }
            AuthRefusal::Unbridged(error) => Self::new(ProblemType::Forbidden, format!("{error}.")),
        }
    }
}

/// An identity provider people can sign in with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoginProvider {
    /// Its issuer.
    pub issuer: String,
    /// Its name for people.
    pub title: String,
    /// The path it sends the browser back to: its own, so that no other provider's answer comes
    /// in under it (RFC 9700 section 4.4.2.2).
    pub callback: String,
}

/// Why a sign-in did not work.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LoginFailure {
    /// The provider does not answer.
    #[error("the identity provider is unavailable")]
    Unavailable,
    /// The provider said no, or its answer was not acceptable.
    #[error("the sign-in was refused")]
    Refused,
}

/// The identity layer as the routes see it.
#[async_trait(?Send)]
pub trait SignIn {
    /// Verifies the `Authorization` header.
    async fn authenticate(&self, authorization: Option<&str>) -> Result<Caller, AuthRefusal>;
    /// The caller that somebody is who was verified earlier, as an opened session says: by the same
    /// rules as whoever shows a token now.
    async fn recognise(&self, principal: &Principal) -> Result<Caller, AuthRefusal>;
    /// The caller a verified principal is.
    fn caller(&self, principal: &Principal) -> Result<Caller, BridgeError>;
    /// Providers with browser sign-in, in the order they are configured.
    fn providers(&self) -> Vec<LoginProvider>;
    /// Whose tokens are taken, by issuer.
    fn issuers(&self) -> Vec<String>;
    /// What identity providers keep this process waiting for, in words for an operator.
    fn waits(&self) -> Vec<String>;
    /// Where to send the browser (code flow with PKCE S256, state and nonce), and what has to be
    /// the same when it comes back.
    async fn begin(
        &self,
        issuer: &str,
        redirect_uri: &str,
    ) -> Result<(Url, PendingLogin), LoginFailure>;
    /// Redeems the code and says who it is. The routes have compared `state`.
    async fn finish(
        &self,
        pending: &PendingLogin,
        code: &str,
        redirect_uri: &str,
    ) -> Result<Principal, LoginFailure>;
}

//! One request's credentials in, a principal out.

use std::rc::Rc;

use super::claims::{Purpose, VerifiedClaims};
use super::config::{IdentityConfig, Issuer};
use super::discovery::Metadata;
use super::document::{DocumentError, DocumentSource, SharedDocuments};
use super::document_cache::{DocumentCache, Missed};
use super::error::{AuthenticationError, TokenError};
use super::key_cache::KeySets;
use super::principal::Principal;
use super::token::UnverifiedToken;
use super::verified_tokens::{Fingerprint, VerifiedTokens};
use super::verifier::SignatureVerifier;
use onbehalf_clock::Clock;

/// What an isolate keeps between requests.
#[derive(Default)]
pub struct IdentityCaches {
    key_sets: KeySets,
    metadata: DocumentCache<Metadata>,
    tokens: VerifiedTokens,
}

/// Verifies callers.
pub struct Authenticator {
    /// Whom to believe.
    pub config: Rc<IdentityConfig>,
    /// What this isolate remembers.
    pub caches: Rc<IdentityCaches>,
    /// Where keys and metadata come from.
    pub shared: Rc<dyn SharedDocuments>,
    /// How signatures are checked.
    pub verifier: Rc<dyn SignatureVerifier>,
    /// Time.
    pub clock: Rc<dyn Clock>,
}

impl Authenticator {
    /// Issuers' documents that this isolate could not have when it last asked for them.
    pub fn missed(&self) -> Vec<Missed> {
        let mut missed = self.caches.key_sets.missed();
        missed.extend(self.caches.metadata.missed());
        missed
    }

    /// Verifies the `Authorization` header of a request.
    ///
    /// # Errors
    /// [`AuthenticationError`]; with no issuer configured, every token's issuer is unknown.
    pub async fn authenticate(
        &self,
        authorization: Option<&str>,
    ) -> Result<Principal, AuthenticationError> {
        let header = authorization.ok_or(AuthenticationError::Missing)?;
        let token = bearer(header)?;
        let now = self.clock.now();
        let fingerprint = Fingerprint::of(token);
        if let Some(principal) = self.caches.tokens.get(&fingerprint, now) {
            return Ok(principal);
        }
        let parsed = UnverifiedToken::parse(token)?;
        let issuer = self
            .config
            .issuer(parsed.claimed_issuer())
            .ok_or(TokenError::Issuer)?;
        let claims = self.verify(&parsed, issuer, Purpose::Access).await?;
        self.caches
            .tokens
            .put(fingerprint, claims.principal(), now, claims.expires_at());
        Ok(claims.principal().clone())
    }

    /// Verifies the ID token that answers a sign-in begun by this service.
    pub(super) async fn verify_sign_in(
        &self,
        token: &str,
        issuer: &Issuer,
        client_id: &str,
        nonce: &str,
    ) -> Result<Principal, AuthenticationError> {
        let purpose = Purpose::SignIn { client_id, nonce };
        self.verify_answer(token, issuer, purpose).await
    }

    /// Verifies the access token that answers a sign-in where there is no ID token: as the API
    /// would.
    pub(super) async fn verify_access(
        &self,
        token: &str,
        issuer: &Issuer,
    ) -> Result<Principal, AuthenticationError> {
        self.verify_answer(token, issuer, Purpose::Access).await
    }

    /// Verifies the access token beside an ID token: it has to speak of the same user.
    pub(super) async fn verify_beside(
        &self,
        token: &str,
        issuer: &Issuer,
        client_id: &str,
        user: &Principal,
    ) -> Result<Principal, AuthenticationError> {
        let purpose = Purpose::Beside {
            client_id,
            user_id: user.user_id(),
        };
        self.verify_answer(token, issuer, purpose).await
    }

    async fn verify_answer(
        &self,
        token: &str,
        issuer: &Issuer,
        purpose: Purpose<'_>,
    ) -> Result<Principal, AuthenticationError> {
        let parsed = UnverifiedToken::parse(token)?;
        let claims = self.verify(&parsed, issuer, purpose).await?;
        Ok(claims.principal().clone())
    }

    /// The issuer's metadata, kept as keys are.
    pub(super) async fn metadata(&self, issuer: &Issuer) -> Result<Rc<Metadata>, DocumentError> {
        let source = DocumentSource::MetadataOf(issuer.id().to_owned());
        let read = |it: &super::document::FetchedDocument| {
            Metadata::parse(it.json.as_bytes(), issuer.id())
        };
        let (shared, clock) = (self.shared.as_ref(), self.clock.as_ref());
        let current = self
            .caches
            .metadata
            .current(shared, clock, &source, None, read);
        Ok(current.await?.0)
    }

    async fn verify(
        &self,
        token: &UnverifiedToken<'_>,
        issuer: &Issuer,
        purpose: Purpose<'_>,
    ) -> Result<VerifiedClaims, AuthenticationError> {
        if token.claimed_issuer() != issuer.id() {
            return Err(TokenError::Issuer.into());
        }
        let key = self
            .caches
            .key_sets
            .key(
                self.shared.as_ref(),
                self.clock.as_ref(),
                issuer,
                token.key_id(),
                token.algorithm(),
            )
            .await?;
        let matches = self
            .verifier
            .verify(&key, token.signed_part(), token.signature())
            .await
            // A key the platform cannot import is a fault of the key set.
            .map_err(|_| DocumentError::Malformed)?;
        if !matches {
            return Err(TokenError::Signature.into());
        }
        Ok(VerifiedClaims::of_signed(
            token,
            issuer,
            purpose,
            self.clock.now(),
        )?)
    }
}

/// The token of a `Bearer` header (RFC 6750 section 2.1). The scheme's case does not matter (RFC
/// 9110 section 11.1); several credentials in one header do.
fn bearer(header: &str) -> Result<&str, AuthenticationError> {
    let (scheme, token) = header
        .split_once(' ')
        .ok_or(AuthenticationError::MalformedHeader)?;
    let token = token.trim_start_matches(' ');
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~+/=".contains(&byte);
    if !scheme.eq_ignore_ascii_case("bearer") {
        return Err(AuthenticationError::OtherScheme);
    }
    if token.is_empty() || !token.bytes().all(plain) {
        return Err(AuthenticationError::MalformedHeader);
    }
    Ok(token)
}

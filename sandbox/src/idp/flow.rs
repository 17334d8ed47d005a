//! Authorization code with PKCE: what is remembered, and what must fit.

use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rand::RngCore;
use sha2::{Digest, Sha256};

use super::Person;
use super::clients::Credentials;

/// How long a code is good.
const CODE_MS: i64 = 60_000;

/// What the authorization endpoint was asked.
#[derive(Clone, Debug, Default)]
pub struct Authorization {
    /// Where the browser goes back to.
    pub redirect_uri: String,
    /// `code_challenge`, S256.
    pub challenge: String,
    /// Comes back in the ID token.
    pub nonce: Option<String>,
    /// The scopes, separated by spaces.
    pub scope: String,
    /// Auth0: the API an access token is for.
    pub audience: Option<String>,
    /// Auth0: the organization to sign in to.
    pub organization: Option<String>,
}

impl Authorization {
    /// Whether this scope was asked for.
    pub(super) fn wants(&self, scope: &str) -> bool {
        self.scope.split(' ').any(|it| it == scope)
    }
}

/// What the token endpoint was asked.
#[derive(Clone, Debug, Default)]
pub struct TokenRequest {
    /// The code.
    pub code: String,
    /// Must be that of the authorization.
    pub redirect_uri: Option<String>,
    /// The proof.
    pub verifier: String,
    /// Who asks.
    pub credentials: Credentials,
}

/// Why a sign-in went no further.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FlowError {
    /// The client is not known or not proven.
    InvalidClient,
    /// The client gave its credentials in more than one way.
    MultipleCredentials,
    /// The code, its address or its proof do not fit.
    InvalidGrant,
    /// The person is not of the organization that was asked for.
    NotAMember,
}

#[derive(Default)]
pub(super) struct Flow {
    codes: BTreeMap<String, (Authorization, Person, i64)>,
}

impl Flow {
    pub fn begin(&mut self, authorization: Authorization, person: Person, now_ms: i64) -> String {
        let mut bytes = [0_u8; 24];
        rand::thread_rng().fill_bytes(&mut bytes);
        let code = URL_SAFE_NO_PAD.encode(bytes);
        let expires = now_ms + CODE_MS;
        self.codes
            .insert(code.clone(), (authorization, person, expires));
        code
    }

    /// What a code stands for, once. `names_redirect`: the address has to be there again.
    pub fn finish(
        &mut self,
        request: &TokenRequest,
        names_redirect: bool,
        now_ms: i64,
    ) -> Result<(Authorization, Person), FlowError> {
        let known = self
            .codes
            .remove(&request.code)
            .ok_or(FlowError::InvalidGrant)?;
        let (authorization, person, expires) = known;
        let proof = URL_SAFE_NO_PAD.encode(Sha256::digest(request.verifier.as_bytes()));
        let address = match &request.redirect_uri {
            Some(address) => *address == authorization.redirect_uri,
            None => !names_redirect,
        };
        if now_ms < expires && address && authorization.challenge == proof {
            Ok((authorization, person))
        } else {
            Err(FlowError::InvalidGrant)
        }
    }
}

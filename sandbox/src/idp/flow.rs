//! Authorization code with PKCE: what is remembered, and what must fit.

use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rand::RngCore;
use sha2::{Digest, Sha256};

use super::{CLIENT_ID, CLIENT_SECRET, Person};

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
}

/// What the token endpoint was asked.
#[derive(Clone, Debug, Default)]
pub struct TokenRequest {
    /// The code.
    pub code: String,
    /// Must be that of the authorization.
    pub redirect_uri: String,
    /// The proof.
    pub verifier: String,
    /// Who asks.
    pub client_id: String,
    /// Its secret.
    pub client_secret: String,
}

/// Why a code was not exchanged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FlowError {
    /// The client is not known or not proven.
    InvalidClient,
    /// The code, its address or its proof do not fit.
    InvalidGrant,
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

    pub fn finish(
        &mut self,
        request: &TokenRequest,
        now_ms: i64,
    ) -> Result<(Authorization, Person), FlowError> {
        if request.client_id != CLIENT_ID || request.client_secret != CLIENT_SECRET {
            return Err(FlowError::InvalidClient);
        }
        let known = self
            .codes
            .remove(&request.code)
            .ok_or(FlowError::InvalidGrant)?;
        let (authorization, person, expires) = known;
        let proof = URL_SAFE_NO_PAD.encode(Sha256::digest(request.verifier.as_bytes()));
        let fits = now_ms < expires
            && authorization.redirect_uri == request.redirect_uri
            && authorization.challenge == proof;
        if fits {
            Ok((authorization, person))
        } else {
            Err(FlowError::InvalidGrant)
        }
    }
}

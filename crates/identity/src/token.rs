//! A token as it came in: parsed, believed in nothing.
//!
//! Owns what can be refused before any key is looked at. The only way from here to anything that
//! counts as an identity is a signature check.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jwt_compact::UntrustedToken;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::algorithm::Algorithm;
use super::error::TokenError;
use super::strict_json::{NotStrict, check_object};

/// Longest accepted token. Identity providers keep theirs below the 8 KB that servers take as a
/// header line; twice that leaves room for many groups.
pub const TOKEN_BYTES: usize = 16 * 1024;
/// Longest accepted `kid`: providers use at most a hash or a URL.
const KEY_ID_BYTES: usize = 512;

/// A parsed token nobody has vouched for.
pub struct UnverifiedToken<'a> {
    text: &'a str,
    token: UntrustedToken<'a>,
    algorithm: Algorithm,
    issuer: String,
}

#[derive(Deserialize)]
struct IssuerOnly {
    #[serde(default)]
    iss: Value,
}

impl<'a> UnverifiedToken<'a> {
    /// Parses compact serialisation (RFC 7515 section 3.1).
    ///
    /// # Errors
    /// [`TokenError`] names the first thing that is wrong.
    pub fn parse(text: &'a str) -> Result<Self, TokenError> {
        if text.len() > TOKEN_BYTES {
            return Err(TokenError::TooLong);
        }
        let mut segments = text.split('.');
        let (Some(header), Some(payload), Some(_), None) = (
            segments.next(),
            segments.next(),
            segments.next(),
            segments.next(),
        ) else {
            return Err(TokenError::Malformed);
        };
        let header = decode_object(header)?;
        check_header(&header)?;
        decode_object(payload)?;
        let token = UntrustedToken::new(text).map_err(|_| TokenError::Malformed)?;
        let algorithm = Algorithm::named(token.algorithm()).ok_or(TokenError::Algorithm)?;
        // Fails where a time is no number, too.
        let claims = token
            .deserialize_claims_unchecked::<IssuerOnly>()
            .map_err(|_| TokenError::Malformed)?;
        let Value::String(issuer) = claims.custom.iss else {
            return Err(TokenError::Issuer);
        };
        Ok(Self {
            text,
            token,
            algorithm,
            issuer,
        })
    }

    /// The issuer it claims; used to choose whose rules to check it against, nothing more.
    pub fn claimed_issuer(&self) -> &str {
        &self.issuer
    }

    /// The algorithm it claims.
    pub fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// The key it names.
    pub fn key_id(&self) -> Option<&str> {
        self.token.header().key_id.as_deref()
    }

    /// Its `typ`, if any.
    pub fn token_type(&self) -> Option<&str> {
        self.token.header().token_type.as_deref()
    }

    /// What was signed.
    pub(super) fn signed_part(&self) -> &[u8] {
        let end = self.text.rfind('.').unwrap_or(0);
        &self.text.as_bytes()[..end]
    }

    /// The signature.
    pub(super) fn signature(&self) -> &[u8] {
        self.token.signature_bytes()
    }

    pub(super) fn claims<T: serde::de::DeserializeOwned>(
        &self,
    ) -> Result<jwt_compact::Claims<T>, TokenError> {
        self.token
            .deserialize_claims_unchecked()
            .map_err(|_| TokenError::Malformed)
    }
}

fn decode_object(segment: &str) -> Result<Vec<u8>, TokenError> {
    let bytes = URL_SAFE_NO_PAD
        .decode(segment)
        .map_err(|_| TokenError::Malformed)?;
    match check_object(&bytes) {
        Ok(()) => Ok(bytes),
        Err(NotStrict::Duplicate) => Err(TokenError::DuplicateMember),
        Err(NotStrict::Malformed) => Err(TokenError::Malformed),
    }
}

/// Refuses what a header may not ask for. `crit` names extensions that must be understood (RFC
/// 7515 section 4.1.11) and none is; `b64` is one of them (RFC 7797). Keys and places of keys in
/// the header are the sender's word about the sender (RFC 8725 section 3.10), so a token that
/// carries them is refused rather than read without them.
fn check_header(header: &[u8]) -> Result<(), TokenError> {
    let header: Map<String, Value> =
        serde_json::from_slice(header).map_err(|_| TokenError::Malformed)?;
    if header.contains_key("crit") || header.contains_key("b64") {
        return Err(TokenError::CriticalHeader);
    }
    if ["jwk", "jku", "x5u", "x5c"]
        .iter()
        .any(|name| header.contains_key(*name))
    {
        return Err(TokenError::EmbeddedKey);
    }
    let algorithm = header.get("alg").and_then(Value::as_str);
    if algorithm.and_then(Algorithm::named).is_none() {
        return Err(TokenError::Algorithm);
    }
    match header.get("kid") {
        None => Ok(()),
        Some(Value::String(kid)) if kid.len() <= KEY_ID_BYTES => Ok(()),
        Some(_) => Err(TokenError::UnknownKey),
    }
}

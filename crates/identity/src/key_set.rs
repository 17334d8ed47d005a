//! An issuer's keys (RFC 7517 section 5).

use serde::Deserialize;
use serde_json::Value;

use super::algorithm::Algorithm;
use super::document::DocumentError;
use super::error::TokenError;
use super::key::{Jwk, PublicKey};

/// Keys looked at in one set; issuers publish a handful.
const KEYS: usize = 64;

/// The usable keys of one issuer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KeySet {
    keys: Vec<PublicKey>,
}

#[derive(Deserialize)]
struct Document {
    keys: Vec<Value>,
}

impl KeySet {
    /// Reads a JWK Set. Keys of other kinds and for other uses are passed over.
    ///
    /// # Errors
    /// [`DocumentError::Malformed`] when it is no JWK Set at all.
    pub fn parse(json: &[u8]) -> Result<Self, DocumentError> {
        let document: Document =
            serde_json::from_slice(json).map_err(|_| DocumentError::Malformed)?;
        let keys = document
            .keys
            .into_iter()
            .take(KEYS)
            .filter_map(|key| serde_json::from_value::<Jwk>(key).ok())
            .filter_map(PublicKey::from_jwk)
            .collect();
        Ok(Self { keys })
    }

    /// The key a token names. Without a `kid`, a set with exactly one usable key has no doubt.
    ///
    /// # Errors
    /// [`TokenError::UnknownKey`] when there is none or more than one; [`TokenError::KeyAlgorithm`]
    /// when the key is for another algorithm.
    pub fn find(&self, kid: Option<&str>, claimed: Algorithm) -> Result<&PublicKey, TokenError> {
        let named: Vec<&PublicKey> = match kid {
            Some(kid) => self
                .keys
                .iter()
                .filter(|key| key.key_id() == Some(kid))
                .collect(),
            None => self.keys.iter().collect(),
        };
        if named.is_empty() {
            return Err(TokenError::UnknownKey);
        }
        let mut fitting = named.into_iter().filter(|key| key.algorithm() == claimed);
        match (fitting.next(), fitting.next()) {
            (None, _) => Err(TokenError::KeyAlgorithm),
            (Some(key), None) => Ok(key),
            // Two keys of one name and algorithm: nobody can say which was meant.
            (Some(_), Some(_)) => Err(TokenError::UnknownKey),
        }
    }
}

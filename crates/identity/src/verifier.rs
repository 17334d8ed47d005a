//! The signature check, as the layers see it.

use async_trait::async_trait;

use super::key::PublicKey;

/// The check itself could not be made; says nothing about the signature.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the signature could not be checked: {0}")]
pub struct SignatureError(pub String);

/// Checks signatures. The edge does it with WebCrypto, which is an order of magnitude faster than
/// the same arithmetic in WebAssembly.
#[async_trait(?Send)]
pub trait SignatureVerifier {
    /// Whether `signature` over `message` was made with `key`'s other half, by `key`'s algorithm.
    /// ECDSA signatures are the two 32-byte integers of RFC 7518 section 3.4.
    async fn verify(
        &self,
        key: &PublicKey,
        message: &[u8],
        signature: &[u8],
    ) -> Result<bool, SignatureError>;
}

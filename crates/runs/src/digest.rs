//! One digest of several texts.

use sha2::{Digest, Sha256};

/// Bytes of a digest.
const BYTES: usize = 32;

/// The digest (SHA-256) of these texts, in this order. Other texts have another one, also where they read
/// alike behind one another.
pub fn digest_of(parts: &[&str]) -> [u8; BYTES] {
    let mut digest = Sha256::new();
    for part in parts {
        // The length in front keeps (a, bc) and (ab, c) apart.
        digest.update((part.len() as u64).to_be_bytes());
        digest.update(part.as_bytes());
    }
    digest.finalize().into()
}

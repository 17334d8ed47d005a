//! Keys as the platform holds them, so that one is imported once.
//!
//! Owns how many are kept. What a platform makes of a key is not known here.

use std::cell::RefCell;

use super::key::PublicKey;

/// Keys kept at once; a handful of issuers with a handful of keys each.
const KEYS: usize = 256;

/// Keys and what the platform made of each.
#[derive(Debug)]
pub struct KeptKeys<T> {
    /// Few enough that comparing them is cheaper than any name for them.
    kept: RefCell<Vec<(PublicKey, T)>>,
}

impl<T> Default for KeptKeys<T> {
    fn default() -> Self {
        Self {
            kept: RefCell::default(),
        }
    }
}

impl<T: Clone> KeptKeys<T> {
    /// What was made of this key.
    pub fn get(&self, key: &PublicKey) -> Option<T> {
        let kept = self.kept.borrow();
        let (_, made) = kept.iter().find(|(known, _)| known == key)?;
        Some(made.clone())
    }

    /// Keeps what was made of a key. One too many, and all others go: that takes an issuer that
    /// changes its keys all the time.
    pub fn keep(&self, key: PublicKey, made: T) {
        let mut kept = self.kept.borrow_mut();
        if kept.len() >= KEYS {
            kept.clear();
        }
        // Two that were imported side by side are the same key twice, and either will do.
        kept.push((key, made));
    }
}

#[cfg(test)]
mod tests {
    use base64::Engine;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;

    use super::*;
    use crate::{Algorithm, KeySet};

    fn key(number: usize) -> PublicKey {
        let mut bytes = [0_u8; 32];
        bytes[..size_of::<usize>()].copy_from_slice(&number.to_be_bytes());
        let x = URL_SAFE_NO_PAD.encode(bytes);
        let set = serde_json::json!({"keys": [{
            "kty": "OKP", "crv": "Ed25519", "alg": "EdDSA", "use": "sig", "kid": "one", "x": x,
        }]});
        let set = KeySet::parse(set.to_string().as_bytes()).expect("a key set");
        let found = set.find(Some("one"), Algorithm::EdDsa);
        found.expect("a key").clone()
    }

    #[test]
    fn a_key_is_known_by_all_of_it_and_not_by_its_name() {
        let kept = KeptKeys::default();
        kept.keep(key(1), "one");
        assert_eq!(kept.get(&key(1)), Some("one"));
        assert_eq!(kept.get(&key(2)), None);
    }

    #[test]
    fn an_issuer_that_changes_its_keys_all_the_time_fills_no_memory() {
        let kept = KeptKeys::default();
        for number in 0..=KEYS {
            kept.keep(key(number), number);
        }
        assert_eq!(kept.get(&key(KEYS)), Some(KEYS));
        assert_eq!(kept.get(&key(0)), None);
    }
}

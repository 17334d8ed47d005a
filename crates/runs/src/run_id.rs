//! The name of a run: random, with a tag that only its owner's key makes.
//!
//! Owns how names are made and what can be told from one. The tag lets a guess be refused before
//! any object is woken for it; it admits nobody, for that the run itself compares the owner.

use hmac::{Hmac, Mac};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sha2::Sha256;

use onbehalf_clock::Random;

use crate::names::OwnerKey;

/// Lower-case base 32 without letters that read like others (Crockford).
const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
const PREFIX: &str = "run_";
/// 130 random bits: nobody finds another's run by trying.
const RANDOM_DIGITS: usize = 26;
/// 30 bits: of a thousand million guesses, one wakes an object.
const TAG_DIGITS: usize = 6;
/// The longest name looked up; names made before tags were may differ in length.
const MAX_DIGITS: usize = 64;

/// The name of a run.
#[derive(
    Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(transparent)]
#[schemars(inline)]
pub struct RunId(String);

/// Whose a run can be, judged by its name alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tagged {
    /// The tag is the one this owner's key makes.
    Own,
    /// The tag is another's, or made up.
    Foreign,
    /// The name is older than tags, or made up: only an index can tell.
    Untagged,
}

impl RunId {
    /// A new name for a run of this owner.
    pub fn mint(owner: &OwnerKey, random: &dyn Random) -> Self {
        let mut bytes = [0_u8; RANDOM_DIGITS];
        random.fill(&mut bytes);
        let digits: String = bytes.iter().map(|byte| digit(*byte)).collect();
        let tag = tag(owner, &digits);
        Self(format!("{PREFIX}{digits}{tag}"))
    }

    /// Reads a name from a request; `None` for what was never one.
    pub fn parse(text: &str) -> Option<Self> {
        let digits = text.strip_prefix(PREFIX)?;
        let plain = |byte: u8| byte.is_ascii_digit() || byte.is_ascii_lowercase();
        ((1..=MAX_DIGITS).contains(&digits.len()) && digits.bytes().all(plain))
            .then(|| Self(text.to_owned()))
    }

    /// A name out of our own storage.
    pub fn stored(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// What the name says about whose it is.
    pub fn tagged(&self, owner: &OwnerKey) -> Tagged {
        let digits = self.0.strip_prefix(PREFIX).unwrap_or_default();
        match digits.split_at_checked(RANDOM_DIGITS) {
            Some((digits, given)) if given.len() == TAG_DIGITS => {
                if given == tag(owner, digits) {
                    Tagged::Own
                } else {
                    Tagged::Foreign
                }
            }
            _ => Tagged::Untagged,
        }
    }

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Display for RunId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

fn digit(byte: u8) -> char {
    char::from(ALPHABET[usize::from(byte % 32)])
}

fn tag(owner: &OwnerKey, digits: &str) -> String {
    // HMAC takes a key of any length.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(owner.as_str().as_bytes()) else {
        return String::new();
    };
    mac.update(b"run-id\0");
    mac.update(digits.as_bytes());
    let bytes = mac.finalize().into_bytes();
    bytes.iter().take(TAG_DIGITS).map(|it| digit(*it)).collect()
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    /// Counts up, so that every name is another.
    struct Counting(Cell<u8>);

    impl Random for Counting {
        fn fill(&self, buffer: &mut [u8]) {
            for byte in buffer {
                self.0.set(self.0.get().wrapping_add(7));
                *byte = self.0.get();
            }
        }
    }

    #[test]
    fn a_name_is_its_owners_and_nobody_elses() {
        let random = Counting(Cell::new(0));
        let (alice, bob) = (OwnerKey::new("p_alice"), OwnerKey::new("p_bob"));
        let run = RunId::mint(&alice, &random);
        assert_ne!(run, RunId::mint(&alice, &random));
        assert_eq!(RunId::parse(run.as_str()), Some(run.clone()));
        assert_eq!(run.tagged(&alice), Tagged::Own);
        assert_eq!(run.tagged(&bob), Tagged::Foreign);
    }

    #[test]
    fn a_guess_is_foreign_or_unknown() {
        let alice = OwnerKey::new("p_alice");
        let guess = RunId::stored(format!("run_{}", "a".repeat(RANDOM_DIGITS + TAG_DIGITS)));
        assert_eq!(guess.tagged(&alice), Tagged::Foreign);
        let old = RunId::stored(format!("run_{}", "a".repeat(RANDOM_DIGITS)));
        assert_eq!(old.tagged(&alice), Tagged::Untagged);
    }

    #[test]
    fn names_have_one_form() {
        assert!(RunId::parse("run_01hx0").is_some());
        for bad in ["", "run_", "run_A", "run_a-b", "run_a/b", "xrun_a", "run_é"] {
            assert_eq!(RunId::parse(bad), None, "{bad}");
        }
        assert_eq!(RunId::parse(&format!("run_{}", "a".repeat(65))), None);
    }
}

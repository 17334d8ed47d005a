//! Tokens verified a moment ago.
//!
//! A client sends the same token with every request; checking it again within a minute tells
//! nothing new. Kept under the token's digest, never the token.

use std::cell::RefCell;
use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use sha2::{Digest, Sha256};

use super::principal::Principal;
use onbehalf_clock::Timestamp;

/// How long a verification is remembered: a key that was withdrawn is honoured no longer.
const REMEMBERED: Duration = Duration::from_secs(60);
/// Tokens remembered at once; about 200 bytes each.
const TOKENS: usize = 4096;

/// A token's digest, under which it is known.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Fingerprint([u8; 32]);

impl Fingerprint {
    /// The digest of this token.
    pub fn of(token: &str) -> Self {
        Self(Sha256::digest(token.as_bytes()).into())
    }
}

/// Verified tokens of this isolate.
#[derive(Default)]
pub(super) struct VerifiedTokens {
    known: RefCell<BTreeMap<Fingerprint, (Timestamp, Principal)>>,
    order: RefCell<VecDeque<Fingerprint>>,
}

impl VerifiedTokens {
    /// The principal of a token verified a moment ago.
    pub fn get(&self, token: &Fingerprint, now: Timestamp) -> Option<Principal> {
        let known = self.known.borrow();
        let (until, principal) = known.get(token)?;
        (now < *until).then(|| principal.clone())
    }

    /// Remembers a verification, until the token expires at the latest.
    pub fn put(
        &self,
        token: Fingerprint,
        principal: &Principal,
        now: Timestamp,
        expires_at: Timestamp,
    ) {
        let until = now.plus(REMEMBERED).min(expires_at);
        let mut known = self.known.borrow_mut();
        let mut order = self.order.borrow_mut();
        if known.insert(token, (until, principal.clone())).is_none() {
            order.push_back(token);
        }
        if order.len() > TOKENS
            && let Some(oldest) = order.pop_front()
        {
            known.remove(&oldest);
        }
    }
}

//! Key sets in this isolate, in front of the shared ones.
//!
//! Owns the rule that a warm isolate verifies without asking anybody, and that concurrent misses
//! become one question. A future of one request must not be awaited by another on Workers, so
//! those who wait look again on timers of their own.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::time::Duration;

use super::algorithm::Algorithm;
use super::config::Issuer;
use super::error::{AuthenticationError, TokenError};
use super::key::PublicKey;
use super::key_set::KeySet;
use super::key_source::{KeySetError, SharedKeySets};
use onbehalf_clock::Clock;
use onbehalf_clock::Timestamp;

/// After a question about a missing key, this isolate does not repeat it for this long.
const ASK_AGAIN: Duration = Duration::from_secs(5);
/// A set that could not be refreshed is used on while the shared cache lets it, asked this often.
const REFRESH_AGAIN: Duration = Duration::from_secs(5);
/// How long a set may be used beyond its time while nobody can be asked; as long as the shared
/// cache allows.
const STALE_AT_MOST: Duration = Duration::from_secs(24 * 3600);
/// How long a question under way is waited for before another is asked.
const FLIGHT_AT_MOST: Duration = Duration::from_secs(15);
/// Pause between two looks at a question under way.
const LOOK_AGAIN: Duration = Duration::from_millis(5);

#[derive(Default)]
struct Slot {
    keys: Option<Rc<KeySet>>,
    fetched_at: Option<Timestamp>,
    fresh_until: Option<Timestamp>,
    asked_at: Option<Timestamp>,
    in_flight_since: Option<Timestamp>,
    failed: Option<KeySetError>,
}

/// The isolate's key sets, by issuer.
#[derive(Default)]
pub struct KeySets {
    slots: RefCell<BTreeMap<String, Slot>>,
}

impl KeySets {
    /// The key a token of `issuer` names.
    ///
    /// # Errors
    /// [`TokenError::UnknownKey`] or [`TokenError::KeyAlgorithm`] when the issuer has no such key,
    /// [`AuthenticationError::KeysUnavailable`] when its keys cannot be had.
    pub async fn key(
        &self,
        shared: &dyn SharedKeySets,
        clock: &dyn Clock,
        issuer: &Issuer,
        kid: Option<&str>,
        algorithm: Algorithm,
    ) -> Result<PublicKey, AuthenticationError> {
        let keys = self.current(shared, clock, issuer, None).await?;
        match keys.0.find(kid, algorithm) {
            Err(TokenError::UnknownKey) => {}
            found => return Ok(found.cloned()?),
        }
        // The key may have been published since.
        let keys = self.current(shared, clock, issuer, keys.1).await?;
        Ok(keys.0.find(kid, algorithm).cloned()?)
    }

    /// The issuer's keys, and when they were fetched; newer than `than` if they can be had.
    async fn current(
        &self,
        shared: &dyn SharedKeySets,
        clock: &dyn Clock,
        issuer: &Issuer,
        than: Option<Timestamp>,
    ) -> Result<(Rc<KeySet>, Option<Timestamp>), KeySetError> {
        loop {
            let now = clock.now();
            match self.look(issuer.id(), now, than) {
                Look::Use(answer) => return answer,
                Look::Wait => clock.sleep(LOOK_AGAIN).await,
                Look::Ask => {
                    let loaded = shared.load(issuer.keys(), than).await;
                    let loaded = loaded.and_then(|set| Ok((set.keys()?, set)));
                    let mut slots = self.slots.borrow_mut();
                    let slot = slots.entry(issuer.id().to_owned()).or_default();
                    slot.in_flight_since = None;
                    match loaded {
                        Ok((keys, set)) => {
                            slot.keys = Some(Rc::new(keys));
                            slot.fetched_at = Some(set.fetched_at);
                            slot.fresh_until = Some(set.fresh_until);
                            slot.failed = None;
                        }
                        Err(error) => slot.failed = Some(error),
                    }
                    return slot.answer(clock.now());
                }
            }
        }
    }

    fn look(&self, issuer: &str, now: Timestamp, than: Option<Timestamp>) -> Look {
        let mut slots = self.slots.borrow_mut();
        let slot = slots.entry(issuer.to_owned()).or_default();
        let fresh = slot.fresh_until.is_some_and(|until| now < until);
        let asked_within = |limit| slot.asked_at.is_some_and(|at| now.since(at) < limit);
        let enough = match than {
            None => fresh || (slot.keys.is_some() && asked_within(REFRESH_AGAIN)),
            Some(than) => slot.fetched_at.is_some_and(|at| at > than) || asked_within(ASK_AGAIN),
        };
        let flying = slot
            .in_flight_since
            .is_some_and(|since| now.since(since) < FLIGHT_AT_MOST);
        if flying && (slot.keys.is_none() || !enough || than.is_some()) {
            return Look::Wait;
        }
        if enough && slot.keys.is_some() {
            return Look::Use(slot.answer(now));
        }
        slot.asked_at = Some(now);
        slot.in_flight_since = Some(now);
        Look::Ask
    }
}

enum Look {
    Use(Result<(Rc<KeySet>, Option<Timestamp>), KeySetError>),
    Wait,
    Ask,
}

impl Slot {
    /// What is there; an error only where there is nothing that may still be used.
    fn answer(&self, now: Timestamp) -> Result<(Rc<KeySet>, Option<Timestamp>), KeySetError> {
        let usable = self
            .fresh_until
            .is_some_and(|until| now < until.plus(STALE_AT_MOST));
        match &self.keys {
            Some(keys) if usable => Ok((Rc::clone(keys), self.fetched_at)),
            _ => Err(self.failed.unwrap_or(KeySetError::Unreachable)),
        }
    }
}

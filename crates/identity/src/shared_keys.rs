//! One issuer's key set for all isolates: kept by one object, fetched by it alone.
//!
//! Owns when the issuer is asked again: when the set is stale, or when a key is missing and the
//! cooldown is over. Requests that come while a fetch is under way wait for it.

use std::cell::{Cell, RefCell};
use std::time::Duration;

use super::key_source::{FetchedKeySet, KeySetError, KeySetSource, fetch_key_set};
use onbehalf_clock::Clock;
use onbehalf_clock::Timestamp;
use onbehalf_fetch::Fetch;

/// An issuer is asked at most once in this time because of a key that is not in its set. Anybody
/// can name a key that does not exist; nobody can turn that into traffic to the issuer.
const COOLDOWN: Duration = Duration::from_secs(30);
/// After a failed fetch, the issuer is left alone for this long.
const AFTER_FAILURE: Duration = Duration::from_secs(5);
/// How long a set may be used beyond its time while its issuer does not answer.
const STALE_AT_MOST: Duration = Duration::from_secs(24 * 3600);
/// How long a fetch under way is waited for before another begins: beyond the two timeouts a
/// fetch can take.
const FLIGHT_AT_MOST: Duration = Duration::from_secs(12);
/// Pause between two looks at a fetch under way.
const LOOK_AGAIN: Duration = Duration::from_millis(10);

/// What is kept of one issuer.
#[derive(Default)]
pub struct SharedKeySetState {
    kept: RefCell<Option<FetchedKeySet>>,
    failed: Cell<Option<(Timestamp, KeySetError)>>,
    asked_at: Cell<Option<Timestamp>>,
    in_flight_since: Cell<Option<Timestamp>>,
}

impl SharedKeySetState {
    /// Begins with a set that was kept elsewhere.
    pub fn restore(kept: Option<FetchedKeySet>) -> Self {
        let state = Self::default();
        state.asked_at.set(kept.as_ref().map(|set| set.fetched_at));
        *state.kept.borrow_mut() = kept;
        state
    }

    /// The key set: kept, or fetched if it is time to.
    ///
    /// # Errors
    /// [`KeySetError`] when there is none and none can be had.
    pub async fn load(
        &self,
        fetch: &dyn Fetch,
        clock: &dyn Clock,
        source: &KeySetSource,
        newer_than: Option<Timestamp>,
    ) -> Result<FetchedKeySet, KeySetError> {
        loop {
            let now = clock.now();
            if let Some(answer) = self.without_asking(now, newer_than) {
                return answer;
            }
            match self.in_flight_since.get() {
                Some(since) if now.since(since) < FLIGHT_AT_MOST => clock.sleep(LOOK_AGAIN).await,
                _ => return self.ask(fetch, clock, source, now).await,
            }
        }
    }

    /// The answer that needs no fetch, if there is one.
    fn without_asking(
        &self,
        now: Timestamp,
        newer_than: Option<Timestamp>,
    ) -> Option<Result<FetchedKeySet, KeySetError>> {
        let kept = self.kept.borrow();
        let failed = self
            .failed
            .get()
            .filter(|(at, _)| now.since(*at) < AFTER_FAILURE);
        let Some(set) = kept.as_ref() else {
            return failed.map(|(_, error)| Err(error));
        };
        let fresh = now < set.fresh_until;
        let new_enough = newer_than.is_none_or(|than| set.fetched_at > than);
        let cooling = self
            .asked_at
            .get()
            .is_some_and(|at| now.since(at) < COOLDOWN);
        let usable = now < set.fresh_until.plus(STALE_AT_MOST);
        if (fresh && (new_enough || cooling)) || (failed.is_some() && usable) {
            return Some(Ok(set.clone()));
        }
        None
    }

    async fn ask(
        &self,
        fetch: &dyn Fetch,
        clock: &dyn Clock,
        source: &KeySetSource,
        now: Timestamp,
    ) -> Result<FetchedKeySet, KeySetError> {
        self.in_flight_since.set(Some(now));
        self.asked_at.set(Some(now));
        let fetched = fetch_key_set(fetch, clock, source).await;
        self.in_flight_since.set(None);
        match fetched {
            Ok(set) => {
                self.failed.set(None);
                *self.kept.borrow_mut() = Some(set.clone());
                Ok(set)
            }
            Err(error) => {
                self.failed.set(Some((clock.now(), error)));
                let kept = self.kept.borrow().clone();
                kept.filter(|set| clock.now() < set.fresh_until.plus(STALE_AT_MOST))
                    .ok_or(error)
            }
        }
    }
}

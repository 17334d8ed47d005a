//! One document for all isolates: kept by one object, fetched by it alone.
//!
//! Owns when the issuer is asked again: when the document is stale, or when a key is missing and
//! the cooldown is over. Requests that come while a fetch is under way wait for it. Who goes away
//! in the middle of a fetch takes nothing from the others: the next may ask at once, as long as
//! not too many did.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::time::Duration;

use super::document::{DocumentError, DocumentSource, FetchedDocument, fetch_document};
use onbehalf_clock::{Clock, Timestamp};
use onbehalf_fetch::Fetch;

/// An issuer is asked at most once in this time because of a key that is not in its set. Anybody
/// can name a key that does not exist; nobody can turn that into traffic to the issuer.
const COOLDOWN: Duration = Duration::from_secs(30);
/// After a failed fetch, the issuer is left alone for this long.
const AFTER_FAILURE: Duration = Duration::from_secs(5);
/// Fetches that may begin within a cooldown, those included that nobody waited for to the end: as
/// many as failures alone would allow. Going away is as easy as naming a key that does not exist.
const BEGUN_AT_MOST: usize = 6;
/// How long a fetch under way is waited for before another begins: beyond the two timeouts a
/// fetch can take.
const FLIGHT_AT_MOST: Duration = Duration::from_secs(12);
/// Pause between two looks at a fetch under way.
const LOOK_AGAIN: Duration = Duration::from_millis(10);

/// What is kept of one document.
#[derive(Default)]
pub struct SharedDocument {
    kept: RefCell<Option<FetchedDocument>>,
    failed: Cell<Option<(Timestamp, DocumentError)>>,
    /// When a fetch last came to an end; only that spends the cooldown.
    ended_at: Cell<Option<Timestamp>>,
    /// When the last fetches began.
    begun: RefCell<VecDeque<Timestamp>>,
    in_flight_since: Cell<Option<Timestamp>>,
}

impl SharedDocument {
    /// Begins with a document that was kept elsewhere.
    pub fn restore(kept: Option<FetchedDocument>) -> Self {
        let state = Self::default();
        state.ended_at.set(kept.as_ref().map(|it| it.fetched_at));
        *state.kept.borrow_mut() = kept;
        state
    }

    /// The document: kept, or fetched if it is time to.
    ///
    /// # Errors
    /// [`DocumentError`] when there is none and none can be had.
    pub async fn load(
        &self,
        fetch: &dyn Fetch,
        clock: &dyn Clock,
        source: &DocumentSource,
        newer_than: Option<Timestamp>,
    ) -> Result<FetchedDocument, DocumentError> {
        loop {
            let now = clock.now();
            if let Some(answer) = self.without_asking(now, newer_than) {
                return answer;
            }
            match self.in_flight_since.get() {
                Some(since) if now.since(since) < FLIGHT_AT_MOST => clock.sleep(LOOK_AGAIN).await,
                _ if self.begun_lately(now) >= BEGUN_AT_MOST => {
                    return self.usable(now).ok_or(DocumentError::Unreachable);
                }
                _ => return self.ask(fetch, clock, source, now).await,
            }
        }
    }

    /// The answer that needs no fetch, if there is one.
    fn without_asking(
        &self,
        now: Timestamp,
        newer_than: Option<Timestamp>,
    ) -> Option<Result<FetchedDocument, DocumentError>> {
        let failed = self
            .failed
            .get()
            .filter(|(at, _)| now.since(*at) < AFTER_FAILURE);
        let Some(kept) = self.usable(now) else {
            return failed.map(|(_, error)| Err(error));
        };
        let fresh = now < kept.fresh_until;
        let new_enough = newer_than.is_none_or(|than| kept.fetched_at > than);
        let ended = self.ended_at.get();
        let cooling = ended.is_some_and(|at| now.since(at) < COOLDOWN);
        let enough = fresh && (new_enough || cooling);
        (enough || failed.is_some()).then_some(Ok(kept))
    }

    /// What is kept and may still be used.
    fn usable(&self, now: Timestamp) -> Option<FetchedDocument> {
        let kept = self.kept.borrow();
        kept.as_ref()
            .filter(|kept| now < kept.usable_until())
            .cloned()
    }

    fn begun_lately(&self, now: Timestamp) -> usize {
        let begun = self.begun.borrow();
        begun.iter().filter(|at| now.since(**at) < COOLDOWN).count()
    }

    async fn ask(
        &self,
        fetch: &dyn Fetch,
        clock: &dyn Clock,
        source: &DocumentSource,
        now: Timestamp,
    ) -> Result<FetchedDocument, DocumentError> {
        let flight = Flight::begin(self, now);
        let fetched = fetch_document(fetch, clock, source).await;
        drop(flight);
        let now = clock.now();
        self.ended_at.set(Some(now));
        match fetched {
            Ok(document) => {
                self.failed.set(None);
                *self.kept.borrow_mut() = Some(document.clone());
                Ok(document)
            }
            Err(error) => {
                self.failed.set(Some((now, error)));
                self.usable(now).ok_or(error)
            }
        }
    }
}

/// A fetch under way; over when its future is, however that ends.
struct Flight<'a>(&'a SharedDocument);

impl<'a> Flight<'a> {
    fn begin(document: &'a SharedDocument, now: Timestamp) -> Self {
        document.in_flight_since.set(Some(now));
        let mut begun = document.begun.borrow_mut();
        begun.push_back(now);
        if begun.len() > BEGUN_AT_MOST {
            begun.pop_front();
        }
        drop(begun);
        Self(document)
    }
}

impl Drop for Flight<'_> {
    fn drop(&mut self) {
        self.0.in_flight_since.set(None);
    }
}

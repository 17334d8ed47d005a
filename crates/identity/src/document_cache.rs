//! Documents in this isolate, in front of the shared ones.
//!
//! Owns the rule that a warm isolate verifies without asking anybody, and that concurrent misses
//! become one question. A future of one request must not be awaited by another on Workers, so
//! those who wait look again on timers of their own.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::time::Duration;

use super::document::{DocumentError, DocumentSource, FetchedDocument, SharedDocuments};
use onbehalf_clock::{Clock, Timestamp};

/// After a question about a missing key, this isolate does not repeat it for this long.
const ASK_AGAIN: Duration = Duration::from_secs(5);
/// A document that could not be refreshed is used on while the shared cache lets it, asked this
/// often.
const REFRESH_AGAIN: Duration = Duration::from_secs(5);
/// How long a question under way is waited for before another is asked.
const FLIGHT_AT_MOST: Duration = Duration::from_secs(15);
/// Pause between two looks at a question under way.
const LOOK_AGAIN: Duration = Duration::from_millis(5);

/// A document of an issuer that could not be had when it was last asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Missed {
    /// Which, in words: `key set of https://…`.
    pub document: String,
    /// Why; `None` where whoever keeps it for all isolates has handed out the old one.
    pub error: Option<DocumentError>,
    /// Until when the old one is used; `None` where there is none.
    pub usable_until: Option<Timestamp>,
}

/// A document as read, and when it was fetched.
pub(super) type Current<T> = (Rc<T>, Timestamp);

struct Kept<T> {
    read: Rc<T>,
    fetched_at: Timestamp,
    fresh_until: Timestamp,
    usable_until: Timestamp,
}

struct Slot<T> {
    kept: Option<Kept<T>>,
    asked_at: Option<Timestamp>,
    in_flight_since: Option<Timestamp>,
    failed: Option<DocumentError>,
}

impl<T> Default for Slot<T> {
    fn default() -> Self {
        Self {
            kept: None,
            asked_at: None,
            in_flight_since: None,
            failed: None,
        }
    }
}

/// The isolate's documents of one kind.
pub(super) struct DocumentCache<T> {
    slots: RefCell<BTreeMap<String, Slot<T>>>,
}

impl<T> Default for DocumentCache<T> {
    fn default() -> Self {
        Self {
            slots: RefCell::default(),
        }
    }
}

impl<T> DocumentCache<T> {
    /// The document; newer than `than` if that can be had.
    pub(super) async fn current(
        &self,
        shared: &dyn SharedDocuments,
        clock: &dyn Clock,
        source: &DocumentSource,
        than: Option<Timestamp>,
        read: impl FnOnce(&FetchedDocument) -> Result<T, DocumentError>,
    ) -> Result<Current<T>, DocumentError> {
        let name = source.name();
        loop {
            let now = clock.now();
            match self.look(&name, now, than) {
                Look::Use(answer) => return answer,
                Look::Wait => clock.sleep(LOOK_AGAIN).await,
                Look::Ask { asked_before } => {
                    let question = Question {
                        cache: self,
                        name: &name,
                        asked_before,
                    };
                    let loaded = shared.load(source, than).await;
                    let loaded = loaded.and_then(|it| Ok((read(&it)?, it)));
                    question.answered();
                    return self.keep(&name, loaded, clock.now());
                }
            }
        }
    }

    /// The documents that could not be had when they were last asked for, each with the reason.
    pub(super) fn missed(&self) -> Vec<Missed> {
        let slots = self.slots.borrow();
        let missed = slots.iter().filter(|(_, slot)| slot.missed());
        let missed = missed.map(|(name, slot)| Missed {
            document: name.clone(),
            error: slot.failed,
            usable_until: slot.kept.as_ref().map(|kept| kept.usable_until),
        });
        missed.collect()
    }

    fn keep(
        &self,
        name: &str,
        loaded: Result<(T, FetchedDocument), DocumentError>,
        now: Timestamp,
    ) -> Result<Current<T>, DocumentError> {
        let mut slots = self.slots.borrow_mut();
        let slot = slots.entry(name.to_owned()).or_default();
        match loaded {
            Ok((read, document)) => {
                slot.failed = None;
                slot.kept = Some(Kept {
                    read: Rc::new(read),
                    fetched_at: document.fetched_at,
                    fresh_until: document.fresh_until,
                    usable_until: document.usable_until(),
                });
            }
            Err(error) => slot.failed = Some(error),
        }
        slot.answer(now)
    }

    fn look(&self, name: &str, now: Timestamp, than: Option<Timestamp>) -> Look<T> {
        let mut slots = self.slots.borrow_mut();
        let slot = slots.entry(name.to_owned()).or_default();
        let asked_within = |limit| slot.asked_at.is_some_and(|at| now.since(at) < limit);
        let enough = slot.kept.as_ref().is_some_and(|kept| match than {
            None => now < kept.fresh_until || asked_within(REFRESH_AGAIN),
            Some(than) => kept.fetched_at > than || asked_within(ASK_AGAIN),
        });
        let flying = slot
            .in_flight_since
            .is_some_and(|since| now.since(since) < FLIGHT_AT_MOST);
        if flying && (!enough || than.is_some()) {
            return Look::Wait;
        }
        if enough {
            return Look::Use(slot.answer(now));
        }
        let asked_before = slot.asked_at.replace(now);
        slot.in_flight_since = Some(now);
        Look::Ask { asked_before }
    }
}

enum Look<T> {
    Use(Result<Current<T>, DocumentError>),
    Wait,
    Ask { asked_before: Option<Timestamp> },
}

impl<T> Slot<T> {
    /// Whether the last question brought none, or one whose time was over.
    fn missed(&self) -> bool {
        let stale = self.kept.as_ref().zip(self.asked_at);
        let stale = stale.is_some_and(|(kept, asked_at)| kept.fresh_until <= asked_at);
        self.failed.is_some() || stale
    }

    /// What is there; an error only where there is nothing that may still be used.
    fn answer(&self, now: Timestamp) -> Result<Current<T>, DocumentError> {
        match &self.kept {
            Some(kept) if now < kept.usable_until => Ok((Rc::clone(&kept.read), kept.fetched_at)),
            _ => Err(self.failed.unwrap_or(DocumentError::Unreachable)),
        }
    }
}

/// A question under way. If whoever asked goes away first, it counts as never asked.
struct Question<'a, T> {
    cache: &'a DocumentCache<T>,
    name: &'a str,
    asked_before: Option<Timestamp>,
}

impl<T> Question<'_, T> {
    fn answered(mut self) {
        let mut slots = self.cache.slots.borrow_mut();
        if let Some(slot) = slots.get_mut(self.name) {
            self.asked_before = slot.asked_at;
        }
    }
}

impl<T> Drop for Question<'_, T> {
    fn drop(&mut self) {
        let mut slots = self.cache.slots.borrow_mut();
        if let Some(slot) = slots.get_mut(self.name) {
            slot.in_flight_since = None;
            slot.asked_at = self.asked_before;
        }
    }
}

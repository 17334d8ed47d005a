//! Waiting for one's turn, so that an app need not say no.
//!
//! Owns the leases of one process: turns are taken a few at a time from a count that all runs of a
//! user share, so that most calls ask nobody. Knows nothing of where that count is kept. It is a
//! courtesy to the app, never a lock: when the count cannot be reached, calls go on, and what the
//! app itself answers stands.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;
use std::time::Duration;

use async_trait::async_trait;

use super::allowance::{Given, Lane, Rates, Wanted};
use super::failure::CallFailure;
use super::permit::CallKind;
use onbehalf_clock::Clock;
use onbehalf_clock::Timestamp;

/// A read may wait this long for its turn inside an invocation. Six calls wait at once, and the
/// slowest lane lets two a second through.
const READ_WAIT: Duration = Duration::from_secs(10);
/// A write waits less: it must leave within five seconds after its intent, or not at all.
const WRITE_WAIT: Duration = Duration::from_secs(3);
/// Turns are leased by this share of a burst, …
const LEASE_SHARE: u32 = 5;
/// … and no more than this many at once: what a process that dies takes with it.
const LONGEST_LEASE: u32 = 10;
/// A turn not used this long after it was leased is given up: later, it would come as a surprise to
/// the count.
const LEASE_LIFETIME: Duration = Duration::from_secs(2);
/// Users and lanes whose leases one process keeps; beyond, it forgets them all.
const MOST_LEASES: usize = 256;

/// The count shared by all runs of a user.
#[async_trait(?Send)]
pub trait SharedAllowance {
    /// Takes turns ([`Used::take`](super::Used::take)). `None` when the count cannot be reached.
    async fn take(&self, identifier: &str, lane: Lane, wanted: Wanted) -> Option<Given>;
    /// Notes that the app itself wants to be left alone for so long.
    async fn hold(&self, identifier: &str, lane: Lane, pause: Duration);
}

/// Turns as one process takes them.
#[derive(Clone)]
pub struct Turns {
    shared: Rc<dyn SharedAllowance>,
    rates: Rates,
    leases: Rc<RefCell<Leases>>,
}

/// Turns that could be used at once when they were leased, and when that was.
struct Lease {
    turns: u32,
    since: Timestamp,
}

type Leases = HashMap<(String, Lane), Lease>;

impl Turns {
    /// Turns against this count.
    pub fn new(shared: Rc<dyn SharedAllowance>, rates: Rates) -> Self {
        Self {
            shared,
            rates,
            leases: Rc::default(),
        }
    }

    /// Waits for the next turn.
    ///
    /// # Errors
    /// [`CallFailure::RateLimited`] when it is too far away to wait for.
    pub(super) async fn next(
        &self,
        identifier: &str,
        lane: Lane,
        kind: CallKind,
        clock: &dyn Clock,
    ) -> Result<(), CallFailure> {
        let key = (identifier.to_owned(), lane);
        if self.has_leased(&key, clock.now()) {
            return Ok(());
        }
        let burst = self.rates.of(lane).burst;
        let wanted = Wanted {
            turns: burst.div_ceil(LEASE_SHARE).min(LONGEST_LEASE),
            longest_wait: match kind {
                CallKind::Read => READ_WAIT,
                CallKind::Write => WRITE_WAIT,
            },
        };
        match self.shared.take(identifier, lane, wanted).await {
            None => {}
            Some(Given::AtOnce(turns)) => self.keep(key, turns.saturating_sub(1), clock.now()),
            Some(Given::Later(wait)) => clock.sleep(wait).await,
            Some(Given::TooFar(wait)) => {
                let seconds = wait.as_millis().div_ceil(1000);
                return Err(CallFailure::RateLimited {
                    retry_after_seconds: Some(u64::try_from(seconds).unwrap_or(u64::MAX)),
                });
            }
        }
        Ok(())
    }

    /// Notes that the app has said no.
    pub(super) async fn refused(&self, identifier: &str, lane: Lane, retry_after: Option<u64>) {
        self.leases
            .borrow_mut()
            .remove(&(identifier.to_owned(), lane));
        if let Some(seconds) = retry_after {
            let pause = Duration::from_secs(seconds);
            self.shared.hold(identifier, lane, pause).await;
        }
    }

    /// Uses a leased turn, if there is one that is not stale.
    fn has_leased(&self, key: &(String, Lane), now: Timestamp) -> bool {
        let mut leases = self.leases.borrow_mut();
        let lease = leases
            .get_mut(key)
            .filter(|lease| lease.turns > 0 && now < lease.since.plus(LEASE_LIFETIME));
        lease.is_some_and(|lease| {
            lease.turns -= 1;
            true
        })
    }

    /// Keeps turns for the calls that follow.
    fn keep(&self, key: (String, Lane), turns: u32, since: Timestamp) {
        let mut leases = self.leases.borrow_mut();
        if leases.len() >= MOST_LEASES {
            leases.clear();
        }
        let lease = Lease { turns, since };
        leases.insert(key, lease);
    }
}

#[cfg(test)]
#[path = "turns_tests.rs"]
mod tests;

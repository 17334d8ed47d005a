//! Waiting for one's turn, so that an app need not say no.
//!
//! Owns the leases of one process: turns are taken a few at a time from a count that all runs of a
//! user share, so that most calls ask nobody. Knows nothing of where that count is kept. It is a
//! courtesy to the app, never a lock: when the count cannot be reached, calls go on, and what the
//! app itself answers stands.

use std::cell::RefCell;
use std::collections::{HashMap, VecDeque};
use std::rc::Rc;
use std::time::Duration;

use async_trait::async_trait;

use super::allowance::{LONGEST_WAIT, Lane, Rates};
use super::failure::CallFailure;
use crate::ports::Clock;
use crate::time::Timestamp;

/// Turns are leased by this share of a burst, …
const LEASE_SHARE: u32 = 5;
/// … and no more than this many at once: what a process that dies takes with it.
const LONGEST_LEASE: u32 = 10;
/// A turn not used this long after it came is given up: later, it would come as a surprise to the
/// count.
const LEASE_LIFETIME: Duration = Duration::from_secs(2);
/// Users and lanes whose leases one process keeps; beyond, it forgets them all.
const MOST_LEASES: usize = 256;

/// The count shared by all runs of a user.
#[async_trait(?Send)]
pub trait SharedAllowance {
    /// Takes so many turns ([`Used::take`](super::Used::take)). `None` when the count cannot be
    /// reached.
    async fn take(&self, identifier: &str, lane: Lane, turns: u32) -> Option<Vec<Duration>>;
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

/// When leased turns come, by whose they are.
type Leases = HashMap<(String, Lane), VecDeque<Timestamp>>;

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
        clock: &dyn Clock,
    ) -> Result<(), CallFailure> {
        let key = (identifier.to_owned(), lane);
        let now = clock.now();
        let turn = match self.leased(&key, now) {
            Some(turn) => turn,
            None => match self.lease(&key, clock).await {
                Some(turn) => turn,
                None => return Ok(()),
            },
        };
        let wait = turn.since(clock.now());
        if wait > LONGEST_WAIT {
            return Err(CallFailure::RateLimited {
                retry_after_seconds: Some(wait.as_millis().div_ceil(1000).try_into().unwrap_or(1)),
            });
        }
        if !wait.is_zero() {
            clock.sleep(wait).await;
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

    /// The next leased turn that is not stale.
    fn leased(&self, key: &(String, Lane), now: Timestamp) -> Option<Timestamp> {
        let mut leases = self.leases.borrow_mut();
        let lease = leases.get_mut(key)?;
        while let Some(turn) = lease.pop_front() {
            if turn.plus(LEASE_LIFETIME) > now {
                return Some(turn);
            }
        }
        None
    }

    /// Leases some turns, keeps all but the first.
    async fn lease(&self, key: &(String, Lane), clock: &dyn Clock) -> Option<Timestamp> {
        let burst = self.rates.of(key.1).burst;
        let wanted = burst.div_ceil(LEASE_SHARE).min(LONGEST_LEASE);
        let waits = self.shared.take(&key.0, key.1, wanted).await?;
        let now = clock.now();
        let mut turns: VecDeque<Timestamp> = waits.iter().map(|wait| now.plus(*wait)).collect();
        let first = turns.pop_front()?;
        let mut leases = self.leases.borrow_mut();
        if leases.len() >= MOST_LEASES {
            leases.clear();
        }
        leases.entry(key.clone()).or_default().extend(turns);
        Some(first)
    }
}

#[cfg(test)]
#[path = "turns_tests.rs"]
mod tests;

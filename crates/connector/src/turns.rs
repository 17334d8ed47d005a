//! Waiting for one's turn, so that nobody need say no; and what is remembered when somebody did.
//!
//! Owns the leases of one process, and the holds that grow when nobody says how long to wait: turns are taken a few at a time from a count that all runs of a
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
/// Users and lanes that one process remembers; beyond, it forgets them all.
const MOST_LANES: usize = 256;
/// Whose allowance it is that all users share. No user's identifier: those have a prefix.
pub(super) const ENVIRONMENT: &str = "environment";
/// Nothing leaves for so long after the first refusal that does not say when to come back, twice as
/// long after the next, …
const FIRST_HOLD: Duration = Duration::from_secs(5);
/// … and never longer than this. Scalekit counts by the minute, the apps by the second, by ten
/// seconds or by the hour.
const LONGEST_HOLD: Duration = Duration::from_secs(5 * 60);
/// So long after Scalekit's own limit was met, calls still leave one after the other, whoever makes
/// them: a crowd that comes back at once meets it again.
const CAREFUL_AFTERWARDS: Duration = Duration::from_secs(10 * 60);
/// How often it is looked whether another process has met that limit.
const LOOK_EVERY: Duration = Duration::from_secs(30);

/// The count shared by all runs of a user, and one shared by all users.
#[async_trait(?Send)]
pub trait SharedAllowance {
    /// Takes turns ([`Used::take`](super::Used::take)). `None` when the count cannot be reached.
    async fn take(&self, identifier: &str, lane: Lane, wanted: Wanted) -> Option<Given>;
    /// Notes that nothing is to leave for so long.
    async fn hold(&self, identifier: &str, lane: Lane, pause: Duration);
}

/// Turns as one process takes them.
#[derive(Clone)]
pub struct Turns {
    shared: Rc<dyn SharedAllowance>,
    rates: Rates,
    memory: TurnMemory,
}

/// What one process remembers of its turns, for all its users. Clones share it.
#[derive(Clone, Default)]
pub struct TurnMemory(Rc<RefCell<Remembered>>);

#[derive(Default)]
struct Remembered {
    lanes: HashMap<(String, Lane), OneLane>,
    /// Until when every call asks whether Scalekit's own limit leaves it a turn.
    careful_until: Option<Timestamp>,
    /// When it was last looked whether other processes have met that limit.
    looked_at: Option<Timestamp>,
}

/// One user's lane.
#[derive(Default)]
struct OneLane {
    /// Turns that could be used at once when they were leased, and when that was.
    lease: Option<(u32, Timestamp)>,
    /// How often in a row it was asked for fewer requests.
    refusals: u32,
}

impl Turns {
    /// Turns against this count.
    pub fn new(shared: Rc<dyn SharedAllowance>, rates: Rates) -> Self {
        Self {
            shared,
            rates,
            memory: TurnMemory::default(),
        }
    }

    /// The same, with the memory of the process, which outlives a client.
    #[must_use]
    pub fn remembering(self, memory: TurnMemory) -> Self {
        Self { memory, ..self }
    }

    /// Waits for the next turn: in the lane, if an app will hear of the call, and with Scalekit, if
    /// its own limit was met lately.
    ///
    /// # Errors
    /// [`CallFailure::RateLimited`] when it is too far away to wait for.
    pub(super) async fn next(
        &self,
        identifier: &str,
        lane: Option<Lane>,
        kind: CallKind,
        clock: &dyn Clock,
    ) -> Result<(), CallFailure> {
        if self.must_ask_for_all(clock).await {
            self.turn(ENVIRONMENT, Lane::Environment, kind, clock)
                .await?;
        }
        match lane {
            Some(lane) => self.turn(identifier, lane, kind, clock).await,
            None => Ok(()),
        }
    }

    async fn turn(
        &self,
        whose: &str,
        lane: Lane,
        kind: CallKind,
        clock: &dyn Clock,
    ) -> Result<(), CallFailure> {
        let key = (whose.to_owned(), lane);
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
        match self.shared.take(whose, lane, wanted).await {
            None => {}
            Some(Given::AtOnce(turns)) => {
                self.lane(key, |it| {
                    it.lease = Some((turns.saturating_sub(1), clock.now()))
                });
            }
            Some(Given::Later(wait)) => clock.sleep(wait).await,
            Some(Given::TooFar(wait)) => {
                return Err(CallFailure::RateLimited {
                    retry_after_seconds: Some(whole_seconds(wait)),
                });
            }
        }
        Ok(())
    }

    /// Whether calls ask for a turn with Scalekit. The count that all users share is asked only
    /// while its limit was met lately; whether it was, is looked at now and then.
    async fn must_ask_for_all(&self, clock: &dyn Clock) -> bool {
        let now = clock.now();
        {
            let mut memory = self.memory.0.borrow_mut();
            if memory.careful_until.is_some_and(|until| now < until) {
                return true;
            }
            if memory.looked_at.is_some_and(|at| now < at.plus(LOOK_EVERY)) {
                return false;
            }
            memory.looked_at = Some(now);
        }
        let look = Wanted {
            turns: 1,
            longest_wait: Duration::ZERO,
        };
        let given = self.shared.take(ENVIRONMENT, Lane::Environment, look).await;
        let Some(Given::TooFar(wait)) = given else {
            return false;
        };
        self.be_careful(now.plus(wait));
        true
    }

    /// Until when calls ask for their turn because Scalekit's own limit was met; `None` when it was
    /// not met lately.
    pub(super) fn careful_until(&self, now: Timestamp) -> Option<Timestamp> {
        let memory = self.memory.0.borrow();
        memory.careful_until.filter(|until| now < *until)
    }

    fn be_careful(&self, held_until: Timestamp) {
        let until = held_until.plus(CAREFUL_AFTERWARDS);
        let mut memory = self.memory.0.borrow_mut();
        memory.careful_until = memory.careful_until.max(Some(until));
    }

    /// Notes that somebody has said no: the app to one user, or Scalekit to everybody
    /// ([`ENVIRONMENT`]). Says for how many seconds nothing leaves. Without a word about that from
    /// whoever said no, it is longer each time.
    pub(super) async fn refused(
        &self,
        whose: &str,
        lane: Lane,
        retry_after: Option<u64>,
        clock: &dyn Clock,
    ) -> u64 {
        let refusals = self.lane((whose.to_owned(), lane), |it| {
            it.lease = None;
            it.refusals = it.refusals.saturating_add(1);
            it.refusals
        });
        let doubled = 2_u32.saturating_pow(refusals.saturating_sub(1));
        let grown = FIRST_HOLD.saturating_mul(doubled).min(LONGEST_HOLD);
        let pause = retry_after.map_or(grown, Duration::from_secs);
        if lane == Lane::Environment {
            self.be_careful(clock.now().plus(pause));
        }
        if !pause.is_zero() {
            self.shared.hold(whose, lane, pause).await;
        }
        whole_seconds(pause)
    }

    /// Notes that the app took a call: its limit is not met any more.
    pub(super) fn accepted(&self, identifier: &str, lane: Lane) {
        let mut memory = self.memory.0.borrow_mut();
        let all = (ENVIRONMENT.to_owned(), Lane::Environment);
        for key in [(identifier.to_owned(), lane), all] {
            if let Some(lane) = memory.lanes.get_mut(&key) {
                lane.refusals = 0;
            }
        }
    }

    /// Uses a leased turn, if there is one that is not stale.
    fn has_leased(&self, key: &(String, Lane), now: Timestamp) -> bool {
        let mut memory = self.memory.0.borrow_mut();
        let lane = memory.lanes.get_mut(key);
        match lane.and_then(|lane| lane.lease.as_mut()) {
            Some((turns, since)) if *turns > 0 && now < since.plus(LEASE_LIFETIME) => {
                *turns -= 1;
                true
            }
            _ => false,
        }
    }

    /// Changes what is remembered of a lane.
    fn lane<T>(&self, key: (String, Lane), change: impl FnOnce(&mut OneLane) -> T) -> T {
        let mut memory = self.memory.0.borrow_mut();
        if memory.lanes.len() >= MOST_LANES && !memory.lanes.contains_key(&key) {
            memory.lanes.clear();
        }
        change(memory.lanes.entry(key).or_default())
    }
}

fn whole_seconds(wait: Duration) -> u64 {
    u64::try_from(wait.as_millis().div_ceil(1000)).unwrap_or(u64::MAX)
}

#[cfg(test)]
#[path = "turns_tests.rs"]
mod tests;

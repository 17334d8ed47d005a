//! Time that is moved by hand, and chance that is the same every time, for tests and simulations.
//!
//! Nothing here waits for real time. Whoever owns a [`HandClock`] either moves it, or has
//! [`HandClock::run`] drive one future: as long as that can go on, time stands still; once it only
//! waits, the clock jumps to the next timer. So a timeout of ten minutes costs nothing and never
//! fires before a pause of one second.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::future::poll_fn;
use std::pin::pin;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Wake, Waker};
use std::time::Duration;

use async_trait::async_trait;

use crate::{Clock, Random, Timestamp};

/// Timers by number: when they ring, and whom they wake.
type Timers = Rc<RefCell<BTreeMap<u64, (Timestamp, Waker)>>>;

/// A clock that shows what it was set to.
pub struct HandClock {
    now: Cell<Timestamp>,
    timers: Timers,
    numbers: Cell<u64>,
}

impl HandClock {
    /// A clock that shows this time.
    pub fn at(now: Timestamp) -> Self {
        Self {
            now: Cell::new(now),
            timers: Timers::default(),
            numbers: Cell::default(),
        }
    }

    /// When the next timer rings.
    pub fn next_timer(&self) -> Option<Timestamp> {
        self.timers.borrow().values().map(|(at, _)| *at).min()
    }

    /// Moves on, never back, and wakes whose time has come.
    pub fn move_to(&self, to: Timestamp) {
        self.now.set(self.now.get().max(to));
        for (at, waker) in self.timers.borrow().values() {
            if *at <= self.now.get() {
                waker.wake_by_ref();
            }
        }
    }

    /// Lets so much time pass.
    pub fn pass(&self, time: Duration) {
        self.move_to(self.now.get().plus(time));
    }

    /// Runs `work` to its end, or until `stopped`; answers nothing then.
    ///
    /// # Panics
    /// When the work waits for something that is not a timer of this clock: it would wait for ever.
    pub fn run<T>(&self, work: impl Future<Output = T>, stopped: impl Fn() -> bool) -> Option<T> {
        let woken = Arc::new(Woken(AtomicBool::new(true)));
        let waker = Waker::from(Arc::clone(&woken));
        let mut work = pin!(work);
        loop {
            if woken.0.swap(false, Ordering::Relaxed) {
                if let Poll::Ready(done) = work.as_mut().poll(&mut Context::from_waker(&waker)) {
                    return Some(done);
                }
                if stopped() {
                    return None;
                }
            } else {
                let next = self.next_timer();
                self.move_to(next.expect("the work waits for no timer"));
            }
        }
    }
}

/// Notes that somebody was woken.
struct Woken(AtomicBool);

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Takes its timer along when a sleep is given up.
struct Timer(Timers, u64);

impl Drop for Timer {
    fn drop(&mut self) {
        self.0.borrow_mut().remove(&self.1);
    }
}

#[async_trait(?Send)]
impl Clock for HandClock {
    fn now(&self) -> Timestamp {
        self.now.get()
    }

    async fn sleep(&self, duration: Duration) {
        let until = self.now().plus(duration);
        let number = self.numbers.replace(self.numbers.get() + 1);
        let timer = Timer(Rc::clone(&self.timers), number);
        poll_fn(|cx| {
            if self.now() >= until {
                return Poll::Ready(());
            }
            let waiting = (until, cx.waker().clone());
            timer.0.borrow_mut().insert(number, waiting);
            Poll::Pending
        })
        .await;
    }
}

/// A clock that leaps over every sleep, where nobody drives the work: whoever sleeps moves it on, and
/// those who sleep at the same time share it.
pub struct LeapingClock(HandClock);

impl LeapingClock {
    /// A clock that shows this time.
    pub fn at(now: Timestamp) -> Self {
        Self(HandClock::at(now))
    }

    /// Lets so much time pass.
    pub fn pass(&self, time: Duration) {
        self.0.pass(time);
    }
}

#[async_trait(?Send)]
impl Clock for LeapingClock {
    fn now(&self) -> Timestamp {
        self.0.now()
    }

    async fn sleep(&self, duration: Duration) {
        let until = self.now().plus(duration);
        pause().await;
        self.0.move_to(until);
    }
}

/// Lets everybody else go on first.
pub async fn pause() {
    let mut paused = false;
    poll_fn(|cx| {
        if paused {
            return Poll::Ready(());
        }
        paused = true;
        cx.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}

/// No chance at all: the same byte, always.
pub struct Always(pub u8);

impl Random for Always {
    fn fill(&self, buffer: &mut [u8]) {
        buffer.fill(self.0);
    }
}

/// Chance that is the same in every run: SplitMix64 from a seed.
#[derive(Clone, Debug, Default)]
pub struct Dice(Cell<u64>);

impl Dice {
    /// Dice that fall as this seed says.
    pub fn seeded(seed: u64) -> Self {
        Self(Cell::new(seed))
    }

    /// The next 64 bits.
    pub fn bits(&self) -> u64 {
        self.0.set(self.0.get().wrapping_add(0x9e37_79b9_7f4a_7c15));
        let mut bits = self.0.get();
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        bits ^ (bits >> 31)
    }
}

impl Random for Dice {
    fn fill(&self, buffer: &mut [u8]) {
        for byte in buffer {
            *byte = self.bits().to_le_bytes()[0];
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn clock() -> HandClock {
        HandClock::at(Timestamp::parse("2026-11-23T08:00:00Z").expect("a time"))
    }

    #[test]
    fn those_who_sleep_together_share_the_leap() {
        let clock = LeapingClock::at(clock().now());
        let began = clock.now();
        let sleeps = [60, 10, 30].map(|seconds| clock.sleep(Duration::from_secs(seconds)));
        let slept = clock.0.run(futures::future::join_all(sleeps), || false);
        assert!(slept.is_some());
        assert_eq!(clock.now().since(began), Duration::from_secs(60));
    }

    #[test]
    fn a_long_sleep_costs_nothing_and_rings_after_a_shorter_one() {
        let clock = clock();
        let began = clock.now();
        let rung = RefCell::new(Vec::new());
        let sleeper = |name: &'static str, seconds: u64| {
            let (clock, rung) = (&clock, &rung);
            async move {
                clock.sleep(Duration::from_secs(seconds)).await;
                rung.borrow_mut().push(name);
            }
        };
        let mut both = (
            Box::pin(sleeper("ten minutes", 600)),
            Box::pin(sleeper("a second", 1)),
        );
        let work = poll_fn(|cx| {
            let first =
                rung.borrow().contains(&"ten minutes") || both.0.as_mut().poll(cx).is_ready();
            let second = rung.borrow().contains(&"a second") || both.1.as_mut().poll(cx).is_ready();
            if first && second {
                Poll::Ready(())
            } else {
                Poll::Pending
            }
        });
        assert_eq!(clock.run(work, || false), Some(()));
        assert_eq!(*rung.borrow(), ["a second", "ten minutes"]);
        assert_eq!(clock.now(), began.plus(Duration::from_secs(600)));
    }

    #[test]
    fn who_is_stopped_answers_nothing_and_leaves_no_timer() {
        let clock = clock();
        let work = clock.sleep(Duration::from_secs(5));
        assert_eq!(clock.run(work, || true), None);
        assert_eq!(clock.next_timer(), None);
    }

    #[test]
    fn time_never_goes_back() {
        let clock = clock();
        let now = clock.now();
        clock.move_to(now.minus(Duration::from_secs(1)));
        assert_eq!(clock.now(), now);
        clock.pass(Duration::from_secs(1));
        assert_eq!(clock.now(), now.plus(Duration::from_secs(1)));
    }

    #[test]
    fn dice_fall_as_their_seed_says() {
        let thrown = |seed: u64| {
            let dice = Dice::seeded(seed);
            let mut bytes = [0; 8];
            dice.fill(&mut bytes);
            bytes
        };
        assert_eq!(thrown(7), thrown(7));
        assert_ne!(thrown(7), thrown(8));
    }
}

//! Virtual time and repeatable randomness.
//!
//! Owns the moment that is now and who waits for a later one. Knows nothing of what happens then.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::future::poll_fn;
use std::rc::Rc;
use std::task::{Poll, Waker};
use std::time::Duration;

use async_trait::async_trait;
use onbehalf_clock::Timestamp;
use onbehalf_clock::{Clock, Random};
use onbehalf_sandbox::world::random::Dice;

type Timers = Rc<RefCell<BTreeMap<u64, (Timestamp, Waker)>>>;

/// Time that moves only when the scheduler says so.
pub struct VirtualClock {
    now: Cell<Timestamp>,
    timers: Timers,
    numbers: Cell<u64>,
}

impl VirtualClock {
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

    /// Moves on and wakes whose time has come.
    pub fn move_to(&self, to: Timestamp) {
        self.now.set(self.now.get().max(to));
        for (at, waker) in self.timers.borrow().values() {
            if *at <= self.now.get() {
                waker.wake_by_ref();
            }
        }
    }
}

/// Takes its timer along when the sleeper is dropped.
struct Timer(Timers, u64);

impl Drop for Timer {
    fn drop(&mut self) {
        self.0.borrow_mut().remove(&self.1);
    }
}

#[async_trait(?Send)]
impl Clock for VirtualClock {
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

/// The engine's randomness: dice.
pub struct Thrown(RefCell<Dice>);

impl Thrown {
    /// From a seed.
    pub fn new(seed: u64) -> Self {
        Self(RefCell::new(Dice::new(seed)))
    }
}

impl Random for Thrown {
    fn fill(&self, buffer: &mut [u8]) {
        for byte in buffer {
            *byte = self.0.borrow_mut().bits().to_le_bytes()[0];
        }
    }
}

//! Time that moves only when nothing else can, and randomness that is the same every time.
//!
//! [`HandClock::run`] drives one future: as long as it can go on, time stands still; once it only
//! waits, the clock jumps to the next timer. So a timeout of ten minutes costs nothing and never
//! fires before a pause of one second.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Wake, Waker};
use std::time::Duration;

use async_trait::async_trait;
use onbehalf_clock::Timestamp;
use onbehalf_clock::{Clock, Random};

/// Timers by number: when they ring, and whom they wake.
type Timers = Rc<RefCell<BTreeMap<u64, (Timestamp, Waker)>>>;

/// A clock moved by hand, or by [`Self::run`].
pub struct HandClock {
    now: Cell<Timestamp>,
    timers: Timers,
    numbers: Cell<u64>,
}

impl HandClock {
    pub fn at(text: &str) -> Self {
        Self {
            now: Cell::new(Timestamp::parse(text).expect("a time")),
            timers: Timers::default(),
            numbers: Cell::default(),
        }
    }

    pub fn move_to(&self, to: Timestamp) {
        self.now.set(self.now.get().max(to));
    }

    /// Runs `work` to its end, or until `stopped`; answers nothing then.
    pub fn run<T>(&self, work: impl Future<Output = T>, stopped: impl Fn() -> bool) -> Option<T> {
        let woken = Arc::new(Flag(AtomicBool::new(true)));
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
                self.ring();
            }
        }
    }

    fn ring(&self) {
        let timers = self.timers.borrow();
        let next = timers.values().map(|(at, _)| *at).min();
        self.move_to(next.expect("the work waits for nothing"));
        for (at, waker) in timers.values() {
            if *at <= self.now.get() {
                waker.wake_by_ref();
            }
        }
    }
}

struct Flag(AtomicBool);

impl Wake for Flag {
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

/// Counts up.
#[derive(Default)]
pub struct Counting(Cell<u8>);

impl Random for Counting {
    fn fill(&self, buffer: &mut [u8]) {
        for byte in buffer {
            self.0.set(self.0.get().wrapping_add(37));
            *byte = self.0.get();
        }
    }
}

//! Runs that share a count, and the calls that never ask it.

use std::cell::Cell;

use super::*;
use crate::allowance::Used;
use crate::testkit::kit;
use onbehalf_clock::testkit::LeapingClock;

const LANE: Lane = Lane::HubspotSearch;

/// The count as an object would keep it.
struct Count {
    clock: Rc<LeapingClock>,
    rates: Rates,
    used: RefCell<HashMap<(String, Lane), Used>>,
    asked: Cell<u32>,
    asked_for_all: Cell<u32>,
    reachable: Cell<bool>,
}

#[async_trait(?Send)]
impl SharedAllowance for Count {
    async fn take(&self, whose: &str, lane: Lane, wanted: Wanted) -> Option<Given> {
        let counter = match lane {
            Lane::Environment => &self.asked_for_all,
            _ => &self.asked,
        };
        counter.set(counter.get() + 1);
        let (rate, now) = (self.rates.of(lane), self.clock.now());
        let mut used = self.used.borrow_mut();
        let used = used.entry((whose.to_owned(), lane)).or_default();
        let given = used.take(rate, now, wanted);
        self.reachable.get().then_some(given)
    }

    async fn hold(&self, whose: &str, lane: Lane, pause: Duration) {
        let mut used = self.used.borrow_mut();
        let used = used.entry((whose.to_owned(), lane)).or_default();
        used.hold(self.rates.of(lane), self.clock.now().plus(pause));
    }
}

fn count(burst: u32, per_minute: u32) -> (Rc<Count>, Rates) {
    let json = format!(
        r#"{{"hubspot.search":{{"burst":{burst},"perMinute":{per_minute}}},
             "scalekit":{{"burst":1,"perMinute":60}}}}"#
    );
    let rates = Rates::from_json(Some(&json)).expect("good settings");
    let count = Count {
        clock: kit().clock,
        rates: rates.clone(),
        used: RefCell::default(),
        asked: Cell::default(),
        asked_for_all: Cell::default(),
        reachable: Cell::new(true),
    };
    (Rc::new(count), rates)
}

/// When each of so many calls left, in seconds of a clock that moves by hand.
async fn seconds_of(turns: &Turns, count: &Count, calls: usize) -> Vec<u64> {
    let begin = count.clock.now();
    let mut left = Vec::new();
    for _ in 0..calls {
        let next = turns
            .next(
                "user_alice",
                Some(LANE),
                CallKind::Write,
                count.clock.as_ref(),
            )
            .await;
        assert_eq!(next, Ok(()));
        left.push(count.clock.now().since(begin).as_secs());
    }
    left
}

#[tokio::test]
async fn calls_leave_at_once_and_then_evenly() {
    let (count, rates) = count(5, 60);
    let turns = Turns::new(count.clone(), rates);
    assert_eq!(
        seconds_of(&turns, &count, 8).await,
        [0, 0, 0, 0, 0, 1, 2, 3]
    );
}

#[tokio::test]
async fn two_runs_share_one_allowance() {
    let (count, rates) = count(4, 60);
    let one = Turns::new(count.clone(), rates.clone());
    let other = Turns::new(count.clone(), rates);
    assert_eq!(seconds_of(&one, &count, 4).await, [0; 4]);
    assert_eq!(seconds_of(&other, &count, 2).await, [1, 2]);
}

#[tokio::test]
async fn most_calls_ask_nobody() {
    let (count, rates) = count(50, 6_000);
    let turns = Turns::new(count.clone(), rates);
    seconds_of(&turns, &count, 50).await;
    assert_eq!(count.asked.get(), 5);
}

#[tokio::test]
async fn a_turn_too_far_away_is_a_rate_limit() {
    let (count, rates) = count(1, 10);
    let turns = Turns::new(count.clone(), rates);
    let clock = count.clock.as_ref();
    assert_eq!(
        turns
            .next("user_alice", Some(LANE), CallKind::Write, clock)
            .await,
        Ok(())
    );
    let limited = CallFailure::RateLimited {
        retry_after_seconds: Some(6),
    };
    for _ in 0..3 {
        let next = turns
            .next("user_alice", Some(LANE), CallKind::Write, clock)
            .await;
        assert_eq!(next, Err(limited.clone()));
    }
    clock.pass(Duration::from_secs(6));
    assert_eq!(
        turns
            .next("user_alice", Some(LANE), CallKind::Write, clock)
            .await,
        Ok(())
    );
}

#[tokio::test]
async fn what_the_app_asks_for_holds_for_every_run() {
    let (count, rates) = count(4, 60);
    let one = Turns::new(count.clone(), rates.clone());
    let other = Turns::new(count.clone(), rates);
    let clock = count.clock.as_ref();
    assert_eq!(one.refused("user_alice", LANE, Some(20), clock).await, 20);
    let next = other
        .next(
            "user_alice",
            Some(LANE),
            CallKind::Write,
            count.clock.as_ref(),
        )
        .await;
    let limited = CallFailure::RateLimited {
        retry_after_seconds: Some(20),
    };
    assert_eq!(next, Err(limited));
}

#[tokio::test]
async fn a_count_that_cannot_be_reached_stops_nobody() {
    let (count, rates) = count(1, 1);
    count.reachable.set(false);
    let turns = Turns::new(count.clone(), rates);
    assert_eq!(seconds_of(&turns, &count, 3).await, [0; 3]);
}

#[tokio::test]
async fn a_stale_turn_is_not_used() {
    let (count, rates) = count(10, 60);
    let turns = Turns::new(count.clone(), rates);
    seconds_of(&turns, &count, 1).await;
    count.clock.pass(LEASE_LIFETIME + Duration::from_millis(1));
    seconds_of(&turns, &count, 1).await;
    assert_eq!(count.asked.get(), 2);
}

#[tokio::test]
async fn a_hold_nobody_gives_a_length_to_grows_until_a_call_is_taken() {
    let (count, rates) = count(4, 60);
    let turns = Turns::new(count.clone(), rates);
    let clock = count.clock.as_ref();
    let mut held = Vec::new();
    for _ in 0..8 {
        held.push(turns.refused("user_alice", LANE, None, clock).await);
    }
    assert_eq!(held, [5, 10, 20, 40, 80, 160, 300, 300]);
    assert_eq!(turns.refused("user_bob", LANE, None, clock).await, 5);
    turns.accepted("user_alice", LANE);
    assert_eq!(turns.refused("user_alice", LANE, None, clock).await, 5);
}

#[tokio::test]
async fn scalekits_own_limit_holds_every_user_in_every_process() {
    let (count, rates) = count(4, 60);
    let turns = || Turns::new(count.clone(), rates.clone());
    let (one, other) = (turns(), turns());
    let clock = count.clock.as_ref();
    let held = one.refused(ENVIRONMENT, Lane::Environment, Some(60), clock);
    assert_eq!(held.await, 60);
    let until = one.careful_until(clock.now());
    assert!(until.is_some_and(|until| until >= clock.now().plus(Duration::from_secs(60))));
    assert_eq!(other.careful_until(clock.now()), None, "not met there yet");
    let limited = Err(CallFailure::RateLimited {
        retry_after_seconds: Some(60),
    });
    let kind = CallKind::Read;
    for (turns, user) in [
        (&one, "user_alice"),
        (&one, "user_bob"),
        (&other, "user_carol"),
    ] {
        for lane in [Some(LANE), None] {
            assert_eq!(turns.next(user, lane, kind, clock).await, limited, "{user}");
        }
    }
}

#[tokio::test]
async fn after_a_hold_everybody_gets_a_turn_in_the_order_they_came() {
    let (count, rates) = count(50, 6_000);
    let turns = Turns::new(count.clone(), rates);
    let clock = count.clock.as_ref();
    turns
        .refused(ENVIRONMENT, Lane::Environment, Some(7), clock)
        .await;
    let (begin, left) = (clock.now(), RefCell::new(Vec::new()));
    let call = |user: &'static str| {
        let (turns, left) = (&turns, &left);
        async move {
            let next = turns.next(user, Some(LANE), CallKind::Read, clock).await;
            assert_eq!(next, Ok(()));
            left.borrow_mut()
                .push((user, clock.now().since(begin).as_secs()));
        }
    };
    futures::future::join_all(["user_alice", "user_bob", "user_alice"].map(call)).await;
    assert_eq!(
        *left.borrow(),
        [("user_alice", 7), ("user_bob", 8), ("user_alice", 9)]
    );
}

#[tokio::test]
async fn nobody_asks_for_all_while_nobody_was_limited() {
    let (count, rates) = count(50, 6_000);
    let turns = Turns::new(count.clone(), rates);
    seconds_of(&turns, &count, 50).await;
    assert_eq!(count.asked_for_all.get(), 1, "one look in half a minute");
}

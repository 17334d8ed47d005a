//! Runs that share a count, and the calls that never ask it.

use std::cell::Cell;

use super::*;
use crate::allowance::Used;
use crate::testkit::{HandClock, kit};

const LANE: Lane = Lane::HubspotSearch;

/// The count as an object would keep it.
struct Count {
    clock: Rc<HandClock>,
    rates: Rates,
    used: Cell<Used>,
    asked: Cell<u32>,
    reachable: Cell<bool>,
}

#[async_trait(?Send)]
impl SharedAllowance for Count {
    async fn take(&self, _: &str, lane: Lane, wanted: Wanted) -> Option<Given> {
        self.asked.set(self.asked.get() + 1);
        let (rate, now) = (self.rates.of(lane), self.clock.now());
        let mut used = self.used.get();
        let given = used.take(rate, now, wanted);
        self.used.set(used);
        self.reachable.get().then_some(given)
    }

    async fn hold(&self, _: &str, lane: Lane, pause: Duration) {
        let mut used = self.used.get();
        used.hold(self.rates.of(lane), self.clock.now().plus(pause));
        self.used.set(used);
    }
}

fn count(burst: u32, per_minute: u32) -> (Rc<Count>, Rates) {
    let json = format!(r#"{{"hubspot.search":{{"burst":{burst},"perMinute":{per_minute}}}}}"#);
    let rates = Rates::from_json(Some(&json)).expect("good settings");
    let count = Count {
        clock: kit().clock,
        rates: rates.clone(),
        used: Cell::default(),
        asked: Cell::default(),
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
            .next("user_alice", LANE, CallKind::Write, count.clock.as_ref())
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
        turns.next("user_alice", LANE, CallKind::Write, clock).await,
        Ok(())
    );
    let limited = CallFailure::RateLimited {
        retry_after_seconds: Some(6),
    };
    for _ in 0..3 {
        let next = turns.next("user_alice", LANE, CallKind::Write, clock).await;
        assert_eq!(next, Err(limited.clone()));
    }
    clock.advance(Duration::from_secs(6));
    assert_eq!(
        turns.next("user_alice", LANE, CallKind::Write, clock).await,
        Ok(())
    );
}

#[tokio::test]
async fn what_the_app_asks_for_holds_for_every_run() {
    let (count, rates) = count(4, 60);
    let one = Turns::new(count.clone(), rates.clone());
    let other = Turns::new(count.clone(), rates);
    one.refused("user_alice", LANE, Some(20)).await;
    let next = other
        .next("user_alice", LANE, CallKind::Write, count.clock.as_ref())
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
    count
        .clock
        .advance(LEASE_LIFETIME + Duration::from_millis(1));
    seconds_of(&turns, &count, 1).await;
    assert_eq!(count.asked.get(), 2);
}

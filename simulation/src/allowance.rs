//! The allowance all runs of a user share, and whether calls keep inside it.
//!
//! Owns the count that outlives processes and the rule for what left; knows nothing of leases.

use std::rc::Rc;
use std::time::Duration;

use async_trait::async_trait;
use onbehalf_clock::Clock;
use onbehalf_clock::Timestamp;
use onbehalf_connector::{Connector, Given, Lane, Rates, SharedAllowance, Wanted};
use serde_json::Value;

use crate::site::{Life, Shared};
use onbehalf_clock::testkit::pause;

/// A leased turn may be used this much later than it came.
const LEASE: Duration = Duration::from_secs(2);
/// Windows in which calls are counted, in milliseconds.
const WINDOWS_MS: [i64; 3] = [1_000, 10_000, 60_000];

/// The count as one process reaches it.
pub struct Count {
    pub shared: Rc<Shared>,
    pub life: Rc<Life>,
}

#[async_trait(?Send)]
impl SharedAllowance for Count {
    async fn take(&self, identifier: &str, lane: Lane, wanted: Wanted) -> Option<Given> {
        if self.life.dead.get() {
            std::future::pending::<()>().await;
        }
        let given = {
            let mut counts = self.shared.allowances.borrow_mut();
            let used = counts.entry((identifier.to_owned(), lane)).or_default();
            used.take(
                rates(&self.shared).of(lane),
                self.shared.clock.now(),
                wanted,
            )
        };
        pause().await;
        Some(given)
    }

    async fn hold(&self, identifier: &str, lane: Lane, pause: Duration) {
        let until = self.shared.clock.now().plus(pause);
        let mut counts = self.shared.allowances.borrow_mut();
        let used = counts.entry((identifier.to_owned(), lane)).or_default();
        used.hold(rates(&self.shared).of(lane), until);
    }
}

/// What the apps of this simulation allow.
pub fn rates(shared: &Shared) -> Rates {
    Rates::from_json(shared.plan.rates).expect("rates as they are drawn")
}

/// Notes a call that leaves, if an app will hear of it.
pub fn note_call(shared: &Shared, body: &[u8]) {
    let Ok(call) = serde_json::from_slice::<Value>(body) else {
        return;
    };
    let text = |name: &str| call[name].as_str().unwrap_or_default().to_owned();
    let Ok(connector) = text("connector").parse::<Connector>() else {
        return;
    };
    let lane = Lane::of(connector, &text("tool_name"));
    let mut left = shared.left.borrow_mut();
    let calls = left.entry((text("identifier"), lane)).or_default();
    calls.push(shared.clock.now());
}

/// No window saw more calls than the burst and the rate allow.
pub fn check(shared: &Shared) {
    let rates = rates(shared);
    for ((identifier, lane), calls) in &*shared.left.borrow() {
        let rate = rates.of(*lane);
        for window in WINDOWS_MS {
            let stretched = window + i64::try_from(LEASE.as_millis()).unwrap_or(0);
            let most = i64::from(rate.burst) + stretched * i64::from(rate.per_minute) / 60_000 + 1;
            let busiest = calls.iter().map(|first| in_window(calls, *first, window));
            let busiest = busiest.max().unwrap_or(0);
            if busiest > usize::try_from(most).unwrap_or(0) {
                shared.violation(format!(
                    "{identifier} sent {busiest} calls to {} within {window} ms, {most} allowed",
                    lane.name()
                ));
            }
        }
    }
}

fn in_window(calls: &[Timestamp], first: Timestamp, window: i64) -> usize {
    let inside = |it: &&Timestamp| (0..window).contains(&(it.millis() - first.millis()));
    calls.iter().filter(inside).count()
}

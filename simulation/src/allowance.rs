//! The allowance that all who share an app's account have together, and whether calls keep inside it.
//!
//! Owns the rule for what left; knows nothing of leases, or of who counts.

use std::time::Duration;

use onbehalf_clock::Timestamp;
use onbehalf_connector::{Connector, Lane};
use serde_json::Value;

use crate::host::rates;
use crate::shared::{Shared, app_of};
use crate::tally::Rule;

/// A leased turn may be used this much later than it came.
const LEASE: Duration = Duration::from_secs(2);
/// Windows in which calls are counted, in milliseconds.
const WINDOWS_MS: [i64; 3] = [1_000, 10_000, 60_000];
/// Who learns of the portal while at work counts there afresh.
const COUNTS: i64 = 2;
/// With these a run learns who it is in HubSpot, and in whose portal.
const FINDS_OUT: [&str; 2] = ["hubspot_owners_list", "hubspot_account_details_get"];

/// Notes a call that leaves, if an app will hear of it.
pub fn note_call(shared: &Shared, body: &[u8]) {
    let Ok(call) = serde_json::from_slice::<Value>(body) else {
        return;
    };
    let text = |name: &str| call[name].as_str().unwrap_or_default();
    let tool = text("tool_name");
    let app = app_of(tool).and_then(|app| app.parse::<Connector>().ok());
    let sub = text("identifier").strip_prefix("user_");
    let service = shared.service.borrow();
    let (Some(app), Some(csm)) = (app, sub.and_then(|it| service.world.csm(it))) else {
        return;
    };
    // Counted for the person or for the portal, as it is known at that moment.
    if FINDS_OUT.contains(&tool) {
        return;
    }
    // A portal's limit is for all who use it.
    let whose = match app == Connector::HUBSPOT {
        true => csm.company.text(),
        false => text("identifier").to_owned(),
    };
    let mut left = shared.left.borrow_mut();
    let calls = left.entry((whose, Lane::of(app, tool))).or_default();
    calls.push(shared.now());
}

/// No window saw more calls than the burst and the rate allow. Turns are a courtesy: where whoever
/// counts them could not be reached, or a connection was made anew, nothing is promised.
pub fn check(shared: &Shared) {
    let unsettled = shared.turns_disturbed.get() || shared.redeployed.get();
    if unsettled || !shared.dead.borrow().is_empty() {
        return;
    }
    let rates = rates(&shared.plan);
    for ((whose, lane), calls) in &*shared.left.borrow() {
        let rate = rates.of(*lane);
        for window in WINDOWS_MS {
            let stretched = window + i64::try_from(LEASE.as_millis()).unwrap_or(0);
            let burst = COUNTS * i64::from(rate.burst);
            let most = burst + stretched * i64::from(rate.per_minute) / 60_000 + 1;
            let busiest = calls.iter().map(|first| in_window(calls, *first, window));
            let busiest = busiest.max().unwrap_or(0);
            let kept = busiest <= usize::try_from(most).unwrap_or(0);
            shared.asks(Rule::WithinAllowance, kept, || {
                let lane = lane.name();
                format!(
                    "{whose} was sent {busiest} calls to {lane} within {window} ms, {most} allowed"
                )
            });
        }
    }
}

fn in_window(calls: &[Timestamp], first: Timestamp, window: i64) -> usize {
    let inside = |it: &&Timestamp| (0..window).contains(&(it.millis() - first.millis()));
    calls.iter().filter(inside).count()
}

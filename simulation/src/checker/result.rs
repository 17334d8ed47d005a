//! A run's result against the one of the same run undisturbed and alone, at the same moment.

use onbehalf_agents::onboarding::OnboardingResult;
use onbehalf_clock::Timestamp;
use onbehalf_engine::{Head, JournalStore, Record, RunStatus};
use serde_json::Value;

use super::writes::lags_beyond;
use crate::plan::Decides;
use crate::shared::Shared;
use crate::simulate::simulate;
use crate::site::Site;
use crate::tally::Rule;

/// Where the contacts step keeps the moment that a run's days are counted against.
const NOW_MEMO: &str = "onboarding-contacts/now";
/// An outage as long as this ends what a run can wait for.
const LONGEST_PATIENCE_MS: i64 = 3_600_000;
/// The undisturbed run of more customers than this costs more than it tells.
const MOST_CUSTOMERS: usize = 50;

/// Compares, where nothing that was done to the run may change its result.
pub fn check(shared: &Shared, site: &Site) {
    let Some(head) = site.head().filter(|it| it.status == RunStatus::Completed) else {
        return;
    };
    let Some(person) = site.person().filter(|it| comparable(shared, *it)) else {
        return;
    };
    let Some(result) = result(site, &head) else {
        shared.asks(Rule::ResultAsUndisturbed, false, || {
            format!("{} completed without a result", site.run_id)
        });
        return;
    };
    // An app that was away for longer than a signal is worth is named; that is not a mistake.
    if gave_up_on_an_app(&result) {
        return;
    }
    let journal = site.journal();
    let Some(now) = journal.memo(NOW_MEMO).expect("memory") else {
        return;
    };
    let now: Timestamp = serde_json::from_value(now).expect("a time");
    let reference = simulate(&shared.plan.quiet(person), now, false);
    let sites = reference.shared.sites.borrow();
    let expected = sites.first().and_then(|it| self::result(it, &it.head()?));
    let same = expected.map(anonymous) == Some(anonymous(result.clone()));
    shared.asks(Rule::ResultAsUndisturbed, same, || {
        format!("{}: {result}", site.run_id)
    });
}

fn comparable(shared: &Shared, person: usize) -> bool {
    let plan = &shared.plan;
    let own = &plan.people[person];
    let runs = shared.sites.borrow();
    let runs = runs.iter().filter(|it| {
        let of = it.person().map(|it| plan.people[it].user);
        of == Some(own.user)
    });
    let alone = runs.count() == 1 && !plan.users[own.user].shares_portal;
    let small = plan.users.iter().all(|it| it.customers <= MOST_CUSTOMERS);
    let said_yes = !own.asks || matches!(own.decides, Decides::Yes | Decides::Mistyped);
    let connected = own.suspends || shared.dead.borrow().is_empty();
    let outage = plan.outage.map_or(0, |it| it.until_ms - it.from_ms);
    let patient = outage < LONGEST_PATIENCE_MS;
    let same_rules = !shared.redeployed.get() && !lags_beyond(shared);
    alone
        && small
        && said_yes
        && connected
        && patient
        && same_rules
        && own.scheduled_until_ms.is_none()
}

fn gave_up_on_an_app(result: &Value) -> bool {
    let result = serde_json::from_value(result.clone());
    match result.expect("a result") {
        OnboardingResult::Completed(summary) => !summary.connector_errors.is_empty(),
        OnboardingResult::ConnectorsRequired { .. } | OnboardingResult::OwnerNotFound { .. } => {
            false
        }
    }
}

/// The result of a completed run, as JSON.
pub fn result(site: &Site, head: &Head) -> Option<Value> {
    let entry = site.journal().entry(head.end_seq?).expect("memory")?;
    match entry.record {
        Record::Completed { result, .. } => Some(result),
        _ => None,
    }
}

/// Without the ids that the world hands out in the order of arrival, and the addresses made of them;
/// with the run's own.
pub fn anonymous(mut result: Value) -> Value {
    for action in result["actions"].as_array_mut().into_iter().flatten() {
        for id in ["taskId", "taskUrl", "commentId"] {
            if action[id].is_string() {
                action[id] = "some".into();
            }
        }
    }
    result
}

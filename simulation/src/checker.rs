//! The judgement: what a run claims against what the world has, and against a sequential reading
//! of its own journal.
//!
//! Owns every rule that must hold once a simulation has come to rest. Knows nothing of how the
//! engine works inside.

use onbehalf_agents::onboarding::OnboardingResult;
use onbehalf_clock::Timestamp;
use onbehalf_engine::{
    EffectHistory, EffectKey, EffectOutcome, Entry, Head, JournalStore, Record, RunStatus,
};
use serde_json::Value;

use crate::journal::read;
use crate::plan::Plan;
use crate::simulate::{Ended, simulate};
use crate::site::Site;
use crate::wire::is_of;

/// Where the contacts step keeps the moment that a run's days are counted against.
const NOW_MEMO: &str = "onboarding-contacts/now";

/// A write as the world has it.
struct Landed {
    identifier: String,
    text: String,
}

/// Judges a simulation at rest; what is wrong goes to the violations.
pub fn check(ended: &Ended) {
    let ledger: Vec<Landed> = {
        let service = ended.shared.service.borrow();
        let entries = service.world.ledger.iter();
        // What a task is given after it was created carries no mark of its effect, and may be given
        // twice without harm.
        let marked = entries.filter(|entry| !is_link(&entry.tool));
        marked
            .map(|entry| Landed {
                identifier: entry.identifier.clone(),
                text: entry.params.to_string(),
            })
            .collect()
    };
    crate::allowance::check(&ended.shared);
    let mut claimed = vec![0_u32; ledger.len()];
    for site in &ended.sites {
        let mut found = Vec::new();
        check_run(ended, site, &ledger, &mut claimed, &mut found);
        for text in found {
            ended.shared.violation(format!("{}: {text}", site.run_id));
        }
    }
    for (landed, count) in ledger.iter().zip(claimed) {
        if count != 1 {
            let text = format!("a write belongs to {count} effects: {}", landed.text);
            ended.shared.violation(text);
        }
    }
}

/// Whether a call gives a task its contact, its company or its owner.
fn is_link(tool: &str) -> bool {
    matches!(tool, "hubspot_association_create" | "hubspot_task_update")
}

/// Whether this effect does.
fn links(key: &EffectKey) -> bool {
    let item = key.as_str().rsplit('/').next().unwrap_or_default();
    ["task-contact:", "task-company:", "task-owner:"]
        .iter()
        .any(|kind| item.starts_with(kind))
}

fn check_run(
    ended: &Ended,
    site: &Site,
    ledger: &[Landed],
    claimed: &mut [u32],
    found: &mut Vec<String>,
) {
    let Some(head) = site.head() else {
        found.push("was never started".into());
        return;
    };
    ended.shared.count(|tally| tally.runs += 1);
    let entries = site.store.entries_after(0, usize::MAX).expect("memory");
    check_head(site, &head, &entries, found);
    read(&entries, found);
    for key in effect_keys(&entries).into_iter().filter(|it| !links(it)) {
        let of_key = entries
            .iter()
            .filter(|it| it.record.key() == Some(key.as_str()));
        let history = EffectHistory::of(of_key);
        let mut landed = 0;
        for (write, count) in ledger.iter().zip(claimed.iter_mut()) {
            if is_of(&write.text, &key) {
                *count += 1;
                landed += 1;
                if write.identifier != site.identifier {
                    found.push(format!("{} went through another account", key.as_str()));
                }
            }
        }
        let revoked = ended.shared.revoked.borrow().contains(&site.identifier);
        check_effect(revoked, &key, &history, landed, found);
    }
    match head.status {
        RunStatus::Completed => check_result(ended, site, &head, found),
        RunStatus::Cancelled => {
            if !entries
                .iter()
                .any(|it| matches!(it.record, Record::CancelRequested { .. }))
            {
                found.push("was cancelled by nobody".into());
            }
        }
        status => found.push(format!(
            "came to rest {}: {:?}",
            status.name(),
            entries.last().map(|it| &it.record)
        )),
    }
}

fn check_head(site: &Site, head: &Head, entries: &[Entry], found: &mut Vec<String>) {
    let told = site.told.borrow().as_ref().map(|told| told.status);
    if told != Some(head.status) {
        found.push(format!(
            "is {:?}, but the outside was told {told:?}",
            head.status
        ));
    }
    if head.started != site.started() {
        found.push("its owner or context has changed".into());
    }
    let mut folded: Option<Head> = None;
    for (entry, position) in entries.iter().zip(1..) {
        if entry.seq != position {
            found.push(format!("row {position} has position {}", entry.seq));
        }
        match (&entry.record, &mut folded) {
            (Record::Started(started), None) => {
                folded = Some(Head::begin((**started).clone(), entry.at));
            }
            (Record::Started(_), Some(_)) | (_, None) => {
                found.push("did not begin once".into());
            }
            (record, Some(folded)) => {
                if Head::changes_with(record) {
                    folded.apply(entry.seq, entry.at, record);
                }
            }
        }
    }
    if let Some(folded) = &mut folded {
        folded.unpublished = head.unpublished;
    }
    if folded.as_ref() != Some(head) {
        found.push("its journal does not fold into its head".into());
    }
    let acknowledged = site.cancel_acknowledged.get();
    if acknowledged && head.status != RunStatus::Cancelled {
        found.push(format!("is {:?} after an acknowledged cancel", head.status));
    }
}

fn effect_keys(entries: &[Entry]) -> Vec<EffectKey> {
    let mut keys: Vec<&str> = entries
        .iter()
        .filter_map(|entry| match &entry.record {
            Record::Intent { key, .. } => Some(key.as_str()),
            _ => None,
        })
        .collect();
    keys.sort_unstable();
    keys.dedup();
    keys.into_iter().map(EffectKey::from_journal).collect()
}

fn check_effect(
    revoked: bool,
    key: &EffectKey,
    history: &EffectHistory,
    landed: u32,
    found: &mut Vec<String>,
) {
    let key = key.as_str();
    if landed > 1 {
        found.push(format!("{key} landed {landed} times"));
    }
    match (&history.outcome, landed) {
        (Some(EffectOutcome::Landed { .. }), 0) => {
            found.push(format!("{key} is claimed to have landed"));
        }
        (Some(EffectOutcome::Landed { .. }), _) => {}
        // Without an account nobody can look; a person has to.
        (Some(EffectOutcome::UnknownOutcome), _) if revoked => {}
        (Some(EffectOutcome::UnknownOutcome), _) => {
            found.push(format!("{key} was given up although it could be looked up"));
        }
        (
            Some(
                EffectOutcome::Refused { .. }
                | EffectOutcome::Expired { .. }
                | EffectOutcome::Abandoned,
            )
            | None,
            0,
        ) => {}
        (outcome, _) => found.push(format!("{key} landed, but the journal has {outcome:?}")),
    }
    if history.open.is_some() {
        found.push(format!("{key} was left open"));
    }
}

/// The result must be the one of the same run, undisturbed and alone, at the same moment.
fn check_result(ended: &Ended, site: &Site, head: &Head, found: &mut Vec<String>) {
    let alone = ended
        .sites
        .iter()
        .filter(|it| it.plan.user == site.plan.user);
    let revoked = !ended.shared.revoked.borrow().is_empty();
    if alone.count() > 1 || (revoked && !site.plan.suspends) {
        return;
    }
    let Some(result) = result(site, head) else {
        found.push("completed without a result".into());
        return;
    };
    // An app that was away for longer than a signal is worth is named; that is not a mistake.
    if gave_up_on_an_app(&result) {
        return;
    }
    let Some(now) = site.store.memo(NOW_MEMO).expect("memory") else {
        found.push("completed without looking".into());
        return;
    };
    let now: Timestamp = serde_json::from_value(now).expect("a time");
    let quiet = Plan::quiet(&site.plan);
    let reference = simulate(&quiet, now, false);
    let quiet_site = &reference.sites[0];
    let expected = quiet_site
        .head()
        .and_then(|head| self::result(quiet_site, &head));
    ended.shared.count(|tally| tally.compared += 1);
    if expected.map(anonymous) != Some(anonymous(result.clone())) {
        found.push(format!(
            "its result differs from the undisturbed one: {result}"
        ));
    }
}

fn gave_up_on_an_app(result: &Value) -> bool {
    let result = serde_json::from_value(result.clone());
    match result.expect("a result") {
        OnboardingResult::Completed(summary) => !summary.connector_errors.is_empty(),
        OnboardingResult::ConnectorsRequired { .. } => false,
        OnboardingResult::OwnerNotFound { .. } => false,
    }
}

/// The result of a completed run, as JSON.
pub fn result(site: &Site, head: &Head) -> Option<Value> {
    match site.store.entry(head.end_seq?).expect("memory")?.record {
        Record::Completed { result, .. } => Some(result),
        _ => None,
    }
}

/// Without the ids that the world hands out in the order of arrival, and with the run's own.
pub fn anonymous(mut result: Value) -> Value {
    for action in result["actions"].as_array_mut().into_iter().flatten() {
        for id in ["taskId", "commentId"] {
            if action[id].is_string() {
                action[id] = "some".into();
            }
        }
    }
    result
}

//! Where a run came to rest: its journal, its head, who was told, and how long it took.

use std::time::Duration;

use onbehalf_engine::{Entry, Head, JournalStore, Record, RunFailure, RunStatus};
use onbehalf_runs::OwnerKey;
use onbehalf_runs::town::Address;

use super::journal::read;
use crate::host::skew_of;
use crate::people::listed;
use crate::plan::{Command, Deployed, LONGEST_FLIGHT_MS, What};
use crate::shared::{Shared, later, shifted};
use crate::simulate::Ended;
use crate::site::Site;
use crate::tally::Rule;

/// The longest pause there is between two sends of one write: it was sent, looked for for as long as
/// it may land and stay invisible, and was not there.
const LONGEST_PAUSE: Duration = Duration::from_secs(3600);
/// How long a look that cannot tell is tried.
const LOOK_PATIENCE: Duration = Duration::from_secs(3600);
/// The pauses of a run that keeps dying, and of settings that were wrong, come to no more than this.
const OWN_PAUSES: Duration = Duration::from_secs(1800);
/// What one call may wait for its turn where apps allow least.
const TURN_MS: i64 = 6_000;
/// The longest pause between two attempts of a step; with less than that a step has had one try.
const LONGEST_RETRY: Duration = Duration::from_secs(300);
/// Alarms of a run come this late in a row without a fault of their own: runs take turns.
const QUEUED_RUNS: i64 = 3;

/// Judges a run at rest.
pub fn check(ended: &Ended, site: &Site) {
    let shared = &ended.shared;
    let journal = site.journal();
    let entries = journal.entries_after(0, usize::MAX).expect("memory");
    let Some(head) = site.head() else {
        shared.asks(Rule::StartBegins, false, || {
            format!("{} was told to begin and did not", site.run_id)
        });
        return;
    };
    shared.tally.borrow_mut().runs += 1;
    check_end(shared, site, &head, &entries);
    check_fold(shared, site, &head, &entries);
    check_index(ended, site, &head);
    check_list(shared, site);
    let mut found = Vec::new();
    let broke = What::Command(Command::Deploy(Deployed::Broken));
    let settings_broke = shared.plan.disturbances.iter().any(|it| it.what == broke);
    let held_up = site.alarm_lost.get() || settings_broke;
    read(&entries, held_up, &mut found);
    shared.asks(Rule::JournalInOrder, found.is_empty(), || {
        format!("{}: {}", site.run_id, found.join("; "))
    });
}

fn check_end(shared: &Shared, site: &Site, head: &Head, entries: &[Entry]) {
    let cancel = entries
        .iter()
        .any(|it| matches!(it.record, Record::CancelRequested { .. }));
    let as_it_may = match head.status {
        RunStatus::Completed => true,
        RunStatus::Cancelled => cancel,
        RunStatus::Failed => entries.iter().any(|it| match &it.record {
            Record::Failed {
                failure: RunFailure::DefinitionChanged { .. },
            } => site.unhosted.get(),
            Record::Failed {
                failure: RunFailure::OutOfTime { .. },
            } => {
                shared.outage_at(shifted(it.at, -skew_of(shared, site)))
                    || was_left_alone(site, entries)
            }
            _ => false,
        }),
        _ => false,
    };
    shared.asks(Rule::EndsAsItMay, as_it_may, || {
        let last = entries.last().map(|it| &it.record);
        format!("{} is {}: {last:?}", site.run_id, head.status.name())
    });
    if site.cancel_acknowledged.get() {
        let cancelled = head.status == RunStatus::Cancelled;
        shared.asks(Rule::CancelIsFinal, cancelled, || {
            format!("{} is {}", site.run_id, head.status.name())
        });
    }
    let Some(ended_at) = head.ended_at else {
        return;
    };
    let ended_at = shifted(ended_at, -skew_of(shared, site));
    let began = entries.first().map_or(shared.start, |it| it.at);
    let since = shared
        .troubled
        .get()
        .max(shifted(began, -skew_of(shared, site)));
    let calls: i64 = shared
        .sites
        .borrow()
        .iter()
        .map(|it| i64::from(it.calls.get()))
        .sum();
    let within = LONGEST_PAUSE + LOOK_PATIENCE + OWN_PAUSES;
    let turns = calls * TURN_MS + QUEUED_RUNS * (LONGEST_FLIGHT_MS + shared.plan.search_lag_ms);
    let until = later(since.plus(within), turns);
    shared.asks(Rule::EndsInTime, ended_at <= until, || {
        format!("{} ended at {ended_at}, not by {until}", site.run_id)
    });
}

/// Whether the alarm was lost in the run's last step, and came back when hardly anything was left of
/// the step's time: then a single failure is the last one.
fn was_left_alone(site: &Site, entries: &[Entry]) -> bool {
    if !site.alarm_lost.get() {
        return false;
    }
    let before =
        |it: &Entry| matches!(it.record, Record::Started(_) | Record::StepCompleted { .. });
    let begun = entries.iter().rposition(before).map_or(0, |it| it + 1);
    let step = entries.get(begun..).unwrap_or_default();
    let deadline = step.iter().find_map(|it| match it.record {
        Record::StepStarted { deadline, .. } => deadline,
        _ => None,
    });
    let silences = step.iter().zip(step.iter().skip(1));
    let longest = silences.map(|(one, next)| next.at.since(one.at)).max();
    let (Some(deadline), Some(longest), Some(first)) = (deadline, longest, step.first()) else {
        return false;
    };
    deadline.since(first.at).saturating_sub(longest) <= LONGEST_RETRY
}

fn check_fold(shared: &Shared, site: &Site, head: &Head, entries: &[Entry]) {
    let mut folded: Option<Head> = None;
    let mut in_order = true;
    for (entry, position) in entries.iter().zip(1..) {
        in_order &= entry.seq == position;
        match (&entry.record, &mut folded) {
            (Record::Started(started), None) => {
                folded = Some(Head::begin((**started).clone(), entry.at));
            }
            (Record::Started(_), Some(_)) | (_, None) => in_order = false,
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
    let same = folded.as_ref() == Some(head);
    shared.asks(Rule::HeadIsFold, in_order && same, || {
        site.run_id.to_string()
    });
    let started = site.started.borrow();
    let sealed = started.as_ref() == Some(&head.started);
    shared.asks(Rule::SealedFromStrangers, sealed, || {
        format!("{} has another owner or context", site.run_id)
    });
}

/// A run that has ended is decided, one way or another.
fn check_list(shared: &Shared, site: &Site) {
    let listed = listed(shared, site);
    shared.asks(Rule::DecidedIsNot, listed.is_none(), || {
        format!("suspension {listed:?} of {}", site.run_id)
    });
}

fn check_index(ended: &Ended, site: &Site, head: &Head) {
    let address = Address::Principal(OwnerKey::new(&head.started.owner));
    let rows = ended.town.query(
        &address,
        "SELECT status FROM runs WHERE run_id = ?",
        &[site.run_id.as_str().into()],
    );
    let rows = rows.expect("a table");
    let status = rows.first().and_then(|row| row.text(0).ok());
    let known = status == Some(head.status.name());
    ended.shared.asks(Rule::IndexKnows, known, || {
        let is = head.status.name();
        format!("{} is {is}, its owner's index says {status:?}", site.run_id)
    });
}

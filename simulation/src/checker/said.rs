//! What a result says of each write, against the journal, the world and what portals have given out.
//!
//! Owns the rule that no word of a result is a guess: also of what never became a write.

use std::collections::BTreeMap;

use onbehalf_agents::onboarding::{
    ActionKind, ActionResult, ActionStatus, OnboardingResult, Reference, customer_token,
};
use onbehalf_clock::Timestamp;
use onbehalf_engine::{EffectHistory, EffectOutcome, Entry, JournalStore, Record, RunStatus};

use super::ledger::Landed;
use super::result::result;
use super::writes::{item, rows_of_flags};
use crate::shared::{Dead, Shared};
use crate::site::Site;
use crate::tally::Rule;

/// The step that writes.
const ACTIONS: &str = "actions";

/// Judges the result of a run.
pub fn check(shared: &Shared, site: &Site, ledger: &[Landed]) {
    let completed = site.head().filter(|it| it.status == RunStatus::Completed);
    let said = completed.and_then(|head| result(site, &head));
    let Some(OnboardingResult::Completed(summary)) =
        said.and_then(|it| serde_json::from_value(it).ok())
    else {
        return;
    };
    let entries = site.journal().entries_after(0, usize::MAX).expect("memory");
    let written = written(&entries);
    for action in &summary.actions {
        let item = item_of(action);
        let outcome = written.get(&item).map(|it| it.outcome.as_ref());
        let holds = match (action.status, outcome) {
            (ActionStatus::Done, Some(Some(EffectOutcome::Landed { .. })))
            | (ActionStatus::Refused, Some(Some(EffectOutcome::Refused { .. })))
            | (ActionStatus::Expired, Some(Some(EffectOutcome::Expired { .. })))
            | (ActionStatus::UnknownOutcome, Some(Some(EffectOutcome::UnknownOutcome)))
            | (ActionStatus::Rejected, None) => true,
            // Never begun: the connection to HubSpot was dead, …
            (ActionStatus::Refused, None) => was_dead(shared, site),
            // … or the step's time ran out.
            (ActionStatus::Expired, None) => time_was_over(&entries),
            (ActionStatus::AlreadyFlagged, None) => is_there(action, ledger),
            (ActionStatus::FlaggedByAnotherRun, None) => was_given(shared, site, &item),
            _ => false,
        };
        shared.asks(Rule::SaidAsItWas, holds, || {
            let status = action.status;
            format!(
                "{}: {item} is said to be {status:?}, and was {outcome:?}",
                site.run_id
            )
        });
    }
    for key in written.keys() {
        let told = summary.actions.iter().any(|it| item_of(it) == *key);
        shared.asks(Rule::SaidAsItWas, told, || {
            format!("{}: nothing is said of {key}", site.run_id)
        });
    }
}

fn item_of(action: &ActionResult) -> String {
    let kind = match action.kind {
        ActionKind::CreateTask => "task",
        ActionKind::AddComment => "comment",
    };
    format!("{kind}:{}", action.customer)
}

/// The writes that are on record, by their items. One that was put off before its request left, and
/// was not taken up again, has left nothing but that.
fn written(entries: &[Entry]) -> BTreeMap<String, EffectHistory> {
    let histories = rows_of_flags(entries)
        .into_iter()
        .map(|(key, rows)| (item(&key).to_owned(), EffectHistory::of(rows)));
    histories
        .filter(|(_, it)| it.open.is_some() || it.outcome.is_some())
        .collect()
}

fn was_dead(shared: &Shared, site: &Site) -> bool {
    let user = site.person().map(|it| shared.plan.people[it].user);
    user.is_some_and(|user| {
        shared.was_dead(user, "hubspot", shared.start, shared.now()) != Dead::Never
    })
}

/// Whether the deadline of the step that writes had passed when it was done.
fn time_was_over(entries: &[Entry]) -> bool {
    let mut deadline: Option<Timestamp> = None;
    for entry in entries {
        match &entry.record {
            Record::StepStarted {
                step, deadline: at, ..
            } if step == ACTIONS => deadline = *at,
            Record::StepCompleted { step, .. } if step == ACTIONS => {
                return deadline.is_some_and(|it| entry.at >= it);
            }
            _ => {}
        }
    }
    false
}

/// Whether the task that is said to be there is, and says that it is about this customer.
fn is_there(action: &ActionResult, ledger: &[Landed]) -> bool {
    let token = customer_token(&action.customer);
    ledger.iter().any(|it| {
        let about = it.reference.as_ref().map(Reference::customer);
        Some(&it.id) == action.task_id.as_ref() && about == Some(token.as_str())
    })
}

/// Whether the portal has given the flag to another run.
fn was_given(shared: &Shared, site: &Site, subject: &str) -> bool {
    let grants = shared.grants.borrow();
    let mut others = grants.iter().filter(|it| it.run_id != site.run_id);
    others.any(|it| it.subject == subject)
}

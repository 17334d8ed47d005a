//! What a run says of its writes, against the ledger and against what the apps answered.
//!
//! Owns the rules of effects. None of them excuses anything by what the engine knows: refused means
//! that the app refused, unknown that nobody could look.

use std::collections::BTreeMap;
use std::time::Duration;

use onbehalf_clock::Timestamp;
use onbehalf_engine::{
    EffectHistory, EffectKey, EffectOutcome, Entry, JournalStore, Record, SuspendReason,
};
use onbehalf_runs::{Decision, PlanItem, RunReason};

use super::ledger::Landed;
use crate::host::skew_of;
use crate::shared::{Dead, Shared, identifier, shifted};
use crate::simulate::DEFAULT_LAG_MS;
use crate::site::{Site, is_of};
use crate::tally::Rule;

/// A look is tried for so long before anybody may say that nobody can tell.
const LOOK_PATIENCE: Duration = Duration::from_secs(3600);

/// Whether HubSpot's index lags by more than the setting says it may.
pub fn lags_beyond(shared: &Shared) -> bool {
    shared.plan.search_lag_ms >= DEFAULT_LAG_MS
}

/// One effect of a run.
struct Written<'a> {
    key: EffectKey,
    app: &'static str,
    user: usize,
    /// Its rows.
    rows: Vec<&'a Entry>,
    history: EffectHistory,
    landed: usize,
}

/// Judges every write of a run, and claims those of the ledger that are its own.
pub fn check(shared: &Shared, site: &Site, ledger: &mut [Landed]) {
    let entries = site.journal().entries_after(0, usize::MAX).expect("memory");
    let Some(person) = site.person() else {
        return;
    };
    let user = shared.plan.people[person].user;
    let mut by_mark: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for (index, landed) in ledger.iter().enumerate() {
        by_mark.entry(landed.mark.clone()).or_default().push(index);
    }
    let approved = Approvals::of(shared, site, &entries);
    for (key, rows) in rows_of_flags(&entries) {
        let own = [key.marker(), key.uuid()];
        let own = own.iter().filter_map(|mark| by_mark.get(mark)).flatten();
        let mut written = Written {
            app: if is_comment(&key) {
                "linear"
            } else {
                "hubspot"
            },
            user,
            history: EffectHistory::of(rows.iter().copied()),
            rows,
            landed: 0,
            key,
        };
        for index in own {
            let landed = &mut ledger[*index];
            landed.claimed += 1;
            landed.grant = landed.grant.or(written.grant(shared, site, landed));
            written.landed += 1;
            if landed.identifier != identifier(user) {
                let through = landed.identifier.clone();
                shared.asks(Rule::NothingUnclaimed, false, || {
                    format!("{} went through {through}", written.key.as_str())
                });
            }
            approved.check(shared, &written.key, landed);
        }
        written.check(shared, site, &entries);
    }
}

/// What a write is about within its step.
pub fn item(key: &EffectKey) -> &str {
    key.as_str().rsplit('/').next().unwrap_or_default()
}

/// The rows about each task and each comment.
pub fn rows_of_flags(entries: &[Entry]) -> Vec<(EffectKey, Vec<&Entry>)> {
    let mut rows: BTreeMap<&str, Vec<&Entry>> = BTreeMap::new();
    for entry in entries {
        if let Some(key) = entry.record.key().filter(|key| flags(key)) {
            rows.entry(key).or_default().push(entry);
        }
    }
    let rows = rows.into_iter();
    rows.map(|(key, rows)| (EffectKey::from_journal(key), rows))
        .collect()
}

/// Whether rows of this key are about a task or a comment, and not about what a task is given.
fn flags(key: &str) -> bool {
    let item = key.rsplit('/').next().unwrap_or_default();
    item.starts_with("task:") || item.starts_with("comment:")
}

fn is_comment(key: &EffectKey) -> bool {
    item(key).starts_with("comment:")
}

impl Written<'_> {
    fn check(&self, shared: &Shared, site: &Site, entries: &[Entry]) {
        let key = self.key.as_str();
        let landed = self.landed;
        let beyond = lags_beyond(shared) && self.app == "hubspot";
        if landed > 1 && beyond {
            shared.tally.borrow_mut().allowed_duplicates += 1;
        }
        let lag = Rule::LagWithinPromise;
        if beyond {
            shared.asks(lag, true, String::new);
        } else {
            shared.asks(Rule::OnceWritten, landed <= 1, || {
                format!("{key} landed {landed} times")
            });
        }
        let open = self.history.open.is_none();
        shared.asks(Rule::NothingLeftOpen, open, || key.to_owned());
        match &self.history.outcome {
            Some(EffectOutcome::Landed { .. }) => {
                shared.asks(Rule::LandedIsThere, landed >= 1, || key.to_owned());
            }
            Some(EffectOutcome::UnknownOutcome) => self.check_unknown(shared, site),
            outcome => {
                // Believed absent because the index lagged beyond its setting, it was sent again, and
                // that was refused or came too late.
                shared.asks(Rule::LandedIsThere, landed == 0 || beyond, || {
                    format!("{key} is there, and said to be {outcome:?}")
                });
                match outcome {
                    Some(EffectOutcome::Refused { .. }) => self.check_refused(shared, site),
                    Some(EffectOutcome::Expired { .. }) => self.check_expired(shared, entries),
                    _ => {}
                }
            }
        }
    }

    /// The last grant of this flag to this run before it was on record that what has landed is to be
    /// written.
    fn grant(&self, shared: &Shared, site: &Site, landed: &Landed) -> Option<usize> {
        let landed_at = Timestamp::parse(&landed.at)?;
        let intents = self.rows.iter().rev();
        let intents = intents.filter(|it| matches!(it.record, Record::Intent { .. }));
        let mut intents = intents.map(|it| shifted(it.at, -skew_of(shared, site)));
        let meant = intents.find(|at| *at <= landed_at)?;
        let grants = shared.grants.borrow();
        grants.iter().rposition(|it| {
            it.run_id == site.run_id && it.subject == item(&self.key) && it.at <= meant
        })
    }

    /// When its outcome was put on record, by the world's clock.
    fn settled_at(&self, shared: &Shared, site: &Site) -> Timestamp {
        let settled = |it: &&&Entry| matches!(it.record, Record::Outcome { .. });
        let at = self.rows.iter().find(settled).map(|it| it.at);
        shifted(at.unwrap_or(shared.start), -skew_of(shared, site))
    }

    fn check_unknown(&self, shared: &Shared, site: &Site) {
        let at = self.settled_at(shared, site);
        let dead = nobody_could_look(shared, self.user, self.app, at);
        // A workflow that is not hosted any more has nobody who knows how to look.
        let nobody = site.unhosted.get();
        shared.asks(Rule::UnknownUnknowable, dead || nobody, || {
            format!("{} could be looked up", self.key.as_str())
        });
    }

    fn check_refused(&self, shared: &Shared, site: &Site) {
        let at = self.settled_at(shared, site);
        let answered = shared.answered.borrow();
        let own = answered
            .iter()
            .filter(|(index, it)| *index == site.index && is_of(&it.text, &self.key));
        let last = own.map(|(_, it)| it.status).next_back().flatten();
        let said_no = last.is_some_and(|it| (400..500).contains(&it) && it != 429);
        // Known without asking: another write has just met the same dead connection.
        let dead = shared.was_dead(self.user, self.app, shared.start, at) != Dead::Never;
        shared.asks(Rule::RefusedByApp, said_no || dead, || {
            format!("{} was last answered {last:?}", self.key.as_str())
        });
    }

    fn check_expired(&self, shared: &Shared, entries: &[Entry]) {
        let settled = |it: &&&Entry| matches!(it.record, Record::Outcome { .. });
        let Some(outcome) = self.rows.iter().find(settled) else {
            return;
        };
        let begun = entries.iter().filter(|it| it.seq < outcome.seq);
        let mut deadline = begun.filter_map(|it| match &it.record {
            Record::StepStarted { deadline, .. } => *deadline,
            _ => None,
        });
        let over = deadline.next_back().is_some_and(|it| outcome.at >= it);
        shared.asks(Rule::ExpiredInTime, over, || {
            format!("{} had time left", self.key.as_str())
        });
    }
}

/// What somebody said yes to, as far as a run asked.
struct Approvals {
    asks: bool,
    yes: Vec<PlanItem>,
}

impl Approvals {
    fn of(shared: &Shared, site: &Site, entries: &[Entry]) -> Self {
        let started = site.started.borrow();
        let asks = started
            .as_ref()
            .is_some_and(|it| it.input["approval"] == "required");
        let mut yes = Vec::new();
        for entry in entries {
            let Record::Suspended {
                reason: SuspendReason::Product(reason),
                ..
            } = &entry.record
            else {
                continue;
            };
            let reason = serde_json::from_value::<RunReason>(reason.clone());
            let Ok(RunReason::ApprovalRequired { hash, items, .. }) = reason else {
                continue;
            };
            let verdicts = shared.verdicts.borrow();
            let about = verdicts.iter().map(|it| (it.site, &it.approval));
            let about: Vec<_> = about
                .filter(|(index, approval)| *index == site.index && approval.hash == hash)
                .collect();
            for item in items.into_iter().flatten() {
                let said_yes = about.iter().any(|(_, approval)| {
                    let of_item = approval.items.get(&item.item);
                    *of_item.unwrap_or(&approval.decision) == Decision::Approve
                });
                if said_yes {
                    yes.push(item);
                }
            }
        }
        Self { asks, yes }
    }

    fn check(&self, shared: &Shared, key: &EffectKey, landed: &Landed) {
        if !self.asks {
            return;
        }
        let item = item(key);
        let about: Vec<&PlanItem> = self.yes.iter().filter(|it| it.item == item).collect();
        shared.asks(Rule::OnlyApproved, !about.is_empty(), || {
            format!("{} was written", key.as_str())
        });
        if let Some(reference) = &landed.reference {
            let same = about.iter().any(|it| {
                let status = serde_json::to_value(reference.status).unwrap_or_default();
                it.write["score"] == reference.score && it.write["status"] == status
            });
            shared.asks(Rule::PlanHeld, same, || {
                format!("{} says {reference:?}", key.as_str())
            });
        }
    }
}

/// Whether an app could not be asked for as long as a look is tried, up to this time.
pub fn nobody_could_look(shared: &Shared, user: usize, app: &'static str, at: Timestamp) -> bool {
    let since = at.minus(LOOK_PATIENCE);
    shared.was_dead(user, app, since, at) == Dead::Throughout || shared.out(app, since, at)
}

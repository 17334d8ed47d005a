//! What landed in the world: each task and comment, with the mark of the effect that made it.
//!
//! Owns the rules that concern the world alone: every write is some run's, and nobody is flagged
//! twice in a portal.

use std::collections::BTreeMap;
use std::rc::Rc;

use onbehalf_agents::onboarding::{HealthStatus, Reference};
use onbehalf_clock::Timestamp;
use onbehalf_sandbox::world::Csm;
use serde_json::Value;

use super::writes::lags_beyond;
use crate::plan::{Command, Deployed, What};
use crate::shared::Shared;
use crate::site::Site;
use crate::tally::Rule;

/// Points by which a score must drop to count as worse within a status, by default.
const DROP: u32 = 10;

/// A task or a comment as the world has it.
pub struct Landed {
    /// Whose account it went through.
    pub identifier: String,
    /// The portal it is in.
    pub portal: String,
    /// The mark of its effect.
    pub mark: String,
    /// What a task says of its customer; nothing for comments.
    pub reference: Option<Reference>,
    /// When.
    pub at: String,
    /// When its run first meant to write it, by the world's clock.
    pub meant: Option<Timestamp>,
    /// How many effects say that it is theirs.
    pub claimed: u32,
}

/// Reads the ledger. What a task is given after it was created carries no mark, and may be given
/// twice without harm.
pub fn read(shared: &Shared) -> Vec<Landed> {
    let service = shared.service.borrow();
    let world = &service.world;
    let entries = world.ledger.iter().filter_map(|entry| {
        let (mark, reference) = mark(&entry.tool, &entry.params)?;
        let sub = entry.identifier.strip_prefix("user_").unwrap_or_default();
        let portal = world.csm(sub).map(portal_of).unwrap_or_default();
        Some(Landed {
            identifier: entry.identifier.clone(),
            portal,
            mark,
            reference,
            at: entry.at.clone(),
            meant: None,
            claimed: 0,
        })
    });
    entries.collect()
}

fn portal_of(csm: &Csm) -> String {
    csm.company.text()
}

fn mark(tool: &str, params: &Value) -> Option<(String, Option<Reference>)> {
    if tool == "hubspot_task_create" {
        let body = params["hs_task_body"].as_str().unwrap_or_default();
        let reference = Reference::find(body);
        let mark = reference.as_ref().map(|it| it.marker.clone());
        return Some((mark.unwrap_or_default(), reference));
    }
    let comments = matches!(tool, "linear_graphql_query" | "linear_comment_create");
    comments.then(|| {
        let id = params["variables"]["input"]["id"].as_str();
        (id.unwrap_or_default().to_owned(), None)
    })
}

/// Every write belongs to one effect of one run.
pub fn check_claims(shared: &Shared, ledger: &[Landed]) {
    for landed in ledger {
        shared.asks(Rule::NothingUnclaimed, landed.claimed == 1, || {
            let Landed { mark, claimed, .. } = landed;
            format!("{mark} is {claimed} runs' own")
        });
    }
}

/// Of two flags of one customer in one portal, the later must say something worse: unless it was on
/// its way before the other was there.
pub fn check_flags(shared: &Shared, ledger: &[Landed], sites: &[Rc<Site>]) {
    // What the index does not show for longer than the setting may be flagged again, and who asked
    // for a flag a day gets one.
    if lags_beyond(shared) || asks_for_a_flag_a_day(shared) {
        return;
    }
    let mut flags: BTreeMap<(&str, &str), Vec<&Landed>> = BTreeMap::new();
    for landed in ledger {
        if let Some(reference) = &landed.reference {
            let customer = (landed.portal.as_str(), reference.customer());
            flags.entry(customer).or_default().push(landed);
        }
    }
    for ((portal, customer), mut tasks) in flags {
        tasks.sort_by_key(|it| Timestamp::parse(&it.at));
        // One effect's own duplicates are judged with the effect.
        tasks.dedup_by_key(|it| it.mark.clone());
        let worse = tasks.windows(2).all(|pair| {
            let says = |it: &Landed| it.reference.as_ref().map(|it| (it.status, it.score));
            match (says(pair[0]), says(pair[1])) {
                // Whoever found it worse, because they could read more or score by other settings, may
                // be through with it while what was claimed before them still waits or is late.
                (Some(first), Some(second)) => {
                    let there = Timestamp::parse(&pair[0].at);
                    let on_its_way = pair[1]
                        .meant
                        .zip(there)
                        .is_some_and(|(meant, at)| meant < at);
                    let swapped = is_worse(second, first);
                    is_worse(first, second) || swapped && (on_its_way || shared.redeployed.get())
                }
                _ => false,
            }
        });
        shared.asks(Rule::OneFlagInPortal, worse, || {
            let times: Vec<&str> = tasks.iter().map(|it| it.at.as_str()).collect();
            format!("{customer} in {portal}, at {times:?}, {} runs", sites.len())
        });
    }
}

fn asks_for_a_flag_a_day(shared: &Shared) -> bool {
    let mut all = shared.plan.disturbances.iter();
    all.any(|it| match it.what {
        What::Command(Command::Deploy(Deployed::Settings(settings))) => settings.contains("daily"),
        _ => false,
    })
}

fn is_worse(first: (HealthStatus, u32), second: (HealthStatus, u32)) -> bool {
    let fell = first.0 != HealthStatus::Critical && second.0 == HealthStatus::Critical;
    fell || second.1 + DROP <= first.1
}

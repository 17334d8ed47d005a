//! What landed in the world: each task and comment, with the mark of the effect that made it.
//!
//! Owns the rules that concern the world alone: every write is some run's, and nobody is flagged
//! twice in a portal.

use std::collections::BTreeMap;
use std::rc::Rc;

use onbehalf_agents::onboarding::{HealthStatus, Reference};
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
    /// What the app calls it.
    pub id: String,
    /// The mark of its effect.
    pub mark: String,
    /// What a task says of its customer; nothing for comments.
    pub reference: Option<Reference>,
    /// When.
    pub at: String,
    /// Which of the portals' grants it was written under, counted in their order.
    pub grant: Option<usize>,
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
            id: entry.id.clone(),
            mark,
            reference,
            at: entry.at.clone(),
            grant: None,
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

/// A flag is set by whom the portal has given it to; and of two of one customer, the one given later
/// says something worse. Which lands first is the world's business: whoever found it worse may be
/// through with it while what was given before still waits or is late.
pub fn check_flags(shared: &Shared, ledger: &[Landed], sites: &[Rc<Site>]) {
    // What the index does not show for longer than the setting may be flagged again, and who asked
    // for a flag a day gets one.
    if lags_beyond(shared) || asks_for_a_flag_a_day(shared) {
        return;
    }
    let mut flags: BTreeMap<(&str, &str), Vec<(&Landed, &Reference)>> = BTreeMap::new();
    for landed in ledger {
        if let Some(reference) = &landed.reference {
            shared.asks(Rule::FlagGranted, landed.grant.is_some(), || {
                format!("{} at {}", landed.mark, landed.at)
            });
            let customer = (landed.portal.as_str(), reference.customer());
            let all = flags.entry(customer).or_default();
            // One effect's own duplicates are judged with the effect.
            if all.iter().all(|(it, _)| it.mark != landed.mark) {
                all.push((landed, reference));
            }
        }
    }
    for ((portal, customer), mut tasks) in flags {
        tasks.sort_by_key(|(landed, _)| landed.grant);
        let says = |(_, reference): &(&Landed, &Reference)| (reference.status, reference.score);
        let worse = tasks
            .windows(2)
            .all(|pair| is_worse(says(&pair[0]), says(&pair[1])));
        shared.asks(Rule::OneFlagInPortal, worse, || {
            let times: Vec<&str> = tasks.iter().map(|(it, _)| it.at.as_str()).collect();
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

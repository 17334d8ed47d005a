//! What is about to be written, decided before anything is.
//!
//! Owns the rules: who is flagged, who is flagged again, which item has which name. A pure
//! function; the same input gives the same plan and the same hash. Knows nothing of how items are
//! written.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::finding::Finding;
use super::flags::{OpenFlag, customer_token};
use super::scored::ScoredCustomer;
use super::scoring::HealthStatus;
use super::settings::{OnboardingSettings, ReflagPolicy};
use super::signals::StalledIssue;
use onbehalf_connector::Connector;
use onbehalf_runs::hex;

/// Everything one run will write, and what it leaves because it was written before.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Plan {
    /// In the order of the customers.
    pub actions: Vec<PlannedAction>,
    /// Flagged customers whose earlier flag still stands.
    pub already_flagged: Vec<AlreadyFlagged>,
    /// The reasons of the actions for programs, by the customer's key: one for each reason. Beside the
    /// actions and not in them, so that they are part of nothing that is approved, hashed or written.
    /// Absent in plans of before there were any.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub findings: BTreeMap<String, Vec<Finding>>,
}

/// One write.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PlannedAction {
    /// Names the write within the run; an approval decides by it.
    pub item: String,
    /// What is written.
    pub kind: ActionKind,
    /// The customer's key.
    pub customer: String,
    /// The customer's name.
    pub name: String,
    /// Status now.
    pub status: HealthStatus,
    /// Score now.
    pub score: u32,
    /// Why, for people.
    pub reasons: Vec<String>,
    /// The issue that is commented on; absent for tasks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub issue: Option<IssueRef>,
    /// Whom a task is about and whose it is; nothing for comments.
    #[serde(default, skip_serializing_if = "TaskLinks::is_empty")]
    pub links: TaskLinks,
    /// How many hours after it was written a task falls due; absent for comments, and in plans of the
    /// first release.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due_in_hours: Option<u32>,
}

/// Where people find a task.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct TaskLinks {
    /// HubSpot's id of a contact.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contact: Option<String>,
    /// HubSpot's id of the company, where there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub company: Option<String>,
    /// HubSpot's id of the owner whose queue it is in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
}

impl TaskLinks {
    fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// The kinds of writes.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum ActionKind {
    /// A follow-up task in HubSpot.
    CreateTask,
    /// A comment on the stalled issue in Linear.
    AddComment,
}

impl ActionKind {
    /// The app that is written to.
    pub const fn connector(self) -> Connector {
        match self {
            Self::CreateTask => Connector::HUBSPOT,
            Self::AddComment => Connector::LINEAR,
        }
    }
}

/// An issue by its names.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct IssueRef {
    /// Linear's id.
    pub id: String,
    /// As people name it.
    pub identifier: String,
    /// Where to see it; empty where Linear gives no address of its own.
    pub url: String,
}

/// A customer that is flagged already.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct AlreadyFlagged {
    /// The customer's key.
    pub customer: String,
    /// The open task that says so.
    pub task_id: String,
    /// Other open tasks of the very same write: HubSpot was told more than once.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub duplicates: Vec<String>,
}

impl From<&StalledIssue> for IssueRef {
    fn from(issue: &StalledIssue) -> Self {
        Self {
            id: issue.id.clone(),
            identifier: issue.identifier.clone(),
            url: issue.url.clone(),
        }
    }
}

/// Plans the writes for these customers, given the flags whose tasks are open.
pub fn plan(
    customers: &[ScoredCustomer],
    open: &[OpenFlag],
    settings: &OnboardingSettings,
) -> Plan {
    let standing = standing(open);
    let mut plan = Plan::default();
    // One comment for each issue, even if two customers share it.
    let mut commented = BTreeSet::new();
    for customer in customers.iter().filter(|it| it.health.status.is_flagged()) {
        let token = customer_token(&customer.key);
        let doing = (customer.health.status, customer.health.score);
        let flag = standing.get(token.as_str());
        if let Some(flag) = flag.filter(|flag| stands(flag, doing, settings)) {
            let flagged = already_flagged(&customer.key, flag, open);
            plan.already_flagged.push(flagged);
            continue;
        }
        let findings = customer.health.findings.clone();
        plan.findings.insert(customer.key.clone(), findings);
        plan.actions.push(PlannedAction {
            due_in_hours: Some(settings.due_in_hours),
            ..action(customer, "task", None)
        });
        if let Some(issue) = &customer.stalled_issue
            && commented.insert(issue.id.as_str())
        {
            plan.actions
                .push(action(customer, "comment", Some(issue.into())));
        }
    }
    plan
}

/// The flag that counts for each customer: of several open ones that which says the worst; the task's
/// id breaks ties, so that the order of the search does not matter.
fn standing(open: &[OpenFlag]) -> BTreeMap<&str, &OpenFlag> {
    let mut standing: BTreeMap<&str, &OpenFlag> = BTreeMap::new();
    for flag in open {
        let slot = standing.entry(flag.reference.customer()).or_insert(flag);
        if rank(flag) < rank(slot) {
            *slot = flag;
        }
    }
    standing
}

fn already_flagged(customer: &str, flag: &OpenFlag, open: &[OpenFlag]) -> AlreadyFlagged {
    AlreadyFlagged {
        customer: customer.to_owned(),
        task_id: flag.task_id.clone(),
        duplicates: twins(flag, open),
    }
}

/// Takes the writes out of a plan that flags made needless since it was made: `open` are those that
/// stand now, `seen` those it was made from.
pub(super) fn still_needed(
    writes: Vec<PlannedAction>,
    open: &[OpenFlag],
    seen: &[OpenFlag],
    settings: &OnboardingSettings,
) -> (Vec<PlannedAction>, Vec<AlreadyFlagged>) {
    let new: Vec<_> = open
        .iter()
        .filter(|flag| !seen.contains(flag))
        .cloned()
        .collect();
    let standing = standing(&new);
    let mut needless: BTreeMap<String, AlreadyFlagged> = BTreeMap::new();
    for action in &writes {
        let token = customer_token(&action.customer);
        let flag = standing.get(token.as_str());
        let doing = (action.status, action.score);
        if let Some(flag) = flag.filter(|flag| stands(flag, doing, settings)) {
            let flagged = already_flagged(&action.customer, flag, open);
            needless.insert(action.customer.clone(), flagged);
        }
    }
    let needed = writes.into_iter();
    let needed = needed.filter(|action| !needless.contains_key(&action.customer));
    (needed.collect(), needless.into_values().collect())
}

/// Other tasks that the same write made.
fn twins(of: &OpenFlag, open: &[OpenFlag]) -> Vec<String> {
    let same =
        |it: &&OpenFlag| it.reference.marker == of.reference.marker && it.task_id != of.task_id;
    let mut ids: Vec<_> = open
        .iter()
        .filter(same)
        .map(|it| it.task_id.clone())
        .collect();
    ids.sort();
    ids.dedup();
    ids
}

fn rank(flag: &OpenFlag) -> (std::cmp::Reverse<HealthStatus>, u32, &str) {
    let reference = &flag.reference;
    (
        std::cmp::Reverse(reference.status),
        reference.score,
        &flag.task_id,
    )
}

/// Whether an open flag makes a new one needless for a customer that is doing like this now.
fn stands(
    flag: &OpenFlag,
    (status, score): (HealthStatus, u32),
    settings: &OnboardingSettings,
) -> bool {
    let then = &flag.reference;
    match settings.reflag {
        ReflagPolicy::Daily => false,
        ReflagPolicy::NeverWhileOpen => true,
        ReflagPolicy::WhenWorse => {
            let dropped = then.score.saturating_sub(score);
            status <= then.status && dropped < settings.reflag_drop
        }
    }
}

fn action(customer: &ScoredCustomer, prefix: &str, issue: Option<IssueRef>) -> PlannedAction {
    PlannedAction {
        item: format!("{prefix}:{}", customer.key),
        kind: match issue {
            None => ActionKind::CreateTask,
            Some(_) => ActionKind::AddComment,
        },
        customer: customer.key.clone(),
        name: customer.name.clone(),
        status: customer.health.status,
        score: customer.health.score,
        reasons: customer.health.reasons.clone(),
        links: match &issue {
            None => TaskLinks {
                contact: customer.contacts.first().cloned(),
                company: customer.company_id.clone(),
                owner: customer.owner_id.clone(),
            },
            Some(_) => TaskLinks::default(),
        },
        issue,
        due_in_hours: None,
    }
}

impl Plan {
    /// SHA-256 over the planned writes in hex: what an approval names. Two plans that would write
    /// the same have the same hash.
    pub fn hash(&self) -> String {
        // Struct fields are written in the order of their declaration and nothing in an action is a
        // map or a float, so this JSON is canonical; it cannot fail for the same reason.
        //
        // Whom a task hangs on and whose it is follows from the run's own journal, and when it falls
        // due from the settings: an approval keeps both with the writes it covers. The first release
        // planned neither, and the hash that it put up still stands for its plans.
        let mut actions = self.actions.clone();
        for action in &mut actions {
            action.links = TaskLinks::default();
            action.due_in_hours = None;
        }
        let json = serde_json::to_vec(&actions).unwrap_or_default();
        hex(&Sha256::digest(&json))
    }
}

#[cfg(test)]
#[path = "plan_tests.rs"]
mod tests;

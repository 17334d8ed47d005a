//! What a run ends with.
//!
//! Owns the JSON that people and programs read afterwards. Holds customers' data and typed
//! reasons, nothing of the person on whose behalf the run acted.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::finding::Finding;
use super::plan::ActionKind;
use super::scoring::HealthStatus;
use onbehalf_acting::{ConnectorError, Failure, FailureKind};
use onbehalf_connector::Connector;
use onbehalf_runs::measured::Measured;
use onbehalf_tools::{AppPage, DryWrite};

/// The result of a run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(
    tag = "status",
    rename_all = "snake_case",
    rename_all_fields = "camelCase"
)]
pub enum OnboardingResult {
    /// Connections are missing; nothing was read or written.
    ConnectorsRequired {
        /// Which, in a fixed order.
        missing: Vec<Connector>,
        /// Where to make each of them. The links do not expire.
        connect: BTreeMap<Connector, String>,
    },
    /// HubSpot knows no owner who is this user, so no customer is theirs; nothing was written.
    OwnerNotFound {
        /// What is missing.
        reason: OwnerMissing,
    },
    /// All steps ran.
    Completed(Box<Summary>),
}

impl OnboardingResult {
    /// What the run amounts to, for lists, logs and alerts.
    pub(super) fn amounts_to(&self) -> onbehalf_engine::Outcome {
        use onbehalf_engine::Outcome as Amounts;
        let failed = |reason: &str| Amounts::Failed {
            reason: reason.to_owned(),
        };
        match self {
            Self::ConnectorsRequired { .. } => failed("connectors_required"),
            Self::OwnerNotFound { .. } => failed("owner_not_found"),
            Self::Completed(summary) => match summary.outcome {
                Outcome::Done => Amounts::Done,
                Outcome::Partial => Amounts::Partial {
                    missing: summary.missing.iter().map(|it| it.name().into()).collect(),
                },
                Outcome::Failed => failed("customers_unread"),
            },
        }
    }

    /// How many of what, for the line at the end.
    pub(super) fn counts(&self) -> Vec<(&'static str, u64)> {
        let Self::Completed(summary) = self else {
            return Vec::new();
        };
        let Counts {
            customers,
            healthy,
            at_risk,
            critical,
            tasks_created,
            comments_added,
            failed,
            unknown_outcome,
            ..
        } = summary.counts;
        [
            ("customers", customers),
            ("healthy", healthy),
            ("atRisk", at_risk),
            ("critical", critical),
            ("tasksCreated", tasks_created),
            ("commentsAdded", comments_added),
            ("failed", failed),
            ("unknownOutcome", unknown_outcome),
        ]
        .map(|(name, count)| (name, u64::from(count)))
        .into()
    }

    /// Every customer's score; nothing of a run that did not get as far as to look at customers.
    pub fn scores(&self) -> Option<Vec<Measured>> {
        match self {
            Self::Completed(summary) if summary.outcome != Outcome::Failed => {
                let customers = summary.customers.iter().map(|customer| Measured {
                    key: customer.key.clone(),
                    name: customer.name.clone(),
                    value: customer.score,
                });
                Some(customers.collect())
            }
            Self::Completed(_) | Self::ConnectorsRequired { .. } | Self::OwnerNotFound { .. } => {
                None
            }
        }
    }
}

/// Why nobody in HubSpot is taken for the user.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum OwnerMissing {
    /// The identity provider names no verified address.
    NoAddress,
    /// HubSpot has no active owner with the address.
    NoOwner,
}

/// How much of its job a run did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// All of it.
    #[default]
    Done,
    /// Some; `missing` names the parts.
    Partial,
    /// None: it could not even tell who the customers are.
    Failed,
}

/// A part of the job.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    /// Who is in onboarding.
    Customers,
    /// What Zendesk says of them.
    Tickets,
    /// What Linear says of them.
    Issues,
    /// Whether they are flagged already.
    OpenFlags,
    /// Follow-up tasks.
    Tasks,
    /// Comments on stalled issues.
    Comments,
}

impl Part {
    /// As written in JSON.
    const fn name(self) -> &'static str {
        match self {
            Self::Customers => "customers",
            Self::Tickets => "tickets",
            Self::Issues => "issues",
            Self::OpenFlags => "open_flags",
            Self::Tasks => "tasks",
            Self::Comments => "comments",
        }
    }
}

/// A flag that is in HubSpot more than once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Duplicate {
    /// The customer's key.
    pub customer: String,
    /// HubSpot's ids of the tasks, the first of which counts.
    pub task_ids: Vec<String>,
}

/// Everything a run found and did.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Summary {
    /// How much of its job the run did.
    #[serde(default)]
    pub outcome: Outcome,
    /// The parts that are missing.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub missing: Vec<Part>,
    /// Totals.
    pub counts: Counts,
    /// Every customer, the worst first.
    pub customers: Vec<CustomerHealth>,
    /// Keys of the customers that are at risk or critical, the worst first.
    pub flagged: Vec<String>,
    /// What became of each planned write, and of each that was not repeated.
    pub actions: Vec<ActionResult>,
    /// Connectors that failed, with their typed reasons.
    pub connector_errors: Vec<ConnectorError>,
    /// Customers scored without all signals.
    pub customer_errors: Vec<CustomerError>,
    /// Tasks that are there more than once with one reference; somebody should close the others.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub duplicates: Vec<Duplicate>,
}

/// Totals of a run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Counts {
    /// Customers looked at.
    pub customers: u32,
    /// Of them healthy.
    pub healthy: u32,
    /// Of them at risk.
    pub at_risk: u32,
    /// Of them critical.
    pub critical: u32,
    /// Tasks that are in HubSpot because of this run.
    pub tasks_created: u32,
    /// Comments that are in Linear because of this run.
    pub comments_added: u32,
    /// Customers whose earlier flag still stands, or whom another run flags.
    pub already_flagged: u32,
    /// Writes that a run would make which only says so.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub planned: u32,
    /// Writes a person rejected.
    pub rejected: u32,
    /// Writes that failed.
    pub failed: u32,
    /// Writes of which nobody can tell whether they landed.
    pub unknown_outcome: u32,
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde passes it so")]
fn is_zero(count: &u32) -> bool {
    *count == 0
}

/// One customer in the summary.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct CustomerHealth {
    /// Identifies the customer across runs.
    pub key: String,
    /// Company or person.
    pub name: String,
    /// 0 (worst) to 100 (best).
    pub score: u32,
    /// What the score means.
    pub status: HealthStatus,
    /// Why, for people.
    pub reasons: Vec<String>,
    /// The same for programs, one for each reason; absent in results of before there were any.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub findings: Vec<Finding>,
    /// HubSpot's ids of its contacts.
    pub contacts: Vec<String>,
    /// Whole days in the lifecycle stage.
    pub days_in_stage: u32,
}

/// What became of one write.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ActionResult {
    /// What was to be written.
    pub kind: ActionKind,
    /// The customer's key.
    pub customer: String,
    /// How it ended.
    pub status: ActionStatus,
    /// HubSpot's id of the task. Where it is there and `failure` is too, the task could not be given
    /// its contact, company or owner.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub task_id: Option<String>,
    /// Where the task is seen, as far as HubSpot has said.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "AppPage::kept"
    )]
    pub task_url: Option<AppPage>,
    /// Linear's id of the comment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comment_id: Option<String>,
    /// The issue commented on, as people name it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub issue: Option<String>,
    /// Where the issue is seen, as far as Linear has said.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "AppPage::kept"
    )]
    pub issue_url: Option<AppPage>,
    /// Why it failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<Failure>,
    /// Other tasks with the same reference: HubSpot was told more than once.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub duplicates: Vec<String>,
    /// What would be written, where the run only says so: a task, and what it is given after it was
    /// created; or a comment.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub writes: Vec<DryWrite>,
}

/// How a write ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ActionStatus {
    /// It is there, once.
    Done,
    /// Not needed: an earlier flag still stands.
    AlreadyFlagged,
    /// Not needed: another run of the same portal has set it, or is about to.
    FlaggedByAnotherRun,
    /// The app refused it.
    Refused,
    /// The app would not take it in time, or not say in time whether it is needed.
    Expired,
    /// Not sent: nobody can tell whether it is needed, and waiting would not help.
    NotAttempted,
    /// Not made, because the run only says what it would write.
    Planned,
    /// A person said no.
    Rejected,
    /// Nobody can tell whether it landed; somebody should look.
    UnknownOutcome,
}

/// A customer for whom a signal is missing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct CustomerError {
    /// The customer's key.
    pub customer: String,
    /// Which app could not be read for it.
    pub connector: Connector,
    /// How that failed; the details stand under `connectorErrors`.
    pub kind: FailureKind,
    /// The authorization's reason or the app's own code, where there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

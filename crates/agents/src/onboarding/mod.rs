//! The Onboarding Health Agent: who struggles in the first weeks, and telling the people who can
//! help.
//!
//! ```text
//! preflight ─▶ contacts ─▶ signals and scores ─▶ actions ─▶ summary
//!  Scalekit     HubSpot     Zendesk ∥ Linear      HubSpot task, Linear comment
//! ```
//!
//! Owns the business rules: which signals count and how much, who is flagged and when again, what
//! the task and the comment say. Knows nothing of how a caller signed in, how a tool reaches its
//! app, how a run survives, or that it runs on Cloudflare.

mod add_comment;
mod create_task;
mod customers;
mod flags;
mod free_mail;
mod input;
mod plan;
mod result;
pub(crate) mod scopes;
mod scored;
mod scoring;
pub(crate) mod settings;
mod signals;
mod steps;
mod tasks;
mod template;
mod texts;
mod tickets;
mod weights;

pub use crate::acting::failures::{ConnectorError, Failure, FailureKind};
pub use add_comment::AddComment;
pub use create_task::CreateTask;
pub use customers::{Contact, Customer, Lead, group};
pub use flags::{FLAG_WORD, OpenFlag, Reference, customer_token};
pub use input::{
    ApprovalMode, OnMissingConnector, OnboardingInput, OnboardingServices, OnboardingState,
};
pub use plan::{ActionKind, AlreadyFlagged, IssueRef, Plan, PlannedAction, plan};
pub use result::{
    ActionResult, ActionStatus, Counts, CustomerError, CustomerHealth, OnboardingResult, Summary,
};
pub use scored::{Scored, ScoredCustomer};
pub use scoring::{Health, HealthStatus, score};
pub use settings::{CustomerKey, OnboardingSettings, ReflagPolicy};
pub use signals::{Reading, Signals, StalledIssue, TaskSignals, TicketSignals};
pub use steps::{Actions, Contacts, Preflight, SignalsAndScores, SummaryStep};
pub use template::Template;
pub use weights::{FULL_SCORE, ScoringWeights};

use onbehalf_connector::Connector;
use onbehalf_engine::{Definition, Workflow, workflow};
use onbehalf_identity::RequestContext;

/// The connectors the workflow needs, in the order they are always named.
pub const CONNECTORS: [Connector; 3] = [Connector::Hubspot, Connector::Zendesk, Connector::Linear];

/// The workflow's types and name.
pub struct OnboardingHealth;

impl Definition for OnboardingHealth {
    const ID: &'static str = "onboarding-health";
    const VERSION: u32 = 1;
    type Input = OnboardingInput;
    type State = OnboardingState;
    type Context = RequestContext;
    type Result = OnboardingResult;
    type Services = OnboardingServices;
}

/// The whole workflow, ready to be driven.
pub fn onboarding_workflow() -> Workflow<OnboardingHealth> {
    workflow::<OnboardingHealth>()
        .then(Preflight)
        .then(Contacts)
        .then(SignalsAndScores)
        .then(Actions)
        .then(SummaryStep)
        .writes::<CreateTask>()
        .writes::<AddComment>()
        .build()
}

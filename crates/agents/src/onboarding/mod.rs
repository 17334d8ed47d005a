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
mod finding;
mod flags;
mod free_mail;
mod input;
mod link_task;
mod plan;
mod result;
mod scored;
mod scoring;
mod settings;
mod signals;
mod steps;
mod tasks;
mod template;
mod texts;
mod tickets;
mod weights;

pub use add_comment::AddComment;
pub use create_task::CreateTask;
pub use customers::{Contact, Customer, Lead, group};
pub use finding::Finding;
pub use flags::{FLAG_WORD, OpenFlag, Reference, customer_token};
pub use input::{OnboardingInput, OnboardingServices, OnboardingState};
pub use link_task::LinkTask;
pub use onbehalf_acting::{ConnectorError, Failure, FailureKind, OnMissingConnector};
pub use plan::{ActionKind, AlreadyFlagged, IssueRef, Plan, PlannedAction, TaskLinks, plan};
pub use result::{
    ActionResult, ActionStatus, Counts, CustomerError, CustomerHealth, Duplicate, OnboardingResult,
    Outcome, OwnerMissing, Part, Summary,
};
pub use scored::{Scored, ScoredCustomer};
pub use scoring::{Health, HealthStatus, score};
pub use settings::{CustomerKey, CustomerScope, OnboardingSettings, ReflagPolicy};
pub use signals::{Reading, Signals, StalledIssue, TaskSignals, TicketSignals};
pub use steps::{Actions, Contacts, Preflight, SignalsAndScores, SummaryStep};
pub use template::Template;
pub use weights::{FULL_SCORE, ScoringWeights};

use onbehalf_acting::{Acts, Lent, Need, Services};
use onbehalf_connector::Connector;
use onbehalf_engine::{Definition, Workflow, workflow};
use onbehalf_identity::RequestContext;
use onbehalf_runs::RunReason;
use onbehalf_runs::hosted::{Hosted, Plans};
use onbehalf_runs::measured::Measures;

/// The connectors the workflow needs, in the order they are always named.
const NEEDS: &[Need] = &[
    // Tasks are covered by the scopes of contacts (HubSpot, "Scopes").
    Need {
        connector: Connector::HUBSPOT,
        scopes: &["crm.objects.contacts.read", "crm.objects.contacts.write"],
    },
    // Zendesk, "Using OAuth authentication: scopes".
    Need {
        connector: Connector::ZENDESK,
        scopes: &["read"],
    },
    // Linear, "OAuth 2.0 authentication: scopes".
    Need {
        connector: Connector::LINEAR,
        scopes: &["read", "comments:create"],
    },
];

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
    type Reason = RunReason;

    fn outcome(result: &OnboardingResult) -> onbehalf_engine::Outcome {
        result.amounts_to()
    }

    fn counts(result: &OnboardingResult) -> Vec<(&'static str, u64)> {
        result.counts()
    }
}

impl Acts for OnboardingHealth {
    const NEEDS: &'static [Need] = NEEDS;

    fn waits_for_connections(state: &OnboardingState) -> bool {
        state.waits_for_connections()
    }
}

impl Hosted<Lent> for OnboardingHealth {
    const TITLE: &'static str = "Onboarding health";
    const DESCRIPTION: &'static str = "Scores every customer in onboarding by their open tickets and \
         onboarding tasks, creates a HubSpot task for each that is at risk or critical, and comments \
         on the Linear issue that waits longest.";
    const SCHEDULE: Option<&'static str> = Some("0 8 * * *");
    const SETTINGS_KEY: &'static str = "ONBOARDING";
    type Settings = OnboardingSettings;
    const PLANS: Option<Plans<OnboardingInput, OnboardingSettings>> = Some(Plans {
        asked: |input| &mut input.approval,
        demanded: |settings| settings.approval,
    });
    const USES: &'static [Need] = NEEDS;
    const MEASURES: Option<Measures<OnboardingResult>> = Some(Measures {
        title: "Health score",
        of: OnboardingResult::scores,
    });
    const DRY_RUN: Option<fn(&OnboardingInput) -> bool> = Some(|input| input.dry_run);

    fn settings(text: Option<&str>) -> Result<OnboardingSettings, String> {
        OnboardingSettings::from_json(text)
    }

    fn services(lent: Lent, settings: OnboardingSettings) -> OnboardingServices {
        Services::new(lent.means, settings)
    }

    fn chain() -> Workflow<Self> {
        onboarding_workflow()
    }
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
        .writes::<LinkTask>()
        .writes::<AddComment>()
        .build()
}

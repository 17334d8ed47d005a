//! Step 4: tell the people who can help, once.
//!
//! What is written is settled on first ([`super::contract`]), then claimed before every other run of
//! the portal ([`super::claims`]), then written.

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use crate::onboarding::plan::{ActionKind, AlreadyFlagged, PlannedAction, plan};
use crate::onboarding::result::{ActionResult, ActionStatus};
use crate::onboarding::scored::Scored;
use crate::onboarding::{OnboardingHealth, OnboardingState};
use onbehalf_acting::{ConnectorError, Failure, write_policy};
use onbehalf_connector::Connector;
use onbehalf_engine::{Flow, Step, StepContext, StepPolicy, StepResult};
use onbehalf_identity::RequestContext;
use onbehalf_runs::portal::PortalKey;
use onbehalf_tools::AppPage;

use super::contract::{Settling, settle_on};
use super::writes::{Written, dry_writes, write};

/// Step 4.
pub struct Actions;

/// What was done about whom.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Acted {
    /// The customers, and what has failed in any step.
    pub scored: Scored,
    /// What became of each write.
    pub actions: Vec<ActionResult>,
    /// Whether nobody could tell who is flagged already, so that nothing was written.
    #[serde(default)]
    pub blind: bool,
}

#[async_trait(?Send)]
impl Step<OnboardingHealth> for Actions {
    type Input = Scored;
    type Output = Acted;

    fn id(&self) -> &'static str {
        "actions"
    }

    fn policy(&self) -> StepPolicy {
        write_policy()
    }

    fn requires(&self, _: &RequestContext, state: &OnboardingState) -> Result<(), String> {
        state.verified()
    }

    async fn run(
        &self,
        mut scored: Scored,
        cx: &StepContext<OnboardingHealth>,
    ) -> StepResult<OnboardingHealth, Acted> {
        let mut blind = false;
        let mut actions: Vec<_> = match settle_on(&scored, cx).await? {
            Settling::Wait(flow) => return Ok(flow),
            Settling::Blind(failure) => {
                blind = true;
                let planned = plan(&scored.customers, &[], &cx.services().settings);
                let error = (Connector::HUBSPOT, &failure);
                ConnectorError::note(&mut scored.connector_errors, error.0, self.id(), error.1);
                let status = match &failure {
                    // The connection that the writes would have gone through is dead.
                    it if it.is_auth() => ActionStatus::Refused,
                    // It was asked until the step's time was over.
                    it if it.may_change() => ActionStatus::Expired,
                    _ => ActionStatus::NotAttempted,
                };
                let unwritten = |action| ended(action, status, Some(failure.clone()));
                planned.actions.iter().map(unwritten).collect()
            }
            Settling::Dry(plan) => {
                let planned = plan.actions.iter().map(|action| ActionResult {
                    writes: dry_writes(cx, action),
                    ..ended(action, ActionStatus::Planned, None)
                });
                planned
                    .chain(flagged_before(plan.already_flagged))
                    .collect()
            }
            Settling::Settled(contract) => {
                let account = || PortalKey::of_account(&(&cx.context().scalekit_identifier).into());
                let portal = scored.portal.clone().unwrap_or_else(account);
                let mut actions = match write(cx, &contract, portal).await? {
                    Written::Wait(reason) => return Ok(Flow::Suspend(reason)),
                    Written::Done(actions) => actions,
                };
                for action in &actions {
                    if let Some(failure) = &action.failure {
                        let connector = action.kind.connector();
                        let errors = &mut scored.connector_errors;
                        ConnectorError::note(errors, connector, self.id(), failure);
                    }
                }
                let rejected = contract.rejected.iter();
                actions.extend(rejected.map(|it| ended(it, ActionStatus::Rejected, None)));
                actions.extend(flagged_before(contract.already_flagged));
                actions
            }
        };
        for action in &mut actions {
            let (described, task) = (&scored.described, &action.task_id);
            let page = described.as_ref().zip(task.as_ref());
            action.task_url = page.and_then(|(portal, task)| portal.task_page(task));
        }
        Ok(Flow::Next(Acted {
            scored,
            actions,
            blind,
        }))
    }
}

/// Customers whose earlier flag stands.
fn flagged_before(flagged: Vec<AlreadyFlagged>) -> impl Iterator<Item = ActionResult> {
    flagged.into_iter().map(|it| ActionResult {
        kind: ActionKind::CreateTask,
        customer: it.customer,
        status: ActionStatus::AlreadyFlagged,
        task_id: Some(it.task_id),
        task_url: None,
        comment_id: None,
        issue: None,
        issue_url: None,
        failure: None,
        duplicates: it.duplicates,
        writes: Vec::new(),
    })
}

/// An action that came to its end without a receipt.
pub(super) fn ended(
    action: &PlannedAction,
    status: ActionStatus,
    failure: Option<Failure>,
) -> ActionResult {
    let issue = action.issue.as_ref();
    ActionResult {
        kind: action.kind,
        customer: action.customer.clone(),
        status,
        task_id: None,
        task_url: None,
        comment_id: None,
        issue: issue.map(|it| it.identifier.clone()),
        // A plan that was settled before addresses were looked at when read may hold any.
        issue_url: issue.and_then(|it| AppPage::of(Connector::LINEAR, &it.url)),
        failure,
        duplicates: Vec::new(),
        writes: Vec::new(),
    }
}

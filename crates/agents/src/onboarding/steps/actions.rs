//! Step 4: tell the people who can help, once.
//!
//! Open flags are looked up, the writes planned, the plan approved where the run asks for it, and
//! then written. An approval names the hash of what was looked at; if the open flags have changed
//! in the meantime so that something else would be written, the new plan is put up again.

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use crate::acting::{ConnectorError, Failure, WRITE_PATIENCE, approval_needed};
use crate::onboarding::plan::{ActionKind, Plan, PlannedAction, plan};
use crate::onboarding::result::{ActionResult, ActionStatus};
use crate::onboarding::scored::Scored;
use crate::onboarding::{OnboardingHealth, OnboardingState};
use onbehalf_connector::Connector;
use onbehalf_engine::{Flow, FlowOf, Step, StepContext, StepError, StepPolicy, StepResult};
use onbehalf_identity::RequestContext;
use onbehalf_runs::{ApprovalMode, Decided, Decision, PlanItem, RunAnswer, RunReason};

use super::open_flags::{Look, look};
use super::writes::{Written, write};

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

/// A plan that may be written.
struct Cleared {
    plan: Plan,
    approval: Option<Decided>,
}

/// What stands between the step and a plan that may be written.
enum Clearing {
    Cleared(Cleared),
    Blind(Failure),
    Wait(FlowOf<OnboardingHealth, Acted>),
}

#[async_trait(?Send)]
impl Step<OnboardingHealth> for Actions {
    type Input = Scored;
    type Output = Acted;

    fn id(&self) -> &'static str {
        "actions"
    }

    fn policy(&self) -> StepPolicy {
        StepPolicy {
            patience: WRITE_PATIENCE,
            ..StepPolicy::default()
        }
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
        let actions = match clear(&scored, cx).await? {
            Clearing::Wait(flow) => return Ok(flow),
            Clearing::Blind(failure) => {
                blind = true;
                let planned = plan(&scored.customers, &[], &cx.services().settings);
                let error = (Connector::HUBSPOT, &failure);
                ConnectorError::note(&mut scored.connector_errors, error.0, self.id(), error.1);
                let refused = |action| ended(action, ActionStatus::Refused, Some(failure.clone()));
                planned.actions.iter().map(refused).collect()
            }
            Clearing::Cleared(cleared) => {
                let rejected = |action: &PlannedAction| {
                    let approval = cleared.approval.as_ref();
                    approval.is_some_and(|it| it.for_item(&action.item) == Decision::Reject)
                };
                let planned = &cleared.plan.actions;
                let wanted = planned.iter().filter(|action| !rejected(action)).collect();
                let mut actions = match write(cx, wanted).await? {
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
                let rejected = planned.iter().filter(|action| rejected(action));
                actions.extend(rejected.map(|it| ended(it, ActionStatus::Rejected, None)));
                actions.extend(cleared.plan.already_flagged.iter().map(|it| ActionResult {
                    kind: ActionKind::CreateTask,
                    customer: it.customer.clone(),
                    status: ActionStatus::AlreadyFlagged,
                    task_id: Some(it.task_id.clone()),
                    comment_id: None,
                    issue: None,
                    failure: None,
                    duplicates: it.duplicates.clone(),
                }));
                actions
            }
        };
        Ok(Flow::Next(Acted {
            scored,
            actions,
            blind,
        }))
    }
}

/// An action that came to its end without a receipt.
pub(super) fn ended(
    action: &PlannedAction,
    status: ActionStatus,
    failure: Option<Failure>,
) -> ActionResult {
    ActionResult {
        kind: action.kind,
        customer: action.customer.clone(),
        status,
        task_id: None,
        comment_id: None,
        issue: action.issue.as_ref().map(|it| it.identifier.clone()),
        failure,
        duplicates: Vec::new(),
    }
}

/// Gets to a plan that may be written, or to what stands in between.
async fn clear(scored: &Scored, cx: &StepContext<OnboardingHealth>) -> Result<Clearing, StepError> {
    let settings = &cx.services().settings;
    let mut approved: Option<(String, Decided)> = None;
    for round in 1.. {
        let open = match look(cx, scored, round).await? {
            Look::Flags(open) => open,
            Look::Blind(failure) => return Ok(Clearing::Blind(failure)),
            Look::Wait(flow) => return Ok(Clearing::Wait(flow)),
        };
        let plan = plan(&scored.customers, &open, settings);
        let mode = approval_needed(cx, cx.state().approval_asked(), settings.approval)?;
        if mode == ApprovalMode::None || plan.actions.is_empty() {
            let approval = None;
            return Ok(Clearing::Cleared(Cleared { plan, approval }));
        }
        let hash = plan.hash();
        if let Some((_, approval)) = approved.take().filter(|(seen, _)| *seen == hash) {
            let approval = Some(approval);
            return Ok(Clearing::Cleared(Cleared { plan, approval }));
        }
        match decision(cx, round, &hash).await? {
            Some(approval) => approved = Some((hash, approval)),
            None => {
                let reason = asks_for(&plan, hash, mode)
                    .map_err(|error| StepError::terminal(error.to_string()))?;
                return Ok(Clearing::Wait(Flow::Suspend(reason.into())));
            }
        }
    }
    Err(StepError::terminal("the plan never came to rest"))
}

/// The plan as it is put up: for people, and every write as data.
fn asks_for(plan: &Plan, hash: String, mode: ApprovalMode) -> Result<RunReason, serde_json::Error> {
    let items = plan.actions.iter();
    let items = items.map(|action| PlanItem::new(action.item.clone(), action));
    Ok(RunReason::ApprovalRequired {
        plan: serde_json::to_value(plan)?,
        hash,
        items: Some(items.collect::<Result<_, _>>()?),
        mode,
    })
}

/// The decision about the plan with this hash, if there is one. Kept at once: a later suspension
/// of the same step brings another answer.
async fn decision(
    cx: &StepContext<OnboardingHealth>,
    round: u32,
    hash: &str,
) -> Result<Option<Decided>, StepError> {
    let given = match cx.answer() {
        Some(RunAnswer::Approval(approval)) if approval.hash == hash => Some(approval.clone()),
        _ => None,
    };
    let none = given.is_none();
    let kept = cx
        .memo(&format!("approval-{round}"), || async {
            // Not an error to anybody: it only keeps the memo from being written.
            given.ok_or_else(|| StepError::terminal("no decision yet"))
        })
        .await;
    match kept {
        Ok(approval) => Ok(Some(approval)),
        Err(StepError::Terminal { .. }) if none => Ok(None),
        Err(error) => Err(error),
    }
}

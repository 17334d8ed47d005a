//! What a run writes, settled once and kept as data.
//!
//! Owns the way from the open flags to writes that may be made: planned, put up where somebody is to
//! approve, approved. From then on it is a contract: settings, policies and code may change, and what
//! is written is what was settled on, item by item. A write that nobody has looked at needs another
//! approval; one that a new flag has made needless is left out.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::onboarding::OnboardingHealth;
use crate::onboarding::plan::{AlreadyFlagged, Plan, PlannedAction, plan, still_needed};
use crate::onboarding::scored::Scored;
use onbehalf_acting::{Failure, approval_needed};
use onbehalf_clock::Timestamp;
use onbehalf_engine::{Flow, FlowOf, StepContext, StepError};
use onbehalf_runs::{ApprovalMode, Decided, Decision, PlanItem, RunAnswer, RunReason};

use super::actions::Acted;
use super::open_flags::{Look, look};

/// Under which name it is kept.
const CONTRACT: &str = "contract";

/// What a run writes, and what it leaves.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Contract {
    /// In the order of the plan.
    pub writes: Vec<PlannedAction>,
    /// A person's no.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rejected: Vec<PlannedAction>,
    /// Customers whose earlier flag stands.
    pub already_flagged: Vec<AlreadyFlagged>,
    /// When HubSpot was last asked what is flagged.
    pub looked_at: Timestamp,
}

/// What stands between the step and a contract.
pub(super) enum Settling {
    /// Nothing.
    Settled(Contract),
    /// Nobody can tell who is flagged already, so nothing is written.
    Blind(Failure),
    /// The run only says what it would write.
    Dry(Plan),
    /// The step waits.
    Wait(FlowOf<OnboardingHealth, Acted>),
}

/// Settles on what is written, or goes on with what was.
pub(super) async fn settle_on(
    scored: &Scored,
    cx: &StepContext<OnboardingHealth>,
) -> Result<Settling, StepError> {
    if let Some(kept) = cx.kept(CONTRACT)? {
        return Ok(Settling::Settled(kept));
    }
    let settings = &cx.services().settings;
    let mut earlier = None;
    for round in 1.. {
        let seen = match look(cx, scored, round).await? {
            Look::Flags(seen) => seen,
            Look::Blind(failure) => return Ok(Settling::Blind(failure)),
            Look::Wait(flow) => return Ok(Settling::Wait(flow)),
        };
        let plan = plan(&scored.customers, &seen.open, settings);
        if cx.state().runs_dry() {
            return Ok(Settling::Dry(plan));
        }
        let Some(decided) = decision(cx, round, earlier.as_ref()).await? else {
            let mode = approval_needed(cx, cx.state().approval_asked(), settings.approval)?;
            if mode != ApprovalMode::None && !plan.actions.is_empty() {
                let put_up = put_up(&plan, mode);
                let put_up = put_up.map_err(|error| StepError::terminal(error.to_string()))?;
                return Ok(Settling::Wait(Flow::Suspend(put_up.into())));
            }
            let contract = Contract {
                writes: plan.actions,
                rejected: Vec::new(),
                already_flagged: plan.already_flagged,
                looked_at: seen.at,
            };
            return keep(cx, contract).await;
        };
        let Some((approved, rejected)) = covered(&decided, &plan) else {
            // Of a release whose writes cannot be read any more, or about another plan than this:
            // what there is now is put up.
            earlier = Some(decided);
            continue;
        };
        // People take their time, and others flag meanwhile.
        let now = match look(cx, scored, round + 1).await? {
            Look::Flags(seen) => seen,
            Look::Blind(failure) => return Ok(Settling::Blind(failure)),
            Look::Wait(flow) => return Ok(Settling::Wait(flow)),
        };
        let both = approved.iter().chain(&rejected);
        let decided: BTreeSet<_> = both.map(|it| it.customer.clone()).collect();
        let (writes, meanwhile) = still_needed(approved, &now.open, &seen.open, settings);
        let mut already_flagged = plan.already_flagged;
        already_flagged.retain(|it| !decided.contains(&it.customer));
        already_flagged.extend(meanwhile);
        let contract = Contract {
            writes,
            rejected,
            already_flagged,
            looked_at: now.at,
        };
        return keep(cx, contract).await;
    }
    Err(StepError::terminal("the plan never came to rest"))
}

async fn keep(
    cx: &StepContext<OnboardingHealth>,
    contract: Contract,
) -> Result<Settling, StepError> {
    let kept = cx.memo(CONTRACT, || async { Ok(contract) }).await?;
    Ok(Settling::Settled(kept))
}

/// The plan as it is put up: for people, and every write as data.
fn put_up(plan: &Plan, mode: ApprovalMode) -> Result<RunReason, serde_json::Error> {
    let items = plan.actions.iter();
    let items = items.map(|action| PlanItem::new(action.item.clone(), action));
    Ok(RunReason::ApprovalRequired {
        plan: serde_json::to_value(plan)?,
        hash: plan.hash(),
        mode,
        items: Some(items.collect::<Result<_, _>>()?),
    })
}

/// The decision about the plan that this round has put up, if there is one. Kept at once: a later
/// suspension of the same step brings another answer.
async fn decision(
    cx: &StepContext<OnboardingHealth>,
    round: u32,
    earlier: Option<&Decided>,
) -> Result<Option<Decided>, StepError> {
    let name = format!("approval-{round}");
    if let Some(kept) = cx.kept(&name)? {
        return Ok(Some(kept));
    }
    match cx.answer() {
        Some(RunAnswer::Approval(given)) if Some(given) != earlier => {
            let kept = cx.memo(&name, || async { Ok(given.clone()) }).await?;
            Ok(Some(kept))
        }
        _ => Ok(None),
    }
}

/// The writes that were approved, and those that were rejected, as they were looked at.
fn covered(decided: &Decided, plan: &Plan) -> Option<(Vec<PlannedAction>, Vec<PlannedAction>)> {
    if decided.covers.is_some() {
        let writes = |of: Vec<(&str, PlannedAction)>| of.into_iter().map(|it| it.1).collect();
        return Some((
            writes(decided.approved().ok()?),
            writes(decided.rejected().ok()?),
        ));
    }
    // A decision of the first release names a hash alone. It is about this plan if that has it.
    let actions = || plan.actions.iter().cloned();
    (decided.hash == plan.hash())
        .then(|| actions().partition(|action| decided.for_item(&action.item) == Decision::Approve))
}

//! Step 5: the result, for people and programs. Reads and writes nothing.

use async_trait::async_trait;

use crate::onboarding::plan::ActionKind;
use crate::onboarding::result::{
    ActionResult, ActionStatus, Counts, CustomerHealth, Duplicate, OnboardingResult, Outcome, Part,
    Summary,
};
use crate::onboarding::scored::{Scored, ScoredCustomer};
use crate::onboarding::scoring::HealthStatus;
use crate::onboarding::{OnboardingHealth, OnboardingState};
use onbehalf_acting::FailureKind;
use onbehalf_connector::Connector;
use onbehalf_engine::{Flow, Step, StepContext, StepResult};
use onbehalf_identity::RequestContext;
use std::collections::BTreeSet;

use super::actions::Acted;
use super::contacts::CONTACTS;
use super::signals::SIGNALS;

/// Step 5.
pub struct SummaryStep;

#[async_trait(?Send)]
impl Step<OnboardingHealth> for SummaryStep {
    type Input = Acted;
    type Output = OnboardingResult;

    fn id(&self) -> &'static str {
        "summary"
    }

    fn requires(&self, _: &RequestContext, state: &OnboardingState) -> Result<(), String> {
        state.verified()
    }

    async fn run(
        &self,
        acted: Acted,
        _: &StepContext<OnboardingHealth>,
    ) -> StepResult<OnboardingHealth, OnboardingResult> {
        let summary = summarise(acted);
        Ok(Flow::Next(OnboardingResult::Completed(Box::new(summary))))
    }
}

/// Sorts and counts.
fn summarise(acted: Acted) -> Summary {
    let Acted {
        mut scored,
        actions,
        blind,
    } = acted;
    let missing = missing(&scored, &actions, blind);
    scored.customers.sort_by(|a, b| rank(a).cmp(&rank(b)));
    let mut counts = Counts::default();
    for customer in &scored.customers {
        counts.customers += 1;
        *match customer.health.status {
            HealthStatus::Healthy => &mut counts.healthy,
            HealthStatus::AtRisk => &mut counts.at_risk,
            HealthStatus::Critical => &mut counts.critical,
        } += 1;
    }
    for action in &actions {
        *match (action.status, action.kind) {
            (ActionStatus::Done, ActionKind::CreateTask) => &mut counts.tasks_created,
            (ActionStatus::Done, ActionKind::AddComment) => &mut counts.comments_added,
            (ActionStatus::AlreadyFlagged, _)
            | (ActionStatus::FlaggedByAnotherRun, ActionKind::CreateTask) => {
                &mut counts.already_flagged
            }
            // Its customer was flagged for its task; that it was commented before counts for nothing.
            (ActionStatus::FlaggedByAnotherRun, ActionKind::AddComment) => continue,
            (ActionStatus::Planned, _) => &mut counts.planned,
            (ActionStatus::Rejected, _) => &mut counts.rejected,
            (ActionStatus::Refused | ActionStatus::Expired | ActionStatus::NotAttempted, _) => {
                &mut counts.failed
            }
            (ActionStatus::UnknownOutcome, _) => &mut counts.unknown_outcome,
        } += 1;
    }
    let flagged = scored
        .customers
        .iter()
        .filter(|it| it.health.status.is_flagged());
    let twice = actions.iter().filter(|it| !it.duplicates.is_empty());
    let duplicates = twice.map(|it| Duplicate {
        customer: it.customer.clone(),
        task_ids: it.task_id.iter().chain(&it.duplicates).cloned().collect(),
    });
    Summary {
        outcome: match missing.as_slice() {
            [] => Outcome::Done,
            [Part::Customers, ..] if scored.customers.is_empty() => Outcome::Failed,
            _ => Outcome::Partial,
        },
        missing,
        duplicates: duplicates.collect(),
        counts,
        flagged: flagged.map(|it| it.key.clone()).collect(),
        customers: scored.customers.into_iter().map(shown).collect(),
        actions,
        connector_errors: scored.connector_errors,
        customer_errors: scored.customer_errors,
    }
}

/// The parts of the job that were not done, or not for every customer. A person's no and a flag that
/// stands are the job; what an app refused, or never took, is not.
fn missing(scored: &Scored, actions: &[ActionResult], blind: bool) -> Vec<Part> {
    let mut missing = BTreeSet::new();
    // Whom no app can be asked about is no failure of the app's.
    let errors = scored.connector_errors.iter();
    let errors = errors.filter(|it| it.failure.kind != FailureKind::Unsearchable);
    for error in errors {
        match (error.connector, error.step.as_str()) {
            (Connector::HUBSPOT, CONTACTS) => missing.insert(Part::Customers),
            (Connector::ZENDESK, _) => missing.insert(Part::Tickets),
            (Connector::LINEAR, SIGNALS) => missing.insert(Part::Issues),
            // Writes speak for themselves below.
            _ => false,
        };
    }
    if blind {
        missing.insert(Part::OpenFlags);
    }
    for action in actions {
        let failed = match action.status {
            ActionStatus::Refused
            | ActionStatus::Expired
            | ActionStatus::NotAttempted
            | ActionStatus::UnknownOutcome => true,
            ActionStatus::Done => action.failure.is_some(),
            ActionStatus::AlreadyFlagged
            | ActionStatus::FlaggedByAnotherRun
            | ActionStatus::Planned
            | ActionStatus::Rejected => false,
        };
        if failed {
            missing.insert(match action.kind {
                ActionKind::CreateTask => Part::Tasks,
                ActionKind::AddComment => Part::Comments,
            });
        }
    }
    missing.into_iter().collect()
}

/// The worst first; keys break ties.
fn rank(customer: &ScoredCustomer) -> (u32, std::cmp::Reverse<HealthStatus>, &str) {
    let health = &customer.health;
    (
        health.score,
        std::cmp::Reverse(health.status),
        &customer.key,
    )
}

fn shown(customer: ScoredCustomer) -> CustomerHealth {
    CustomerHealth {
        key: customer.key,
        name: customer.name,
        score: customer.health.score,
        status: customer.health.status,
        reasons: customer.health.reasons,
        findings: customer.health.findings,
        contacts: customer.contacts,
        days_in_stage: customer.days_in_stage,
    }
}

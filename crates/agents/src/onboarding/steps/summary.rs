//! Step 5: the result, for people and programs. Reads and writes nothing.

use async_trait::async_trait;

use crate::onboarding::plan::ActionKind;
use crate::onboarding::result::{ActionStatus, Counts, CustomerHealth, OnboardingResult, Summary};
use crate::onboarding::scored::ScoredCustomer;
use crate::onboarding::scoring::HealthStatus;
use crate::onboarding::{OnboardingHealth, OnboardingState};
use onbehalf_engine::{Flow, Step, StepContext, StepResult};
use onbehalf_identity::RequestContext;

use super::actions::Acted;

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
    } = acted;
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
            (ActionStatus::AlreadyFlagged, _) => &mut counts.already_flagged,
            (ActionStatus::Rejected, _) => &mut counts.rejected,
            (ActionStatus::Refused, _) => &mut counts.failed,
            (ActionStatus::UnknownOutcome, _) => &mut counts.unknown_outcome,
        } += 1;
    }
    let flagged = scored
        .customers
        .iter()
        .filter(|it| it.health.status.is_flagged());
    Summary {
        counts,
        flagged: flagged.map(|it| it.key.clone()).collect(),
        customers: scored.customers.into_iter().map(shown).collect(),
        actions,
        connector_errors: scored.connector_errors,
        customer_errors: scored.customer_errors,
    }
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
        contacts: customer.contacts,
        days_in_stage: customer.days_in_stage,
    }
}

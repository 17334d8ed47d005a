//! The follow-up task in HubSpot, as a write that happens once.
//!
//! HubSpot takes no id from us, so a task whose answer was lost is found by the effect's marker in
//! its reference line. HubSpot's search lags, so "not found" counts only after the operator's
//! `reconcileAfterSeconds`.

use std::time::Duration;

use async_trait::async_trait;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::flags::{Reference, customer_token};
use super::input::OnboardingServices;
use super::plan::PlannedAction;
use super::scoring::HealthStatus;
use super::texts;
use crate::acting::{Failure, Manner, acting, permit, result};
use onbehalf_clock::Timestamp;
use onbehalf_connector::{AlwaysPermit, Connector};
use onbehalf_engine::{Effect, EffectKey, Found, Performed, Permit};
use onbehalf_identity::RequestContext;
use onbehalf_tools::{
    self as tools, HubspotCreateTask, HubspotSearchTasks, TaskInput, TaskPriority, TasksInput,
};

/// A follow-up task about one customer.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CreateTask {
    customer: String,
    name: String,
    status: HealthStatus,
    score: u32,
    reasons: Vec<String>,
    due: Timestamp,
    manner: Manner,
}

/// The task that is there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct TaskReceipt {
    /// HubSpot's id.
    pub task_id: String,
}

impl CreateTask {
    /// The task that was planned, due at `due`.
    pub(super) fn planned(action: &PlannedAction, due: Timestamp, manner: Manner) -> Self {
        Self {
            customer: action.customer.clone(),
            name: action.name.clone(),
            status: action.status,
            score: action.score,
            reasons: action.reasons.clone(),
            due,
            manner,
        }
    }

    fn input(&self, key: &EffectKey) -> TaskInput {
        let reference = Reference {
            customer: customer_token(&self.customer),
            marker: key.marker(),
            status: self.status,
            score: self.score,
        };
        TaskInput {
            subject: texts::task_subject(&self.name, self.status, &self.reasons),
            body: Some(texts::task_body(
                &self.name,
                self.status,
                self.score,
                &self.reasons,
                &reference.line(),
            )),
            due: self.due,
            priority: match self.status {
                HealthStatus::Critical => TaskPriority::High,
                HealthStatus::AtRisk | HealthStatus::Healthy => TaskPriority::Medium,
            },
        }
    }
}

#[async_trait(?Send)]
impl Effect for CreateTask {
    const KIND: &'static str = "hubspot-create-task";
    type Services = OnboardingServices;
    type Context = RequestContext;
    type Receipt = TaskReceipt;
    type Failure = Failure;

    async fn perform(
        &self,
        services: &OnboardingServices,
        context: &RequestContext,
        key: &EffectKey,
        may_send: &Permit,
    ) -> Performed<TaskReceipt, Failure> {
        if let Some(known) = self.manner.known(Connector::HUBSPOT) {
            return known;
        }
        let acting = match acting(context, key) {
            Ok(acting) => acting,
            Err(failure) => return self.manner.refused(failure),
        };
        let outcome = tools::run::<HubspotCreateTask>(
            &services.scalekit,
            &acting,
            &self.input(key),
            &permit(may_send),
        )
        .await;
        self.manner
            .performed(Connector::HUBSPOT, outcome, |task| TaskReceipt {
                task_id: task.task_id,
            })
    }

    async fn find(
        &self,
        services: &OnboardingServices,
        context: &RequestContext,
        key: &EffectKey,
    ) -> Found<TaskReceipt> {
        let Ok(acting) = acting(context, key) else {
            return Found::Unknown;
        };
        // As one word of the reference line, the marker carries its prefix.
        let input = TasksInput::marked(format!("e{}", key.marker()));
        let outcome =
            tools::run::<HubspotSearchTasks>(&services.scalekit, &acting, &input, &AlwaysPermit)
                .await;
        match result(outcome) {
            Ok(found) => match found.tasks.into_iter().min_by(|a, b| a.id.cmp(&b.id)) {
                Some(task) => Found::Landed(TaskReceipt { task_id: task.id }),
                None => Found::Absent,
            },
            Err(failure) => {
                self.manner.circuit.note(Connector::HUBSPOT, &failure);
                Found::Unknown
            }
        }
    }

    fn visible_after(&self, services: &OnboardingServices) -> Duration {
        services.settings.search_lag()
    }
}

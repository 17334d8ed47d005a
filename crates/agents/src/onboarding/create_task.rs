//! The follow-up task in HubSpot, as a write that happens once.
//!
//! HubSpot takes no id from us, so a task whose answer was lost is found by its reference. HubSpot's
//! search lags, so "not found" counts only after the operator's `reconcileAfterSeconds`.

use std::time::Duration;

use async_trait::async_trait;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::flags::{Reference, customer_token};
use super::input::OnboardingServices;
use super::plan::PlannedAction;
use super::scoring::HealthStatus;
use super::texts;
use onbehalf_acting::{Failure, Manner};
use onbehalf_clock::Timestamp;
use onbehalf_connector::Connector;
use onbehalf_engine::{Effect, EffectKey, Found, Performed, Permit};
use onbehalf_identity::RequestContext;
use onbehalf_tools::{
    DryWrite, HubspotCreateTask, Look, Sought, TaskInput, TaskPriority, find_tasks,
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
    /// Other tasks with the same reference, found by a look: the app was told twice.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub duplicates: Vec<String>,
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

    fn reference(&self, key: &EffectKey) -> Reference {
        Reference {
            customer: customer_token(&self.customer),
            marker: key.marker(),
            status: self.status,
            score: self.score,
        }
    }

    /// As it is shown where it is not made.
    pub(super) fn dry(&self, key: &EffectKey) -> DryWrite {
        DryWrite::with::<HubspotCreateTask>(&self.input(key))
    }

    fn input(&self, key: &EffectKey) -> TaskInput {
        let reference = self.reference(key);
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
        let input = self.input(key);
        let scalekit = &services.scalekit;
        let sent = self.manner.send::<HubspotCreateTask, _>(
            scalekit,
            context,
            key,
            may_send,
            &input,
            |task| TaskReceipt {
                task_id: task.task_id,
                duplicates: Vec::new(),
            },
        );
        sent.await
    }

    async fn find(
        &self,
        services: &OnboardingServices,
        context: &RequestContext,
        key: &EffectKey,
    ) -> Found<TaskReceipt> {
        let reference = self.reference(key);
        let marker = format!("e{}", reference.marker);
        // The marker as a word of its own is how the first release wrote it.
        let words = [reference.word(), marker.clone()];
        let words = words.each_ref().map(String::as_str);
        let found = self.manner.find(
            &services.scalekit,
            context,
            key,
            Connector::HUBSPOT,
            async |look: Look<'_>| {
                let mut ids = find_tasks(look, &words, &marker).await?;
                if ids.is_empty() {
                    return Ok(Sought::Absent);
                }
                Ok(Sought::There(TaskReceipt {
                    task_id: ids.remove(0),
                    duplicates: ids,
                }))
            },
        );
        found.await
    }

    fn visible_after(&self, services: &OnboardingServices) -> Duration {
        services.settings.search_lag()
    }
}

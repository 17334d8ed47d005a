//! The follow-up task in HubSpot, as a write that happens once.
//!
//! HubSpot takes no id from us, so a task whose answer was lost is found by its reference. HubSpot's
//! search lags, so the list of stored tasks is looked through as well, and "not found" counts only
//! after the operator's `reconcileAfterSeconds`.

use std::collections::BTreeSet;
use std::time::Duration;

use async_trait::async_trait;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::flags::{Reference, customer_token};
use super::input::OnboardingServices;
use super::plan::PlannedAction;
use super::scoring::HealthStatus;
use super::texts;
use crate::acting::{Failure, Manner, acting, look_again, result};
use onbehalf_clock::Timestamp;
use onbehalf_connector::{AlwaysPermit, Connector};
use onbehalf_engine::{Effect, EffectKey, Found, Performed, Permit};
use onbehalf_identity::RequestContext;
use onbehalf_tools::{
    self as tools, HubspotCreateTask, HubspotListTasks, HubspotSearchTasks, Task, TaskInput,
    TaskPageInput, TaskPriority, TasksInput, ToolContext,
};

/// Pages of the list that are looked through for a task the search does not find, a hundred tasks
/// each. A portal with more is left to the search and its lag.
const LISTED_PAGES: usize = 10;

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

    /// Ids of all tasks with this reference, the first one first: what the search finds, and what
    /// the list shows that the search's index does not know yet.
    async fn look(
        &self,
        services: &OnboardingServices,
        acting: &ToolContext,
        reference: &Reference,
    ) -> Result<Vec<String>, Failure> {
        let scalekit = &services.scalekit;
        let marker = format!("e{}", reference.marker);
        let holds = |task: &Task| {
            let body = task.body.as_deref();
            body.is_some_and(|body| body.contains(&marker))
        };
        let mut ids = BTreeSet::new();
        // The marker as a word of its own is how the first release wrote it.
        for word in [&reference.word(), &marker] {
            let input = TasksInput::marked(word);
            let found = tools::run::<HubspotSearchTasks>(scalekit, acting, &input, &AlwaysPermit);
            ids.extend(result(found.await)?.tasks.into_iter().map(|it| it.id));
            if !ids.is_empty() {
                break;
            }
        }
        let mut page = TaskPageInput::default();
        for _ in 0..LISTED_PAGES {
            let listed = tools::run::<HubspotListTasks>(scalekit, acting, &page, &AlwaysPermit);
            // The search alone has always been enough to go on with.
            let Ok(listed) = result(listed.await) else {
                break;
            };
            ids.extend(listed.tasks.into_iter().filter(holds).map(|it| it.id));
            match listed.next {
                Some(next) if ids.is_empty() => page.after = Some(next),
                _ => break,
            }
        }
        Ok(ids.into_iter().collect())
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
        let Ok(acting) = acting(context, key) else {
            return Found::Unknown(None);
        };
        match self.look(services, &acting, &self.reference(key)).await {
            Ok(mut ids) if !ids.is_empty() => {
                let task_id = ids.remove(0);
                Found::Landed(TaskReceipt {
                    task_id,
                    duplicates: ids,
                })
            }
            Ok(_) => Found::Absent,
            Err(failure) => {
                self.manner.circuit.note(Connector::HUBSPOT, &failure);
                Found::Unknown(look_again(&failure))
            }
        }
    }

    fn visible_after(&self, services: &OnboardingServices) -> Duration {
        services.settings.search_lag()
    }
}

//! The daily run of a workflow: on, off, or asked about; by its user, and by who operates for an
//! organization.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::api::runs::no_plan;
use crate::named::Daily;
use crate::service::{Api, Handled, nothing_here};
use crate::sign_in::Caller;
use crate::wire::json_body;
use crate::wire::message::{ApiRequest, ApiResponse};
use onbehalf_runs::schedule::Enrolled;
use onbehalf_runs::{ApprovalMode, OwnerKey, Schedule, SwitchOn, Tenant, WorkflowId};

/// How the daily run is switched on; `{}` is enough.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct EnableScheduleRequest {
    /// The approval every run of it waits for before it writes, at the least.
    pub approval: ApprovalMode,
}

/// The caller's daily runs, whether they are on or off.
#[derive(Debug, Serialize, JsonSchema)]
pub struct SchedulesResponse {
    /// One for each workflow that may run by itself, in the order of the host's table.
    pub schedules: Vec<WorkflowSchedule>,
}

/// The schedule of one workflow.
#[derive(Debug, Serialize, JsonSchema)]
pub struct WorkflowSchedule {
    /// The workflow.
    #[schemars(with = "String")]
    pub workflow: WorkflowId,
    /// Its schedule.
    #[serde(flatten)]
    pub schedule: Schedule,
}

/// The daily runs that are on in an organization.
#[derive(Debug, Serialize, JsonSchema)]
pub struct ScheduleListResponse {
    /// All of them.
    pub schedules: Vec<Enrolled>,
}

impl Api {
    pub(crate) async fn show_schedules(&self, caller: &Caller) -> Handled {
        let daily = self
            .workflows
            .offered()
            .filter(|it| it.schedule().is_some());
        let of: Vec<_> = daily.map(|it| WorkflowId::new(it.id())).collect();
        let found = self.backend.schedules(&caller.owner, of.clone()).await?;
        let named = of.into_iter().zip(found);
        let schedules = named.map(|(workflow, schedule)| WorkflowSchedule { workflow, schedule });
        let schedules = schedules.collect();
        Ok(ApiResponse::json(200, &SchedulesResponse { schedules }))
    }

    pub(crate) async fn get_schedule(&self, caller: &Caller, workflow: Daily<'_>) -> Handled {
        let workflow = workflow.id();
        let schedule = self.backend.schedule(&caller.owner, &workflow).await?;
        Ok(ApiResponse::json(200, &schedule))
    }

    /// The daily run acts under the identity that switched it on.
    pub(crate) async fn enable_schedule(
        &self,
        caller: Caller,
        workflow: Daily<'_>,
        request: &ApiRequest,
    ) -> Handled {
        let wanted: Option<EnableScheduleRequest> = json_body::optional(request)?;
        let approval = wanted.unwrap_or_default().approval;
        if approval > ApprovalMode::None && !workflow.puts_plans_up() {
            return Err(no_plan());
        }
        let on = SwitchOn {
            context: caller.context,
            approval,
        };
        let schedule = self
            .backend
            .set_schedule(&caller.owner, &workflow.id(), Some(on))
            .await?;
        Ok(ApiResponse::json(200, &schedule))
    }

    pub(crate) async fn disable_schedule(&self, caller: &Caller, workflow: Daily<'_>) -> Handled {
        let workflow = workflow.id();
        let schedule = self
            .backend
            .set_schedule(&caller.owner, &workflow, None)
            .await?;
        Ok(ApiResponse::json(200, &schedule))
    }

    pub(crate) async fn list_schedules(&self, caller: &Caller, workflow: Daily<'_>) -> Handled {
        let workflow = workflow.id();
        let tenant = Tenant::of(&caller.context);
        let mut schedules = self.backend.enrolled(&tenant).await?;
        schedules.retain(|it| it.workflow == workflow);
        Ok(ApiResponse::json(200, &ScheduleListResponse { schedules }))
    }

    pub(crate) async fn withdraw_schedule(
        &self,
        caller: &Caller,
        workflow: Daily<'_>,
        owner: &OwnerKey,
    ) -> Handled {
        let tenant = Tenant::of(&caller.context);
        let backend = &self.backend;
        if backend
            .withdraw_schedule(&tenant, owner, &workflow.id())
            .await?
        {
            Ok(ApiResponse::empty(204))
        } else {
            Err(nothing_here())
        }
    }
}

//! The caller's daily run: on, off, or asked about.

use serde::Deserialize;

use crate::routes::WORKFLOW;
use crate::service::{Api, Handled};
use crate::sign_in::Caller;
use crate::wire::json_body;
use crate::wire::message::{ApiRequest, ApiResponse};
use onbehalf_runs::WorkflowId;

/// A body that says nothing: `{}`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Nothing {}

impl Api {
    pub(crate) async fn get_schedule(&self, caller: &Caller) -> Handled {
        let schedule = self
            .backend
            .schedule(&caller.owner, &WorkflowId::new(WORKFLOW))
            .await?;
        Ok(ApiResponse::json(200, &schedule))
    }

    /// The daily run acts under the identity that switched it on.
    pub(crate) async fn enable_schedule(&self, caller: Caller, request: &ApiRequest) -> Handled {
        json_body::optional::<Nothing>(request)?;
        let context = Some(caller.context);
        let schedule = self
            .backend
            .set_schedule(&caller.owner, &WorkflowId::new(WORKFLOW), context)
            .await?;
        Ok(ApiResponse::json(200, &schedule))
    }

    pub(crate) async fn disable_schedule(&self, caller: &Caller) -> Handled {
        let schedule = self
            .backend
            .set_schedule(&caller.owner, &WorkflowId::new(WORKFLOW), None)
            .await?;
        Ok(ApiResponse::json(200, &schedule))
    }
}

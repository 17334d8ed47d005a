//! The caller's daily run: on, off, or asked about.

use serde::Deserialize;

use super::api::{Api, Handled};
use super::json_body;
use super::message::{ApiRequest, ApiResponse};
use super::sign_in::Caller;

/// A body that says nothing: `{}`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Nothing {}

impl Api {
    pub(super) async fn get_schedule(&self, caller: &Caller) -> Handled {
        let schedule = self.backend.schedule(&caller.owner).await?;
        Ok(ApiResponse::json(200, &schedule))
    }

    /// The daily run acts under the identity that switched it on.
    pub(super) async fn enable_schedule(&self, caller: Caller, request: &ApiRequest) -> Handled {
        json_body::optional::<Nothing>(request)?;
        let context = Some(caller.context);
        let schedule = self.backend.set_schedule(&caller.owner, context).await?;
        Ok(ApiResponse::json(200, &schedule))
    }

    pub(super) async fn disable_schedule(&self, caller: &Caller) -> Handled {
        let schedule = self.backend.set_schedule(&caller.owner, None).await?;
        Ok(ApiResponse::json(200, &schedule))
    }
}

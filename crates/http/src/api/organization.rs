//! How the runs of an organization end, for those who operate for it: counts, and nothing of whose a
//! run was or what it was about.

use std::time::Duration;

use schemars::JsonSchema;
use serde::Serialize;

use crate::service::{Api, Handled};
use crate::sign_in::Caller;
use crate::wire::message::{ApiRequest, ApiResponse};
use crate::wire::query::{Query, read_count};
use onbehalf_runs::Tenant;
use onbehalf_runs::approvals::{COUNTED_FOR, EndedCount};

const DAY: Duration = Duration::from_secs(24 * 3600);
/// Days that are counted when no number is given.
pub const DEFAULT_DAYS: u32 = 14;
/// Most days that are counted: ends are not kept longer.
pub const MAX_DAYS: u32 = (COUNTED_FOR.as_secs() / DAY.as_secs()) as u32;

/// How the runs of an organization have ended.
#[derive(Debug, Serialize, JsonSchema)]
pub struct EndedResponse {
    /// One for each day, workflow and way to end, in this order. Days on which nothing ended have
    /// none.
    pub counts: Vec<EndedCount>,
}

impl Api {
    pub(crate) async fn count_ended(&self, caller: &Caller, request: &ApiRequest) -> Handled {
        let query = Query::strict(request, &["days"])?;
        let days = query
            .get("days")
            .map(|it| read_count("days", it, MAX_DAYS))
            .transpose()?;
        // Today is one of them.
        let before = DAY * (days.unwrap_or(DEFAULT_DAYS) - 1);
        let since = self.clock.now().minus(before);
        let tenant = Tenant::of(&caller.context);
        let counts = self.backend.ended(&tenant, &caller.owner, since).await?;
        Ok(ApiResponse::json(200, &EndedResponse { counts }))
    }
}

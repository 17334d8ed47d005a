//! What waits for the caller's decision, in whichever workflow.
//!
//! Owns the page. Whose runs somebody may decide is for the platform to say; what a plan holds, its
//! run shows.

use schemars::JsonSchema;
use serde::Serialize;

use crate::api::cursor::CursorScope;
use crate::api::runs::{DEFAULT_LIMIT, read_limit};
use crate::service::{Api, Handled};
use crate::sign_in::Caller;
use crate::wire::message::{ApiRequest, ApiResponse};
use crate::wire::query::Query;
use onbehalf_runs::Tenant;
use onbehalf_runs::approvals::{ApprovalPage, WaitingApproval};
use onbehalf_runs::outbox::Late;

/// A page of what waits for the caller.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ApprovalListResponse {
    /// The oldest first. A page may hold fewer than there are; the cursor says whether to go on.
    pub approvals: Vec<WaitingApproval>,
    /// Hand this back as `cursor` for the next page; absent on the last one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
    /// Announcements of the organization's that the operator's webhook has not taken for five
    /// minutes or more.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub late: Option<Late>,
}

impl Api {
    pub(crate) async fn list_approvals(&self, caller: &Caller, request: &ApiRequest) -> Handled {
        let query = Query::strict(request, &["limit", "cursor"])?;
        let limit = query.get("limit").map(read_limit).transpose()?;
        let seal = &self.settings.seal;
        let scope = CursorScope::approvals(caller.owner.as_str());
        let after = query
            .get("cursor")
            .map(|cursor| scope.read(seal, cursor))
            .transpose()?;
        let ApprovalPage {
            approvals,
            next,
            late,
        } = self
            .backend
            .approvals(
                &Tenant::of(&caller.context),
                &caller.asker(),
                limit.unwrap_or(DEFAULT_LIMIT),
                after,
            )
            .await?;
        let next_cursor = next.map(|position| scope.write(seal, position));
        Ok(ApiResponse::json(
            200,
            &ApprovalListResponse {
                approvals,
                next_cursor,
                late,
            },
        ))
    }
}

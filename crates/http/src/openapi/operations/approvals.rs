//! What waits for the caller's decision.

use super::{JSON, backed, paged};
use crate::api::approvals::ApprovalListResponse;
use crate::openapi::parts::{Access, Described};
use crate::openapi::schemas::Schemas;

pub fn list(schemas: &mut Schemas) -> Described {
    let summary = "Lists what waits for the caller's decision, the oldest first";
    paged(backed(Described::new("runs", Access::Bearer, summary))).answer(
        200,
        "A page.",
        JSON,
        schemas.of::<ApprovalListResponse>(),
    )
}

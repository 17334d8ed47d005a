//! What waits for the caller's decision.

use serde_json::json;

use super::{JSON, backed};
use crate::api::approvals::ApprovalListResponse;
use crate::api::runs::{DEFAULT_LIMIT, MAX_LIMIT};
use crate::openapi::parts::{Access, Described};
use crate::openapi::schemas::Schemas;
use crate::wire::problem::ProblemType;

pub fn list(schemas: &mut Schemas) -> Described {
    let summary = "Lists what waits for the caller's decision, the oldest first";
    backed(Described::new("runs", Access::Bearer, summary))
        .parameter(
            "query",
            "limit",
            "At most this many.",
            json!({
                "type": "integer", "minimum": 1, "maximum": MAX_LIMIT, "default": DEFAULT_LIMIT,
            }),
        )
        .parameter(
            "query",
            "cursor",
            "`nextCursor` of the page before; opaque.",
            json!({ "type": "string", "minLength": 1 }),
        )
        .answer(200, "A page.", JSON, schemas.of::<ApprovalListResponse>())
        .problem(ProblemType::InvalidCursor)
}

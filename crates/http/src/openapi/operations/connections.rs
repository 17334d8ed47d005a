//! What the caller has connected.

use super::{JSON, text};
use crate::api::account::AccountResponse;
use crate::api::connections::{ConnectRequest, ConnectResponse, ConnectionListResponse};
use crate::openapi::parts::{Access, Described};
use crate::openapi::schemas::Schemas;
use crate::wire::problem::ProblemType;

pub fn link(schemas: &mut Schemas) -> Described {
    Described::new("connections", Access::Bearer, "Hands out a connect link")
        .body(true, schemas.sent::<ConnectRequest>())
        .answer(200, "The link.", JSON, schemas.of::<ConnectResponse>())
        .problem(ProblemType::UnknownConnector)
        .problem(ProblemType::RoleRequired)
}

pub fn list(schemas: &mut Schemas) -> Described {
    let summary = "Lists the caller's connections";
    Described::new("connections", Access::Bearer, summary)
        .answer(
            200,
            "All connectors.",
            JSON,
            schemas.of::<ConnectionListResponse>(),
        )
        .problem(ProblemType::ConnectorFailed)
        .problem(ProblemType::ConnectorUnavailable)
}

pub fn account(schemas: &mut Schemas) -> Described {
    let summary = "Says which account of an app the caller has connected";
    Described::new("connections", Access::Bearer, summary)
        .parameter("path", "connector", "The connector's name.", text())
        .answer(
            200,
            "What the app says of it; `null` for one that does not say, or that nobody knows how to ask.",
            JSON,
            schemas.of::<AccountResponse>(),
        )
        .problem(ProblemType::UnknownConnector)
        .problem(ProblemType::ConnectionRequired)
        .problem(ProblemType::ConnectorFailed)
        .problem(ProblemType::ConnectorUnavailable)
}

pub fn disconnect() -> Described {
    let summary = "Takes back what the caller has connected";
    Described::new("connections", Access::Bearer, summary)
        .parameter("path", "connector", "The connector's name.", text())
        .bare(
            204,
            "There is no such account any more. What was granted in the app itself is taken back there.",
            None,
        )
        .problem(ProblemType::UnknownConnector)
        .problem(ProblemType::RoleRequired)
        .problem(ProblemType::ConnectorFailed)
        .problem(ProblemType::ConnectorUnavailable)
}

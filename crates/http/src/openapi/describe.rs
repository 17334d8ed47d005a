//! Writing down what the service says of itself.
//!
//! Schemas come from the types, paths from the table; a route without a description does not
//! compile. Not compiled for the Worker.

use serde_json::{Map, Value, json};

use super::Descriptions;
use super::lists::{ToolListResponse, WorkflowListResponse};
use super::operations;
use super::parts;
use super::schemas::Schemas;
use crate::browser::own_page::FORGERY_TOKEN;
use crate::routes::ROUTES;
use onbehalf_runs::hosted::WorkflowList;
use onbehalf_tools::Registry;

/// What a service offers; the document describes nothing else.
#[derive(Clone, Copy)]
pub struct Offered<'a> {
    /// The tools.
    pub tools: &'a Registry,
    /// The workflows.
    pub workflows: &'a WorkflowList,
}

impl Descriptions {
    /// Describes a service that offers this.
    ///
    /// # Errors
    /// When something of it cannot be written.
    pub fn of(offered: &Offered<'_>) -> Result<Self, serde_json::Error> {
        let tools = ToolListResponse::of(offered.tools);
        let workflows = WorkflowListResponse::of(offered.workflows);
        Ok(Self {
            tools: serde_json::to_string(&tools)?.into(),
            workflows: serde_json::to_string(&workflows)?.into(),
            document: document(offered).to_string().into(),
        })
    }
}

/// The document of a service, but for what its deployment alone knows.
fn document(offered: &Offered<'_>) -> Value {
    let mut schemas = Schemas::new();
    let mut paths = Map::new();
    for route in &ROUTES {
        let operation = operations::describe(route.operation, &mut schemas, offered);
        let path = paths.entry(route.path).or_insert_with(|| json!({}));
        path[route.method.to_ascii_lowercase()] = operation.into_json(route);
    }
    let (schemas, clash) = schemas.finish();
    debug_assert!(!clash, "two types of one name need different names");
    json!({
        "openapi": "3.1.0",
        "jsonSchemaDialect": "https://json-schema.org/draft/2020-12/schema",
        "info": {
            "title": "Onbehalf",
            "version": env!("CARGO_PKG_VERSION"),
            "summary": "Durable agent workflows that act on each user's behalf",
            "description": DESCRIPTION,
            "license": { "name": "Apache-2.0", "identifier": "Apache-2.0" },
        },
        "tags": parts::TAGS.map(|(name, description)| json!({
            "name": name,
            "description": description,
        })),
        "paths": paths,
        "components": {
            "schemas": schemas,
            "securitySchemes": {
                "bearer": {
                    "type": "http",
                    "scheme": "bearer",
                    "bearerFormat": "JWT",
                    "description": "An access token of one of the configured identity providers.",
                },
                "session": {
                    "type": "apiKey",
                    "in": "cookie",
                    "description": "The browser session; set by /auth/callback. For the API it \
                                    counts only for pages of this very origin, which browsers say \
                                    in `Sec-Fetch-Site` (or `Origin`), and with the token.",
                },
                "forgeryToken": {
                    "type": "apiKey",
                    "in": "header",
                    "name": FORGERY_TOKEN,
                    "description": "`forgeryToken` of /auth/session, of the same session.",
                },
            },
        },
    })
}

const DESCRIPTION: &str = "\
Everything is asked for as the caller: there is no parameter that names a user. A run that belongs \
to somebody else is answered exactly like one that does not exist.\n\n\
Errors are problem details (RFC 9457); their `type` is stable. GET routes of the API answer HEAD \
as well. Bodies are JSON of at most 65536 bytes, and unknown fields are refused.";

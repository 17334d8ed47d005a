//! What anybody may ask for.

use serde_json::json;

use super::{JSON, text};
use crate::openapi::parts::{Access, Described};
use crate::openapi::schemas::Schemas;
use crate::site::HealthResponse;
use crate::wire::problem::ProblemType;

fn open(summary: &'static str) -> Described {
    Described::new("service", Access::Open, summary)
}

pub fn home() -> Described {
    open("A page that says what this is").pages(&[(200, "The page.")])
}

pub fn health(schemas: &mut Schemas) -> Described {
    open("Whether the service is up and configured")
        .answer(200, "It is.", JSON, schemas.of::<HealthResponse>())
        .answer(
            503,
            "Settings are missing; they are named.",
            JSON,
            schemas.of::<HealthResponse>(),
        )
}

pub fn this_document() -> Described {
    open("This document")
        .parameter(
            "header",
            "If-None-Match",
            "Entity tags the client has (RFC 9110 section 13.1.2).",
            text(),
        )
        .answer(200, "The document.", JSON, json!({ "type": "object" }))
        .bare(304, "The client has it.", None)
}

pub fn console() -> Described {
    open("A site for people that is a client of this API; every path below it is the site's too")
        .pages(&[(200, "Its page."), (404, "It was not built")])
        .problem(ProblemType::NotFound)
        .problem(ProblemType::Unavailable)
}

pub fn protected_endpoint() -> Described {
    protected("Says who makes tokens for the endpoint of the Model Context Protocol (RFC 9728)")
}

pub fn protected_service() -> Described {
    protected("The same for the whole service")
}

fn protected(summary: &'static str) -> Described {
    let texts = || json!({ "type": "array", "items": text() });
    let document = json!({
        "type": "object",
        "properties": {
            "resource": text(),
            "authorization_servers": texts(),
            "scopes_supported": texts(),
            "bearer_methods_supported": texts(),
            "resource_name": text(),
        },
        "required": ["resource", "authorization_servers"],
    });
    open(summary).answer(200, "The document.", JSON, document)
}

pub fn webhook() -> Described {
    open("Takes Scalekit's events")
        .parameter(
            "header",
            "webhook-id",
            "The same for every redelivery.",
            text(),
        )
        .required()
        .parameter(
            "header",
            "webhook-timestamp",
            "Seconds since the epoch.",
            text(),
        )
        .required()
        .parameter(
            "header",
            "webhook-signature",
            "Standard Webhooks: `v1,` and the base64 HMAC-SHA256 of `id.timestamp.body`.",
            text(),
        )
        .required()
        .raw_body(true, json!({ "type": "object" }))
        .bare(204, "Taken.", None)
        .problem(ProblemType::WebhookSignature)
        .problem(ProblemType::NotConfigured)
        .problem(ProblemType::Unavailable)
        .problem(ProblemType::Internal)
}

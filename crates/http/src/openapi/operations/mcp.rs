//! The endpoint of the Model Context Protocol. What goes through it is that protocol's own affair, and
//! described by its specification.

use serde_json::json;

use super::{JSON, text};
use crate::openapi::parts::{Access, Described};
use crate::wire::problem::ProblemType;

pub fn message() -> Described {
    let message = || json!({ "type": "object", "required": ["jsonrpc"] });
    Described::new(
        "mcp",
        Access::Bearer,
        "Takes a message of the Model Context Protocol (2026-07-28, 2025-11-25, 2025-06-18)",
    )
    .parameter(
        "header",
        "MCP-Protocol-Version",
        "The revision that is spoken.",
        text(),
    )
    .parameter("header", "Mcp-Method", "The method, once more.", text())
    .parameter("header", "Mcp-Name", "What it names, once more.", text())
    .answer(
        200,
        "What came of it; as server-sent events where progress is asked for and it goes on.",
        JSON,
        message(),
    )
    .bare(202, "A notification was taken.", None)
    .answer(400, "It is not taken; the error says why.", JSON, message())
    .answer(404, "There is no such method.", JSON, message())
    .raw_body(true, message())
    .problem(ProblemType::UnsupportedMediaType)
}

//! Agents, and threads of messages with them.

use serde_json::{Value, json};

use super::{JSON, backed, text};
use crate::chat::agents::AgentListResponse;
use crate::chat::incoming::SendMessage;
use crate::chat::message::ThreadResponse;
use crate::chat::telling::{PROTOCOL_HEADER, PROTOCOL_VERSION};
use crate::openapi::parts::{Access, Described};
use crate::openapi::schemas::Schemas;
use crate::wire::problem::ProblemType;

fn one_thread(summary: &'static str) -> Described {
    let name = json!({ "type": "string", "pattern": "^[A-Za-z0-9_-]{1,64}$" });
    backed(Described::new("agents", Access::Bearer, summary))
        .parameter("path", "agent", "The agent's id.", text())
        .parameter(
            "path",
            "thread",
            "The caller's own name for the thread: the same name of somebody else is another thread.",
            name,
        )
        .problem(ProblemType::AgentNotFound)
        .problem(ProblemType::ThreadNotFound)
}

pub fn list(schemas: &mut Schemas) -> Described {
    Described::new("agents", Access::Bearer, "Lists the agents").answer(
        200,
        "The agents, with their tools and limits.",
        JSON,
        schemas.of::<AgentListResponse>(),
    )
}

pub fn send(schemas: &mut Schemas) -> Described {
    let described = one_thread("Says something to an agent, and streams what comes of it")
        .parameter("header", "traceparent", "W3C Trace Context.", text())
        .body(true, schemas.sent::<SendMessage>())
        .problem(ProblemType::AnotherMustDecide)
        .problem(ProblemType::ToolDenied)
        .problem(ProblemType::RunNotFound)
        .problem(ProblemType::MessageIdReused)
        .problem(ProblemType::WrongStatus)
        .problem(ProblemType::ThreadFull)
        .problem(ProblemType::ThreadDeleted)
        .problem(ProblemType::WrongPayload)
        .problem(ProblemType::TooManyRuns);
    streamed(described)
}

pub fn stream() -> Described {
    let described = one_thread("Streams the turn that is under way").parameter(
        "header",
        "Last-Event-ID",
        "The last chunk seen; only later ones are sent, also of a turn that is over.",
        text(),
    );
    streamed(described)
        .bare(204, "No turn is under way.", None)
        .problem(ProblemType::RunNotFound)
}

pub fn show(schemas: &mut Schemas) -> Described {
    one_thread("Shows a thread as messages").answer(
        200,
        "The thread.",
        JSON,
        schemas.of::<ThreadResponse>(),
    )
}

pub fn delete() -> Described {
    one_thread("Deletes a thread; a turn that is under way is cancelled")
        .bare(204, "Deleted.", None)
}

/// A stream of chunks.
fn streamed(described: Described) -> Described {
    described
        .problem(ProblemType::TooManyStreams)
        .answer(
            200,
            "Chunks of the AI SDK's UI message stream protocol, one described here: its `data` is the \
             chunk, or `[DONE]` at the end; its `id` the position.",
            "text/event-stream",
            chunk(),
        )
        .header(200, PROTOCOL_HEADER, json!({ "const": PROTOCOL_VERSION }))
}

fn chunk() -> Value {
    json!({
        "type": "object",
        "required": ["data"],
        "properties": {
            "id": { "type": "string" },
            "data": { "type": "string" },
        },
    })
}

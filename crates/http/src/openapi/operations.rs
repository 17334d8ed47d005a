//! What each operation takes and answers.

use serde_json::{Value, json};

use super::parts::{Access, Described};
use super::schemas::Schemas;
use crate::api::connections::{ConnectRequest, ConnectResponse, ConnectionListResponse};
use crate::api::events::RunEvent;
use crate::api::runs::{
    DEFAULT_LIMIT, MAX_LIMIT, RunListResponse, RunResponse, RunStatusResponse, TriggerResponse,
};
use crate::api::tools::ToolListResponse;
use crate::routes::Operation;
use crate::site::HealthResponse;
use crate::wire::problem::{ProblemBody, ProblemType};
use onbehalf_agents::onboarding::OnboardingInput;
use onbehalf_connector::Connector;
use onbehalf_engine::RunStatus;
use onbehalf_runs::{ResumeRequest, Schedule};
use onbehalf_tools::Registry;

const JSON: &str = "application/json";

/// Describes an operation.
pub fn describe(operation: Operation, schemas: &mut Schemas, tools: &Registry) -> Described {
    // Every problem refers to it.
    schemas.of::<ProblemBody>();
    match operation {
        Operation::Home | Operation::Health | Operation::OpenApi | Operation::ReceiveWebhook => {
            service(operation, schemas)
        }
        Operation::TriggerRun | Operation::ListRuns => run_list(operation, schemas),
        Operation::GetRun | Operation::CancelRun | Operation::ResumeRun | Operation::RunEvents => {
            one_run(operation, schemas)
        }
        Operation::GetSchedule | Operation::EnableSchedule | Operation::DisableSchedule => {
            schedule(operation, schemas)
        }
        Operation::CreateConnectLink | Operation::ListConnections => {
            connections(operation, schemas)
        }
        Operation::ListTools | Operation::ExecuteTool => tool(operation, schemas, tools),
        Operation::StartConnect
        | Operation::FinishConnect
        | Operation::StartLogin
        | Operation::FinishLogin
        | Operation::Logout => browser(operation),
    }
}

fn text() -> Value {
    json!({ "type": "string" })
}

fn service(operation: Operation, schemas: &mut Schemas) -> Described {
    let open = |summary| Described::new("service", Access::Open, summary);
    match operation {
        Operation::Health => open("Whether the service is up and configured")
            .answer(200, "It is.", JSON, schemas.of::<HealthResponse>())
            .answer(
                503,
                "Settings are missing; they are named.",
                JSON,
                schemas.of::<HealthResponse>(),
            ),
        Operation::OpenApi => open("This document")
            .parameter(
                "header",
                "If-None-Match",
                "Entity tags the client has (RFC 9110 section 13.1.2).",
                text(),
            )
            .answer(200, "The document.", JSON, json!({ "type": "object" }))
            .bare(304, "The client has it.", None),
        Operation::ReceiveWebhook => open("Takes Scalekit's events")
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
            .problem(ProblemType::Internal),
        _ => open("A page that says what this is").pages(&[(200, "The page.")]),
    }
}

fn backed(described: Described) -> Described {
    described
        .problem(ProblemType::Unavailable)
        .problem(ProblemType::Internal)
}

fn run_list(operation: Operation, schemas: &mut Schemas) -> Described {
    if operation == Operation::TriggerRun {
        let described = Described::new(
            "runs",
            Access::Bearer,
            "Starts a run; the same for a fresh run and for a repeated idempotency key",
        );
        return backed(described)
            .parameter(
                "header",
                "Idempotency-Key",
                "The same key with the same options gives the same run.",
                json!({ "type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]+$" }),
            )
            .parameter("header", "traceparent", "W3C Trace Context.", text())
            .body(false, schemas.sent::<OnboardingInput>())
            .answer(200, "The run is started.", JSON, schemas.of::<TriggerResponse>())
            .problem(ProblemType::InvalidIdempotencyKey)
            .problem(ProblemType::IdempotencyKeyReused)
            .problem(ProblemType::TooManyRuns);
    }
    backed(Described::new(
        "runs",
        Access::Bearer,
        "Lists the caller's runs, newest first",
    ))
    .parameter(
        "query",
        "status",
        "Only this status.",
        schemas.sent::<RunStatus>(),
    )
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
    .answer(200, "A page.", JSON, schemas.of::<RunListResponse>())
    .problem(ProblemType::InvalidCursor)
}

fn one_run(operation: Operation, schemas: &mut Schemas) -> Described {
    let summary = match operation {
        Operation::GetRun => "Shows a run",
        Operation::CancelRun => "Cancels a run; nothing new is written once this is answered",
        Operation::ResumeRun => "Resumes a suspended run",
        _ => "What happens to a run, as server-sent events",
    };
    let described = backed(Described::new("runs", Access::Bearer, summary))
        .parameter(
            "path",
            "runId",
            "The run's name.",
            json!({ "type": "string", "pattern": "^run_[0-9a-z]{1,64}$" }),
        )
        .problem(ProblemType::RunNotFound);
    match operation {
        Operation::GetRun => described.answer(200, "The run.", JSON, schemas.of::<RunResponse>()),
        Operation::CancelRun => described
            .answer(200, "Cancelled.", JSON, schemas.of::<RunStatusResponse>())
            .problem(ProblemType::WrongStatus),
        Operation::ResumeRun => described
            .body(true, schemas.sent::<ResumeRequest>())
            .answer(200, "It goes on.", JSON, schemas.of::<RunStatusResponse>())
            .problem(ProblemType::AlreadyResumed)
            .problem(ProblemType::WrongStatus)
            .problem(ProblemType::WrongPayload),
        _ => {
            // The events are text, so their JSON is documented beside the media type.
            schemas.of::<RunEvent>();
            described
                .parameter(
                    "header",
                    "Last-Event-ID",
                    "The last event seen; only later ones are sent.",
                    text(),
                )
                .answer(
                    200,
                    "Events, one described here; its `data` is a RunEvent, its `id` the position.",
                    "text/event-stream",
                    // One event, as OpenAPI 3.2 describes streams; 3.1 has no words for them.
                    json!({
                        "type": "object",
                        "required": ["id", "data"],
                        "properties": {
                            "id": { "type": "string", "pattern": "^[0-9]+$" },
                            "data": {
                                "type": "string",
                                "contentMediaType": "application/json",
                                "contentSchema": { "$ref": "#/components/schemas/RunEvent" },
                            },
                        },
                    }),
                )
        }
    }
}

fn schedule(operation: Operation, schemas: &mut Schemas) -> Described {
    let summary = match operation {
        Operation::EnableSchedule => "Switches the daily run on, under the caller's identity",
        Operation::DisableSchedule => "Switches the daily run off",
        _ => "Shows the schedule",
    };
    let described = backed(Described::new("schedule", Access::Bearer, summary));
    let described = match operation {
        Operation::EnableSchedule => described.body(
            false,
            json!({ "type": "object", "additionalProperties": false }),
        ),
        _ => described,
    };
    described.answer(200, "The schedule now.", JSON, schemas.of::<Schedule>())
}

fn connections(operation: Operation, schemas: &mut Schemas) -> Described {
    if operation == Operation::CreateConnectLink {
        return Described::new("connections", Access::Bearer, "Hands out a connect link")
            .body(true, schemas.sent::<ConnectRequest>())
            .answer(200, "The link.", JSON, schemas.of::<ConnectResponse>())
            .problem(ProblemType::UnknownConnector);
    }
    Described::new(
        "connections",
        Access::Bearer,
        "Lists the caller's connections",
    )
    .answer(
        200,
        "All connectors.",
        JSON,
        schemas.of::<ConnectionListResponse>(),
    )
    .problem(ProblemType::ConnectorFailed)
    .problem(ProblemType::ConnectorUnavailable)
}

fn tool(operation: Operation, schemas: &mut Schemas, tools: &Registry) -> Described {
    if operation == Operation::ListTools {
        return Described::new("tools", Access::Bearer, "Lists the tools").answer(
            200,
            "The tools.",
            JSON,
            schemas.of::<ToolListResponse>(),
        );
    }
    let ids: Vec<_> = tools.iter().map(|tool| tool.id()).collect();
    let mut inputs = Vec::new();
    let mut outcomes = Vec::new();
    for tool in tools.iter() {
        let id = tool.id();
        inputs.push(schemas.hoist(&format!("{id}.input"), tool.input_schema()));
        outcomes.push(schemas.hoist(&format!("{id}.outcome"), tool.output_schema()));
    }
    Described::new("tools", Access::Bearer, "Runs a tool as the caller")
        .parameter(
            "path",
            "id",
            "The tool.",
            json!({ "type": "string", "enum": ids }),
        )
        .body(true, json!({ "anyOf": inputs }))
        .answer(
            200,
            "The outcome, by `status`; what a tool could not do is no HTTP error.",
            JSON,
            json!({ "anyOf": outcomes }),
        )
        .problem(ProblemType::ToolNotFound)
}

fn browser(operation: Operation) -> Described {
    let page = |access, summary| Described::new("browser", access, summary);
    match operation {
        Operation::StartConnect => {
            let names: Vec<_> = Connector::ALL.iter().map(|it| it.name()).collect();
            page(Access::Session, "Sends the browser to a consent page")
                .parameter(
                    "path",
                    "connector",
                    "The app.",
                    json!({ "type": "string", "enum": names }),
                )
                .bare(302, "Onwards.", Some("The consent page, or the sign-in"))
                .pages(&[
                    (404, "Unknown app."),
                    (502, "Scalekit failed."),
                    (503, "Scalekit is unavailable."),
                ])
        }
        Operation::FinishConnect => page(
            Access::Session,
            "Takes the browser back from a consent page",
        )
        .parameter("query", "auth_request_id", "Set by Scalekit.", text())
        .parameter("query", "state", "As it was sent.", text())
        .bare(302, "Sign in first.", Some("The sign-in"))
        .pages(&[
            (200, "Connected."),
            (400, "The consent was not completed."),
            (403, "Started by another user or in another browser."),
            (409, "Already used."),
            (410, "Took too long."),
            (502, "Scalekit failed."),
            (503, "Scalekit is unavailable."),
        ]),
        Operation::StartLogin => page(Access::Open, "Sends the browser to the identity provider")
            .parameter(
                "query",
                "provider",
                "Which one, where there are several.",
                text(),
            )
            .parameter("query", "return_to", "A path below /connect/.", text())
            .bare(302, "Onwards.", Some("The identity provider"))
            .pages(&[
                (200, "Several providers to choose from."),
                (403, "The provider refused."),
                (503, "No provider is configured, or it is unavailable."),
            ]),
        Operation::FinishLogin => page(
            Access::Open,
            "Takes the browser back from the identity provider",
        )
        .parameter("query", "code", "The authorization code.", text())
        .parameter("query", "state", "As it was sent.", text())
        .parameter("query", "iss", "The issuer (RFC 9207).", text())
        .bare(302, "Signed in.", Some("Where the sign-in began"))
        .pages(&[
            (400, "Unknown or over."),
            (403, "The provider refused."),
            (503, "The provider is unavailable."),
        ]),
        _ => page(Access::Open, "Ends the browser session")
            .bare(303, "Signed out.", Some("The start page"))
            .problem(ProblemType::Forbidden),
    }
}

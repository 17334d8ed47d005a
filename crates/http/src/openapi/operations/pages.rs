//! What a person asks for with a browser.

use serde_json::json;

use super::{JSON, run_name, text};
use crate::browser::own_page::SessionResponse;
use crate::openapi::fill_in::CONNECTOR;
use crate::openapi::parts::{Access, Described};
use crate::openapi::schemas::Schemas;
use crate::wire::problem::ProblemType;

fn page(access: Access, summary: &'static str) -> Described {
    Described::new("browser", access, summary)
}

/// Which apps there are is for a deployment to fill in.
fn connect(summary: &'static str) -> Described {
    page(Access::Session, summary).parameter("path", CONNECTOR, "The app.", text())
}

pub fn show_connect() -> Described {
    connect("Asks the person to confirm that an app is to be connected")
        .bare(302, "Sign in first.", Some("The sign-in"))
        .pages(&[
            (200, "Who is signed in, which app, and what is replaced."),
            (403, "Only account keepers may."),
            (404, "Unknown app."),
            (503, "Asked ahead of a click."),
        ])
}

pub fn start_connect() -> Described {
    connect("Sends the browser to a consent page")
        .bare(303, "Onwards.", Some("The consent page, or the sign-in"))
        .pages(&[
            (
                403,
                "Asked by another site, or by somebody who keeps no accounts.",
            ),
            (404, "Unknown app."),
            (502, "Scalekit failed."),
            (503, "Scalekit is unavailable."),
        ])
}

pub fn finish_connect() -> Described {
    page(
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
    ])
}

fn approval(summary: &'static str) -> Described {
    page(Access::Session, summary).parameter("path", "runId", "The run.", run_name())
}

pub fn show_approval() -> Described {
    approval("Shows what a run is about to write, to whoever decides about it")
        .bare(302, "Sign in first.", Some("The sign-in"))
        .pages(&[
            (200, "All of it, with a button for yes and one for no."),
            (404, "Nothing of this name is yours to decide."),
            (409, "Nothing waits for a decision."),
            (503, "Unavailable, or asked ahead of a click."),
        ])
}

pub fn decide_approval() -> Described {
    approval("Takes the decision about what a run is about to write")
        .form(json!({
            "type": "object",
            "properties": {
                "number": { "type": "integer" },
                "hash": { "type": "string" },
                "decision": { "enum": ["approve", "reject"] },
            },
        }))
        .bare(303, "Sign in first.", Some("The sign-in"))
        .pages(&[
            (200, "Decided."),
            (400, "Neither yes nor no."),
            (
                403,
                "Asked by another site, or somebody else has to decide.",
            ),
            (404, "Nothing of this name is yours to decide."),
            (409, "It was decided before, or is another by now."),
            (503, "Unavailable."),
        ])
}

pub fn start_login() -> Described {
    page(Access::Open, "Sends the browser to the identity provider")
        .parameter(
            "query",
            "provider",
            "Which one, where there are several.",
            text(),
        )
        .parameter(
            "query",
            "return_to",
            "A path below /connect/, /approvals/ or /console.",
            text(),
        )
        .bare(302, "Onwards.", Some("The identity provider"))
        .pages(&[
            (200, "Several providers to choose from."),
            (403, "The provider refused."),
            (503, "No provider is configured, or it is unavailable."),
        ])
}

pub fn finish_login() -> Described {
    page(
        Access::Open,
        "Takes the browser back from the identity provider",
    )
    .parameter("query", "code", "The authorization code.", text())
    .parameter("query", "state", "As it was sent.", text())
    .parameter("query", "iss", "The issuer (RFC 9207).", text())
    .bare(302, "Signed in.", Some("Where the sign-in began"))
    .pages(&[
        (400, "Unknown, used or over."),
        (
            403,
            "The provider refused, or it was not the one that was asked.",
        ),
        (503, "The provider is unavailable."),
    ])
}

pub fn finish_login_at() -> Described {
    finish_login().parameter(
        "path",
        "namespace",
        "The provider's, as configured.",
        text(),
    )
}

pub fn logout() -> Described {
    page(Access::Open, "Ends the browser session")
        .bare(303, "Signed out.", Some("The start page"))
        .problem(ProblemType::Forbidden)
        .problem(ProblemType::Unavailable)
}

pub fn session(schemas: &mut Schemas) -> Described {
    page(
        Access::Page,
        "Tells a page of this service who is signed in",
    )
    .answer(
        200,
        "Whose session it is, and the token for requests to the API.",
        JSON,
        schemas.of::<SessionResponse>(),
    )
    .pages(&[(503, "Asked ahead of a click")])
    .problem(ProblemType::Unauthenticated)
    .problem(ProblemType::Forbidden)
    .problem(ProblemType::IdentityUnavailable)
    .problem(ProblemType::Unavailable)
}

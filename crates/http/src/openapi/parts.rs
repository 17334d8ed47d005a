//! The pieces operations are described with: schemas, parameters, answers.

use serde_json::{Map, Value, json};

use crate::operation::Operation;
use crate::routes::Route;
use crate::wire::problem::ProblemType;

/// The groups of operations.
pub const TAGS: [(&str, &str); 8] = [
    ("runs", "Workflows, and the caller's runs of them."),
    ("schedule", "The caller's daily run."),
    ("connections", "What the caller has connected."),
    ("tools", "Single actions in connected apps."),
    ("agents", "Agents, and what the caller has said to them."),
    ("mcp", "The Model Context Protocol."),
    (
        "browser",
        "Pages people see: signing in, connecting apps, approving what is to be written.",
    ),
    ("service", "The service itself."),
];

/// Who may ask.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Anyone.
    Open,
    /// Bearers of an access token; and pages of this service, wherever a session is taken.
    Bearer,
    /// Pages of this service whose browser has a session.
    Page,
    /// Browsers with a session; without one they are sent to sign in.
    Session,
}

/// One operation under description.
pub struct Described {
    tag: &'static str,
    summary: &'static str,
    access: Access,
    parameters: Vec<Value>,
    body: Option<Value>,
    responses: Map<String, Value>,
}

impl Described {
    /// An operation of a group. What every route may answer is added by itself.
    pub fn new(tag: &'static str, access: Access, summary: &'static str) -> Self {
        Self {
            tag,
            summary,
            access,
            parameters: Vec::new(),
            body: None,
            responses: Map::new(),
        }
    }

    /// A parameter; those in the path are required.
    pub fn parameter(mut self, place: &str, name: &str, what: &str, schema: Value) -> Self {
        self.parameters.push(json!({
            "name": name,
            "in": place,
            "required": place == "path",
            "description": what,
            "schema": schema,
        }));
        self
    }

    /// The parameter before must be given.
    pub fn required(mut self) -> Self {
        if let Some(parameter) = self.parameters.last_mut() {
            parameter["required"] = true.into();
        }
        self
    }

    /// A JSON body that has to fit a type.
    pub fn body(self, required: bool, schema: Value) -> Self {
        self.raw_body(required, schema)
            .problem(ProblemType::UnsupportedMediaType)
            .problem(ProblemType::InvalidBody)
    }

    /// A JSON body that is taken as it is.
    pub fn raw_body(mut self, required: bool, schema: Value) -> Self {
        self.body = Some(json!({
            "required": required,
            "content": { "application/json": { "schema": schema } },
        }));
        self.problem(ProblemType::MalformedBody)
            .problem(ProblemType::BodyTooLarge)
    }

    /// What a form of a page sends.
    pub fn form(mut self, schema: Value) -> Self {
        self.body = Some(json!({
            "required": true,
            "content": { "application/x-www-form-urlencoded": { "schema": schema } },
        }));
        self
    }

    /// An answer with a body of this media type.
    pub fn answer(mut self, status: u16, what: &str, media_type: &str, schema: Value) -> Self {
        let response = json!({
            "description": what,
            "content": { media_type: { "schema": schema } },
        });
        self.responses.insert(status.to_string(), response);
        self
    }

    /// A header of an answer that was described before.
    pub fn header(mut self, status: u16, name: &str, schema: Value) -> Self {
        let headers = &mut self.responses[&status.to_string()]["headers"];
        headers[name] = json!({ "description": "The protocol's version.", "schema": schema });
        self
    }

    /// An answer without a body; `location` says where a redirect leads.
    pub fn bare(mut self, status: u16, what: &str, location: Option<&str>) -> Self {
        let mut response = json!({ "description": what });
        if let Some(location) = location {
            response["headers"] = json!({
                "Location": { "description": location, "schema": { "type": "string" } },
            });
        }
        self.responses.insert(status.to_string(), response);
        self
    }

    /// Pages with these statuses.
    pub fn pages(self, pages: &[(u16, &str)]) -> Self {
        pages.iter().fold(self, |described, (status, what)| {
            described.answer(*status, what, "text/html", json!({ "type": "string" }))
        })
    }

    /// A problem that may be answered.
    pub fn problem(mut self, kind: ProblemType) -> Self {
        let line = format!("`{}`: {}", kind.urn(), kind.title());
        let response = self
            .responses
            .entry(kind.status().to_string())
            .or_insert_with(|| json!({ "description": "", "content": {} }));
        let before = response["description"].as_str().unwrap_or_default();
        if !before.contains(kind.urn()) {
            let joined = [before, &line].join(if before.is_empty() { "" } else { "; " });
            response["description"] = joined.into();
        }
        response["content"]["application/problem+json"]["schema"] =
            json!({ "$ref": "#/components/schemas/Problem" });
        for (name, applies, described) in [
            (
                "WWW-Authenticate",
                kind == ProblemType::Unauthenticated,
                header("RFC 6750"),
            ),
            (
                "Retry-After",
                matches!(kind.status(), 429 | 503),
                seconds_to_wait(),
            ),
        ] {
            if applies {
                response["headers"][name] = described;
            }
        }
        self
    }

    /// The answer for asking too often, where the operation is counted.
    fn limited(mut self, operation: Operation) -> Self {
        match operation {
            Operation::Open(operation) if operation.budget().is_none() => self,
            Operation::Open(_) | Operation::Api(_) => self.problem(ProblemType::RateLimited),
            Operation::Browser(_) => {
                self = self.pages(&[(429, "Too many requests; wait.")]);
                self.responses["429"]["headers"]["Retry-After"] = seconds_to_wait();
                self
            }
        }
    }

    /// The operation object of this route.
    pub fn into_json(mut self, route: &Route) -> Value {
        if self.access == Access::Bearer {
            self = [
                ProblemType::MalformedCredentials,
                ProblemType::InvalidQuery,
                ProblemType::Unauthenticated,
                ProblemType::Forbidden,
                ProblemType::IdentityUnavailable,
            ]
            .into_iter()
            .fold(self, Self::problem);
        }
        self = self.limited(route.operation);
        let by_page = matches!(route.operation, Operation::Api(it) if it.takes_session());
        let mut operation = json!({
            "operationId": id(route.operation),
            "tags": [self.tag],
            "summary": self.summary,
            "security": match self.access {
                Access::Open => json!([]),
                Access::Bearer if by_page => {
                    json!([{ "bearer": [] }, { "session": [], "forgeryToken": [] }])
                }
                Access::Bearer => json!([{ "bearer": [] }]),
                Access::Page => json!([{ "session": [] }]),
                // Without one, too: one is sent to sign in.
                Access::Session => json!([{ "session": [] }, {}]),
            },
            "responses": self.responses,
        });
        if !self.parameters.is_empty() {
            operation["parameters"] = self.parameters.into();
        }
        if let Some(body) = self.body {
            operation["requestBody"] = body;
        }
        operation
    }
}

/// The name of an operation in the document.
fn id(operation: Operation) -> String {
    let name = match operation {
        Operation::Open(operation) => format!("{operation:?}"),
        Operation::Browser(operation) => format!("{operation:?}"),
        Operation::Api(operation) => format!("{operation:?}"),
    };
    let mut letters = name.chars();
    letters.next().map_or(String::new(), |first| {
        first.to_ascii_lowercase().to_string() + letters.as_str()
    })
}

fn header(what: &str) -> Value {
    json!({ "description": what, "schema": { "type": "string" } })
}

fn seconds_to_wait() -> Value {
    header("Seconds to wait")
}

//! Problem details (RFC 9457): everything that can go wrong for a caller, as one closed set.
//!
//! Owns the stable `type` of each, its title and its status. A `detail` never holds an identity, a
//! credential or a text from upstream that was not scrubbed.

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value};

use crate::wire::message::ApiResponse;
use onbehalf_runs::BackendError;

macro_rules! problems {
    ($($(#[doc = $doc:literal])+ $variant:ident = $slug:literal, $status:literal, $title:literal;)+) => {
        /// What kind of problem it is. The `type` members are part of the API and never change.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum ProblemType { $($(#[doc = $doc])+ $variant),+ }

        impl ProblemType {
            /// Every kind, for documentation.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The `type` member: a URN that callers may match on.
            pub const fn urn(self) -> &'static str {
                match self { $(Self::$variant => concat!("urn:onbehalf:problem:", $slug)),+ }
            }

            /// The HTTP status it is answered with.
            pub const fn status(self) -> u16 {
                match self { $(Self::$variant => $status),+ }
            }

            /// The `title` member: the same for every occurrence.
            pub const fn title(self) -> &'static str {
                match self { $(Self::$variant => $title),+ }
            }
        }
    };
}

problems! {
    /// The query string has a parameter that is unknown, repeated or out of range.
    InvalidQuery = "invalid-query", 400, "Invalid query parameter";
    /// The cursor was not handed out by this API for this list.
    InvalidCursor = "invalid-cursor", 400, "Invalid cursor";
    /// The `Idempotency-Key` header is not 1 to 255 visible ASCII characters.
    InvalidIdempotencyKey = "invalid-idempotency-key", 400, "Invalid idempotency key";
    /// The `Authorization` header is not one bearer token.
    MalformedCredentials = "malformed-credentials", 400, "Malformed credentials";
    /// The body is not JSON, or is nested too deeply.
    MalformedBody = "malformed-body", 400, "Malformed request body";
    /// The connector is not one this Worker knows.
    UnknownConnector = "unknown-connector", 400, "Unknown connector";
    /// No credential, or not an acceptable one.
    Unauthenticated = "unauthenticated", 401, "Authentication required";
    /// The webhook was not signed by Scalekit, or too long ago.
    WebhookSignature = "webhook-signature", 401, "Invalid webhook signature";
    /// The credential is good but does not allow this.
    Forbidden = "forbidden", 403, "Forbidden";
    /// The caller is known, and lacks the role this asks for.
    RoleRequired = "role-required", 403, "Role required";
    /// The plan has to be decided by somebody other than the run's owner.
    AnotherMustDecide = "another-must-decide", 403, "Somebody else must decide";
    /// The policy of this service does not allow the call.
    ToolDenied = "tool-denied", 403, "Tool call denied";
    /// Nothing is served at this path.
    NotFound = "not-found", 404, "Not found";
    /// The caller has no such run.
    RunNotFound = "run-not-found", 404, "Run not found";
    /// There is no such workflow.
    WorkflowNotFound = "workflow-not-found", 404, "Workflow not found";
    /// There is no such agent.
    AgentNotFound = "agent-not-found", 404, "Agent not found";
    /// The caller has no such thread.
    ThreadNotFound = "thread-not-found", 404, "Thread not found";
    /// There is no such tool.
    ToolNotFound = "tool-not-found", 404, "Tool not found";
    /// The caller has no such call of a tool, or it is not kept any more.
    ToolCallNotFound = "tool-call-not-found", 404, "Tool call not found";
    /// The path is served, but not with this method.
    MethodNotAllowed = "method-not-allowed", 405, "Method not allowed";
    /// Another resume of this suspension came first.
    AlreadyResumed = "already-resumed", 409, "Already resumed";
    /// The run's status does not allow it.
    WrongStatus = "wrong-status", 409, "Not possible in this status";
    /// The caller has not connected the app, or has to connect it again.
    ConnectionRequired = "connection-required", 409, "Connection required";
    /// Another message was sent to this thread under this id.
    MessageIdReused = "message-id-reused", 409, "Message id reused";
    /// The thread has as many turns as one may have.
    ThreadFull = "thread-full", 409, "Thread full";
    /// The thread was deleted.
    ThreadDeleted = "thread-deleted", 410, "Thread deleted";
    /// The body is longer than allowed.
    BodyTooLarge = "body-too-large", 413, "Request body too large";
    /// The body is not `application/json`.
    UnsupportedMediaType = "unsupported-media-type", 415, "Unsupported media type";
    /// The body is JSON but a field is unknown, missing or out of range.
    InvalidBody = "invalid-body", 422, "Invalid request body";
    /// The idempotency key was used with another input.
    IdempotencyKeyReused = "idempotency-key-reused", 422, "Idempotency key reused";
    /// The payload does not fit what the run waits for.
    WrongPayload = "wrong-payload", 422, "Payload does not fit";
    /// The caller has too many runs that have not ended.
    TooManyRuns = "too-many-runs", 429, "Too many runs";
    /// The caller watches as many runs as one may at once.
    TooManyStreams = "too-many-streams", 429, "Too many event streams";
    /// More of these requests than a caller or an address may make in a minute.
    RateLimited = "rate-limited", 429, "Too many requests";
    /// A defect of this service.
    Internal = "internal", 500, "Internal error";
    /// Scalekit refused what should have been accepted.
    ConnectorFailed = "connector-failed", 502, "The connector service failed";
    /// Scalekit does not answer, or asks for patience.
    ConnectorUnavailable = "connector-unavailable", 503, "The connector service is unavailable";
    /// The identity provider's keys cannot be read at the moment.
    IdentityUnavailable = "identity-unavailable", 503, "The identity provider is unavailable";
    /// Part of the service is not configured.
    NotConfigured = "not-configured", 503, "Not configured";
    /// The platform behind the routes is unavailable.
    Unavailable = "unavailable", 503, "Temporarily unavailable";
}

/// One occurrence of a problem.
#[derive(Clone, Debug, PartialEq)]
pub struct Problem {
    kind: ProblemType,
    detail: String,
    extensions: Map<String, Value>,
    headers: Vec<(&'static str, String)>,
}

/// What went wrong (RFC 9457). Some types carry further members.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Problem")]
pub struct ProblemBody {
    /// Stable name of the kind of problem; match on this.
    #[serde(rename = "type")]
    pub kind: String,
    /// The kind in words; the same for every occurrence.
    pub title: String,
    /// The HTTP status.
    pub status: u16,
    /// What happened this time, for people.
    pub detail: String,
    /// Further members that the type defines, such as `field` or `knownConnectors`.
    #[serde(flatten)]
    pub extensions: Map<String, Value>,
}

impl Problem {
    /// A problem of this kind.
    pub fn new(kind: ProblemType, detail: impl Into<String>) -> Self {
        Self {
            kind,
            detail: detail.into(),
            extensions: Map::new(),
            headers: Vec::new(),
        }
    }

    /// A defect. What it was is for the log.
    pub fn internal() -> Self {
        let detail = "The service met a condition it did not expect.";
        Self::new(ProblemType::Internal, detail)
    }

    /// Adds an extension member.
    #[must_use]
    pub fn with(mut self, member: &str, value: impl Into<Value>) -> Self {
        self.extensions.insert(member.to_owned(), value.into());
        self
    }

    /// Adds a response header, by its lower-case name.
    #[must_use]
    pub fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    /// The value of a response header, by its lower-case name.
    pub fn header_value(&self, name: &str) -> Option<&str> {
        let mut headers = self.headers.iter();
        let found = headers.find(|(known, _)| *known == name);
        found.map(|(_, value)| value.as_str())
    }

    /// Sets a response header in place of what it was.
    #[must_use]
    pub fn replacing_header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.retain(|(known, _)| *known != name);
        self.header(name, value)
    }

    /// Says after how many seconds another try makes sense.
    #[must_use]
    pub fn retry_after(self, seconds: u64) -> Self {
        self.header("retry-after", seconds.to_string())
    }

    /// The kind of problem.
    pub fn kind(&self) -> ProblemType {
        self.kind
    }

    /// What happened this time.
    pub fn detail(&self) -> &str {
        &self.detail
    }
}

/// How long a caller should wait when the platform itself is briefly unavailable.
const PLATFORM_RETRY_SECONDS: u64 = 2;

impl From<BackendError> for Problem {
    fn from(error: BackendError) -> Self {
        match error {
            BackendError::Unavailable => Self::new(
                ProblemType::Unavailable,
                "The service is briefly unavailable; try again.",
            )
            .retry_after(PLATFORM_RETRY_SECONDS),
            BackendError::Internal(_) => Self::internal(),
        }
    }
}

impl From<Problem> for ApiResponse {
    fn from(problem: Problem) -> Self {
        let body = ProblemBody {
            kind: problem.kind.urn().to_owned(),
            title: problem.kind.title().to_owned(),
            status: problem.kind.status(),
            detail: problem.detail,
            extensions: problem.extensions,
        };
        let status = problem.kind.status();
        // Strings and JSON values always serialise.
        let body = serde_json::to_vec(&body).unwrap_or_default();
        let response = Self::new(status, "application/problem+json", body);
        problem
            .headers
            .iter()
            .fold(response, |response, (name, value)| {
                response.with(name, value)
            })
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn every_type_is_unique_and_an_error() {
        let urns: HashSet<_> = ProblemType::ALL.iter().map(|kind| kind.urn()).collect();
        assert_eq!(urns.len(), ProblemType::ALL.len());
        for kind in ProblemType::ALL {
            assert!((400..600).contains(&kind.status()), "{}", kind.urn());
        }
    }

    #[test]
    fn a_problem_has_the_shape_of_the_rfc() {
        let problem = Problem::new(ProblemType::UnknownConnector, "No such connector.")
            .with("knownConnectors", vec!["hubspot"])
            .retry_after(3);
        let response = ApiResponse::from(problem);
        assert_eq!(response.status, 400);
        assert_eq!(
            response.header("content-type"),
            Some("application/problem+json")
        );
        assert_eq!(response.header("cache-control"), Some("no-store"));
        assert_eq!(response.header("retry-after"), Some("3"));
        let body: Value = serde_json::from_slice(&response.body).expect("json");
        let expected = serde_json::json!({
            "type": "urn:onbehalf:problem:unknown-connector",
            "title": "Unknown connector",
            "status": 400,
            "detail": "No such connector.",
            "knownConnectors": ["hubspot"],
        });
        assert_eq!(body, expected);
    }

    #[test]
    fn what_broke_inside_stays_inside() {
        let problem = Problem::from(BackendError::Internal("row 7 of user_alice".into()));
        let response = ApiResponse::from(problem);
        let text = String::from_utf8(response.body).expect("utf-8");
        assert!(!text.contains("alice"));
    }
}

//! What is asked for, typed: each method with what it takes.

use serde_json::{Map, Value};

use crate::capabilities::ClientCapabilities;
use crate::error::{Code, RpcError};
use crate::version::Version;

/// The key under which a client names a use of a tool, so that the same use asked for again is one.
const IDEMPOTENCY_KEY: &str = "onbehalf/idempotencyKey";

/// What is asked for.
#[derive(Clone, Debug, PartialEq)]
pub enum Ask {
    /// Which revisions are spoken, and what is offered; modern.
    Discover,
    /// The handshake; legacy.
    Initialize {
        /// What is agreed on.
        agreed: Version,
        /// What the client can do.
        client: ClientCapabilities,
    },
    /// Whether anybody is there; legacy.
    Ping,
    /// The tools.
    ListTools {
        /// Behind which page.
        cursor: Option<String>,
    },
    /// The use of one.
    CallTool(ToolCall),
    /// The resources.
    ListResources {
        /// Behind which page.
        cursor: Option<String>,
    },
    /// The forms of addresses that resources have.
    ListTemplates,
    /// What is in one.
    ReadResource {
        /// Its address.
        uri: String,
    },
    /// Where a task stands; modern.
    GetTask {
        /// Its name.
        task: String,
    },
    /// What people said whom it waits for; modern.
    UpdateTask {
        /// Its name.
        task: String,
        /// What they said.
        answers: Answers,
    },
    /// That nobody wants its end any more; modern.
    CancelTask {
        /// Its name.
        task: String,
    },
}

/// The use of a tool.
#[derive(Clone, Debug, PartialEq)]
pub struct ToolCall {
    /// The tool's name.
    pub name: String,
    /// What it is given: always an object.
    pub arguments: Value,
    /// What the server had the client keep when it asked for more.
    pub state: Option<String>,
    /// What people said to what it asked.
    pub answers: Answers,
    /// What the client calls this use.
    pub idempotency_key: Option<String>,
}

/// What a person said to a request that was put to them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PersonSaid {
    /// Yes, they go there.
    Accept,
    /// No.
    Decline,
    /// Nothing: they closed it.
    Cancel,
}

/// What people said, each answer by the name of its request. What cannot be read is left out, as if
/// nobody had said anything.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Answers(Vec<(String, PersonSaid)>);

impl Answers {
    fn read(params: &Map<String, Value>) -> Self {
        let answers = params.get("inputResponses").and_then(Value::as_object);
        let said = |answer: &Value| match answer["action"].as_str()? {
            "accept" => Some(PersonSaid::Accept),
            "decline" => Some(PersonSaid::Decline),
            "cancel" => Some(PersonSaid::Cancel),
            _ => None,
        };
        let answers = answers.into_iter().flatten();
        Self(
            answers
                .filter_map(|(name, answer)| Some((name.clone(), said(answer)?)))
                .collect(),
        )
    }

    /// Whether somebody said no to any of them.
    pub fn declined(&self) -> bool {
        self.0.iter().any(|(_, said)| *said == PersonSaid::Decline)
    }
}

impl Ask {
    /// What of the body a modern request repeats in `Mcp-Name`; `None` where it repeats nothing.
    pub(crate) fn name_member(method: &str) -> Option<&'static str> {
        match method {
            "tools/call" => Some("name"),
            "resources/read" => Some("uri"),
            "tasks/get" | "tasks/update" | "tasks/cancel" => Some("taskId"),
            _ => None,
        }
    }

    /// The ask of a method; `None` where that era has no such method here.
    ///
    /// # Errors
    /// [`Code::InvalidParams`].
    pub(crate) fn read(
        method: &str,
        modern: bool,
        params: &mut Map<String, Value>,
    ) -> Result<Option<Self>, RpcError> {
        let ask = match (method, modern) {
            ("server/discover", true) => Self::Discover,
            ("initialize", false) => {
                let asked = text(params, "protocolVersion")?;
                let client = params.get("capabilities").unwrap_or(&Value::Null);
                Self::Initialize {
                    agreed: Version::agreed(&asked),
                    client: ClientCapabilities::read(client),
                }
            }
            ("ping", false) => Self::Ping,
            ("tools/list", _) => Self::ListTools {
                cursor: optional(params, "cursor")?,
            },
            ("tools/call", _) => Self::CallTool(ToolCall::read(params)?),
            ("resources/list", _) => Self::ListResources {
                cursor: optional(params, "cursor")?,
            },
            ("resources/templates/list", _) => Self::ListTemplates,
            ("resources/read", _) => Self::ReadResource {
                uri: text(params, "uri")?,
            },
            ("tasks/get", true) => Self::GetTask {
                task: text(params, "taskId")?,
            },
            ("tasks/update", true) => Self::UpdateTask {
                task: text(params, "taskId")?,
                answers: Answers::read(params),
            },
            ("tasks/cancel", true) => Self::CancelTask {
                task: text(params, "taskId")?,
            },
            _ => return Ok(None),
        };
        Ok(Some(ask))
    }
}

impl ToolCall {
    fn read(params: &mut Map<String, Value>) -> Result<Self, RpcError> {
        let arguments = match params.remove("arguments") {
            None => Value::Object(Map::new()),
            Some(arguments @ Value::Object(_)) => arguments,
            Some(_) => return Err(invalid("arguments must be an object")),
        };
        let key = params.get("_meta").map(|meta| &meta[IDEMPOTENCY_KEY]);
        Ok(Self {
            name: text(params, "name")?,
            arguments,
            state: optional(params, "requestState")?,
            answers: Answers::read(params),
            idempotency_key: key.and_then(Value::as_str).map(str::to_owned),
        })
    }
}

fn text(params: &Map<String, Value>, name: &str) -> Result<String, RpcError> {
    optional(params, name)?.ok_or_else(|| invalid(&format!("{name} is missing")))
}

fn optional(params: &Map<String, Value>, name: &str) -> Result<Option<String>, RpcError> {
    match params.get(name) {
        None => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.clone())),
        Some(_) => Err(invalid(&format!("{name} must be a text"))),
    }
}

fn invalid(why: &str) -> RpcError {
    RpcError::new(Code::InvalidParams, why)
}

//! The endpoint: one message in, one answer out.
//!
//! Owns what holds before a message is read, the note in which a legacy client's abilities come back,
//! and which ask goes where.

use super::host::SERVER;
use super::{Asking, CallWatch};
use crate::limits::{self, Budget};
use crate::pieces::Watch;
use crate::seal::Purpose;
use crate::service::{Answer, Api};
use crate::sign_in::Caller;
use crate::wire::json_body;
use crate::wire::message::{ApiRequest, ApiResponse};
use crate::wire::problem::{Problem, ProblemType};
use onbehalf_mcp::{
    Ask, ClientCapabilities, Headers, Incoming, Outcome, Refusal, RequestId, RpcError, Version,
    answer, error_message, read,
};

/// The header in which a legacy client brings back what the handshake gave it. There is no session
/// behind it.
const NOTE: &str = "mcp-session-id";
/// What the note says of a client that opens pages.
const OPENS_PAGES: &[u8] = b"pages";

/// Why a request is not answered with what was asked for.
pub(super) enum Refused {
    /// By the protocol.
    Rpc(RpcError),
    /// By the service, before there is an answer of the protocol.
    Http(Problem),
}

impl From<RpcError> for Refused {
    fn from(error: RpcError) -> Self {
        Self::Rpc(error)
    }
}

impl From<Problem> for Refused {
    fn from(problem: Problem) -> Self {
        Self::Http(problem)
    }
}

impl Api {
    /// Whether whoever sends a request may: no page of another site. The protocol asks for it, and a
    /// browser of ours would send no bearer token unless a page made it.
    pub(crate) fn refuse_foreign_origin(&self, request: &ApiRequest) -> Result<(), Problem> {
        let own = self.settings.public_url.origin().ascii_serialization();
        match request.header("origin") {
            Some(origin) if origin != own => {
                let detail = "This endpoint is not for pages of other origins.";
                Err(Problem::new(ProblemType::Forbidden, detail))
            }
            _ => Ok(()),
        }
    }

    /// Answers a message.
    pub(crate) async fn mcp(
        &self,
        caller: Caller,
        request: &ApiRequest,
    ) -> Result<Answer, Problem> {
        json_body::bounded(request)?;
        let headers = Headers {
            version: request.header("mcp-protocol-version"),
            method: request.header("mcp-method"),
            name: request.header("mcp-name"),
        };
        let asked = match read(headers, &request.body) {
            Ok(Incoming::Request(asked)) => asked,
            Ok(Incoming::Notification) => return Ok(ApiResponse::empty(202).into()),
            Err(Refusal { status, id, error }) => {
                return Ok(ApiResponse::json(status, &error_message(id.as_ref(), error)).into());
            }
        };
        let client = match asked.version.is_modern() {
            true => asked.client,
            false => self.noted(&caller, request),
        };
        let asking = Asking {
            caller,
            version: asked.version,
            client,
        };
        let (id, version) = (asked.id, asked.version);
        let done = match asked.ask {
            Ask::CallTool(call) => {
                let stream = asked.progress.filter(|_| takes_events(request));
                return self.called(asking, id, call, stream).await;
            }
            Ask::Initialize { agreed, client } => {
                let outcome = Ok(SERVER.initialized(agreed));
                let response = answered(&id, version, outcome)?;
                return Ok(self.with_note(&asking.caller, client, response).into());
            }
            Ask::Discover => Ok(SERVER.discovered()),
            Ask::Ping => Ok(Outcome::of(serde_json::json!({}))),
            Ask::ListTools { cursor } => self.list_as_tools(&asking, cursor.as_deref()).await,
            Ask::ListResources { cursor } => self.list_as_resources(&asking, cursor).await,
            Ask::ListTemplates => Ok(super::resources::templates()),
            Ask::ReadResource { uri } => self.read_as_resource(&asking, &uri).await,
            Ask::GetTask { task } => self.task_seen(&asking, &task).await,
            Ask::UpdateTask { task, answers } => self.task_told(&asking, &task, &answers).await,
            Ask::CancelTask { task } => self.task_cancelled(&asking, &task).await,
        };
        Ok(answered(&id, version, done)?.into())
    }

    /// What came of the use of a tool, told in pieces where that is wanted and it goes on.
    async fn called(
        &self,
        asking: Asking,
        id: RequestId,
        call: onbehalf_mcp::ToolCall,
        stream: Option<onbehalf_mcp::ProgressToken>,
    ) -> Result<Answer, Problem> {
        use super::calls::Begun;
        let version = asking.version;
        let going = match self.begin_as_tool(&asking, call).await {
            Ok(Begun::Going(going)) => going,
            Ok(Begun::Done(outcome)) => return Ok(answered(&id, version, Ok(outcome))?.into()),
            Err(refused) => return Ok(answered(&id, version, Err(refused))?.into()),
        };
        let lease = stream.and_then(|token| {
            let lease = self.streams.lease(&asking.caller.owner, self.clock.now())?;
            Some((token, lease))
        });
        let Some((token, lease)) = lease else {
            let outcome = self.end_as_tool(&asking, going).await;
            return Ok(answered(&id, version, outcome)?.into());
        };
        let watch = CallWatch::begin(asking, id, going, token, lease, self.clock.now());
        let head = ApiResponse::new(200, "text/event-stream; charset=utf-8", Vec::new());
        Ok(Answer {
            response: head.with("x-accel-buffering", "no"),
            watch: Some(Watch::Mcp(Box::new(watch))),
        })
    }

    /// What a legacy client can do: what its note says. One that cannot be read says nothing.
    fn noted(&self, caller: &Caller, request: &ApiRequest) -> ClientCapabilities {
        let note = request.header(NOTE).and_then(|note| {
            let bound = [caller.owner.as_str()];
            self.settings.seal.open(Purpose::McpClient, &bound, note)
        });
        ClientCapabilities {
            opens_pages: note.as_deref() == Some(OPENS_PAGES),
            follows_tasks: false,
        }
    }

    /// Gives a legacy client the note that it brings back.
    fn with_note(
        &self,
        caller: &Caller,
        client: ClientCapabilities,
        response: ApiResponse,
    ) -> ApiResponse {
        if !client.opens_pages {
            return response;
        }
        let bound = [caller.owner.as_str()];
        let seal = &self.settings.seal;
        response.with(NOTE, &seal.seal(Purpose::McpClient, &bound, OPENS_PAGES))
    }

    /// Counts what an ask costs beside the message itself.
    pub(super) async fn within(&self, caller: &Caller, budget: Budget) -> Result<(), Problem> {
        match self.within_limit(caller, budget).await {
            true => Ok(()),
            false => Err(limits::refusal()),
        }
    }
}

/// The answer to a request, by what came of it.
fn answered(
    id: &RequestId,
    version: Version,
    done: Result<Outcome, Refused>,
) -> Result<ApiResponse, Problem> {
    let done = match done {
        Ok(outcome) => Ok(outcome),
        Err(Refused::Rpc(error)) => Err(error),
        Err(Refused::Http(problem)) => return Err(problem),
    };
    let status = done
        .as_ref()
        .err()
        .map_or(200, |it| it.code.status(version));
    Ok(ApiResponse::json(
        status,
        &answer(id, version, &SERVER, done),
    ))
}

/// Whether a client takes an answer in pieces.
fn takes_events(request: &ApiRequest) -> bool {
    let accept = request.header("accept").unwrap_or_default();
    accept.to_ascii_lowercase().contains("text/event-stream")
}

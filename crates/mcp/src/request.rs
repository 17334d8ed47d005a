//! A request, read and checked by the rules of its era.
//!
//! Owns the order of the checks: first what era it is, then whether headers and body agree, then
//! whether the method is one, and last what the method takes. A request is refused for the first of
//! these that it fails.

use serde_json::{Map, Value};

use crate::ask::Ask;
use crate::capabilities::ClientCapabilities;
use crate::error::{Code, Refusal, RpcError};
use crate::headers::{Headers, says};
use crate::message::{Message, RequestId};
use crate::stream::ProgressToken;
use crate::version::Version;

const META: &str = "_meta";
const META_VERSION: &str = "io.modelcontextprotocol/protocolVersion";
const META_CLIENT: &str = "io.modelcontextprotocol/clientCapabilities";

/// What came in.
#[derive(Clone, Debug, PartialEq)]
pub enum Incoming {
    /// Something to answer.
    Request(Request),
    /// Something that nobody answers: it is taken, and there is nothing to do for it.
    Notification,
}

/// A request.
#[derive(Clone, Debug, PartialEq)]
pub struct Request {
    /// Its id.
    pub id: RequestId,
    /// The revision it is asked and answered by.
    pub version: Version,
    /// What the client can do, as far as the request itself says: a legacy one says nothing.
    pub client: ClientCapabilities,
    /// What its progress is to be told under, if it is.
    pub progress: Option<ProgressToken>,
    /// What is asked for.
    pub ask: Ask,
}

/// Reads a message.
///
/// # Errors
/// [`Refusal`], with the status it is answered with.
pub fn read(headers: Headers<'_>, body: &[u8]) -> Result<Incoming, Refusal> {
    let (id, method, mut params) = match Message::read(body)? {
        Message::Notification => return Ok(Incoming::Notification),
        Message::Request { id, method, params } => (id, method, params),
    };
    let refused = |status, error| Refusal {
        status,
        id: Some(id.clone()),
        error,
    };
    let version = version_of(headers, &params, &method).map_err(|error| refused(400, error))?;
    let modern = version.is_modern();
    let client = match modern {
        true => checked(headers, &method, &params).map_err(|error| refused(400, error))?,
        false => ClientCapabilities::default(),
    };
    let progress = params.get(META).and_then(ProgressToken::read);
    let ask = Ask::read(&method, modern, &mut params)
        .map_err(|error| refused(error.code.status(version), error))?
        .ok_or_else(|| {
            let error = RpcError::new(Code::MethodNotFound, "Method not found");
            refused(error.code.status(version), error)
        })?;
    Ok(Incoming::Request(Request {
        id: id.clone(),
        version,
        client,
        progress,
        ask,
    }))
}

/// The revision of a request. It is modern where it says so in either place, so that no request
/// escapes the comparison of the two by leaving one out.
fn version_of(
    headers: Headers<'_>,
    params: &Map<String, Value>,
    method: &str,
) -> Result<Version, RpcError> {
    let header = headers.version.map(str::trim);
    let meta = params.get(META).map(|meta| &meta[META_VERSION]);
    let meta = meta.filter(|said| !said.is_null());
    let modern = header
        .and_then(Version::read)
        .is_some_and(Version::is_modern);
    if meta.is_none() && !modern {
        return match header {
            // The handshake says in its body what it asks for.
            Some(named) if method != "initialize" => {
                Version::read(named).ok_or_else(|| RpcError::unsupported(named, false))
            }
            _ => Ok(Version::UNNAMED),
        };
    }
    let mismatch =
        |why: &str| RpcError::new(Code::HeaderMismatch, format!("Header mismatch: {why}"));
    let Some(header) = header else {
        return Err(mismatch("MCP-Protocol-Version is missing"));
    };
    let Some(meta) = meta.and_then(Value::as_str) else {
        return Err(missing(META_VERSION));
    };
    if meta != header {
        return Err(mismatch("MCP-Protocol-Version is not what the body says"));
    }
    let named = Version::read(meta).filter(|it| it.is_modern());
    named.ok_or_else(|| RpcError::unsupported(meta, true))
}

/// What a modern request says of its client, once it says everything that it has to.
fn checked(
    headers: Headers<'_>,
    method: &str,
    params: &Map<String, Value>,
) -> Result<ClientCapabilities, RpcError> {
    let client = params.get(META).map(|meta| &meta[META_CLIENT]);
    let Some(client) = client.filter(|client| client.is_object()) else {
        return Err(missing(META_CLIENT));
    };
    let mismatch = |name: &str| {
        let why = format!("Header mismatch: {name} is missing, or not what the body says");
        RpcError::new(Code::HeaderMismatch, why)
    };
    if !says(headers.method, method) {
        return Err(mismatch("Mcp-Method"));
    }
    // Where the body has none, that is what is wrong with it.
    let member = Ask::name_member(method).and_then(|member| params.get(member));
    if let Some(name) = member.and_then(Value::as_str)
        && !says(headers.name, name)
    {
        return Err(mismatch("Mcp-Name"));
    }
    Ok(ClientCapabilities::read(client))
}

fn missing(member: &str) -> RpcError {
    RpcError::new(Code::InvalidParams, format!("_meta must have {member}"))
}

#[cfg(test)]
#[path = "request_tests.rs"]
mod tests;

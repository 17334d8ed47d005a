//! The way in for Scalekit's own SDKs: gRPC, translated to the REST that [`crate::service`] answers.
//!
//! Owns frames, messages and status codes. Decides nothing: what a call does, and how it fails, is
//! what the same call by REST does.

mod json;
mod messages;
mod tools;

use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use prost::Message;
use serde_json::Value;

use crate::service::{Reply, Request};
use messages::{
    AnyInfo, CreateAccount, Empty, ErrorInfo, ExecuteTool, Executed, FieldViolation, ListAccounts,
    Listed, Made, MagicLink, OneAccount, RpcStatus, ShownAccount, ToolErrorInfo,
    ValidationErrorInfo, Verified, Verify,
};
use tools::{
    AvailableTools, ListAvailableTools, ListScopedTools, ListTools, ListedTools, ScopedTools,
};

/// Length of a frame's head: whether it is compressed, and how long it is.
const HEAD: usize = 5;
/// gRPC's status of a call that does not exist here.
const UNIMPLEMENTED: u32 = 12;
/// gRPC's status of a call that cannot be read.
const INVALID_ARGUMENT: u32 = 3;

const TOOLS: &str = "/scalekit.v1.tools.ToolService/";
const ACCOUNTS: &str = "/scalekit.v1.connected_accounts.ConnectedAccountService/";

/// What a gRPC call is answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The frame of the message; none with an error.
    pub frame: Option<Vec<u8>>,
    /// What stands after it, header names in lower case.
    pub trailers: Vec<(&'static str, String)>,
}

/// Whether this is a gRPC call.
pub fn is_call(request: &Request) -> bool {
    request
        .header("content-type")
        .is_some_and(|kind| kind.starts_with("application/grpc"))
}

/// The REST request that does what a call asks for.
///
/// # Errors
/// The answer to a call that does not exist here, or that cannot be read.
pub fn to_rest(call: &Request) -> Result<Request, Answer> {
    let unreadable = || failed(INVALID_ARGUMENT, "the message cannot be read", None);
    let message = payload(&call.body).ok_or_else(unreadable)?;
    let read =
        if let Some(method) = call.path.strip_prefix(TOOLS) {
            match method {
                "ExecuteTool" => {
                    ExecuteTool::decode(message).map(|it| post("execute_tool", &it.json()))
                }
                "ListTools" => ListTools::decode(message).map(|it| get("tools", &it.query())),
                "ListScopedTools" => {
                    ListScopedTools::decode(message).map(|it| get("tools/scoped", &it.query()))
                }
                "ListAvailableTools" => ListAvailableTools::decode(message)
                    .map(|it| get("tools/available", &it.query())),
                _ => return Err(unknown()),
            }
        } else if let Some(method) = call.path.strip_prefix(ACCOUNTS) {
            match method {
                "ListConnectedAccounts" => {
                    ListAccounts::decode(message).map(|it| get("connected_accounts", &it.query()))
                }
                "GetMagicLinkForConnectedAccount" => MagicLink::decode(message)
                    .map(|it| post("connected_accounts/magic_link", &it.json())),
                "VerifyConnectedAccountUser" => Verify::decode(message)
                    .map(|it| post("connected_accounts/user/verify", &it.json())),
                "DeleteConnectedAccount" => OneAccount::decode(message)
                    .map(|it| post("connected_accounts:delete", &it.json())),
                "CreateConnectedAccount" => {
                    CreateAccount::decode(message).map(|it| post("connected_accounts", &it.json()))
                }
                "GetConnectedAccountAuth" => OneAccount::decode(message)
                    .map(|it| get("connected_accounts/auth", &it.query())),
                "GetConnectedAccountDetails" => OneAccount::decode(message)
                    .map(|it| get("connected_accounts/details", &it.query())),
                _ => return Err(unknown()),
            }
        } else {
            return Err(unknown());
        };
    let (method, url, body) = read.map_err(|_| unreadable())?;
    Ok(Request::new(method, &url, call.headers.clone(), body))
}

/// The answer to a call, from what the REST request was answered; `None` when that was no answer of
/// Scalekit's, and is to be passed on as it is.
pub fn from_rest(call: &Request, reply: &Reply) -> Option<Answer> {
    if reply.broken || reply.drip {
        return None;
    }
    let body: Value = serde_json::from_slice(&reply.body).ok()?;
    if reply.status >= 400 {
        let code = body.get("code").and_then(Value::as_u64)?;
        let code = u32::try_from(code).ok()?;
        let message = body.get("message").and_then(Value::as_str)?;
        return Some(failed(code, message, body.pointer("/details/0")));
    }
    let method = call.path.rsplit('/').next().unwrap_or_default();
    let message = match method {
        "ExecuteTool" => Executed::from(&body).encode_to_vec(),
        "ListConnectedAccounts" => Listed::from(&body).encode_to_vec(),
        "GetMagicLinkForConnectedAccount" => Made::from(&body).encode_to_vec(),
        "VerifyConnectedAccountUser" => Verified::from(&body).encode_to_vec(),
        "CreateConnectedAccount" | "GetConnectedAccountAuth" | "GetConnectedAccountDetails" => {
            ShownAccount::from(&body).encode_to_vec()
        }
        "ListTools" => ListedTools::from(&body).encode_to_vec(),
        "ListScopedTools" => ScopedTools::from(&body).encode_to_vec(),
        "ListAvailableTools" => AvailableTools::from(&body).encode_to_vec(),
        _ => Empty {}.encode_to_vec(),
    };
    Some(Answer {
        frame: Some(frame(&message)),
        trailers: vec![("grpc-status", "0".to_owned())],
    })
}

fn post(path: &str, body: &Value) -> (&'static str, String, Vec<u8>) {
    (
        "POST",
        format!("/api/v1/{path}"),
        body.to_string().into_bytes(),
    )
}

fn get(path: &str, query: &[(&str, String)]) -> (&'static str, String, Vec<u8>) {
    let mut text = url::form_urlencoded::Serializer::new(String::new());
    text.extend_pairs(query);
    (
        "GET",
        format!("/api/v1/{path}?{}", text.finish()),
        Vec::new(),
    )
}

/// The message in a body of one frame that is not compressed.
fn payload(body: &[u8]) -> Option<&[u8]> {
    let (head, rest) = body.split_at_checked(HEAD)?;
    let length = u32::from_be_bytes([head[1], head[2], head[3], head[4]]);
    let whole = usize::try_from(length).ok()? == rest.len();
    (head[0] == 0 && whole).then_some(rest)
}

fn frame(message: &[u8]) -> Vec<u8> {
    let length = u32::try_from(message.len()).unwrap_or(u32::MAX);
    let mut frame = vec![0];
    frame.extend_from_slice(&length.to_be_bytes());
    frame.extend_from_slice(message);
    frame
}

fn unknown() -> Answer {
    failed(UNIMPLEMENTED, "there is no such call here", None)
}

/// An error, with what REST would have told of it.
fn failed(code: u32, message: &str, detail: Option<&Value>) -> Answer {
    let details = detail.map(|detail| AnyInfo {
        type_url: "type.googleapis.com/scalekit.v1.errdetails.ErrorInfo".to_owned(),
        value: error_info(detail).encode_to_vec(),
    });
    let status = RpcStatus {
        code: i32::try_from(code).unwrap_or(i32::MAX),
        message: message.to_owned(),
        details: details.into_iter().collect(),
    };
    Answer {
        frame: None,
        trailers: vec![
            ("grpc-status", code.to_string()),
            ("grpc-message", escaped(message)),
            (
                "grpc-status-details-bin",
                STANDARD_NO_PAD.encode(status.encode_to_vec()),
            ),
        ],
    }
}

/// gRPC percent-encodes what is no printable ASCII in a message.
fn escaped(message: &str) -> String {
    let one = |byte: u8| match byte {
        b'%' | 0..=0x1f | 0x7f.. => format!("%{byte:02X}"),
        byte => char::from(byte).to_string(),
    };
    message.bytes().map(one).collect()
}

fn error_info(detail: &Value) -> ErrorInfo {
    let text = |of: &Value, name: &str| json::text(of, name);
    let violations = detail.pointer("/validation_error_info/field_violations");
    let violation = |it: &Value| FieldViolation {
        field: text(it, "field"),
        description: text(it, "description"),
    };
    ErrorInfo {
        error_code: text(detail, "error_code"),
        validation_error_info: violations.and_then(Value::as_array).map(|list| {
            ValidationErrorInfo {
                field_violations: list.iter().map(violation).collect(),
            }
        }),
        tool_error_info: detail.get("tool_error_info").map(|it| ToolErrorInfo {
            execution_id: text(it, "execution_id"),
            tool_error_message: text(it, "tool_error_message"),
            tool_error_code: text(it, "tool_error_code"),
        }),
    }
}

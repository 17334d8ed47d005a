//! What can go wrong, by the protocol's own codes.

use serde_json::{Map, Value, json};

use crate::message::RequestId;
use crate::version::Version;

/// A code. The first five are those of JSON-RPC.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Code {
    /// The body is not JSON.
    ParseError,
    /// It is no message of the protocol.
    InvalidRequest,
    /// There is no such method.
    MethodNotFound,
    /// Something in it is missing or wrong.
    InvalidParams,
    /// The fault is the server's.
    Internal,
    /// There is no such resource; 2025-11-25 and before.
    ResourceNotFound,
    /// Headers and body say different things.
    HeaderMismatch,
    /// The client would have to be able to do something.
    MissingCapability,
    /// The revision is not spoken.
    UnsupportedVersion,
    /// A person has to open a page first; 2025-11-25 alone.
    UrlElicitationRequired,
}

impl Code {
    /// The number.
    pub const fn number(self) -> i32 {
        match self {
            Self::ParseError => -32700,
            Self::InvalidRequest => -32600,
            Self::MethodNotFound => -32601,
            Self::InvalidParams => -32602,
            Self::Internal => -32603,
            Self::ResourceNotFound => -32002,
            Self::HeaderMismatch => -32020,
            Self::MissingCapability => -32021,
            Self::UnsupportedVersion => -32022,
            Self::UrlElicitationRequired => -32042,
        }
    }

    /// The HTTP status it is answered with, once the request itself is one. The modern era has a
    /// status for some; everything else is an answer like any other.
    pub const fn status(self, version: Version) -> u16 {
        match self {
            Self::ParseError
            | Self::InvalidRequest
            | Self::HeaderMismatch
            | Self::MissingCapability
            | Self::UnsupportedVersion => 400,
            Self::MethodNotFound if version.is_modern() => 404,
            Self::MethodNotFound
            | Self::InvalidParams
            | Self::Internal
            | Self::ResourceNotFound
            | Self::UrlElicitationRequired => 200,
        }
    }
}

/// An error of the protocol. Its words repeat nothing that came from outside.
#[derive(Clone, Debug, PartialEq)]
pub struct RpcError {
    /// What kind.
    pub code: Code,
    message: String,
    data: Option<Value>,
}

impl RpcError {
    /// An error of this kind.
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
            data: None,
        }
    }

    /// With what a program can read of it.
    #[must_use]
    pub fn with(self, data: Value) -> Self {
        let data = Some(data);
        Self { data, ..self }
    }

    pub(crate) fn unsupported(requested: &str, modern: bool) -> Self {
        let spoken = Version::of_era(modern).map(Version::name);
        let data = json!({
            "supported": spoken.collect::<Vec<_>>(),
            "requested": requested,
        });
        Self::new(Code::UnsupportedVersion, "Unsupported protocol version").with(data)
    }

    pub(crate) fn into_json(self) -> Value {
        let mut all = Map::new();
        all.insert("code".to_owned(), self.code.number().into());
        all.insert("message".to_owned(), self.message.into());
        if let Some(data) = self.data {
            all.insert("data".to_owned(), data);
        }
        all.into()
    }
}

/// A message that is not taken as a request.
#[derive(Clone, Debug, PartialEq)]
pub struct Refusal {
    /// The HTTP status.
    pub status: u16,
    /// The request's id, where it could be read.
    pub id: Option<RequestId>,
    /// Why.
    pub error: RpcError,
}

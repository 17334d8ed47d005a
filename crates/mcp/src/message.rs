//! JSON-RPC 2.0: the frame that every message has.

use serde_json::{Map, Number, Value};

use crate::error::{Code, Refusal, RpcError};

/// What a request is named by, so that its answer can be told. Never null here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RequestId {
    /// A whole number.
    Number(Number),
    /// A text.
    Text(String),
}

impl RequestId {
    fn read(value: &Value) -> Option<Self> {
        match value {
            Value::String(text) => Some(Self::Text(text.clone())),
            Value::Number(number) if number.is_i64() || number.is_u64() => {
                Some(Self::Number(number.clone()))
            }
            _ => None,
        }
    }

    /// As JSON.
    pub fn json(&self) -> Value {
        match self {
            Self::Number(number) => Value::Number(number.clone()),
            Self::Text(text) => Value::String(text.clone()),
        }
    }
}

/// A message's frame, and what is in it.
pub(crate) enum Message {
    Request {
        id: RequestId,
        method: String,
        params: Map<String, Value>,
    },
    Notification,
}

impl Message {
    pub fn read(body: &[u8]) -> Result<Self, Refusal> {
        let refused = |id, code, message: &str| Refusal {
            status: 400,
            id,
            error: RpcError::new(code, message),
        };
        let body: Value = serde_json::from_slice(body)
            .map_err(|_| refused(None, Code::ParseError, "Parse error"))?;
        let Value::Object(mut body) = body else {
            let why = "A message is one JSON object";
            return Err(refused(None, Code::InvalidRequest, why));
        };
        let id = body.get("id").map(RequestId::read);
        let known = id.clone().flatten();
        let invalid = |why: &str| refused(known.clone(), Code::InvalidRequest, why);
        if body.get("jsonrpc").and_then(Value::as_str) != Some("2.0") {
            return Err(invalid("jsonrpc must be \"2.0\""));
        }
        // An answer is nothing that was asked for: requests go one way here.
        let Some(Value::String(method)) = body.remove("method") else {
            return Err(invalid("method must be a text"));
        };
        let params = match body.remove("params") {
            None => Map::new(),
            Some(Value::Object(params)) => params,
            Some(_) => return Err(invalid("params must be an object")),
        };
        match id {
            None => Ok(Self::Notification),
            Some(Some(id)) => Ok(Self::Request { id, method, params }),
            Some(None) => Err(invalid("id must be a text or a whole number")),
        }
    }
}

//! A request and a reply, as plain values.

use serde_json::Value;

use crate::world::faults::Rule;
use crate::world::vault::AccountEvent;

/// A request.
#[derive(Clone, Debug, Default)]
pub struct Request {
    /// `GET` or `POST`.
    pub method: String,
    /// Path without query.
    pub path: String,
    /// Query parameters in order.
    pub query: Vec<(String, String)>,
    /// Header names in lower case, with values.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
}

/// A reply, and what the transport is to do to it.
#[derive(Clone, Debug, Default)]
pub struct Reply {
    /// HTTP status.
    pub status: u16,
    /// Header names in lower case, with values.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
    /// The reply takes this long.
    pub delay_ms: u64,
    /// The connection breaks and the client gets no answer.
    pub broken: bool,
    /// The body arrives a byte at a time, slowly.
    pub drip: bool,
    /// The connection breaks once the body has arrived, as if more were to come.
    pub cut: bool,
    /// Webhooks this request caused.
    pub webhooks: Vec<AccountEvent>,
}

impl Request {
    /// A request to an absolute URL or a path.
    pub fn new(method: &str, url: &str, headers: Vec<(String, String)>, body: Vec<u8>) -> Self {
        let path_and_query = url.find("://").map_or(url, |at| {
            let rest = &url[at + 3..];
            rest.find('/').map_or("/", |slash| &rest[slash..])
        });
        let (path, query) = path_and_query
            .split_once('?')
            .unwrap_or((path_and_query, ""));
        Self {
            method: method.to_owned(),
            path: path.to_owned(),
            query: url::form_urlencoded::parse(query.as_bytes())
                .into_owned()
                .collect(),
            headers,
            body,
        }
    }

    /// The first value of a header.
    pub fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(key, _)| key == name);
        found.map(|(_, value)| value.as_str())
    }

    /// All values of a query parameter.
    pub fn all(&self, name: &str) -> Vec<&str> {
        let found = self.query.iter().filter(|(key, _)| key == name);
        found.map(|(_, value)| value.as_str()).collect()
    }

    /// The first value of a query parameter.
    pub fn one(&self, name: &str) -> Option<&str> {
        self.all(name).first().copied()
    }

    /// The body as JSON; null when it is none.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or(Value::Null)
    }

    /// The body as a form.
    pub fn form(&self) -> Vec<(String, String)> {
        url::form_urlencoded::parse(&self.body)
            .into_owned()
            .collect()
    }
}

impl Reply {
    /// A JSON reply.
    pub fn json(status: u16, body: &Value) -> Self {
        Self {
            status,
            headers: vec![("content-type".into(), "application/json".into())],
            body: body.to_string().into_bytes(),
            ..Self::default()
        }
    }

    /// No reply: the connection breaks.
    pub fn broken(fault: &Rule) -> Self {
        Self {
            broken: true,
            ..Self::default()
        }
        .after(fault)
    }

    /// A reply that is no answer.
    pub fn garbage(kind: &str, fault: &Rule) -> Self {
        const HUGE_BYTES: usize = 64 * 1024 * 1024;
        const DEPTH: usize = 100_000;
        /// Every member anybody asks for, none of its type.
        const WRONG_TYPES: &str = r#"{"data":7,"connected_accounts":"none","access_token":[],
            "expires_in":{},"link":[],"post_user_verify_redirect_url":7,"issuer":[],
            "jwks_uri":7,"authorization_endpoint":{},"token_endpoint":[],"keys":{"kid":7},
            "id_token":7,"token_type":[]}"#;
        let (content_type, body) = match kind {
            "html" => (
                "text/html",
                "<html><body>Bad gateway</body></html>".to_owned(),
            ),
            "huge" => (
                "application/json",
                format!("{{\"data\":\"{}\"}}", "x".repeat(HUGE_BYTES)),
            ),
            "deep" => (
                "application/json",
                format!("{}{}", "[".repeat(DEPTH), "]".repeat(DEPTH)),
            ),
            "slow" => ("application/json", "{\"data\":{}}".repeat(10)),
            "redirect" => ("application/json", "{}".to_owned()),
            _ => ("application/json", WRONG_TYPES.to_owned()),
        };
        let mut headers = vec![("content-type".into(), content_type.into())];
        if kind == "redirect" {
            // A control that counts those who follow.
            headers.push(("location".into(), "/_sandbox/elsewhere".into()));
        }
        Self {
            status: if kind == "redirect" { 307 } else { 200 },
            headers,
            body: body.into_bytes(),
            drip: kind == "slow",
            ..Self::default()
        }
        .after(fault)
    }

    /// This reply with a fault's latency.
    pub(super) fn after(mut self, fault: &Rule) -> Self {
        self.delay_ms += fault.latency_ms.unwrap_or(0);
        self
    }
}

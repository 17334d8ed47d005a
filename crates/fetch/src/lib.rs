//! One outbound HTTP request and what came of it, without any HTTP library's types.

mod body;
mod retry_after;
mod secret;

pub use body::{BoundedBody, Reading};
pub use retry_after::retry_after;
pub use secret::Secret;

use std::time::Duration;

use async_trait::async_trait;

/// The methods this project sends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// Safe, repeatable.
    Get,
    /// Everything else the contracts in use ask for.
    Post,
}

/// A request ready to send.
#[derive(Clone, PartialEq, Eq)]
pub struct HttpRequest {
    /// `GET` or `POST`.
    pub method: Method,
    /// Absolute URL.
    pub url: String,
    /// Header names in lower case, with values.
    pub headers: Vec<(String, String)>,
    /// Empty for `GET`.
    pub body: Vec<u8>,
    /// How long the whole exchange may take, body included.
    pub timeout: Duration,
    /// A longer response body is cut off and answered with [`FetchError::TooLarge`], so that a
    /// hostile upstream cannot fill the isolate's 128 MB.
    pub max_response_bytes: usize,
}

/// Headers and bodies may hold credentials, so only method and URL without its query are shown.
impl std::fmt::Debug for HttpRequest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let url = self.url.split('?').next().unwrap_or_default();
        write!(f, "HttpRequest({:?} {url})", self.method)
    }
}

/// A response read to its end.
#[derive(Clone)]
pub struct HttpResponse {
    /// HTTP status code. Redirects are not followed; they arrive here as 3xx.
    pub status: u16,
    /// Header names in lower case, with values.
    pub headers: Vec<(String, String)>,
    /// The whole body.
    pub body: Vec<u8>,
}

impl HttpResponse {
    /// The first value of the header with this lower-case name.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.as_str())
    }
}

/// Why there is no response. In none of these cases is it known whether the request took effect.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FetchError {
    /// The deadline passed.
    #[error("no answer before the deadline")]
    Timeout,
    /// The connection could not be made or broke off.
    #[error("the connection failed")]
    Connection,
    /// The body was longer than the request allowed.
    #[error("the answer was larger than allowed")]
    TooLarge,
}

/// Sends requests. Never follows redirects: a credential must not travel to another host.
#[async_trait(?Send)]
pub trait Fetch {
    /// Sends one request and reads the whole answer.
    async fn send(&self, request: HttpRequest) -> Result<HttpResponse, FetchError>;
}

//! A request and a response as plain values, and nothing of any HTTP library.
//!
//! Owns the two types and how headers are looked up. The edge turns the platform's types into
//! these and back.

/// Longest request body that is accepted. Everything callers send is a handful of options; the
/// edge reads at most one byte more than this, so that a longer body is recognised unread.
pub const MAX_BODY_BYTES: usize = 64 * 1024;

/// What every response carries unless it says otherwise. Nothing may be kept by a cache, no browser
/// may guess at a type, frame it, load anything from it, use it in another site's page or name it
/// to the next.
const HEADERS: [(&str, &str); 6] = [
    ("cache-control", "no-store"),
    ("x-content-type-options", "nosniff"),
    (
        "content-security-policy",
        "default-src 'none'; frame-ancestors 'none'",
    ),
    ("x-frame-options", "DENY"),
    ("referrer-policy", "no-referrer"),
    ("cross-origin-resource-policy", "same-origin"),
];

/// A request, read whole.
#[derive(Clone, Default)]
pub struct ApiRequest {
    /// The method, in upper case.
    pub method: String,
    /// The path, percent-encoded as it arrived.
    pub path: String,
    /// The query, without its question mark; empty when there is none.
    pub query: String,
    /// Header names in lower case, with values.
    pub headers: Vec<(String, String)>,
    /// The body, cut off after `MAX_BODY_BYTES + 1` bytes.
    pub body: Vec<u8>,
    /// The network address the request came from, as the platform says; rate limits count by it,
    /// and nothing else is decided by it.
    pub client_address: Option<String>,
}

/// Headers, query and body may hold credentials, so only method and path are shown.
impl std::fmt::Debug for ApiRequest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "ApiRequest({} {})", self.method, self.path)
    }
}

impl ApiRequest {
    /// The first value of the header with this lower-case name.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.as_str())
    }
}

/// A response, ready to be sent.
#[derive(Clone, PartialEq, Eq)]
pub struct ApiResponse {
    /// HTTP status code.
    pub status: u16,
    /// Header names in lower case, with values; a name may occur more than once (`set-cookie`).
    pub headers: Vec<(String, String)>,
    /// The whole body.
    pub body: Vec<u8>,
}

/// Headers may hold cookies, so only status and length are shown.
impl std::fmt::Debug for ApiResponse {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "ApiResponse({}, {} bytes)", self.status, self.body.len())
    }
}

impl ApiResponse {
    /// A response with this status and body, and the headers that every response carries.
    pub fn new(status: u16, content_type: &str, body: Vec<u8>) -> Self {
        let empty = Self {
            status,
            headers: Vec::with_capacity(HEADERS.len() + 1),
            body,
        };
        HEADERS.iter().fold(
            empty.with("content-type", content_type),
            |it, (name, value)| it.with(name, value),
        )
    }

    /// A value as `application/json`. A value that cannot be written is a defect of this program
    /// and answered as such.
    pub fn json(status: u16, value: &impl serde::Serialize) -> Self {
        match serde_json::to_vec(value) {
            Ok(body) => Self::new(status, "application/json", body),
            Err(_) => crate::wire::problem::Problem::internal().into(),
        }
    }

    /// JSON that is written already.
    pub fn written_json(json: &str) -> Self {
        Self::new(200, "application/json", json.as_bytes().to_vec())
    }

    /// An answer that by its status has no body, and so no type: 204 or 304.
    pub fn empty(status: u16) -> Self {
        let mut response = Self::new(status, "", Vec::new());
        response.headers.retain(|(name, _)| name != "content-type");
        response
    }

    /// Sends the browser elsewhere with a `GET`.
    pub fn redirect(status: u16, location: &str) -> Self {
        Self::new(status, "text/plain; charset=utf-8", Vec::new()).with("location", location)
    }

    /// Sets a header in place of what every response carries.
    #[must_use]
    pub fn replacing(mut self, name: &str, value: &str) -> Self {
        self.headers.retain(|(key, _)| key != name);
        self.with(name, value)
    }

    /// Adds a header.
    #[must_use]
    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// The first value of the header with this lower-case name.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.as_str())
    }
}

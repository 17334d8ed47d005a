//! The document as it is sent: written once, and not sent to whoever has it.
//!
//! Owns the bytes, their entity tag and the comparison of RFC 9110 section 13.1.2.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use crate::wire::message::{ApiRequest, ApiResponse};

/// How caches may keep it: five minutes, so that a deployment is seen soon; it is the same for
/// everybody.
const CACHE_CONTROL: &str = "public, max-age=300";

/// The document's bytes and their tag.
pub struct Published {
    body: Vec<u8>,
    etag: String,
}

impl Published {
    /// Writes a document down.
    pub fn new(document: &Value) -> Self {
        let body = document.to_string().into_bytes();
        let digest = URL_SAFE_NO_PAD.encode(Sha256::digest(&body));
        let etag = format!("\"{digest}\"");
        Self { body, etag }
    }

    /// The document, or 304 for a client that has it.
    pub fn answer(&self, request: &ApiRequest) -> ApiResponse {
        let response = if self.is_known(request) {
            ApiResponse::empty(304)
        } else {
            ApiResponse::new(200, "application/json", self.body.clone())
        };
        response
            .replacing("cache-control", CACHE_CONTROL)
            .with("etag", &self.etag)
    }

    /// Whether the client names this very document. A cache on the way may have weakened the tag.
    fn is_known(&self, request: &ApiRequest) -> bool {
        let lines = request
            .headers
            .iter()
            .filter(|(name, _)| name == "if-none-match");
        lines
            .flat_map(|(_, line)| line.split(','))
            .map(str::trim)
            .any(|tag| tag == "*" || tag.strip_prefix("W/").unwrap_or(tag) == self.etag)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn ask(published: &Published, tags: &str) -> ApiResponse {
        published.answer(&ApiRequest {
            headers: vec![("if-none-match".into(), tags.to_owned())],
            ..ApiRequest::default()
        })
    }

    #[test]
    fn it_may_be_kept_and_is_asked_for_again_by_tag() {
        let published = Published::new(&json!({ "openapi": "3.1.0" }));
        let first = published.answer(&ApiRequest::default());
        assert_eq!(first.status, 200);
        assert_eq!(first.body, br#"{"openapi":"3.1.0"}"#);
        assert_eq!(first.header("cache-control"), Some(CACHE_CONTROL));
        let etag = first.header("etag").expect("a tag").to_owned();
        for tags in [
            etag.clone(),
            format!("W/{etag}"),
            format!("\"other\", {etag}"),
            "*".to_owned(),
        ] {
            let again = ask(&published, &tags);
            assert_eq!(again.status, 304, "{tags}");
            assert!(again.body.is_empty());
            assert_eq!(again.header("etag"), Some(etag.as_str()));
            assert_eq!(again.header("cache-control"), Some(CACHE_CONTROL));
            assert_eq!(again.header("content-type"), None);
        }
    }

    #[test]
    fn another_document_has_another_tag() {
        let (one, other) = (Published::new(&json!(1)), Published::new(&json!(2)));
        for tags in [one.etag.as_str(), "", "\"\"", "W/*"] {
            assert_eq!(ask(&other, tags).status, 200, "{tags}");
        }
    }
}

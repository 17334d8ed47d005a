//! An issuer's metadata (OpenID Connect Discovery 1.0).

use std::time::Duration;

use serde::Deserialize;

use super::config::https;
use super::document::DocumentError;
use onbehalf_fetch::{Fetch, HttpRequest, HttpResponse, Method};

/// How long an issuer may take to answer.
pub(super) const IDP_TIMEOUT: Duration = Duration::from_secs(5);
/// Longest document accepted from an issuer; real ones are a few KB.
pub(super) const IDP_DOCUMENT_BYTES: usize = 256 * 1024;

/// The members in use.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Metadata {
    issuer: String,
    pub jwks_uri: String,
    pub authorization_endpoint: Option<String>,
    pub token_endpoint: Option<String>,
    pub token_endpoint_auth_methods_supported: Option<Vec<String>>,
    /// Whether answers to authorization requests name the issuer (RFC 9207 section 3).
    #[serde(default)]
    pub authorization_response_iss_parameter_supported: bool,
}

impl Metadata {
    /// Reads metadata and checks that it is this issuer's (section 4.3).
    pub(super) fn parse(json: &[u8], issuer: &str) -> Result<Self, DocumentError> {
        let metadata: Self = serde_json::from_slice(json).map_err(|_| DocumentError::Malformed)?;
        if metadata.issuer != issuer {
            return Err(DocumentError::WrongIssuer);
        }
        https(&metadata.jwks_uri).map_err(|_| DocumentError::Malformed)?;
        Ok(metadata)
    }
}

/// Where an issuer's metadata is.
pub(super) fn metadata_url(issuer: &str) -> String {
    let base = issuer.trim_end_matches('/');
    format!("{base}/.well-known/openid-configuration")
}

/// One GET of a JSON document; anything but 200 is a failure.
pub(super) async fn get(fetch: &dyn Fetch, url: String) -> Result<HttpResponse, DocumentError> {
    let request = HttpRequest {
        method: Method::Get,
        url,
        headers: vec![("accept".into(), "application/json".into())],
        body: Vec::new(),
        timeout: IDP_TIMEOUT,
        max_response_bytes: IDP_DOCUMENT_BYTES,
    };
    let response = fetch
        .send(request)
        .await
        .map_err(|_| DocumentError::Unreachable)?;
    if response.status == 200 {
        Ok(response)
    } else {
        Err(DocumentError::Unreachable)
    }
}

//! An issuer's metadata (OpenID Connect Discovery 1.0).

use std::time::Duration;

use serde::Deserialize;

use super::config::https;
use super::key_source::KeySetError;
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
}

/// Fetches the metadata and checks that it is this issuer's (section 4.3).
pub(super) async fn discover(fetch: &dyn Fetch, issuer: &str) -> Result<Metadata, KeySetError> {
    let url = format!(
        "{}/.well-known/openid-configuration",
        issuer.trim_end_matches('/')
    );
    let response = get(fetch, url).await?;
    let metadata: Metadata =
        serde_json::from_slice(&response.body).map_err(|_| KeySetError::Malformed)?;
    if metadata.issuer != issuer {
        return Err(KeySetError::WrongIssuer);
    }
    https(&metadata.jwks_uri).map_err(|_| KeySetError::Malformed)?;
    Ok(metadata)
}

/// One GET of a JSON document; anything but 200 is a failure.
pub(super) async fn get(fetch: &dyn Fetch, url: String) -> Result<HttpResponse, KeySetError> {
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
        .map_err(|_| KeySetError::Unreachable)?;
    if response.status == 200 {
        Ok(response)
    } else {
        Err(KeySetError::Unreachable)
    }
}

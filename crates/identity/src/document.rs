//! What an issuer publishes, key sets and metadata: where it is, one fetch of it, and for how long
//! it may be used.

use std::rc::Rc;
use std::time::Duration;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use super::discovery::{Metadata, get, metadata_url};
use super::key_set::KeySet;
use onbehalf_clock::{Clock, Timestamp};
use onbehalf_fetch::{Fetch, HttpResponse};

/// Shortest time a document is kept, whatever its issuer says: a `max-age=0` must not turn every
/// request into a fetch.
const KEPT_AT_LEAST: Duration = Duration::from_secs(60);
/// Longest time a document is kept without looking for a newer one.
const KEPT_AT_MOST: Duration = Duration::from_secs(12 * 3600);
/// How long a document is kept when its issuer does not say.
const KEPT_BY_DEFAULT: Duration = Duration::from_secs(600);
/// Longest time a document is used after it was fetched, also while its issuer does not answer: a
/// key that was withdrawn is honoured no longer than this, plus the minute for which a verified
/// token is remembered.
pub const USED_AT_MOST: Duration = Duration::from_secs(24 * 3600);

/// A document, by what it is fetched from. Whatever keeps documents keeps them under this: a
/// setting that names another place finds nothing that was kept from the old one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DocumentSource {
    /// The key set at this address.
    KeySetAt(String),
    /// The key set that this issuer's metadata names.
    KeySetOf(String),
    /// This issuer's metadata.
    MetadataOf(String),
}

impl DocumentSource {
    /// A name that no other document has.
    pub fn name(&self) -> String {
        match self {
            Self::KeySetAt(url) => format!("key set at {url}"),
            Self::KeySetOf(issuer) => format!("key set of {issuer}"),
            Self::MetadataOf(issuer) => format!("metadata of {issuer}"),
        }
    }
}

/// Why there is no such document.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
pub enum DocumentError {
    /// The issuer did not answer, or not with success.
    #[error("the issuer does not answer")]
    Unreachable,
    /// What it answered is no metadata or no key set.
    #[error("the issuer's answer cannot be read")]
    Malformed,
    /// The metadata is another issuer's.
    #[error("the metadata names another issuer")]
    WrongIssuer,
}

/// A document as fetched.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FetchedDocument {
    /// Its text.
    pub json: String,
    /// When it was fetched.
    pub fetched_at: Timestamp,
    /// Until when no newer one is looked for.
    pub fresh_until: Timestamp,
}

impl FetchedDocument {
    /// Until when it may be used if no newer one can be had.
    pub fn usable_until(&self) -> Timestamp {
        self.fetched_at.plus(USED_AT_MOST)
    }
}

/// Fetches a document, and checks that it is one.
pub(super) async fn fetch_document(
    fetch: &dyn Fetch,
    clock: &dyn Clock,
    source: &DocumentSource,
) -> Result<FetchedDocument, DocumentError> {
    let response = match source {
        DocumentSource::KeySetAt(url) => key_set(fetch, url.clone()).await?,
        DocumentSource::KeySetOf(issuer) => {
            let found = get(fetch, metadata_url(issuer)).await?;
            let metadata = Metadata::parse(&found.body, issuer)?;
            key_set(fetch, metadata.jwks_uri).await?
        }
        DocumentSource::MetadataOf(issuer) => {
            let found = get(fetch, metadata_url(issuer)).await?;
            Metadata::parse(&found.body, issuer)?;
            found
        }
    };
    let kept = response
        .header("cache-control")
        .and_then(max_age)
        .unwrap_or(KEPT_BY_DEFAULT)
        .clamp(KEPT_AT_LEAST, KEPT_AT_MOST);
    let json = String::from_utf8(response.body).map_err(|_| DocumentError::Malformed)?;
    let fetched_at = clock.now();
    Ok(FetchedDocument {
        json,
        fetched_at,
        fresh_until: fetched_at.plus(kept),
    })
}

async fn key_set(fetch: &dyn Fetch, url: String) -> Result<HttpResponse, DocumentError> {
    let response = get(fetch, url).await?;
    KeySet::parse(&response.body)?;
    Ok(response)
}

/// The `max-age` of a `Cache-Control` value (RFC 9111 section 5.2.2.1).
fn max_age(header: &str) -> Option<Duration> {
    header.split(',').find_map(|directive| {
        let (name, value) = directive.trim().split_once('=')?;
        let seconds = value.trim_matches('"').parse().ok()?;
        name.eq_ignore_ascii_case("max-age")
            .then(|| Duration::from_secs(seconds))
    })
}

/// Documents shared by many isolates.
#[async_trait(?Send)]
pub trait SharedDocuments {
    /// The document. With `newer_than`, one fetched after that time if the issuer may be asked
    /// again; otherwise the one there is.
    async fn load(
        &self,
        source: &DocumentSource,
        newer_than: Option<Timestamp>,
    ) -> Result<FetchedDocument, DocumentError>;
}

/// Straight from the issuer, shared with nobody.
pub struct DirectDocuments {
    fetch: Rc<dyn Fetch>,
    clock: Rc<dyn Clock>,
}

impl DirectDocuments {
    /// Fetches through `fetch`.
    pub fn new(fetch: Rc<dyn Fetch>, clock: Rc<dyn Clock>) -> Self {
        Self { fetch, clock }
    }
}

#[async_trait(?Send)]
impl SharedDocuments for DirectDocuments {
    async fn load(
        &self,
        source: &DocumentSource,
        _newer_than: Option<Timestamp>,
    ) -> Result<FetchedDocument, DocumentError> {
        fetch_document(self.fetch.as_ref(), self.clock.as_ref(), source).await
    }
}

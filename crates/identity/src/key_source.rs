//! Where an issuer's keys come from, and one fetch of them.

use std::rc::Rc;
use std::time::Duration;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use super::discovery::{discover, get};
use super::key_set::KeySet;
use onbehalf_clock::Clock;
use onbehalf_clock::Timestamp;
use onbehalf_fetch::Fetch;

/// Shortest time a key set is kept, whatever its issuer says: a `max-age=0` must not turn every
/// request into a fetch.
const KEPT_AT_LEAST: Duration = Duration::from_secs(60);
/// Longest time a key set is kept: a revoked key stays good no longer than this.
const KEPT_AT_MOST: Duration = Duration::from_secs(24 * 3600);
/// How long a key set is kept when its issuer does not say.
const KEPT_BY_DEFAULT: Duration = Duration::from_secs(600);

/// Where an issuer's keys are.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeySetSource {
    /// The issuer.
    pub issuer: String,
    /// Its key set's URL, where that is known; else its metadata says.
    pub jwks_uri: Option<String>,
}

/// Why there are no keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
pub enum KeySetError {
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

/// A key set as fetched.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FetchedKeySet {
    /// The JWK Set.
    pub json: String,
    /// When it was fetched.
    pub fetched_at: Timestamp,
    /// Until when its issuer lets it be kept.
    pub fresh_until: Timestamp,
}

impl FetchedKeySet {
    /// The keys in it.
    ///
    /// # Errors
    /// [`KeySetError::Malformed`].
    pub fn keys(&self) -> Result<KeySet, KeySetError> {
        KeySet::parse(self.json.as_bytes())
    }
}

/// Fetches a key set from its issuer.
pub(super) async fn fetch_key_set(
    fetch: &dyn Fetch,
    clock: &dyn Clock,
    source: &KeySetSource,
) -> Result<FetchedKeySet, KeySetError> {
    let url = match &source.jwks_uri {
        Some(url) => url.clone(),
        None => discover(fetch, &source.issuer).await?.jwks_uri,
    };
    let response = get(fetch, url).await?;
    let kept = response
        .header("cache-control")
        .and_then(max_age)
        .unwrap_or(KEPT_BY_DEFAULT)
        .clamp(KEPT_AT_LEAST, KEPT_AT_MOST);
    let json = String::from_utf8(response.body).map_err(|_| KeySetError::Malformed)?;
    KeySet::parse(json.as_bytes())?;
    let fetched_at = clock.now();
    Ok(FetchedKeySet {
        json,
        fetched_at,
        fresh_until: fetched_at.plus(kept),
    })
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

/// Key sets shared by many isolates.
#[async_trait(?Send)]
pub trait SharedKeySets {
    /// The issuer's key set. With `newer_than`, one fetched after that time if the issuer may be
    /// asked again; otherwise the one there is.
    async fn load(
        &self,
        source: &KeySetSource,
        newer_than: Option<Timestamp>,
    ) -> Result<FetchedKeySet, KeySetError>;
}

/// Straight to the issuer, shared with nobody.
pub struct DirectKeySets {
    fetch: Rc<dyn Fetch>,
    clock: Rc<dyn Clock>,
}

impl DirectKeySets {
    /// Fetches through `fetch`.
    pub fn new(fetch: Rc<dyn Fetch>, clock: Rc<dyn Clock>) -> Self {
        Self { fetch, clock }
    }
}

#[async_trait(?Send)]
impl SharedKeySets for DirectKeySets {
    async fn load(
        &self,
        source: &KeySetSource,
        _newer_than: Option<Timestamp>,
    ) -> Result<FetchedKeySet, KeySetError> {
        fetch_key_set(self.fetch.as_ref(), self.clock.as_ref(), source).await
    }
}

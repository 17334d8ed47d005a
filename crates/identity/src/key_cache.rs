//! The keys of issuers as this isolate knows them.

use super::algorithm::Algorithm;
use super::config::Issuer;
use super::document::SharedDocuments;
use super::document_cache::{DocumentCache, Missed};
use super::error::{AuthenticationError, TokenError};
use super::key::PublicKey;
use super::key_set::KeySet;
use onbehalf_clock::Clock;

/// The isolate's key sets.
#[derive(Default)]
pub struct KeySets(DocumentCache<KeySet>);

impl KeySets {
    /// Those that could not be had when they were last asked for.
    pub(super) fn missed(&self) -> Vec<Missed> {
        self.0.missed()
    }

    /// The key a token of `issuer` names.
    ///
    /// # Errors
    /// [`TokenError::UnknownKey`] or [`TokenError::KeyAlgorithm`] when the issuer has no such key,
    /// [`AuthenticationError::KeysUnavailable`] when its keys cannot be had.
    pub async fn key(
        &self,
        shared: &dyn SharedDocuments,
        clock: &dyn Clock,
        issuer: &Issuer,
        kid: Option<&str>,
        algorithm: Algorithm,
    ) -> Result<PublicKey, AuthenticationError> {
        let current = |than| {
            self.0.current(shared, clock, issuer.keys(), than, |it| {
                KeySet::parse(it.json.as_bytes())
            })
        };
        let (keys, fetched_at) = current(None).await?;
        match keys.find(kid, algorithm) {
            Err(TokenError::UnknownKey) => {}
            found => return Ok(found.cloned()?),
        }
        // The key may have been published since.
        let (keys, _) = current(Some(fetched_at)).await?;
        Ok(keys.find(kid, algorithm).cloned()?)
    }
}

//! A write to the outside world that must happen once.
//!
//! Owns the protocol: the intent is journaled, the write sent, the outcome journaled. An intent
//! without an outcome is looked for in the outside world before anything is sent again. Knows
//! nothing of any provider; an effect says itself how it is sent and how it is found.

use std::fmt;
use std::time::Duration;

use async_trait::async_trait;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};

use onbehalf_clock::Timestamp;

/// Names one effect of one run: `run/step/item`. The same on every attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EffectKey(String);

impl EffectKey {
    pub(super) fn new(run: &str, scope: &str, item: &str) -> Self {
        Self(format!("{run}/{scope}/{item}"))
    }

    /// The key of an effect already journaled.
    pub fn from_journal(key: &str) -> Self {
        Self(key.to_owned())
    }

    /// The key as journaled.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// A UUID (version 4 form) made from the key alone, for providers that accept an id chosen by
    /// the client.
    pub fn uuid(&self) -> String {
        let digest = Sha256::digest(self.0.as_bytes());
        let mut bytes = [0_u8; 16];
        bytes.copy_from_slice(&digest[..16]);
        // Version and variant bits (RFC 9562, section 5.4).
        bytes[6] = (bytes[6] & 0x0f) | 0x40;
        bytes[8] = (bytes[8] & 0x3f) | 0x80;
        let hex = hex(&bytes);
        format!(
            "{}-{}-{}-{}-{}",
            &hex[..8],
            &hex[8..12],
            &hex[12..16],
            &hex[16..20],
            &hex[20..]
        )
    }

    /// Sixteen hex digits made from the key: a marker a provider's search finds as one word.
    pub fn marker(&self) -> String {
        hex(&Sha256::digest(self.0.as_bytes())[..8])
    }
}

fn hex(bytes: &[u8]) -> String {
    use fmt::Write;
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// What sending came to.
#[derive(Clone, Debug, PartialEq)]
pub enum Performed<R, F> {
    /// The provider confirmed it.
    Landed(R),
    /// It did not land and another attempt would not help. Settles the effect.
    Refused(F),
    /// It certainly did not land; another attempt may help, no sooner than the pause.
    Deferred(F, Option<Duration>),
    /// It may or may not have landed: no answer, or one that says nothing of what the app did (a
    /// gateway's error, a broken connection).
    Unknown,
    /// The permit was refused, nothing was sent.
    NotSent,
}

/// What a look at the outside world showed.
#[derive(Clone, Debug, PartialEq)]
pub enum Found<R> {
    /// It is there.
    Landed(R),
    /// It is not there.
    Absent,
    /// The look itself failed; another may help, no sooner than the pause.
    Unknown(Option<Duration>),
    /// There is nothing to look at, now or later: nobody will ever be able to tell.
    Untraceable,
}

/// A write to the outside world, as plain data. Its serialised form is journaled with the intent.
#[async_trait(?Send)]
pub trait Effect: Serialize + DeserializeOwned + 'static {
    /// Names the kind of write in the journal; stable across releases.
    const KIND: &'static str;
    /// What acting needs.
    type Services;
    /// Whom the run acts for. Travels beside the effect and is never journaled with it.
    type Context;
    /// What the provider answered, as far as it is worth keeping.
    type Receipt: Serialize + DeserializeOwned;
    /// A typed refusal.
    type Failure: Serialize + DeserializeOwned;

    /// Sends the write once. Must ask `permit` right before the bytes leave, with nothing awaited in
    /// between: that is when the intent is put on record.
    async fn perform(
        &self,
        services: &Self::Services,
        context: &Self::Context,
        key: &EffectKey,
        permit: &Permit,
    ) -> Performed<Self::Receipt, Self::Failure>;

    /// Looks whether an earlier send landed. Reads only.
    async fn find(
        &self,
        services: &Self::Services,
        context: &Self::Context,
        key: &EffectKey,
    ) -> Found<Self::Receipt>;

    /// How long after it landed a write may still be reported as [`Found::Absent`] (a search index
    /// that lags). Until then an absent effect is neither sent again nor given up.
    fn visible_after(&self, services: &Self::Services) -> Duration;
}

/// Asked right before a write leaves. Puts the intent on record in the same turn; refuses from the
/// moment a cancel is recorded, and when the record cannot be made.
pub struct Permit(Box<dyn Fn() -> bool>);

impl Permit {
    pub(super) fn new(check: impl Fn() -> bool + 'static) -> Self {
        Self(Box::new(check))
    }

    /// Whether the write may leave now. A request that was certainly not taken may be repeated,
    /// and asks again.
    pub fn granted(&self) -> bool {
        (self.0)()
    }
}

/// How an effect ended, as journaled.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "status", rename_all = "snake_case")]
pub enum EffectOutcome {
    /// The write is in the outside world.
    Landed {
        /// The provider's answer.
        receipt: Value,
        /// Whether it was found by looking, after its answer was lost.
        found: bool,
    },
    /// The provider refused it for good.
    Refused {
        /// The typed failure.
        failure: Value,
    },
    /// Its time passed while it was refused for now, or without its having been tried.
    Expired {
        /// What it was last refused with; `null` when it was never tried.
        failure: Option<Value>,
    },
    /// Nobody can tell whether it landed; a person must look. Never guessed, never sent again.
    UnknownOutcome,
    /// The run was cancelled and the write is not in the outside world.
    Abandoned,
}

/// What a step learns about its effect.
#[derive(Clone, Debug, PartialEq)]
pub enum Settled<R, F> {
    /// The write is in the outside world, once.
    Landed(R),
    /// Refused for good by the app.
    Refused(F),
    /// The step's deadline passed before the app took it; with what it was last refused with, where
    /// that is known.
    Expired(Option<F>),
    /// Was refused for now; is tried again no sooner than this.
    Deferred(F, Timestamp),
    /// Is looked for, or sent again, no sooner than this.
    Pending(Timestamp),
    /// Nobody can tell.
    UnknownOutcome,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_gives_the_same_well_formed_uuid_every_time() {
        let key = EffectKey::new("run_1", "actions", "task:acme.com");
        let uuid = key.uuid();
        assert_eq!(uuid, key.uuid());
        assert_eq!(uuid.len(), 36);
        assert_eq!(&uuid[14..15], "4");
        assert!(matches!(&uuid[19..20], "8" | "9" | "a" | "b"));
        assert_ne!(
            uuid,
            EffectKey::new("run_2", "actions", "task:acme.com").uuid()
        );
    }
}

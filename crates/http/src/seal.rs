//! Values this service hands out and recognises again: payload, dot, HMAC-SHA256.
//!
//! Owns the keys. Each purpose has a key of its own, derived from the session secret, so that a
//! value made for one purpose is worthless for another. While a secret is rotated there are two:
//! the new one seals, either opens. Sealed is not secret: the holder can read the payload.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, Mac};
use sha2::{Digest, Sha256};

use crate::guessable::{self, Guessable};

/// Shortest session secret: as long as the HMAC's output, below which its strength drops
/// (RFC 2104 §3).
pub const MIN_SECRET_BYTES: usize = 32;

/// The longest sealed value that is looked at; the longest that is made is a login cookie of well
/// under 2 KiB.
const MAX_SEALED_BYTES: usize = 4096;

/// What a value is sealed for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// The browser session cookie.
    Session,
    /// The cookie of a sign-in under way.
    Login,
    /// A position in a list of runs.
    Cursor,
    /// The `state` of a connect flow.
    Connect,
    /// What a client of the Model Context Protocol can do, as it said in the handshake.
    McpClient,
    /// What such a client keeps of a request that needs a person.
    McpRequest,
    /// What a page of ours shows with each request, so that no other page makes it.
    ForgeryToken,
}

impl Purpose {
    const fn label(self) -> &'static [u8] {
        match self {
            Self::Session => b"session",
            Self::Login => b"login",
            Self::Cursor => b"cursor",
            Self::Connect => b"connect",
            Self::McpClient => b"mcp-client",
            Self::McpRequest => b"mcp-request",
            Self::ForgeryToken => b"forgery-token",
        }
    }
}

/// The most secrets at once: the one in use, and the one before it.
const SECRETS: usize = 2;

/// Why a session secret is not accepted. Nothing of it is in the reason.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WeakSecret {
    /// It is too short.
    #[error("the session secret must have at least {MIN_SECRET_BYTES} bytes")]
    Short,
    /// It looks as if somebody thought of it.
    #[error("the session secret {0}; make one with openssl rand -hex 32")]
    Guessable(#[from] Guessable),
    /// There are more than two.
    #[error("the session secret takes two at most, the new one first, separated by a comma")]
    TooMany,
}

/// The keys of all purposes.
#[derive(Clone)]
pub struct Seal {
    /// The first seals; any of them opens. Never empty.
    secrets: Vec<Vec<u8>>,
}

impl std::fmt::Debug for Seal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Seal(redacted)")
    }
}

impl Seal {
    /// Keys derived from this secret, or from a new and an old one with a comma between them.
    ///
    /// # Errors
    /// [`WeakSecret`] when one is short or guessable, or when there are too many.
    pub fn new(text: &str) -> Result<Self, WeakSecret> {
        let mut secrets = Vec::with_capacity(SECRETS);
        for secret in text.split(',').map(str::trim) {
            if secrets.len() == SECRETS {
                return Err(WeakSecret::TooMany);
            }
            if secret.len() < MIN_SECRET_BYTES {
                return Err(WeakSecret::Short);
            }
            guessable::check(secret)?;
            secrets.push(secret.as_bytes().to_vec());
        }
        Ok(Self { secrets })
    }

    /// Seals a payload. `bound_to` is not in the value but must be the same when it is opened.
    pub fn seal(&self, purpose: Purpose, bound_to: &[&str], payload: &[u8]) -> String {
        let payload = URL_SAFE_NO_PAD.encode(payload);
        let secret = self.secrets.first().map(Vec::as_slice);
        let tag = mac(secret.unwrap_or_default(), purpose, bound_to, &payload).finalize();
        format!("{payload}.{}", URL_SAFE_NO_PAD.encode(tag.into_bytes()))
    }

    /// The payload of a value sealed for the same purpose and bound to the same; otherwise `None`.
    /// Compares in constant time.
    pub fn open(&self, purpose: Purpose, bound_to: &[&str], sealed: &str) -> Option<Vec<u8>> {
        if sealed.len() > MAX_SEALED_BYTES {
            return None;
        }
        let (payload, tag) = sealed.split_once('.')?;
        let tag = URL_SAFE_NO_PAD.decode(tag).ok()?;
        let sealed_by = |secret: &Vec<u8>| {
            let mac = mac(secret, purpose, bound_to, payload);
            mac.verify_slice(&tag).is_ok()
        };
        if !self.secrets.iter().any(sealed_by) {
            return None;
        }
        URL_SAFE_NO_PAD.decode(payload).ok()
    }
}

fn mac(secret: &[u8], purpose: Purpose, bound_to: &[&str], payload: &str) -> Hmac<Sha256> {
    let key = keyed(secret)
        .chain_update(purpose.label())
        .finalize()
        .into_bytes();
    let mut mac = keyed(&key);
    // Lengths in front, so that two different lists never give the same bytes.
    for part in bound_to.iter().copied().chain([payload]) {
        mac.update(&(part.len() as u64).to_be_bytes());
        mac.update(part.as_bytes());
    }
    mac
}

fn keyed(key: &[u8]) -> Hmac<Sha256> {
    // HMAC takes keys of any length (RFC 2104 §2), so this cannot fail.
    Hmac::new_from_slice(key).unwrap_or_else(|_| unreachable!("HMAC takes keys of any length"))
}

/// SHA-256 in base64url: how a one-time value is named where it must not be kept itself.
pub fn fingerprint(value: &str) -> String {
    URL_SAFE_NO_PAD.encode(Sha256::digest(value.as_bytes()))
}

/// A new unguessable value in base64url: 256 bits.
pub fn random_token(random: &dyn onbehalf_clock::Random) -> String {
    let mut bytes = [0; 32];
    random.fill(&mut bytes);
    URL_SAFE_NO_PAD.encode(bytes)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const OLD: &str = "7d1f0c94be2a6358e07b41d9a35c82f6";
    const NEW: &str = "q3Zl8Xw0KfTjN2mYb7RrUe5VhGc1PsDoA9xIyBtLkM4=";

    fn seal() -> Seal {
        Seal::new(OLD).expect("a good secret")
    }

    #[test]
    fn short_secrets_are_refused() {
        assert_eq!(Seal::new(&OLD[1..]).err(), Some(WeakSecret::Short));
        let old_is_short = format!("{NEW},{}", &OLD[1..]);
        assert_eq!(Seal::new(&old_is_short).err(), Some(WeakSecret::Short));
        assert_eq!(format!("{:?}", seal()), "Seal(redacted)");
    }

    #[test]
    fn a_value_opens_only_for_its_purpose_and_binding() {
        let sealed = seal().seal(Purpose::Session, &["a", "b"], b"payload");
        let open = |purpose, bound: &[&str]| seal().open(purpose, bound, &sealed);
        assert_eq!(
            open(Purpose::Session, &["a", "b"]).as_deref(),
            Some(&b"payload"[..])
        );
        assert_eq!(open(Purpose::Login, &["a", "b"]), None);
        for bound in [
            &["a"][..],
            &["ab"],
            &["ab", ""],
            &["", "ab"],
            &["a", "b", ""],
        ] {
            assert_eq!(open(Purpose::Session, bound), None, "{bound:?}");
        }
    }

    #[test]
    fn guessable_secrets_are_refused() {
        for guessable in ["a".repeat(64), "0123456789abcdef".repeat(4)] {
            let why = WeakSecret::Guessable(Guessable::Repeats);
            assert_eq!(Seal::new(&guessable).err(), Some(why));
            let rotated = format!("{NEW},{guessable}");
            assert_eq!(Seal::new(&rotated).err(), Some(why));
        }
    }

    #[test]
    fn while_a_secret_is_rotated_both_open_and_the_new_one_seals() {
        let both = Seal::new(&format!("{NEW}, {OLD}")).expect("two secrets");
        let (new, old) = (Seal::new(NEW).expect("a secret"), seal());
        let by_old = old.seal(Purpose::Session, &[], b"1");
        assert!(both.open(Purpose::Session, &[], &by_old).is_some());
        let by_both = both.seal(Purpose::Session, &[], b"1");
        assert!(new.open(Purpose::Session, &[], &by_both).is_some());
        assert!(both.open(Purpose::Session, &[], &by_both).is_some());
        assert!(old.open(Purpose::Session, &[], &by_both).is_none());
        let three = format!("{NEW},{OLD},{NEW}x");
        assert_eq!(Seal::new(&three).err(), Some(WeakSecret::TooMany));
    }

    #[test]
    fn another_secret_does_not_open() {
        let sealed = seal().seal(Purpose::Cursor, &[], b"1");
        let other = Seal::new(NEW).expect("a good secret");
        assert_eq!(other.open(Purpose::Cursor, &[], &sealed), None);
    }

    proptest! {
        #[test]
        fn any_changed_character_is_noticed(
            payload in proptest::collection::vec(any::<u8>(), 0..60),
            position in any::<prop::sample::Index>(),
            put in "[A-Za-z0-9_.-]",
        ) {
            let sealed = seal().seal(Purpose::Session, &[], &payload);
            let position = position.index(sealed.len());
            let mut changed = sealed.clone();
            changed.replace_range(position..=position, &put);
            let opened = seal().open(Purpose::Session, &[], &changed);
            prop_assert_eq!(opened.is_some(), changed == sealed);
        }

        #[test]
        fn no_text_opens_or_panics(text in ".{0,80}") {
            prop_assert_eq!(seal().open(Purpose::Session, &[], &text), None);
        }
    }
}

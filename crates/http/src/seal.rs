//! Values this service hands out and recognises again: payload, dot, HMAC-SHA256.
//!
//! Owns the keys. Each purpose has a key of its own, derived from the session secret, so that a
//! value made for one purpose is worthless for another. Sealed is not secret: the holder can read
//! the payload.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, Mac};
use sha2::{Digest, Sha256};

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
}

impl Purpose {
    const fn label(self) -> &'static [u8] {
        match self {
            Self::Session => b"session",
            Self::Login => b"login",
            Self::Cursor => b"cursor",
            Self::Connect => b"connect",
        }
    }
}

/// The session secret is too short.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the session secret must have at least {MIN_SECRET_BYTES} bytes")]
pub struct WeakSecret;

/// The keys of all purposes.
#[derive(Clone)]
pub struct Seal {
    secret: Vec<u8>,
}

impl std::fmt::Debug for Seal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Seal(redacted)")
    }
}

impl Seal {
    /// Keys derived from this secret.
    ///
    /// # Errors
    /// When the secret is shorter than [`MIN_SECRET_BYTES`].
    pub fn new(secret: &str) -> Result<Self, WeakSecret> {
        if secret.len() < MIN_SECRET_BYTES {
            return Err(WeakSecret);
        }
        Ok(Self {
            secret: secret.as_bytes().to_vec(),
        })
    }

    /// Seals a payload. `bound_to` is not in the value but must be the same when it is opened.
    pub fn seal(&self, purpose: Purpose, bound_to: &[&str], payload: &[u8]) -> String {
        let payload = URL_SAFE_NO_PAD.encode(payload);
        let tag = self.mac(purpose, bound_to, &payload).finalize();
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
        let mac = self.mac(purpose, bound_to, payload);
        mac.verify_slice(&tag).ok()?;
        URL_SAFE_NO_PAD.decode(payload).ok()
    }

    fn mac(&self, purpose: Purpose, bound_to: &[&str], payload: &str) -> Hmac<Sha256> {
        let key = keyed(&self.secret)
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

    fn seal() -> Seal {
        Seal::new("0123456789abcdef0123456789abcdef").expect("long enough")
    }

    #[test]
    fn short_secrets_are_refused() {
        assert_eq!(
            Seal::new("0123456789abcdef0123456789abcde").err(),
            Some(WeakSecret)
        );
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
    fn another_secret_does_not_open() {
        let sealed = seal().seal(Purpose::Cursor, &[], b"1");
        let other = Seal::new("another secret, just as long as it").expect("long enough");
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

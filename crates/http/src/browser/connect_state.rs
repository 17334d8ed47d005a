//! The `state` of a connect flow: whose it is, for whoever brings it back.
//!
//! Owns the value that goes through Scalekit and the app. It is sealed, so that nobody makes one
//! up, and it names the principal and the browser it was made for by digest. So a visit by anybody
//! else is recognised before they sign in, and the attempt can be ended where it is kept.

use onbehalf_clock::Random;

use crate::seal::{Purpose, Seal, fingerprint};
use onbehalf_runs::OwnerKey;

/// Random bytes in front: every state is its own.
const RANDOM_BYTES: usize = 16;
/// Of the browser's digest: enough that no other browser has the same.
const BROWSER_BYTES: usize = 16;
/// Scalekit takes states of up to 512 characters.
pub const MAX_STATE_BYTES: usize = 512;

/// A state that was made here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConnectState {
    /// Key of the principal who began.
    pub owner: OwnerKey,
    browser: Vec<u8>,
}

impl ConnectState {
    /// The state of an attempt that this principal begins in this browser.
    pub fn write(seal: &Seal, random: &dyn Random, owner: &OwnerKey, browser: &str) -> String {
        let mut payload = vec![0; RANDOM_BYTES];
        random.fill(&mut payload);
        payload.extend(digest(browser));
        payload.extend(owner.as_str().as_bytes());
        seal.seal(Purpose::Connect, &[], &payload)
    }

    /// The state of an address; `None` when it was not made here.
    pub fn read(seal: &Seal, state: &str) -> Option<Self> {
        let payload = seal.open(Purpose::Connect, &[], state)?;
        let (_, rest) = payload.split_at_checked(RANDOM_BYTES)?;
        let (browser, owner) = rest.split_at_checked(BROWSER_BYTES)?;
        Some(Self {
            owner: OwnerKey::new(String::from_utf8(owner.to_vec()).ok()?),
            browser: browser.to_vec(),
        })
    }

    /// Whether it was made for the browser with this cookie.
    pub fn is_of(&self, browser: &str) -> bool {
        self.browser == digest(browser)
    }
}

fn digest(browser: &str) -> Vec<u8> {
    let mut digest = fingerprint(browser).into_bytes();
    digest.truncate(BROWSER_BYTES);
    digest
}

#[cfg(test)]
mod tests {
    use super::*;
    use onbehalf_clock::testkit::Always;

    fn seal() -> Seal {
        Seal::new("7d1f0c94be2a6358e07b41d9a35c82f6").expect("seal")
    }

    #[test]
    fn a_state_says_whose_it_is() {
        let state =
            ConnectState::write(&seal(), &Always(7), &OwnerKey::new("p_alice"), "browser-1");
        assert!(state.len() <= MAX_STATE_BYTES);
        assert!(!state.contains("browser-1"));
        let read = ConnectState::read(&seal(), &state).expect("ours");
        assert_eq!(read.owner, "p_alice");
        assert!(read.is_of("browser-1"));
        assert!(!read.is_of("browser-2") && !read.is_of(""));
    }

    #[test]
    fn nobody_makes_one_up() {
        let state = ConnectState::write(&seal(), &Always(7), &OwnerKey::new("p_alice"), "b");
        let cursor = seal().seal(Purpose::Cursor, &[], &[0; 40]);
        for made_up in ["", "s", &state[1..], &format!("{state}A"), &cursor] {
            assert_eq!(ConnectState::read(&seal(), made_up), None, "{made_up}");
        }
        let short = seal().seal(Purpose::Connect, &[], &[0; RANDOM_BYTES]);
        assert_eq!(ConnectState::read(&seal(), &short), None);
    }
}

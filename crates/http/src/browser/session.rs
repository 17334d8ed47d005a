//! The browser session: who signed in, in a sealed cookie, for a working day.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::seal::{Purpose, Seal};
use onbehalf_clock::Timestamp;
use onbehalf_identity::{OneTime, PendingLogin, Powers, Principal};

/// How long a session lasts: a working day. Signing out ends it earlier, for every copy of the
/// cookie.
pub const SESSION_LIFETIME: Duration = Duration::from_secs(8 * 60 * 60);
/// How long a sign-in may take, second factors included.
pub const LOGIN_LIFETIME: Duration = Duration::from_secs(10 * 60);

#[derive(Serialize, Deserialize)]
struct SessionPayload {
    issuer: String,
    user_id: String,
    org_id: Option<String>,
    /// What their roles gave them when they signed in; nothing in sessions from before.
    #[serde(default)]
    granted: Powers,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    email: Option<String>,
    /// Seconds since the epoch.
    exp: i64,
    /// Makes every session's value its own; a session that ended is remembered by its digest.
    nonce: String,
}

/// A browser session that is not over yet.
pub struct Session {
    /// Who signed in.
    pub who: Principal,
    /// What it is remembered by once it has ended.
    pub id: OneTime,
    /// When it is over anyway.
    pub ends_at: Timestamp,
}

/// The cookie value of a new session.
pub fn write_session(seal: &Seal, who: &Principal, now: Timestamp, nonce: String) -> String {
    let payload = SessionPayload {
        issuer: who.issuer().to_owned(),
        user_id: who.user_id().to_owned(),
        org_id: who.org_id().map(str::to_owned),
        granted: who.granted(),
        email: who.email().map(str::to_owned),
        exp: now.plus(SESSION_LIFETIME).seconds(),
        nonce,
    };
    write(seal, Purpose::Session, &payload)
}

impl Session {
    /// The session a cookie stands for; `None` when it is not ours or over.
    pub fn read(seal: &Seal, cookie: &str, now: Timestamp) -> Option<Self> {
        let payload = seal.open(Purpose::Session, &[], cookie)?;
        let session: SessionPayload = serde_json::from_slice(&payload).ok()?;
        let SessionPayload {
            issuer,
            user_id,
            org_id,
            granted,
            email,
            exp,
            nonce,
        } = session;
        (now.seconds() < exp).then(|| Self {
            who: Principal::verified(issuer, user_id, org_id)
                .with_granted(granted)
                .with_email(email),
            id: OneTime::session(&nonce),
            ends_at: Timestamp::from_millis(exp.saturating_mul(1000)),
        })
    }
}

/// A sign-in under way, and where the browser goes after it.
#[derive(Serialize, Deserialize)]
pub struct LoginCookie {
    /// What must be the same when the browser comes back.
    pub pending: PendingLogin,
    /// Checked again when it is used.
    pub return_to: String,
    /// Seconds since the epoch.
    exp: i64,
}

impl LoginCookie {
    /// For a sign-in that begins now.
    pub fn begin(pending: PendingLogin, return_to: String, now: Timestamp) -> Self {
        Self {
            pending,
            return_to,
            exp: now.plus(LOGIN_LIFETIME).seconds(),
        }
    }

    /// The cookie value.
    pub fn write(&self, seal: &Seal) -> String {
        write(seal, Purpose::Login, self)
    }

    /// The sign-in of a cookie; `None` when it is not ours or took too long.
    pub fn read(seal: &Seal, cookie: &str, now: Timestamp) -> Option<Self> {
        let payload = seal.open(Purpose::Login, &[], cookie)?;
        let login: Self = serde_json::from_slice(&payload).ok()?;
        (now.seconds() < login.exp).then_some(login)
    }
}

fn write(seal: &Seal, purpose: Purpose, payload: &impl Serialize) -> String {
    // Structs of strings and numbers always serialise; an empty payload would open as nothing.
    let payload = serde_json::to_vec(payload).unwrap_or_default();
    seal.seal(purpose, &[], &payload)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seal() -> Seal {
        Seal::new("7d1f0c94be2a6358e07b41d9a35c82f6").expect("seal")
    }

    fn alice() -> Principal {
        Principal::verified("https://idp.test".into(), "alice".into(), None)
    }

    #[test]
    fn a_session_is_good_until_it_is_over() {
        let start = Timestamp::from_millis(1_000_000);
        let cookie = write_session(&seal(), &alice(), start, "n".into());
        let read = |at| Session::read(&seal(), &cookie, at).map(|it| it.who);
        assert_eq!(read(start), Some(alice()));
        let end = start.plus(SESSION_LIFETIME);
        assert_eq!(read(end.minus(Duration::from_secs(1))), Some(alice()));
        assert_eq!(read(end), None);
    }

    #[test]
    fn a_tampered_session_is_none() {
        use base64::Engine as _;
        use base64::engine::general_purpose::URL_SAFE_NO_PAD;

        let now = Timestamp::from_millis(0);
        let cookie = write_session(&seal(), &alice(), now, "n".into());
        let (payload, tag) = cookie.split_once('.').expect("two parts");
        let payload = String::from_utf8(URL_SAFE_NO_PAD.decode(payload).expect("payload"));
        let payload = payload.expect("text").replace("alice", "bobby");
        let forged = format!("{}.{tag}", URL_SAFE_NO_PAD.encode(&payload));
        assert!(Session::read(&seal(), &forged, now).is_none());
        let unsigned = URL_SAFE_NO_PAD.encode(&payload);
        assert!(Session::read(&seal(), &unsigned, now).is_none());
    }

    #[test]
    fn a_login_cookie_is_no_session() {
        let now = Timestamp::from_millis(0);
        let text = || "x".to_owned();
        let pending = PendingLogin {
            issuer: text(),
            state: text(),
            nonce: text(),
            code_verifier: text(),
            names_issuer: false,
        };
        let cookie = LoginCookie::begin(pending, "/".into(), now).write(&seal());
        assert!(LoginCookie::read(&seal(), &cookie, now).is_some());
        assert!(LoginCookie::read(&seal(), &cookie, now.plus(LOGIN_LIFETIME)).is_none());
        assert!(Session::read(&seal(), &cookie, now).is_none());
    }
}

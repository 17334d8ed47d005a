//! The browser session: who signed in, in a sealed cookie, for a working day.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::seal::{Purpose, Seal};
use onbehalf_clock::Timestamp;
use onbehalf_identity::{KeptClaims, OneTime, PendingLogin, Powers, Principal};

/// How long a session lasts: a working day. Signing out ends it earlier, for every copy of the
/// cookie.
pub const SESSION_LIFETIME: Duration = Duration::from_secs(8 * 60 * 60);
/// How long a sign-in may take, second factors included.
pub const LOGIN_LIFETIME: Duration = Duration::from_secs(10 * 60);
/// Longest value of a session's cookie: browsers keep 4,096 bytes of name and value together
/// (RFC 6265bis section 5.7), and the name has some twenty.
const MAX_COOKIE_BYTES: usize = 4000;

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
    /// Further claims of the token that opened it; absent in sessions from before, and where they
    /// do not fit into a cookie.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    claims: Option<KeptClaims>,
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
    /// Whether it holds all that a token would say of its person. One that does not opens pages
    /// only: a rule about a claim that is missing would fit nobody, also where it denies.
    pub is_whole: bool,
}

/// The cookie value of a new session.
pub fn write_session(seal: &Seal, who: &Principal, now: Timestamp, nonce: String) -> String {
    let mut payload = SessionPayload {
        issuer: who.issuer().to_owned(),
        user_id: who.user_id().to_owned(),
        org_id: who.org_id().map(str::to_owned),
        granted: who.granted(),
        email: who.email().map(str::to_owned),
        claims: Some(who.claims().clone()),
        exp: now.plus(SESSION_LIFETIME).seconds(),
        nonce,
    };
    let whole = write(seal, Purpose::Session, &payload);
    if whole.len() <= MAX_COOKIE_BYTES {
        return whole;
    }
    payload.claims = None;
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
            claims,
            exp,
            nonce,
        } = session;
        (now.seconds() < exp).then(|| Self {
            is_whole: claims.is_some(),
            who: Principal::verified(issuer, user_id, org_id)
                .with_granted(granted)
                .with_email(email)
                .with_claims(claims.unwrap_or_default()),
            id: OneTime::session(&nonce),
            ends_at: Timestamp::from_millis(exp.saturating_mul(1000)),
        })
    }

    /// What pages of ours show with each request of this session. Another site cannot read it; and
    /// to whoever read it, it is of no use without the cookie.
    pub fn forgery_token(&self, seal: &Seal) -> String {
        seal.seal(Purpose::ForgeryToken, &[self.id.as_str()], &[])
    }

    /// Whether this is the token of this very session.
    pub fn is_forgery_token(&self, seal: &Seal, token: &str) -> bool {
        let opened = seal.open(Purpose::ForgeryToken, &[self.id.as_str()], token);
        opened.is_some()
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
    fn a_session_holds_what_rules_may_be_about_as_far_as_a_cookie_does() {
        let now = Timestamp::from_millis(0);
        let groups = |many: usize| {
            let names = (0..many).map(|number| format!("{number:0>60}")).collect();
            KeptClaims::from([("groups".to_owned(), names)])
        };
        for (many, is_whole) in [(0, true), (30, true), (64, false)] {
            let who = alice().with_claims(groups(many));
            let cookie = write_session(&seal(), &who, now, "n".into());
            assert!(cookie.len() <= MAX_COOKIE_BYTES, "{many}");
            let session = Session::read(&seal(), &cookie, now).expect("a session");
            assert_eq!(session.is_whole, is_whole, "{many}");
            let kept = if is_whole {
                groups(many)
            } else {
                KeptClaims::new()
            };
            assert_eq!(session.who.claims(), &kept, "{many}");
        }
    }

    #[test]
    fn a_session_from_before_opens_pages_only() {
        let now = Timestamp::from_millis(0);
        let before = serde_json::json!({
            "issuer": "https://idp.test", "user_id": "alice", "exp": 60, "nonce": "n",
        });
        let cookie = write(&seal(), Purpose::Session, &before);
        let session = Session::read(&seal(), &cookie, now).expect("a session");
        assert!(session.who == alice() && !session.is_whole);
    }

    #[test]
    fn a_token_against_forgery_is_good_for_one_session() {
        let now = Timestamp::from_millis(0);
        let session = |nonce: &str| {
            let cookie = write_session(&seal(), &alice(), now, nonce.into());
            Session::read(&seal(), &cookie, now).expect("a session")
        };
        let (one, other) = (session("n"), session("m"));
        let token = one.forgery_token(&seal());
        assert!(one.is_forgery_token(&seal(), &token));
        assert!(!other.is_forgery_token(&seal(), &token));
        for wrong in ["", ".", &token[1..], &format!("{token}A")] {
            assert!(!one.is_forgery_token(&seal(), wrong), "{wrong}");
        }
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

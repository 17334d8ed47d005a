//! Signing in with a browser: out to the identity provider, and back with a session.

use subtle::ConstantTimeEq as _;

use crate::browser::cookie::Cookie;
use crate::browser::navigation;
use crate::browser::pages::{LoginEnd, chooser, login_end};
use crate::browser::return_to::ReturnTo;
use crate::browser::session::{LOGIN_LIFETIME, LoginCookie, SESSION_LIFETIME, write_session};
use crate::seal::random_token;
use crate::service::{Api, Handled};
use crate::sign_in::{LoginFailure, LoginProvider};
use crate::wire::message::{ApiRequest, ApiResponse};
use crate::wire::problem::{Problem, ProblemType};
use crate::wire::query::Query;
use onbehalf_identity::{PendingLogin, Principal};

/// Longest code that is passed on to a provider; theirs have some hundred characters, and a
/// signed one stays below 2 KiB.
const MAX_CODE_BYTES: usize = 4096;

/// The path providers send the browser back to; has to be registered with each of them.
pub const LOGIN_CALLBACK: &str = "/auth/callback";

impl Api {
    pub(crate) async fn start_login(&self, request: &ApiRequest) -> ApiResponse {
        let query = Query::lenient(request);
        let return_to = ReturnTo::parse(query.get("return_to").unwrap_or_default());
        let providers = self.sign_in.providers();
        let chosen = match (query.get("provider"), providers.as_slice()) {
            (_, []) => return login_end(LoginEnd::NotOffered, &return_to),
            (None, [only]) => Some(only),
            (None, _) => None,
            (Some(issuer), all) => all.iter().find(|provider| provider.issuer == issuer),
        };
        match chosen {
            Some(provider) => self.send_to_provider(provider, return_to).await,
            None => chooser(&providers, &return_to),
        }
    }

    async fn send_to_provider(&self, provider: &LoginProvider, return_to: ReturnTo) -> ApiResponse {
        let redirect_uri = self.settings.url(LOGIN_CALLBACK);
        match self.sign_in.begin(&provider.issuer, &redirect_uri).await {
            Ok((url, pending)) => {
                let to = return_to.as_str().to_owned();
                let login = LoginCookie::begin(pending, to, self.clock.now());
                let sealed = login.write(&self.settings.seal);
                let cookie = Cookie::Login.set(self.settings.secure(), &sealed, LOGIN_LIFETIME);
                ApiResponse::redirect(302, url.as_str()).with("set-cookie", &cookie)
            }
            Err(failure) => login_end(end_of(failure), &return_to),
        }
    }

    pub(crate) async fn finish_login(&self, request: &ApiRequest) -> ApiResponse {
        let secure = self.settings.secure();
        let login = Cookie::Login
            .of(request, secure)
            .and_then(|sealed| LoginCookie::read(&self.settings.seal, sealed, self.clock.now()));
        let Some(LoginCookie {
            pending, return_to, ..
        }) = login
        else {
            return login_end(LoginEnd::Stale, &ReturnTo::parse(""));
        };
        let return_to = ReturnTo::parse(&return_to);
        let query = Query::lenient(request);
        let state = query.get("state").unwrap_or_default();
        if !bool::from(state.as_bytes().ct_eq(pending.state.as_bytes())) {
            // Somebody else's answer: the attempt of this browser stays good.
            return login_end(LoginEnd::Stale, &return_to);
        }
        // An answer that names another issuer was mixed up with another sign-in (RFC 9207).
        let mixed_up = query.get("iss").is_some_and(|iss| iss != pending.issuer);
        let response = match query.get("code") {
            Some(code) if !mixed_up && code.len() <= MAX_CODE_BYTES => {
                self.redeem(&pending, code, &return_to).await
            }
            _ => login_end(LoginEnd::Refused, &return_to),
        };
        // One answer for each attempt, whatever came of it.
        response.with("set-cookie", &Cookie::Login.clear(secure))
    }

    async fn redeem(
        &self,
        pending: &PendingLogin,
        code: &str,
        return_to: &ReturnTo,
    ) -> ApiResponse {
        let redirect_uri = self.settings.url(LOGIN_CALLBACK);
        match self.sign_in.finish(pending, code, &redirect_uri).await {
            Ok(who) => self.open_session(&who, return_to),
            Err(failure) => login_end(end_of(failure), return_to),
        }
    }

    /// Opens a session for somebody who can do something with it; anybody else would be sent to
    /// sign in again and again.
    fn open_session(&self, who: &Principal, return_to: &ReturnTo) -> ApiResponse {
        if self.sign_in.caller(who).is_err() {
            return login_end(LoginEnd::NoOrganization, return_to);
        }
        let nonce = random_token(&*self.random);
        let value = write_session(&self.settings.seal, who, self.clock.now(), nonce);
        let cookie = Cookie::Session.set(self.settings.secure(), &value, SESSION_LIFETIME);
        ApiResponse::redirect(302, return_to.as_str()).with("set-cookie", &cookie)
    }

    /// Ends the session in this browser. A request that another site made is refused, so that no
    /// site can sign people out.
    pub(crate) fn logout(&self, request: &ApiRequest) -> Handled {
        if !navigation::is_from(request, &self.settings.public_url) {
            let detail = "Signing out has to be asked for by this site itself.";
            return Err(Problem::new(ProblemType::Forbidden, detail));
        }
        let cookie = Cookie::Session.clear(self.settings.secure());
        Ok(ApiResponse::redirect(303, "/").with("set-cookie", &cookie))
    }
}

fn end_of(failure: LoginFailure) -> LoginEnd {
    match failure {
        LoginFailure::Unavailable => LoginEnd::Unavailable,
        LoginFailure::Refused => LoginEnd::Refused,
    }
}

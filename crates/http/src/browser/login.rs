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
use onbehalf_identity::{BridgeError, OneTime, PendingLogin, Principal};

/// Longest code that is passed on to a provider; theirs have some hundred characters, and a
/// signed one stays below 2 KiB.
const MAX_CODE_BYTES: usize = 4096;

/// The path a provider sends the browser back to; the namespace follows for one that has a
/// namespace. Has to be registered with the provider.
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
        let redirect_uri = self.settings.url(&provider.callback);
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
        // One answer for each attempt, whatever comes of it, and however often the cookie is sent.
        let attempt = OneTime::sign_in(&pending.state);
        let until = self.clock.now().plus(LOGIN_LIFETIME);
        let response = match self.memory.spend(&attempt, until).await {
            // Nothing was used up: the same answer is good a minute later.
            Err(_) => return login_end(LoginEnd::Unavailable, &return_to),
            Ok(false) => login_end(LoginEnd::Stale, &return_to),
            Ok(true) => match self.answer_of(&pending, &query, &request.path) {
                Some((code, callback)) => self.redeem(&pending, code, &callback, &return_to).await,
                None => login_end(LoginEnd::Refused, &return_to),
            },
        };
        response.with("set-cookie", &Cookie::Login.clear(secure))
    }

    /// The code of an answer, and the path it came in under; `None` where the provider refused, or
    /// the answer is not from the provider that was asked: it came in under another's path, names
    /// another issuer or not the one it should, or can be read in two ways (RFC 6749 section 3.1).
    fn answer_of<'a>(
        &self,
        pending: &PendingLogin,
        query: &'a Query,
        path: &str,
    ) -> Option<(&'a str, String)> {
        let providers = self.sign_in.providers();
        let asked = providers
            .into_iter()
            .find(|provider| provider.issuer == pending.issuer)?;
        pending.check_issuer(query.get("iss")).ok()?;
        if asked.callback != path || query.repeats() {
            return None;
        }
        let code = query.get("code")?;
        (code.len() <= MAX_CODE_BYTES).then_some((code, asked.callback))
    }

    async fn redeem(
        &self,
        pending: &PendingLogin,
        code: &str,
        callback: &str,
        return_to: &ReturnTo,
    ) -> ApiResponse {
        let redirect_uri = self.settings.url(callback);
        match self.sign_in.finish(pending, code, &redirect_uri).await {
            Ok(who) => self.open_session(&who, return_to),
            Err(failure) => login_end(end_of(failure), return_to),
        }
    }

    /// Opens a session for somebody who can do something with it; anybody else would be sent to
    /// sign in again and again.
    fn open_session(&self, who: &Principal, return_to: &ReturnTo) -> ApiResponse {
        match self.sign_in.caller(who) {
            Ok(_) => {}
            Err(BridgeError::NoOrganization) => {
                return login_end(LoginEnd::NoOrganization, return_to);
            }
            Err(_) => return login_end(LoginEnd::Unusable, return_to),
        }
        let nonce = random_token(&*self.random);
        let value = write_session(&self.settings.seal, who, self.clock.now(), nonce);
        let cookie = Cookie::Session.set(self.settings.secure(), &value, SESSION_LIFETIME);
        ApiResponse::redirect(302, return_to.as_str()).with("set-cookie", &cookie)
    }

    /// Ends the session: this cookie and every copy of it. A request that another site made is
    /// refused, so that no site can sign people out.
    pub(crate) async fn logout(&self, request: &ApiRequest) -> Handled {
        if !navigation::is_from(request, &self.settings.public_url) {
            let detail = "Signing out has to be asked for by this site itself.";
            return Err(Problem::new(ProblemType::Forbidden, detail));
        }
        if let Some(session) = self.session(request)
            && self
                .memory
                .spend(&session.id, session.ends_at)
                .await
                .is_err()
        {
            let detail = "The session could not be ended; try again.";
            return Err(Problem::new(ProblemType::Unavailable, detail));
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

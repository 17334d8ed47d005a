//! Signing in with a browser: out to the identity provider, and back with a session.

use subtle::ConstantTimeEq as _;

use super::api::{Api, Handled};
use super::cookie::Cookie;
use super::message::{ApiRequest, ApiResponse};
use super::pages::{LoginEnd, chooser, login_end};
use super::problem::{Problem, ProblemType};
use super::query::Query;
use super::return_to::ReturnTo;
use super::seal::random_token;
use super::session::{LOGIN_LIFETIME, PendingLogin, SESSION_LIFETIME, write_session};
use super::sign_in::{LoginAttempt, LoginFailure, LoginProvider};

/// The path providers send the browser back to; has to be registered with each of them.
pub const LOGIN_CALLBACK: &str = "/auth/callback";

impl Api {
    pub(super) async fn start_login(&self, request: &ApiRequest) -> ApiResponse {
        let query = Query::lenient(request);
        let return_to = ReturnTo::parse(query.get("return_to").unwrap_or_default());
        let providers = self.sign_in.providers();
        let chosen = match (query.get("provider"), providers.as_slice()) {
            (_, []) => return login_end(LoginEnd::NotOffered, &return_to),
            (None, [only]) => Some(only),
            (None, _) => None,
            (Some(id), all) => all.iter().find(|provider| provider.id == id),
        };
        match chosen {
            Some(provider) => self.send_to_provider(provider, return_to).await,
            None => chooser(&providers, &return_to),
        }
    }

    async fn send_to_provider(&self, provider: &LoginProvider, return_to: ReturnTo) -> ApiResponse {
        let attempt = LoginAttempt {
            provider: provider.id.clone(),
            state: random_token(&*self.random),
            nonce: random_token(&*self.random),
            verifier: random_token(&*self.random),
        };
        let redirect_uri = self.settings.url(LOGIN_CALLBACK);
        match self.sign_in.login_url(&attempt, &redirect_uri).await {
            Ok(url) => {
                let to = return_to.as_str().to_owned();
                let pending = PendingLogin::begin(attempt, to, self.clock.now());
                let sealed = pending.write(&self.settings.seal);
                let cookie = Cookie::Login.set(self.settings.secure(), &sealed, LOGIN_LIFETIME);
                ApiResponse::redirect(302, url.as_str()).with("set-cookie", &cookie)
            }
            Err(failure) => login_end(end_of(&failure), &return_to),
        }
    }

    pub(super) async fn finish_login(&self, request: &ApiRequest) -> ApiResponse {
        let secure = self.settings.secure();
        let pending = Cookie::Login
            .of(request, secure)
            .and_then(|sealed| PendingLogin::read(&self.settings.seal, sealed, self.clock.now()));
        let Some(pending) = pending else {
            return login_end(LoginEnd::Stale, &ReturnTo::parse(""));
        };
        let return_to = ReturnTo::parse(&pending.return_to);
        let query = Query::lenient(request);
        let state = query.get("state").unwrap_or_default();
        if !bool::from(state.as_bytes().ct_eq(pending.attempt.state.as_bytes())) {
            // Somebody else's answer: the attempt of this browser stays good.
            return login_end(LoginEnd::Stale, &return_to);
        }
        let response = match query.get("code") {
            Some(code) => {
                self.redeem(&pending.attempt, code, query.get("iss"), &return_to)
                    .await
            }
            None => login_end(LoginEnd::Refused, &return_to),
        };
        // One answer for each attempt, whatever came of it.
        response.with("set-cookie", &Cookie::Login.clear(secure))
    }

    async fn redeem(
        &self,
        attempt: &LoginAttempt,
        code: &str,
        issuer: Option<&str>,
        return_to: &ReturnTo,
    ) -> ApiResponse {
        let redirect_uri = self.settings.url(LOGIN_CALLBACK);
        let redeemed = self.sign_in.redeem(attempt, &redirect_uri, code, issuer);
        match redeemed.await {
            Ok(who) => {
                let nonce = random_token(&*self.random);
                let value = write_session(&self.settings.seal, who, self.clock.now(), nonce);
                let cookie = Cookie::Session.set(self.settings.secure(), &value, SESSION_LIFETIME);
                ApiResponse::redirect(302, return_to.as_str()).with("set-cookie", &cookie)
            }
            Err(failure) => login_end(end_of(&failure), return_to),
        }
    }

    /// Ends the session in this browser. A request that another site made is refused, so that no
    /// site can sign people out.
    pub(super) fn logout(&self, request: &ApiRequest) -> Handled {
        let own = self.settings.public_url.origin().ascii_serialization();
        if request.header("origin").is_some_and(|origin| origin != own) {
            let detail = "Signing out has to be asked for by this site itself.";
            return Err(Problem::new(ProblemType::Forbidden, detail));
        }
        let cookie = Cookie::Session.clear(self.settings.secure());
        Ok(ApiResponse::redirect(303, "/").with("set-cookie", &cookie))
    }
}

fn end_of(failure: &LoginFailure) -> LoginEnd {
    match failure {
        LoginFailure::Unavailable => LoginEnd::Unavailable,
        LoginFailure::Refused(_) => LoginEnd::Refused,
    }
}

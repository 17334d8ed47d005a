//! Connecting an app with a browser: out to Scalekit's consent page, and back.
//!
//! ```text
//!  /connect/{app} ─▶ state kept for (user, app, browser) ─▶ link minted ─▶ consent page
//!                                                                            │
//!  connected ◀─ runs told ◀─ verified for the session's user ◀─ state used up ◀─ /connect/callback
//! ```
//!
//! Who is connected comes from the session alone. The link is minted on the click, so that what
//! the application stores and mails never goes stale.

use std::str::FromStr as _;
use std::time::Duration;

use subtle::ConstantTimeEq as _;
use url::form_urlencoded::Serializer;

use crate::browser::cookie::Cookie;
use crate::browser::pages::{ConnectEnd, connect_end, login_path, unknown_connector};
use crate::browser::return_to::ReturnTo;
use crate::limits;
use crate::routes::Operation;
use crate::seal::{fingerprint, random_token};
use crate::service::Api;
use crate::sign_in::Caller;
use crate::wire::message::{ApiRequest, ApiResponse};
use crate::wire::query::Query;
use onbehalf_connector::{CallFailure, Connector, VerifyFailure};
use onbehalf_runs::{ConnectAttempt, TakenAttempt};

/// How long a person may take for the consent. Scalekit's links die after some ten minutes too.
pub const CONNECT_LIFETIME: Duration = Duration::from_secs(10 * 60);
/// How long a browser is recognised: longer than one attempt, so that a sign-in in the middle does
/// not lose it.
const BROWSER_LIFETIME: Duration = Duration::from_secs(60 * 60);
/// Length of 256 bits in base64url.
const TOKEN_CHARS: usize = 43;
/// Longest parameter of an address the browser comes back to that is looked at. A state has 43
/// characters, the names Scalekit gives a consent some 40.
const MAX_PARAMETER_BYTES: usize = 256;
/// The path Scalekit sends the browser back to.
pub const CONNECT_CALLBACK: &str = "/connect/callback";

/// How a connect flow ended, and for which app if that is known.
type End = (ConnectEnd, Option<Connector>);

impl Api {
    pub(crate) async fn start_connect(&self, request: &ApiRequest, connector: &str) -> ApiResponse {
        let Ok(connector) = Connector::from_str(connector) else {
            return unknown_connector();
        };
        let Some(caller) = self.browser_caller(request) else {
            let return_to = format!("/connect/{}", connector.name());
            return sign_in_first(&return_to);
        };
        if !self.within_limit(&caller, Operation::StartConnect).await {
            return limits::refusal_page();
        }
        let browser = self
            .browser(request)
            .unwrap_or_else(|| random_token(&*self.random));
        match self.mint(&caller, connector, &browser).await {
            Ok(link) => {
                let secure = self.settings.secure();
                let cookie = Cookie::Browser.set(secure, &browser, BROWSER_LIFETIME);
                ApiResponse::redirect(302, &link).with("set-cookie", &cookie)
            }
            Err(end) => connect_end(end, Some(connector)),
        }
    }

    /// Begins an attempt and gives the address of the consent page.
    async fn mint(
        &self,
        caller: &Caller,
        connector: Connector,
        browser: &str,
    ) -> Result<String, ConnectEnd> {
        let state = random_token(&*self.random);
        let attempt = ConnectAttempt {
            state_hash: fingerprint(&state),
            connector: connector.name().to_owned(),
            browser_hash: fingerprint(browser),
            expires_at: self.clock.now().plus(CONNECT_LIFETIME),
        };
        self.backend
            .begin_connect(&caller.owner, attempt)
            .await
            .map_err(|_| ConnectEnd::Unavailable)?;
        let identifier = caller.context.scalekit_identifier.as_str();
        let verify_url = self.settings.url(CONNECT_CALLBACK);
        let link = self
            .scalekit
            .magic_link(identifier, connector, &state, &verify_url)
            .await
            .map_err(|failure| end_of(&failure))?;
        Ok(link.link.into())
    }

    pub(crate) async fn finish_connect(&self, request: &ApiRequest) -> ApiResponse {
        let query = Query::lenient(request);
        let (Some(auth_request_id), Some(state)) =
            (query.get("auth_request_id"), query.get("state"))
        else {
            return connect_end(ConnectEnd::Incomplete, None);
        };
        if auth_request_id.len().max(state.len()) > MAX_PARAMETER_BYTES {
            return connect_end(ConnectEnd::Incomplete, None);
        }
        let Some(caller) = self.browser_caller(request) else {
            let query = Serializer::new(String::new())
                .append_pair("auth_request_id", auth_request_id)
                .append_pair("state", state)
                .finish();
            return sign_in_first(&format!("{CONNECT_CALLBACK}?{query}"));
        };
        // Before the state is used up, so that the same answer is good a minute later.
        if !self.within_limit(&caller, Operation::FinishConnect).await {
            return limits::refusal_page();
        }
        let state_hash = fingerprint(state);
        let browser = self.browser(request);
        let (end, connector) = self
            .settle(&caller, auth_request_id, &state_hash, browser)
            .await;
        connect_end(end, connector)
    }

    async fn settle(
        &self,
        caller: &Caller,
        auth_request_id: &str,
        state_hash: &str,
        browser: Option<String>,
    ) -> End {
        let attempt = match self.backend.take_connect(&caller.owner, state_hash).await {
            Ok(TakenAttempt::Taken(attempt)) => attempt,
            Ok(TakenAttempt::AlreadyUsed) => return (ConnectEnd::AlreadyUsed, None),
            Ok(TakenAttempt::Expired) => return (ConnectEnd::Expired, None),
            Ok(TakenAttempt::Unknown) => return (ConnectEnd::WrongUser, None),
            Err(_) => return (ConnectEnd::Unavailable, None),
        };
        let Ok(connector) = Connector::from_str(&attempt.connector) else {
            return (ConnectEnd::Failed, None);
        };
        let end = if attempt.expires_at <= self.clock.now() {
            ConnectEnd::Expired
        } else if !browser.is_some_and(|it| same(&fingerprint(&it), &attempt.browser_hash)) {
            ConnectEnd::OtherBrowser
        } else {
            self.verify(caller, connector, auth_request_id, state_hash)
                .await
        };
        (end, Some(connector))
    }

    /// Activates the connection for the session's user and tells the runs that wait for it.
    async fn verify(
        &self,
        caller: &Caller,
        connector: Connector,
        auth_request_id: &str,
        state_hash: &str,
    ) -> ConnectEnd {
        let identifier = caller.context.scalekit_identifier.as_str();
        let verified = self.scalekit.verify_user(auth_request_id, identifier).await;
        let answered = match verified {
            Ok(_) => true,
            Err(VerifyFailure::WrongUser) => return ConnectEnd::WrongUser,
            Err(VerifyFailure::UnknownOrUsed) => return ConnectEnd::AlreadyUsed,
            // The answer was lost; what came of it shows in the connection.
            Err(VerifyFailure::Other(CallFailure::OutcomeUnknown)) => false,
            Err(VerifyFailure::Other(failure)) => return end_of(&failure),
        };
        // Scalekit says that this consent was the user's, not to which app it was: the address
        // may have been put together from two.
        match (answered, self.is_active(identifier, connector).await) {
            (_, Ok(true)) | (true, Err(_)) => {}
            (true, Ok(false)) => return ConnectEnd::Incomplete,
            (false, _) => return ConnectEnd::Unavailable,
        }
        let event = format!("callback:{state_hash}");
        let told = self
            .backend
            .connection_made(identifier, connector.name(), &event)
            .await;
        match told {
            Ok(()) => ConnectEnd::Connected,
            Err(_) => ConnectEnd::ConnectedRunsNotTold,
        }
    }

    async fn is_active(&self, identifier: &str, connector: Connector) -> Result<bool, CallFailure> {
        let found = self
            .scalekit
            .connections(identifier, &[connector], None)
            .await?;
        Ok(found.iter().any(onbehalf_connector::Connection::is_active))
    }

    /// The value that tells this browser from others. It lives beside the session, not in it, so
    /// that signing in again in the middle of an attempt keeps the attempt good.
    fn browser(&self, request: &ApiRequest) -> Option<String> {
        let value = Cookie::Browser.of(request, self.settings.secure())?;
        let ours = value.len() == TOKEN_CHARS
            && value
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'));
        ours.then(|| value.to_owned())
    }
}

fn sign_in_first(return_to: &str) -> ApiResponse {
    ApiResponse::redirect(302, &login_path(None, &ReturnTo::parse(return_to)))
}

fn same(one: &str, other: &str) -> bool {
    one.as_bytes().ct_eq(other.as_bytes()).into()
}

fn end_of(failure: &CallFailure) -> ConnectEnd {
    if failure.is_retryable() || *failure == CallFailure::OutcomeUnknown {
        ConnectEnd::Unavailable
    } else {
        ConnectEnd::Failed
    }
}

//! Connecting an app with a browser: out to Scalekit's consent page, and back.
//!
//! ```text
//!  /connect/{app} ─▶ page: who, what, instead of what ─▶ its button, by POST
//!                                                              │
//!     consent page ◀─ link minted ◀─ state kept for (user, app, browser)
//!          │
//!  /connect/callback ─▶ state used up ─▶ verified for the session's user ─▶ runs told ─▶ connected
//! ```
//!
//! Who is connected comes from the session alone. The link is minted on the click, so that what
//! the application stores and mails never goes stale.

use std::time::Duration;

use subtle::ConstantTimeEq as _;
use url::form_urlencoded::Serializer;

use crate::browser::app::App;
use crate::browser::connect_state::{ConnectState, MAX_STATE_BYTES};
use crate::browser::cookie::Cookie;
use crate::browser::navigation;
use crate::browser::pages::{
    Confirmation, ConnectEnd, Replaced, SignedIn, connect_end, login_path,
};
use crate::browser::return_to::ReturnTo;
use crate::limits;
use crate::operation::BrowserOperation;
use crate::seal::{fingerprint, random_token};
use crate::service::Api;
use crate::sign_in::Caller;
use crate::wire::message::{ApiRequest, ApiResponse};
use crate::wire::query::Query;
use onbehalf_connector::{CallFailure, ConnectionStatus, Connector, ConnectorKind, VerifyFailure};
use onbehalf_identity::{MemoryUnavailable, OneTime};
use onbehalf_runs::{
    AccountKey, BrowserHash, ConnectAttempt, ConnectorName, EventId, StateHash, TakenAttempt,
};

/// How long a person may take for the consent. Scalekit's links die after some ten minutes too.
pub const CONNECT_LIFETIME: Duration = Duration::from_secs(10 * 60);
/// How long a browser is recognised: longer than one attempt, so that a sign-in in the middle does
/// not lose it.
const BROWSER_LIFETIME: Duration = Duration::from_secs(60 * 60);
/// Length of 256 bits in base64url.
const TOKEN_CHARS: usize = 43;
/// Longest name of a consent that is looked at, as Scalekit limits it.
const MAX_REQUEST_ID_BYTES: usize = 1000;
/// How long a consent is remembered that a browser came back from: longer than Scalekit can be
/// thought to keep one that nobody claimed.
const CONSENT_MEMORY: Duration = Duration::from_secs(24 * 60 * 60);
/// The path Scalekit sends the browser back to.
pub const CONNECT_CALLBACK: &str = "/connect/callback";

/// How a connect flow ended, and for which app if that is known.
type End = (ConnectEnd, Option<App>);

impl Api {
    /// The page a link leads to, from wherever it was clicked: nothing begins with it.
    pub(crate) async fn show_connect(&self, request: &ApiRequest, app: App) -> ApiResponse {
        let connector = app.connector;
        let Some(caller) = self.browser_caller(request).await else {
            return sign_in_first(302, &app.path());
        };
        let operation = BrowserOperation::ShowConnect;
        if !operation.who().admits(&caller) {
            return connect_end(ConnectEnd::KeepersOnly, Some(&app));
        }
        if !self.within_person(&caller, operation).await {
            return limits::refusal_page();
        }
        let providers = self.sign_in.providers();
        let issuer = &caller.context.issuer;
        let provider = providers.iter().find(|it| it.issuer == *issuer);
        Confirmation {
            signed_in: SignedIn {
                user: &caller.context.user_id,
                organization: caller.context.org_id.as_deref(),
                provider: provider.map_or(issuer.as_str(), |it| &it.title),
            },
            app: &app,
            replaced: self.replaced(&caller, connector).await,
            shared: caller.shares_accounts,
            secure: self.settings.secure(),
        }
        .page()
    }

    /// What a new connection would take the place of.
    async fn replaced(&self, caller: &Caller, connector: Connector) -> Replaced {
        let identifier = caller.context.scalekit_identifier.as_str();
        let found = self
            .scalekit
            .connections(identifier, &[connector], None)
            .await;
        match found.as_deref() {
            Err(_) => Replaced::Unknown,
            Ok([]) => Replaced::Nothing,
            Ok([connection, ..]) => match connection.status {
                ConnectionStatus::Active => Replaced::Active {
                    last_used_at: connection.last_used_at,
                },
                ConnectionStatus::Expired
                | ConnectionStatus::Disconnected
                | ConnectionStatus::Unknown => Replaced::Dead,
                ConnectionStatus::NotConnected
                | ConnectionStatus::PendingAuth
                | ConnectionStatus::PendingVerification => Replaced::Nothing,
            },
        }
    }

    /// Begins a flow for the person who confirmed it on our own page.
    pub(crate) async fn start_connect(&self, request: &ApiRequest, app: App) -> ApiResponse {
        let connector = app.connector;
        if !navigation::is_from(request, &self.settings.public_url) {
            return connect_end(ConnectEnd::ForeignSite, Some(&app));
        }
        let Some(caller) = self.browser_caller(request).await else {
            return sign_in_first(303, &app.path());
        };
        let operation = BrowserOperation::StartConnect;
        if !operation.who().admits(&caller) {
            return connect_end(ConnectEnd::KeepersOnly, Some(&app));
        }
        if !self.within_person(&caller, operation).await {
            return limits::refusal_page();
        }
        let browser = self
            .browser(request)
            .unwrap_or_else(|| random_token(&*self.random));
        match self.mint(&caller, connector, &browser).await {
            Ok(link) => {
                let secure = self.settings.secure();
                let cookie = Cookie::Browser.set(secure, &browser, BROWSER_LIFETIME);
                ApiResponse::redirect(303, &link).with("set-cookie", &cookie)
            }
            Err(end) => connect_end(end, Some(&app)),
        }
    }

    /// Begins an attempt and gives the address of the consent page.
    async fn mint(
        &self,
        caller: &Caller,
        connector: Connector,
        browser: &str,
    ) -> Result<String, ConnectEnd> {
        let state = ConnectState::write(&self.settings.seal, &*self.random, &caller.owner, browser);
        let attempt = ConnectAttempt {
            state_hash: StateHash::new(fingerprint(&state)),
            connector: ConnectorName::new(connector.name()),
            browser_hash: BrowserHash::new(fingerprint(browser)),
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

    /// Takes the browser back. The address is good for one visit, by the person and in the browser
    /// that began: whoever else comes with it ends the attempt, so that a consent that was given
    /// by somebody else can be claimed by nobody.
    pub(crate) async fn finish_connect(&self, request: &ApiRequest) -> ApiResponse {
        let Some(back) = CameBack::read(request) else {
            return connect_end(ConnectEnd::Incomplete, None);
        };
        // One that was never made here is answered like one that was made for another browser.
        let Some(state) = ConnectState::read(&self.settings.seal, &back.state) else {
            return connect_end(ConnectEnd::OtherBrowser, None);
        };
        let browser = self.browser(request);
        if !browser.as_deref().is_some_and(|it| state.is_of(it)) {
            return self.burn(&state, &back, ConnectEnd::OtherBrowser).await;
        }
        let Some(caller) = self.browser_caller(request).await else {
            return sign_in_first(302, &back.path());
        };
        if caller.owner != state.owner {
            return self.burn(&state, &back, ConnectEnd::WrongUser).await;
        }
        // Before the state is used up, so that the same answer is good a minute later.
        let operation = BrowserOperation::FinishConnect;
        if !operation.who().admits(&caller) {
            return self.burn(&state, &back, ConnectEnd::KeepersOnly).await;
        }
        if !self.within_person(&caller, operation).await {
            return limits::refusal_page();
        }
        let (end, app) = self.settle(&caller, &back, browser).await;
        connect_end(end, app.as_ref())
    }

    /// Uses up an attempt that somebody else came back with, and the consent they gave: whoever
    /// began could bring that with a state of another attempt of theirs.
    async fn burn(&self, state: &ConnectState, back: &CameBack, end: ConnectEnd) -> ApiResponse {
        let hash = StateHash::new(fingerprint(&back.state));
        let taken = self.backend.take_connect(&state.owner, &hash).await;
        let claimed = match &back.auth_request_id {
            Some(consent) => self.claim(consent).await.is_ok(),
            None => true,
        };
        match taken {
            Ok(_) if claimed => connect_end(end, None),
            _ => connect_end(ConnectEnd::Unavailable, None),
        }
    }

    /// Uses up a consent, and says whether it was still good.
    async fn claim(&self, auth_request_id: &str) -> Result<bool, MemoryUnavailable> {
        let until = self.clock.now().plus(CONSENT_MEMORY);
        let consent = OneTime::consent(auth_request_id);
        self.memory.spend(&consent, until).await
    }

    async fn settle(&self, caller: &Caller, back: &CameBack, browser: Option<String>) -> End {
        let state_hash = StateHash::new(fingerprint(&back.state));
        let attempt = match self.backend.take_connect(&caller.owner, &state_hash).await {
            Ok(TakenAttempt::Taken(attempt)) => attempt,
            Ok(TakenAttempt::AlreadyUsed) => return (ConnectEnd::AlreadyUsed, None),
            Ok(TakenAttempt::Expired) => return (ConnectEnd::Expired, None),
            Ok(TakenAttempt::Unknown) => return (ConnectEnd::WrongUser, None),
            Err(_) => return (ConnectEnd::Unavailable, None),
        };
        let Some(app) = self.app(attempt.connector.as_str()) else {
            return (ConnectEnd::Failed, None);
        };
        let end = if attempt.expires_at <= self.clock.now() {
            ConnectEnd::Expired
        } else if !browser.is_some_and(|it| same(&fingerprint(&it), attempt.browser_hash.as_str()))
        {
            ConnectEnd::OtherBrowser
        } else {
            match (back.auth_request_id.as_deref(), app.kind) {
                (Some(request), _) => self.verify(caller, app.connector, request, back).await,
                (None, ConnectorKind::ApiKey) => {
                    self.key_entered(caller, app.connector, back).await
                }
                (None, ConnectorKind::Oauth) => ConnectEnd::Incomplete,
            }
        };
        (end, Some(app))
    }

    /// Activates the connection for the session's user and tells the runs that wait for it.
    async fn verify(
        &self,
        caller: &Caller,
        connector: Connector,
        auth_request_id: &str,
        back: &CameBack,
    ) -> ConnectEnd {
        match self.claim(auth_request_id).await {
            Ok(true) => {}
            Ok(false) => return ConnectEnd::AlreadyUsed,
            Err(_) => return ConnectEnd::Unavailable,
        }
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
        self.tell(caller, connector, back).await
    }

    /// A key has nothing to be verified by: it is asked whether the account is there.
    async fn key_entered(
        &self,
        caller: &Caller,
        connector: Connector,
        back: &CameBack,
    ) -> ConnectEnd {
        let identifier = caller.context.scalekit_identifier.as_str();
        match self.is_active(identifier, connector).await {
            Ok(true) if !back.refused => self.tell(caller, connector, back).await,
            Ok(_) => ConnectEnd::Incomplete,
            Err(failure) => end_of(&failure),
        }
    }

    /// Tells the runs that wait for this connection.
    async fn tell(&self, caller: &Caller, connector: Connector, back: &CameBack) -> ConnectEnd {
        self.forget_offer(caller.context.scalekit_identifier.as_str());
        let account = AccountKey::from(&caller.context.scalekit_identifier);
        let event = EventId::new(format!("callback:{}", fingerprint(&back.state)));
        let connector = ConnectorName::new(connector.name());
        let told = self
            .backend
            .connection_made(&account, &connector, &event)
            .await;
        match told {
            Ok(()) => ConnectEnd::Connected,
            Err(_) => ConnectEnd::ConnectedRunsNotTold,
        }
    }

    pub(crate) async fn is_active(
        &self,
        identifier: &str,
        connector: Connector,
    ) -> Result<bool, CallFailure> {
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

/// What Scalekit adds to the address a browser comes back to.
struct CameBack {
    /// Absent where nothing is to be verified: a key was typed, or consent was not given.
    auth_request_id: Option<String>,
    state: String,
    /// The user did not want to.
    refused: bool,
}

impl CameBack {
    /// Its parts, each given once and of a length that can be ours.
    fn read(request: &ApiRequest) -> Option<Self> {
        let query = Query::lenient(request);
        let part = |name, longest| {
            let value = query.get(name)?;
            (value.len() <= longest).then(|| value.to_owned())
        };
        let auth_request_id = match query.get("auth_request_id") {
            Some(_) => Some(part("auth_request_id", MAX_REQUEST_ID_BYTES)?),
            None => None,
        };
        Some(Self {
            auth_request_id,
            state: part("state", MAX_STATE_BYTES)?,
            refused: query.get("error").is_some(),
        })
    }

    /// The same address, without what others added.
    fn path(&self) -> String {
        let mut query = Serializer::new(String::new());
        if let Some(request) = &self.auth_request_id {
            query.append_pair("auth_request_id", request);
        }
        if self.refused {
            query.append_pair("error", "refused");
        }
        let query = query.append_pair("state", &self.state).finish();
        format!("{CONNECT_CALLBACK}?{query}")
    }
}

pub(super) fn sign_in_first(status: u16, return_to: &str) -> ApiResponse {
    ApiResponse::redirect(status, &login_path(None, &ReturnTo::parse(return_to)))
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

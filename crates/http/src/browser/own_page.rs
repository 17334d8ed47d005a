//! What a page of ours asks for with the session of its browser, where a program shows a token.
//!
//! Owns when a cookie counts for the API. Browsers send it along with whatever any page makes them
//! ask for, so it counts only with what no other page can send: the browser's own word that the
//! request is of this very origin, and a token that only this origin's pages can read, bound to the
//! session that the cookie opens. Where any of it is missing the caller is nobody.

use schemars::JsonSchema;
use serde::Serialize;

use crate::browser::navigation;
use crate::browser::session::Session;
use crate::operation::Who;
use crate::service::{Api, Handled};
use crate::sign_in::Caller;
use crate::wire::message::{ApiRequest, ApiResponse};
use crate::wire::problem::{Problem, ProblemType};
use onbehalf_clock::Timestamp;
use onbehalf_runs::BackendError;

/// The header that a page shows its token in. A page of another origin cannot send a header of this
/// name without asking first (Fetch standard, "CORS-preflight fetch"), and is never let.
pub const FORGERY_TOKEN: &str = "x-onbehalf-forgery-token";

/// Who is signed in in this browser, and what a page needs to ask the API for them.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SessionResponse {
    /// Who they are.
    pub user: SessionUser,
    /// When they have to sign in again.
    pub ends_at: Timestamp,
    /// Whether they operate for their organization.
    pub operator: bool,
    /// Whether they may change which accounts are connected.
    pub keeps_accounts: bool,
    /// Goes into the header `x-onbehalf-forgery-token` of every request that a page makes with the
    /// session; good as long as the session.
    pub forgery_token: String,
}

/// Somebody, as their identity provider calls them.
#[derive(Debug, Serialize, JsonSchema)]
pub struct SessionUser {
    /// Their name there.
    pub name: String,
    /// Their address, if the provider has verified one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// The organization they act in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub organization: Option<String>,
}

impl Api {
    /// Who asks, where a page of ours asks with the session of its browser; `None` for every other
    /// request.
    pub(crate) async fn page_caller(
        &self,
        request: &ApiRequest,
    ) -> Result<Option<Caller>, Problem> {
        let Some(session) = self.page_session(request) else {
            return Ok(None);
        };
        let token = request.header(FORGERY_TOKEN).unwrap_or_default();
        if !session.is_whole || !session.is_forgery_token(&self.settings.seal, token) {
            return Ok(None);
        }
        self.signed_in(&session).await
    }

    /// Tells a page of ours who is signed in.
    pub(crate) async fn show_session(&self, request: &ApiRequest) -> Handled {
        let session = self.page_session(request);
        let caller = match &session {
            Some(session) => self.signed_in(session).await?,
            None => None,
        };
        let (Some(session), Some(caller)) = (session, caller) else {
            return Err(self.nobody().await);
        };
        if !session.is_whole {
            let detail = "This session opens pages only. Sign out and in again; if that changes \
                          nothing, the claims that are kept of your tokens do not fit into one.";
            return Err(Problem::new(ProblemType::Forbidden, detail));
        }
        let body = SessionResponse {
            user: SessionUser {
                name: caller.context.user_id.clone(),
                email: caller.context.email.clone(),
                organization: caller.context.org_id.clone(),
            },
            ends_at: session.ends_at,
            operator: Who::Operators.admits(&caller),
            keeps_accounts: caller.keeps_accounts(),
            forgery_token: session.forgery_token(&self.settings.seal),
        };
        Ok(ApiResponse::json(200, &body))
    }

    /// As the API tells whoever brings nothing.
    async fn nobody(&self) -> Problem {
        let answered = self.caller_by_token(None).await;
        answered.err().unwrap_or_else(Problem::internal)
    }

    /// The session of a browser whose page of this very origin asks; ended or not.
    fn page_session(&self, request: &ApiRequest) -> Option<Session> {
        let own = navigation::is_of_own_page(request, &self.settings.public_url);
        own.then(|| self.session(request)).flatten()
    }

    /// Who a session is of, unless it has ended.
    async fn signed_in(&self, session: &Session) -> Result<Option<Caller>, Problem> {
        let ended = self.memory.is_spent(&session.id).await;
        match ended {
            Ok(true) => Ok(None),
            Ok(false) => Ok(Some(self.sign_in.recognise(&session.who).await?)),
            Err(_) => Err(BackendError::Unavailable.into()),
        }
    }
}

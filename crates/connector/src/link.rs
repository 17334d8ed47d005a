//! Connecting a user: the magic link out, and the verification of who came back.

use std::fmt;

use serde_json::{Value, json};
use url::Url;

use onbehalf_clock::Timestamp;
use onbehalf_fetch::Method;

use super::config::is_https_or_loopback;
use super::failure::CallFailure;
use super::mapping::{Asked, no_answer, unreadable};
use super::name::Connector;
use super::permit::{AlwaysPermit, CallKind};
use super::transport::{Call, Scalekit, TIMEOUT, Unanswered};

/// A short-lived link to Scalekit's hosted consent page. Whoever opens it can give consent, so it
/// is not shown by `Debug`.
#[derive(Clone, PartialEq, Eq)]
pub struct MagicLink {
    /// Absolute; `https`, or `http` on this machine.
    pub link: Url,
    /// When it stops working, if Scalekit said so.
    pub expiry: Option<Timestamp>,
}

impl fmt::Debug for MagicLink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MagicLink")
            .field("expiry", &self.expiry)
            .finish_non_exhaustive()
    }
}

/// The user who consented is the user who was sent; the account is active now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verified {
    /// Where Scalekit would send the browser next; a safe link or nothing.
    pub post_user_verify_redirect_url: Option<Url>,
}

/// Why a connection did not become active.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum VerifyFailure {
    /// Somebody else's link: the request was made for another user (403).
    #[error("this authorization was started for another user")]
    WrongUser,
    /// The request is unknown or was already used (404).
    #[error("this authorization request is unknown or was already used")]
    UnknownOrUsed,
    /// Anything else. After `OutcomeUnknown` look at the connections.
    #[error(transparent)]
    Other(#[from] CallFailure),
}

impl Scalekit {
    /// Mints a link with which this user can connect. Retried like a read: a link nobody opens
    /// does nothing.
    ///
    /// # Errors
    /// `Configuration` when Scalekit has no such connection; `Upstream` when the link is not an
    /// absolute `https` URL (`http` only on loopback), since a browser is to be sent there.
    pub async fn magic_link(
        &self,
        identifier: &str,
        connector: Connector,
        state: &str,
        user_verify_url: &str,
    ) -> Result<MagicLink, CallFailure> {
        let body = json!({
            "connector": self.config().connection(connector).name(&connector),
            "identifier": identifier,
            "state": state,
            "user_verify_url": user_verify_url,
        });
        let call = post(
            CallKind::Read,
            "/api/v1/connected_accounts/magic_link",
            body,
            identifier,
        );
        let answer = self.call(&call).await?;
        let text = |key| answer.get(key).and_then(Value::as_str);
        let link = text("link").and_then(safe_link);
        Ok(MagicLink {
            link: link.ok_or_else(|| unreadable(CallKind::Read))?,
            expiry: text("expiry").and_then(Timestamp::parse),
        })
    }

    /// Tells Scalekit that the browser which came back with `auth_request_id` belongs to this
    /// user. The identifier comes from the caller's session, never from the URL. Sent once: a
    /// second try after a lost answer would look like a used request.
    ///
    /// # Errors
    /// [`VerifyFailure`]; the account is not active then, except after `OutcomeUnknown`.
    pub async fn verify_user(
        &self,
        auth_request_id: &str,
        identifier: &str,
    ) -> Result<Verified, VerifyFailure> {
        let body = json!({ "auth_request_id": auth_request_id, "identifier": identifier });
        let path = "/api/v1/connected_accounts/user/verify";
        let call = post(CallKind::Write, path, body, identifier);
        let response = match self.exchange(&call).await {
            Ok(response) => response,
            Err(Unanswered::Failed(failure)) => return Err(failure.into()),
            Err(Unanswered::Broken(error)) => {
                return Err(no_answer(call.kind, error).failure.into());
            }
        };
        match response.status {
            200..=299 => {}
            403 => return Err(VerifyFailure::WrongUser),
            404 => return Err(VerifyFailure::UnknownOrUsed),
            _ => return Err(self.map(&call, &response).failure.into()),
        }
        let answer: Value =
            serde_json::from_slice(&response.body).map_err(|_| unreadable(call.kind))?;
        let next = answer
            .get("post_user_verify_redirect_url")
            .and_then(Value::as_str);
        Ok(Verified {
            post_user_verify_redirect_url: next.and_then(safe_link),
        })
    }
}

/// A call about a user's accounts.
pub(super) fn post<'a>(kind: CallKind, path: &str, body: Value, identifier: &'a str) -> Call<'a> {
    Call {
        asked: Asked::Accounts,
        tool: None,
        kind,
        method: Method::Post,
        path: path.to_owned(),
        body: Some(body),
        timeout: TIMEOUT,
        identifier,
        lane: None,
        trace_id: None,
        permit: &AlwaysPermit,
    }
}

/// A link a browser may be sent to.
fn safe_link(text: &str) -> Option<Url> {
    Url::parse(text).ok().filter(is_https_or_loopback)
}

#[cfg(test)]
#[path = "link_tests.rs"]
mod tests;

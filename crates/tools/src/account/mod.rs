//! Which account of an app somebody has connected, told to nobody but them.
//!
//! Owns the one reading call for each app that says it, what of its answer is shown to people, and
//! which tools say who somebody is: those are offered to no model, by whatever way ([`says_who`]).
//! Refuses to keep any of it: a step that has to know an account has a tool of its own, which gives
//! ids and no names.

mod hubspot;
mod linear;
mod slack;
mod zendesk;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use onbehalf_connector::{AlwaysPermit, CallFailure, Connector, Scalekit};

use super::app_page::AppPage;
use super::context::ToolContext;
use super::input::NoInput;
use super::json::text;
use super::tool::{Tool, call};
use hubspot::HubspotAccount;
use linear::LinearAccount;
use slack::SlackAccount;
use zendesk::ZendeskAccount;

/// Longest name that is shown, in characters: more than any of the apps lets people enter for a
/// company, and no more than a line or two.
const LONGEST_NAME: usize = 120;

/// Names in Scalekit's catalogue of what answers who somebody is at an app. What Zendesk is asked is
/// none of them: it says where an account is, as each of its tickets does, and nothing of a person.
const SAY_WHO: [&str; 3] = [
    HubspotAccount::SCALEKIT_NAME,
    LinearAccount::SCALEKIT_NAME,
    SlackAccount::SCALEKIT_NAME,
];

/// An account at an app, as people know it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AppAccount {
    /// What people call it: a workspace, an organization, a portal, or the host it is seen under.
    pub name: String,
    /// Who one is there, where the app says so. A HubSpot portal and a Zendesk account do not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// Where people see it, where that is known.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "AppPage::kept"
    )]
    pub url: Option<AppPage>,
}

/// The account that the user of `context` has connected at this app, by one reading call. `None` for
/// an app of which nobody knows how to ask, or that does not say.
///
/// # Errors
/// Every failure of a read: there is no such account, its app no longer takes it, or nobody answers.
pub async fn app_account(
    scalekit: &Scalekit,
    context: &ToolContext,
    app: Connector,
) -> Result<Option<AppAccount>, CallFailure> {
    let asked = match app {
        Connector::HUBSPOT => ask::<HubspotAccount>(scalekit, context).await,
        Connector::LINEAR => ask::<LinearAccount>(scalekit, context).await,
        Connector::SLACK => ask::<SlackAccount>(scalekit, context).await,
        Connector::ZENDESK => ask::<ZendeskAccount>(scalekit, context).await,
        _ => return Ok(None),
    };
    match asked {
        Ok(account) => Ok(account),
        // A connection of another kind, whose tools are others.
        Err(CallFailure::UnknownTool) => Ok(None),
        Err(failure) => Err(failure),
    }
}

async fn ask<T>(
    scalekit: &Scalekit,
    context: &ToolContext,
) -> Result<Option<AppAccount>, CallFailure>
where
    T: Tool<Input = NoInput, Output: Into<Option<AppAccount>>>,
{
    let account = call::<T>(scalekit, context, &NoInput {}, &AlwaysPermit).await?;
    Ok(account.into())
}

/// Whether a tool of this name answers who somebody is at this app. A connection may have its tools
/// under a prefix of its own.
pub(crate) fn says_who(app: Connector, tool: &str) -> bool {
    SAY_WHO.iter().any(|known| {
        let rest = known.strip_prefix(app.name());
        let rest = rest.filter(|rest| rest.starts_with('_'));
        *known == tool || rest.is_some_and(|rest| tool.ends_with(rest))
    })
}

/// A name as an app gives it, on one line and as long as it may be. Somebody at the app chose it, so
/// nothing in it turns the direction of what stands around it.
fn name(value: &Value, key: &str) -> Option<String> {
    let shown = |c: &char| !c.is_control() && !turns_text(*c);
    let name: String = text(value, key)?
        .chars()
        .filter(shown)
        .take(LONGEST_NAME)
        .collect();
    let name = name.trim();
    (!name.is_empty()).then(|| name.to_owned())
}

/// Unicode's marks, embeddings, overrides and isolates of direction (UAX #9).
const fn turns_text(c: char) -> bool {
    matches!(
        c,
        '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}'
    )
}

#[cfg(test)]
mod tests;

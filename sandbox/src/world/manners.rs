//! How strictly the world behaves: each difference between a kind world and the real one, as a
//! setting.
//!
//! Owns the names, and what they are where nobody says otherwise: strict. What a setting does stands
//! where it is done. A setting whose truth no document settles has a value for each possibility, so
//! that a client can be held against all of them.
//!
//! As JSON: `{"retry_after": "kept"}`: what differs from the strict world.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::connections::Connections;

/// Every setting.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Manners {
    /// Whose the apps are. Holds for whoever is added from then on.
    pub portals: Portals,
    /// How long HubSpot's search does not know what was just written.
    pub search_lag: SearchLag,
    /// Which property says when a contact became a customer. Holds for contacts added from then on.
    pub customer_date: CustomerDate,
    /// Whether the apps count calls and refuse those beyond their documented rates.
    pub app_limits: bool,
    /// Which of Slack's limits for reading a channel holds.
    pub slack_history: SlackHistory,
    /// How Linear says that it refused.
    pub linear_errors: LinearErrors,
    /// The status under which Scalekit passes on a provider's error.
    pub provider_errors: ProviderErrors,
    /// What Scalekit says of something that is not there.
    pub missing: Missing,
    /// Whether `Retry-After` reaches the client.
    pub retry_after: RetryAfter,
    /// Requests a minute that Scalekit takes from the whole environment; none counted when absent.
    pub requests_per_minute: Option<usize>,
    /// The workspace's connections by name. Holds for whoever is added from then on.
    pub connections: Connections,
    /// Whether Scalekit refuses what is longer than its interface states.
    pub lengths: Lengths,
    /// Where a browser goes when its user denies consent.
    pub denial: Denial,
    /// Whether an application verifies who consented.
    pub verification: Verification,
    /// Where a browser goes once its user has typed an API key.
    pub key_entered: KeyEntered,
}

/// Whose the apps are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Portals {
    /// Everybody has apps of their own.
    Own,
    /// One portal, account and workspace for all of an organization.
    Shared,
}

/// How long a search lags behind the store.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SearchLag {
    /// Not at all, where no fault says otherwise.
    None,
    /// Seconds, sometimes a minute: drawn anew for each write.
    Drawn,
}

/// Properties that hold when a contact became a customer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CustomerDate {
    /// `hs_lifecyclestage_customer_date` and `hs_v2_date_entered_customer`.
    Both,
    /// `hs_v2_date_entered_customer` only.
    V2,
}

/// Slack's limits for reading a channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SlackHistory {
    /// Of an app that is in Slack's marketplace, or used by the team that made it.
    Listed,
    /// Of an app distributed outside of it: 15 messages, once a minute.
    Unlisted,
}

/// How Linear says that it refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LinearErrors {
    /// Every refusal has an HTTP status of its own.
    Status,
    /// What a resolver refuses comes as 200 with `errors`; too many requests come as 400.
    Within,
}

/// The status of a provider's error.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ProviderErrors {
    /// The provider's own.
    Kept,
    /// 401, 403 and 429 as they are, everything else 500.
    ServerError,
}

/// What is said of something that is not there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Missing {
    /// What it is.
    Named,
    /// "resource not found", whatever it is, with 404.
    NotFound,
    /// The same words with 400.
    BadRequest,
}

/// Whether `Retry-After` reaches the client.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RetryAfter {
    /// It does.
    Kept,
    /// It does not.
    Dropped,
}

/// Whether lengths are enforced.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Lengths {
    /// Anything goes.
    Any,
    /// As the interface states them.
    Enforced,
}

/// Where a browser goes when its user denies consent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Denial {
    /// Back, with `error` and `error_description`.
    RedirectWithError,
    /// Back, with nothing but the state.
    Redirect,
    /// Nowhere: Scalekit's page says what happened.
    Page,
}

/// Whether an application verifies who consented.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verification {
    /// "Custom user verification": the account waits for the application's word.
    Custom,
    /// "Scalekit users only": consent is enough, nothing is to be verified.
    ScalekitUsers,
}

/// Where a browser goes once its user has typed an API key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum KeyEntered {
    /// Nowhere: Scalekit's page says that it is done.
    Page,
    /// Back, with the state.
    Redirect,
}

/// The strict world: whoever wants another has to say so.
impl Default for Manners {
    fn default() -> Self {
        Self::strict()
    }
}

impl Manners {
    /// The world as documents, and those who tried, describe it. Where they leave a choice, the
    /// harder one.
    pub fn strict() -> Self {
        Self {
            portals: Portals::Shared,
            search_lag: SearchLag::Drawn,
            customer_date: CustomerDate::V2,
            app_limits: true,
            slack_history: SlackHistory::Unlisted,
            linear_errors: LinearErrors::Within,
            provider_errors: ProviderErrors::ServerError,
            missing: Missing::NotFound,
            retry_after: RetryAfter::Dropped,
            // Scalekit tunes it for each customer and states no number.
            requests_per_minute: None,
            connections: Connections::of_a_workspace(),
            lengths: Lengths::Enforced,
            denial: Denial::Page,
            verification: Verification::Custom,
            key_entered: KeyEntered::Page,
        }
    }

    /// These manners, but for what a JSON object says.
    ///
    /// # Errors
    /// Words for whoever wrote it.
    pub fn but(&self, text: &str) -> Result<Self, String> {
        let mut changes: serde_json::Map<String, Value> = serde_json::from_str(text)
            .map_err(|error| format!("not a JSON object of settings: {error}"))?;
        let mut all = serde_json::to_value(self).map_err(|error| error.to_string())?;
        if let Some(members) = all.as_object_mut() {
            members.append(&mut changes);
        }
        serde_json::from_value(all).map_err(|error| error.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_says_what_differs() {
        let strict = Manners::strict();
        assert_eq!(strict.but("{}"), Ok(Manners::strict()));
        let wanted = Manners {
            retry_after: RetryAfter::Kept,
            requests_per_minute: Some(60),
            ..Manners::strict()
        };
        let text = r#"{"retry_after": "kept", "requests_per_minute": 60}"#;
        assert_eq!(strict.but(text), Ok(wanted));
    }

    #[test]
    fn what_is_no_setting_is_refused_by_name() {
        let refused = Manners::strict().but(r#"{"portal": "shared"}"#);
        assert!(refused.is_err_and(|words| words.contains("portal")));
        for text in ["strict", "[]", r#"{"preset": "kind"}"#, r#"{"lengths": 7}"#] {
            assert!(Manners::strict().but(text).is_err(), "{text}");
        }
    }
}

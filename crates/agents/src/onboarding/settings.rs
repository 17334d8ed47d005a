//! What an operator can tune without touching code: the `ONBOARDING` variable.
//!
//! Owns names, defaults and valid ranges. Everything has a default, so an absent variable is the
//! documented behaviour; an unknown name or a value out of range is an error, not a guess.
//!
//! ```
//! use onbehalf_agents::onboarding::OnboardingSettings;
//!
//! let settings = OnboardingSettings::from_json(Some(r#"{"windowDays": 45}"#))?;
//! assert_eq!(settings.window_days, 45);
//! assert_eq!(settings.lifecycle_stage, "customer");
//! assert!(OnboardingSettings::from_json(Some(r#"{"windowdays": 45}"#)).is_err());
//! # Ok::<(), String>(())
//! ```

use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::template::Template;
use super::weights::{ScoringWeights, within};
use onbehalf_runs::ApprovalMode;
use onbehalf_tools::SEARCH_LAG_SECONDS;

/// The business rules of the Onboarding Health Agent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct OnboardingSettings {
    /// HubSpot lifecycle stage of customers in onboarding. Default `customer`.
    pub lifecycle_stage: String,
    /// Customers that entered the stage at most this many days ago are looked at. 1 to 365,
    /// default 30.
    pub window_days: u32,
    /// Whose customers a run works on. Default `owned`.
    pub customers: CustomerScope,
    /// What makes contacts one customer. Default `domain`.
    pub customer_key: CustomerKey,
    /// Label that a customer's onboarding issues carry in Linear; `{domain}` and `{company}` are
    /// filled in. Default `customer:{domain}`.
    pub linear_label: Template,
    /// Name of a customer's onboarding project in Linear, such as `{company} onboarding`. When
    /// set, issues are found by project instead of by label.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub linear_project: Option<Template>,
    /// An open issue without an update for this many days is stalled. 1 to 90, default 5.
    pub stalled_after_days: u32,
    /// The approval that every run waits for before it writes, whatever it was started with. Default
    /// `none`.
    pub approval: ApprovalMode,
    /// Whether a customer is flagged again while an earlier flag is open. Default `when_worse`.
    pub reflag: ReflagPolicy,
    /// Points by which the score must drop to count as worse within the same status. 1 to 100,
    /// default 10.
    pub reflag_drop: u32,
    /// When the follow-up task falls due, in hours from its creation. 1 to 720, default 24.
    pub due_in_hours: u32,
    /// How long HubSpot's search may lag behind its writes, in seconds: a task whose creation
    /// went unanswered is given up as absent no sooner than this. 1 to 600, default 90.
    pub reconcile_after_seconds: u32,
    /// Weights and thresholds of the health score.
    pub scoring: ScoringWeights,
}

/// Whose customers a run works on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum CustomerScope {
    /// Those that the user owns in HubSpot. A portal belongs to a company, and whoever calls sees all
    /// of it.
    #[default]
    Owned,
    /// All of the portal: for a portal that one person works in.
    Portal,
}

/// What makes contacts one customer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum CustomerKey {
    /// The domain of their e-mail addresses; addresses at free mail services stand for themselves.
    #[default]
    Domain,
    /// Each address is a customer.
    Email,
}

/// Whether a customer is flagged again while an earlier flag's task is open.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ReflagPolicy {
    /// Only when the status got worse or the score dropped by `reflagDrop`.
    #[default]
    WhenWorse,
    /// Every day.
    Daily,
    /// Not before the task is closed.
    NeverWhileOpen,
}

/// Longer than any internal name HubSpot gives a stage.
const LONGEST_STAGE: usize = 64;

impl Default for OnboardingSettings {
    fn default() -> Self {
        Self {
            lifecycle_stage: "customer".into(),
            window_days: 30,
            customers: CustomerScope::default(),
            customer_key: CustomerKey::default(),
            linear_label: Template::default_label(),
            linear_project: None,
            stalled_after_days: 5,
            approval: ApprovalMode::default(),
            reflag: ReflagPolicy::default(),
            reflag_drop: 10,
            due_in_hours: 24,
            reconcile_after_seconds: SEARCH_LAG_SECONDS,
            scoring: ScoringWeights::default(),
        }
    }
}

impl OnboardingSettings {
    /// Reads the `ONBOARDING` variable; absent or blank means all defaults.
    ///
    /// # Errors
    /// Says which field is unknown, of the wrong type or out of range.
    pub fn from_json(text: Option<&str>) -> Result<Self, String> {
        let settings: Self = match text.map(str::trim).filter(|text| !text.is_empty()) {
            // As an object first: serde would take a list for a struct, field by field.
            Some(text) => serde_json::from_slice::<serde_json::Map<_, _>>(text.as_bytes())
                .and_then(|fields| serde_json::from_value(fields.into()))
                .map_err(|error| format!("ONBOARDING: {error}"))?,
            None => Self::default(),
        };
        settings
            .validate()
            .map_err(|error| format!("ONBOARDING: {error}"))?;
        Ok(settings)
    }

    fn validate(&self) -> Result<(), String> {
        let stage = &self.lifecycle_stage;
        let plain = |c: char| c.is_ascii_alphanumeric() || c == '_';
        if stage.is_empty() || stage.len() > LONGEST_STAGE || !stage.chars().all(plain) {
            return Err("lifecycleStage must be HubSpot's internal name of a stage".into());
        }
        within("windowDays", self.window_days, 1, 365)?;
        within("stalledAfterDays", self.stalled_after_days, 1, 90)?;
        within("reflagDrop", self.reflag_drop, 1, 100)?;
        within("dueInHours", self.due_in_hours, 1, 720)?;
        within(
            "reconcileAfterSeconds",
            self.reconcile_after_seconds,
            1,
            600,
        )?;
        self.scoring.validate()
    }

    /// The lag of HubSpot's search index.
    pub(super) fn search_lag(&self) -> Duration {
        Duration::from_secs(u64::from(self.reconcile_after_seconds))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_set_is_the_defaults() {
        for text in [None, Some(""), Some("  "), Some("{}")] {
            assert_eq!(
                OnboardingSettings::from_json(text),
                Ok(OnboardingSettings::default())
            );
        }
    }

    #[test]
    fn defaults_written_out_read_back() {
        let text = serde_json::to_string(&OnboardingSettings::default()).expect("json");
        assert_eq!(
            OnboardingSettings::from_json(Some(&text)),
            Ok(OnboardingSettings::default())
        );
    }

    #[test]
    fn what_is_wrong_is_named() {
        let cases = [
            (r#"{"windowDays": 0}"#, "windowDays"),
            (r#"{"windowDays": 366}"#, "windowDays"),
            (r#"{"scoring": {"perOpenTicket": 101}}"#, "perOpenTicket"),
            (
                r#"{"scoring": {"atRiskBelow": 30, "criticalBelow": 40}}"#,
                "criticalBelow",
            ),
            (r#"{"lifecycleStage": "a b"}"#, "lifecycleStage"),
            (r#"{"linearLabel": "customer"}"#, "{domain}"),
            (r#"{"linearProject": "{name} onboarding"}"#, "{domain}"),
            (r#"{"reflag": "weekly"}"#, "weekly"),
            (r#"{"surprise": 1}"#, "surprise"),
            ("[]", "ONBOARDING"),
        ];
        for (text, named) in cases {
            let error = OnboardingSettings::from_json(Some(text)).expect_err(text);
            assert!(error.contains(named), "{text}: {error}");
        }
    }
}

//! What a run is started with, what it shares between steps, and what its steps act through.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::settings::OnboardingSettings;
use onbehalf_acting::{OnMissingConnector, Services};
use onbehalf_clock::Timestamp;
use onbehalf_runs::ApprovalMode;

/// How one run behaves. `{}` is a valid input.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct OnboardingInput {
    /// What happens when a connection is missing or dead.
    pub on_missing_connector: OnMissingConnector,
    /// Whether a person approves the writes first.
    pub approval: ApprovalMode,
    /// Whether the run only says what it would write. Nobody has to approve that.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub dry_run: bool,
}

/// What all steps of a run share.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct OnboardingState {
    /// Whether the pre-flight found all connections active.
    #[serde(default)]
    pub connectors_verified: bool,
    /// When it did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub verified_at: Option<Timestamp>,
    /// The run's input, for the steps after the first; nothing until the first has handed it on,
    /// so that what is shown of a run never says two things about it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub input: Option<OnboardingInput>,
}

impl OnboardingState {
    /// The guard of every step after the pre-flight.
    ///
    /// # Errors
    /// Says that the connections were not verified.
    pub(super) fn verified(&self) -> Result<(), String> {
        if self.connectors_verified && self.verified_at.is_some() {
            Ok(())
        } else {
            Err("the connections were not verified by the pre-flight".into())
        }
    }

    /// Whether the run waits for dead connections instead of going on without them.
    pub(super) fn waits_for_connections(&self) -> bool {
        self.asked().on_missing_connector == OnMissingConnector::Suspend
    }

    /// The approval the run was started with.
    pub(super) fn approval_asked(&self) -> ApprovalMode {
        self.asked().approval
    }

    /// Whether the run only says what it would write.
    pub(super) fn runs_dry(&self) -> bool {
        self.asked().dry_run
    }

    fn asked(&self) -> OnboardingInput {
        self.input.unwrap_or_default()
    }
}

/// What the steps act through.
pub type OnboardingServices = Services<OnboardingSettings>;

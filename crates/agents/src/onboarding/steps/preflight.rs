//! Step 1: are all three connections there, before anything is asked of them?
//!
//! One call; a withdrawal that shows only later is dealt with by the later steps.

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use crate::onboarding::{OnMissingConnector, OnboardingHealth, OnboardingInput, OnboardingResult};
use onbehalf_acting::{connections_required, inactive};
use onbehalf_engine::{Flow, Step, StepContext, StepResult};

/// Step 1.
pub struct Preflight;

/// All connections were there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verified {}

#[async_trait(?Send)]
impl Step<OnboardingHealth> for Preflight {
    type Input = OnboardingInput;
    type Output = Verified;

    fn id(&self) -> &'static str {
        "preflight-connector-health"
    }

    async fn run(
        &self,
        input: OnboardingInput,
        cx: &StepContext<OnboardingHealth>,
    ) -> StepResult<OnboardingHealth, Verified> {
        let asked_at = cx.now();
        let missing = inactive(cx).await?;
        if missing.is_empty() {
            let now = cx.now();
            cx.update_state(|state| {
                state.connectors_verified = true;
                state.verified_at = Some(now);
                state.input = Some(input);
            });
            return Ok(Flow::Next(Verified {}));
        }
        Ok(match input.on_missing_connector {
            OnMissingConnector::Exit => Flow::Exit(OnboardingResult::ConnectorsRequired {
                missing: missing.iter().map(|it| it.connector).collect(),
                connect: missing
                    .iter()
                    .map(|it| (it.connector, cx.services().connect_url(it.connector)))
                    .collect(),
            }),
            OnMissingConnector::Suspend => {
                Flow::Suspend(connections_required::<OnboardingHealth>(&missing, asked_at))
            }
        })
    }
}

//! Step 1: which of the apps are there, and since when their news count.

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use crate::morning_brief::{BriefInput, BriefResult, MorningBrief};
use onbehalf_acting::{OnMissingConnector, connections_required, inactive};
use onbehalf_clock::Timestamp;
use onbehalf_connector::Connector;
use onbehalf_engine::{Flow, Step, StepContext, StepResult};

/// Step 1.
pub struct Connections;

/// Slack is there; of the others, these are not.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ready {
    /// The moment that all of this run is counted against.
    pub now: Timestamp,
    /// Apps that are not connected.
    pub absent: Vec<Connector>,
}

#[async_trait(?Send)]
impl Step<MorningBrief> for Connections {
    type Input = BriefInput;
    type Output = Ready;

    fn id(&self) -> &'static str {
        "connections"
    }

    async fn run(
        &self,
        input: BriefInput,
        cx: &StepContext<MorningBrief>,
    ) -> StepResult<MorningBrief, Ready> {
        let now: Timestamp = cx.memo("now", || async { Ok(cx.now()) }).await?;
        let waits = input.on_missing_connector == OnMissingConnector::Suspend;
        cx.update_state(|state| {
            state.waits_for_connections = waits;
            state.runs_dry = input.dry_run;
        });
        let asked_at = cx.now();
        let missing = inactive(cx).await?;
        if waits && !missing.is_empty() {
            return Ok(Flow::Suspend(connections_required::<MorningBrief>(
                &missing, asked_at,
            )));
        }
        let absent: Vec<_> = missing.into_iter().map(|it| it.connector).collect();
        if absent.contains(&Connector::SLACK) {
            let link = |app: &Connector| (*app, cx.services().connect_url(*app));
            return Ok(Flow::Exit(BriefResult::ConnectorsRequired {
                connect: absent.iter().map(link).collect(),
                missing: absent,
            }));
        }
        Ok(Flow::Next(Ready { now, absent }))
    }
}

//! Step 3: the message, worded.

use async_trait::async_trait;

use crate::morning_brief::{Brief, MorningBrief, Section, compose};
use onbehalf_clock::Timestamp;
use onbehalf_engine::{Flow, Step, StepContext, StepResult};

/// Step 3.
pub struct Compose;

#[async_trait(?Send)]
impl Step<MorningBrief> for Compose {
    type Input = (Section, (Section, Section));
    type Output = Brief;

    fn id(&self) -> &'static str {
        "compose"
    }

    async fn run(
        &self,
        (tickets, (issues, tasks)): Self::Input,
        cx: &StepContext<MorningBrief>,
    ) -> StepResult<MorningBrief, Brief> {
        let now: Timestamp = cx.memo("now", || async { Ok(cx.now()) }).await?;
        let sections = vec![tickets, issues, tasks];
        let settings = &cx.services().settings;
        Ok(Flow::Next(compose(sections, settings, now)))
    }
}

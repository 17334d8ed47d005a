//! Tasks: the caller's runs, as clients look at them that do so of their own accord.

use serde_json::json;

use super::Asking;
use super::entry::Refused;
use crate::limits::Budget;
use crate::service::Api;
use crate::wire::problem::Problem;
use onbehalf_engine::RunStatus;
use onbehalf_mcp::{Answers, Capabilities, Code, Outcome, RpcError, Task, TaskStatus};
use onbehalf_runs::{RunId, RunView};

impl Api {
    /// Where a task stands.
    pub(super) async fn task_seen(&self, asking: &Asking, name: &str) -> Result<Outcome, Refused> {
        let run = self.run_of_task(asking, name).await?;
        if !run.status.ended() {
            let words = self.words_for(&run);
            return Ok(self.task_of(asking, &run, words).seen());
        }
        let status = match run.status {
            RunStatus::Cancelled => TaskStatus::Cancelled,
            _ => TaskStatus::Completed(self.ended(asking, false, &run)),
        };
        Ok(Task {
            id: run.run_id,
            status,
            words: None,
            created_at: run.started_at.to_string(),
            updated_at: run.updated_at.to_string(),
        }
        .seen())
    }

    /// Takes what people said to what a task asked them. What they did is looked up by the run itself;
    /// a no cancels it.
    pub(super) async fn task_told(
        &self,
        asking: &Asking,
        name: &str,
        answers: &Answers,
    ) -> Result<Outcome, Refused> {
        self.run_of_task(asking, name).await?;
        match answers.declined() {
            true => self.task_cancelled(asking, name).await,
            false => Ok(Outcome::of(json!({}))),
        }
    }

    /// Cancels a task. Writes that are under way are brought to their end.
    pub(super) async fn task_cancelled(
        &self,
        asking: &Asking,
        name: &str,
    ) -> Result<Outcome, Refused> {
        let run = self.run_of_task(asking, name).await?;
        self.within(&asking.caller, Budget::Runs).await?;
        let run_id = RunId::stored(run.run_id);
        let cancelled = self.backend.cancel_run(&asking.caller.owner, &run_id).await;
        // One that has ended meanwhile is as it is; either way it was heard.
        cancelled.map_err(Problem::from)?;
        Ok(Outcome::of(json!({})))
    }

    async fn run_of_task(&self, asking: &Asking, name: &str) -> Result<RunView, Refused> {
        if !asking.client.follows_tasks {
            let error = RpcError::new(
                Code::MissingCapability,
                "Missing required client capability",
            );
            return Err(error.with(Capabilities::missing_tasks()).into());
        }
        let found = self.run_of(asking, name).await?;
        found.ok_or_else(|| RpcError::new(Code::InvalidParams, "Unknown task").into())
    }
}

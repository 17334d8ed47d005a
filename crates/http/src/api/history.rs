//! What the results of a workflow's latest runs measure: one bounded answer, where each result whole
//! would be a hundred times as much.

use schemars::JsonSchema;
use serde::Serialize;

use crate::named::Measuring;
use crate::service::{Api, Handled};
use crate::sign_in::Caller;
use crate::wire::message::{ApiRequest, ApiResponse};
use crate::wire::problem::Problem;
use crate::wire::query::{Query, read_count};
use onbehalf_clock::Timestamp;
use onbehalf_engine::RunStatus;
use onbehalf_runs::measured::{Measured, Series, series};
use onbehalf_runs::{RunFilter, RunId, RunQuery, RunSummary};

/// Runs that are looked at when no number is given: a fortnight of daily ones.
pub const DEFAULT_RUNS: u32 = 14;
/// Most runs that are looked at. Each has an object of its own, which is asked.
pub const MAX_RUNS: u32 = 30;

/// How what a workflow looks at has fared.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct HistoryResponse {
    /// What the values are, for people.
    pub measure: String,
    /// The runs, the oldest first.
    pub runs: Vec<MeasuredRun>,
    /// One for each thing, in the order of their keys.
    pub series: Vec<Series>,
}

/// A run that has measured something.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct MeasuredRun {
    /// The run's name.
    pub run_id: RunId,
    /// When it began.
    pub started_at: Timestamp,
    /// When it ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<Timestamp>,
}

impl Api {
    pub(crate) async fn history(
        &self,
        caller: &Caller,
        measuring: Measuring<'_>,
        request: &ApiRequest,
    ) -> Handled {
        let query = Query::strict(request, &["runs"])?;
        let runs = query
            .get("runs")
            .map(|it| read_count("runs", it, MAX_RUNS))
            .transpose()?;
        let completed = RunQuery {
            workflow: measuring.id(),
            filter: RunFilter {
                status: Some(RunStatus::Completed),
                ..RunFilter::default()
            },
            limit: runs.unwrap_or(DEFAULT_RUNS),
            before: None,
        };
        let listed = self.backend.list_runs(&caller.owner, completed).await?.runs;
        let mut runs = Vec::with_capacity(listed.len());
        let mut found = Vec::with_capacity(listed.len());
        // One after the other: a result may be as large as its customers are many.
        for run in listed.into_iter().rev() {
            if let Some(measured) = self.measured(caller, &measuring, &run).await? {
                found.push(measured);
                runs.push(MeasuredRun {
                    run_id: run.run_id,
                    started_at: run.started_at,
                    ended_at: run.ended_at,
                });
            }
        }
        let body = HistoryResponse {
            measure: measuring.title().to_owned(),
            series: series(&found),
            runs,
        };
        Ok(ApiResponse::json(200, &body))
    }

    /// What a run has measured; nothing where its journal is not kept any more.
    async fn measured(
        &self,
        caller: &Caller,
        measuring: &Measuring<'_>,
        run: &RunSummary,
    ) -> Result<Option<Vec<Measured>>, Problem> {
        let result = self
            .backend
            .run_result(&caller.asker(), &run.run_id)
            .await?;
        Ok(result.and_then(|result| measuring.of(result)))
    }
}

//! The workflows: what there is, and what each is started with.

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use crate::service::Api;
use crate::wire::message::ApiResponse;
use crate::wire::problem::{Problem, ProblemType};
use onbehalf_runs::hosted::Listed;

/// The workflows on offer.
#[derive(Debug, Serialize, JsonSchema)]
pub struct WorkflowListResponse {
    /// In the order of the host's table.
    pub workflows: Vec<WorkflowView>,
}

/// One workflow.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct WorkflowView {
    /// Its name in paths.
    pub id: String,
    /// The version that new runs are started under.
    pub version: u32,
    /// Its name for people.
    pub title: String,
    /// What a run does.
    pub description: String,
    /// When it runs by itself for those who switch that on: a cron expression, UTC. Absent when it
    /// cannot be scheduled.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub schedule: Option<String>,
    /// JSON Schema of what a run is started with.
    pub input_schema: Value,
}

impl WorkflowView {
    fn of(workflow: &dyn Listed) -> Self {
        Self {
            id: workflow.id().to_owned(),
            version: workflow.version(),
            title: workflow.title().to_owned(),
            description: workflow.description().to_owned(),
            schedule: workflow.schedule().map(str::to_owned),
            input_schema: workflow.input_schema(),
        }
    }
}

impl Api {
    pub(crate) fn list_workflows(&self) -> ApiResponse {
        let workflows = self.workflows.iter().map(WorkflowView::of).collect();
        ApiResponse::json(200, &WorkflowListResponse { workflows })
    }

    /// The workflow that a path names.
    ///
    /// # Errors
    /// 404.
    pub(crate) fn workflow(&self, id: &str) -> Result<&dyn Listed, Problem> {
        self.workflows.get(id).ok_or_else(|| {
            let known: Vec<_> = self.workflows.iter().map(Listed::id).collect();
            let detail = "There is no such workflow; knownWorkflows lists them.";
            Problem::new(ProblemType::WorkflowNotFound, detail).with("knownWorkflows", known)
        })
    }
}

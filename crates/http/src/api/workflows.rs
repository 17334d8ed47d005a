//! The workflows: what there is, and what each is started with.

use crate::service::Api;
use crate::wire::message::ApiResponse;
use crate::wire::problem::{Problem, ProblemType};
use onbehalf_runs::hosted::Listed;

impl Api {
    pub(crate) fn list_workflows(&self) -> ApiResponse {
        ApiResponse::written_json(&self.descriptions.workflows)
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

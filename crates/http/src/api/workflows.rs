//! The workflows: what there is, and what each is started with.

use crate::service::Api;
use crate::wire::message::ApiResponse;

impl Api {
    pub(crate) fn list_workflows(&self) -> ApiResponse {
        ApiResponse::written_json(&self.descriptions.workflows)
    }
}

//! What needs no credential: the start page, health, the API's description.

use schemars::JsonSchema;
use serde::Serialize;

use crate::browser::pages;
use crate::openapi;
use crate::service::{Api, Handled};
use crate::wire::message::{ApiRequest, ApiResponse};
use crate::wire::problem::Problem;

/// How long a client should wait before it asks an unhealthy service again.
const UNHEALTHY_RETRY_SECONDS: &str = "30";

/// Whether the service can do its work.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum HealthStatus {
    /// It can.
    Ok,
    /// Settings are missing or wrong.
    Misconfigured,
}

/// The state of the service.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct HealthResponse {
    /// In one word.
    pub status: HealthStatus,
    /// Version of the service.
    pub version: String,
    /// Names of the settings that are missing or wrong; never their values.
    pub configuration_problems: Vec<String>,
    /// What can be meant so, and leaves part of the service of use to nobody.
    pub configuration_notes: Vec<String>,
    /// What others keep the service waiting for, as far as this process knows: nobody is asked.
    pub waiting_for: Vec<String>,
}

/// Answers 200, or 503 with the names of what is not configured.
pub(super) fn health(
    problems: &[String],
    notes: &[String],
    waiting_for: Vec<String>,
) -> ApiResponse {
    let (code, status) = if problems.is_empty() {
        (200, HealthStatus::Ok)
    } else {
        (503, HealthStatus::Misconfigured)
    };
    let body = HealthResponse {
        status,
        version: env!("CARGO_PKG_VERSION").to_owned(),
        configuration_problems: problems.to_vec(),
        configuration_notes: notes.to_vec(),
        waiting_for,
    };
    let response = ApiResponse::json(code, &body);
    match status {
        HealthStatus::Ok => response,
        HealthStatus::Misconfigured => response.with("retry-after", UNHEALTHY_RETRY_SECONDS),
    }
}

impl Api {
    /// What this process waits for: it retries by itself, ever more seldom, and says so here.
    pub(super) fn waiting_for(&self) -> Vec<String> {
        let scalekit = self.scalekit.careful_until().map(|until| {
            format!(
                "Scalekit's limit for the whole environment was met: calls take turns until {until}"
            )
        });
        scalekit.into_iter().chain(self.sign_in.waits()).collect()
    }

    /// Shows the way out to whoever has a cookie of ours. Whether that session has ended is not
    /// asked: nothing is at stake here, and this page is counted against nobody.
    pub(super) fn home(&self, request: &ApiRequest) -> ApiResponse {
        let signed_in = self.session(request).is_some();
        pages::home(&self.apps(), &self.workflows, signed_in)
    }

    pub(super) fn openapi(&self, request: &ApiRequest) -> Handled {
        if let Some(published) = self.published.get() {
            return Ok(published.answer(request));
        }
        let (url, apps) = (&self.settings.public_url, self.scalekit.connectors());
        let document = openapi::fill_in(&self.descriptions.document, url, apps);
        let document = document.map_err(|_| Problem::internal())?;
        let published = openapi::Published::new(&document);
        Ok(self.published.get_or_init(|| published).answer(request))
    }
}

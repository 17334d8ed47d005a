//! Runs as resources: a list of them, and each with its result.
//!
//! Owns their addresses. A list goes through the workflows one after the other, each from its newest
//! run; its cursor is sealed for its caller, as those of the API are.

use serde_json::json;

use super::Asking;
use super::entry::Refused;
use crate::api::cursor::CursorScope;
use crate::api::runs::DEFAULT_LIMIT;
use crate::service::Api;
use crate::wire::problem::Problem;
use onbehalf_mcp::{
    Cache, Code, Outcome, Resource, RpcError, Template, Version, resource_contents,
};
use onbehalf_runs::{RunFilter, RunQuery, RunSummary, WorkflowId};

const RUNS: &str = "onbehalf://runs/";
const TEMPLATE: Template = Template {
    uri: "onbehalf://runs/{workflow}/{runId}",
    name: "run",
    title: "A run",
    description: "A run of a workflow: where it stands, what it waits for, and what came of it.",
};
/// How long what cannot change any more may be kept, in milliseconds.
const ENDED_KEPT_MILLIS: u64 = 300_000;
/// What separates the two parts of a cursor. Neither has one in it.
const BETWEEN: char = '~';

/// The forms of addresses.
pub(super) fn templates() -> Outcome {
    let all = json!({ "resourceTemplates": [TEMPLATE.into_json()] });
    Outcome::of(all).kept(Cache::public(3_600_000))
}

impl Api {
    /// A page of the caller's runs.
    pub(super) async fn list_as_resources(
        &self,
        asking: &Asking,
        cursor: Option<String>,
    ) -> Result<Outcome, Refused> {
        let hosted: Vec<_> = self.workflows.iter().map(|it| it.id()).collect();
        let (at, sealed) = place(cursor.as_deref(), &hosted)?;
        let Some(workflow) = hosted.get(at) else {
            return Ok(listed(&[], None));
        };
        let scope = CursorScope {
            owner: asking.caller.owner.as_str(),
            workflow,
            filter: RunFilter::default(),
        };
        let seal = &self.settings.seal;
        let before = sealed.map(|it| scope.read(seal, it)).transpose();
        let query = RunQuery {
            workflow: WorkflowId::new(*workflow),
            filter: RunFilter::default(),
            limit: DEFAULT_LIMIT,
            before: before.map_err(|_| no_such_page())?,
        };
        let page = self.backend.list_runs(&asking.caller.owner, query).await;
        let page = page.map_err(Problem::from)?;
        let next = match page.next {
            Some(position) => Some(format!(
                "{workflow}{BETWEEN}{}",
                scope.write(seal, position)
            )),
            None => hosted.get(at + 1).map(|next| format!("{next}{BETWEEN}")),
        };
        let runs: Vec<_> = page.runs.iter().map(resource).collect();
        Ok(listed(&runs, next))
    }

    /// A run.
    pub(super) async fn read_as_resource(
        &self,
        asking: &Asking,
        uri: &str,
    ) -> Result<Outcome, Refused> {
        let named = uri.strip_prefix(RUNS).and_then(|it| it.split_once('/'));
        let run = match named {
            Some((workflow, run_id)) => {
                let run = self.run_of(asking, run_id).await?;
                run.filter(|run| run.workflow == workflow)
            }
            None => None,
        };
        let Some(run) = run else {
            let code = match asking.version {
                Version::V2026_07_28 => Code::InvalidParams,
                Version::V2025_06_18 | Version::V2025_11_25 => Code::ResourceNotFound,
            };
            return Err(RpcError::new(code, "Resource not found").into());
        };
        let millis = if run.status.ended() {
            ENDED_KEPT_MILLIS
        } else {
            0
        };
        let shown = self.shown_run(&asking.caller, &run);
        // The address is one of ours, letter for letter: it named a run.
        Ok(resource_contents(uri, &shown).kept(Cache::private(millis)))
    }
}

fn listed(runs: &[serde_json::Value], next: Option<String>) -> Outcome {
    let mut all = json!({ "resources": runs });
    if let Some(next) = next {
        all["nextCursor"] = next.into();
    }
    Outcome::of(all).kept(Cache::private(0))
}

/// Where a cursor leads: to which of the workflows, and behind which of its pages.
fn place<'a>(
    cursor: Option<&'a str>,
    hosted: &[&str],
) -> Result<(usize, Option<&'a str>), RpcError> {
    let Some(cursor) = cursor else {
        return Ok((0, None));
    };
    let (workflow, sealed) = cursor.split_once(BETWEEN).ok_or_else(no_such_page)?;
    let at = hosted.iter().position(|it| *it == workflow);
    let at = at.ok_or_else(no_such_page)?;
    Ok((at, Some(sealed).filter(|it| !it.is_empty())))
}

fn no_such_page() -> RpcError {
    RpcError::new(Code::InvalidParams, "The cursor is none of this list")
}

fn resource(run: &RunSummary) -> serde_json::Value {
    let RunSummary {
        run_id, workflow, ..
    } = run;
    Resource {
        uri: format!("{RUNS}{workflow}/{run_id}"),
        name: run_id.to_string(),
        title: format!("{workflow}, {}", run.started_at),
        description: format!("A run that is {}.", run.status.name()),
        last_modified: run.ended_at.unwrap_or(run.started_at).to_string(),
    }
    .into_json()
}

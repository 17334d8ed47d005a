//! What `GET /api/tools` and `GET /api/workflows` answer: known when the Worker is built.
//!
//! Owns the two lists. Not compiled for the Worker, which has them in writing.

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use crate::offer::{CatalogueNote, Origin};
use onbehalf_connector::{CallKind, Connector};
use onbehalf_runs::hosted::{Listed, Need, WorkflowList};
use onbehalf_tools::{ErasedTool, Registry};

/// The tools on offer.
#[derive(Debug, Serialize, JsonSchema)]
pub struct ToolListResponse {
    /// In the order they were registered; those of the catalogue by name behind them.
    pub tools: Vec<ToolView>,
    /// What is said of the catalogue, where any of it is open.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub catalogue: Option<CatalogueNote>,
}

/// One tool.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ToolView {
    /// Its name.
    pub id: String,
    /// What it does.
    pub description: String,
    /// Whose account it uses.
    pub connector: Connector,
    /// Whether it changes anything in the connected app.
    pub writes: bool,
    /// JSON Schema of its input.
    pub input_schema: Value,
    /// JSON Schema of its outcome; absent where nobody has described it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub output_schema: Option<Value>,
    /// Where it is from.
    pub origin: Origin,
}

impl ToolListResponse {
    /// Describes these tools.
    pub fn of(tools: &Registry) -> Self {
        let tools = tools.iter().map(ToolView::of).collect();
        Self {
            tools,
            catalogue: None,
        }
    }
}

impl ToolView {
    fn of(tool: &dyn ErasedTool) -> Self {
        let schemas = tool.schemas();
        Self {
            id: tool.id().to_owned(),
            description: tool.description().to_owned(),
            connector: tool.connector(),
            writes: tool.kind() == CallKind::Write,
            input_schema: schemas.input,
            output_schema: Some(schemas.outcome),
            origin: Origin::Typed,
        }
    }
}

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
    /// What its runs act through.
    pub uses: Vec<UseView>,
    /// What its results measure over runs, for people; absent where they cannot be compared.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub measures: Option<String>,
    /// JSON Schema of what a run is started with.
    pub input_schema: Value,
}

/// An app that runs of a workflow act through.
#[derive(Debug, Serialize, JsonSchema)]
pub struct UseView {
    /// The app.
    pub connector: Connector,
    /// The scopes that its calls take, as the app names them.
    pub scopes: Vec<String>,
}

impl WorkflowListResponse {
    /// Describes these workflows.
    pub fn of(workflows: &WorkflowList) -> Self {
        let workflows = workflows.offered().map(WorkflowView::of).collect();
        Self { workflows }
    }
}

impl WorkflowView {
    fn of(workflow: &dyn Listed) -> Self {
        Self {
            id: workflow.id().to_owned(),
            version: workflow.version(),
            title: workflow.title().to_owned(),
            description: workflow.description().to_owned(),
            schedule: workflow.schedule().map(str::to_owned),
            uses: workflow.uses().iter().map(UseView::of).collect(),
            measures: workflow.measures().map(str::to_owned),
            input_schema: workflow.input_schema(),
        }
    }
}

impl UseView {
    fn of(need: &Need) -> Self {
        Self {
            connector: need.connector,
            scopes: need.scopes.iter().map(|it| (*it).to_owned()).collect(),
        }
    }
}

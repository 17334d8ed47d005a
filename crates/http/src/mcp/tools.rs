//! The list of tools.
//!
//! Owns how what a caller is offered is told: under which name, with which annotations, in which
//! order. What a tool's schema is, is for whoever made it to say.

use serde_json::value::RawValue;
use serde_json::{Value, json};

use super::Asking;
use super::entry::Refused;
use super::own::{self, Own};
use super::shown::run_schema;
use crate::offer::{OfferedTool, Origin};
use crate::service::Api;
use crate::wire::problem::Problem;
use onbehalf_connector::CallKind;
use onbehalf_mcp::{Annotations, Cache, Outcome, Tool, either, page};
use onbehalf_runs::RunView;
use onbehalf_runs::tool_call::TOOL_CALL;

/// Tools on one page. Some clients read only the first, and everything that ships fits on it.
const PAGE: usize = 100;
/// How long the list may be kept, in milliseconds: what a caller has connected changes it.
const KEPT_MILLIS: u64 = 60_000;
/// What the names of tools that only add something begin or go on with. A write of another name may
/// change what is there.
const ADDS: [&str; 4] = ["create", "add", "send", "post"];

/// The workflows that are part of this service, as they are written down.
#[derive(serde::Deserialize)]
struct Written<'a> {
    #[serde(borrow)]
    workflows: Vec<WrittenWorkflow<'a>>,
}

#[derive(serde::Deserialize)]
#[serde(rename_all = "camelCase")]
struct WrittenWorkflow<'a> {
    #[serde(borrow)]
    id: std::borrow::Cow<'a, str>,
    #[serde(borrow)]
    input_schema: &'a RawValue,
}

impl Api {
    /// A page of the tools, in the order of their names.
    pub(super) async fn list_as_tools(
        &self,
        asking: &Asking,
        cursor: Option<&str>,
    ) -> Result<Outcome, Refused> {
        let mut tools = own::tools(self);
        tools.extend(self.run_tools()?);
        for offered in self.offered_tools(&asking.caller).await? {
            // A name that is taken is not offered twice.
            if Own::of(self, &offered.id).is_none() {
                tools.push(described(&offered)?);
            }
        }
        tools.sort_by(|one, other| one.name.cmp(&other.name));
        let page = page(tools, |tool| &tool.name, cursor, PAGE)?;
        let tools: Vec<_> = page.items.into_iter().map(Tool::into_json).collect();
        let mut listed = json!({ "tools": tools });
        if let Some(next) = page.next {
            listed["nextCursor"] = next.into();
        }
        Ok(Outcome::of(listed).kept(Cache::private(KEPT_MILLIS)))
    }

    /// The tools that start runs.
    fn run_tools(&self) -> Result<Vec<Tool>, Problem> {
        // It was written by this program, so not reading it is a defect.
        let written: Written<'_> =
            serde_json::from_str(&self.descriptions.workflows).map_err(|_| Problem::internal())?;
        let mut tools = Vec::new();
        for workflow in self.workflows.offered() {
            let schema = written.workflows.iter().find(|it| it.id == workflow.id());
            let schema = schema
                .map(|it| it.input_schema)
                .ok_or_else(Problem::internal)?;
            let description = format!(
                "Starts a run: {} Answers with its end, or with where it stands and its name.",
                workflow.description()
            );
            tools.push(Tool {
                name: own::run_tool(workflow),
                title: workflow.title().to_owned(),
                description,
                input: parsed(schema)?,
                output: Some(run_schema()),
                annotations: Annotations {
                    reads_only: false,
                    destroys: false,
                    is_idempotent: false,
                    reaches_out: true,
                },
            });
        }
        Ok(tools)
    }
}

/// A tool that every caller of tools is offered, as the protocol has it.
fn described(offered: &OfferedTool<'_>) -> Result<Tool, Problem> {
    let writes = offered.kind == CallKind::Write;
    let output = offered.output_schema.as_deref().map(parsed).transpose()?;
    let output = match writes {
        // A write may have to be waited for.
        true => output.map(|outcome| either(outcome, run_schema())),
        false => output,
    };
    Ok(Tool {
        name: offered.id.to_string(),
        title: title(&offered.id),
        description: offered.description.to_string(),
        input: parsed(&offered.input_schema)?,
        output,
        annotations: Annotations {
            reads_only: !writes,
            // What a stranger's tool does beside what its name says is not known.
            destroys: writes && !(offered.origin == Origin::Typed && only_adds(&offered.id)),
            is_idempotent: !writes,
            reaches_out: true,
        },
    })
}

fn parsed(schema: &RawValue) -> Result<Value, Problem> {
    serde_json::from_str(schema.get()).map_err(|_| Problem::internal())
}

fn words(id: &str) -> impl Iterator<Item = &str> {
    id.split(['-', '_'])
}

fn only_adds(id: &str) -> bool {
    words(id).any(|word| ADDS.contains(&word))
}

/// A name for people: its words, the first of them with a capital.
fn title(id: &str) -> String {
    let text = words(id).collect::<Vec<_>>().join(" ");
    let mut letters = text.chars();
    let first = letters.next().map(|first| first.to_ascii_uppercase());
    first.into_iter().chain(letters).collect()
}

/// Whether a run is a single write with a tool.
pub(super) fn is_of_a_tool(run: &RunView) -> bool {
    run.workflow == TOOL_CALL
}

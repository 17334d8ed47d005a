// A new workflow: a folder in crates/agents with one step, hosted by its line in the table there.

import { behindLast, each, pascal, shout, snake, title } from './names.mjs';

/** The files and changes that make a workflow of this name. */
export function workflowChanges(name) {
  const type = pascal(name);
  const module = snake(name);
  return {
    files: {
      [`crates/agents/src/${module}/mod.rs`]: source(name, type),
      [`crates/agents/src/${module}/first.rs`]: step(type, module),
      [`crates/agents/tests/${module}.rs`]: test(name, type, module),
    },
    edits: {
      'crates/agents/src/lib.rs': each(
        behindLast('^pub mod \\w+;$', `\npub mod ${module};`),
        behindLast('\\.with::<[\\w:]+>\\(\\)$', `\n        .with::<${module}::${type}>()`),
      ),
    },
    packages: ['onbehalf-agents'],
    next: `write what it does as steps beside crates/agents/src/${module}/first.rs; npm start serves it at /api/workflows/${name}.`,
  };
}

const source = (name, type) => `//! ${title(name)}: what it is for, in a sentence.
//!
//! Owns its rules. Knows nothing of how a caller signed in, how a tool reaches its app, how a run
//! survives, or that it runs on Cloudflare.

mod first;

pub use first::First;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use onbehalf_acting::{Lent, Services};
use onbehalf_clock::Timestamp;
use onbehalf_engine::{Definition, Workflow, workflow};
use onbehalf_identity::RequestContext;
use onbehalf_runs::RunReason;
use onbehalf_runs::hosted::Hosted;

/// How one run behaves. \`{}\` is a valid input.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
#[schemars(rename = "${type}Input")]
pub struct ${type}Input {}

/// What all steps of a run share.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ${type}State {}

/// The result of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "${type}Result")]
pub struct ${type}Result {
    /// The moment that the run counts from.
    pub at: Timestamp,
}

/// What an operator can tune without touching code: the \`${shout(name)}\` variable.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct ${type}Settings {}

/// The workflow's types and name.
pub struct ${type};

impl Definition for ${type} {
    const ID: &'static str = "${name}";
    const VERSION: u32 = 1;
    type Input = ${type}Input;
    type State = ${type}State;
    type Context = RequestContext;
    type Result = ${type}Result;
    type Services = Services<${type}Settings>;
    type Reason = RunReason;
}

impl Hosted<Lent> for ${type} {
    const TITLE: &'static str = "${title(name)}";
    const DESCRIPTION: &'static str = "Says when it was started.";
    const SCHEDULE: Option<&'static str> = None;
    const SETTINGS_KEY: &'static str = "${shout(name)}";
    type Settings = ${type}Settings;

    fn settings(text: Option<&str>) -> Result<${type}Settings, String> {
        match text.map(str::trim).filter(|text| !text.is_empty()) {
            Some(text) => serde_json::from_slice(text.as_bytes()).map_err(|error| error.to_string()),
            None => Ok(${type}Settings::default()),
        }
    }

    fn services(lent: Lent, settings: ${type}Settings) -> Services<${type}Settings> {
        Services::new(lent.means, settings)
    }

    fn chain() -> Workflow<Self> {
        workflow::<Self>().then(First).build()
    }
}
`;

const step = (type, module) => `//! Step 1: when the run was started.

use async_trait::async_trait;

use crate::${module}::{${type}, ${type}Input, ${type}Result};
use onbehalf_clock::Timestamp;
use onbehalf_engine::{Flow, Step, StepContext, StepResult};

/// Step 1.
pub struct First;

#[async_trait(?Send)]
impl Step<${type}> for First {
    type Input = ${type}Input;
    type Output = ${type}Result;

    fn id(&self) -> &'static str {
        "first"
    }

    async fn run(
        &self,
        _: ${type}Input,
        cx: &StepContext<${type}>,
    ) -> StepResult<${type}, ${type}Result> {
        // Kept with the run: a step may run again from its start after a crash.
        let at: Timestamp = cx.memo("at", || async { Ok(cx.now()) }).await?;
        Ok(Flow::Next(${type}Result { at }))
    }
}
`;

const test = (name, type, module) => `//! ${title(name)} end to end: real table, engine, client and tools in the sandbox's world.

mod common;

use common::office::Office;
use onbehalf_agents::${module}::${type};
use onbehalf_runs::hosted::Workflows;
use serde_json::json;

#[test]
fn a_run_says_when_it_was_started() {
    let office = Office::hosting(Workflows::default().with::<${type}>());
    let result = office.run("${name}", "alice", "run_1", &json!({})).result();
    assert!(result["at"].is_string(), "{result}");
}
`;

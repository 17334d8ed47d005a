//! One tool of the catalogue: sent, and found again, like any other.

use std::time::Duration;

use async_trait::async_trait;
use serde_json::{Value, json};

use onbehalf_connector::{
    CallFailure, CallKind, Connector, Scalekit, ScopedTool, SendPermit, ToolCall, Violation,
};

use super::lookup::Lookup;
use super::parameters::{Parameters, unknown_violations};
use super::settings::{CatalogueSettings, Rule};
use crate::account::says_who;
use crate::context::ToolContext;
use crate::finding::{CallMark, Look, Sought};
use crate::outcome::ToolOutcome;
use crate::registry::{ErasedTool, not_taken};

/// Longest name: what models' providers take for a tool's.
const LONGEST_NAME: usize = 64;
/// Longest description that is passed on, in characters.
const LONGEST_DESCRIPTION: usize = 1000;
/// Largest answer to a write that is kept in its journal, in bytes of JSON. What the app holds of it can
/// be read there.
const LARGEST_KEPT: usize = 64 * 1024;

/// What a call of any tool of the catalogue comes to when it succeeds: the app's own answer, below one
/// name, so that nothing in it can be mistaken for ours.
pub(super) const OUTPUT: &str = "data";

/// A tool of the catalogue.
#[derive(Clone, Debug, PartialEq)]
pub struct CatalogueTool {
    name: String,
    description: String,
    connector: Connector,
    kind: CallKind,
    data: Vec<String>,
    lookup: Option<Lookup>,
    /// What it takes; unknown for a tool that the settings alone know.
    parameters: Option<Parameters>,
}

impl CatalogueTool {
    /// A tool as a user is offered it; `None` when it is nothing to offer.
    pub(super) fn offered(listed: &ScopedTool, rule: &Rule) -> Option<Self> {
        let parameters = Parameters::of(&listed.input_schema, &rule.data).ok()?;
        Some(Self {
            description: one_line(&listed.description),
            parameters: Some(parameters),
            ..Self::bare(&listed.name, rule)?
        })
    }

    /// A tool as the settings alone know it.
    pub(super) fn declared(name: &str, settings: &CatalogueSettings) -> Option<Self> {
        Self::bare(name, settings.rule(name)?)
    }

    fn bare(name: &str, rule: &Rule) -> Option<Self> {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
        if name.is_empty() || name.len() > LONGEST_NAME || !name.bytes().all(plain) {
            return None;
        }
        // What it answers would name somebody to a model, whichever rule opens it.
        if says_who(rule.connector, name) {
            return None;
        }
        let kind = rule.kind(name);
        Some(Self {
            name: name.to_owned(),
            description: String::new(),
            connector: rule.connector,
            kind,
            data: rule.data.clone(),
            lookup: rule.lookup.clone().filter(|_| kind == CallKind::Write),
            parameters: None,
        })
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Whose account it uses.
    pub(super) const fn its_connector(&self) -> Connector {
        self.connector
    }

    /// JSON Schema of what it takes; an object of anything where that is not known.
    pub fn input_schema(&self) -> Value {
        match &self.parameters {
            Some(parameters) => parameters.schema().clone(),
            None => json!({ "type": "object" }),
        }
    }

    /// How much it takes in memory, roughly.
    pub(super) fn bytes(&self) -> usize {
        let schema = self
            .parameters
            .as_ref()
            .map_or(0, |it| it.schema().to_string().len());
        self.name.len() + self.description.len() + schema
    }

    fn violations(&self, input: &Value) -> Vec<Violation> {
        match &self.parameters {
            Some(parameters) => parameters.violations(input),
            None => unknown_violations(input, &self.data),
        }
    }

    async fn send(
        &self,
        scalekit: &Scalekit,
        context: &ToolContext,
        params: Value,
        permit: &dyn SendPermit,
    ) -> ToolOutcome<Value> {
        let call = ToolCall {
            tool_name: &self.name,
            identifier: context.scalekit_identifier(),
            connector: self.connector,
            params,
            agent_run_id: context.agent_run_id(),
            trace_id: context.trace_id(),
            kind: self.kind,
        };
        let known = [context.scalekit_identifier(), context.user_id()];
        match scalekit.execute(&call, permit).await {
            Ok(executed) => {
                ToolOutcome::Success(self.output(executed.data.unwrap_or_else(|| json!({}))))
            }
            Err(failure) => failure.without(&known).into(),
        }
    }

    fn output(&self, data: Value) -> Value {
        if self.kind == CallKind::Write && data.to_string().len() > LARGEST_KEPT {
            return json!({ OUTPUT: {}, "tooLargeToKeep": true });
        }
        json!({ OUTPUT: data })
    }
}

/// A stranger's words on one line, as long as they may be.
fn one_line(text: &str) -> String {
    let plain = text.chars().map(|c| if c.is_control() { ' ' } else { c });
    plain
        .take(LONGEST_DESCRIPTION)
        .collect::<String>()
        .trim()
        .to_owned()
}

#[async_trait(?Send)]
impl ErasedTool for CatalogueTool {
    fn id(&self) -> &str {
        &self.name
    }

    fn description(&self) -> &str {
        &self.description
    }

    fn connector(&self) -> Connector {
        self.connector
    }

    fn kind(&self) -> CallKind {
        self.kind
    }

    #[cfg(not(target_arch = "wasm32"))]
    fn schemas(&self) -> crate::schemas::ToolSchemas {
        crate::schemas::ToolSchemas {
            input: self.input_schema(),
            outcome: json!({ "type": "object", "required": ["status"],
                "properties": { "status": { "type": "string" } } }),
        }
    }

    fn checked(&self, input: Value) -> Result<Value, CallFailure> {
        let violations = self.violations(&input);
        if violations.is_empty() {
            Ok(input)
        } else {
            Err(CallFailure::InvalidInput { violations })
        }
    }

    fn visible_after(&self) -> Option<Duration> {
        self.lookup.as_ref().map(Lookup::visible_after)
    }

    async fn execute(
        &self,
        scalekit: &Scalekit,
        context: &ToolContext,
        input: Value,
        permit: &dyn SendPermit,
    ) -> ToolOutcome<Value> {
        match self.checked(input) {
            Ok(input) => self.send(scalekit, context, input, permit).await,
            Err(failure) => not_taken(failure, context),
        }
    }

    async fn execute_marked(
        &self,
        scalekit: &Scalekit,
        context: &ToolContext,
        input: Value,
        mark: &CallMark,
        permit: &dyn SendPermit,
    ) -> ToolOutcome<Value> {
        // What was accepted may be of an earlier description of the tool: Scalekit holds it against its
        // own.
        let input = match &self.lookup {
            Some(lookup) => lookup.marked(input, mark),
            None => input,
        };
        self.send(scalekit, context, input, permit).await
    }

    async fn find(
        &self,
        look: Look<'_>,
        input: Value,
        mark: &CallMark,
    ) -> Option<Result<Sought<Value>, CallFailure>> {
        let lookup = self.lookup.as_ref()?;
        let found = lookup
            .find(look.means(), self.connector, &input, mark)
            .await;
        Some(found.map(|sought| sought.map(|item| self.output(item))))
    }
}

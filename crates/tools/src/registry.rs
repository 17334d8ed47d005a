//! All tools by id, with their types erased: for HTTP, for a model, for documentation.
//!
//! To add a tool: one file with its [`Tool`], one line in [`Registry::standard`].

use std::pin::Pin;
use std::rc::Rc;
use std::time::Duration;

use async_trait::async_trait;
use serde_json::Value;

use crate::refusal;
use onbehalf_connector::{
    CallFailure, CallKind, Connector, Scalekit, SendPermit, Violation, scrub,
};

use super::account::says_who;
use super::catalogue::Catalogue;
use super::context::{REQUIRED_CONTEXT, ToolContext};
use super::finding::{CallMark, Findable, Look, Sought};
use super::input::ToolInput;
use super::outcome::ToolOutcome;
#[cfg(not(target_arch = "wasm32"))]
use super::schema_guard::{SchemaRefused, check};
#[cfg(not(target_arch = "wasm32"))]
use super::schemas::ToolSchemas;
use super::tool::{Tool, run};

/// A tool without its types.
#[async_trait(?Send)]
pub trait ErasedTool {
    /// [`Tool::ID`]
    fn id(&self) -> &str;
    /// [`Tool::DESCRIPTION`]
    fn description(&self) -> &str;
    /// [`Tool::CONNECTOR`]
    fn connector(&self) -> Connector;
    /// [`Tool::KIND`]
    fn kind(&self) -> CallKind;
    /// What it takes and what it answers, where tools are described: not in the Worker, which has
    /// that in writing.
    #[cfg(not(target_arch = "wasm32"))]
    fn schemas(&self) -> ToolSchemas;
    /// What the request context must hold before the tool runs; no part of the input.
    fn required_context(&self) -> &'static [&'static str] {
        REQUIRED_CONTEXT
    }
    /// The input as it is kept and compared: every default written out.
    ///
    /// # Errors
    /// [`CallFailure::InvalidInput`] with the path of the field; nothing would be sent.
    fn checked(&self, input: Value) -> Result<Value, CallFailure>;
    /// How long after it landed a write may still not be found; `None` where it cannot be looked for.
    fn visible_after(&self) -> Option<Duration>;
    /// Reads the input, runs the tool and gives its outcome as JSON. A bad input is an
    /// `invalid_input` outcome with the path of the field.
    async fn execute(
        &self,
        scalekit: &Scalekit,
        context: &ToolContext,
        input: Value,
        permit: &dyn SendPermit,
    ) -> ToolOutcome<Value>;
    /// The same for a write that is to be found again, if it can be.
    async fn execute_marked(
        &self,
        scalekit: &Scalekit,
        context: &ToolContext,
        input: Value,
        mark: &CallMark,
        permit: &dyn SendPermit,
    ) -> ToolOutcome<Value>;
    /// Looks for a write that was sent with this input and mark; `None` where it cannot be looked for.
    async fn find(
        &self,
        look: Look<'_>,
        input: Value,
        mark: &CallMark,
    ) -> Option<Result<Sought<Value>, CallFailure>>;
}

type Finds<'a, T> = Pin<Box<dyn Future<Output = Result<Sought<T>, CallFailure>> + 'a>>;

/// How a tool's writes are found again.
struct Finding<T: Tool> {
    visible_after: Duration,
    marked: fn(T::Input, &CallMark) -> T::Input,
    find: for<'a> fn(Look<'a>, &'a T::Input, &'a CallMark) -> Finds<'a, T::Output>,
}

impl<T: Findable> Finding<T> {
    const fn declared() -> Self {
        Self {
            visible_after: T::VISIBLE_AFTER,
            marked: T::marked,
            find: |look, sent, mark| T::find(look, sent, mark),
        }
    }
}

struct Erased<T: Tool> {
    finding: Option<Finding<T>>,
}

impl<T: Tool> Erased<T> {
    /// Runs the tool on what was read of the input.
    async fn run(
        scalekit: &Scalekit,
        context: &ToolContext,
        input: Result<T::Input, CallFailure>,
        permit: &dyn SendPermit,
    ) -> ToolOutcome<Value> {
        match input {
            Ok(input) => run::<T>(scalekit, context, &input, permit)
                .await
                .map(|output| serde_json::to_value(output).unwrap_or(Value::Null)),
            Err(failure) => not_taken(failure, context),
        }
    }
}

#[async_trait(?Send)]
impl<T: Tool> ErasedTool for Erased<T> {
    fn id(&self) -> &str {
        T::ID
    }

    fn description(&self) -> &str {
        T::DESCRIPTION
    }

    fn connector(&self) -> Connector {
        T::CONNECTOR
    }

    fn kind(&self) -> CallKind {
        T::KIND
    }

    #[cfg(not(target_arch = "wasm32"))]
    fn schemas(&self) -> ToolSchemas {
        ToolSchemas::of::<T>()
    }

    fn checked(&self, input: Value) -> Result<Value, CallFailure> {
        let input = read::<T::Input>(input)?;
        T::params(&input)?;
        // What came out of JSON goes into it.
        Ok(serde_json::to_value(input).unwrap_or(Value::Null))
    }

    fn visible_after(&self) -> Option<Duration> {
        self.finding.as_ref().map(|it| it.visible_after)
    }

    async fn execute(
        &self,
        scalekit: &Scalekit,
        context: &ToolContext,
        input: Value,
        permit: &dyn SendPermit,
    ) -> ToolOutcome<Value> {
        Self::run(scalekit, context, read(input), permit).await
    }

    async fn execute_marked(
        &self,
        scalekit: &Scalekit,
        context: &ToolContext,
        input: Value,
        mark: &CallMark,
        permit: &dyn SendPermit,
    ) -> ToolOutcome<Value> {
        let input = read(input).map(|input| match &self.finding {
            Some(finding) => (finding.marked)(input, mark),
            None => input,
        });
        Self::run(scalekit, context, input, permit).await
    }

    async fn find(
        &self,
        look: Look<'_>,
        input: Value,
        mark: &CallMark,
    ) -> Option<Result<Sought<Value>, CallFailure>> {
        let finding = self.finding.as_ref()?;
        let sent = match read(input) {
            Ok(input) => (finding.marked)(input, mark),
            Err(failure) => return Some(Err(failure)),
        };
        let found = (finding.find)(look, &sent, mark).await;
        let json = |output| serde_json::to_value(output).unwrap_or(Value::Null);
        Some(found.map(|sought| sought.map(json)))
    }
}

/// The outcome of an input that was not taken, without the names of whoever sent it.
pub(crate) fn not_taken(failure: CallFailure, context: &ToolContext) -> ToolOutcome<Value> {
    let CallFailure::InvalidInput { violations } = failure else {
        return failure.into();
    };
    let known = [context.user_id(), context.scalekit_identifier()];
    let violations = violations.into_iter().map(|it| Violation {
        field: scrub::scrub(&it.field, &known),
        description: scrub::scrub(&it.description, &known),
    });
    let violations = violations.collect();
    CallFailure::InvalidInput { violations }.into()
}

/// The input, or the path of the field that is wrong and what is wrong with it.
fn read<I: ToolInput>(input: Value) -> Result<I, CallFailure> {
    let refused = |field: String, description: String| CallFailure::InvalidInput {
        violations: vec![Violation { field, description }],
    };
    // Serde would also read a list, field by field.
    if !input.is_object() {
        return Err(refused(String::new(), "must be an object".to_owned()));
    }
    serde_path_to_error::deserialize(input).map_err(|error| {
        let (path, words) = refusal::of(&error);
        let field = if path == "." { String::new() } else { path };
        refused(field, words)
    })
}

/// Why a tool is not taken into the registry.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RegistryError {
    /// The id is taken.
    #[error("two tools are called `{0}`")]
    Duplicate(&'static str),
    /// Its answer says who somebody is at an app, which no model is told.
    #[error("tool `{0}` refused: it says who somebody is")]
    SaysWho(&'static str),
    /// Its input must not be shown to a model.
    #[cfg(not(target_arch = "wasm32"))]
    #[error("tool `{id}` refused: {reason}")]
    Schema {
        /// The tool.
        id: &'static str,
        /// What its input asks for.
        reason: SchemaRefused,
    },
}

/// No tool of this id. Lists the ones there are.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown tool; known tools: {}", known.join(", "))]
pub struct UnknownTool {
    /// Ids, in the order of registration.
    pub known: Vec<String>,
}

/// The tools on offer, in the order they were added, and the catalogue behind them.
#[derive(Clone, Default)]
pub struct Registry {
    tools: Vec<Rc<dyn ErasedTool>>,
    catalogue: Option<Rc<Catalogue>>,
    hubspot_lag: Option<Duration>,
}

impl Registry {
    /// The tools this project ships for models and callers. Those that say who somebody is at an
    /// app (an owner, a person of a workspace), or where, are for steps alone and not among them.
    ///
    /// # Errors
    /// [`RegistryError`]; a test keeps it from happening.
    pub fn standard() -> Result<Self, RegistryError> {
        Self::default()
            .with::<super::HubspotContacts>()?
            .with::<super::ZendeskTickets>()?
            .with::<super::LinearIssues>()?
            .with_findable::<super::HubspotCreateTask>()?
            .with_findable::<super::LinearCreateComment>()?
            .with::<super::HubspotSearchTasks>()?
            .with::<super::LinearListComments>()?
            .with::<super::ZendeskQueue>()?
            .with::<super::LinearOpenIssues>()?
            .with::<super::HubspotDueTasks>()?
            .with::<super::SlackListMessages>()?
            .with_findable::<super::SlackSendMessage>()
    }

    /// Adds a tool that writes, and whose writes can be found again.
    ///
    /// # Errors
    /// As [`Self::with`].
    pub fn with_findable<T: Findable>(self) -> Result<Self, RegistryError> {
        self.add::<T>(Some(Finding::declared()))
    }

    /// Adds a tool. What its input asks for is looked at wherever tools are described: in tests, and
    /// when the Worker is built.
    ///
    /// # Errors
    /// [`RegistryError`] when the id is taken, the input asks for identity, or the answer gives one.
    pub fn with<T: Tool>(self) -> Result<Self, RegistryError> {
        self.add::<T>(None)
    }

    fn add<T: Tool>(mut self, finding: Option<Finding<T>>) -> Result<Self, RegistryError> {
        let tool = Erased::<T> { finding };
        if self.tools.iter().any(|other| other.id() == T::ID) {
            return Err(RegistryError::Duplicate(T::ID));
        }
        if says_who(T::CONNECTOR, T::SCALEKIT_NAME) {
            return Err(RegistryError::SaysWho(T::ID));
        }
        #[cfg(not(target_arch = "wasm32"))]
        check(&tool.schemas().input)
            .map_err(|reason| RegistryError::Schema { id: T::ID, reason })?;
        self.tools.push(Rc::new(tool));
        Ok(self)
    }

    /// With the tools of the catalogue that the settings open.
    #[must_use]
    pub fn with_catalogue(self, catalogue: Rc<Catalogue>) -> Self {
        Self {
            catalogue: Some(catalogue),
            ..self
        }
    }

    /// The catalogue, where there is one.
    pub fn catalogue(&self) -> Option<&Rc<Catalogue>> {
        self.catalogue.as_ref()
    }

    /// With how long HubSpot's search may lag behind what is written, as an operator has measured it.
    #[must_use]
    pub fn with_hubspot_lag(self, hubspot_lag: Duration) -> Self {
        Self {
            hubspot_lag: Some(hubspot_lag),
            ..self
        }
    }

    /// How long after it landed a write may still not be found; `None` where it cannot be looked for.
    pub fn visible_after(&self, tool: &dyn ErasedTool) -> Option<Duration> {
        let own = tool.visible_after()?;
        let measured = self
            .hubspot_lag
            .filter(|_| self.is_searched_in_hubspot(tool));
        Some(measured.unwrap_or(own))
    }

    /// Whether it is a tool of ours whose writes are looked for in HubSpot's search.
    fn is_searched_in_hubspot(&self, tool: &dyn ErasedTool) -> bool {
        tool.connector() == Connector::HUBSPOT && self.get(tool.id()).is_ok()
    }

    /// The tool of this id, also one of the catalogue: what a call needs that was accepted. Whether
    /// somebody may be offered it was asked when they called it.
    ///
    /// # Errors
    /// [`UnknownTool`] with the ids there are.
    pub fn accepted(&self, id: &str) -> Result<Rc<dyn ErasedTool>, UnknownTool> {
        self.get(id).or_else(|unknown| {
            let declared = self.catalogue.as_ref().and_then(|it| it.declared(id));
            let declared = declared.map(|tool| Rc::new(tool) as Rc<dyn ErasedTool>);
            declared.ok_or(unknown)
        })
    }

    /// Every tool but those of the catalogue.
    pub fn iter(&self) -> impl Iterator<Item = &dyn ErasedTool> {
        self.tools.iter().map(Rc::as_ref)
    }

    /// The tool of this id, of those that were written here.
    ///
    /// # Errors
    /// [`UnknownTool`] with the ids there are.
    pub fn get(&self, id: &str) -> Result<Rc<dyn ErasedTool>, UnknownTool> {
        let found = self.tools.iter().find(|tool| tool.id() == id);
        found.cloned().ok_or_else(|| UnknownTool {
            known: self.iter().map(|t| t.id().to_owned()).collect(),
        })
    }
}

#[cfg(test)]
#[path = "registry_tests.rs"]
mod tests;

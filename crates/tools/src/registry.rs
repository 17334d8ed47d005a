//! All tools by id, with their types erased: for HTTP, for a model, for documentation.
//!
//! To add a tool: one file with its [`Tool`], one line in [`Registry::standard`].

use std::marker::PhantomData;
use std::rc::Rc;

use async_trait::async_trait;
use serde_json::Value;

use crate::refusal;
use onbehalf_connector::{
    CallFailure, CallKind, Connector, Scalekit, SendPermit, Violation, scrub,
};

use super::context::{REQUIRED_CONTEXT, ToolContext};
use super::input::ToolInput;
#[cfg(not(target_arch = "wasm32"))]
use super::schema_guard::{SchemaRefused, check};
#[cfg(not(target_arch = "wasm32"))]
use super::schemas::ToolSchemas;
use super::tool::{Tool, run};

/// A tool without its types.
#[async_trait(?Send)]
pub trait ErasedTool {
    /// [`Tool::ID`]
    fn id(&self) -> &'static str;
    /// [`Tool::DESCRIPTION`]
    fn description(&self) -> &'static str;
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
    /// Reads the input, runs the tool and gives its [`ToolOutcome`](super::ToolOutcome) as JSON. A bad input is an
    /// `invalid_input` outcome with the path of the field.
    async fn execute_json(
        &self,
        scalekit: &Scalekit,
        context: &ToolContext,
        input: Value,
        permit: &dyn SendPermit,
    ) -> Value;
}

struct Erased<T>(PhantomData<T>);

#[async_trait(?Send)]
impl<T: Tool> ErasedTool for Erased<T> {
    fn id(&self) -> &'static str {
        T::ID
    }

    fn description(&self) -> &'static str {
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

    async fn execute_json(
        &self,
        scalekit: &Scalekit,
        context: &ToolContext,
        input: Value,
        permit: &dyn SendPermit,
    ) -> Value {
        let outcome = match read::<T::Input>(input) {
            Ok(input) => run::<T>(scalekit, context, &input, permit).await,
            Err((field, description)) => {
                let known = [context.user_id(), context.scalekit_identifier()];
                let [field, description] = [field, description].map(|t| scrub::scrub(&t, &known));
                let violations = vec![Violation { field, description }];
                CallFailure::InvalidInput { violations }.into()
            }
        };
        serde_json::to_value(outcome).unwrap_or(Value::Null)
    }
}

/// The input, or the path of the field that is wrong and what is wrong with it.
fn read<I: ToolInput>(input: Value) -> Result<I, (String, String)> {
    // Serde would also read a list, field by field.
    if !input.is_object() {
        return Err((String::new(), "must be an object".to_owned()));
    }
    serde_path_to_error::deserialize(input).map_err(|error| {
        let (path, words) = refusal::of(&error);
        let field = if path == "." { String::new() } else { path };
        (field, words)
    })
}

/// Why a tool is not taken into the registry.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RegistryError {
    /// The id is taken.
    #[error("two tools are called `{0}`")]
    Duplicate(&'static str),
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
    pub known: Vec<&'static str>,
}

/// The tools on offer, in the order they were added.
#[derive(Clone, Default)]
pub struct Registry(Vec<Rc<dyn ErasedTool>>);

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
            .with::<super::HubspotCreateTask>()?
            .with::<super::LinearCreateComment>()?
            .with::<super::HubspotSearchTasks>()?
            .with::<super::LinearListComments>()?
            .with::<super::ZendeskQueue>()?
            .with::<super::LinearOpenIssues>()?
            .with::<super::HubspotDueTasks>()?
            .with::<super::SlackListMessages>()?
            .with::<super::SlackSendMessage>()
    }

    /// Adds a tool. What its input asks for is looked at wherever tools are described: in tests, and
    /// when the Worker is built.
    ///
    /// # Errors
    /// [`RegistryError`] when the id is taken or the input asks for identity.
    pub fn with<T: Tool>(mut self) -> Result<Self, RegistryError> {
        let tool = Erased::<T>(PhantomData);
        if self.0.iter().any(|other| other.id() == T::ID) {
            return Err(RegistryError::Duplicate(T::ID));
        }
        #[cfg(not(target_arch = "wasm32"))]
        check(&tool.schemas().input)
            .map_err(|reason| RegistryError::Schema { id: T::ID, reason })?;
        self.0.push(Rc::new(tool));
        Ok(self)
    }

    /// Every tool.
    pub fn iter(&self) -> impl Iterator<Item = &dyn ErasedTool> {
        self.0.iter().map(Rc::as_ref)
    }

    /// The tool of this id.
    ///
    /// # Errors
    /// [`UnknownTool`] with the ids there are.
    pub fn get(&self, id: &str) -> Result<Rc<dyn ErasedTool>, UnknownTool> {
        let found = self.0.iter().find(|tool| tool.id() == id);
        found.cloned().ok_or_else(|| UnknownTool {
            known: self.iter().map(|t| t.id()).collect(),
        })
    }
}

#[cfg(test)]
#[path = "registry_tests.rs"]
mod tests;

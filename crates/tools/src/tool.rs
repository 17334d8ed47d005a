//! What a tool is, and the one way to run it.

use schemars::JsonSchema;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use onbehalf_clock::Timestamp;
use onbehalf_connector::{
    CallFailure, CallKind, Connector, Scalekit, SendPermit, ToolCall, Violation, unexplained,
};

use super::context::ToolContext;
use super::input::{InputError, ToolInput};
use super::outcome::ToolOutcome;

/// One action in one connected app. A tool is two pure functions around one call: input to
/// parameters, and the app's data to output. It never sees whose account it uses.
pub trait Tool: 'static {
    /// Stable name, as models and the registry know it, e.g. `zendesk-search-tickets`.
    const ID: &'static str;
    /// One or two sentences for a model.
    const DESCRIPTION: &'static str;
    /// Which of the user's accounts it uses.
    const CONNECTOR: Connector;
    /// Its name in Scalekit's catalogue.
    const SCALEKIT_NAME: &'static str;
    /// Whether it changes anything.
    const KIND: CallKind;
    /// Domain data only; defined with [`tool_input!`](crate::tool_input).
    type Input: ToolInput;
    /// A struct: its fields stand beside `status` in the outcome.
    type Output: Serialize + DeserializeOwned + JsonSchema + 'static;

    /// The parameters Scalekit's tool takes.
    ///
    /// # Errors
    /// [`InputError`] when a value is out of bounds; nothing is sent then.
    fn params(input: &Self::Input) -> Result<Value, InputError>;

    /// Reads the app's data. `now` is the client's clock after the answer.
    ///
    /// # Errors
    /// [`OutputError`] when the data reports a failure or is not what the contract says.
    fn output(
        data: &Value,
        input: &Self::Input,
        now: Timestamp,
    ) -> Result<Self::Output, OutputError>;

    /// The catalogue's name for this very input, where it depends on it.
    fn scalekit_name(_input: &Self::Input) -> &'static str {
        Self::SCALEKIT_NAME
    }

    /// Turns a failure into an output where the failure says that the wish is already fulfilled.
    ///
    /// # Errors
    /// The failure itself, otherwise.
    fn settled(failure: CallFailure, _input: &Self::Input) -> Result<Self::Output, CallFailure> {
        Err(failure)
    }
}

/// Why a 2xx answer holds no output.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OutputError {
    /// Not the shape the app documents; `.0` is what was looked for.
    #[error("the answer has no readable {0}")]
    Malformed(&'static str),
    /// The app reports a failure inside a 2xx answer, as GraphQL does.
    #[error(transparent)]
    Failed(#[from] CallFailure),
}

impl OutputError {
    /// For a write, an unreadable answer leaves open whether it landed.
    fn into_failure(self, kind: CallKind) -> CallFailure {
        match (self, kind) {
            (Self::Failed(failure), _) => failure,
            (Self::Malformed(_), CallKind::Write) => CallFailure::OutcomeUnknown,
            (Self::Malformed(what), CallKind::Read) => CallFailure::Upstream {
                code: unexplained::MALFORMED_ANSWER.to_owned(),
                message: format!("the answer has no readable {what}"),
            },
        }
    }
}

impl From<InputError> for CallFailure {
    fn from(error: InputError) -> Self {
        let InputError { field, description } = error;
        Self::InvalidInput {
            violations: vec![Violation { field, description }],
        }
    }
}

/// Runs a tool as the user of `context`. The permit is asked right before a write is sent.
pub async fn run<T: Tool>(
    scalekit: &Scalekit,
    context: &ToolContext,
    input: &T::Input,
    permit: &dyn SendPermit,
) -> ToolOutcome<T::Output> {
    match call::<T>(scalekit, context, input, permit).await {
        Ok(output) => ToolOutcome::Success(output),
        Err(failure) => failure.into(),
    }
}

/// The same, with the failure as the connector has it.
pub(super) async fn call<T: Tool>(
    scalekit: &Scalekit,
    context: &ToolContext,
    input: &T::Input,
    permit: &dyn SendPermit,
) -> Result<T::Output, CallFailure> {
    let called = attempt::<T>(scalekit, context, input, permit).await;
    called
        .or_else(|failure| T::settled(failure, input))
        .map_err(|failure| failure.without(&[context.scalekit_identifier(), context.user_id()]))
}

async fn attempt<T: Tool>(
    scalekit: &Scalekit,
    context: &ToolContext,
    input: &T::Input,
    permit: &dyn SendPermit,
) -> Result<T::Output, CallFailure> {
    let call = ToolCall {
        tool_name: T::scalekit_name(input),
        identifier: context.scalekit_identifier(),
        connector: T::CONNECTOR,
        params: T::params(input)?,
        agent_run_id: context.agent_run_id(),
        trace_id: context.trace_id(),
        kind: T::KIND,
    };
    let executed = scalekit.execute(&call, permit).await?;
    let data = executed.data.ok_or(OutputError::Malformed("data"));
    data.and_then(|data| T::output(&data, input, scalekit.clock().now()))
        .map_err(|error| error.into_failure(T::KIND))
}

//! Executing one tool of the catalogue as one user.

use serde_json::{Value, json};

use onbehalf_fetch::Method;

use super::accounts::ConnectionStatus;
use super::allowance::Lane;
use super::failure::{AuthReason, CallFailure};
use super::mapping::{Asked, unreadable};
use super::name::Connector;
use super::permit::{CallKind, SendPermit};
use super::transport::{Call, Refusal, Scalekit, TOOL_TIMEOUT};

/// One tool call. The identifier comes from the request context, never from `params`.
#[derive(Clone, Debug)]
pub struct ToolCall<'a> {
    /// The tool's name in Scalekit's catalogue, e.g. `hubspot_contacts_search`. Sent with the prefix
    /// of the connection that is configured.
    pub tool_name: &'a str,
    /// Whose account; opaque here.
    pub identifier: &'a str,
    /// Which of the user's accounts.
    pub connector: Connector,
    /// The tool's own parameters.
    pub params: Value,
    /// Groups the calls of one run in Scalekit's logs.
    pub agent_run_id: Option<&'a str>,
    /// The trace this call belongs to (W3C Trace Context), 32 hex digits.
    pub trace_id: Option<&'a str>,
    /// Decides what may be retried and what an unclear answer means.
    pub kind: CallKind,
}

/// What a tool gave.
#[derive(Clone, Debug, PartialEq)]
pub struct Executed {
    /// The connected app's own JSON; `None` where it answered with nothing, as Outlook does once it
    /// has taken a message.
    pub data: Option<Value>,
    /// Scalekit's id for this execution, for support; absent when it sent none.
    pub execution_id: Option<String>,
}

impl Scalekit {
    /// Executes a tool. Reads are tried up to three times; a write is sent at most once more, and
    /// only after a 401 about our own token.
    ///
    /// # Errors
    /// Every [`CallFailure`]. For a write, anything that leaves open whether it landed is
    /// [`CallFailure::OutcomeUnknown`].
    pub async fn execute(
        &self,
        call: &ToolCall<'_>,
        permit: &dyn SendPermit,
    ) -> Result<Executed, CallFailure> {
        let connection = self.config().connection(call.connector);
        let tool_name = connection.tool_name(call.connector, call.tool_name);
        let mut body = json!({
            "tool_name": tool_name,
            "identifier": call.identifier,
            "connector": connection.name(&call.connector),
            "params": call.params,
        });
        if let Some(run) = call.agent_run_id {
            body["agent_run_id"] = Value::from(run);
        }
        let sent = Call {
            asked: Asked::Tool(call.connector),
            tool: Some(&tool_name),
            kind: call.kind,
            method: Method::Post,
            path: "/api/v1/execute_tool".to_owned(),
            body: Some(body),
            timeout: TOOL_TIMEOUT,
            identifier: call.identifier,
            lane: Some(Lane::of(call.connector, call.tool_name)),
            trace_id: call.trace_id,
            permit,
        };
        let answer = match self.ask(&sent).await {
            Ok(answer) => answer,
            Err(Refusal::Plain(failure)) => return Err(failure),
            Err(Refusal::Doubtful(failure)) => return Err(self.missing(call, failure).await),
        };
        let Value::Object(mut answer) = answer else {
            return Err(unreadable(call.kind));
        };
        let data = answer.remove("data").filter(|data| !data.is_null());
        let execution_id = answer
            .get("execution_id")
            .and_then(Value::as_str)
            .map(str::to_owned);
        // Neither what the app said nor that it was asked: no answer of Scalekit's.
        if data.is_none() && execution_id.is_none() {
            return Err(unreadable(call.kind));
        }
        Ok(Executed { data, execution_id })
    }

    /// Finds out what is missing when Scalekit does not say: the account, or what `otherwise` names.
    /// Scalekit itself has refused, so nothing was done.
    async fn missing(&self, call: &ToolCall<'_>, otherwise: CallFailure) -> CallFailure {
        let asked = [call.connector];
        let found = self.connections(call.identifier, &asked, call.trace_id);
        let status = match found.await {
            Ok(found) => found.first().map(|connection| connection.status),
            Err(failure) => return failure,
        };
        let reason = match status {
            Some(ConnectionStatus::Active) | None => return otherwise,
            Some(ConnectionStatus::Expired) => AuthReason::TokenExpired,
            Some(ConnectionStatus::Disconnected) => AuthReason::AccountRevoked,
            Some(
                ConnectionStatus::NotConnected
                | ConnectionStatus::PendingAuth
                | ConnectionStatus::PendingVerification
                | ConnectionStatus::Unknown,
            ) => AuthReason::NotConnected,
        };
        CallFailure::AuthError {
            connector: call.connector,
            reason,
        }
    }
}

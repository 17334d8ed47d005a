//! The use of a tool: begun, waited for, and told.
//!
//! Owns what a client's word that its person was where they were sent is good for: nothing is believed
//! of it. What was begun is looked up again by the caller's own key, and what was not is asked for
//! again like the first time.

use std::time::Duration;

use super::Asking;
use super::entry::Refused;
use super::own::Own;
use super::shown::shown_outcome;
use super::tools::is_of_a_tool;
use crate::limits::Budget;
use crate::offer::{InHand, Seen, ToolCallFacts, ToolUse, Used, end_of};
use crate::seal::fingerprint;
use crate::service::Api;
use crate::wire::problem::{Problem, ProblemType};
use onbehalf_connector::Connector;
use onbehalf_mcp::{CallResult, Code, Outcome, RequestState, RpcError, ToolCall};
use onbehalf_runs::tool_call::{AskedBy, TOOL_CALL};
use onbehalf_runs::{Asker, IdempotencyKey, RunId, RunView};
use onbehalf_tools::ToolOutcome;
use serde_json::{Value, json};

/// How long a request waits for a person who is connecting an app, before it asks for it once more.
const CONNECTS_WITHIN: Duration = Duration::from_secs(15);
/// Between two looks whether they have.
const LOOK_AGAIN: Duration = Duration::from_secs(2);
/// Longest name a client may give a use, as for the API's header.
const MAX_KEY_BYTES: usize = 255;

/// What a use has come to so far.
pub(super) enum Begun {
    /// This is its end.
    Done(Outcome),
    /// It goes on as a run.
    Going(Going),
}

/// A run that was begun, or found again, for a request.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Going {
    pub asker: Asker,
    pub run_id: RunId,
    /// The run's workflow.
    pub workflow: String,
    /// Whether it was there before the request.
    pub repeated: bool,
    /// Names the request: the same tool with the same arguments.
    pub bound: String,
    /// The suspension that the client knows of.
    pub known: Option<u32>,
}

impl Api {
    /// Begins the use of a tool, or finds again what a client has kept of one.
    pub(super) async fn begin_as_tool(
        &self,
        asking: &Asking,
        call: ToolCall,
    ) -> Result<Begun, Refused> {
        let bound = fingerprint(&json!([call.name, call.arguments]).to_string());
        let kept = match &call.state {
            None => None,
            Some(state) => Some(self.state_of(asking, &bound, state).ok_or_else(|| {
                let why = "requestState is not good for this request, or is over";
                RpcError::new(Code::InvalidParams, why)
            })?),
        };
        if let Some(RequestState { run, .. }) = kept.as_ref().filter(|it| !it.run.is_empty()) {
            return self.found_again(asking, &call, bound, run).await;
        }
        if kept.is_some() && call.answers.declined() {
            let words = "The user does not want to connect the app, so nothing was done.";
            return Ok(Begun::Done(CallResult::failed(words).outcome()));
        }
        let waits = kept.is_some();
        let begun = match Own::of(self, &call.name) {
            Some(own) => self.begin_own(asking, own, &call, bound, waits).await,
            None => self.begin_tool(asking, call, bound, waits).await,
        };
        match begun {
            Err(Refused::Http(problem)) => told(&problem).map(Begun::Done),
            begun => begun,
        }
    }

    /// The run that a client was told of, if it is the caller's.
    async fn found_again(
        &self,
        asking: &Asking,
        call: &ToolCall,
        bound: String,
        run: &str,
    ) -> Result<Begun, Refused> {
        let asker = asking.caller.asker();
        let unknown = || RpcError::new(Code::InvalidParams, "requestState names nothing of yours");
        let run_id = RunId::parse(run).ok_or_else(unknown)?;
        if call.answers.declined() {
            // Whatever came of it, the look says.
            self.backend
                .cancel_run(&asking.caller.owner, &run_id)
                .await
                .map_err(Problem::from)?;
        }
        let run = self.backend.run(&asker, &run_id).await;
        let run = run.map_err(Problem::from)?.ok_or_else(unknown)?;
        Ok(Begun::Going(Going {
            asker,
            run_id,
            known: run.suspension.as_ref().map(|it| it.number),
            workflow: run.workflow,
            repeated: false,
            bound,
        }))
    }

    /// Begins the use of one of the tools that every caller of tools is offered.
    async fn begin_tool(
        &self,
        asking: &Asking,
        call: ToolCall,
        bound: String,
        waits: bool,
    ) -> Result<Begun, Refused> {
        let caller = &asking.caller;
        let tool = match self.offered_tool(caller, &call.name).await {
            Err(problem) if problem.kind() == ProblemType::ToolNotFound => {
                return Err(RpcError::new(Code::InvalidParams, "Unknown tool").into());
            }
            found => found?,
        };
        self.within(caller, Budget::Calls).await?;
        if waits {
            self.until_connected(asking, tool.connector()).await;
        }
        let mut wanted = ToolUse::of(caller.clone(), tool, AskedBy::Mcp)?;
        wanted.idempotency_key = idempotency_key(&call)?;
        match self.begin_use(wanted, call.arguments).await? {
            InHand::Call(begun) => Ok(Begun::Going(Going {
                asker: begun.asker,
                run_id: begun.facts.call_id,
                workflow: TOOL_CALL.to_owned(),
                repeated: begun.facts.repeated,
                bound,
                known: None,
            })),
            InHand::Done(Used::Read(outcome)) => {
                self.read(asking, &bound, outcome).map(Begun::Done)
            }
            // A use that is not dry ends in none of these before it is begun.
            InHand::Done(_) => Err(Problem::internal().into()),
        }
    }

    /// What was read, as it is told.
    fn read(
        &self,
        asking: &Asking,
        bound: &str,
        outcome: ToolOutcome<Value>,
    ) -> Result<Outcome, Refused> {
        let dead = match &outcome {
            ToolOutcome::AuthError { connector, .. } => Some(*connector),
            _ => None,
        };
        let is_error = !matches!(outcome, ToolOutcome::Success(_));
        let structured = Some(shown_outcome(json!(outcome), &asking.caller));
        let result = CallResult {
            words: None,
            structured,
            is_error,
        };
        match dead {
            Some(connector) => self.not_connected(asking, bound, connector.name(), result),
            None => Ok(result.outcome()),
        }
    }

    /// Waits a while for a person who was sent to connect an app.
    pub(super) async fn until_connected(&self, asking: &Asking, connector: Connector) {
        let identifier = asking.caller.context.scalekit_identifier.as_str();
        let until = self.clock.now().plus(CONNECTS_WITHIN);
        // What cannot be looked up is found out by what was asked for.
        while let Ok(false) = self.is_active(identifier, connector).await
            && self.clock.now() < until
        {
            self.clock.sleep(LOOK_AGAIN).await;
        }
    }

    /// What has come of a run, once it has ended, or waits for somebody, or nobody waits any longer.
    pub(super) async fn end_as_tool(
        &self,
        asking: &Asking,
        going: Going,
    ) -> Result<Outcome, Refused> {
        match self.awaited(&going.asker, &going.run_id, going.known).await {
            Seen::Run(run) => self.come_of(asking, &going, &run),
            Seen::Gone => {
                let words =
                    "This call was made before, and what became of it is not kept any more.";
                Ok(CallResult::failed(words).outcome())
            }
            Seen::Unreachable => {
                let id = &going.run_id;
                let words = format!("It goes on. get_run with runId {id} says what came of it.");
                let structured =
                    json!({ "runId": id, "workflow": going.workflow, "status": "running" });
                Ok(CallResult {
                    words: Some(words),
                    structured: Some(structured),
                    is_error: false,
                }
                .outcome())
            }
        }
    }

    /// What has come of a run by now.
    pub(super) fn come_of(
        &self,
        asking: &Asking,
        going: &Going,
        run: &RunView,
    ) -> Result<Outcome, Refused> {
        match run.status.ended() {
            true => Ok(self.ended(asking, going.repeated, run)),
            false => self.goes_on(asking, going, run),
        }
    }

    /// The end of a run, as it is told.
    pub(super) fn ended(&self, asking: &Asking, repeated: bool, run: &RunView) -> Outcome {
        let caller = &asking.caller;
        let (structured, is_error) = match end_of(run).filter(|_| is_of_a_tool(run)) {
            Some(outcome) => {
                let failed = outcome["status"] != "success";
                let call_id = RunId::stored(run.run_id.clone());
                let facts = ToolCallFacts { call_id, repeated };
                (shown_outcome(facts.beside(outcome), caller), failed)
            }
            None => (self.shown_run(caller, run), run.result.is_none()),
        };
        let again =
            "This call was made before; this is what came of it, and nothing more was written.";
        CallResult {
            words: repeated.then(|| again.to_owned()),
            structured: Some(structured),
            is_error,
        }
        .outcome()
    }
}

/// A problem as the model is told it. Too many requests are the client's business.
fn told(problem: &Problem) -> Result<Outcome, Refused> {
    match problem.kind() {
        ProblemType::RateLimited => Err(problem.clone().into()),
        _ => Ok(CallResult::failed(problem.detail()).outcome()),
    }
}

/// What a client calls a use, if that can be a name.
pub(super) fn idempotency_key(call: &ToolCall) -> Result<Option<IdempotencyKey>, RpcError> {
    let Some(key) = &call.idempotency_key else {
        return Ok(None);
    };
    let visible = key.bytes().all(|byte| byte.is_ascii_graphic());
    if key.is_empty() || key.len() > MAX_KEY_BYTES || !visible {
        let why = "onbehalf/idempotencyKey must be 1 to 255 visible ASCII characters";
        return Err(RpcError::new(Code::InvalidParams, why));
    }
    Ok(Some(IdempotencyKey::new(key.clone())))
}

//! What a model asks for: decided about, made, and told back.
//!
//! Owns that nothing is done twice: what a call came to is kept before the next one begins, and what
//! was decided before anything is written. What a model cannot be given is told it as a result, in
//! words of ours, so that it can do better. Which calls can be made at all is for [`super::ready`].

use std::rc::Rc;

use serde_json::json;

use super::input::{MadeCall, TurnInput};
use super::kept::KeptCall;
use super::latest;
use super::pieces::{CallAt, decision_name, result_name};
use super::ready::{self, Ready, refused};
use super::seen;
use super::spec::Agent;
use super::turn::Turn;
use super::write::TurnWrite;
use crate::tool_call::{ToolWrite, plan_hash};
use crate::{
    CONNECTIONS, Circuit, Failure, FailureKind, Manner, OnMissingConnector, approval_needed,
    asked_pause, deferred, reconnection_required, result, tool_context,
};
use onbehalf_clock::Timestamp;
use onbehalf_connector::{AlwaysPermit, CallFailure, CallKind, Connector};
use onbehalf_engine::{Settled, StepContext, StepError, SuspendReason};
use onbehalf_models::{Call, ToolResult};
use onbehalf_runs::{ApprovalMode, Decided, PlanItem, RunAnswer, RunReason, Standing, WorkflowId};
use onbehalf_tools::ToolOutcome;

/// What came of a model's calls.
pub(super) enum Came {
    /// A result for each, in order, and what is said of it in the end.
    Results(Vec<(ToolResult, KeptCall)>),
    /// Nothing yet: the turn waits.
    Waits(SuspendReason<RunReason>),
}

/// The calls of one answer.
struct Making<'a, A: Agent> {
    step: u32,
    input: &'a TurnInput,
    cx: &'a StepContext<Turn<A>>,
}

/// Makes the calls of one answer.
pub(super) async fn make<A: Agent>(
    step: u32,
    calls: &[Call],
    input: &TurnInput,
    cx: &StepContext<Turn<A>>,
) -> Result<Came, StepError> {
    let making = Making { step, input, cx };
    let mut reads = Vec::new();
    let mut writes = Vec::new();
    for (index, call) in calls.iter().enumerate() {
        if cx.kept::<KeptCall>(&making.name(index))?.is_some() {
            continue;
        }
        if let Some(workflow) = latest::workflow_of(&call.tool, A::spec().runs) {
            making.look(index, &workflow).await?;
            continue;
        }
        match ready::check(making.at(index), call, input, cx).await? {
            Ok(ready) if ready.tool.kind() == CallKind::Read => reads.push((index, ready)),
            Ok(ready) => writes.push((index, ready)),
            Err(refused) => making.keep(index, refused).await?,
        }
    }
    if let Some(reason) = making.read(reads).await? {
        return Ok(Came::Waits(reason));
    }
    if let Some(reason) = making.write(writes).await? {
        return Ok(Came::Waits(reason));
    }
    let mut results = Vec::new();
    for (index, call) in calls.iter().enumerate() {
        let kept = cx.kept::<KeptCall>(&making.name(index))?;
        let kept = kept.ok_or_else(|| StepError::terminal("a call came to nothing"))?;
        let result = ToolResult {
            call: call.id.clone(),
            content: kept.content.clone(),
            failed: !kept.made.done,
        };
        results.push((result, kept));
    }
    Ok(Came::Results(results))
}

impl<A: Agent> Making<'_, A> {
    fn name(&self, index: usize) -> String {
        result_name(self.at(index))
    }

    fn item(&self, index: usize) -> String {
        self.at(index).to_string()
    }

    fn at(&self, index: usize) -> CallAt {
        let step = self.step;
        CallAt { step, index }
    }

    async fn keep(&self, index: usize, kept: KeptCall) -> Result<(), StepError> {
        let kept = self.cx.memo(&self.name(index), || async { Ok(kept) }).await;
        kept.map(|_: KeptCall| ())
    }

    /// Reads the latest result of a workflow.
    async fn look(&self, index: usize, workflow: &WorkflowId) -> Result<(), StepError> {
        self.cx.checkpoint()?;
        let latest = self.cx.services().runs.latest(workflow).await;
        let latest = latest.map_err(|error| StepError::Retry {
            message: format!("earlier runs cannot be reached: {error}"),
            after: None,
        })?;
        let content = match &latest {
            Some(run) => {
                let source = format!("the latest run of {workflow}");
                seen::from(&source, latest::told(run), self.cx.context())
            }
            None => seen::from_here("there is no run that has ended"),
        };
        let made = MadeCall {
            tool: Some(latest::name_of(workflow.as_str())),
            connector: None,
            writes: false,
            done: latest.is_some(),
        };
        let rejected = false;
        let kept = KeptCall {
            content,
            made,
            rejected,
        };
        self.keep(index, kept).await
    }

    /// Reads, side by side. Answers what the turn waits for, if it does.
    async fn read(
        &self,
        reads: Vec<(usize, Ready)>,
    ) -> Result<Option<SuspendReason<RunReason>>, StepError> {
        let began = self.cx.now();
        let waits = self
            .cx
            .for_each(reads, CONNECTIONS, |(index, ready)| {
                self.read_one(index, ready)
            })
            .await?;
        let waits: Vec<_> = waits.into_iter().flatten().collect();
        let dead = waits.iter().filter(|(_, failure)| failure.is_auth());
        let dead: Vec<_> = dead
            .map(|(connector, failure)| (*connector, failure))
            .collect();
        if !dead.is_empty() {
            let reason = reconnection_required::<Turn<A>>(dead, Some(began));
            return Ok(Some(reason));
        }
        let pause = waits.iter().map(|(_, failure)| asked_pause(failure)).max();
        Ok(pause.map(|pause| SuspendReason::RateLimited {
            until: self.cx.now().plus(pause),
        }))
    }

    /// One read; its failure where it is waited for.
    async fn read_one(
        &self,
        index: usize,
        ready: Ready,
    ) -> Result<Option<(Connector, Failure)>, StepError> {
        self.cx.checkpoint()?;
        let context = self.cx.context();
        let acting = match tool_context(context, self.cx.run_id()) {
            Ok(acting) => acting,
            Err(failure) => return Err(StepError::terminal(failure.message)),
        };
        let scalekit = &self.cx.services().call.usual.scalekit;
        let arguments = ready.arguments.clone();
        let outcome = ready
            .tool
            .execute(scalekit, &acting, arguments, &AlwaysPermit);
        let outcome = outcome.await;
        let connector = ready.tool.connector();
        let failure = result(outcome.clone()).err();
        if let Some(failure) = &failure {
            let waits = match failure.kind {
                FailureKind::AuthError => {
                    self.input.on_missing_connector == OnMissingConnector::Suspend
                }
                FailureKind::RateLimited => true,
                _ => false,
            };
            if waits {
                return Ok(Some((connector, failure.clone())));
            }
        }
        let content = seen::from_app(connector, json!(outcome), context);
        self.keep(index, ready.kept(content, failure.is_none()))
            .await?;
        Ok(None)
    }

    /// Writes, one after the other. Answers what the turn waits for, if it does.
    async fn write(
        &self,
        writes: Vec<(usize, Ready)>,
    ) -> Result<Option<SuspendReason<RunReason>>, StepError> {
        let asked = writes.iter().filter(|(_, ready)| ready.is_asked_about);
        let asked: Vec<_> = asked.map(|(index, ready)| (*index, ready)).collect();
        let decided = match self.decision(&asked).await? {
            Ok(decided) => decided,
            Err(reason) => return Ok(Some(reason)),
        };
        for (index, ready) in &writes {
            let standing = decided
                .as_ref()
                .filter(|_| ready.is_asked_about)
                .map_or(Standing::Approved, |it| {
                    it.standing(&self.item(*index), &ready.asked())
                });
            if standing != Standing::Approved {
                let why = "a person has looked at it and said no";
                let rejected = KeptCall {
                    rejected: true,
                    ..refused(Some(&*ready.tool), why)
                };
                self.keep(*index, rejected).await?;
                continue;
            }
            if let Some(reason) = self.write_one(*index, ready).await? {
                return Ok(Some(reason));
            }
        }
        Ok(None)
    }

    /// What was decided about the writes that are asked about; what is waited for where nothing was.
    async fn decision(
        &self,
        asked: &[(usize, &Ready)],
    ) -> Result<Result<Option<Decided>, SuspendReason<RunReason>>, StepError> {
        if asked.is_empty() {
            return Ok(Ok(None));
        }
        let name = decision_name(self.step);
        if let Some(decided) = self.cx.kept(&name)? {
            return Ok(Ok(Some(decided)));
        }
        let unwritable = |error: serde_json::Error| StepError::terminal(error.to_string());
        let items = asked.iter();
        let items: Result<Vec<_>, _> = items
            .map(|(index, ready)| PlanItem::new(self.item(*index), &ready.asked()))
            .collect();
        let items = items.map_err(unwritable)?;
        let hash = self.hash(&items);
        if let Some(RunAnswer::Approval(decided)) = self.cx.answer()
            && decided.hash == hash
        {
            // Kept before anything is written: what is written is what was decided, whatever comes.
            let decided = decided.clone();
            let decided = self.cx.memo(&name, || async { Ok(decided) }).await?;
            return Ok(Ok(Some(decided)));
        }
        let mode = approval_needed(self.cx, self.input.approval, ApprovalMode::Required)?;
        let plan = json!(items.iter().map(|it| &it.write).collect::<Vec<_>>());
        let reason = RunReason::ApprovalRequired {
            plan,
            hash,
            items: Some(items),
            mode,
        };
        Ok(Err(reason.into()))
    }

    /// Bound to the principal, the turn and all that is asked for together.
    fn hash(&self, items: &[PlanItem]) -> String {
        let writes: Vec<_> = items.iter().map(|it| (&it.item, &it.write)).collect();
        plan_hash(self.cx.context(), self.cx.run_id(), &json!(writes))
    }

    async fn write_one(
        &self,
        index: usize,
        ready: &Ready,
    ) -> Result<Option<SuspendReason<RunReason>>, StepError> {
        let now = self.cx.now();
        let began = format!("began-{}", self.item(index));
        let began: Timestamp = self.cx.memo(&began, || async { Ok(now) }).await?;
        let manner = Manner {
            waits_for_connection: self.input.on_missing_connector == OnMissingConnector::Suspend,
            circuit: Rc::new(Circuit::default()),
        };
        let write = ToolWrite::of(ready.tool.id(), ready.arguments.clone(), began, manner);
        let settled = self.cx.effect(&self.item(index), &TurnWrite(write)).await?;
        let outcome = match settled {
            Settled::Landed(output) => ToolOutcome::Success(output),
            Settled::Refused(outcome) => outcome,
            Settled::Expired(outcome) => outcome.unwrap_or_else(|| CallFailure::Unavailable.into()),
            Settled::UnknownOutcome => CallFailure::OutcomeUnknown.into(),
            Settled::Pending(until) => return Ok(Some(SuspendReason::Retrying { until })),
            Settled::Deferred(outcome, until) => {
                return Ok(Some(match result(outcome) {
                    Ok(_) => SuspendReason::Retrying { until },
                    Err(failure) => deferred::<Turn<A>>(ready.tool.connector(), &failure, until),
                }));
            }
        };
        let done = matches!(outcome, ToolOutcome::Success(_));
        let content = seen::from_app(ready.tool.connector(), json!(outcome), self.cx.context());
        self.keep(index, ready.kept(content, done)).await?;
        Ok(None)
    }
}

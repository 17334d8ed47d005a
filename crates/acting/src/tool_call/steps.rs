//! The two steps: may it be made, and making it.

use std::rc::Rc;

use async_trait::async_trait;
use serde_json::Value;

use super::ToolCall;
use super::asked::{Asked, plan_hash};
use super::write::ToolWrite;
use crate::{
    Circuit, Failure, FailureKind, Manner, approval_needed, deferred, result, write_policy,
};
use onbehalf_clock::Timestamp;
use onbehalf_connector::CallFailure;
use onbehalf_engine::{
    Flow, Settled, Step, StepContext, StepError, StepPolicy, StepResult, SuspendReason,
};
use onbehalf_identity::RequestContext;
use onbehalf_runs::tool_call::{self, Question, ToolCallEnd, ToolCallInput, ToolCallResult};
use onbehalf_runs::{ApprovalMode, PlanItem, RunAnswer, RunReason, Standing};
use onbehalf_tools::{ErrorKind, ToolError, ToolOutcome};

/// Names the one write of a plan.
const ITEM: &str = "call";

/// Finds out whether a call may be made, and waits for a person where one has to look at it.
pub struct Decide;

/// Makes it.
pub struct Send;

impl Asked<'_> {
    fn put_up(
        &self,
        context: &RequestContext,
        mode: ApprovalMode,
    ) -> Result<RunReason, serde_json::Error> {
        Ok(RunReason::ApprovalRequired {
            plan: serde_json::to_value(self)?,
            hash: plan_hash(context, self.tool, self.arguments),
            items: Some(vec![PlanItem::new(ITEM, self)?]),
            mode,
        })
    }
}

#[async_trait(?Send)]
impl Step<ToolCall> for Decide {
    type Input = ToolCallInput;
    type Output = ToolCallInput;

    fn id(&self) -> &'static str {
        "decide"
    }

    async fn run(
        &self,
        input: ToolCallInput,
        cx: &StepContext<ToolCall>,
    ) -> StepResult<ToolCall, ToolCallInput> {
        let services = cx.services();
        let Ok(tool) = services.tools.accepted(&input.tool) else {
            let gone = CallFailure::UnknownTool.into();
            return Ok(Flow::Exit(ended(ToolCallEnd::Refused, &gone)));
        };
        let context = cx.context();
        // The policy of now, as well as what it said when the call was made.
        let decided = services.usual.settings.decide(&Question {
            tool: tool.id(),
            connector: tool.connector(),
            kind: tool.kind(),
            by: input.by,
            context,
        });
        let needed = match decided {
            tool_call::Decide::Allow => ApprovalMode::None,
            tool_call::Decide::Ask => ApprovalMode::Required,
            tool_call::Decide::Deny => {
                let denied = not_sent("denied", "the policy of this service does not allow it");
                return Ok(Flow::Exit(ended(ToolCallEnd::Denied, &denied)));
            }
        };
        let asked = Asked::of(tool.as_ref(), &input.arguments);
        if let Some(RunAnswer::Approval(decision)) = cx.answer() {
            match decision.standing(ITEM, &asked) {
                Standing::Approved => return Ok(Flow::Next(input)),
                Standing::Rejected => {
                    let rejected = not_sent("rejected", "a person has looked at it and said no");
                    return Ok(Flow::Exit(ended(ToolCallEnd::Rejected, &rejected)));
                }
                // About something else: what there is now is put up.
                Standing::NotCovered => {}
            }
        }
        let mode = approval_needed(cx, input.approval, needed)?;
        if mode == ApprovalMode::None {
            return Ok(Flow::Next(input));
        }
        let put_up = asked.put_up(context, mode);
        let put_up = put_up.map_err(|error| StepError::terminal(error.to_string()))?;
        Ok(Flow::Suspend(put_up.into()))
    }
}

#[async_trait(?Send)]
impl Step<ToolCall> for Send {
    type Input = ToolCallInput;
    type Output = ToolCallResult;

    fn id(&self) -> &'static str {
        "write"
    }

    fn policy(&self) -> StepPolicy {
        write_policy()
    }

    async fn run(
        &self,
        input: ToolCallInput,
        cx: &StepContext<ToolCall>,
    ) -> StepResult<ToolCall, ToolCallResult> {
        let now = cx.now();
        let began: Timestamp = cx.memo("began", || async { Ok(now) }).await?;
        let manner = Manner {
            waits_for_connection: input.waits_for_connection,
            circuit: Rc::new(Circuit::default()),
        };
        let write = ToolWrite::of(&input.tool, input.arguments.clone(), began, manner);
        let (end, outcome) = match cx.effect(ITEM, &write).await? {
            Settled::Landed(output) => (ToolCallEnd::Landed, ToolOutcome::Success(output)),
            Settled::Refused(outcome) => (refused_as(&outcome), outcome),
            Settled::Expired(outcome) => {
                let never_taken = || CallFailure::Unavailable.into();
                (ToolCallEnd::Expired, outcome.unwrap_or_else(never_taken))
            }
            Settled::UnknownOutcome => (
                ToolCallEnd::UnknownOutcome,
                CallFailure::OutcomeUnknown.into(),
            ),
            Settled::Pending(until) => {
                return Ok(Flow::Suspend(SuspendReason::Retrying { until }));
            }
            Settled::Deferred(outcome, until) => {
                let tool = cx.services().tools.accepted(&input.tool).ok();
                let reason = match (failure(outcome), tool) {
                    (Some(failure), Some(tool)) => {
                        deferred::<ToolCall>(tool.connector(), &failure, until)
                    }
                    _ => SuspendReason::Retrying { until },
                };
                return Ok(Flow::Suspend(reason));
            }
        };
        Ok(Flow::Next(ended(end, &outcome)))
    }
}

fn refused_as(outcome: &ToolOutcome<Value>) -> ToolCallEnd {
    match failure(outcome.clone()) {
        Some(failure) if failure.kind == FailureKind::AuthError => ToolCallEnd::NotConnected,
        _ => ToolCallEnd::Refused,
    }
}

fn failure(outcome: ToolOutcome<Value>) -> Option<Failure> {
    result(outcome).err()
}

/// The outcome of a write that somebody or something forbids.
fn not_sent(code: &str, why: &str) -> ToolOutcome<Value> {
    ToolOutcome::Error(ToolError {
        kind: ErrorKind::NotSent,
        message: format!("not sent: {why}"),
        can_retry: false,
        code: Some(code.to_owned()),
        violations: Vec::new(),
    })
}

fn ended(end: ToolCallEnd, outcome: &ToolOutcome<Value>) -> ToolCallResult {
    ToolCallResult {
        end,
        // An outcome is JSON already.
        outcome: serde_json::to_value(outcome).unwrap_or(Value::Null),
    }
}

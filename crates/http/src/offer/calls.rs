//! A write that somebody asks for directly: begun, waited for a while, and found again by its name.
//!
//! The write is made by a run, so that it happens once whatever happens to whom. A call's name is its
//! run's name: who may see it is for the run to say, and so is deciding about it and cancelling it,
//! which are done where runs are.

use std::collections::BTreeMap;
use std::time::Duration;

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value, json};

use super::uses::Used;
use crate::api::runs::{Begun, begun};
use crate::service::Api;
use crate::sign_in::Caller;
use crate::wire::problem::{Problem, ProblemType};
use onbehalf_connector::CallFailure;
use onbehalf_engine::RunStatus;
use onbehalf_runs::tool_call::{TOOL_CALL, ToolCallInput, ToolCallResult};
use onbehalf_runs::{
    Asker, IdempotencyKey, Overlap, RunId, RunView, StartRun, SuspensionView, WaitView, WorkflowId,
};
use onbehalf_tools::{ErrorKind, ToolError, ToolOutcome};

/// How long a request waits for its call's end. A write takes a second or two; one whose answer was
/// lost is found within as many. Half of what the more impatient clients wait, which is 30 seconds.
const ANSWER_WITHIN: Duration = Duration::from_secs(15);
/// The first look at a call that was just made; each look that finds it under way doubles the pause …
const FIRST_PAUSE: Duration = Duration::from_millis(10);
/// … up to this.
const LONGEST_PAUSE: Duration = Duration::from_secs(1);
/// The step in which something is written.
const WRITING_STEP: &str = "write";

/// What is said of a direct write beside the tool's own outcome.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ToolCallFacts {
    /// The call's name. Reads have none.
    pub call_id: RunId,
    /// Whether this is the end of an earlier call: the same tool with the same arguments, or the same
    /// idempotency key. Nothing more was written.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub repeated: bool,
}

impl ToolCallFacts {
    /// An outcome with what is said of its call.
    pub fn beside(&self, outcome: Value) -> Value {
        let mut all = match outcome {
            Value::Object(members) => members,
            _ => Map::new(),
        };
        if let Value::Object(facts) = json!(self) {
            all.extend(facts);
        }
        all.into()
    }
}

/// A call that has not ended.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ToolCallPending {
    /// The call.
    #[serde(flatten)]
    pub facts: ToolCallFacts,
    /// Where it stands.
    #[schemars(with = "onbehalf_runs::RunStatusSchema")]
    pub status: RunStatus,
    /// What it waits for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub suspension: Option<SuspensionView>,
    /// While it waits for a connection: where to make it. The link does not go stale.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub connect: Option<BTreeMap<String, String>>,
    /// Where it is decided about (`…/resume`) and cancelled.
    pub run: String,
}

/// A call that was begun, and who looks at it.
#[derive(Clone, Debug)]
pub struct CallInHand {
    /// As whom it is looked at.
    pub asker: Asker,
    /// The call.
    pub facts: ToolCallFacts,
}

impl Api {
    /// Makes a write, and does not wait for it.
    pub(super) async fn begin_call(
        &self,
        caller: Caller,
        input: &ToolCallInput,
        idempotency_key: Option<IdempotencyKey>,
    ) -> Result<CallInHand, Problem> {
        let asker = caller.asker();
        let start = StartRun {
            owner: caller.owner,
            context: caller.context,
            workflow: WorkflowId::new(TOOL_CALL),
            input: serde_json::to_value(input).map_err(|_| Problem::internal())?,
            idempotency_key,
            overlap: Overlap::Allow,
            repeats: Some(input.repeats(self.settings.tool_repeats_within)),
        };
        let Begun { run_id, fresh, .. } = begun(self.backend.start_run(start).await?)?;
        let facts = ToolCallFacts {
            call_id: run_id,
            repeated: !fresh,
        };
        Ok(CallInHand { asker, facts })
    }

    /// What has come of a call once it has ended, or waits for somebody, or nobody waits any longer.
    ///
    /// # Errors
    /// 404 for one whose end is forgotten.
    pub async fn end_of_call(&self, call: CallInHand) -> Result<Used, Problem> {
        let CallInHand { asker, facts } = call;
        match self.awaited(&asker, &facts.call_id, None).await {
            Seen::Run(run) => Ok(self.used(facts, &run)),
            Seen::Gone => {
                let detail = "This call was made before, and what became of it is not kept any \
                              more. Send it with an Idempotency-Key of its own to make it again.";
                Err(Problem::new(ProblemType::ToolCallNotFound, detail))
            }
            Seen::Unreachable => Ok(pending(facts, RunStatus::Running, None, None)),
        }
    }

    /// What has come of a call of this name by now.
    ///
    /// # Errors
    /// 404 for one that the caller does not have.
    pub async fn call_by_name(&self, caller: &Caller, call_id: RunId) -> Result<Used, Problem> {
        let run = self.backend.run(&caller.asker(), &call_id).await?;
        let run = run.filter(|run| run.workflow == TOOL_CALL);
        let facts = ToolCallFacts {
            call_id,
            repeated: false,
        };
        Ok(self.used(facts, &run.ok_or_else(tool_call_not_found)?))
    }

    /// Looks at a run until it has ended, or waits for somebody, or time is up. Whoever is `known` to
    /// be waited for, by the number of the suspension, is waited for here as well.
    pub(crate) async fn awaited(&self, asker: &Asker, run_id: &RunId, known: Option<u32>) -> Seen {
        let until = self.clock.now().plus(ANSWER_WITHIN);
        let mut pause = FIRST_PAUSE;
        loop {
            // The run is made by now, whatever keeps it from being seen.
            let seen = match self.backend.run(asker, run_id).await {
                Ok(Some(run)) => Seen::Run(Box::new(run)),
                Ok(None) => return Seen::Gone,
                Err(_) => Seen::Unreachable,
            };
            let rests = matches!(&seen, Seen::Run(run) if rests(run, known));
            if rests || self.clock.now() >= until {
                return seen;
            }
            self.clock.sleep(pause).await;
            pause = pause.saturating_mul(2).min(LONGEST_PAUSE);
        }
    }

    fn used(&self, facts: ToolCallFacts, run: &RunView) -> Used {
        match end_of(run) {
            Some(outcome) => Used::Written {
                outcome,
                call: facts,
            },
            None => {
                let connect = self.connect_links(run);
                pending(facts, run.status, run.suspension.clone(), connect)
            }
        }
    }
}

/// The one answer for every call that the caller does not have.
pub fn tool_call_not_found() -> Problem {
    let detail = "You have made no call of this name.";
    Problem::new(ProblemType::ToolCallNotFound, detail)
}

/// What came of looking at a run.
pub(crate) enum Seen {
    /// Where it stands.
    Run(Box<RunView>),
    /// It was made, and is forgotten.
    Gone,
    /// Nobody can say at the moment.
    Unreachable,
}

/// Whether nothing happens until somebody does something who is not `known` to be waited for.
pub(crate) fn rests(run: &RunView, known: Option<u32>) -> bool {
    let waits_for_somebody = run.suspension.as_ref().is_some_and(|it| {
        let for_somebody = matches!(
            it.reason,
            WaitView::ConnectionRequired { .. } | WaitView::ApprovalRequired { .. }
        );
        for_somebody && known != Some(it.number)
    });
    run.status.ended() || waits_for_somebody
}

fn pending(
    facts: ToolCallFacts,
    status: RunStatus,
    suspension: Option<SuspensionView>,
    connect: Option<BTreeMap<String, String>>,
) -> Used {
    let run = format!("/api/workflows/{TOOL_CALL}/runs/{}", facts.call_id);
    Used::Pending(ToolCallPending {
        facts,
        status,
        suspension,
        connect,
        run,
    })
}

/// The outcome of a call that has ended.
pub(crate) fn end_of(run: &RunView) -> Option<Value> {
    if !run.status.ended() {
        return None;
    }
    let result = run.result.clone();
    let result = result.and_then(|it| serde_json::from_value::<ToolCallResult>(it).ok());
    Some(match result {
        Some(ToolCallResult { outcome, .. }) => outcome,
        None => json!(without_result(run)),
    })
}

/// A call that was cancelled, or that failed for a reason of our own. Whether something was written
/// stands in its run's events; unless it never came to writing, it is not guessed here.
fn without_result(run: &RunView) -> ToolOutcome<Value> {
    let began_to_write = run.steps.iter().any(|step| step.id == WRITING_STEP);
    let (kind, message) = match (began_to_write, run.status) {
        (true, _) => return CallFailure::OutcomeUnknown.into(),
        (false, RunStatus::Cancelled) => (ErrorKind::NotSent, "not sent: the call was cancelled"),
        (false, _) => (ErrorKind::NotSent, "not sent: the call could not be made"),
    };
    ToolOutcome::Error(ToolError {
        kind,
        message: message.to_owned(),
        can_retry: false,
        code: Some(run.status.name().to_owned()),
        violations: Vec::new(),
    })
}

//! The use of a tool: checked, decided about, and made.
//!
//! What reads is done here and now; what writes is a call of its own ([`super::calls`]). A tool that
//! ran and did not succeed is no problem: its typed outcome is what came of it.

use std::rc::Rc;

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use super::calls::{CallInHand, ToolCallFacts, ToolCallPending};
use crate::service::{Api, keepers_only};
use crate::sign_in::Caller;
use crate::wire::problem::{Problem, ProblemType};
use onbehalf_connector::{AlwaysPermit, CallFailure, CallKind, Violation};
use onbehalf_runs::tool_call::{AskedBy, Decide, Question, ToolCallInput};
use onbehalf_runs::{ApprovalMode, IdempotencyKey};
use onbehalf_tools::{DryWrite, ErasedTool, ErrorKind, ToolContext, ToolError, ToolOutcome};

/// A use that is asked for, by a caller who may ask for it.
pub struct ToolUse {
    pub(super) caller: Caller,
    tool: Rc<dyn ErasedTool>,
    by: AskedBy,
    /// The name that whoever asks has given to this use, for a write that is meant to be another than
    /// one that looks like it.
    pub idempotency_key: Option<IdempotencyKey>,
    /// Whether what would be written is only listed.
    pub dry_run: bool,
    /// Whether a write whose app is not connected waits for that, instead of ending.
    pub waits_for_connection: bool,
}

impl ToolUse {
    /// A use of this tool, asked for through `by`.
    ///
    /// # Errors
    /// 403 for a write with accounts that are kept by others.
    pub fn of(caller: Caller, tool: Rc<dyn ErasedTool>, by: AskedBy) -> Result<Self, Problem> {
        if tool.kind() == CallKind::Write && !caller.keeps_accounts() {
            return Err(keepers_only());
        }
        Ok(Self {
            caller,
            tool,
            by,
            idempotency_key: None,
            dry_run: false,
            waits_for_connection: true,
        })
    }
}

/// What has come of a use.
#[derive(Debug)]
pub enum Used {
    /// It has read, with this outcome.
    Read(ToolOutcome<Value>),
    /// It is a write that has ended.
    Written {
        /// The tool's typed outcome, as JSON.
        outcome: Value,
        /// What is said of its call.
        call: ToolCallFacts,
    },
    /// It is a write that has not ended: it goes on, or waits for somebody.
    Pending(ToolCallPending),
    /// What it would write.
    Dry(DryRun),
}

/// A use that was begun.
pub enum InHand {
    /// This has come of it already.
    Done(Used),
    /// It is a write, which goes on whether or not anybody looks.
    Call(CallInHand),
}

/// What a call would write; nothing was written.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct DryRun {
    /// Always true.
    pub dry_run: bool,
    /// What the policy says of the call.
    pub decision: Decide,
    /// The writes, in order; none where the tool only reads.
    pub writes: Vec<DryWrite>,
}

impl Api {
    /// Uses a tool, and waits a while for the end of a write.
    ///
    /// # Errors
    /// Why it was not used; nothing was sent.
    pub async fn use_tool(&self, wanted: ToolUse, arguments: Value) -> Result<Used, Problem> {
        match self.begin_use(wanted, arguments).await? {
            InHand::Done(used) => Ok(used),
            InHand::Call(call) => self.end_of_call(call).await,
        }
    }

    /// The same without waiting for a write.
    ///
    /// # Errors
    /// As [`Self::use_tool`].
    pub async fn begin_use(&self, wanted: ToolUse, arguments: Value) -> Result<InHand, Problem> {
        let tool = Rc::clone(&wanted.tool);
        let decision = self.settings.tool_policy.decide(&Question {
            tool: tool.id(),
            connector: tool.connector(),
            kind: tool.kind(),
            by: wanted.by,
            context: &wanted.caller.context,
        });
        if wanted.dry_run {
            let arguments = tool.checked(arguments).map_err(refused_input)?;
            return Ok(InHand::Done(Used::Dry(dry(&*tool, decision, arguments))));
        }
        let approval = match decision {
            Decide::Allow => ApprovalMode::None,
            Decide::Ask => ApprovalMode::Required,
            Decide::Deny => {
                let detail = "The policy of this service does not allow this call.";
                return Err(Problem::new(ProblemType::ToolDenied, detail));
            }
        };
        if tool.kind() == CallKind::Read {
            let read = self.read_with(&*tool, &wanted.caller, arguments).await;
            return read.map(|outcome| InHand::Done(Used::Read(outcome)));
        }
        let call = ToolCallInput {
            tool: tool.id().to_owned(),
            arguments: tool.checked(arguments).map_err(refused_input)?,
            by: wanted.by,
            approval,
            waits_for_connection: wanted.waits_for_connection,
        };
        let key = wanted.idempotency_key;
        self.begin_call(wanted.caller, &call, key)
            .await
            .map(InHand::Call)
    }

    /// Reads, here and now: what is read twice does no harm.
    async fn read_with(
        &self,
        tool: &dyn ErasedTool,
        caller: &Caller,
        arguments: Value,
    ) -> Result<ToolOutcome<Value>, Problem> {
        let context = tool_context(caller)?;
        let outcome = tool
            .execute(&self.scalekit, &context, arguments, &AlwaysPermit)
            .await;
        match outcome {
            ToolOutcome::Error(ToolError {
                kind: ErrorKind::InvalidInput,
                violations,
                ..
            }) => Err(not_accepted(violations)),
            outcome => Ok(outcome),
        }
    }
}

/// The identity that a caller's use of a tool acts under.
///
/// # Errors
/// 403, with what is missing of it.
pub(crate) fn tool_context(caller: &Caller) -> Result<ToolContext, Problem> {
    let context = ToolContext::from_keys(
        Some(&caller.context.user_id),
        Some(caller.context.scalekit_identifier.as_str()),
    );
    context
        .map(|context| context.with_trace_id(caller.context.trace_id.clone()))
        .map_err(|missing| {
            Problem::new(ProblemType::Forbidden, format!("{missing}."))
                .with("missing", missing.keys)
        })
}

/// What a call would write.
fn dry(tool: &dyn ErasedTool, decision: Decide, arguments: Value) -> DryRun {
    let write = (tool.kind() == CallKind::Write).then(|| DryWrite {
        tool: tool.id().to_owned(),
        connector: tool.connector(),
        arguments,
    });
    DryRun {
        dry_run: true,
        decision,
        writes: write.into_iter().collect(),
    }
}

/// The problem of an input that is not accepted.
fn refused_input(failure: CallFailure) -> Problem {
    match failure {
        CallFailure::InvalidInput { violations } => not_accepted(violations),
        // Nothing else is found out without asking anybody.
        _ => Problem::internal(),
    }
}

fn not_accepted(violations: Vec<Violation>) -> Problem {
    let first = violations.first();
    let field = first.map(|it| it.field.as_str()).unwrap_or_default();
    let field = if field.is_empty() { "." } else { field }.to_owned();
    let why = first.map_or("not accepted", |it| it.description.as_str());
    let detail = format!("{field}: {why}");
    let violations = serde_json::to_value(&violations).unwrap_or_default();
    let problem = Problem::new(ProblemType::InvalidBody, detail);
    problem.with("field", field).with("violations", violations)
}

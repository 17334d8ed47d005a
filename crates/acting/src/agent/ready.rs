//! A call as a model wrote it, before anything is done about it: does it name a tool that this agent has,
//! with arguments that the tool takes, and may it be made?
//!
//! Owns the answers to these, in words for the model where one is no. What is made of a call that may be
//! made is not known here.

use std::rc::Rc;

use serde_json::Value;

use super::input::{MadeCall, TurnInput};
use super::kept::KeptCall;
use super::pieces::CallAt;
use super::spec::Agent;
use super::turn::Turn;
use super::{catalogue, latest, seen};
use crate::tool_call::Asked;
use onbehalf_connector::{CallFailure, CallKind, Violation};
use onbehalf_engine::{StepContext, StepError};
use onbehalf_models::Call;
use onbehalf_runs::ApprovalMode;
use onbehalf_runs::tool_call::{AskedBy, Decide, Question};
use onbehalf_tools::ErasedTool;

/// A call that can be made.
pub(super) struct Ready {
    pub(super) tool: Rc<dyn ErasedTool>,
    pub(super) arguments: Value,
    /// Whether a person looks at it first.
    pub(super) is_asked_about: bool,
}

impl Ready {
    pub(super) fn asked(&self) -> Asked<'_> {
        Asked::of(&*self.tool, &self.arguments)
    }

    pub(super) fn kept(&self, content: String, done: bool) -> KeptCall {
        KeptCall {
            content,
            made: MadeCall {
                tool: Some(self.tool.id().to_owned()),
                connector: Some(self.tool.connector()),
                writes: self.tool.kind() == CallKind::Write,
                done,
            },
            rejected: false,
        }
    }
}

/// What is said of a call that is no tool's, or that may not be made.
pub(super) fn refused(tool: Option<&dyn ErasedTool>, why: &str) -> KeptCall {
    KeptCall {
        content: seen::from_here(why),
        made: MadeCall {
            tool: tool.map(|it| it.id().to_owned()),
            connector: tool.map(ErasedTool::connector),
            writes: tool.is_some_and(|it| it.kind() == CallKind::Write),
            done: false,
        },
        rejected: false,
    }
}

/// A tool, and the arguments that it takes.
type Taken = (Rc<dyn ErasedTool>, Value);

/// The arguments of a call, if its tool takes them.
fn arguments_of(tool: &dyn ErasedTool, call: &Call) -> Result<Value, KeptCall> {
    // Nothing at all stands for an object without members.
    let written = Some(call.arguments.trim()).filter(|it| !it.is_empty());
    let Ok(arguments) = serde_json::from_str::<Value>(written.unwrap_or("{}")) else {
        return Err(refused(Some(tool), "its arguments are no JSON"));
    };
    tool.checked(arguments).map_err(|failure| {
        let why = match &failure {
            CallFailure::InvalidInput { violations } => fields(violations),
            _ => failure.to_string(),
        };
        refused(Some(tool), &why)
    })
}

fn fields(violations: &[Violation]) -> String {
    let all = violations.iter();
    let all: Vec<_> = all
        .map(|it| format!("{}: {}", it.field, it.description))
        .collect();
    format!("its arguments were not accepted ({})", all.join("; "))
}

/// Whether the call at this place can be made at all.
pub(super) async fn check<A: Agent>(
    at: CallAt,
    call: &Call,
    input: &TurnInput,
    cx: &StepContext<Turn<A>>,
) -> Result<Result<Ready, KeptCall>, StepError> {
    let taken = match A::spec().tools.contains(&call.tool.as_str()) {
        true => typed(call, cx),
        false => of_catalogue(at, call, cx).await?,
    };
    Ok(taken.and_then(|(tool, arguments)| allowed(tool, arguments, input, cx)))
}

/// A call of a tool that was written here.
fn typed<A: Agent>(call: &Call, cx: &StepContext<Turn<A>>) -> Result<Taken, KeptCall> {
    let tool = cx.services().call.tools.get(&call.tool);
    let tool = tool.map_err(|_| unknown::<A>())?;
    let arguments = arguments_of(&*tool, call)?;
    Ok((tool, arguments))
}

/// A call of a tool of the catalogue. What was taken once is kept, and stays taken: whatever is offered
/// later, a write that may be under way is the same write.
async fn of_catalogue<A: Agent>(
    at: CallAt,
    call: &Call,
    cx: &StepContext<Turn<A>>,
) -> Result<Result<Taken, KeptCall>, StepError> {
    if !catalogue::may_have(A::spec().catalogue, &call.tool) {
        return Ok(Err(unknown::<A>()));
    }
    let name = format!("taken-{at}");
    let arguments = match cx.kept::<Value>(&name)? {
        Some(kept) => kept,
        None => {
            let Some(tool) = catalogue::find(&call.tool, cx).await? else {
                return Ok(Err(unknown::<A>()));
            };
            match arguments_of(&*tool, call) {
                Ok(arguments) => cx.memo(&name, || async { Ok(arguments) }).await?,
                Err(refused) => return Ok(Err(refused)),
            }
        }
    };
    let tool = cx.services().call.tools.accepted(&call.tool);
    let tool = tool.map_err(|_| unknown::<A>());
    Ok(tool.map(|tool| (tool, arguments)))
}

/// What is said of a call that is no tool's.
fn unknown<A: Agent>() -> KeptCall {
    let spec = A::spec();
    let latest = spec.runs.iter().map(|it| latest::name_of(it));
    let known = spec.tools.iter().map(|it| (*it).to_owned());
    let names: Vec<_> = known.chain(latest).collect();
    let beside = match spec.catalogue {
        [] => "",
        _ => ", and whatever else you were offered",
    };
    let names = names.join(", ");
    refused(
        None,
        &format!("there is no such tool; there are {names}{beside}"),
    )
}

/// Whether a call may be made, and whether a person looks at it first.
fn allowed<A: Agent>(
    tool: Rc<dyn ErasedTool>,
    arguments: Value,
    input: &TurnInput,
    cx: &StepContext<Turn<A>>,
) -> Result<Ready, KeptCall> {
    let services = cx.services();
    let writes = tool.kind() == CallKind::Write;
    if writes && services.accounts_are_shared {
        let why = "these accounts are an organization's, and an agent does not write with them";
        return Err(refused(Some(&*tool), why));
    }
    let decided = services.call.usual.settings.decide(&Question {
        tool: tool.id(),
        connector: tool.connector(),
        kind: tool.kind(),
        by: AskedBy::Agent,
        context: cx.context(),
    });
    if decided == Decide::Deny {
        let why = "the policy of this service does not allow it";
        return Err(refused(Some(&*tool), why));
    }
    let is_asked_about = writes && (decided == Decide::Ask || input.approval != ApprovalMode::None);
    Ok(Ready {
        tool,
        arguments,
        is_asked_about,
    })
}

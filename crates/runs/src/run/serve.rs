//! What a run answers to a message, over the engine that drives it.

use onbehalf_engine::{CommandError, Entry, JournalError, Record, Refusal, ResumedBy, StoreError};
use onbehalf_identity::RequestContext;
use serde_json::Value;

use super::{Admitted, LookAfter, RunMessage, RunReply, Sealed, StartThis, admit, may_decide};
use crate::approval_mode::ApprovalMode;
use crate::contract::{Asker, CommandOutcome, ResumeRequest, Tenant};
use crate::hosted::Run;
use crate::names::{OwnerKey, WorkflowId};
use crate::reason::{RunAnswer, RunReason};
use crate::rules::Rules;
use crate::view::RunView;

/// Journal entries handed out at once.
const EVENT_PAGE: usize = 200;

/// Answers a message. To those whom the run does not concern it answers like [`absent`]. A run that
/// has lost its alarm goes on, whatever the message is.
///
/// # Errors
/// When storage fails.
pub async fn serve(
    run: &Run,
    rules: &dyn Rules,
    message: RunMessage,
) -> Result<RunReply, JournalError> {
    run.look_after().await?;
    Ok(match message {
        RunMessage::LookAfter(LookAfter {}) => RunReply::LookAfter(()),
        RunMessage::StartThis(StartThis(started)) => RunReply::StartThis(run.start(started).await?),
        RunMessage::View(view) => RunReply::View(match admitted(run, rules, &view.asker) {
            Some(_) => RunView::of(run.log())?,
            None => None,
        }),
        RunMessage::ReadResult(read) => {
            RunReply::ReadResult(match admitted(run, rules, &read.asker) {
                Some(_) => result(run)?,
                None => None,
            })
        }
        RunMessage::Events(events) => RunReply::Events(match admitted(run, rules, &events.asker) {
            Some(_) => Some(entries(run, events.after)?),
            None => None,
        }),
        RunMessage::Resume(resume) => RunReply::Resume(match admitted(run, rules, &resume.asker) {
            Some((sealed, by)) if resume.request.approval.is_none() || may_decide(&sealed, &by) => {
                outcome(resume_run(run, by.into(), resume.request).await)?
            }
            Some(_) => CommandOutcome::AnotherMustDecide,
            None => CommandOutcome::NotFound,
        }),
        RunMessage::Cancel(cancel) => {
            let asker = Asker {
                owner: cancel.owner,
                approves: None,
            };
            RunReply::Cancel(match admitted(run, rules, &asker) {
                Some(_) => outcome(run.cancel(asker.owner.as_str()).await)?,
                None => CommandOutcome::NotFound,
            })
        }
        RunMessage::ConnectionMade(made) => {
            let by = ResumedBy::Connection {
                event: made.event.to_string(),
            };
            let part = made.connector.as_str();
            match run.part_came(made.number, part, by).await {
                // One that refuses does not wait for this, now or later.
                Ok(()) | Err(CommandError::NotFound | CommandError::Refused(_)) => {
                    RunReply::ConnectionMade(())
                }
                Err(CommandError::Storage(error)) => return Err(error.into()),
            }
        }
    })
}

/// What a run that never was, or was forgotten, answers.
pub fn absent(message: &RunMessage) -> RunReply {
    match message {
        RunMessage::View(_) => RunReply::View(None),
        RunMessage::ReadResult(_) => RunReply::ReadResult(None),
        RunMessage::Events(_) => RunReply::Events(None),
        RunMessage::Resume(_) => RunReply::Resume(CommandOutcome::NotFound),
        RunMessage::Cancel(_) => RunReply::Cancel(CommandOutcome::NotFound),
        // Forgotten, it waits for nothing and does not begin again.
        RunMessage::ConnectionMade(_) => RunReply::ConnectionMade(()),
        RunMessage::StartThis(_) => RunReply::StartThis(()),
        RunMessage::LookAfter(_) => RunReply::LookAfter(()),
    }
}

/// As whom somebody may look at the run and resume it, and what decides about that.
fn admitted(run: &Run, rules: &dyn Rules, asker: &Asker) -> Option<(Sealed, Admitted)> {
    let head = run.log().head()?;
    let context = serde_json::from_value::<RequestContext>(head.started.context.clone());
    let reason = head.suspension.as_ref().and_then(|it| it.reason.product());
    let decided_by = head.answered.as_ref().and_then(|it| match &it.by {
        ResumedBy::Approver { principal } => Some(OwnerKey::new(principal)),
        _ => None,
    });
    let waits_for = match reason {
        // What is configured since the plan was put up counts too.
        Some(RunReason::ApprovalRequired { mode, .. }) => {
            mode.max(rules.demanded(&WorkflowId::new(&head.started.workflow)))
        }
        Some(RunReason::ConnectionRequired { .. }) | None => ApprovalMode::None,
    };
    let sealed = Sealed {
        owner: OwnerKey::new(&head.started.owner),
        tenant: context.ok().as_ref().map(Tenant::of),
        waits_for,
        decided_by,
    };
    let by = admit(&sealed, asker)?;
    Some((sealed, by))
}

impl From<Admitted> for ResumedBy {
    fn from(by: Admitted) -> Self {
        match by {
            Admitted::Owner => Self::Owner,
            Admitted::Approver(owner) => Self::Approver {
                principal: owner.to_string(),
            },
        }
    }
}

/// What the run has ended with.
fn result(run: &Run) -> Result<Option<Value>, JournalError> {
    let ends = run.log().store().entries_of(&["completed"])?;
    Ok(ends.into_iter().find_map(|entry| match entry.record {
        Record::Completed { result, .. } => Some(result),
        _ => None,
    }))
}

fn entries(run: &Run, after: u64) -> Result<Vec<Entry>, JournalError> {
    run.log().store().entries_after(after, EVENT_PAGE)
}

async fn resume_run(run: &Run, by: ResumedBy, request: ResumeRequest) -> Result<(), CommandError> {
    let answer = match (request.approval, request.connected) {
        (Some(approval), None) => RunAnswer::from(approval),
        (None, Some(connectors)) => RunAnswer::Connected { connectors },
        _ => {
            return Err(CommandError::Refused(Refusal::WrongPayload(
                "name either an approval or the connections that were made".into(),
            )));
        }
    };
    run.resume(request.number, by, answer).await
}

/// A command's end as a value; only storage failures remain errors.
fn outcome(done: Result<(), CommandError>) -> Result<CommandOutcome, StoreError> {
    Ok(match done {
        Ok(()) => CommandOutcome::Accepted,
        Err(CommandError::NotFound) => CommandOutcome::NotFound,
        Err(CommandError::Storage(error)) => return Err(error),
        Err(CommandError::Refused(refusal)) => match refusal {
            Refusal::AlreadyResumed { by, at } => CommandOutcome::AlreadyResumed { by, at },
            Refusal::NotSuspended(status) | Refusal::AlreadyEnded(status) => {
                CommandOutcome::WrongStatus {
                    status,
                    message: format!("the run is {}", status.name()),
                }
            }
            Refusal::WrongPayload(message) => CommandOutcome::WrongPayload { message },
        },
    })
}

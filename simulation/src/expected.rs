//! What a run must answer to a command, as a sequential reading of its head says.
//!
//! Written down independently of the engine's own state machine.

use onbehalf_engine::{Head, RunStatus};
use onbehalf_runs::hosted::Run;
use onbehalf_runs::run::{RunMessage, RunReply};
use onbehalf_runs::{CommandOutcome, Decision, ResumeRequest, RunReason};

use crate::shared::{Shared, person};
use crate::site::Site;
use crate::tally::Rule;

/// What is expected of one answer.
pub enum Expected {
    /// Nothing in particular.
    Anything,
    /// Whether this resume is accepted, and of which suspension.
    Resume(bool, u32),
    /// Whether this cancel is accepted.
    Cancel(bool),
    /// Nothing is said to whoever asks.
    Nothing,
}

impl Expected {
    /// What a message must come to, judged before it is answered.
    pub fn of(run: &Run, message: &RunMessage) -> Self {
        let Some(head) = run.log().head().map(|it| it.clone()) else {
            return Self::Anything;
        };
        match message {
            _ if !run.log().is_sound() => Self::Anything,
            RunMessage::View(view) if person(view.asker.owner.as_str()).is_none() => {
                if view.asker.approves.is_some() {
                    Self::Anything
                } else {
                    Self::Nothing
                }
            }
            RunMessage::Resume(resume) => {
                let stranger = person(resume.asker.owner.as_str()).is_none();
                if stranger && resume.asker.approves.is_none() {
                    return Self::Nothing;
                }
                let number = resume.request.number.unwrap_or(head.suspensions);
                Self::Resume(fits(&head, &resume.request), number)
            }
            RunMessage::Cancel(cancel) if head.started.owner != cancel.owner.as_str() => {
                Self::Nothing
            }
            RunMessage::Cancel(_) => {
                let ended = matches!(head.status, RunStatus::Completed | RunStatus::Failed);
                Self::Cancel(!ended)
            }
            _ => Self::Anything,
        }
    }

    /// Whether it came to that.
    pub fn check(self, shared: &Shared, site: &Site, reply: &RunReply) {
        let run = &site.run_id;
        match (self, reply) {
            (Self::Resume(fits, number), RunReply::Resume(outcome)) => {
                let accepted = *outcome == CommandOutcome::Accepted;
                let mut winners = site.winners.borrow_mut();
                let wins = winners.entry(number).or_default();
                *wins += u32::from(accepted);
                let once = *wins <= 1;
                shared.asks(Rule::OneWinner, once && accepted == fits, || {
                    format!("{run}: resume of {number}: {outcome:?}, expected {fits}")
                });
            }
            (Self::Cancel(accepted), RunReply::Cancel(outcome)) => {
                let holds = accepted == (*outcome == CommandOutcome::Accepted);
                shared.asks(Rule::CancelIsFinal, holds, || {
                    format!("{run}: a cancel was answered {outcome:?}")
                });
            }
            (Self::Nothing, reply) => {
                let nothing = matches!(
                    reply,
                    RunReply::View(None)
                        | RunReply::Resume(CommandOutcome::NotFound)
                        | RunReply::Cancel(CommandOutcome::NotFound)
                );
                shared.asks(Rule::SealedFromStrangers, nothing, || {
                    format!("{run}: a stranger was told {reply:?}")
                });
            }
            _ => {}
        }
    }
}

/// Whether a resume must be accepted.
fn fits(head: &Head, request: &ResumeRequest) -> bool {
    let Some(suspension) = &head.suspension else {
        return false;
    };
    let right = match (suspension.reason.product(), request) {
        (
            Some(RunReason::ConnectionRequired { .. }),
            ResumeRequest {
                approval: None,
                connected: Some(_),
                ..
            },
        ) => true,
        (
            Some(RunReason::ApprovalRequired { hash, items, .. }),
            ResumeRequest {
                approval: Some(given),
                connected: None,
                ..
            },
        ) => {
            let known = items.unwrap_or_default();
            let named = |item: &String| known.iter().any(|it| it.item == *item);
            given.hash == hash && given.items.keys().all(named)
        }
        _ => false,
    };
    let number = request.number.is_none_or(|it| it == suspension.number);
    head.status == RunStatus::Suspended && number && right
}

/// A decision for all.
pub fn all(hash: &str, decision: Decision) -> onbehalf_runs::Approval {
    onbehalf_runs::Approval {
        hash: hash.to_owned(),
        decision,
        items: std::collections::BTreeMap::default(),
    }
}

//! What people and other objects do to a run, and whether it answers as it must.
//!
//! Owns a sequential model of each command, written down independently of the engine's own.

use std::rc::Rc;

use onbehalf_engine::{CommandError, Head, ResumedBy, RunStatus, StoreError};
use onbehalf_runs::{Approval, Decision, RunAnswer, RunReason};

use crate::object::Onboarding;
use crate::plan::Command;
use crate::site::{Chore, Shared, Site};

const APPS: [&str; 3] = ["hubspot", "zendesk", "linear"];

/// Carries out a command on a live process.
pub async fn command(
    shared: Rc<Shared>,
    site: Rc<Site>,
    runner: Rc<Onboarding>,
    command: Command,
) -> Result<(), StoreError> {
    match command {
        Command::StartAgain => {
            let mut other = site.started();
            other.owner = "p_mallory".into();
            other.context = serde_json::json!({"user_id": "mallory",
                "scalekit_identifier": "user_mallory", "issuer": "https://idp.test"});
            // Before it began, the run has no owner yet; only the true one starts it.
            match site.head() {
                Some(_) => runner.start(other).await,
                None => Ok(()),
            }
        }
        Command::Resume { back, fits } => {
            let Some(head) = site.head() else {
                return Ok(());
            };
            let number = head.suspensions.saturating_sub(back);
            let payload = payload(&head, fits);
            resume(&shared, &site, &runner, number, payload).await
        }
        Command::ResumeTwice => {
            let Some(head) = site.head() else {
                return Ok(());
            };
            let (number, payload) = (head.suspensions, payload(&head, true));
            let first = resume(&shared, &site, &runner, number, payload.clone());
            let second = resume(&shared, &site, &runner, number, payload);
            let (first, second) = futures::future::join(first, second).await;
            first.and(second)
        }
        Command::Cancel => cancel(&shared, &site, &runner).await,
        Command::ConnectionMade(app) => {
            let Some(head) = site.head() else {
                return Ok(());
            };
            connection_made(&runner, head.suspensions, APPS[app % APPS.len()]).await
        }
        Command::AlarmAgain => runner.advance().await,
        Command::Kill => Ok(()),
    }
}

/// Carries out a chore on a live process.
pub async fn chore(
    shared: Rc<Shared>,
    site: Rc<Site>,
    runner: Rc<Onboarding>,
    chore: Chore,
) -> Result<(), StoreError> {
    match chore {
        Chore::Start => runner.start(site.started()).await,
        Chore::Connect { number, connector } => connection_made(&runner, number, &connector).await,
        Chore::Approve { number, hash } => {
            let payload = approve(hash);
            resume(&shared, &site, &runner, number, payload).await
        }
    }
}

fn approve(hash: String) -> RunAnswer {
    Approval {
        hash,
        decision: Decision::Approve,
        items: std::collections::BTreeMap::default(),
    }
    .into()
}

fn connected() -> RunAnswer {
    let connectors = APPS.map(str::to_owned).into();
    RunAnswer::Connected { connectors }
}

/// A payload for the suspension under way.
fn payload(head: &Head, fits: bool) -> RunAnswer {
    match waits_for(head) {
        Some(RunReason::ApprovalRequired { hash, .. }) if fits => approve(hash),
        Some(RunReason::ConnectionRequired { .. }) if fits => connected(),
        Some(RunReason::ConnectionRequired { .. }) => approve("0".into()),
        _ => connected(),
    }
}

fn waits_for(head: &Head) -> Option<RunReason> {
    head.suspension.as_ref()?.reason.product()
}

/// Whether a resume must be accepted.
fn acceptable(head: &Head, number: u32, payload: &RunAnswer) -> bool {
    let Some(suspension) = &head.suspension else {
        return false;
    };
    let fits = match (waits_for(head), payload) {
        (Some(RunReason::ConnectionRequired { .. }), RunAnswer::Connected { .. }) => true,
        (Some(RunReason::ApprovalRequired { hash, .. }), RunAnswer::Approval(given)) => {
            given.hash == hash
        }
        _ => false,
    };
    head.status == RunStatus::Suspended && suspension.number == number && fits
}

async fn resume(
    shared: &Shared,
    site: &Site,
    runner: &Onboarding,
    number: u32,
    payload: RunAnswer,
) -> Result<(), StoreError> {
    let head = runner.log().head().map(|head| head.clone());
    let expected = head.is_some_and(|head| acceptable(&head, number, &payload));
    let answer = runner.resume(Some(number), ResumedBy::Owner, payload).await;
    if let Err(CommandError::Storage(error)) = answer {
        return Err(error);
    }
    if answer.is_ok() != expected {
        let found = format!(
            "{}: resume {number}: {answer:?}, expected {expected}",
            site.run_id
        );
        shared.violation(found);
    }
    if answer.is_ok() {
        shared.count(|tally| tally.resumes += 1);
        let mut winners = site.winners.borrow_mut();
        let wins = winners.entry(number).or_default();
        *wins += 1;
        if *wins > 1 {
            shared.violation(format!(
                "{}: suspension {number} was resumed twice",
                site.run_id
            ));
        }
    }
    Ok(())
}

async fn cancel(shared: &Shared, site: &Site, runner: &Onboarding) -> Result<(), StoreError> {
    let status = runner.log().head().map(|head| head.status);
    let ended = matches!(
        status,
        None | Some(RunStatus::Completed | RunStatus::Failed)
    );
    let answer = runner.cancel("p_cancel").await;
    if let Err(CommandError::Storage(error)) = answer {
        return Err(error);
    }
    if answer.is_ok() == ended {
        shared.violation(format!("{}: cancel of {status:?}: {answer:?}", site.run_id));
    }
    if answer.is_ok() {
        shared.count(|tally| tally.cancels += 1);
        shared.note(|| format!("{}: cancel acknowledged", site.run_id));
        site.cancel_acknowledged.set(true);
    }
    Ok(())
}

async fn connection_made(
    runner: &Onboarding,
    number: u32,
    connector: &str,
) -> Result<(), StoreError> {
    let by = ResumedBy::Connection {
        event: "evt".into(),
    };
    match runner.part_came(number, connector, by).await {
        Err(CommandError::Storage(error)) => Err(error),
        // Nothing there yet, or it does not wait: nobody is to be told again.
        _ => Ok(()),
    }
}

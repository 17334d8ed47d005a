//! Carrying out a plan: every write once, and what the step waits for when some cannot be made yet.

use std::rc::Rc;
use std::time::Duration;

use crate::onboarding::OnboardingHealth;
use crate::onboarding::add_comment::AddComment;
use crate::onboarding::create_task::{CreateTask, TaskReceipt};
use crate::onboarding::link_task::{Link, LinkTask};
use crate::onboarding::plan::PlannedAction;
use crate::onboarding::result::{ActionResult, ActionStatus};
use onbehalf_acting::{
    CONNECTIONS, Circuit, Failure, FailureKind, Manner, asked_pause, grown_pause,
    reconnection_required,
};
use onbehalf_clock::Timestamp;
use onbehalf_connector::Connector;
use onbehalf_engine::{Interrupt, Settled, StepContext, StepError, SuspendReason};
use onbehalf_runs::RunReason;
use onbehalf_runs::portal::{FlagOutcome, PortalKey};
use onbehalf_tools::DryWrite;

use super::actions::ended;
use super::claims::{Claiming, Claims};
use super::contract::Contract;

/// What the writes came to.
pub(super) enum Written {
    /// Each has ended, one way or another; in the order of the plan.
    Done(Vec<ActionResult>),
    /// Some have not. Those that have stay as they are.
    Wait(SuspendReason<RunReason>),
}

/// One write.
enum Item {
    Ended(ActionResult),
    /// Not made, and may be made no sooner than this.
    Deferred(Failure, Timestamp),
    /// Whether it landed will be known no sooner than this.
    Pending(Timestamp),
}

/// Makes these writes, a bounded number at a time: those that no other run makes.
pub(super) async fn write(
    cx: &StepContext<OnboardingHealth>,
    contract: &Contract,
    portal: PortalKey,
) -> Result<Written, StepError> {
    let mut claims = Claims::new(cx, portal, contract.looked_at);
    let shared = match claims.claim(&contract.writes).await? {
        Claiming::Done(shared) => shared,
        Claiming::Wait(reason) => return Ok(Written::Wait(reason)),
    };
    let begun_at = cx.memo("begun-at", || async { Ok(cx.now()) }).await?;
    let manner = Manner {
        waits_for_connection: cx.state().waits_for_connections(),
        circuit: Rc::new(Circuit::default()),
    };
    let items = cx
        .for_each(shared.ours, CONNECTIONS, |action| {
            one(cx, &claims, action, begun_at, manner.clone())
        })
        .await;
    // What another run may count on is told on every way out; what a cancelled run has not begun is
    // anybody's.
    if let Err(StepError::Interrupted(interrupt)) = &items {
        if *interrupt == Interrupt::Cancelled {
            claims.give_up_the_rest()?;
        }
        // Untold, a claim ends by itself, or the next attempt tells it.
        let _ = claims.settle().await;
    }
    let items = items?;
    claims.give_up_the_rest()?;
    let told = claims.settle().await;
    Ok(match after(items, &manner) {
        Written::Done(_) if told.is_err() && cx.now() < cx.deadline() => {
            let until = cx.now().plus(grown_pause(cx.attempt()));
            Written::Wait(SuspendReason::Retrying { until })
        }
        Written::Done(mut done) => {
            done.extend(shared.others);
            Written::Done(done)
        }
        wait @ Written::Wait(_) => wait,
    })
}

/// When the task of an action falls due that is made at this time.
fn due(
    cx: &StepContext<OnboardingHealth>,
    action: &PlannedAction,
    made_at: Timestamp,
) -> Timestamp {
    let usual = cx.services().settings.due_in_hours;
    let hours = action.due_in_hours.unwrap_or(usual);
    made_at.plus(Duration::from_secs(u64::from(hours) * 3600))
}

/// What an action would write, were it made now.
pub(super) fn dry_writes(
    cx: &StepContext<OnboardingHealth>,
    action: &PlannedAction,
) -> Vec<DryWrite> {
    let manner = Manner::default;
    let key = cx.effect_key(&action.item);
    if let Some(issue) = &action.issue {
        return vec![AddComment::planned(action, issue, manner()).dry(&key)];
    }
    let task = CreateTask::planned(action, due(cx, action, cx.now()), manner());
    // The task has no id yet.
    let links = Link::all(&action.links).into_iter();
    let links = links.map(|link| LinkTask::planned("", link, manner()).dry());
    std::iter::once(task.dry(&key)).chain(links).collect()
}

/// Brings one write on, and notes what others are to be told of it as soon as that is known: what
/// comes after it may be interrupted.
async fn one(
    cx: &StepContext<OnboardingHealth>,
    claims: &Claims<'_>,
    action: &PlannedAction,
    begun_at: Timestamp,
    manner: Manner,
) -> Result<Item, StepError> {
    let connector = action.kind.connector();
    // The step will run again anyway, so this one need not even be begun.
    if let Some(failure) = manner.circuit.failure(connector)
        && cx.now() < cx.deadline()
        && (manner.waits_for_connection || !failure.is_auth())
    {
        let pause = match failure.kind {
            FailureKind::RateLimited => asked_pause(&failure),
            _ => grown_pause(cx.attempt()),
        };
        if !cx.has_begun(&action.item)? {
            claims.tell(action, FlagOutcome::Released);
        }
        return Ok(Item::Deferred(failure, cx.now().plus(pause)));
    }
    let circuit = Rc::clone(&manner.circuit);
    let settled = match &action.issue {
        None => {
            let due = due(cx, action, begun_at);
            let effect = CreateTask::planned(action, due, manner.clone());
            let task = match cx.effect(&action.item, &effect).await? {
                Settled::Landed(task) => task,
                unsettled => return Ok(unlanded(claims, action, &circuit, unsettled)),
            };
            let id = task.task_id.clone();
            claims.tell(action, FlagOutcome::Written { id });
            return link(cx, action, task, &manner).await;
        }
        Some(issue) => {
            let effect = AddComment::planned(action, issue, manner);
            cx.effect(&action.item, &effect).await?
        }
    };
    Ok(match settled {
        Settled::Landed(comment) => {
            let id = comment.comment_id.clone();
            claims.tell(action, FlagOutcome::Written { id });
            Item::Ended(ActionResult {
                comment_id: Some(comment.comment_id),
                ..ended(action, ActionStatus::Done, None)
            })
        }
        unsettled => unlanded(claims, action, &circuit, unsettled),
    })
}

/// Gives a task that is there its contact, its company and its owner. What HubSpot refuses of these
/// is said beside the task; what it defers is made on the next attempt.
async fn link(
    cx: &StepContext<OnboardingHealth>,
    action: &PlannedAction,
    task: TaskReceipt,
    manner: &Manner,
) -> Result<Item, StepError> {
    let mut done = ActionResult {
        task_id: Some(task.task_id.clone()),
        duplicates: task.duplicates,
        ..ended(action, ActionStatus::Done, None)
    };
    for link in Link::all(&action.links) {
        let item = link.item(&action.customer);
        let effect = LinkTask::planned(&task.task_id, link, manner.clone());
        let failure = match cx.effect(&item, &effect).await? {
            Settled::Landed(_) => None,
            Settled::Pending(until) => return Ok(Item::Pending(until)),
            Settled::Deferred(failure, until) => return Ok(Item::Deferred(failure, until)),
            Settled::Expired(failure) => Some(failure.unwrap_or_else(|| {
                let message = "its time passed before the task was linked";
                Failure::own(FailureKind::Unavailable, message)
            })),
            Settled::Refused(failure) => {
                manner.circuit.note(Connector::HUBSPOT, &failure);
                Some(failure)
            }
            Settled::UnknownOutcome => {
                let message = "it is not known whether the task was linked";
                Some(Failure::own(FailureKind::OutcomeUnknown, message))
            }
        };
        done.failure = done.failure.or(failure);
    }
    Ok(Item::Ended(done))
}

/// What a write comes to that is not known to have landed.
fn unlanded<R>(
    claims: &Claims<'_>,
    action: &PlannedAction,
    circuit: &Circuit,
    settled: Settled<R, Failure>,
) -> Item {
    let connector = action.kind.connector();
    let end = |status, failure| Item::Ended(ended(action, status, failure));
    let (item, flag) = match settled {
        Settled::Landed(_) => (end(ActionStatus::Done, None), FlagOutcome::Unknown),
        Settled::Refused(failure) => {
            // On a later attempt this comes from the journal, and the others need to know.
            circuit.note(connector, &failure);
            let refused = end(ActionStatus::Refused, Some(failure));
            (refused, FlagOutcome::Refused)
        }
        Settled::Expired(failure) => (end(ActionStatus::Expired, failure), FlagOutcome::Released),
        Settled::Deferred(failure, until) => {
            (Item::Deferred(failure, until), FlagOutcome::Released)
        }
        Settled::Pending(until) => (Item::Pending(until), FlagOutcome::Unknown),
        Settled::UnknownOutcome => (
            end(ActionStatus::UnknownOutcome, None),
            FlagOutcome::Unknown,
        ),
    };
    claims.tell(action, flag);
    item
}

/// All ended, or what to wait for: dead connections first, all of them at once; then a rate limit;
/// then time.
fn after(items: Vec<Item>, manner: &Manner) -> Written {
    let mut done = Vec::with_capacity(items.len());
    let mut limited: Option<Timestamp> = None;
    let mut later: Option<Timestamp> = None;
    for item in items {
        match item {
            Item::Ended(result) => done.push(result),
            Item::Deferred(failure, until) if failure.kind == FailureKind::RateLimited => {
                limited = limited.max(Some(until));
            }
            // The latest of all: one more attempt then settles every one of them.
            Item::Deferred(_, until) | Item::Pending(until) => later = later.max(Some(until)),
        }
    }
    let reason = match (limited, later) {
        (None, None) => return Written::Done(done),
        (Some(until), _) => SuspendReason::RateLimited { until },
        (None, Some(until)) => SuspendReason::Retrying { until },
    };
    let dead: Vec<(Connector, Failure)> = manner.circuit.dead();
    if manner.waits_for_connection && !dead.is_empty() {
        let dead = dead
            .iter()
            .map(|(connector, failure)| (*connector, failure));
        return Written::Wait(reconnection_required::<OnboardingHealth>(dead, None));
    }
    Written::Wait(reason)
}

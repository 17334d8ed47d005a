//! Telling the outside where a run stands: the account whose connections it waits for, then its
//! owner's index. Between them, the list of what its organization has to decide, and the count of how
//! its runs end.

use std::rc::Rc;

use async_trait::async_trait;

use onbehalf_engine::{Head, Host, Outcome, PublishError, ResumePayload, RunStatus};
use onbehalf_identity::RequestContext;

use crate::account::{AwaitConnections, Awaited};
use crate::approvals::{ApprovalsKey, NoteEnd, PutUp, TakeDown};
use crate::contract::Tenant;
use crate::letter::{Ask, Carrier, Letter};
use crate::names::{AccountKey, ConnectorName, OwnerKey, WorkflowId};
use crate::principal::NoteStatus;
use crate::reason::{RunAnswer, RunReason};
use crate::run_id::RunId;
use crate::thread::{EndTurn, InThread, ThreadKey, ThreadOf};

/// The outcome of a run whose journal could not be read.
const UNREADABLE: &str = "unreadable";

/// Tells whom it concerns. The engine calls it again until it has succeeded.
pub struct News {
    carrier: Rc<dyn Carrier>,
}

impl News {
    /// News sent through this carrier.
    pub fn new(carrier: Rc<dyn Carrier>) -> Self {
        Self { carrier }
    }

    async fn send(&self, letter: Letter) -> Result<(), PublishError> {
        let taken = self.carrier.carry(letter).await;
        taken.map(|_| ()).map_err(|error| failed(&error))
    }
}

#[async_trait(?Send)]
impl Host for News {
    async fn publish(&self, head: &Head) -> Result<(), PublishError> {
        let run_id = RunId::stored(&head.started.run_id);
        if let Some(letter) = wait_of(head, &run_id)? {
            self.send(letter).await?;
        }
        if let Some(letter) = approval_of(head) {
            self.send(letter).await?;
        }
        if let Some(letter) = turn_of(head) {
            self.send(letter).await?;
        }
        if let Some(letter) = end_of(head) {
            self.send(letter).await?;
        }
        let note = NoteStatus {
            run_id,
            status: head.status,
            ended_at: head.ended_at,
            outcome: head.outcome.clone(),
            counts: head.counts.clone(),
        };
        self.send(note.letter(OwnerKey::new(&head.started.owner)))
            .await
    }
}

/// What a run that waits for connections tells their account.
fn wait_of(head: &Head, run_id: &RunId) -> Result<Option<Letter>, PublishError> {
    let Some(suspension) = &head.suspension else {
        return Ok(None);
    };
    let Some(RunReason::ConnectionRequired { missing }) = suspension.reason.product() else {
        return Ok(None);
    };
    let context: RequestContext =
        serde_json::from_value(head.started.context.clone()).map_err(|error| failed(&error))?;
    let connectors = missing.iter().map(|it| Awaited {
        connector: ConnectorName::new(&it.connector),
        // What was seen in an attempt before this one was seen after the run began.
        seen_dead_at: it.seen_at.unwrap_or(head.started_at).min(suspension.since),
    });
    let wait = AwaitConnections {
        run_id: run_id.clone(),
        number: suspension.number,
        connectors: connectors.collect(),
    };
    Ok(Some(
        wait.letter(AccountKey::from(&context.scalekit_identifier)),
    ))
}

/// What a run tells its organization's list of approvals: that it waits for a decision, or that it
/// waits for none any more, where it may have.
fn approval_of(head: &Head) -> Option<Letter> {
    let context: RequestContext = serde_json::from_value(head.started.context.clone()).ok()?;
    let owner = OwnerKey::new(&head.started.owner);
    let to = ApprovalsKey::of(&Tenant::of(&context), &owner);
    let run_id = RunId::stored(&head.started.run_id);
    let suspension = head.suspension.as_ref();
    let waits_for = suspension.and_then(|it| Some((it, it.reason.product()?)));
    if let Some((suspension, RunReason::ApprovalRequired { items, mode, .. })) = waits_for {
        let plan = PutUp {
            run_id,
            workflow: WorkflowId::new(&head.started.workflow),
            owner,
            number: suspension.number,
            mode,
            writes: u32::try_from(items.map_or(0, |items| items.len())).unwrap_or(u32::MAX),
            since: suspension.since,
            expires_at: suspension.until,
        };
        return Some(plan.letter(to));
    }
    let over = head.status.ended() || head.status == RunStatus::Cancelling;
    let decided = head.answered.as_ref().is_some_and(|it| match &it.payload {
        ResumePayload::Answer(answer) => answer["kind"] == RunAnswer::APPROVAL,
        ResumePayload::TimeReached => false,
    });
    let number = match &head.outcome {
        // How often it has waited is not known any more.
        Some(Outcome::Failed { reason }) if reason == UNREADABLE => u32::MAX,
        _ => head.suspensions,
    };
    (number > 0 && (over || decided)).then(|| TakeDown { run_id, number }.letter(to))
}

/// What the run of a turn that has ended tells its thread.
fn turn_of(head: &Head) -> Option<Letter> {
    let turn = InThread::of(&head.started.input).filter(|_| head.status.ended())?;
    let thread = ThreadOf {
        owner: OwnerKey::new(&head.started.owner),
        agent: WorkflowId::new(&head.started.workflow),
        thread: turn.id,
    };
    let end = EndTurn {
        owner: thread.owner.clone(),
        number: turn.up_to,
        run_id: RunId::stored(&head.started.run_id),
        status: head.status,
    };
    Some(end.letter(ThreadKey::of(&thread)))
}

/// What a run that has ended tells its organization, if its user acts in one. Nobody operates for
/// somebody who acts in none.
fn end_of(head: &Head) -> Option<Letter> {
    let at = head.ended_at?;
    let context: RequestContext = serde_json::from_value(head.started.context.clone()).ok()?;
    let tenant = Tenant::of(&context);
    tenant.org_id.as_ref()?;
    let end = NoteEnd {
        run_id: RunId::stored(&head.started.run_id),
        workflow: WorkflowId::new(&head.started.workflow),
        status: head.status,
        outcome: head.outcome.clone(),
        at,
    };
    let owner = OwnerKey::new(&head.started.owner);
    Some(end.letter(ApprovalsKey::of(&tenant, &owner)))
}

/// Has a decision be seen where it was asked for, before the run next says where it stands. Whoever
/// cannot be told now is told then.
pub async fn tell_of_decision(carrier: &dyn Carrier, head: &Head) {
    if let Some(letter) = approval_of(head) {
        // What it came to is told again with the run's next news.
        let _ = carrier.carry(letter).await;
    }
}

fn failed(error: &dyn std::fmt::Display) -> PublishError {
    PublishError(error.to_string())
}

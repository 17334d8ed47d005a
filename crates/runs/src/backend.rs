//! What callers ask for, as messages to objects.
//!
//! Owns which object is asked what, and in which order. A run that its name says is another's wakes
//! no object; one that has not begun yet is told of by its owner's index.

use std::collections::BTreeMap;
use std::rc::Rc;

use async_trait::async_trait;
use serde_json::Value;

use onbehalf_clock::Timestamp;
use onbehalf_engine::{Entry, RunStatus};

use crate::account::AnnounceConnection;
use crate::approvals::{ApprovalPage, ApprovalsKey, CountEnded, EndedCount, ListApprovals};
use crate::contract::{
    Asker, Backend, BackendError, CommandOutcome, ConnectAttempt, ResumeRequest, RunPage, RunQuery,
    RunSummary, Schedule, Start, StartRun, SwitchOn, TakenAttempt, Tenant,
};
use crate::letter::{Ask, Carrier, ask};
use crate::names::{AccountKey, ConnectorName, EventId, OwnerKey, StateHash, WorkflowId};
use crate::principal::{
    BeginConnect, CancelWaiting, FindRun, Found, LatestRuns, ListRuns, ReadSchedule, ReadSchedules,
    TakeConnect, WaitingRun, WithdrawFor, WriteSchedule,
};
use crate::run::{Cancel, Events, ReadResult, Resume, View};
use crate::run_id::{RunId, Tagged};
use crate::schedule::{Enrolled, ListEnrolled, Shard};
use crate::thread::{
    DeleteThread, FindTurn, ReadThread, Said, Say, ThreadKey, ThreadOf, TurnHead, TurnView, Which,
};
use crate::view::RunView;

/// The objects behind the routes.
pub struct Objects {
    carrier: Rc<dyn Carrier>,
}

impl Objects {
    /// Reaches the objects through this carrier.
    pub fn new(carrier: Rc<dyn Carrier>) -> Self {
        Self { carrier }
    }

    async fn ask<M: Ask>(&self, to: M::Address, message: M) -> Result<M::Reply, BackendError> {
        Ok(ask(self.carrier.as_ref(), to, message).await?)
    }

    /// Whether the run's own object may be woken for this asker.
    async fn may_wake(&self, asker: &Asker, run_id: &RunId) -> Result<bool, BackendError> {
        match run_id.tagged(&asker.owner) {
            Tagged::Own => Ok(true),
            // Others' runs are for those who are configured to approve them; the run decides.
            Tagged::Foreign => Ok(asker.approves.is_some()),
            Tagged::Untagged if asker.approves.is_some() => Ok(true),
            Tagged::Untagged => Ok(self.find(&asker.owner, run_id).await?.is_some()),
        }
    }

    async fn find(&self, owner: &OwnerKey, run_id: &RunId) -> Result<Option<Found>, BackendError> {
        let run_id = run_id.clone();
        self.ask(owner.clone(), FindRun { run_id }).await
    }

    /// The owner's run that was accepted and has not begun.
    async fn waiting(
        &self,
        owner: &OwnerKey,
        run_id: &RunId,
    ) -> Result<Option<WaitingRun>, BackendError> {
        if run_id.tagged(owner) == Tagged::Foreign {
            return Ok(None);
        }
        Ok(match self.find(owner, run_id).await? {
            Some(Found::Waiting(waiting)) => Some(*waiting),
            Some(Found::Begun) | None => None,
        })
    }
}

#[async_trait(?Send)]
impl Backend for Objects {
    async fn start_run(&self, start: StartRun) -> Result<Start, BackendError> {
        self.ask(start.owner.clone(), start).await
    }

    async fn list_runs(&self, owner: &OwnerKey, query: RunQuery) -> Result<RunPage, BackendError> {
        self.ask(owner.clone(), ListRuns(query)).await
    }

    async fn latest_runs(
        &self,
        owner: &OwnerKey,
        of: Vec<WorkflowId>,
    ) -> Result<Vec<RunSummary>, BackendError> {
        self.ask(owner.clone(), LatestRuns { of }).await
    }

    async fn run(&self, asker: &Asker, run_id: &RunId) -> Result<Option<RunView>, BackendError> {
        if !self.may_wake(asker, run_id).await? {
            return Ok(None);
        }
        let view = View {
            asker: asker.clone(),
        };
        let found = ask(self.carrier.as_ref(), run_id.clone(), view).await;
        if let Ok(Some(run)) = found {
            return Ok(Some(run));
        }
        // It may be stored and not have begun, for whatever reason it could not be reached.
        let waiting = self.waiting(&asker.owner, run_id).await?;
        match (waiting, found) {
            (Some(waiting), _) => Ok(Some(not_begun(waiting))),
            (None, found) => Ok(found?),
        }
    }

    async fn run_result(
        &self,
        asker: &Asker,
        run_id: &RunId,
    ) -> Result<Option<Value>, BackendError> {
        if !self.may_wake(asker, run_id).await? {
            return Ok(None);
        }
        let read = ReadResult {
            asker: asker.clone(),
        };
        self.ask(run_id.clone(), read).await
    }

    async fn run_events(
        &self,
        asker: &Asker,
        run_id: &RunId,
        after: u64,
    ) -> Result<Option<Vec<Entry>>, BackendError> {
        if !self.may_wake(asker, run_id).await? {
            return Ok(None);
        }
        let events = Events {
            asker: asker.clone(),
            after,
        };
        if let Some(entries) = self.ask(run_id.clone(), events).await? {
            return Ok(Some(entries));
        }
        let waiting = self.waiting(&asker.owner, run_id).await?;
        Ok(waiting.map(|_| Vec::new()))
    }

    async fn resume_run(
        &self,
        asker: &Asker,
        run_id: &RunId,
        request: ResumeRequest,
    ) -> Result<CommandOutcome, BackendError> {
        if !self.may_wake(asker, run_id).await? {
            return Ok(CommandOutcome::NotFound);
        }
        let resume = Resume {
            asker: asker.clone(),
            request,
        };
        let outcome = self.ask(run_id.clone(), resume).await?;
        if outcome == CommandOutcome::NotFound
            && self.waiting(&asker.owner, run_id).await?.is_some()
        {
            return Ok(CommandOutcome::WrongStatus {
                status: RunStatus::Running,
                message: "the run has not begun yet".into(),
            });
        }
        Ok(outcome)
    }

    async fn cancel_run(
        &self,
        owner: &OwnerKey,
        run_id: &RunId,
    ) -> Result<CommandOutcome, BackendError> {
        let asker = Asker {
            owner: owner.clone(),
            approves: None,
        };
        if !self.may_wake(&asker, run_id).await? {
            return Ok(CommandOutcome::NotFound);
        }
        let cancel = Cancel {
            owner: owner.clone(),
        };
        let outcome = self.ask(run_id.clone(), cancel).await?;
        if outcome != CommandOutcome::NotFound {
            return Ok(outcome);
        }
        let waiting = CancelWaiting {
            run_id: run_id.clone(),
        };
        if self.ask(owner.clone(), waiting).await? {
            return Ok(CommandOutcome::Accepted);
        }
        match self.find(owner, run_id).await? {
            // It has been told to begin a moment ago, or is just being told.
            Some(Found::Waiting(_)) => Err(BackendError::Unavailable),
            Some(Found::Begun) | None => Ok(CommandOutcome::NotFound),
        }
    }

    async fn approvals(
        &self,
        tenant: &Tenant,
        asker: &Asker,
        limit: u32,
        after: Option<u64>,
    ) -> Result<ApprovalPage, BackendError> {
        let list = ListApprovals {
            owner: asker.owner.clone(),
            approves: asker.approves.as_ref() == Some(tenant),
            limit,
            after,
        };
        self.ask(ApprovalsKey::of(tenant, &asker.owner), list).await
    }

    async fn ended(
        &self,
        tenant: &Tenant,
        owner: &OwnerKey,
        since: Timestamp,
    ) -> Result<Vec<EndedCount>, BackendError> {
        self.ask(ApprovalsKey::of(tenant, owner), CountEnded { since })
            .await
    }

    async fn schedule(
        &self,
        owner: &OwnerKey,
        workflow: &WorkflowId,
    ) -> Result<Schedule, BackendError> {
        let workflow = workflow.clone();
        self.ask(owner.clone(), ReadSchedule { workflow }).await
    }

    async fn schedules(
        &self,
        owner: &OwnerKey,
        of: Vec<WorkflowId>,
    ) -> Result<Vec<Schedule>, BackendError> {
        self.ask(owner.clone(), ReadSchedules { of }).await
    }

    async fn set_schedule(
        &self,
        owner: &OwnerKey,
        workflow: &WorkflowId,
        on: Option<SwitchOn>,
    ) -> Result<Schedule, BackendError> {
        let write = WriteSchedule {
            owner: owner.clone(),
            workflow: workflow.clone(),
            approval: on.as_ref().map(|it| it.approval).unwrap_or_default(),
            context: on.map(|it| it.context),
        };
        self.ask(owner.clone(), write).await
    }

    async fn enrolled(&self, tenant: &Tenant) -> Result<Vec<Enrolled>, BackendError> {
        let mut all = Vec::new();
        for shard in Shard::all() {
            let tenant = tenant.clone();
            all.extend(self.ask(shard, ListEnrolled { tenant }).await?);
        }
        Ok(all)
    }

    async fn withdraw_schedule(
        &self,
        tenant: &Tenant,
        owner: &OwnerKey,
        workflow: &WorkflowId,
    ) -> Result<bool, BackendError> {
        // A name that nobody is enrolled under wakes no object.
        let list = ListEnrolled {
            tenant: tenant.clone(),
        };
        let listed = self.ask(Shard::of(owner), list).await?;
        let enrolled = |it: &Enrolled| it.owner == *owner && it.workflow == *workflow;
        if !listed.iter().any(enrolled) {
            return Ok(false);
        }
        let withdraw = WithdrawFor {
            owner: owner.clone(),
            workflow: workflow.clone(),
            tenant: tenant.clone(),
        };
        self.ask(owner.clone(), withdraw).await
    }

    async fn say(&self, thread: &ThreadOf, say: Say) -> Result<Said, BackendError> {
        self.ask(ThreadKey::of(thread), say).await
    }

    async fn thread(&self, thread: &ThreadOf) -> Result<Option<Vec<TurnView>>, BackendError> {
        let owner = thread.owner.clone();
        self.ask(ThreadKey::of(thread), ReadThread { owner }).await
    }

    async fn turn(
        &self,
        thread: &ThreadOf,
        which: Which,
    ) -> Result<Option<TurnHead>, BackendError> {
        let owner = thread.owner.clone();
        self.ask(ThreadKey::of(thread), FindTurn { owner, which })
            .await
    }

    async fn delete_thread(&self, thread: &ThreadOf) -> Result<bool, BackendError> {
        let owner = thread.owner.clone();
        self.ask(ThreadKey::of(thread), DeleteThread { owner })
            .await
    }

    async fn begin_connect(
        &self,
        owner: &OwnerKey,
        attempt: ConnectAttempt,
    ) -> Result<(), BackendError> {
        self.ask(owner.clone(), BeginConnect(attempt)).await
    }

    async fn take_connect(
        &self,
        owner: &OwnerKey,
        state_hash: &StateHash,
    ) -> Result<TakenAttempt, BackendError> {
        let state_hash = state_hash.clone();
        self.ask(owner.clone(), TakeConnect { state_hash }).await
    }

    async fn connection_made(
        &self,
        account: &AccountKey,
        connector: &ConnectorName,
        event: &EventId,
    ) -> Result<(), BackendError> {
        let announce = AnnounceConnection {
            connector: connector.clone(),
            event: event.clone(),
        };
        self.ask(account.clone(), announce).await
    }
}

/// A run that has not begun, as its owner sees it.
fn not_begun(waiting: WaitingRun) -> RunView {
    let WaitingRun { started, since, .. } = waiting;
    RunView {
        run_id: started.run_id,
        workflow: started.workflow,
        version: started.version,
        status: RunStatus::Running,
        outcome: None,
        counts: BTreeMap::new(),
        started_at: since,
        updated_at: since,
        ended_at: None,
        input: started.input,
        steps: Vec::new(),
        state: serde_json::Value::Null,
        suspension: None,
        trouble: None,
        resumed: None,
        result: None,
        failure: None,
        trace_id: started.trace_id,
    }
}

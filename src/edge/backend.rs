//! The routes' view of the platform, as calls to Durable Objects.

use async_trait::async_trait;
use worker::Env;

use super::binding::call;
use super::messages::{
    AnnounceConnection, BeginConnect, Cancel, Events, ListRuns, ReadSchedule, Resume, TakeConnect,
    View, WriteSchedule,
};
use onbehalf_engine::Entry;
use onbehalf_identity::RequestContext;
use onbehalf_runs::{
    Asker, Backend, BackendError, CommandOutcome, ConnectAttempt, ResumeRequest, RunPage, RunQuery,
    RunView, Schedule, Start, StartRun, TakenAttempt,
};

/// Durable Objects behind the routes.
pub struct EdgeBackend {
    env: Env,
}

impl EdgeBackend {
    /// Reaches the objects bound in `env`.
    pub fn new(env: Env) -> Self {
        Self { env }
    }
}

#[async_trait(?Send)]
impl Backend for EdgeBackend {
    async fn start_run(&self, start: StartRun) -> Result<Start, BackendError> {
        let owner = start.owner.clone();
        call(&self.env, &owner, start).await
    }

    async fn list_runs(&self, owner: &str, query: RunQuery) -> Result<RunPage, BackendError> {
        call(&self.env, owner, ListRuns(query)).await
    }

    async fn run(&self, asker: &Asker, run_id: &str) -> Result<Option<RunView>, BackendError> {
        let asker = asker.clone();
        call(&self.env, run_id, View { asker }).await
    }

    async fn run_events(
        &self,
        asker: &Asker,
        run_id: &str,
        after: u64,
    ) -> Result<Option<Vec<Entry>>, BackendError> {
        let asker = asker.clone();
        call(&self.env, run_id, Events { asker, after }).await
    }

    async fn resume_run(
        &self,
        asker: &Asker,
        run_id: &str,
        request: ResumeRequest,
    ) -> Result<CommandOutcome, BackendError> {
        let asker = asker.clone();
        call(&self.env, run_id, Resume { asker, request }).await
    }

    async fn cancel_run(&self, owner: &str, run_id: &str) -> Result<CommandOutcome, BackendError> {
        let owner = owner.to_owned();
        call(&self.env, run_id, Cancel { owner }).await
    }

    async fn schedule(&self, owner: &str) -> Result<Schedule, BackendError> {
        call(&self.env, owner, ReadSchedule).await
    }

    async fn set_schedule(
        &self,
        owner: &str,
        context: Option<RequestContext>,
    ) -> Result<Schedule, BackendError> {
        let write = WriteSchedule {
            owner: owner.to_owned(),
            context,
        };
        call(&self.env, owner, write).await
    }

    async fn begin_connect(
        &self,
        owner: &str,
        attempt: ConnectAttempt,
    ) -> Result<(), BackendError> {
        call(&self.env, owner, BeginConnect(attempt)).await
    }

    async fn take_connect(
        &self,
        owner: &str,
        state_hash: &str,
    ) -> Result<TakenAttempt, BackendError> {
        let state_hash = state_hash.to_owned();
        call(&self.env, owner, TakeConnect { state_hash }).await
    }

    async fn connection_made(
        &self,
        scalekit_identifier: &str,
        connector: &str,
        event: &str,
    ) -> Result<(), BackendError> {
        let announce = AnnounceConnection {
            connector: connector.to_owned(),
            event: event.to_owned(),
        };
        call(&self.env, scalekit_identifier, announce).await
    }
}

//! Runs: starting, listing, showing, resuming, cancelling, watching.
//!
//! A run of somebody else, a run that never was and a name that cannot be one are answered alike.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;

use crate::api::cursor::CursorScope;
use crate::api::watch::{MAX_STREAMS, RunWatch};
use crate::named::NamedRun;
use crate::pieces::Watch;
use crate::service::{Answer, Api, Handled};
use crate::sign_in::Caller;
use crate::wire::json_body;
use crate::wire::message::{ApiRequest, ApiResponse};
use crate::wire::problem::{Problem, ProblemType};
use crate::wire::query::{Query, read_count, refused};
use crate::wire::request_headers::{idempotency_key, last_event_id};
use onbehalf_clock::Timestamp;
use onbehalf_engine::RunStatus;
use onbehalf_runs::hosted::Listed;
use onbehalf_runs::outbox::Late;
use onbehalf_runs::{
    CommandOutcome, OutcomeKind, Overlap, ResumeRequest, RunFilter, RunId, RunPage, RunQuery,
    RunSummary, RunView, Start, StartRun, WaitView, WorkflowId,
};

/// Runs listed when no limit is given.
pub const DEFAULT_LIMIT: u32 = 20;
/// Most runs listed at once.
pub const MAX_LIMIT: u32 = 100;
/// How long a caller with too many runs should wait before starting another.
const TOO_MANY_RUNS_RETRY_SECONDS: u64 = 60;
/// How long a caller with too many streams should wait before opening another.
const TOO_MANY_STREAMS_RETRY_SECONDS: u64 = 30;
pub(crate) const EVENT_STREAM: &str = "text/event-stream; charset=utf-8";

/// The run there is after a trigger.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct TriggerResponse {
    /// The run's name.
    pub run_id: RunId,
    /// How the run came to be the answer.
    pub status: TriggerStatus,
    /// The run that has to end first, for one that is `queued`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub behind: Option<RunId>,
}

/// How a run came to be the answer to a trigger.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum TriggerStatus {
    /// It was started, now or earlier under the same idempotency key.
    Started,
    /// It was open already, and nothing was started.
    Joined,
    /// It begins when another has ended.
    Queued,
}

/// A page of runs.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct RunListResponse {
    /// Newest first.
    pub runs: Vec<RunSummary>,
    /// Hand this back as `cursor` for the next page; absent on the last one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
    /// Messages about the caller's runs that nobody has taken for five minutes or more: what they
    /// should have led to will come late.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub late: Option<Late>,
}

/// The latest run of each workflow.
#[derive(Debug, Serialize, JsonSchema)]
pub struct LatestRunsResponse {
    /// Newest first; none of a workflow that the caller never ran.
    pub runs: Vec<RunSummary>,
}

/// A run, with the links that help it on.
#[derive(Debug, Serialize, JsonSchema)]
pub struct RunResponse {
    /// The run.
    #[serde(flatten)]
    pub run: RunView,
    /// While it waits for connections: where to make each of them. The links do not go stale.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub connect: Option<BTreeMap<String, String>>,
}

/// Where a run stands after a command.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct RunStatusResponse {
    /// The run's name.
    pub run_id: RunId,
    /// Its status.
    #[schemars(with = "onbehalf_runs::RunStatusSchema")]
    pub status: RunStatus,
}

impl Api {
    pub(crate) async fn trigger_run(
        &self,
        caller: Caller,
        workflow: &dyn Listed,
        request: &ApiRequest,
    ) -> Handled {
        let query = Query::strict(request, &["overlap"])?;
        let overlap = query.get("overlap").map(read_overlap).transpose()?;
        let idempotency_key = idempotency_key(request)?;
        let input = json_body::checked(request, |json| workflow.check_input(json))?;
        let start = StartRun {
            owner: caller.owner,
            context: caller.context,
            workflow: WorkflowId::new(workflow.id()),
            input,
            idempotency_key,
            overlap: overlap.unwrap_or_default(),
            repeats: None,
        };
        let Begun {
            run_id,
            status,
            behind,
            ..
        } = begun(self.backend.start_run(start).await?)?;
        let location = format!("/api/workflows/{}/runs/{run_id}", workflow.id());
        let body = TriggerResponse {
            run_id,
            status,
            behind,
        };
        Ok(ApiResponse::json(200, &body).with("location", &location))
    }

    pub(crate) async fn list_runs(
        &self,
        caller: &Caller,
        workflow: &dyn Listed,
        request: &ApiRequest,
    ) -> Handled {
        let known = ["status", "outcome", "since", "limit", "cursor"];
        let query = Query::strict(request, &known)?;
        let filter = RunFilter {
            status: query.get("status").map(read_status).transpose()?,
            outcome: query.get("outcome").map(read_outcome).transpose()?,
            since: query.get("since").map(read_since).transpose()?,
        };
        let limit = query.get("limit").map(read_limit).transpose()?;
        let seal = &self.settings.seal;
        let scope = CursorScope {
            owner: caller.owner.as_str(),
            workflow: workflow.id(),
            filter,
        };
        let before = query
            .get("cursor")
            .map(|cursor| scope.read(seal, cursor))
            .transpose()?;
        let wanted = RunQuery {
            workflow: WorkflowId::new(workflow.id()),
            filter,
            limit: limit.unwrap_or(DEFAULT_LIMIT),
            before,
        };
        let RunPage { runs, next, late } = self.backend.list_runs(&caller.owner, wanted).await?;
        let next_cursor = next.map(|position| scope.write(seal, position));
        Ok(ApiResponse::json(
            200,
            &RunListResponse {
                runs,
                next_cursor,
                late,
            },
        ))
    }

    pub(crate) async fn latest_runs(&self, caller: &Caller) -> Handled {
        let hosted = self.workflows.offered();
        let of = hosted.map(|it| WorkflowId::new(it.id())).collect();
        let runs = self.backend.latest_runs(&caller.owner, of).await?;
        Ok(ApiResponse::json(200, &LatestRunsResponse { runs }))
    }

    pub(crate) async fn get_run(&self, caller: &Caller, run: NamedRun<'_>) -> Handled {
        let run = self.owned_run(caller, &run).await?;
        let connect = self.connect_links(&run);
        Ok(ApiResponse::json(200, &RunResponse { run, connect }))
    }

    pub(crate) async fn cancel_run(&self, caller: &Caller, run: NamedRun<'_>) -> Handled {
        self.owned_run(caller, &run).await?;
        let outcome = self.backend.cancel_run(&caller.owner, &run.id).await?;
        self.command_answer(caller, &run, outcome).await
    }

    pub(crate) async fn resume_run(
        &self,
        caller: &Caller,
        run: NamedRun<'_>,
        request: &ApiRequest,
    ) -> Handled {
        let resume: ResumeRequest = json_body::required(request)?;
        if resume.approval.is_some() && resume.connected.is_some() {
            let detail = "connected: give either approval or connected, not both.";
            let problem = Problem::new(ProblemType::InvalidBody, detail);
            return Err(problem.with("field", "connected"));
        }
        self.owned_run(caller, &run).await?;
        let asker = caller.asker();
        let outcome = self.backend.resume_run(&asker, &run.id, resume).await?;
        self.command_answer(caller, &run, outcome).await
    }

    /// What happened behind the position the client has seen, and the watch over what follows.
    pub(crate) async fn run_events(
        &self,
        caller: &Caller,
        run: NamedRun<'_>,
        request: &ApiRequest,
    ) -> Result<Answer, Problem> {
        self.owned_run(caller, &run).await?;
        let asker = caller.asker();
        let after = last_event_id(request);
        let entries = self
            .backend
            .run_events(&asker, &run.id, after)
            .await?
            .ok_or_else(run_not_found)?;
        let head = |body| ApiResponse::new(200, EVENT_STREAM, body);
        if request.method == "HEAD" {
            return Ok(head(Vec::new()).into());
        }
        let lease = self.streams.lease(&caller.owner, self.clock.now());
        let lease = lease.ok_or_else(too_many_streams)?;
        let mut watch = RunWatch::begin(asker, run.id, after, lease);
        let body = watch.saw(&entries).into_bytes();
        Ok(Answer {
            response: head(body),
            watch: Some(Watch::Run(Box::new(watch))),
        })
    }

    /// The run a path names, if it is one of the path's workflow and the caller may see it.
    async fn owned_run(&self, caller: &Caller, named: &NamedRun<'_>) -> Result<RunView, Problem> {
        let run = self.backend.run(&caller.asker(), &named.id).await?;
        run.filter(|run| run.workflow == named.workflow.id())
            .ok_or_else(run_not_found)
    }

    async fn command_answer(
        &self,
        caller: &Caller,
        named: &NamedRun<'_>,
        outcome: CommandOutcome,
    ) -> Handled {
        if outcome != CommandOutcome::Accepted {
            return Err(not_accepted(outcome));
        }
        let run = self.owned_run(caller, named).await?;
        let body = RunStatusResponse {
            run_id: RunId::stored(run.run_id),
            status: run.status,
        };
        Ok(ApiResponse::json(200, &body))
    }

    /// Where to make each of the connections that a run waits for.
    pub(crate) fn connect_links(&self, run: &RunView) -> Option<BTreeMap<String, String>> {
        let suspension = run.suspension.as_ref()?;
        let WaitView::ConnectionRequired { missing } = &suspension.reason else {
            return None;
        };
        let links = missing
            .iter()
            .filter_map(|it| self.scalekit.connectors().get(&it.connector))
            .map(|connector| (connector.name().to_owned(), self.connect_url(connector)))
            .collect();
        Some(links)
    }
}

/// The problem of a command that was not accepted.
pub(crate) fn not_accepted(outcome: CommandOutcome) -> Problem {
    match outcome {
        CommandOutcome::Accepted => Problem::internal(),
        CommandOutcome::NotFound => run_not_found(),
        // The principal or the event stays inside.
        CommandOutcome::AlreadyResumed { by, at } => {
            let detail = "This suspension was resumed before.";
            Problem::new(ProblemType::AlreadyResumed, detail)
                .with("resumedBy", by.name())
                .with("resumedAt", at.to_string())
        }
        CommandOutcome::AnotherMustDecide => {
            let detail = "This plan has to be decided by an approver who is not the run's owner; \
                          you may cancel the run.";
            Problem::new(ProblemType::AnotherMustDecide, detail)
        }
        CommandOutcome::WrongStatus { status, message } => {
            Problem::new(ProblemType::WrongStatus, message).with("runStatus", status.name())
        }
        CommandOutcome::WrongPayload { message } => {
            Problem::new(ProblemType::WrongPayload, message)
        }
    }
}

/// The run there is after a start.
pub(crate) struct Begun {
    pub run_id: RunId,
    pub status: TriggerStatus,
    /// The run that has to end first.
    pub behind: Option<RunId>,
    /// Whether this start is the one that began it.
    pub fresh: bool,
}

/// What a start has come to.
///
/// # Errors
/// The problem of one that has begun no run.
pub(crate) fn begun(start: Start) -> Result<Begun, Problem> {
    let (run_id, status, behind, fresh) = match start {
        Start::Started { run_id, fresh } => (run_id, TriggerStatus::Started, None, fresh),
        Start::Joined { run_id } => (run_id, TriggerStatus::Joined, None, false),
        Start::Queued { run_id, behind } => (run_id, TriggerStatus::Queued, Some(behind), true),
        Start::NoSuchWorkflow => return Err(crate::service::nothing_here()),
        Start::NoPlan => return Err(no_plan()),
        Start::Denied => {
            let detail =
                "The policy of this service does not allow what runs of this workflow write.";
            return Err(Problem::new(ProblemType::ToolDenied, detail));
        }
        Start::KeyReused => {
            let detail = "This Idempotency-Key was used with other options; use a new key.";
            return Err(Problem::new(ProblemType::IdempotencyKeyReused, detail));
        }
        Start::TooManyRuns => {
            let detail = "Too many of your runs have not ended; cancel some or wait.";
            return Err(Problem::new(ProblemType::TooManyRuns, detail)
                .retry_after(TOO_MANY_RUNS_RETRY_SECONDS));
        }
    };
    Ok(Begun {
        run_id,
        status,
        behind,
        fresh,
    })
}

/// Approval asked of a workflow that has nothing to approve.
pub(crate) fn no_plan() -> Problem {
    let detail = "approval: runs of this workflow put no plan up that could be approved.";
    Problem::new(ProblemType::InvalidBody, detail).with("field", "approval")
}

fn read_overlap(text: &str) -> Result<Overlap, Problem> {
    match text {
        "join" => Ok(Overlap::Join),
        "queue" => Ok(Overlap::Queue),
        "allow" => Ok(Overlap::Allow),
        _ => Err(refused("overlap", "must be one of join, queue, allow")),
    }
}

pub(crate) fn too_many_streams() -> Problem {
    let detail =
        format!("At most {MAX_STREAMS} event streams of yours are served at once; close one.");
    Problem::new(ProblemType::TooManyStreams, detail).retry_after(TOO_MANY_STREAMS_RETRY_SECONDS)
}

/// The one answer for every run the caller does not have; it repeats nothing of the request.
pub(crate) fn run_not_found() -> Problem {
    Problem::new(ProblemType::RunNotFound, "You have no run of this name.")
}

fn read_status(text: &str) -> Result<RunStatus, Problem> {
    let known = RunStatus::ALL.into_iter().find(|it| it.name() == text);
    known.ok_or_else(|| {
        let names = RunStatus::ALL.map(RunStatus::name).join(", ");
        refused("status", &format!("must be one of {names}"))
    })
}

fn read_outcome(text: &str) -> Result<OutcomeKind, Problem> {
    let known = OutcomeKind::ALL.into_iter().find(|it| it.name() == text);
    known.ok_or_else(|| {
        let names = OutcomeKind::ALL.map(OutcomeKind::name).join(", ");
        refused("outcome", &format!("must be one of {names}"))
    })
}

/// A day alone, which the parser takes for its beginning, is no time.
fn read_since(text: &str) -> Result<Timestamp, Problem> {
    let time = text.contains(['T', 't']).then(|| Timestamp::parse(text));
    time.flatten()
        .ok_or_else(|| refused("since", "must be a time (RFC 3339)"))
}

pub(super) fn read_limit(text: &str) -> Result<u32, Problem> {
    read_count("limit", text, MAX_LIMIT)
}

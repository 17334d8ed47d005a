//! Reading from the connected apps inside a step: once, patiently, and not for ever.
//!
//! Owns what a failed read leads to: waiting for a connection, waiting for time, another attempt,
//! or the failure as a value. What was read is kept with the run, so that a resume or a crash does
//! not read it again; a failure is kept only when it is final, so that replays take the same way.

use std::cell::Cell;
use std::future::Future;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::circuit::Circuit;
use super::failures::{Failure, FailureKind, result};
use super::needs::{Acts, reconnection_required};
use super::patience::{OUTAGE_PATIENCE, RATE_PATIENCE, UNCLEAR_ATTEMPTS, asked_pause, grown_pause};
use super::services::Connected;
use onbehalf_clock::Timestamp;
use onbehalf_connector::{AlwaysPermit, Connector};
use onbehalf_engine::{Flow, StepContext, StepError, SuspendReason};
use onbehalf_identity::RequestContext;
use onbehalf_runs::portal::PortalKey;
use onbehalf_runs::{AccountKey, ConnectorName, RunReason};
use onbehalf_tools::{self as tools, Tool, ToolContext};

/// Reads for one attempt of a step.
pub struct Reader<'a, D: Acts> {
    cx: &'a StepContext<D>,
    tools: Result<ToolContext, Failure>,
    circuit: Circuit,
    worth: Worth,
    /// When the attempt began to read. A dead connection it waits for was seen since: such a failure
    /// is not kept.
    began: Timestamp,
}

/// What a read is worth waiting for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Worth {
    /// A signal: waited for briefly, then its failure is a value.
    Signal,
    /// What a run goes without only where an app will not say it: an outage is left to the engine's
    /// retries, and nobody is asked to connect again for it.
    Aside,
    /// The list of customers: an outage is left to the engine's retries.
    Everything,
    /// Whether writes may be made: waited for as patiently as the writes themselves.
    Writes,
}

/// Names the memo with the time of a step's first failure.
const FIRST_FAILURE: &str = "first-failure";

/// What a kept read came to.
pub enum Read<T> {
    /// The value, now or from an earlier attempt.
    Done(T),
    /// It failed for good; kept.
    Failed(Failure),
    /// It failed, and waiting may help; not kept.
    Later(Failure),
}

/// Why a piece of reading stopped.
pub enum Stop {
    /// The app said no.
    Failed(Failure),
    /// The engine takes the run back.
    Step(StepError),
}

impl From<Failure> for Stop {
    fn from(failure: Failure) -> Self {
        Self::Failed(failure)
    }
}

impl From<StepError> for Stop {
    fn from(error: StepError) -> Self {
        Self::Step(error)
    }
}

/// The identity that tools run under, from the run's sealed context.
pub fn tool_context(context: &RequestContext, run: &str) -> Result<ToolContext, Failure> {
    ToolContext::from_keys(
        Some(&context.user_id),
        Some(context.scalekit_identifier.as_str()),
    )
    .map(|tools| {
        tools
            .with_agent_run_id(run)
            .with_trace_id(context.trace_id.clone())
    })
    .map_err(|missing| Failure::own(FailureKind::ContextMissing, &missing.to_string()))
}

impl<'a, D: Acts> Reader<'a, D> {
    /// A reader for this attempt.
    pub fn new(cx: &'a StepContext<D>, worth: Worth) -> Self {
        Self {
            cx,
            tools: tool_context(cx.context(), cx.run_id()),
            circuit: Circuit::default(),
            worth,
            began: cx.now(),
        }
    }

    /// One call.
    pub async fn call<T: Tool>(&self, input: &T::Input) -> Result<T::Output, Stop> {
        self.cx.checkpoint()?;
        if let Some(failure) = self.circuit.failure(T::CONNECTOR) {
            return Err(failure.into());
        }
        let tools = self.tools.as_ref().map_err(Clone::clone)?;
        let scalekit = self.cx.services().scalekit();
        let outcome = tools::run::<T>(scalekit, tools, input, &AlwaysPermit).await;
        result(outcome).map_err(|failure| {
            self.circuit.note(T::CONNECTOR, &failure);
            failure.into()
        })
    }

    /// Notes which Zendesk account has answered, so that colleagues share what it allows. Where
    /// nobody is anybody's colleague, an account stays its own.
    pub async fn answered_by_zendesk(&self, account: Option<&str>) {
        let context = self.cx.context();
        let (Some(account), Some(organization)) = (account, context.org_id.as_deref()) else {
            return;
        };
        let portal = PortalKey::within_organization(account, &context.issuer, organization);
        let key = AccountKey::from(&context.scalekit_identifier);
        let app = ConnectorName::new(Connector::ZENDESK.name());
        let portals = self.cx.services().portals();
        // Unnoted, turns are counted for the account alone: a courtesy less, and no harm.
        let _ = portals.note_in_passing(&key, &app, &portal).await;
    }

    /// Does a piece of reading once and keeps what came of it.
    pub async fn keep<T, Fut>(
        &self,
        name: &str,
        work: impl FnOnce() -> Fut,
    ) -> Result<Read<T>, StepError>
    where
        T: Serialize + DeserializeOwned,
        Fut: Future<Output = Result<T, Stop>>,
    {
        let later = Cell::new(None);
        let kept: Result<Result<T, Failure>, StepError> = self
            .cx
            .memo(name, || async {
                match work().await {
                    Ok(value) => Ok(Ok(value)),
                    Err(Stop::Step(error)) => Err(error),
                    Err(Stop::Failed(failure)) if self.may_wait(&failure).await? => {
                        later.set(Some(failure));
                        // Not an error to anybody: it only keeps the memo from being written.
                        Err(StepError::terminal("waiting may help"))
                    }
                    Err(Stop::Failed(failure)) => Ok(Err(failure)),
                }
            })
            .await;
        match later.take() {
            Some(failure) => Ok(Read::Later(failure)),
            None => Ok(match kept? {
                Ok(value) => Read::Done(value),
                Err(failure) => Read::Failed(failure),
            }),
        }
    }

    /// Whether this failure is waited out rather than taken as the answer.
    async fn may_wait(&self, failure: &Failure) -> Result<bool, StepError> {
        let limited = failure.kind == FailureKind::RateLimited;
        let patience = match self.worth {
            // A scope that nobody gave.
            Worth::Aside if failure.is_auth() && !failure.is_dead_connection() => return Ok(false),
            _ if failure.is_auth() => return Ok(D::waits_for_connections(&self.cx.state())),
            // What the app fails to say it may still say in time, and until then nobody knows that the
            // writes cannot be made.
            Worth::Writes if failure.may_change() => {
                return Ok(self.cx.now() < self.cx.deadline());
            }
            // An app that fails once may well answer the next time; one that goes on failing has its
            // say.
            Worth::Writes | Worth::Aside if failure.kind == FailureKind::Upstream => {
                return Ok(self.cx.attempt() < UNCLEAR_ATTEMPTS);
            }
            Worth::Writes => return Ok(false),
            _ if !limited && !failure.may_pass() => return Ok(false),
            Worth::Aside => return Ok(true),
            _ if limited => RATE_PATIENCE,
            Worth::Everything => return Ok(true),
            Worth::Signal => OUTAGE_PATIENCE,
        };
        let now = self.cx.now();
        let since: Timestamp = self.cx.memo(FIRST_FAILURE, || async { Ok(now) }).await?;
        Ok(now < since.plus(patience))
    }

    /// What the step answers when some of its reads wait: for all dead connections at once, or
    /// else for time.
    pub fn wait<O, R>(
        &self,
        later: Vec<(Connector, Failure)>,
    ) -> Result<Flow<O, R, RunReason>, StepError> {
        let dead: Vec<_> = later.iter().filter(|(_, it)| it.is_auth()).collect();
        if !dead.is_empty() {
            let dead = dead.into_iter().map(|(connector, it)| (*connector, it));
            return Ok(Flow::Suspend(reconnection_required::<D>(
                dead,
                Some(self.began),
            )));
        }
        let limited = later
            .iter()
            .filter(|(_, it)| it.kind == FailureKind::RateLimited);
        if let Some(pause) = limited.map(|(_, it)| asked_pause(it)).max() {
            let until = self.cx.now().plus(pause);
            return Ok(Flow::Suspend(SuspendReason::RateLimited { until }));
        }
        if self.worth == Worth::Writes {
            let until = self.cx.now().plus(grown_pause(self.cx.attempt()));
            return Ok(Flow::Suspend(SuspendReason::Retrying { until }));
        }
        Err(match later.into_iter().next() {
            Some((connector, failure)) => {
                let label = self.cx.services().scalekit().connectors().label(connector);
                StepError::retry(format!("{label}: {}", failure.message))
            }
            None => StepError::terminal("a step waits for nothing"),
        })
    }
}

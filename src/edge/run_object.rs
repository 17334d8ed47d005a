//! A run's object: the engine over this object's journal, its alarm and its messages.
//!
//! Named by run id. Answers its owner, and a configured approver as far as there is something to
//! approve; to anybody else a run that exists and one that does not are the same.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use async_trait::async_trait;
use worker::{DurableObject, Env, Request, Response, State, durable_object};

use super::binding::{call, reply};
use super::clock::{EdgeClock, EdgeRandom};
use super::fetch::Subrequests;
use super::journal_store::SqlJournal;
use super::messages::{AwaitConnections, NoteStatus, RunMessage, StartThis};
use crate::hosted::workflows;
use crate::settings::Settings;
use onbehalf_clock::Clock;
use onbehalf_engine::{
    CommandError, Entry, Head, Host, PublishError, Refusal, ResumedBy, RunLog, RunStatus,
    StoreError,
};
use onbehalf_identity::RequestContext;
use onbehalf_runs::hosted::{Opening, Run, open_retired};
use onbehalf_runs::{Asker, CommandOutcome, ResumeRequest, RunAnswer, RunReason, RunView, Tenant};

/// Journal entries handed out at once.
const EVENT_PAGE: usize = 200;
/// When the alarm rings again after storage failed under it.
const AFTER_FAILURE: Duration = Duration::from_secs(2);

/// A run's object.
#[durable_object]
pub struct RunObject {
    state: State,
    env: Env,
    runner: RefCell<Option<Rc<dyn Run>>>,
    subrequests: Subrequests,
}

impl DurableObject for RunObject {
    fn new(state: State, env: Env) -> Self {
        Self {
            state,
            env,
            runner: RefCell::default(),
            subrequests: Subrequests::default(),
        }
    }

    async fn fetch(&self, mut request: Request) -> worker::Result<Response> {
        const CLASS: &str = "run";
        let message = request.json::<RunMessage>().await?;
        let runner = match &message {
            RunMessage::StartThis(StartThis(started)) => self.runner(Some(&started.workflow)),
            _ => self.present_runner(),
        };
        let runner = match runner {
            Ok(Some(runner)) => runner,
            Ok(None) => return absent(CLASS, &message),
            Err(error) => return reply::<(), _>(CLASS, Err(error)),
        };
        match message {
            RunMessage::StartThis(StartThis(started)) => reply(CLASS, runner.start(started).await),
            RunMessage::View(view) => reply(
                CLASS,
                admitted(&*runner, &view.asker).map_or(Ok(None), |_| RunView::of(runner.log())),
            ),
            RunMessage::Events(events) => {
                reply(CLASS, entries(&*runner, &events.asker, events.after))
            }
            RunMessage::Resume(resume) => reply(CLASS, {
                match admitted(&*runner, &resume.asker) {
                    None => Ok(CommandOutcome::NotFound),
                    Some(by) => outcome(resume_run(&*runner, by, resume.request).await),
                }
            }),
            RunMessage::Cancel(cancel) => reply(CLASS, {
                match owned(&*runner, &cancel.owner) {
                    None => Ok(CommandOutcome::NotFound),
                    Some(()) => outcome(runner.cancel(&cancel.owner).await),
                }
            }),
            RunMessage::ConnectionMade(made) => reply(CLASS, {
                let by = ResumedBy::Connection { event: made.event };
                let told = runner.part_came(made.number, &made.connector, by).await;
                match told {
                    // A pruned run waits for nothing.
                    Ok(()) | Err(CommandError::NotFound) => Ok(()),
                    Err(error) => Err(error),
                }
            }),
        }
    }

    async fn alarm(&self) -> worker::Result<Response> {
        self.subrequests.reset();
        if let Err(error) = self.advance().await {
            super::log::warn("run_interrupted", &[("error", &error.to_string())]);
            self.state.storage().set_alarm(AFTER_FAILURE).await?;
        }
        Response::empty()
    }
}

impl RunObject {
    /// The runner of a run that was started and not pruned.
    fn present_runner(&self) -> Result<Option<Rc<dyn Run>>, StoreError> {
        if self.runner.borrow().is_none() && !SqlJournal::is_there(&self.state.storage())? {
            return Ok(None);
        }
        self.runner(None)
    }

    /// The runner in memory, or a new one over what was committed when a write has failed since.
    /// Of which workflow it is, the journal says; `starting` does where nothing was started yet.
    fn runner(&self, starting: Option<&str>) -> Result<Option<Rc<dyn Run>>, StoreError> {
        let present = self.runner.borrow();
        if let Some(runner) = present.as_ref().filter(|it| it.log().is_sound()) {
            return Ok(Some(Rc::clone(runner)));
        }
        drop(present);
        let store = SqlJournal::open(self.state.storage())?;
        let clock: Rc<dyn Clock> = Rc::new(EdgeClock);
        let log = Rc::new(RunLog::open(Rc::new(store), Rc::clone(&clock))?);
        let started = log.head().map(|head| head.started.workflow.clone());
        let Some(workflow) = started.or_else(|| starting.map(str::to_owned)) else {
            return Ok(None);
        };
        let settings = self.settings()?;
        let subrequests = self.subrequests.clone();
        let budget = settings.subrequest_budget;
        let spent = subrequests.clone();
        let opening = Opening {
            log,
            clock,
            random: Rc::new(EdgeRandom),
            host: Rc::new(EdgeHost {
                env: self.env.clone(),
            }),
            spent: Rc::new(move || spent.count() >= budget),
        };
        let runner = match workflows().get(&workflow) {
            Some(line) => {
                let tuned = settings.workflows.get(line.settings_key());
                let means = settings.means(&self.env, subrequests);
                line.open(opening, means, tuned.map(String::as_str))
                    .map_err(|refused| StoreError(refused.to_string()))?
            }
            None => open_retired(opening),
        };
        self.runner.replace(Some(Rc::clone(&runner)));
        Ok(Some(runner))
    }

    fn settings(&self) -> Result<Settings, StoreError> {
        Settings::read(&self.env).map_err(|wrong| StoreError(wrong.to_string()))
    }

    async fn advance(&self) -> Result<(), StoreError> {
        let Some(runner) = self.present_runner()? else {
            return Ok(());
        };
        let ended_at = |runner: &dyn Run| {
            runner.log().head().and_then(|head| {
                (head.status.ended() && !head.unpublished).then_some(head.ended_at)?
            })
        };
        let retention = self.settings()?.run_retention;
        if let Some(ended) = ended_at(&*runner)
            && EdgeClock.now() >= ended.plus(retention)
        {
            return self.prune().await;
        }
        runner.advance().await?;
        if let Some(ended) = ended_at(&*runner) {
            let prune_at = onbehalf_engine::Alarm::At(ended.plus(retention));
            runner.log().set_alarm(prune_at).await?;
        }
        Ok(())
    }

    /// Forgets the journal; the owner's index keeps the run's line.
    async fn prune(&self) -> Result<(), StoreError> {
        let storage = self.state.storage();
        let forgotten = async {
            storage.delete_alarm().await?;
            storage.delete_all().await
        };
        // What is in memory speaks of tables that are going.
        self.runner.replace(None);
        forgotten
            .await
            .map_err(|error: worker::Error| StoreError(error.to_string()))
    }
}

/// What a run that is not there answers.
fn absent(class: &str, message: &RunMessage) -> worker::Result<Response> {
    match message {
        RunMessage::View(_) | RunMessage::Events(_) => {
            reply(class, Ok::<_, StoreError>(None::<RunView>))
        }
        RunMessage::Resume(_) | RunMessage::Cancel(_) => {
            reply(class, Ok::<_, StoreError>(CommandOutcome::NotFound))
        }
        // A pruned run waits for nothing.
        RunMessage::StartThis(_) | RunMessage::ConnectionMade(_) => {
            reply(class, Ok::<_, StoreError>(()))
        }
    }
}

/// Whether the run is this owner's.
fn owned(runner: &dyn Run, owner: &str) -> Option<()> {
    let head = runner.log().head()?;
    (head.started.owner == owner).then_some(())
}

/// As whom somebody may look at the run and resume it. An approver of the owner's organization is
/// admitted while the run waits for approval, and later to the run they decided.
fn admitted(runner: &dyn Run, asker: &Asker) -> Option<ResumedBy> {
    let head = runner.log().head()?;
    if head.started.owner == asker.owner {
        return Some(ResumedBy::Owner);
    }
    let tenant = asker.approves.as_ref()?;
    let context: RequestContext = serde_json::from_value(head.started.context.clone()).ok()?;
    let approver = ResumedBy::Approver {
        principal: asker.owner.clone(),
    };
    let waits = head.suspension.as_ref().is_some_and(|suspension| {
        let reason = suspension.reason.product();
        matches!(reason, Some(RunReason::ApprovalRequired { .. }))
    });
    let decided = head.answered.as_ref().is_some_and(|it| it.by == approver);
    (Tenant::of(&context) == *tenant && (waits || decided)).then_some(approver)
}

fn entries(runner: &dyn Run, asker: &Asker, after: u64) -> Result<Option<Vec<Entry>>, StoreError> {
    match admitted(runner, asker) {
        None => Ok(None),
        Some(_) => runner
            .log()
            .store()
            .entries_after(after, EVENT_PAGE)
            .map(Some),
    }
}

async fn resume_run(
    runner: &dyn Run,
    by: ResumedBy,
    request: ResumeRequest,
) -> Result<(), CommandError> {
    let answer = match (request.approval, request.connected) {
        (Some(approval), None) => RunAnswer::from(approval),
        (None, Some(connectors)) => RunAnswer::Connected { connectors },
        _ => {
            return Err(CommandError::Refused(Refusal::WrongPayload(
                "name either an approval or the connections that were made".into(),
            )));
        }
    };
    runner.resume(request.number, by, answer).await
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
                    message: refusal_text(status),
                }
            }
            Refusal::WrongPayload(message) => CommandOutcome::WrongPayload { message },
        },
    })
}

fn refusal_text(status: RunStatus) -> String {
    format!("the run is {}", status.name())
}

/// Tells the owner's index and the account's object where a run stands.
struct EdgeHost {
    env: Env,
}

#[async_trait(?Send)]
impl Host for EdgeHost {
    async fn publish(&self, head: &Head) -> Result<(), PublishError> {
        let failed = |error: &dyn std::fmt::Display| PublishError(error.to_string());
        if let Some(suspension) = &head.suspension
            && let Some(RunReason::ConnectionRequired { missing }) = suspension.reason.product()
        {
            let context: RequestContext = serde_json::from_value(head.started.context.clone())
                .map_err(|error| failed(&error))?;
            let wait = AwaitConnections {
                run_id: head.started.run_id.clone(),
                number: suspension.number,
                connectors: missing.iter().map(|it| it.connector.clone()).collect(),
                since: suspension.since,
            };
            call(&self.env, context.scalekit_identifier.as_str(), wait)
                .await
                .map_err(|error| failed(&error))?;
        }
        let note = NoteStatus {
            run_id: head.started.run_id.clone(),
            status: head.status,
            ended_at: head.ended_at,
        };
        call(&self.env, &head.started.owner, note)
            .await
            .map_err(|error| failed(&error))
    }
}

//! What a run's object does with what is kept in it: opening, answering, going on, forgetting.
//!
//! Owns when there is a run to ask, whose a run is whose journal cannot be read, and that what was
//! forgotten does not begin again. What a run does is the engine's; where it is kept and what it acts
//! through is its [`Place`]'s.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::Duration;

use onbehalf_clock::{Clock, Timestamp};
use onbehalf_engine::{JournalError, JournalStore, RunLog, Started, StoreError};
use serde_json::Value;

use super::journal::SqlJournal;
use super::news::tell_of_decision;
use super::shelf::{self, Shelf, failed};
use super::{Kept, RunMessage, RunReply, StartThis, absent, serve, tend};
use crate::contract::CommandOutcome;
use crate::hosted::Run;
use crate::letter::Carrier;
use crate::names::WorkflowId;
use crate::note::Note;
use crate::rules::Rules;

/// When the alarm rings again after storage failed under it; doubles with each failure …
const AFTER_FAILURE: Duration = Duration::from_secs(2);
/// … up to this.
const LONGEST_AFTER_FAILURE: Duration = Duration::from_secs(300);
/// How long it is remembered that a run was forgotten. A start that was sent twice may still be on
/// its way when the run it began is over; no message is under way for so long.
const WORD_LIFETIME: Duration = Duration::from_secs(3600);

/// What is kept at a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stored {
    /// Nothing, ever.
    Nothing,
    /// A run's journal.
    Journal,
    /// Word that a run was here.
    Word {
        /// When even that may be forgotten.
        until: Timestamp,
    },
}

/// Whose run it is, kept beside its journal in the plainest form, for the day on which the journal
/// cannot be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Seal {
    /// The run.
    pub run_id: String,
    /// Its workflow.
    pub workflow: String,
    /// The version it began under.
    pub version: u32,
    /// The key of its owner.
    pub owner: String,
    /// Whom it acts for, as JSON.
    pub context: String,
}

impl Seal {
    /// The seal of a run that begins.
    pub fn of(started: &Started) -> Self {
        Self {
            run_id: started.run_id.clone(),
            workflow: started.workflow.clone(),
            version: started.version,
            owner: started.owner.clone(),
            context: started.context.to_string(),
        }
    }

    /// What is known of how the run began. Its input is not.
    fn started(self) -> Started {
        Started {
            run_id: self.run_id,
            workflow: self.workflow,
            version: self.version,
            owner: self.owner,
            context: serde_json::from_str(&self.context).unwrap_or(Value::Null),
            input: Value::Null,
            trace_id: None,
        }
    }
}

/// What a run's object stands on.
pub trait Place {
    /// Where it is kept.
    fn shelf(&self) -> Rc<dyn Shelf>;
    /// A run of this workflow over its journal.
    fn open(&self, workflow: &WorkflowId, log: Rc<RunLog>) -> Rc<Run>;
    /// How long a run is kept after its end; `None` while settings do not say.
    fn retention(&self) -> Option<Duration>;
    /// What the deployment says.
    fn rules(&self) -> Rc<dyn Rules>;
    /// The way to other objects.
    fn carrier(&self) -> Rc<dyn Carrier>;
    /// The time.
    fn clock(&self) -> Rc<dyn Clock>;
}

/// Keeps one run, in memory as long as its process lives.
#[derive(Default)]
pub struct Keeper {
    run: RefCell<Option<Rc<Run>>>,
    /// Alarms in a row under which storage failed.
    failures: Cell<u32>,
}

impl Keeper {
    /// Answers a message.
    ///
    /// # Errors
    /// When storage fails, or nobody can tell whose run it is.
    pub async fn receive(
        &self,
        place: &dyn Place,
        message: RunMessage,
    ) -> Result<RunReply, JournalError> {
        let starting = match &message {
            RunMessage::StartThis(StartThis(started)) => Some(started),
            _ => None,
        };
        let run = match self.stored(place)? {
            Stored::Journal => self.run(place, starting)?,
            Stored::Nothing if starting.is_some() => self.run(place, starting)?,
            Stored::Nothing | Stored::Word { .. } => None,
        };
        let Some(run) = run else {
            return Ok(absent(&message));
        };
        if let Some(started) = starting.filter(|_| run.log().head().is_none()) {
            // Durable together with the first row: nothing waits in between.
            let seal = Seal::of(started);
            shelf::seal(place.shelf().as_ref(), &seal).map_err(failed)?;
        }
        let reply = serve(&run, place.rules().as_ref(), message).await?;
        if let RunReply::Resume(CommandOutcome::Accepted)
        | RunReply::Cancel(CommandOutcome::Accepted) = &reply
        {
            let head = run.log().head().map(|head| head.clone());
            if let Some(head) = head {
                tell_of_decision(place.carrier().as_ref(), &head).await;
            }
        }
        Ok(reply)
    }

    /// Goes on when the alarm rang. Leaves with the next alarm set, whatever happened.
    ///
    /// # Errors
    /// When not even that was possible; the platform then rings again.
    pub async fn ring(&self, place: &dyn Place) -> Result<(), StoreError> {
        let Err(error) = self.rung(place).await else {
            self.failures.set(0);
            return Ok(());
        };
        let failures = self.failures.get();
        self.failures.set(failures.saturating_add(1));
        let pause = AFTER_FAILURE.saturating_mul(1 << failures.min(16));
        let fields = vec![
            ("error", error.to_string()),
            ("failures", self.failures.get().to_string()),
        ];
        let shelf = place.shelf();
        shelf.note(Note::warning("run_interrupted", fields));
        let again = place.clock().now().plus(pause.min(LONGEST_AFTER_FAILURE));
        shelf.set_alarm(Some(again)).await.map_err(failed)
    }

    async fn rung(&self, place: &dyn Place) -> Result<(), JournalError> {
        let now = || place.clock().now();
        match self.stored(place)? {
            Stored::Nothing => return Ok(()),
            Stored::Word { until } if until <= now() => {
                return Ok(place.shelf().clear().await.map_err(failed)?);
            }
            Stored::Word { until } => {
                let set = place.shelf().set_alarm(Some(until)).await;
                return Ok(set.map_err(failed)?);
            }
            Stored::Journal => {}
        }
        let Some(run) = self.run(place, None)? else {
            return Ok(());
        };
        match tend(&run, place.retention(), &now).await? {
            Kept::Still => Ok(()),
            Kept::NoLonger => {
                // What is in memory speaks of what is going.
                self.run.replace(None);
                let until = now().plus(WORD_LIFETIME);
                let buried = shelf::bury(place.shelf().as_ref(), until).await;
                Ok(buried.map_err(failed)?)
            }
        }
    }

    /// What is kept, by the run in memory where there is one.
    fn stored(&self, place: &dyn Place) -> Result<Stored, StoreError> {
        match self.run.borrow().is_some() {
            true => Ok(Stored::Journal),
            false => shelf::stored(place.shelf().as_ref()).map_err(failed),
        }
    }

    /// The run in memory, or a new one over what was committed when a write has failed since. Of
    /// which workflow it is, the journal says; `starting` does where nothing was started yet.
    fn run(
        &self,
        place: &dyn Place,
        starting: Option<&Started>,
    ) -> Result<Option<Rc<Run>>, JournalError> {
        let present = self.run.borrow().clone();
        if let Some(run) = present.filter(|it| it.log().is_sound()) {
            return Ok(Some(run));
        }
        let shelf = place.shelf();
        let store: Rc<dyn JournalStore> = Rc::new(SqlJournal::open(Rc::clone(&shelf))?);
        let log = match RunLog::open(Rc::clone(&store), place.clock()) {
            Ok(log) => log,
            Err(JournalError::Unreadable(damage)) => {
                match shelf::sealed(shelf.as_ref()).map_err(failed)? {
                    Some(seal) => RunLog::damaged(store, place.clock(), seal.started(), damage)?,
                    None => return Err(JournalError::Unreadable(damage)),
                }
            }
            Err(error) => return Err(error),
        };
        let begun = log.head().map(|head| head.started.workflow.clone());
        let Some(workflow) = begun.or_else(|| starting.map(|it| it.workflow.clone())) else {
            return Ok(None);
        };
        let run = place.open(&WorkflowId::new(workflow), Rc::new(log));
        self.run.replace(Some(Rc::clone(&run)));
        Ok(Some(run))
    }
}

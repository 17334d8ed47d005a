//! What a run's object does with what is kept in it: opening, answering, going on, forgetting.
//!
//! Owns when there is a run to ask, whose a run is whose journal cannot be read, and that what was
//! forgotten does not begin again. What a run does is the engine's; where its journal is kept, what
//! it acts through and when the alarm rings is its [`Place`]'s.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::Duration;

use async_trait::async_trait;

use onbehalf_clock::{Clock, Timestamp};
use onbehalf_engine::{JournalError, JournalStore, RunLog, Started, StoreError};
use serde_json::Value;

use super::news::tell_of_decision;
use super::{Kept, RunMessage, RunReply, StartThis, absent, serve, tend};
use crate::contract::CommandOutcome;
use crate::hosted::Run;
use crate::letter::Carrier;
use crate::names::WorkflowId;
use crate::object::Note;
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
pub enum Stored {
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
pub struct Seal {
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
#[async_trait(?Send)]
pub trait Place {
    /// What is kept here. Looking leaves nothing behind, so that guessing at names costs whoever
    /// guesses.
    fn stored(&self) -> Result<Stored, StoreError>;
    /// The journal, begun where there is none.
    fn journal(&self) -> Result<Rc<dyn JournalStore>, StoreError>;
    /// Keeps a seal beside the journal, in the present turn.
    fn seal(&self, seal: &Seal) -> Result<(), StoreError>;
    /// The seal, if one was kept.
    fn sealed(&self) -> Result<Option<Seal>, StoreError>;
    /// Puts word in the place of journal and seal, and rings at its end, all at once.
    async fn bury(&self, until: Timestamp) -> Result<(), StoreError>;
    /// Forgets everything, and rings no more.
    async fn clear(&self) -> Result<(), StoreError>;
    /// Rings then.
    async fn ring_at(&self, at: Timestamp) -> Result<(), StoreError>;
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
    /// Takes a line for the log.
    fn note(&self, note: Note);
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
            place.seal(&Seal::of(started))?;
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
        place.note(Note {
            event: "run_interrupted",
            fields: vec![
                ("error", error.to_string()),
                ("failures", self.failures.get().to_string()),
            ],
        });
        let again = place.clock().now().plus(pause.min(LONGEST_AFTER_FAILURE));
        place.ring_at(again).await
    }

    async fn rung(&self, place: &dyn Place) -> Result<(), JournalError> {
        let now = || place.clock().now();
        match self.stored(place)? {
            Stored::Nothing => return Ok(()),
            Stored::Word { until } if until <= now() => return Ok(place.clear().await?),
            Stored::Word { until } => return Ok(place.ring_at(until).await?),
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
                Ok(place.bury(now().plus(WORD_LIFETIME)).await?)
            }
        }
    }

    /// What is kept, by the run in memory where there is one.
    fn stored(&self, place: &dyn Place) -> Result<Stored, StoreError> {
        match self.run.borrow().is_some() {
            true => Ok(Stored::Journal),
            false => place.stored(),
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
        let store = place.journal()?;
        let log = match RunLog::open(Rc::clone(&store), place.clock()) {
            Ok(log) => log,
            Err(JournalError::Unreadable(damage)) => match place.sealed()? {
                Some(seal) => RunLog::damaged(store, place.clock(), seal.started(), damage)?,
                None => return Err(JournalError::Unreadable(damage)),
            },
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

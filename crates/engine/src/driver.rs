//! The loop around one run: alarms and commands in; steps run, records out.
//!
//! Owns the loop around the state machine in [`super::head`] and nothing of storage, HTTP or the
//! platform. Whatever happens to the process, the next alarm picks up from the journal. Refuses to
//! know a workflow's types, so that it is compiled once for all of them.

use std::cell::Cell;
use std::rc::Rc;
use std::time::Duration;

use futures::future::{Either, select};

use super::definition::{Interrupt, StepError};
use super::effect::{EffectKey, EffectOutcome};
use super::effects::{Brought, EffectDriver};
use super::erased::{Program, Settling};
use super::head::{Head, Next, Refusal, RunFailure, Trouble, TroubleKind};
use super::history::EffectHistory;
use super::journal::{Record, Started};
use super::log::RunLog;
use super::runner::{CommandError, Host, PublishError};
use super::settle::Purpose;
use super::store::{Alarm, JournalError, StoreError};
use onbehalf_clock::Timestamp;
use onbehalf_clock::{Clock, Random};

/// While a step runs, an alarm this far ahead brings the run back should the process die without
/// the platform noticing.
pub(super) const WATCHDOG: Duration = Duration::from_secs(60);
/// An alarm that should have rung so long ago is lost: longer than the longest pause of the engine's
/// own, so that nobody hurries a run that is waiting.
const LOST_AFTER: Duration = Duration::from_secs(600);
/// When an alarm that rang while another was being handled rings again.
const RING_AGAIN: Duration = Duration::from_secs(2);
/// The outside takes note within this time, or is told again.
const PUBLISH_WITHIN: Duration = Duration::from_secs(30);
/// New work begins for so long after an alarm rang. The platform ends a handler after 15 minutes;
/// what is left is for what was begun.
const INVOCATION: Duration = Duration::from_secs(5 * 60);
/// Nothing an alarm began takes longer than this, for the same reason.
pub(super) const INVOCATION_END: Duration = Duration::from_secs(12 * 60);
/// How long a run waits for wrong settings to be mended before it fails.
const MEND_WITHIN: Duration = Duration::from_secs(3600);
/// The first pause of the engine's own retries; doubles with each …
const FIRST_PAUSE: Duration = Duration::from_secs(2);
/// … up to this.
const LONGEST_PAUSE: Duration = Duration::from_secs(300);

/// What one execution of a step asks of the loop.
pub(super) enum After {
    Continue,
    /// End this invocation; the alarm brings the run back.
    Break,
}

/// One alarm being handled.
pub(super) struct Invocation {
    pub began: Timestamp,
    /// Whether its limits are near.
    pub spent: Rc<dyn Fn() -> bool>,
    /// Whether it has run a step before.
    pub stepped: Cell<bool>,
}

/// The pause of the engine's own retries after so many.
fn pause_after(tries: u32) -> Duration {
    FIRST_PAUSE
        .saturating_mul(1 << tries.min(16))
        .min(LONGEST_PAUSE)
}

/// Drives one run.
pub(super) struct Driver {
    /// What runs, or why its steps have nothing to act through: settings that are wrong. Such a
    /// run can be shown, answered and cancelled.
    program: Result<Box<dyn Program>, String>,
    pub(super) clock: Rc<dyn Clock>,
    pub(super) random: Rc<dyn Random>,
    host: Rc<dyn Host>,
    /// Whether the present invocation is near its limits.
    spent: Rc<dyn Fn() -> bool>,
    pub(super) log: Rc<RunLog>,
    running: Cell<bool>,
}

impl Driver {
    pub fn new(
        program: Result<Box<dyn Program>, String>,
        clock: Rc<dyn Clock>,
        random: Rc<dyn Random>,
        host: Rc<dyn Host>,
        spent: Rc<dyn Fn() -> bool>,
        log: Rc<RunLog>,
    ) -> Self {
        Self {
            program,
            clock,
            random,
            host,
            spent,
            log,
            running: Cell::new(false),
        }
    }

    /// See [`super::Runner::start`].
    pub async fn start(&self, started: Started) -> Result<(), StoreError> {
        let record = match self.log.head() {
            Some(_) => Vec::new(),
            None => vec![Record::Started(Box::new(started))],
        };
        self.record_and_wake(record).await
    }

    /// Decides a command against the head, which must be one that storage shares, and goes on.
    pub async fn command(
        &self,
        decision: impl FnOnce(&Head) -> Result<Vec<Record>, Refusal>,
    ) -> Result<(), CommandError> {
        self.log.check()?;
        let records = {
            let head = self.log.head().ok_or(CommandError::NotFound)?;
            decision(&head)?
        };
        Ok(self.record_and_wake(records).await?)
    }

    /// Also where there is nothing new to record, storage has to answer: the caller is told that
    /// what another command decided a moment ago holds.
    async fn record_and_wake(&self, records: Vec<Record>) -> Result<(), StoreError> {
        let now = self.clock.now();
        self.log.append(records, Alarm::At(now)).await
    }

    /// See [`super::Runner::look_after`].
    pub async fn look_after(&self) -> Result<(), StoreError> {
        let now = self.clock.now();
        let overdue = self.log.head().and_then(|head| head.overdue_since(now));
        let lost = overdue.is_some_and(|since| now >= since.plus(LOST_AFTER));
        // Whoever is at work sets the alarm as the last thing they do.
        if self.running.get() || !lost {
            return Ok(());
        }
        self.record_and_wake(Vec::new()).await
    }

    /// See [`super::Runner::advance`].
    pub async fn advance(&self) -> Result<(), StoreError> {
        if self.running.replace(true) {
            // The one under way may have set this very alarm as the last thing it did, or may die:
            // having rung, the alarm is gone, and another must bring the run back.
            let again = self.clock.now().plus(RING_AGAIN);
            return self.log.set_alarm(Alarm::At(again)).await;
        }
        let done = self.advance_alone().await;
        self.running.set(false);
        done
    }

    async fn advance_alone(&self) -> Result<(), StoreError> {
        let invocation = self.invocation();
        if let Some(message) = self.log.damage().map(str::to_owned)
            && self
                .log
                .head()
                .is_some_and(|head| !head.status.ended() && head.failing.is_none())
        {
            self.fail(RunFailure::Unreadable { message }).await?;
        }
        let due = loop {
            let now = self.clock.now();
            let Some(next) = self.log.head().map(|head| head.next(now)) else {
                return Ok(());
            };
            match next {
                Next::Run(_) | Next::Settle if (invocation.spent)() => break Some(now),
                Next::Run(position) => match &self.program {
                    Ok(program) => {
                        let program = program.as_ref();
                        let after = self.execute(position, program, &invocation).await?;
                        if let After::Break = after {
                            break Some(self.clock.now());
                        }
                    }
                    Err(message) => match self.wait_for_settings(message).await? {
                        Some(again) => break Some(again),
                        None => {
                            let message = message.clone();
                            self.fail(RunFailure::Misconfigured { message }).await?;
                        }
                    },
                },
                Next::Wait(until) if until <= now => {
                    let wake = self.log.head().and_then(|head| head.wake(now));
                    self.log
                        .append(wake.into_iter().collect(), Alarm::Keep)
                        .await?;
                }
                Next::Wait(until) => break Some(until),
                Next::Settle => {
                    if let Some(until) = self.find_out(&invocation).await? {
                        break Some(until);
                    }
                }
                Next::Idle | Next::Ended => break None,
            }
        };
        self.publish(due).await
    }

    fn invocation(&self) -> Invocation {
        let (clock, spent) = (Rc::clone(&self.clock), Rc::clone(&self.spent));
        let began = clock.now();
        Invocation {
            began,
            spent: Rc::new(move || spent() || clock.now().since(began) >= INVOCATION),
            stepped: Cell::new(false),
        }
    }

    /// When settings that are wrong are looked at again; `None` once they were for too long.
    async fn wait_for_settings(&self, message: &str) -> Result<Option<Timestamp>, StoreError> {
        let now = self.clock.now();
        let known = self.log.head().and_then(|head| head.trouble.clone());
        let known = known.filter(|it| it.kind == TroubleKind::Settings);
        let (since, tries) = known.map_or((now, 0), |it| (it.since, it.tries));
        if now >= since.plus(MEND_WITHIN) {
            return Ok(None);
        }
        let trouble = Trouble {
            kind: TroubleKind::Settings,
            message: message.to_owned(),
            since,
            tries: tries.saturating_add(1),
        };
        let again = now.plus(pause_after(tries));
        self.log
            .note_trouble(Some(trouble), Alarm::At(again))
            .await?;
        Ok(Some(again))
    }

    /// Tells the outside where the run stands, and sets the alarm.
    async fn publish(&self, due: Option<Timestamp>) -> Result<(), StoreError> {
        let alarm = due.map_or(Alarm::Clear, Alarm::At);
        let head = self.log.head().map(|head| head.clone());
        let Some(head) = head.filter(|head| head.unpublished) else {
            return self.log.set_alarm(alarm).await;
        };
        let now = self.clock.now();
        let outside = head.trouble.as_ref();
        let outside = outside.filter(|it| it.kind == TroubleKind::Outside);
        let (since, tries) = outside.map_or((now, 0), |it| (it.since, it.tries));
        // The alarm is in place before the outside is told: whatever it answers with finds a run
        // that will go on. One that has rung for longer and longer waits is not hurried by it.
        let again = now.plus(PUBLISH_WITHIN.max(pause_after(tries)));
        let again = due.map_or(again, |due| due.min(again));
        self.log.set_alarm(Alarm::At(again)).await?;
        let told = {
            let telling = self.host.publish(&head);
            match select(telling, self.clock.sleep(PUBLISH_WITHIN)).await {
                Either::Left((told, _)) => told,
                Either::Right(((), _)) => Err(PublishError("no answer".into())),
            }
        };
        match told {
            Ok(()) => {
                let moved = self.log.head().is_some_and(|now| {
                    now.status != head.status || now.suspensions != head.suspensions
                });
                // A resume or cancel that came in meanwhile has set its own alarm.
                let alarm = if moved { Alarm::Keep } else { alarm };
                self.log.mark_published(&head, alarm).await
            }
            Err(error) => {
                let trouble = Trouble {
                    kind: TroubleKind::Outside,
                    message: error.to_string(),
                    since,
                    tries: tries.saturating_add(1),
                };
                let worse = self.log.head().and_then(|head| head.trouble.clone());
                let worse = worse.filter(|it| it.kind == TroubleKind::Settings);
                let again = self.clock.now().plus(pause_after(tries));
                let again = due.map_or(again, |due| due.min(again));
                let moved = self.log.head().is_some_and(|now| now.status != head.status);
                let alarm = if moved { Alarm::Keep } else { Alarm::At(again) };
                self.log
                    .note_trouble(Some(worse.unwrap_or(trouble)), alarm)
                    .await
            }
        }
    }

    /// Ends the run without a result: at once, or once it is known what became of the writes that
    /// are under way.
    pub(super) async fn fail(&self, failure: RunFailure) -> Result<After, StoreError> {
        let record = match self.open_intents()?.is_empty() {
            true => Record::Failed { failure },
            false => Record::Failing { failure },
        };
        self.log.append(vec![record], Alarm::Keep).await?;
        Ok(After::Continue)
    }

    fn open_intents(&self) -> Result<Vec<EffectKey>, StoreError> {
        match self.log.store().open_intents() {
            Ok(open) => Ok(open),
            Err(JournalError::Storage(error)) => Err(error),
            // Nothing is left that anybody could find out about.
            Err(JournalError::Unreadable(_)) => Ok(Vec::new()),
        }
    }

    /// Finds out what became of the writes that a cancelled or failing run had under way. Answers
    /// when to go on, or `None` once all are settled and the run has ended.
    async fn find_out(&self, invocation: &Invocation) -> Result<Option<Timestamp>, StoreError> {
        let now = || self.clock.now();
        self.log.set_alarm(Alarm::At(now().plus(WATCHDOG))).await?;
        let program = match &self.program {
            Ok(program) => Some(program),
            Err(message) => match self.wait_for_settings(message).await? {
                Some(again) => return Ok(Some(again)),
                None => None,
            },
        };
        let context = self.log.head().map(|head| head.started.context.clone());
        let settling = program.zip(context);
        let settling = settling.and_then(|(program, context)| program.settling(context));
        let open = self.open_intents()?;
        let mut later: Option<Timestamp> = None;
        for key in open {
            if (invocation.spent)() {
                return Ok(Some(now()));
            }
            if let Some(until) = self.find_out_one(&key, settling.as_deref()).await? {
                later = Some(later.map_or(until, |later| later.min(until)));
            }
        }
        if later.is_none() {
            let failing = self.log.head().and_then(|head| head.failing.clone());
            let end = failing.map_or(Record::Cancelled, |failure| Record::Failed { failure });
            self.log.append(vec![end], Alarm::Keep).await?;
        }
        Ok(later)
    }

    async fn find_out_one(
        &self,
        key: &EffectKey,
        settling: Option<&dyn Settling>,
    ) -> Result<Option<Timestamp>, StoreError> {
        let history = match self.log.store().effect(key) {
            Ok(history) => history,
            Err(JournalError::Storage(error)) => return Err(error),
            Err(JournalError::Unreadable(_)) => EffectHistory::default(),
        };
        let work = history
            .open
            .and_then(|open| settling?.work(key, &open.kind, open.request));
        let driver = EffectDriver {
            log: &self.log,
            clock: &self.clock,
        };
        let brought = match &work {
            Some(work) => {
                let before = || Ok(());
                driver
                    .bring(key, work.as_ref(), Purpose::FindOut, &before)
                    .await
            }
            // A kind this deployment no longer knows cannot be looked up by anyone.
            None => Err(StepError::terminal("nobody can look it up")),
        };
        match brought {
            Ok(Brought::Done(_)) => Ok(None),
            Ok(Brought::Later(until, _)) => Ok(Some(until)),
            Err(StepError::Interrupted(Interrupt::Storage(message))) => Err(StoreError(message)),
            Err(_) => {
                let unknown = Record::Outcome {
                    key: key.as_str().to_owned(),
                    outcome: EffectOutcome::UnknownOutcome,
                };
                self.log.append(vec![unknown], Alarm::Keep).await?;
                Ok(None)
            }
        }
    }
}

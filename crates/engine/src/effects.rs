//! Carries out what [`super::settle`] says about an effect.
//!
//! Owns the order of journal and network, and decides nothing. Knows the journal, not the provider.
//!
//! # What keeps a replaced instance from sending
//!
//! The intent is written in the same turn in which the request begins: the effect asks its
//! [`Permit`] right before the bytes leave, and that is when the row is written. A Durable Object
//! may be replaced while it is at work, and then "uniqueness is enforced […] upon accessing
//! storage" (Cloudflare's documentation, Durable Objects, "Known issues": global uniqueness). Every
//! write locks the object's output gate until it is confirmed, and every outgoing request waits
//! for that gate (workerd, `src/workerd/io/io-gate.h`, `actor-sqlite.c++`: the commit runs under
//! `OutputGate::lockWhile`; `io-context.c++`: requests wait for output locks). When the commit
//! cannot be confirmed because another instance has taken over, the gate breaks, the request never
//! leaves and the object is reset. So either the intent is in the storage that the successor reads,
//! which then treats the write as under way, or nothing was sent. No clock takes part in this.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::Duration;

use async_trait::async_trait;
use futures::future::{Either, select};
use serde_json::Value;

use super::definition::{Interrupt, StepError};
use super::effect::{EffectKey, EffectOutcome, Found, Performed, Permit};
use super::journal::Record;
use super::log::RunLog;
use super::settle::{EffectNext, Looked, Purpose, after_look, after_send, held_until, next};
use super::store::{Alarm, JournalError, StoreError};
use onbehalf_clock::{Clock, Timestamp};

/// A look that takes longer has not told anything.
const LONGEST_LOOK: Duration = Duration::from_secs(120);

/// An effect behind JSON, with everything it acts through.
#[async_trait(?Send)]
pub(super) trait Work {
    fn kind(&self) -> &str;
    fn request(&self) -> Result<Value, StepError>;
    fn visible_after(&self) -> Duration;
    async fn find(&self) -> Result<Found<Value>, StepError>;
    async fn perform(&self, permit: &Permit) -> Result<Performed<Value, Value>, StepError>;
}

/// How far an effect came.
pub(super) enum Brought {
    /// It has ended.
    Done(EffectOutcome),
    /// Nothing more can be done before this time; with what it was refused with just now.
    Later(Timestamp, Option<Value>),
}

/// Brings effects on against one run's journal.
pub(super) struct EffectDriver<'a> {
    pub log: &'a Rc<RunLog>,
    pub clock: &'a Rc<dyn Clock>,
}

impl EffectDriver<'_> {
    /// Brings one effect on as far as can be now. `before` is asked before anything is sent or
    /// looked for.
    pub async fn bring(
        &self,
        key: &EffectKey,
        work: &dyn Work,
        purpose: Purpose,
        before: &dyn Fn() -> Result<(), StepError>,
    ) -> Result<Brought, StepError> {
        loop {
            let history = self.log.store().effect(key)?;
            match next(&history, purpose, self.clock.now()) {
                EffectNext::Done(outcome) => return Ok(Brought::Done(outcome)),
                EffectNext::End(outcome) => {
                    let key = key.as_str().to_owned();
                    self.record(Record::Outcome { key, outcome }).await?;
                }
                // What it was held for may have been mended since: only a fresh refusal is one.
                EffectNext::Wait(until) => return Ok(Brought::Later(until, None)),
                EffectNext::Look => {
                    before()?;
                    let at = self.clock.now();
                    let found = self.look(work).await?;
                    let looked = Looked {
                        found,
                        at,
                        visible_after: work.visible_after(),
                    };
                    // What is open now may not be what was looked for.
                    let history = self.log.store().effect(key)?;
                    if let Some(open) = &history.open {
                        let now = self.clock.now();
                        let record = after_look(key.as_str(), &history, open, purpose, looked, now);
                        self.record(record).await?;
                    }
                }
                EffectNext::Send => {
                    before()?;
                    if let Some(later) = self.send(key, work).await? {
                        return Ok(later);
                    }
                }
            }
        }
    }

    async fn look(&self, work: &dyn Work) -> Result<Found<Value>, StepError> {
        let deadline = self.clock.sleep(LONGEST_LOOK);
        match select(work.find(), deadline).await {
            Either::Left((found, _)) => found,
            Either::Right(((), _)) => Ok(Found::Unknown(None)),
        }
    }

    /// Sends. Answers where the effect stands when nothing was sent, which leaves no row.
    async fn send(&self, key: &EffectKey, work: &dyn Work) -> Result<Option<Brought>, StepError> {
        let intent = Record::Intent {
            key: key.as_str().to_owned(),
            kind: work.kind().to_owned(),
            request: work.request()?,
        };
        let sending = Rc::new(Sending {
            log: Rc::clone(self.log),
            intent,
            begun: Cell::new(0),
            failed: RefCell::new(None),
        });
        let permit = {
            let sending = Rc::clone(&sending);
            Permit::new(move || sending.begin())
        };
        let sent = work.perform(&permit).await?;
        if let Some(error) = sending.failed.take() {
            return Err(error.into());
        }
        let now = self.clock.now();
        let history = self.log.store().effect(key)?;
        if sending.begun.get() > 0 {
            let Some(record) = after_send(key.as_str(), &history, sent, now) else {
                return Ok(None);
            };
            let refused = match &record {
                Record::Released { reason, until, .. } => {
                    Some(Brought::Later(until.unwrap_or(now), Some(reason.clone())))
                }
                _ => None,
            };
            self.record(record).await?;
            return Ok(refused);
        }
        match sent {
            // Known without asking: a connection that is dead, a limit that another write met.
            Performed::Deferred(failure, asked) => {
                let until = held_until(&history, asked, now);
                Ok(Some(Brought::Later(until, Some(failure))))
            }
            Performed::Refused(failure) => {
                let key = key.as_str().to_owned();
                let outcome = EffectOutcome::Refused { failure };
                self.record(Record::Outcome { key, outcome }).await?;
                Ok(None)
            }
            Performed::NotSent if !self.log.may_write() => {
                Err(StepError::Interrupted(Interrupt::Cancelled))
            }
            Performed::NotSent => Ok(Some(Brought::Later(held_until(&history, None, now), None))),
            Performed::Landed(_) | Performed::Unknown => Err(StepError::terminal(format!(
                "{} sends without asking its permit",
                work.kind()
            ))),
        }
    }

    async fn record(&self, record: Record) -> Result<(), StoreError> {
        self.log.append(vec![record], Alarm::Keep).await
    }
}

/// A write about to leave.
struct Sending {
    log: Rc<RunLog>,
    intent: Record,
    /// How often it left: a request that was certainly not taken may be repeated at once.
    begun: Cell<u32>,
    failed: RefCell<Option<StoreError>>,
}

impl Sending {
    /// Puts the intent on record, in this very turn. May it leave?
    fn begin(&self) -> bool {
        if !self.log.may_write() {
            return false;
        }
        match self.log.write(self.intent.clone()) {
            Ok(()) => {
                self.begun.set(self.begun.get() + 1);
                true
            }
            Err(error) => {
                self.failed.replace(Some(error));
                false
            }
        }
    }
}

impl From<JournalError> for StepError {
    fn from(error: JournalError) -> Self {
        Self::Interrupted(match error {
            JournalError::Storage(error) => Interrupt::Storage(error.0),
            JournalError::Unreadable(message) => Interrupt::Incompatible(message),
        })
    }
}

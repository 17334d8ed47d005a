//! Intent, send, confirm; and what to do about an intent without an outcome.
//!
//! Owns the order of journal and network for a write. Knows the journal, not the provider.

use std::rc::Rc;
use std::time::Duration;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::chain::{incompatible, to_value};
use super::definition::{Interrupt, StepError};
use super::effect::{
    ABSENT, Effect, EffectHistory, EffectKey, EffectOutcome, Found, Performed, Permit, SEND_WITHIN,
    STRAGGLER, Settled,
};
use super::journal::Record;
use super::log::RunLog;
use super::store::{Alarm, StoreError};
use onbehalf_clock::Clock;
use onbehalf_clock::Timestamp;

/// Looks at the outside world that may fail before an effect is surfaced as `unknown_outcome`.
/// With the pauses below that is about twenty minutes of a provider that does not answer.
pub(super) const PROBE_LIMIT: u32 = 9;
/// The pause after the first failed look; doubles with each.
const FIRST_PROBE_PAUSE: Duration = Duration::from_secs(3);
/// Sends of one write that may come to nothing before it is surfaced as `unknown_outcome`: an app
/// that answers so that nobody can read it, and does nothing, will not do it the next time either.
/// With the default waits that is about a quarter of an hour.
const VANISH_LIMIT: u32 = 10;
/// The pause before a write that could not leave in time is begun anew.
const SEND_AGAIN: Duration = Duration::from_secs(1);

/// Settles effects against one run's journal.
pub(super) struct EffectWriter<'a> {
    pub log: &'a Rc<RunLog>,
    pub clock: &'a Rc<dyn Clock>,
}

/// A look at the outside world.
pub(super) struct Looked {
    pub found: Found<serde_json::Value>,
    /// When the look began. Its answer may have taken long, and says nothing of what came later.
    pub at: Timestamp,
    /// When a write that landed can be seen at the latest.
    pub visible_at: Timestamp,
}

/// What a look at an open intent led to.
pub(super) enum Look {
    /// The write is there, with this receipt.
    Landed(serde_json::Value),
    /// The write is not there and will not turn up.
    Absent,
    /// Look again no sooner than this.
    Later(Timestamp),
    /// Given up: nobody can tell.
    Unknowable,
}

impl EffectWriter<'_> {
    /// Brings one effect to an end, or as near to it as can be now. `before_sending` is asked
    /// before a new intent is recorded.
    pub async fn settle<E: Effect>(
        &self,
        key: &EffectKey,
        effect: &E,
        services: &E::Services,
        context: &E::Context,
        before_sending: &dyn Fn() -> Result<(), StepError>,
    ) -> Result<Settled<E::Receipt, E::Failure>, StepError> {
        let history = self.log.store().effect(key)?;
        if let Some(outcome) = history.outcome {
            return read(outcome);
        }
        if let Some(open) = &history.open {
            let visible_at = open.landed_by().plus(effect.visible_after(services));
            let looked_at = self.clock.now();
            let found = match effect.find(services, context, key).await {
                Found::Landed(receipt) => Found::Landed(to_value(&receipt)?),
                Found::Absent => Found::Absent,
                Found::Unknown => Found::Unknown,
            };
            let look = Looked {
                found,
                at: looked_at,
                visible_at,
            };
            match self.conclude(key, &history, look).await? {
                Look::Landed(receipt) => {
                    let outcome = EffectOutcome::Landed {
                        receipt,
                        found: true,
                    };
                    self.record(key, outcome.clone()).await?;
                    return read(outcome);
                }
                Look::Absent => {
                    if history.vanished + 1 >= VANISH_LIMIT {
                        self.record(key, EffectOutcome::UnknownOutcome).await?;
                        return Ok(Settled::UnknownOutcome);
                    }
                    self.release(key, serde_json::json!(ABSENT)).await?;
                }
                Look::Later(until) => return Ok(Settled::Pending(until)),
                Look::Unknowable => {
                    self.record(key, EffectOutcome::UnknownOutcome).await?;
                    return Ok(Settled::UnknownOutcome);
                }
            }
        }
        before_sending()?;
        self.send(key, effect, services, context).await
    }

    async fn send<E: Effect>(
        &self,
        key: &EffectKey,
        effect: &E,
        services: &E::Services,
        context: &E::Context,
    ) -> Result<Settled<E::Receipt, E::Failure>, StepError> {
        let intent = Record::Intent {
            key: key.as_str().to_owned(),
            kind: E::KIND.to_owned(),
            request: to_value(effect)?,
        };
        // Counted from before the intent is on record, so that the journal's time is never earlier.
        let permit = self.permit();
        self.log.append(vec![intent], Alarm::Keep).await?;
        match effect.perform(services, context, key, &permit).await {
            Performed::Landed(receipt) => {
                let outcome = EffectOutcome::Landed {
                    receipt: to_value(&receipt)?,
                    found: false,
                };
                self.record(key, outcome).await?;
                Ok(Settled::Landed(receipt))
            }
            Performed::Refused(failure) => {
                let outcome = EffectOutcome::Refused {
                    failure: to_value(&failure)?,
                };
                self.record(key, outcome).await?;
                Ok(Settled::Refused(failure))
            }
            Performed::Deferred(failure, pause) => {
                self.release(key, to_value(&failure)?).await?;
                Ok(Settled::Deferred(failure, pause))
            }
            Performed::Unknown => {
                let record = Record::Unanswered {
                    key: key.as_str().to_owned(),
                };
                self.log.append(vec![record], Alarm::Keep).await?;
                Ok(Settled::Pending(self.clock.now().plus(STRAGGLER)))
            }
            Performed::NotSent => {
                self.release(key, serde_json::json!("not_sent")).await?;
                Err(StepError::Interrupted(if self.log.may_write() {
                    Interrupt::Wait(self.clock.now().plus(SEND_AGAIN))
                } else {
                    Interrupt::Cancelled
                }))
            }
        }
    }

    /// May the write leave? Not after a cancel, and not so late that nobody could tell any more
    /// when it must have landed.
    fn permit(&self) -> Permit {
        let (log, clock) = (Rc::clone(self.log), Rc::clone(self.clock));
        let until = clock.now().plus(SEND_WITHIN);
        Permit::new(move || log.may_write() && clock.now() <= until)
    }

    /// Draws the conclusion from a look at the outside world.
    pub async fn conclude(
        &self,
        key: &EffectKey,
        history: &EffectHistory,
        look: Looked,
    ) -> Result<Look, StoreError> {
        Ok(match look.found {
            Found::Landed(receipt) => Look::Landed(receipt),
            Found::Absent if look.at >= look.visible_at => Look::Absent,
            Found::Absent => Look::Later(look.visible_at),
            Found::Unknown if history.probes + 1 >= PROBE_LIMIT => Look::Unknowable,
            Found::Unknown => {
                let probed = Record::Probed {
                    key: key.as_str().to_owned(),
                };
                self.log.append(vec![probed], Alarm::Keep).await?;
                Look::Later(
                    self.clock
                        .now()
                        .plus(FIRST_PROBE_PAUSE * (1 << history.probes)),
                )
            }
        })
    }

    /// Settles an effect for good.
    pub async fn record(&self, key: &EffectKey, outcome: EffectOutcome) -> Result<(), StoreError> {
        let record = Record::Outcome {
            key: key.as_str().to_owned(),
            outcome,
        };
        self.log.append(vec![record], Alarm::Keep).await
    }

    async fn release(&self, key: &EffectKey, reason: serde_json::Value) -> Result<(), StoreError> {
        let record = Record::Released {
            key: key.as_str().to_owned(),
            reason,
        };
        self.log.append(vec![record], Alarm::Keep).await
    }
}

fn read<R, F>(outcome: EffectOutcome) -> Result<Settled<R, F>, StepError>
where
    R: Serialize + DeserializeOwned,
    F: Serialize + DeserializeOwned,
{
    let parsed = match outcome {
        EffectOutcome::Landed { receipt, .. } => {
            serde_json::from_value(receipt).map(Settled::Landed)
        }
        EffectOutcome::Refused { failure } => serde_json::from_value(failure).map(Settled::Refused),
        EffectOutcome::UnknownOutcome | EffectOutcome::Abandoned => Ok(Settled::UnknownOutcome),
    };
    parsed.map_err(|error| incompatible("an effect's outcome", &error))
}

//! What a step may use: its identity context, shared state, kept values and effects.
//!
//! Owns the scope of keys (so that parallel branches never share one) and the check before new
//! work begins. Knows nothing of what the services do.

use std::cell::{Ref, RefCell};
use std::future::Future;
use std::rc::Rc;

use futures::stream::{FuturesUnordered, StreamExt};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::chain::{incompatible, to_value};
use super::definition::{Definition, Interrupt, StepError};
use super::effect::{Effect, EffectKey, Settled};
use super::effects::EffectWriter;
use super::journal::Record;
use super::log::RunLog;
use super::reason::Reason;
use super::store::{Alarm, StoreError};
use onbehalf_clock::Clock;
use onbehalf_clock::Timestamp;

/// What all steps of one run share during one invocation.
pub(super) struct Scope<D: Definition> {
    pub log: Rc<RunLog>,
    pub clock: Rc<dyn Clock>,
    pub services: Rc<D::Services>,
    pub spent: Rc<dyn Fn() -> bool>,
    pub run_id: String,
    pub context: D::Context,
    pub state: RefCell<D::State>,
    pub answer: Option<<D::Reason as Reason>::Answer>,
    pub attempt: u32,
}

/// A step's view of its run.
pub struct StepContext<D: Definition> {
    pub(super) scope: Rc<Scope<D>>,
    pub(super) path: String,
}

impl From<StoreError> for StepError {
    fn from(error: StoreError) -> Self {
        Self::Interrupted(Interrupt::Storage(error.0))
    }
}

impl<D: Definition> StepContext<D> {
    /// The run's name.
    pub fn run_id(&self) -> &str {
        &self.scope.run_id
    }

    /// Which attempt of the step this is, counted from 1.
    pub fn attempt(&self) -> u32 {
        self.scope.attempt
    }

    /// The time now. A step that needs the same time on every attempt keeps it with
    /// [`Self::memo`].
    pub fn now(&self) -> Timestamp {
        self.scope.clock.now()
    }

    /// Whom the run acts for; fixed when it started.
    pub fn context(&self) -> &D::Context {
        &self.scope.context
    }

    /// What the step acts through.
    pub fn services(&self) -> &D::Services {
        &self.scope.services
    }

    /// The shared state.
    pub fn state(&self) -> Ref<'_, D::State> {
        self.scope.state.borrow()
    }

    /// Changes the shared state. Journaled when the step completes or suspends.
    pub fn update_state(&self, change: impl FnOnce(&mut D::State)) {
        change(&mut self.scope.state.borrow_mut());
    }

    /// What the run was resumed with, if this step waited for it.
    pub fn answer(&self) -> Option<&<D::Reason as Reason>::Answer> {
        self.scope.answer.as_ref()
    }

    /// The same run seen from a part of this step, with keys of its own.
    pub(super) fn part(&self, name: &str) -> Self {
        Self {
            scope: Rc::clone(&self.scope),
            path: format!("{}/{name}", self.path),
        }
    }

    /// Hands the run back when the invocation is nearly spent or a cancel was recorded. Long
    /// reading loops call this between pages.
    ///
    /// # Errors
    /// The interrupt, to be passed on with `?`.
    pub fn checkpoint(&self) -> Result<(), StepError> {
        if !self.scope.log.may_write() {
            return Err(StepError::Interrupted(Interrupt::Cancelled));
        }
        if (self.scope.spent)() {
            return Err(StepError::Interrupted(Interrupt::Yield));
        }
        Ok(())
    }

    /// Computes a value once; later attempts get the kept one.
    ///
    /// # Errors
    /// Whatever `compute` answers; nothing is kept then. Also when storage fails.
    pub async fn memo<T, Fut>(
        &self,
        name: &str,
        compute: impl FnOnce() -> Fut,
    ) -> Result<T, StepError>
    where
        T: Serialize + DeserializeOwned,
        Fut: Future<Output = Result<T, StepError>>,
    {
        let key = format!("{}/{name}", self.path);
        if let Some(value) = self.scope.log.store().memo(&key)? {
            return serde_json::from_value(value).map_err(|error| incompatible(&key, &error));
        }
        let value = compute().await?;
        let record = Record::Memo {
            key,
            value: to_value(&value)?,
        };
        self.scope.log.append(vec![record], Alarm::Keep).await?;
        Ok(value)
    }

    /// Makes a write happen once, however often this is reached. `item` names it within the step
    /// and must be the same on every attempt.
    ///
    /// # Errors
    /// Interrupts: a cancel, an invocation nearly spent, failing storage.
    pub async fn effect<E>(
        &self,
        item: &str,
        effect: &E,
    ) -> Result<Settled<E::Receipt, E::Failure>, StepError>
    where
        E: Effect<Services = D::Services, Context = D::Context>,
    {
        let key = EffectKey::new(&self.scope.run_id, &self.path, item);
        let writer = EffectWriter {
            log: &self.scope.log,
            clock: &self.scope.clock,
        };
        let before = || self.checkpoint();
        writer
            .settle(
                &key,
                effect,
                self.scope.services.as_ref(),
                &self.scope.context,
                &before,
            )
            .await
    }

    /// Runs `work` for each item, at most `limit` at a time, results in the order of the items.
    /// After an interrupt nothing new begins, and what is under way is finished first: a write in
    /// flight is never dropped.
    ///
    /// # Errors
    /// The first error of any item, once all that had begun have ended.
    pub async fn for_each<T, R, Fut>(
        &self,
        items: impl IntoIterator<Item = T>,
        limit: usize,
        work: impl Fn(T) -> Fut,
    ) -> Result<Vec<R>, StepError>
    where
        Fut: Future<Output = Result<R, StepError>>,
    {
        let work = &work;
        let mut waiting = items.into_iter().enumerate();
        let mut under_way = FuturesUnordered::new();
        let mut results: Vec<(usize, R)> = Vec::new();
        let mut error = None;
        loop {
            while error.is_none() && under_way.len() < limit.max(1) {
                let Some((index, item)) = waiting.next() else {
                    break;
                };
                under_way.push(async move { (index, work(item).await) });
            }
            match under_way.next().await {
                None => break,
                Some((index, Ok(result))) => results.push((index, result)),
                Some((_, Err(first))) => error = error.or(Some(first)),
            }
        }
        if let Some(error) = error {
            return Err(error);
        }
        results.sort_by_key(|(index, _)| *index);
        Ok(results.into_iter().map(|(_, result)| result).collect())
    }
}

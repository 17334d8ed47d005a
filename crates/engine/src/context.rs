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
use serde_json::Value;

use super::definition::{Definition, Interrupt, StepError};
use super::effect::{Effect, EffectKey, EffectOutcome, Settled};
use super::effects::{Brought, EffectDriver, Work};
use super::erased::{Bound, incompatible, to_value};
use super::fence::Fence;
use super::journal::Record;
use super::log::RunLog;
use super::reason::Reason;
use super::settle::Purpose;
use super::state::{Change, apply, difference};
use super::store::{Alarm, StoreError};
use onbehalf_clock::Clock;
use onbehalf_clock::Timestamp;

/// Names the kept output of a part, …
const OUTPUT: &str = "output";
/// … and what it did to the shared state.
const CHANGES: &str = "state";

/// What all steps of one run share during one invocation, whatever their workflow is.
pub(super) struct Frame {
    pub log: Rc<RunLog>,
    pub clock: Rc<dyn Clock>,
    pub spent: Rc<dyn Fn() -> bool>,
    pub run_id: String,
    pub deadline: Timestamp,
    pub attempt: u32,
    pub fence: Fence,
}

impl Frame {
    fn checkpoint(&self) -> Result<(), StepError> {
        if !self.log.may_write() {
            return Err(StepError::Interrupted(Interrupt::Cancelled));
        }
        if (self.spent)() {
            return Err(StepError::Interrupted(Interrupt::Yield));
        }
        Ok(())
    }

    async fn keep(&self, memos: Vec<(String, Value)>) -> Result<(), StepError> {
        let memos = memos.into_iter();
        let records = memos.map(|(key, value)| Record::Memo { key, value });
        Ok(self.log.append(records.collect(), Alarm::Keep).await?)
    }

    /// Brings a write on as far as can be now.
    async fn bring(&self, key: &EffectKey, work: &dyn Work) -> Result<Brought, StepError> {
        let driver = EffectDriver {
            log: &self.log,
            clock: &self.clock,
        };
        let deadline = self.deadline;
        let before = || self.checkpoint();
        driver
            .bring(key, work, Purpose::Write { deadline }, &before)
            .await
    }
}

/// The same with the types of the workflow.
pub(super) struct Scope<D: Definition> {
    pub frame: Frame,
    pub services: Rc<D::Services>,
    pub context: D::Context,
    /// The shared state as steps see it.
    pub state: RefCell<D::State>,
    /// The same without what parts of the step did, which is kept with their outputs.
    pub without_parts: RefCell<Value>,
    pub answer: Option<<D::Reason as Reason>::Answer>,
}

/// A step's view of its run.
pub struct StepContext<D: Definition> {
    pub(super) scope: Rc<Scope<D>>,
    pub(super) path: String,
    /// What this part of a step did to the shared state; `None` for a step as a whole.
    pub(super) changes: Option<RefCell<Vec<Change>>>,
}

impl From<StoreError> for StepError {
    fn from(error: StoreError) -> Self {
        Self::Interrupted(Interrupt::Storage(error.0))
    }
}

impl<D: Definition> StepContext<D> {
    /// The run's name.
    pub fn run_id(&self) -> &str {
        &self.scope.frame.run_id
    }

    /// Which attempt of the step this is, counted from 1.
    pub fn attempt(&self) -> u32 {
        self.scope.frame.attempt
    }

    /// Tells what this attempt sends from what an earlier one sent.
    pub fn fence(&self) -> Fence {
        self.scope.frame.fence
    }

    /// The time now. A step that needs the same time on every attempt keeps it with
    /// [`Self::memo`].
    pub fn now(&self) -> Timestamp {
        self.scope.frame.clock.now()
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

    /// When the step's time is over; see [`super::StepPolicy::patience`].
    pub fn deadline(&self) -> Timestamp {
        self.scope.frame.deadline
    }

    /// Changes the shared state. Journaled when the step completes or suspends; what a part of a
    /// step changes, when that part is done.
    pub fn update_state(&self, change: impl FnOnce(&mut D::State)) {
        let json = |state: &D::State| serde_json::to_value(state).unwrap_or_default();
        let changes = {
            let mut state = self.scope.state.borrow_mut();
            let before = json(&state);
            change(&mut state);
            difference(&before, &json(&state))
        };
        self.note(changes);
    }

    fn note(&self, changes: Vec<Change>) {
        match &self.changes {
            Some(known) => known.borrow_mut().extend(changes),
            None => {
                let mut state = self.scope.without_parts.borrow_mut();
                for change in &changes {
                    apply(&mut state, change);
                }
            }
        }
    }

    /// What a part of this did is this one's too, if it is a part itself; of a step as a whole it is
    /// not, since it comes back with the part's output.
    fn note_part(&self, changes: Vec<Change>) {
        if let Some(known) = &self.changes {
            known.borrow_mut().extend(changes);
        }
    }

    /// The output of this part from an earlier attempt, and again what it did to the shared state.
    pub(super) fn kept_output<T: DeserializeOwned>(
        &self,
        whole: &Self,
    ) -> Result<Option<T>, StepError> {
        let store = self.scope.frame.log.store();
        let key = self.key(OUTPUT);
        let Some(output) = store.memo(&key)? else {
            return Ok(None);
        };
        let output = serde_json::from_value(output).map_err(|error| incompatible(&key, &error))?;
        if let Some(changes) = store.memo(&self.key(CHANGES))? {
            let misfit = |error| incompatible("the shared state", &error);
            let changes: Vec<Change> = serde_json::from_value(changes).map_err(misfit)?;
            let mut state = to_value(&*self.scope.state.borrow())?;
            for change in &changes {
                apply(&mut state, change);
            }
            let state = serde_json::from_value(state).map_err(misfit)?;
            self.scope.state.replace(state);
            whole.note_part(changes);
        }
        Ok(Some(output))
    }

    /// Keeps this part's output, and with it what it did to the shared state.
    pub(super) async fn keep_output<T: Serialize>(
        &self,
        output: &T,
        whole: &Self,
    ) -> Result<(), StepError> {
        let mut memos = vec![(self.key(OUTPUT), to_value(output)?)];
        let changes = self.changes.as_ref().map(RefCell::take).unwrap_or_default();
        if !changes.is_empty() {
            memos.push((self.key(CHANGES), to_value(&changes)?));
        }
        self.scope.frame.keep(memos).await?;
        whole.note_part(changes);
        Ok(())
    }

    fn key(&self, name: &str) -> String {
        format!("{}/{name}", self.path)
    }

    /// What the run was resumed with, if this step waited for it.
    pub fn answer(&self) -> Option<&<D::Reason as Reason>::Answer> {
        self.scope.answer.as_ref()
    }

    /// The same run seen from a part of this step, with keys of its own.
    pub(super) fn part(&self, name: &str) -> Self {
        Self {
            scope: Rc::clone(&self.scope),
            path: self.key(name),
            changes: Some(RefCell::default()),
        }
    }

    /// Hands the run back when the invocation is nearly spent or a cancel was recorded. Long
    /// reading loops call this between pages.
    ///
    /// # Errors
    /// The interrupt, to be passed on with `?`.
    pub fn checkpoint(&self) -> Result<(), StepError> {
        self.scope.frame.checkpoint()
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
        if let Some(value) = self.kept(name)? {
            return Ok(value);
        }
        let value = compute().await?;
        let written = to_value(&value)?;
        self.scope
            .frame
            .keep(vec![(self.key(name), written)])
            .await?;
        Ok(value)
    }

    /// The value kept under this name, if there is one.
    ///
    /// # Errors
    /// When storage fails, or the value is of another release and can no longer be read.
    pub fn kept<T: DeserializeOwned>(&self, name: &str) -> Result<Option<T>, StepError> {
        let key = self.key(name);
        let value = self.scope.frame.log.store().memo(&key)?;
        let read = value.map(serde_json::from_value).transpose();
        read.map_err(|error| incompatible(&key, &error))
    }

    /// The key that a write of this item has, for what is only to be shown of it.
    pub fn effect_key(&self, item: &str) -> EffectKey {
        EffectKey::new(&self.scope.frame.run_id, &self.path, item)
    }

    /// Whether this write has begun and may have landed, or has ended. One that certainly came to
    /// nothing, and may be sent again, has not.
    ///
    /// # Errors
    /// When storage fails.
    pub fn has_begun(&self, item: &str) -> Result<bool, StepError> {
        let key = self.effect_key(item);
        let history = self.scope.frame.log.store().effect(&key)?;
        Ok(history.open.is_some() || history.outcome.is_some())
    }

    /// Makes a write happen once, however often this is reached. `item` names it within the step
    /// and must be the same on every attempt. The step's deadline is the effect's.
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
        let key = self.effect_key(item);
        let work = Bound::<E, &E> {
            effect,
            services: self.scope.services.as_ref(),
            context: &self.scope.context,
            key: &key,
        };
        settled(self.scope.frame.bring(&key, &work).await?)
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

fn settled<R, F>(brought: Brought) -> Result<Settled<R, F>, StepError>
where
    R: DeserializeOwned,
    F: DeserializeOwned,
{
    let misfit = |error| incompatible("an effect's outcome", &error);
    Ok(match brought {
        Brought::Done(EffectOutcome::Landed { receipt, .. }) => {
            Settled::Landed(serde_json::from_value(receipt).map_err(misfit)?)
        }
        Brought::Done(EffectOutcome::Refused { failure }) => {
            Settled::Refused(serde_json::from_value(failure).map_err(misfit)?)
        }
        // How it is known to be absent is a word of the engine's, and no failure of the app's.
        Brought::Done(EffectOutcome::Expired { failure }) => {
            Settled::Expired(failure.and_then(|it| serde_json::from_value(it).ok()))
        }
        Brought::Done(EffectOutcome::UnknownOutcome | EffectOutcome::Abandoned) => {
            Settled::UnknownOutcome
        }
        Brought::Later(until, failure) => {
            match failure.and_then(|it| serde_json::from_value(it).ok()) {
                Some(failure) => Settled::Deferred(failure, until),
                None => Settled::Pending(until),
            }
        }
    })
}

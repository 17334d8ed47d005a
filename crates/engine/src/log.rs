//! The one writer of a run's journal.
//!
//! Owns the in-memory picture of a run (its head and the next position) and keeps it equal to what
//! was committed. A decision, its record and the picture change in one go, before anything else
//! may run; that is what makes "one winner" and "cancel is final" true.

use std::cell::{Cell, Ref, RefCell};
use std::rc::Rc;

use serde_json::Value;

use super::head::{Head, RunFailure, Trouble, TroubleKind};
use super::journal::{Entry, Record, Started};
use super::store::{Alarm, Commit, JournalError, JournalStore, StoreError};
use onbehalf_clock::Clock;

/// How a run ended.
#[derive(Clone, Debug, PartialEq)]
pub enum End {
    /// With this result.
    Completed(Value),
    /// Without one.
    Failed(RunFailure),
    /// By a cancel.
    Cancelled,
}

/// The journal of one run, with the run's head in memory.
pub struct RunLog {
    store: Rc<dyn JournalStore>,
    clock: Rc<dyn Clock>,
    head: RefCell<Option<Head>>,
    last_seq: Cell<u64>,
    failed: Cell<bool>,
    damage: Option<String>,
}

impl RunLog {
    /// Picks up what was committed before. A head that cannot be read is folded anew from the
    /// journal; where that cannot be read either, the run is there to be failed and shown.
    ///
    /// # Errors
    /// When storage cannot be read, or holds nothing from which to tell whose run it is.
    pub fn open(store: Rc<dyn JournalStore>, clock: Rc<dyn Clock>) -> Result<Self, JournalError> {
        let (head, damage) = match store.head() {
            Ok(head) => (head, None),
            Err(JournalError::Unreadable(message)) => folded(store.as_ref(), message)?,
            Err(error) => return Err(error),
        };
        let last_seq = store.last_seq()?;
        Ok(Self {
            store,
            clock,
            head: RefCell::new(head),
            last_seq: Cell::new(last_seq),
            failed: Cell::new(false),
            damage,
        })
    }

    /// Picks up a run of which nothing can be read but what somebody else has kept of how it began:
    /// it is there to be failed and shown.
    ///
    /// # Errors
    /// When storage fails.
    pub fn damaged(
        store: Rc<dyn JournalStore>,
        clock: Rc<dyn Clock>,
        started: Started,
        damage: String,
    ) -> Result<Self, StoreError> {
        let head = Head::begin(started, clock.now());
        let last_seq = store.last_seq()?;
        Ok(Self {
            store,
            clock,
            head: RefCell::new(Some(head)),
            last_seq: Cell::new(last_seq),
            failed: Cell::new(false),
            damage: Some(damage),
        })
    }

    /// Why the run cannot go on from what is stored, if it cannot.
    pub fn damage(&self) -> Option<&str> {
        self.damage.as_deref()
    }

    /// The run's head; `None` before it started.
    pub fn head(&self) -> Option<Ref<'_, Head>> {
        Ref::filter_map(self.head.borrow(), Option::as_ref).ok()
    }

    /// How the run ended; `None` while it has not.
    ///
    /// # Errors
    /// When storage cannot be read.
    pub fn end(&self) -> Result<Option<End>, JournalError> {
        let Some(seq) = self.head().and_then(|head| head.end_seq) else {
            return Ok(None);
        };
        let entry = self.store.entry(seq)?;
        Ok(entry.and_then(|entry| match entry.record {
            Record::Completed { result, .. } => Some(End::Completed(result)),
            Record::Failed { failure } => Some(End::Failed(failure)),
            Record::Cancelled => Some(End::Cancelled),
            _ => None,
        }))
    }

    /// Reading access to the rows.
    pub fn store(&self) -> &dyn JournalStore {
        self.store.as_ref()
    }

    /// Position of the last row.
    pub fn last_seq(&self) -> u64 {
        self.last_seq.get()
    }

    /// Whether what is in memory is what was committed. Once it is not, it never is again: pick
    /// up the run anew.
    pub fn is_sound(&self) -> bool {
        !self.failed.get()
    }

    /// Refuses once what is in memory may differ from what was committed.
    ///
    /// # Errors
    /// When a write has failed.
    pub fn check(&self) -> Result<(), StoreError> {
        match self.is_sound() {
            true => Ok(()),
            false => Err(StoreError("an earlier write failed".into())),
        }
    }

    /// Whether a write may begin now: the run is running and its storage is sound.
    pub fn may_write(&self) -> bool {
        self.is_sound() && self.head().is_some_and(|head| head.may_write())
    }

    /// Appends records, folds them into the head and sets the alarm, all at once.
    ///
    /// # Errors
    /// When storage fails; from then on this log refuses everything.
    pub async fn append(&self, records: Vec<Record>, alarm: Alarm) -> Result<(), StoreError> {
        self.check()?;
        let at = self.clock.now();
        let mut head_changed = false;
        let mut entries = Vec::with_capacity(records.len());
        {
            let mut head = self.head.borrow_mut();
            for record in records {
                let seq = self.last_seq.get() + 1;
                self.last_seq.set(seq);
                if let Record::Started(started) = &record {
                    *head = Some(Head::begin((**started).clone(), at));
                    head_changed = true;
                } else if let Some(head) = head.as_mut() {
                    head.apply(seq, at, &record);
                    head_changed |= Head::changes_with(&record);
                }
                entries.push(Entry { seq, at, record });
            }
        }
        let head = head_changed.then(|| self.head.borrow().clone()).flatten();
        self.commit(Commit {
            entries,
            head,
            alarm,
        })
        .await
    }

    /// Appends a record that leaves the head as it is, within the present turn.
    ///
    /// # Errors
    /// When storage fails; from then on this log refuses everything.
    pub fn write(&self, record: Record) -> Result<(), StoreError> {
        self.check()?;
        let seq = self.last_seq.get() + 1;
        self.last_seq.set(seq);
        let at = self.clock.now();
        let done = self.store.write(&Entry { seq, at, record });
        if done.is_err() {
            self.failed.set(true);
        }
        done
    }

    /// Notes why the run does not get on, for those who look, and when it is tried again.
    ///
    /// # Errors
    /// When storage fails.
    pub async fn note_trouble(
        &self,
        trouble: Option<Trouble>,
        alarm: Alarm,
    ) -> Result<(), StoreError> {
        let note = |head: &mut Head| {
            let news = head.trouble != trouble;
            head.trouble = trouble;
            news
        };
        self.change_head(note, alarm).await
    }

    /// Sets the alarm and nothing else.
    ///
    /// # Errors
    /// When storage fails.
    pub async fn set_alarm(&self, alarm: Alarm) -> Result<(), StoreError> {
        self.change_head(|_| false, alarm).await
    }

    /// Notes that the outside knows the status of `seen`, unless the run moved on meanwhile.
    ///
    /// # Errors
    /// When storage fails.
    pub async fn mark_published(&self, seen: &Head, alarm: Alarm) -> Result<(), StoreError> {
        let note = |head: &mut Head| {
            let current = head.status == seen.status && head.suspensions == seen.suspensions;
            if current {
                head.unpublished = false;
                let outside = |it: &Trouble| it.kind == TroubleKind::Outside;
                head.trouble = head.trouble.take().filter(|it| !outside(it));
            }
            current
        };
        self.change_head(note, alarm).await
    }

    /// Sets the alarm, and stores the head without a record where `change` says it changed it.
    async fn change_head(
        &self,
        change: impl FnOnce(&mut Head) -> bool,
        alarm: Alarm,
    ) -> Result<(), StoreError> {
        let head = {
            let mut head = self.head.borrow_mut();
            head.as_mut()
                .and_then(|head| change(head).then(|| head.clone()))
        };
        self.commit(Commit {
            entries: Vec::new(),
            head,
            alarm,
        })
        .await
    }

    /// What is in memory may be ahead of what was stored once a write has failed, so nothing of it
    /// may reach storage any more: not a record, not the head alone.
    async fn commit(&self, commit: Commit) -> Result<(), StoreError> {
        self.check()?;
        let done = self.store.commit(commit).await;
        if done.is_err() {
            self.failed.set(true);
        }
        done
    }
}

/// Rows of a journal that are folded at once.
const FOLD_PAGE: usize = 200;

/// The head as the journal has it, and what kept it from being folded to the end.
fn folded(
    store: &dyn JournalStore,
    unreadable: String,
) -> Result<(Option<Head>, Option<String>), JournalError> {
    let mut head: Option<Head> = None;
    let mut after = 0;
    loop {
        let page = match store.entries_after(after, FOLD_PAGE) {
            Ok(page) => page,
            // A page is read whole or not at all; the first row says whose run it is.
            Err(JournalError::Unreadable(message)) => {
                let first = store.entry(1)?;
                return match (head, first.map(|entry| (entry.at, entry.record))) {
                    (Some(head), _) => Ok((Some(head), Some(message))),
                    (None, Some((at, Record::Started(started)))) => {
                        Ok((Some(Head::begin(*started, at)), Some(message)))
                    }
                    (None, _) => Err(JournalError::Unreadable(message)),
                };
            }
            Err(error) => return Err(error),
        };
        let Some(last) = page.last() else { break };
        after = last.seq;
        for entry in &page {
            match (&entry.record, head.as_mut()) {
                (Record::Started(started), None) => {
                    head = Some(Head::begin((**started).clone(), entry.at));
                }
                (record, Some(head)) if Head::changes_with(record) => {
                    head.apply(entry.seq, entry.at, record);
                }
                _ => {}
            }
        }
    }
    match head {
        Some(head) => Ok((Some(head), None)),
        None => Err(JournalError::Unreadable(unreadable)),
    }
}

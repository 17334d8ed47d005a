//! One run beyond its processes, and one life of its process.
//!
//! Owns what outlives a crash: storage, its archive once it was pruned, and counts. Decides nothing.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use onbehalf_engine::memory::MemoryStore;
use onbehalf_engine::{EffectKey, Head, JournalStore, Started};
use onbehalf_runs::RunId;

use crate::shared::person;

/// One life of a run's process: ends with a crash, and everything in memory with it.
#[derive(Default)]
pub struct Life {
    /// Whether it is over.
    pub dead: Cell<bool>,
    /// Outbound calls of the present invocation.
    pub calls: Cell<u32>,
    /// What it still sees of storage once another instance has taken over.
    pub replaced: RefCell<Option<Rc<MemoryStore>>>,
    /// Whether it has written since then: nothing leaves it any more, because the platform's output
    /// gate waits for a confirmation that never comes.
    pub gated: Cell<bool>,
}

impl Life {
    /// Ends it; never answers.
    pub async fn end(&self) {
        self.dead.set(true);
        std::future::pending::<()>().await;
    }

    /// Goes on only while anything may leave.
    pub async fn outward(&self) {
        if self.dead.get() || self.gated.get() {
            std::future::pending::<()>().await;
        }
    }
}

/// One run.
pub struct Site {
    /// Counted as runs begin.
    pub index: usize,
    /// Its name.
    pub run_id: RunId,
    store: RefCell<Rc<MemoryStore>>,
    archive: RefCell<Option<Rc<MemoryStore>>>,
    /// What it was first started with.
    pub started: RefCell<Option<Started>>,
    pub commits: Cell<u32>,
    pub calls: Cell<u32>,
    pub rings: Cell<u32>,
    /// Effects whose intent is on record and open.
    pub open: RefCell<BTreeSet<String>>,
    /// Once a cancel was acknowledged, no write may begin.
    pub cancel_acknowledged: Cell<bool>,
    /// Whether an alarm of it was lost.
    pub alarm_lost: Cell<bool>,
    /// Whether it was open while its workflow was not hosted.
    pub unhosted: Cell<bool>,
    /// Acknowledged resumes by suspension.
    pub winners: RefCell<BTreeMap<u32, u32>>,
}

impl Site {
    /// A run that is yet to start.
    pub fn new(index: usize, run_id: RunId) -> Self {
        Self {
            index,
            run_id,
            store: RefCell::default(),
            archive: RefCell::default(),
            started: RefCell::default(),
            commits: Cell::default(),
            calls: Cell::default(),
            rings: Cell::default(),
            open: RefCell::default(),
            cancel_acknowledged: Cell::default(),
            alarm_lost: Cell::default(),
            unhosted: Cell::default(),
            winners: RefCell::default(),
        }
    }

    /// What is stored now.
    pub fn store(&self) -> Rc<MemoryStore> {
        Rc::clone(&self.store.borrow())
    }

    /// What was stored, pruned or not.
    pub fn journal(&self) -> Rc<MemoryStore> {
        let archive = self.archive.borrow();
        archive.as_ref().map_or_else(|| self.store(), Rc::clone)
    }

    /// Forgets what is stored, as the run itself knows it.
    pub fn prune(&self) {
        let kept = self.store.replace(Rc::default());
        self.archive.replace(Some(kept));
    }

    /// The head in the journal.
    pub fn head(&self) -> Option<Head> {
        self.journal().head().expect("memory never fails")
    }

    /// Whose it is.
    pub fn person(&self) -> Option<usize> {
        let started = self.started.borrow();
        person(&started.as_ref()?.owner)
    }

    /// The open effect that a write's text belongs to.
    pub fn open_effect_of(&self, text: &str) -> Option<EffectKey> {
        let open = self.open.borrow();
        let mut keys = open.iter().map(|it| EffectKey::from_journal(it));
        keys.find(|key| is_of(text, key))
    }

    /// The next of a count.
    pub fn next(count: &Cell<u32>) -> u32 {
        count.set(count.get() + 1);
        count.get()
    }
}

/// Whether a write's text carries the mark of this effect.
pub fn is_of(text: &str, key: &EffectKey) -> bool {
    text.contains(&key.marker()) || text.contains(&key.uuid())
}

//! A thread, as the run of one of its turns reaches it.
//!
//! Owns that a run reaches threads of its own principal alone: whose they are stands in its journal, and
//! nothing in its input can say otherwise.

use std::rc::Rc;

use async_trait::async_trait;

use onbehalf_engine::RunLog;

use super::{Exchange, InThread, KeepTurn, KeptTurn, ReadHistory, ThreadKey, ThreadOf};
use crate::letter::{Carrier, Undelivered, ask};
use crate::names::{OwnerKey, WorkflowId};
use crate::run_id::RunId;

/// The threads that a turn can reach.
#[async_trait(?Send)]
pub trait Threads {
    /// What was said before a turn, oldest first.
    async fn history(&self, turn: &InThread) -> Result<Vec<Exchange>, Undelivered>;
    /// Keeps what a turn came to. Again without effect; nothing where the thread was deleted.
    async fn keep(&self, turn: &InThread, kept: KeptTurn) -> Result<(), Undelivered>;
}

/// The threads of a run's owner with the run's agent.
pub struct RunThreads {
    carrier: Rc<dyn Carrier>,
    log: Rc<RunLog>,
}

impl RunThreads {
    /// Those of the run with this journal.
    pub fn new(carrier: Rc<dyn Carrier>, log: Rc<RunLog>) -> Self {
        Self { carrier, log }
    }

    /// Which thread is meant, and by which run.
    fn place(&self, turn: &InThread) -> Result<(ThreadOf, RunId), Undelivered> {
        // Steps run after the start alone.
        let head = self.log.head().ok_or(Undelivered::Failed)?;
        let started = &head.started;
        let thread = ThreadOf {
            owner: OwnerKey::new(&started.owner),
            agent: WorkflowId::new(&started.workflow),
            thread: turn.id.clone(),
        };
        Ok((thread, RunId::stored(&started.run_id)))
    }
}

#[async_trait(?Send)]
impl Threads for RunThreads {
    async fn history(&self, turn: &InThread) -> Result<Vec<Exchange>, Undelivered> {
        let (thread, _) = self.place(turn)?;
        let read = ReadHistory {
            owner: thread.owner.clone(),
            before: turn.up_to,
        };
        ask(self.carrier.as_ref(), ThreadKey::of(&thread), read).await
    }

    async fn keep(&self, turn: &InThread, kept: KeptTurn) -> Result<(), Undelivered> {
        let (thread, run_id) = self.place(turn)?;
        let keep = KeepTurn {
            owner: thread.owner.clone(),
            number: turn.up_to,
            run_id,
            kept,
        };
        ask(self.carrier.as_ref(), ThreadKey::of(&thread), keep).await
    }
}

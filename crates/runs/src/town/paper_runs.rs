//! Runs on paper: they begin, are told things, and end when a test says so.

use std::cell::RefCell;
use std::collections::BTreeMap;

use async_trait::async_trait;

use onbehalf_engine::Started;

use super::Runs;
use crate::contract::CommandOutcome;
use crate::letter::Undelivered;
use crate::run::{ConnectionMade, RunMessage, RunReply, StartThis};
use crate::run_id::RunId;

/// What happened to a run.
#[derive(Clone, Debug, PartialEq)]
pub struct PaperRun {
    /// What it began with.
    pub started: Started,
    /// How often it was told to begin.
    pub told_to_begin: u32,
    /// The connections it was told of.
    pub connections: Vec<ConnectionMade>,
    /// How often somebody who relies on it had it looked after.
    pub looked_after: u32,
}

/// All runs of a town.
#[derive(Default)]
pub struct PaperRuns(RefCell<BTreeMap<RunId, PaperRun>>);

impl PaperRuns {
    /// Every run that has begun.
    pub fn all(&self) -> BTreeMap<RunId, PaperRun> {
        self.0.borrow().clone()
    }

    /// One run.
    pub fn get(&self, run: &RunId) -> Option<PaperRun> {
        self.0.borrow().get(run).cloned()
    }

    /// Forgets a run, as after its retention.
    pub fn prune(&self, run: &RunId) {
        self.0.borrow_mut().remove(run);
    }
}

#[async_trait(?Send)]
impl Runs for PaperRuns {
    async fn receive(&self, run: &RunId, message: RunMessage) -> Result<RunReply, Undelivered> {
        let mut runs = self.0.borrow_mut();
        Ok(match message {
            RunMessage::StartThis(StartThis(started)) => {
                let begun = runs.entry(run.clone()).or_insert_with(|| PaperRun {
                    started,
                    told_to_begin: 0,
                    connections: Vec::new(),
                    looked_after: 0,
                });
                begun.told_to_begin += 1;
                RunReply::StartThis(())
            }
            RunMessage::ConnectionMade(made) => {
                if let Some(run) = runs.get_mut(run) {
                    run.connections.push(made);
                }
                RunReply::ConnectionMade(())
            }
            RunMessage::LookAfter(_) => {
                if let Some(run) = runs.get_mut(run) {
                    run.looked_after += 1;
                }
                RunReply::LookAfter(())
            }
            RunMessage::View(_) => RunReply::View(None),
            RunMessage::ReadResult(_) => RunReply::ReadResult(None),
            RunMessage::Events(_) => RunReply::Events(None),
            RunMessage::Resume(_) => RunReply::Resume(CommandOutcome::NotFound),
            RunMessage::Cancel(cancel) => {
                let owned = runs
                    .get(run)
                    .is_some_and(|run| cancel.owner == run.started.owner.as_str());
                RunReply::Cancel(if owned {
                    CommandOutcome::Accepted
                } else {
                    CommandOutcome::NotFound
                })
            }
        })
    }
}

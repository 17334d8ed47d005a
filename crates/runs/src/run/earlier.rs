//! The earlier runs of whoever a run is for, as that run may read them.
//!
//! Owns that these are the runs of its own principal: whose it is stands in its journal, and nothing in
//! its input can say otherwise.

use std::rc::Rc;

use async_trait::async_trait;

use onbehalf_engine::{RunLog, RunStatus};

use super::View;
use crate::contract::{Asker, RunFilter, RunQuery};
use crate::letter::{Carrier, Undelivered, ask};
use crate::names::{OwnerKey, WorkflowId};
use crate::principal::ListRuns;
use crate::view::RunView;

/// The earlier runs that a run can read.
#[async_trait(?Send)]
pub trait EarlierRuns {
    /// The latest run of a workflow that has a result; `None` when there is none, or none that is kept.
    async fn latest(&self, workflow: &WorkflowId) -> Result<Option<RunView>, Undelivered>;
}

/// The runs of the owner of one.
pub struct OwnRuns {
    carrier: Rc<dyn Carrier>,
    log: Rc<RunLog>,
}

impl OwnRuns {
    /// Those of the owner of the run with this journal.
    pub fn new(carrier: Rc<dyn Carrier>, log: Rc<RunLog>) -> Self {
        Self { carrier, log }
    }

    fn owner(&self) -> Result<OwnerKey, Undelivered> {
        // Steps run after the start alone.
        let head = self.log.head().ok_or(Undelivered::Failed)?;
        Ok(OwnerKey::new(&head.started.owner))
    }
}

#[async_trait(?Send)]
impl EarlierRuns for OwnRuns {
    async fn latest(&self, workflow: &WorkflowId) -> Result<Option<RunView>, Undelivered> {
        let owner = self.owner()?;
        let query = RunQuery {
            workflow: workflow.clone(),
            filter: RunFilter {
                status: Some(RunStatus::Completed),
                ..RunFilter::default()
            },
            limit: 1,
            before: None,
        };
        let page = ask(self.carrier.as_ref(), owner.clone(), ListRuns(query)).await?;
        let Some(run) = page.runs.into_iter().next() else {
            return Ok(None);
        };
        let asker = Asker {
            owner,
            approves: None,
        };
        ask(self.carrier.as_ref(), run.run_id, View { asker }).await
    }
}

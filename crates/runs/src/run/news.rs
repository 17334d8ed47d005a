//! Telling the outside where a run stands: the account whose connections it waits for, then its
//! owner's index.

use std::rc::Rc;

use async_trait::async_trait;

use onbehalf_engine::{Head, Host, PublishError};
use onbehalf_identity::RequestContext;

use crate::account::{AwaitConnections, Awaited};
use crate::letter::{Ask, Carrier, Letter};
use crate::names::{AccountKey, ConnectorName, OwnerKey};
use crate::principal::NoteStatus;
use crate::reason::RunReason;
use crate::run_id::RunId;

/// Tells whom it concerns. The engine calls it again until it has succeeded.
pub struct News {
    carrier: Rc<dyn Carrier>,
}

impl News {
    /// News sent through this carrier.
    pub fn new(carrier: Rc<dyn Carrier>) -> Self {
        Self { carrier }
    }

    async fn send(&self, letter: Letter) -> Result<(), PublishError> {
        let taken = self.carrier.carry(letter).await;
        taken.map(|_| ()).map_err(|error| failed(&error))
    }
}

#[async_trait(?Send)]
impl Host for News {
    async fn publish(&self, head: &Head) -> Result<(), PublishError> {
        let run_id = RunId::stored(&head.started.run_id);
        if let Some(letter) = wait_of(head, &run_id)? {
            self.send(letter).await?;
        }
        let note = NoteStatus {
            run_id,
            status: head.status,
            ended_at: head.ended_at,
            outcome: head.outcome.clone(),
        };
        self.send(note.letter(OwnerKey::new(&head.started.owner)))
            .await
    }
}

/// What a run that waits for connections tells their account.
fn wait_of(head: &Head, run_id: &RunId) -> Result<Option<Letter>, PublishError> {
    let Some(suspension) = &head.suspension else {
        return Ok(None);
    };
    let Some(RunReason::ConnectionRequired { missing }) = suspension.reason.product() else {
        return Ok(None);
    };
    let context: RequestContext =
        serde_json::from_value(head.started.context.clone()).map_err(|error| failed(&error))?;
    let connectors = missing.iter().map(|it| Awaited {
        connector: ConnectorName::new(&it.connector),
        // What was seen in an attempt before this one was seen after the run began.
        seen_dead_at: it.seen_at.unwrap_or(head.started_at).min(suspension.since),
    });
    let wait = AwaitConnections {
        run_id: run_id.clone(),
        number: suspension.number,
        connectors: connectors.collect(),
    };
    Ok(Some(
        wait.letter(AccountKey::from(&context.scalekit_identifier)),
    ))
}

fn failed(error: &dyn std::fmt::Display) -> PublishError {
    PublishError(error.to_string())
}

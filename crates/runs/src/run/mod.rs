//! What a run's object answers, and who may ask it.
//!
//! Owns the messages, the rule of access, and when there is a run to ask at all. What the run does
//! with them is the engine's.

mod access;
mod earlier;
mod journal;
mod keeper;
mod keeping;
mod lines;
mod news;
mod serve;
mod shelf;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use onbehalf_engine::{Entry, Started};

use crate::contract::{Asker, CommandOutcome, ResumeRequest};
use crate::letter::{Answer, messages};
use crate::names::{ConnectorName, EventId, OwnerKey};
use crate::run_id::RunId;
use crate::view::RunView;

pub use access::{Admitted, Sealed, admit, may_decide};
pub use earlier::{EarlierRuns, OwnRuns};
pub use journal::SqlJournal;
pub use keeper::{Keeper, Place};
pub use keeping::{Kept, tend};
pub use news::News;
pub use serve::{absent, serve};
pub use shelf::Shelf;

messages! {
    /// What a run's object answers. Named by run id.
    RunMessage / RunReply by RunId, Run,
    |reply| Answer::Run(Box::new(reply)),
    |answer| match answer { Answer::Run(reply) => Some(*reply), _ => None };
    StartThis => (),
    View => Option<RunView>,
    ReadResult => Option<Value>,
    Events => Option<Vec<Entry>>,
    Resume => CommandOutcome,
    Cancel => CommandOutcome,
    ConnectionMade => (),
    LookAfter => (),
}

/// Starts the run; again without effect.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StartThis(pub Started);

/// Reads the run, if it is the asker's to see.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct View {
    /// Who asks.
    pub asker: Asker,
}

/// Reads what the run has ended with, if it has and is the asker's to see.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReadResult {
    /// Who asks.
    pub asker: Asker,
}

/// Reads journal entries, if the run is the asker's to see.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Events {
    /// Who asks.
    pub asker: Asker,
    /// The position the asker has seen.
    pub after: u64,
}

/// Resumes the run, if it is the asker's to decide.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Resume {
    /// Who asks.
    pub asker: Asker,
    /// With what.
    pub request: ResumeRequest,
}

/// Cancels the run, if it is this owner's.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cancel {
    /// Who asks.
    pub owner: OwnerKey,
}

/// Tells the run of a new connection it waits for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConnectionMade {
    /// The suspension that waits.
    pub number: u32,
    /// What was connected.
    pub connector: ConnectorName,
    /// What caused it.
    pub event: EventId,
}

/// Somebody relies on the run: where it has lost its alarm, it goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LookAfter {}

//! What an account's object answers.

use serde::{Deserialize, Serialize};

use onbehalf_clock::Timestamp;

use crate::letter::{Answer, messages};
use crate::names::{AccountKey, ConnectorName, EventId};
use crate::portal::PortalKey;
use crate::run_id::RunId;

messages! {
    /// What a connected account's object answers.
    AccountMessage / AccountReply by AccountKey, Account,
    Answer::Account,
    |answer| match answer { Answer::Account(reply) => Some(reply), _ => None };
    AwaitConnections => (),
    AnnounceConnection => (),
    NotePortal => (),
    PortalOf => Option<PortalKey>,
}

/// A run waits for connections.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AwaitConnections {
    /// The run.
    pub run_id: RunId,
    /// Its suspension.
    pub number: u32,
    /// What it waits for.
    pub connectors: Vec<Awaited>,
}

/// A connection that is waited for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Awaited {
    /// Its name.
    pub connector: ConnectorName,
    /// When the run saw that it was missing or dead, which is before it began to wait: a
    /// connection made in between is one it has not seen.
    pub seen_dead_at: Timestamp,
}

/// A connection was made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AnnounceConnection {
    /// Which.
    pub connector: ConnectorName,
    /// The cause; acted on once.
    pub event: EventId,
}

/// Says which portal of an app this account is connected to, as the app itself has said it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NotePortal {
    /// The app.
    pub app: ConnectorName,
    /// The app's own name for the portal.
    pub portal: String,
}

/// Asks which portal of an app this account is connected to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PortalOf {
    /// The app.
    pub app: ConnectorName,
}

//! Every message between Durable Objects, by the class that answers it.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::binding::Message;
use onbehalf_clock::Timestamp;
use onbehalf_connector::{Given, Lane, Wanted};
use onbehalf_engine::{Entry, RunStatus, Started};
use onbehalf_identity::{
    DocumentError, DocumentSource, FetchedDocument, NamespaceClaim, OneTime, RequestContext,
};
use onbehalf_runs::{
    Asker, CommandOutcome, ConnectAttempt, ResumeRequest, RunPage, RunQuery, RunView, Schedule,
    Start, StartRun, TakenAttempt,
};

/// Declares an object's envelope and ties each message to its reply.
macro_rules! messages {
    ($(#[$doc:meta])* $envelope:ident on $binding:literal { $($message:ident => $reply:ty),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Serialize, Deserialize)]
        #[allow(missing_docs, reason = "each variant is the message of the same name")]
        pub enum $envelope { $($message($message)),+ }
        $(
            impl From<$message> for $envelope {
                fn from(message: $message) -> Self { Self::$message(message) }
            }
            impl Message for $message {
                const BINDING: &'static str = $binding;
                type Reply = $reply;
                type Envelope = $envelope;
            }
        )+
    };
}

messages! {
    /// What a run's object answers. Named by run id.
    RunMessage on "RUNS" {
        StartThis => (),
        View => Option<RunView>,
        Events => Option<Vec<Entry>>,
        Resume => CommandOutcome,
        Cancel => CommandOutcome,
        ConnectionMade => (),
    }
}

/// Starts the run; again without effect.
#[derive(Serialize, Deserialize)]
pub struct StartThis(pub Started);

/// Reads the run, if it is the asker's to see.
#[derive(Serialize, Deserialize)]
pub struct View {
    pub asker: Asker,
}

/// Reads journal entries after a position, if the run is the asker's to see.
#[derive(Serialize, Deserialize)]
pub struct Events {
    pub asker: Asker,
    pub after: u64,
}

/// Resumes the run, if it is the asker's to decide.
#[derive(Serialize, Deserialize)]
pub struct Resume {
    pub asker: Asker,
    pub request: ResumeRequest,
}

/// Cancels the run, if it is this owner's.
#[derive(Serialize, Deserialize)]
pub struct Cancel {
    pub owner: String,
}

/// Tells the run of a new connection it waits for.
#[derive(Serialize, Deserialize)]
pub struct ConnectionMade {
    pub number: u32,
    pub connector: String,
    pub event: String,
}

messages! {
    /// What a principal's object answers. Named by owner key.
    PrincipalMessage on "PRINCIPALS" {
        StartRun => Start,
        ListRuns => RunPage,
        NoteStatus => (),
        ReadSchedule => Schedule,
        WriteSchedule => Schedule,
        BeginConnect => (),
        TakeConnect => TakenAttempt,
    }
}

/// Lists runs.
#[derive(Serialize, Deserialize)]
pub struct ListRuns(pub RunQuery);

/// A run's status changed.
#[derive(Serialize, Deserialize)]
pub struct NoteStatus {
    pub run_id: String,
    pub status: RunStatus,
    pub ended_at: Option<Timestamp>,
}

/// Reads the schedule.
#[derive(Serialize, Deserialize)]
pub struct ReadSchedule;

/// Switches the schedule on under an identity, or off.
#[derive(Serialize, Deserialize)]
pub struct WriteSchedule {
    pub owner: String,
    pub context: Option<RequestContext>,
}

/// Notes a connect flow that begins.
#[derive(Serialize, Deserialize)]
pub struct BeginConnect(pub ConnectAttempt);

/// Uses up a connect flow's state.
#[derive(Serialize, Deserialize)]
pub struct TakeConnect {
    pub state_hash: String,
}

messages! {
    /// What a connected account's object answers. Named by Scalekit identifier.
    AccountMessage on "ACCOUNTS" {
        AwaitConnections => (),
        AnnounceConnection => (),
        TakeTurns => Given,
        HoldLane => (),
    }
}

/// A run waits for connections.
#[derive(Serialize, Deserialize)]
pub struct AwaitConnections {
    pub run_id: String,
    pub number: u32,
    pub connectors: Vec<String>,
    pub since: Timestamp,
}

/// A connection was made. `event` names the cause and is acted on once.
#[derive(Serialize, Deserialize)]
pub struct AnnounceConnection {
    pub connector: String,
    pub event: String,
}

/// Takes turns of an app's allowance.
#[derive(Serialize, Deserialize)]
pub struct TakeTurns {
    pub lane: Lane,
    pub wanted: Wanted,
}

/// The app wants to be left alone for so long.
#[derive(Serialize, Deserialize)]
pub struct HoldLane {
    pub lane: Lane,
    pub pause: Duration,
}

messages! {
    /// What a shard of the schedule answers. Named by shard number.
    ScheduleMessage on "SCHEDULES" {
        Enrol => (),
        Withdraw => (),
        Tick => (),
    }
}

/// A principal switched the daily run on, under this identity.
#[derive(Serialize, Deserialize)]
pub struct Enrol {
    pub owner: String,
    pub context: RequestContext,
}

/// A principal switched the daily run off.
#[derive(Serialize, Deserialize)]
pub struct Withdraw {
    pub owner: String,
}

/// The cron rang. The same day's tick again starts only who has no run of that day yet.
#[derive(Serialize, Deserialize)]
pub struct Tick {
    pub at: Timestamp,
}

messages! {
    /// What the object of an issuer's document answers. Named by what it is fetched from.
    KeySetMessage on "KEY_SETS" {
        LoadDocument => Result<FetchedDocument, DocumentError>,
    }
}

/// Reads the document; with `newer_than`, one fetched after that if the issuer may be asked again.
#[derive(Serialize, Deserialize)]
pub struct LoadDocument {
    pub source: DocumentSource,
    pub newer_than: Option<Timestamp>,
}

messages! {
    /// What is remembered of sign-ins. Named by a shard of digests, or by a namespace.
    SignInMessage on "SIGN_INS" {
        Spend => bool,
        IsSpent => bool,
        ClaimNamespace => String,
    }
}

/// Uses a value up, and says whether it was still good.
#[derive(Serialize, Deserialize)]
pub struct Spend {
    pub value: OneTime,
    pub until: Timestamp,
}

/// Says whether a value was used up.
#[derive(Serialize, Deserialize)]
pub struct IsSpent {
    pub value: OneTime,
}

/// Claims a namespace for an issuer, and says who holds it.
#[derive(Serialize, Deserialize)]
pub struct ClaimNamespace(pub NamespaceClaim);

//! What a thread's object answers.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use onbehalf_clock::Timestamp;
use onbehalf_engine::RunStatus;

use super::{MessageId, ThreadId, ThreadKey};
use crate::contract::{Start, StartRun};
use crate::letter::{Answer, messages};
use crate::names::OwnerKey;
use crate::run_id::RunId;

messages! {
    /// What a thread's object answers.
    ThreadMessage / ThreadReply by ThreadKey, Thread,
    |reply| Answer::Thread(Box::new(reply)),
    |answer| match answer { Answer::Thread(reply) => Some(*reply), _ => None };
    Say => Said,
    ReadThread => Option<Vec<TurnView>>,
    FindTurn => Option<TurnHead>,
    ReadHistory => Vec<Exchange>,
    KeepTurn => (),
    EndTurn => (),
    DeleteThread => bool,
}

/// A person says something, which begins a turn. The same message again is the same turn.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Say {
    /// What the client calls the message.
    pub message: MessageId,
    /// What is said.
    pub text: String,
    /// What its owner calls the thread.
    pub thread: ThreadId,
    /// The start of the turn's run, without its place in the thread.
    pub start: Box<StartRun>,
}

/// What saying something has come to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Said {
    /// It stands in the thread, and its turn begins.
    Taken {
        /// Its place, counted from 1.
        number: u32,
        /// The turn's run, once that is known.
        run_id: Option<RunId>,
    },
    /// Something else was said under this name.
    OtherText,
    /// The thread has as many turns as one may have.
    Full,
    /// The thread was deleted.
    Deleted,
}

/// Reads a thread, if it is this owner's and was not deleted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReadThread {
    /// Who asks.
    pub owner: OwnerKey,
}

/// Finds a turn.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FindTurn {
    /// Who asks.
    pub owner: OwnerKey,
    /// Which.
    pub which: Which,
}

/// Which turn is meant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Which {
    /// The latest.
    Latest,
    /// The one at this place.
    Number(u32),
    /// The one of this run.
    Run(RunId),
}

/// A turn, as far as whoever watches it has to know.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TurnHead {
    /// Its run, once that is known.
    pub run_id: Option<RunId>,
    /// Why it could not begin. It does not stand in the thread; sent again, its message is tried again.
    pub refused: Option<Start>,
    /// Whether it is over.
    pub over: bool,
}

/// A turn, as it is kept.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TurnView {
    /// Its place, counted from 1.
    pub number: u32,
    /// What the client calls the message.
    pub message: MessageId,
    /// What was said.
    pub text: String,
    /// When.
    pub at: Timestamp,
    /// Its run, once that is known.
    pub run_id: Option<RunId>,
    /// What it came to, piece by piece, in the agent's own form.
    pub pieces: Option<Value>,
    /// How its run ended, once it has.
    pub ended: Option<RunStatus>,
}

/// Reads what was said before a turn.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReadHistory {
    /// Who asks.
    pub owner: OwnerKey,
    /// The turn.
    pub before: u32,
}

/// A message and its answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Exchange {
    /// What a person has said.
    pub text: String,
    /// What was answered; none where the turn came to no answer, or has not yet.
    pub answer: Option<String>,
}

/// A turn's run says what it came to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct KeepTurn {
    /// Whose run it is.
    pub owner: OwnerKey,
    /// The turn.
    pub number: u32,
    /// Its run.
    pub run_id: RunId,
    /// What it came to.
    pub kept: KeptTurn,
}

/// What a turn came to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct KeptTurn {
    /// What was answered, as later turns read it.
    pub answer: String,
    /// Piece by piece, in the agent's own form.
    pub pieces: Value,
}

/// A turn's run has ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EndTurn {
    /// Whose run it is.
    pub owner: OwnerKey,
    /// The turn.
    pub number: u32,
    /// Its run.
    pub run_id: RunId,
    /// How.
    pub status: RunStatus,
}

/// Deletes a thread, if it is this owner's.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeleteThread {
    /// Who asks.
    pub owner: OwnerKey,
}

/// Where in a thread a turn stands, as its run's input has it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct InThread {
    /// What the caller calls the thread.
    pub id: ThreadId,
    /// The turn's place; it reads what was said before it.
    #[schemars(range(min = 1))]
    pub up_to: u32,
}

impl InThread {
    /// The member of a run's input under which it stands.
    pub const MEMBER: &'static str = "thread";

    /// What a run's input says of it, if it is a turn of a thread.
    pub fn of(input: &Value) -> Option<Self> {
        Self::deserialize(input.get(Self::MEMBER)?).ok()
    }
}

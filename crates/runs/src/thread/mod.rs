//! A thread: what a person and an agent have said to each other, turn by turn.
//!
//! Named by whose it is, with which agent, and what its owner calls it. A message is kept before its
//! turn begins, under the name that the client gave it, so that it stands there once however often it
//! is sent; the start of the turn's run is owed to the owner's index until that has taken it. What the
//! run came to is kept in the same row. Rows are filled in and never rewritten, there is a bound to
//! their number and their length, and a thread that was deleted stays deleted.
//!
//! Refuses to know what an agent is: pieces of a turn are the agent's own.

mod lent;
mod messages;
mod names;
mod turns;

use onbehalf_clock::Timestamp;
use onbehalf_sql::{Schema, SqlError};

use crate::letter::{Answer, Undelivered};
use crate::object::{Object, Turn};
use crate::outbox::{self, Errand};

pub use lent::{RunThreads, Threads};
pub use messages::*;
pub use names::{MessageId, ThreadId, ThreadKey, ThreadOf};

/// Turns of one thread: as long a conversation as anybody reads again, and with what is kept of each a
/// thread that can be read whole.
pub const MAX_TURNS: u32 = 100;
/// What is kept of one turn, as JSON. A turn that came to more is kept by what was answered alone.
pub const MAX_KEPT_BYTES: usize = 64 * 1024;
/// How much of what was said before a turn reads, in bytes, the latest first: a third of what a model of
/// a hundred thousand tokens reads at once.
const HISTORY_BYTES: usize = 128 * 1024;

/// A thread.
pub struct Thread;

impl Object for Thread {
    type Message = ThreadMessage;
    type Reply = ThreadReply;

    const SCHEMA: Schema = &[&[
        outbox::TABLE,
        outbox::INDEX,
        "CREATE TABLE thread (
            id INTEGER PRIMARY KEY CHECK (id = 1), owner TEXT NOT NULL, deleted_at INTEGER)",
        "CREATE TABLE turns (
            number INTEGER PRIMARY KEY, message TEXT NOT NULL UNIQUE, text TEXT NOT NULL,
            at INTEGER NOT NULL, run_id TEXT UNIQUE, refused TEXT, answer TEXT, pieces TEXT,
            ended TEXT)",
    ]];

    fn unkept(&self, message: &ThreadMessage) -> Option<ThreadReply> {
        use ThreadMessage as Ask;
        use ThreadReply as Reply;
        Some(match message {
            Ask::Say(_) => return None,
            Ask::ReadThread(_) => Reply::ReadThread(None),
            Ask::FindTurn(_) => Reply::FindTurn(None),
            Ask::ReadHistory(_) => Reply::ReadHistory(Vec::new()),
            Ask::KeepTurn(_) => Reply::KeepTurn(()),
            Ask::EndTurn(_) => Reply::EndTurn(()),
            Ask::DeleteThread(_) => Reply::DeleteThread(false),
        })
    }

    fn receive(&self, turn: &Turn<'_>, message: ThreadMessage) -> Result<ThreadReply, SqlError> {
        use ThreadMessage as Ask;
        use ThreadReply as Reply;
        Ok(match message {
            Ask::Say(say) => Reply::Say(turns::say(turn, say)?),
            Ask::ReadThread(it) => Reply::ReadThread(turns::read(turn, &it.owner)?),
            Ask::FindTurn(it) => Reply::FindTurn(turns::find(turn, &it)?),
            Ask::ReadHistory(it) => Reply::ReadHistory(turns::history(turn, &it, HISTORY_BYTES)?),
            Ask::KeepTurn(it) => Reply::KeepTurn(turns::keep(turn, &it)?),
            Ask::EndTurn(it) => Reply::EndTurn(turns::end(turn, &it)?),
            Ask::DeleteThread(it) => Reply::DeleteThread(turns::delete(turn, &it.owner)?),
        })
    }

    fn rang(&self, _: &Turn<'_>) -> Result<(), SqlError> {
        Ok(())
    }

    fn settled(
        &self,
        turn: &Turn<'_>,
        errand: &Errand,
        answer: Result<Answer, Undelivered>,
    ) -> Result<(), SqlError> {
        let taken = match answer {
            Ok(answer) => turns::begun(turn, errand, answer)?,
            Err(error) => Err(error),
        };
        outbox::settle(turn, errand, taken)
    }

    fn due(&self, _: &Turn<'_>) -> Result<Option<Timestamp>, SqlError> {
        Ok(None)
    }
}

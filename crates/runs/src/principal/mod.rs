//! One principal's own object: the index of runs, idempotency keys, schedules, connect flows.
//!
//! Named by the principal's key, so that whatever is asked of it can only concern that principal.
//! A run's line in the index is written before the run is told to begin; from then on the run will
//! begin, whatever happens to whom.

mod connect;
mod daily;
mod index;
mod messages;
mod starts;

use std::rc::Rc;
use std::time::Duration;

use onbehalf_clock::Timestamp;
use onbehalf_sql::{Schema, SqlError};

use crate::letter::{Answer, Undelivered};
use crate::object::{Object, Turn};
use crate::outbox::{self, Errand};
use crate::rules::Rules;

pub(crate) use index::{mode, status};
pub use messages::*;

/// How exactly it is known when a user was last seen: a write a day, not one a request.
const SEEN_WITHIN: Duration = Duration::from_secs(24 * 3600);

/// A principal.
pub struct Principal {
    /// What the deployment says.
    pub rules: Rc<dyn Rules>,
}

impl Object for Principal {
    type Message = PrincipalMessage;
    type Reply = PrincipalReply;

    /// The index of runs is kept for good, so what each start asks of it must not depend on its
    /// length.
    const SCHEMA: Schema = &[
        &[
            "CREATE TABLE IF NOT EXISTS runs (
                position INTEGER PRIMARY KEY AUTOINCREMENT, run_id TEXT NOT NULL UNIQUE,
                workflow TEXT NOT NULL, status TEXT NOT NULL, started_at INTEGER NOT NULL,
                ended_at INTEGER, trigger_name TEXT NOT NULL, unconfirmed TEXT)",
            "CREATE INDEX IF NOT EXISTS open_runs ON runs (position) WHERE ended_at IS NULL",
            "CREATE INDEX IF NOT EXISTS unconfirmed_runs ON runs (position)
             WHERE unconfirmed IS NOT NULL",
            "CREATE TABLE IF NOT EXISTS idempotency_keys (
                key TEXT PRIMARY KEY, input TEXT NOT NULL, run_id TEXT NOT NULL,
                at INTEGER NOT NULL)",
            "CREATE TABLE IF NOT EXISTS schedule (
                id INTEGER PRIMARY KEY CHECK (id = 1), enabled_at INTEGER)",
            "CREATE TABLE IF NOT EXISTS connect_attempts (
                state_hash TEXT PRIMARY KEY, connector TEXT NOT NULL, browser_hash TEXT NOT NULL,
                expires_at INTEGER NOT NULL, used INTEGER NOT NULL DEFAULT 0)",
        ],
        &[
            outbox::TABLE,
            outbox::INDEX,
            "ALTER TABLE runs ADD COLUMN queued INTEGER NOT NULL DEFAULT 0",
            "ALTER TABLE runs ADD COLUMN outcome TEXT",
            "CREATE TABLE schedules (
                workflow TEXT PRIMARY KEY, owner TEXT, context TEXT, enabled_at INTEGER,
                ended_because TEXT, next_at INTEGER)",
            // There was one workflow, and only the shard knew as whom it runs.
            "INSERT INTO schedules (workflow, enabled_at)
             SELECT 'onboarding-health', enabled_at FROM schedule",
            "DROP TABLE schedule",
            "CREATE TABLE ticks (
                workflow TEXT NOT NULL, tick INTEGER NOT NULL, run_id TEXT, joined INTEGER,
                problem TEXT, at INTEGER NOT NULL, PRIMARY KEY (workflow, tick)) WITHOUT ROWID",
            "CREATE TABLE seen (id INTEGER PRIMARY KEY CHECK (id = 1), at INTEGER NOT NULL)",
            "CREATE INDEX keys_by_time ON idempotency_keys (at)",
        ],
        &[
            "ALTER TABLE runs ADD COLUMN approval TEXT NOT NULL DEFAULT 'none'",
            "ALTER TABLE schedules ADD COLUMN approval TEXT NOT NULL DEFAULT 'none'",
        ],
        // Whether a run only says what it would write.
        &["ALTER TABLE runs ADD COLUMN aside INTEGER NOT NULL DEFAULT 0"],
        // In the order of `position`, which each line of an index ends with: the latest run of a
        // workflow is found at once, and its list needs no other's runs to be passed over.
        &["CREATE INDEX runs_of_workflow ON runs (workflow)"],
        // What a list says of a run that has ended, so that nobody reads a whole result for that.
        &["ALTER TABLE runs ADD COLUMN counts TEXT NOT NULL DEFAULT '{}'"],
    ];

    fn receive(
        &self,
        turn: &Turn<'_>,
        message: PrincipalMessage,
    ) -> Result<PrincipalReply, SqlError> {
        use PrincipalMessage as Ask;
        use PrincipalReply as Reply;
        if is_the_users(&message) {
            note_seen(turn)?;
        }
        let rules = self.rules.as_ref();
        Ok(match message {
            Ask::StartRun(start) => Reply::StartRun(starts::start(turn, rules, start)?),
            Ask::StartForTick(start) => {
                Reply::StartForTick(daily::start_for_tick(turn, rules, start)?)
            }
            Ask::ListRuns(ListRuns(query)) => Reply::ListRuns(index::list(turn, &query)?),
            Ask::LatestRuns(it) => Reply::LatestRuns(index::latest(turn, &it.of)?),
            Ask::FindRun(find) => Reply::FindRun(index::find(turn, &find.run_id)?),
            Ask::CancelWaiting(it) => Reply::CancelWaiting(starts::cancel_waiting(turn, &it)?),
            Ask::NoteStatus(note) => Reply::NoteStatus(starts::note_status(turn, &note)?),
            Ask::ReadSchedule(it) => Reply::ReadSchedule(daily::read(turn, rules, &it.workflow)?),
            Ask::ReadSchedules(it) => Reply::ReadSchedules(daily::each(turn, rules, &it.of)?),
            Ask::WriteSchedule(it) => Reply::WriteSchedule(daily::write(turn, rules, &it)?),
            Ask::WithdrawFor(it) => Reply::WithdrawFor(daily::withdraw_for(turn, &it)?),
            Ask::BeginConnect(BeginConnect(attempt)) => {
                Reply::BeginConnect(connect::begin(turn, &attempt)?)
            }
            Ask::TakeConnect(it) => Reply::TakeConnect(connect::take(turn, &it.state_hash)?),
        })
    }

    fn rang(&self, turn: &Turn<'_>) -> Result<(), SqlError> {
        starts::tell_whoever_was_not_told(turn)?;
        daily::start_what_is_due(turn, self.rules.as_ref())
    }

    fn settled(
        &self,
        turn: &Turn<'_>,
        errand: &Errand,
        answer: Result<Answer, Undelivered>,
    ) -> Result<(), SqlError> {
        if answer.is_ok() {
            starts::confirm(turn, errand)?;
        }
        outbox::settle(turn, errand, answer.map(|_| ()))
    }

    fn due(&self, turn: &Turn<'_>) -> Result<Option<Timestamp>, SqlError> {
        daily::next_due(turn)
    }
}

/// Whether a message comes from a request the user has made.
fn is_the_users(message: &PrincipalMessage) -> bool {
    match message {
        PrincipalMessage::StartRun(_)
        | PrincipalMessage::ListRuns(_)
        | PrincipalMessage::LatestRuns(_)
        | PrincipalMessage::ReadSchedule(_)
        | PrincipalMessage::ReadSchedules(_)
        | PrincipalMessage::WriteSchedule(_)
        | PrincipalMessage::BeginConnect(_) => true,
        // Whoever has an address of theirs can come back with it.
        PrincipalMessage::TakeConnect(_)
        | PrincipalMessage::StartForTick(_)
        | PrincipalMessage::FindRun(_)
        | PrincipalMessage::CancelWaiting(_)
        | PrincipalMessage::NoteStatus(_)
        | PrincipalMessage::WithdrawFor(_) => false,
    }
}

fn note_seen(turn: &Turn<'_>) -> Result<(), SqlError> {
    turn.sql.run(
        "INSERT INTO seen (id, at) VALUES (1, ?1)
         ON CONFLICT DO UPDATE SET at = ?1 WHERE at <= ?2",
        &[turn.now.into(), turn.now.minus(SEEN_WITHIN).into()],
    )
}

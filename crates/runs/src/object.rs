//! How every object works: messages and alarms in, rows, replies, errands and the next alarm out.
//!
//! Owns the order of things: what a turn decides is in storage, with the alarm that will go on from
//! it, before anything is sent; what was sent is noted before the next turn. The platform and the
//! native twin are [`Ground`]s; the loop over them is here, once.

use std::cell::RefCell;
use std::time::Duration;

use async_trait::async_trait;
use futures::StreamExt;
use futures::stream::FuturesUnordered;

use onbehalf_clock::{Random, Timestamp};
use onbehalf_sql::{Schema, Sql, SqlError, bring_up_to_date, is_unused};

use crate::letter::{Answer, Carrier, Undelivered};
use crate::note::Note;
use crate::outbox::{self, Errand};

/// How long one object waits for another. The slowest answer of a healthy object is a start that
/// has to wake a run, well under a second.
pub const CALL_DEADLINE: Duration = Duration::from_secs(10);
/// Errands under way at once; the platform allows six connections.
const CONCURRENT_ERRANDS: usize = 6;
/// When an alarm under which storage failed rings again. The platform's own repeats end for good
/// after six.
const AFTER_FAILURE: Duration = Duration::from_secs(60);

/// What an object stands on.
#[async_trait(?Send)]
pub trait Ground: Carrier {
    /// Its database. Statements and the alarm that follow each other without a wait are durable
    /// together or not at all.
    fn sql(&self) -> &dyn Sql;
    /// The time.
    fn now(&self) -> Timestamp;
    /// Chance.
    fn random(&self) -> &dyn Random;
    /// Sets the one alarm there is, or none.
    async fn set_alarm(&self, at: Option<Timestamp>) -> Result<(), SqlError>;
    /// Takes a line for the log.
    fn note(&self, note: Note);
}

/// One uninterrupted stretch of work of an object.
pub struct Turn<'a> {
    /// Its database.
    pub sql: &'a dyn Sql,
    /// The time, the same for the whole turn.
    pub now: Timestamp,
    /// Chance.
    pub random: &'a dyn Random,
    notes: RefCell<Vec<Note>>,
}

impl<'a> Turn<'a> {
    /// A turn on this ground.
    pub fn on(ground: &'a dyn Ground) -> Self {
        Self {
            sql: ground.sql(),
            now: ground.now(),
            random: ground.random(),
            notes: RefCell::default(),
        }
    }

    /// Says something to whoever reads the log.
    pub fn note(&self, event: &'static str, fields: Vec<(&'static str, String)>) {
        self.notes.borrow_mut().push(Note::warning(event, fields));
    }

    fn end(self, ground: &dyn Ground) {
        for note in self.notes.into_inner() {
            ground.note(note);
        }
    }
}

/// The protocol of one class of objects. No wait, no clock and no network in it.
pub trait Object {
    /// What it answers.
    type Message;
    /// With what.
    type Reply;
    /// Its tables.
    const SCHEMA: Schema;

    /// What is answered where nothing was ever kept, so that whoever guesses at names fills no storage.
    /// `None` for a message that may begin something.
    fn unkept(&self, message: &Self::Message) -> Option<Self::Reply> {
        let _ = message;
        None
    }

    /// Decides a message.
    ///
    /// # Errors
    /// When storage fails; the turn counts for nothing then.
    fn receive(&self, turn: &Turn<'_>, message: Self::Message) -> Result<Self::Reply, SqlError>;

    /// Does what is due by the clock alone.
    ///
    /// # Errors
    /// When storage fails.
    fn rang(&self, turn: &Turn<'_>) -> Result<(), SqlError>;

    /// Takes note of what an errand came to.
    ///
    /// # Errors
    /// When storage fails.
    fn settled(
        &self,
        turn: &Turn<'_>,
        errand: &Errand,
        answer: Result<Answer, Undelivered>,
    ) -> Result<(), SqlError> {
        outbox::settle(turn, errand, answer.map(|_| ()))
    }

    /// When the object has something to do by itself; its errands apart.
    ///
    /// # Errors
    /// When storage fails.
    fn due(&self, turn: &Turn<'_>) -> Result<Option<Timestamp>, SqlError>;
}

/// Answers a message: decides, stores, sends what follows from it, and then replies. What could
/// not be sent is sent again by the alarm, so the reply holds whatever became of it.
///
/// # Errors
/// When storage fails.
pub async fn receive<O: Object>(
    object: &O,
    ground: &dyn Ground,
    message: O::Message,
) -> Result<O::Reply, SqlError> {
    let turn = Turn::on(ground);
    if let Some(reply) = object.unkept(&message)
        && is_unused(turn.sql)?
    {
        return Ok(reply);
    }
    bring_up_to_date(turn.sql, O::SCHEMA)?;
    let before = next_alarm(object, &turn)?;
    let reply = object.receive(&turn, message)?;
    let errands = outbox::take_due(&turn)?;
    let after = next_alarm(object, &turn)?;
    let now = turn.now;
    turn.end(ground);
    // An alarm that is overdue was lost, or is being rung: setting it once more mends the first
    // and costs the second one look.
    if after != before || after.is_some_and(|at| at <= now) {
        ground.set_alarm(after).await?;
    }
    carry(object, ground, errands).await?;
    Ok(reply)
}

/// Goes on when the alarm rang. Leaves with the next alarm set, whatever happened.
///
/// # Errors
/// When not even that was possible; the platform then rings again.
pub async fn ring<O: Object>(object: &O, ground: &dyn Ground) -> Result<(), SqlError> {
    let Err(error) = rung(object, ground).await else {
        return Ok(());
    };
    let fields = vec![("error", error.to_string())];
    ground.note(Note::warning("alarm_failed", fields));
    let again = ground.now().plus(AFTER_FAILURE);
    ground.set_alarm(Some(again)).await
}

async fn rung<O: Object>(object: &O, ground: &dyn Ground) -> Result<(), SqlError> {
    let turn = Turn::on(ground);
    bring_up_to_date(turn.sql, O::SCHEMA)?;
    object.rang(&turn)?;
    let errands = outbox::take_due(&turn)?;
    let after = next_alarm(object, &turn)?;
    turn.end(ground);
    ground.set_alarm(after).await?;
    carry(object, ground, errands).await
}

/// Sends errands, a few at a time, and notes what each came to. One that fails or hangs keeps none
/// of the others waiting.
async fn carry<O: Object>(
    object: &O,
    ground: &dyn Ground,
    errands: Vec<Errand>,
) -> Result<(), SqlError> {
    if errands.is_empty() {
        return Ok(());
    }
    let mut waiting = errands.into_iter();
    let mut under_way = FuturesUnordered::new();
    let mut failed = None;
    loop {
        while under_way.len() < CONCURRENT_ERRANDS {
            let Some(errand) = waiting.next() else { break };
            under_way.push(async move {
                let answer = ground.carry(errand.letter.clone()).await;
                (errand, answer)
            });
        }
        let Some((errand, answer)) = under_way.next().await else {
            break;
        };
        let turn = Turn::on(ground);
        let settled = object.settled(&turn, &errand, answer);
        turn.end(ground);
        failed = failed.or(settled.err());
    }
    let turn = Turn::on(ground);
    let after = next_alarm(object, &turn);
    turn.end(ground);
    ground.set_alarm(after?).await?;
    failed.map_or(Ok(()), Err)
}

fn next_alarm<O: Object>(object: &O, turn: &Turn<'_>) -> Result<Option<Timestamp>, SqlError> {
    let own = object.due(turn)?;
    let errands = outbox::next_due(turn.sql)?;
    Ok(match (own, errands) {
        (Some(own), Some(errands)) => Some(own.min(errands)),
        (own, errands) => own.or(errands),
    })
}

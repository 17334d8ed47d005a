//! The turns of one thread: begun once for each message, filled in by their runs, deleted together.

use onbehalf_sql::{Row, SqlError, to_json};
use serde_json::json;

use super::{
    EndTurn, Exchange, FindTurn, InThread, KeepTurn, MAX_TURNS, MessageId, ReadHistory, Said, Say,
    TurnHead, TurnView, Which,
};
use crate::contract::{Overlap, StartRun};
use crate::letter::{Answer, Ask as _, Undelivered};
use crate::names::{IdempotencyKey, OwnerKey};
use crate::object::Turn;
use crate::outbox::{self, Errand};
use crate::principal::{PrincipalReply, status};
use crate::run::Cancel;
use crate::run_id::RunId;

const NAME_OF_START: &str = "turn:";
const NAME_OF_CANCEL: &str = "cancel:";
/// Begins keys that no caller can send: theirs are visible characters.
const OWN_KEYS: &str = "\u{1}turn:";

/// What is kept here for somebody.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kept {
    /// Nothing yet.
    Nothing,
    /// Their thread.
    Thread,
    /// Word that it was deleted, or somebody else's.
    Gone,
}

fn kept(turn: &Turn<'_>, owner: &OwnerKey) -> Result<Kept, SqlError> {
    let rows = turn
        .sql
        .query("SELECT owner, deleted_at FROM thread", &[])?;
    let Some(row) = rows.first() else {
        return Ok(Kept::Nothing);
    };
    let there = row.text(0)? == owner.as_str() && row.maybe_time(1)?.is_none();
    Ok(if there { Kept::Thread } else { Kept::Gone })
}

pub fn say(turn: &Turn<'_>, say: Say) -> Result<Said, SqlError> {
    let owner = say.start.owner.clone();
    match kept(turn, &owner)? {
        Kept::Thread => {}
        Kept::Gone => return Ok(Said::Deleted),
        Kept::Nothing => turn.sql.run(
            "INSERT INTO thread (id, owner) VALUES (1, ?)",
            &[owner.as_str().into()],
        )?,
    }
    let rows = turn.sql.query(
        "SELECT number, text, run_id, refused FROM turns WHERE message = ?",
        &[say.message.as_str().into()],
    )?;
    if let Some(row) = rows.first() {
        return said_before(turn, &say, row);
    }
    let rows = turn.sql.query(
        "SELECT COUNT(refused IS NULL OR NULL), MAX(number) FROM turns",
        &[],
    )?;
    let (count, last) = match rows.first() {
        Some(row) => (row.count(0)?, row.maybe_integer(1)?.unwrap_or(0)),
        None => (0, 0),
    };
    if count >= MAX_TURNS {
        return Ok(Said::Full);
    }
    let number = u32::try_from(last).unwrap_or(u32::MAX).saturating_add(1);
    turn.sql.run(
        "INSERT INTO turns (number, message, text, at) VALUES (?, ?, ?, ?)",
        &[
            number.into(),
            say.message.as_str().into(),
            say.text.as_str().into(),
            turn.now.into(),
        ],
    )?;
    tell(turn, number, start_of(&say, number))?;
    let run_id = None;
    Ok(Said::Taken { number, run_id })
}

/// The start of a turn's run: once for its place in the thread, and beside whatever else runs.
fn start_of(say: &Say, number: u32) -> StartRun {
    let mut start = (*say.start).clone();
    let in_thread = InThread {
        id: say.thread.clone(),
        up_to: number,
    };
    start.input[InThread::MEMBER] = json!(in_thread);
    let (agent, thread) = (start.workflow.as_str(), say.thread.as_str());
    let key = format!("{OWN_KEYS}{agent}/{thread}/{number}");
    start.idempotency_key = Some(IdempotencyKey::new(key));
    start.overlap = Overlap::Allow;
    start
}

fn tell(turn: &Turn<'_>, number: u32, start: StartRun) -> Result<(), SqlError> {
    let owner = start.owner.clone();
    outbox::put(
        turn,
        &format!("{NAME_OF_START}{number}"),
        &start.letter(owner),
    )
}

/// What was said under this name before. What could begin no turn then is tried again.
fn said_before(turn: &Turn<'_>, say: &Say, row: &Row) -> Result<Said, SqlError> {
    if row.text(1)? != say.text {
        return Ok(Said::OtherText);
    }
    let number = row.count(0)?;
    let run_id = row.maybe_text(2)?.map(RunId::stored);
    if row.maybe_text(3)?.is_some() {
        turn.sql.run(
            "UPDATE turns SET refused = NULL WHERE number = ?",
            &[number.into()],
        )?;
        tell(turn, number, start_of(say, number))?;
    }
    Ok(Said::Taken { number, run_id })
}

/// What became of an errand: which run a turn has, or why it has none. A turn that was deleted while
/// its run began has that run cancelled.
pub fn begun(
    turn: &Turn<'_>,
    errand: &Errand,
    answer: Answer,
) -> Result<Result<(), Undelivered>, SqlError> {
    let number = errand.name.strip_prefix(NAME_OF_START);
    let Some(number) = number.and_then(|it| it.parse::<u32>().ok()) else {
        return Ok(Ok(()));
    };
    let Answer::Principal(PrincipalReply::StartRun(start)) = answer else {
        return Ok(Err(Undelivered::Unreadable));
    };
    let Some(run_id) = start.run_id() else {
        turn.sql.run(
            "UPDATE turns SET refused = ? WHERE number = ? AND run_id IS NULL",
            &[to_json(&start, "a refusal")?.into(), number.into()],
        )?;
        return Ok(Ok(()));
    };
    let filled = turn.sql.query(
        "UPDATE turns SET run_id = ? WHERE number = ? RETURNING number",
        &[run_id.as_str().into(), number.into()],
    )?;
    if filled.is_empty() {
        let rows = turn.sql.query("SELECT owner FROM thread", &[])?;
        if let Some(row) = rows.first() {
            cancel(turn, &OwnerKey::new(row.text(0)?), run_id)?;
        }
    }
    Ok(Ok(()))
}

fn cancel(turn: &Turn<'_>, owner: &OwnerKey, run_id: &RunId) -> Result<(), SqlError> {
    let owner = owner.clone();
    let letter = Cancel { owner }.letter(run_id.clone());
    outbox::put(turn, &format!("{NAME_OF_CANCEL}{run_id}"), &letter)
}

pub fn read(turn: &Turn<'_>, owner: &OwnerKey) -> Result<Option<Vec<TurnView>>, SqlError> {
    if kept(turn, owner)? != Kept::Thread {
        return Ok(None);
    }
    let rows = turn.sql.query(
        "SELECT number, message, text, at, run_id, pieces, ended FROM turns
         WHERE refused IS NULL ORDER BY number",
        &[],
    )?;
    rows.iter().map(view).collect::<Result<_, _>>().map(Some)
}

fn view(row: &Row) -> Result<TurnView, SqlError> {
    let unreadable = || SqlError::Unreadable {
        what: "a message's name",
        why: "not a name".into(),
    };
    Ok(TurnView {
        number: row.count(0)?,
        message: MessageId::parse(row.text(1)?).ok_or_else(unreadable)?,
        text: row.text(2)?.to_owned(),
        at: row.time(3)?,
        run_id: row.maybe_text(4)?.map(RunId::stored),
        pieces: row.maybe_json(5, "a turn's pieces")?,
        ended: match row.maybe_text(6)? {
            Some(_) => Some(status(row, 6)?),
            None => None,
        },
    })
}

pub fn find(turn: &Turn<'_>, asked: &FindTurn) -> Result<Option<TurnHead>, SqlError> {
    if kept(turn, &asked.owner)? != Kept::Thread {
        return Ok(None);
    }
    let columns = "SELECT run_id, refused, ended FROM turns";
    let rows = match &asked.which {
        Which::Latest => turn.sql.query(
            &format!("{columns} WHERE refused IS NULL ORDER BY number DESC LIMIT 1"),
            &[],
        ),
        Which::Number(number) => turn
            .sql
            .query(&format!("{columns} WHERE number = ?"), &[(*number).into()]),
        Which::Run(run_id) => turn.sql.query(
            &format!("{columns} WHERE run_id = ?"),
            &[run_id.as_str().into()],
        ),
    }?;
    let Some(row) = rows.first() else {
        return Ok(None);
    };
    Ok(Some(TurnHead {
        run_id: row.maybe_text(0)?.map(RunId::stored),
        refused: row.maybe_json(1, "a refusal")?,
        over: row.maybe_text(2)?.is_some(),
    }))
}

/// What was said before a turn, oldest first, as far back as there is room for.
pub fn history(
    turn: &Turn<'_>,
    asked: &ReadHistory,
    room: usize,
) -> Result<Vec<Exchange>, SqlError> {
    if kept(turn, &asked.owner)? != Kept::Thread {
        return Ok(Vec::new());
    }
    let rows = turn.sql.query(
        "SELECT text, answer FROM turns WHERE number < ? AND refused IS NULL ORDER BY number DESC",
        &[asked.before.into()],
    )?;
    let (mut exchanges, mut left) = (Vec::new(), room);
    for row in &rows {
        let exchange = Exchange {
            text: row.text(0)?.to_owned(),
            answer: row.maybe_text(1)?.map(str::to_owned),
        };
        let length = exchange.text.len() + exchange.answer.as_ref().map_or(0, String::len);
        let Some(rest) = left.checked_sub(length) else {
            break;
        };
        left = rest;
        exchanges.push(exchange);
    }
    exchanges.reverse();
    Ok(exchanges)
}

/// The run may say what it came to before this has learned which run it is.
pub fn keep(turn: &Turn<'_>, it: &KeepTurn) -> Result<(), SqlError> {
    if kept(turn, &it.owner)? != Kept::Thread {
        return Ok(());
    }
    turn.sql.run(
        "UPDATE turns SET run_id = ?1, answer = ?2, pieces = ?3
         WHERE number = ?4 AND (run_id = ?1 OR run_id IS NULL) AND refused IS NULL
         AND pieces IS NULL",
        &[
            it.run_id.as_str().into(),
            it.kept.answer.as_str().into(),
            to_json(&it.kept.pieces, "a turn's pieces")?.into(),
            it.number.into(),
        ],
    )
}

pub fn end(turn: &Turn<'_>, it: &EndTurn) -> Result<(), SqlError> {
    if kept(turn, &it.owner)? != Kept::Thread {
        return Ok(());
    }
    turn.sql.run(
        "UPDATE turns SET run_id = ?1, ended = ?2
         WHERE number = ?3 AND (run_id = ?1 OR run_id IS NULL) AND refused IS NULL
         AND ended IS NULL",
        &[
            it.run_id.as_str().into(),
            it.status.name().into(),
            it.number.into(),
        ],
    )
}

/// Forgets what was said, cancels what goes on, and leaves word that it was here: whatever is late finds
/// no thread, and nobody begins another under its name.
pub fn delete(turn: &Turn<'_>, owner: &OwnerKey) -> Result<bool, SqlError> {
    if kept(turn, owner)? != Kept::Thread {
        return Ok(false);
    }
    let open = turn.sql.query(
        "SELECT number, run_id FROM turns WHERE ended IS NULL AND refused IS NULL",
        &[],
    )?;
    for row in &open {
        outbox::withdraw(turn, &format!("{NAME_OF_START}{}", row.count(0)?))?;
        if let Some(run_id) = row.maybe_text(1)? {
            cancel(turn, owner, &RunId::stored(run_id))?;
        }
    }
    turn.sql.run("DELETE FROM turns", &[])?;
    turn.sql
        .run("UPDATE thread SET deleted_at = ?", &[turn.now.into()])?;
    Ok(true)
}

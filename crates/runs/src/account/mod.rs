//! One connected account's object: which runs wait for which connection, and which portals it is
//! connected to.
//!
//! Named by the name Scalekit knows the account under, because that is what a webhook brings. A
//! connection that was made is passed on to each waiting run until the run has taken it; causes are
//! acted on once.

mod messages;

use std::time::Duration;

use onbehalf_clock::Timestamp;
use onbehalf_sql::{Schema, SqlError};

use crate::letter::Ask as _;
use crate::names::{ConnectorName, EventId};
use crate::object::{Object, Turn};
use crate::outbox;
use crate::portal::PortalKey;
use crate::run::ConnectionMade;
use crate::run_id::RunId;

pub use messages::*;

/// How long the cause of a connection is remembered: well beyond a webhook's retries.
const EVENT_MEMORY: Duration = Duration::from_secs(7 * 24 * 3600);
/// How far the clocks of two objects may be apart. A connection this much older than the moment a
/// run saw it dead may be newer in truth: the run is woken and looks again, once for each cause.
const CLOCKS_APART: Duration = Duration::from_secs(120);

/// A connected account.
#[derive(Clone, Copy, Debug, Default)]
pub struct Account;

impl Object for Account {
    type Message = AccountMessage;
    type Reply = AccountReply;

    const SCHEMA: Schema = &[
        &[
            "CREATE TABLE IF NOT EXISTS waiting (
                run_id TEXT NOT NULL, number INTEGER NOT NULL, connector TEXT NOT NULL, event TEXT,
                PRIMARY KEY (run_id, number, connector))",
            "CREATE TABLE IF NOT EXISTS events (event TEXT PRIMARY KEY, at INTEGER NOT NULL)",
            "CREATE TABLE IF NOT EXISTS made (
                connector TEXT PRIMARY KEY, at INTEGER NOT NULL, event TEXT NOT NULL)",
            "CREATE TABLE IF NOT EXISTS allowances (
                lane TEXT PRIMARY KEY, used_until INTEGER NOT NULL)",
        ],
        &[
            outbox::TABLE,
            outbox::INDEX,
            "CREATE TABLE told (
                run_id TEXT NOT NULL, connector TEXT NOT NULL, event TEXT NOT NULL,
                at INTEGER NOT NULL, PRIMARY KEY (run_id, connector, event))",
            "CREATE INDEX told_by_time ON told (at)",
            "CREATE INDEX events_by_time ON events (at)",
            // Allowances are kept by portal now; a count starts afresh.
            "DROP TABLE allowances",
        ],
        &["CREATE TABLE portals (app TEXT PRIMARY KEY, portal TEXT NOT NULL)"],
    ];

    fn receive(&self, turn: &Turn<'_>, message: AccountMessage) -> Result<AccountReply, SqlError> {
        Ok(match message {
            AccountMessage::AwaitConnections(wait) => {
                AccountReply::AwaitConnections(await_connections(turn, &wait)?)
            }
            AccountMessage::AnnounceConnection(made) => {
                AccountReply::AnnounceConnection(announce(turn, &made)?)
            }
            AccountMessage::NotePortal(note) => AccountReply::NotePortal(note_portal(turn, &note)?),
            AccountMessage::PortalOf(ask) => AccountReply::PortalOf(portal_of(turn, &ask.app)?),
        })
    }

    /// Tells runs whom an older release had found, but not told.
    fn rang(&self, turn: &Turn<'_>) -> Result<(), SqlError> {
        tell_those_found(turn)
    }

    fn due(&self, _: &Turn<'_>) -> Result<Option<Timestamp>, SqlError> {
        Ok(None)
    }
}

fn await_connections(turn: &Turn<'_>, wait: &AwaitConnections) -> Result<(), SqlError> {
    for awaited in &wait.connectors {
        // Made since the run saw it dead, though before this message arrived.
        let made = turn.sql.query(
            "SELECT event FROM made WHERE connector = ?1 AND at > ?2 AND NOT EXISTS (
                SELECT 1 FROM told WHERE run_id = ?3 AND told.connector = ?1
                AND told.event = made.event)",
            &[
                awaited.connector.as_str().into(),
                awaited.seen_dead_at.minus(CLOCKS_APART).into(),
                wait.run_id.as_str().into(),
            ],
        )?;
        let made = made.first().map(|row| row.text(0)).transpose()?;
        turn.sql.run(
            "INSERT OR IGNORE INTO waiting (run_id, number, connector, event)
             VALUES (?, ?, ?, ?)",
            &[
                wait.run_id.as_str().into(),
                wait.number.into(),
                awaited.connector.as_str().into(),
                made.into(),
            ],
        )?;
    }
    tell_those_found(turn)
}

fn announce(turn: &Turn<'_>, made: &AnnounceConnection) -> Result<(), SqlError> {
    let event = made.event.as_str();
    let known = turn
        .sql
        .query("SELECT 1 FROM events WHERE event = ?", &[event.into()])?;
    if !known.is_empty() {
        return Ok(());
    }
    turn.sql.run(
        "INSERT OR REPLACE INTO made (connector, at, event) VALUES (?, ?, ?)",
        &[
            made.connector.as_str().into(),
            turn.now.into(),
            event.into(),
        ],
    )?;
    turn.sql.run(
        "UPDATE waiting SET event = ? WHERE connector = ? AND event IS NULL",
        &[event.into(), made.connector.as_str().into()],
    )?;
    // The new connection may be to another portal.
    turn.sql.run(
        "DELETE FROM portals WHERE app = ?",
        &[made.connector.as_str().into()],
    )?;
    tell_those_found(turn)?;
    turn.sql.run(
        "INSERT INTO events (event, at) VALUES (?, ?)",
        &[event.into(), turn.now.into()],
    )?;
    let forgotten = turn.now.minus(EVENT_MEMORY);
    turn.sql
        .run("DELETE FROM events WHERE at < ?", &[forgotten.into()])?;
    turn.sql
        .run("DELETE FROM told WHERE at < ?", &[forgotten.into()])
}

fn note_portal(turn: &Turn<'_>, note: &NotePortal) -> Result<(), SqlError> {
    turn.sql.run(
        "INSERT INTO portals (app, portal) VALUES (?1, ?2)
         ON CONFLICT DO UPDATE SET portal = ?2 WHERE portal <> ?2",
        &[note.app.as_str().into(), note.portal.as_str().into()],
    )
}

fn portal_of(turn: &Turn<'_>, app: &ConnectorName) -> Result<Option<PortalKey>, SqlError> {
    let named = [app.as_str().into()];
    let rows = turn
        .sql
        .query("SELECT portal FROM portals WHERE app = ?", &named)?;
    let portal = rows.first().map(|row| row.text(0)).transpose()?;
    Ok(portal.map(|portal| PortalKey::of_portal(app, portal)))
}

/// Hands every run whose connection was made over to the errands.
fn tell_those_found(turn: &Turn<'_>) -> Result<(), SqlError> {
    let found = turn.sql.query(
        "SELECT run_id, number, connector, event FROM waiting WHERE event IS NOT NULL
         ORDER BY run_id, number, connector",
        &[],
    )?;
    for row in found {
        let (run, number, connector, event) =
            (row.text(0)?, row.count(1)?, row.text(2)?, row.text(3)?);
        let message = ConnectionMade {
            number,
            connector: ConnectorName::new(connector),
            event: EventId::new(event),
        };
        let letter = message.letter(RunId::stored(run));
        outbox::put(turn, &format!("tell:{run}:{number}:{connector}"), &letter)?;
        turn.sql.run(
            "INSERT OR REPLACE INTO told (run_id, connector, event, at) VALUES (?, ?, ?, ?)",
            &[run.into(), connector.into(), event.into(), turn.now.into()],
        )?;
        turn.sql.run(
            "DELETE FROM waiting WHERE run_id = ? AND number = ? AND connector = ?",
            &[run.into(), number.into(), connector.into()],
        )?;
    }
    Ok(())
}

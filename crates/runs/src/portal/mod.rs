//! What all users of one portal of an app share: which flags are claimed, and how much of the app's
//! allowance is used.
//!
//! Named by the portal where it is known, and by the account where it is not. What it holds is a
//! cache with a bounded life: the app itself says what was written and what it allows, and this
//! object only remembers what the app does not show yet.

mod allowances;
mod claimants;
mod claims;
mod key;
mod messages;
mod portals;
mod turns;

use std::rc::Rc;

use onbehalf_clock::Timestamp;
use onbehalf_connector::Rates;
use onbehalf_sql::{Schema, SqlError};

use crate::object::{Object, Turn};
use crate::outbox;

pub use claims::{ClaimsUnavailable, FlagClaims, SharedClaims};
pub use key::PortalKey;
pub use messages::*;
pub use portals::Portals;
pub use turns::SharedTurns;

/// What the users of one portal share.
pub struct Portal {
    /// What the apps allow.
    pub rates: Rc<Rates>,
}

impl Object for Portal {
    type Message = PortalMessage;
    type Reply = PortalReply;

    const SCHEMA: Schema = &[
        &[
            outbox::TABLE,
            outbox::INDEX,
            "CREATE TABLE IF NOT EXISTS allowances (lane TEXT PRIMARY KEY, used_until INTEGER NOT NULL)",
            "CREATE TABLE IF NOT EXISTS claims (
            subject TEXT PRIMARY KEY, day TEXT NOT NULL, severity INTEGER NOT NULL,
            run_id TEXT NOT NULL, claimed_at INTEGER NOT NULL, expires_at INTEGER NOT NULL,
            outcome TEXT)",
            "CREATE INDEX IF NOT EXISTS claims_by_end ON claims (expires_at)",
        ],
        &["ALTER TABLE claims ADD COLUMN touched_at INTEGER NOT NULL DEFAULT 0"],
        // A claim was taken over by one that counted as worse, and forgotten when that was given up.
        &[
            "CREATE TABLE flags (
                subject TEXT NOT NULL, run_id TEXT NOT NULL, day TEXT NOT NULL,
                severity INTEGER NOT NULL, claimed_at INTEGER NOT NULL, touched_at INTEGER NOT NULL,
                expires_at INTEGER NOT NULL, outcome TEXT,
                PRIMARY KEY (subject, run_id)) WITHOUT ROWID",
            "CREATE INDEX flags_by_end ON flags (expires_at)",
            r#"INSERT INTO flags
                SELECT subject, run_id, day, severity, claimed_at, touched_at, expires_at, outcome
                FROM claims WHERE outcome IS NULL
                OR outcome NOT IN ('{"outcome":"released"}', '{"outcome":"refused"}')"#,
            "DROP TABLE claims",
        ],
        // What came late gave up what the run's next attempt had claimed again.
        &[
            "CREATE TABLE claimants (
                run_id TEXT PRIMARY KEY, fence INTEGER NOT NULL, settled INTEGER NOT NULL,
                expires_at INTEGER NOT NULL) WITHOUT ROWID",
            "CREATE INDEX claimants_by_end ON claimants (expires_at)",
        ],
    ];

    fn receive(&self, turn: &Turn<'_>, message: PortalMessage) -> Result<PortalReply, SqlError> {
        Ok(match message {
            PortalMessage::TakeTurns(ask) => {
                PortalReply::TakeTurns(allowances::take(turn, self.rates.of(ask.lane), &ask)?)
            }
            PortalMessage::HoldLane(hold) => {
                PortalReply::HoldLane(allowances::hold(turn, self.rates.of(hold.lane), &hold)?)
            }
            PortalMessage::ClaimFlags(claim) => {
                PortalReply::ClaimFlags(claims::claim(turn, &claim)?)
            }
            PortalMessage::SettleFlags(settle) => {
                PortalReply::SettleFlags(claims::settle(turn, &settle)?)
            }
        })
    }

    fn rang(&self, _: &Turn<'_>) -> Result<(), SqlError> {
        Ok(())
    }

    fn due(&self, _: &Turn<'_>) -> Result<Option<Timestamp>, SqlError> {
        Ok(None)
    }
}

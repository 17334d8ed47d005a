//! Which run sets which flag, so that two runs of one portal do not set it twice.
//!
//! Owns the rule and its memory, and what tells a message that comes late from one that counts
//! ([`super::claimants`]). An app shows a new task only some time after it was written, and
//! not at all where it refused the task and only the comment was made; in between, what this
//! remembers is all there is to see. The app's open tasks count beside it, never instead of it.

use std::rc::Rc;
use std::time::Duration;

use async_trait::async_trait;

use onbehalf_clock::Timestamp;
use onbehalf_sql::{Row, SqlError, to_json};

use super::{
    Again, ClaimFlags, Claimant, Claimed, FlagOutcome, PortalKey, SettleFlags, SettledFlag,
    WantedFlag, claimants,
};
use crate::letter::{Carrier, Undelivered, ask};
use crate::object::Turn;
use crate::run_id::RunId;

/// How long a claim lasts whose run says nothing of it: longer than any run goes on without an end
/// or a person's decision.
pub(super) const UNSETTLED_LIFE: Duration = Duration::from_secs(24 * 3600);
/// A claim that is asked for again is good for its whole life again once so much of it is gone: to
/// write it each time would cost a row for each flag and attempt.
const RENEWED_AFTER: Duration = Duration::from_secs(3600);
/// An app shows what was written at the latest by then: longer than `reconcileAfterSeconds` may be,
/// and the minute that a request may be under way.
const SHOWN_AFTER: Duration = Duration::from_secs(15 * 60);
/// How long what was written is remembered. By then the app's own list has long shown it.
const SETTLED_LIFE: Duration = Duration::from_secs(14 * 24 * 3600);
/// Flags one portal may have claimed; beyond, those that would be forgotten first go first. Ten
/// times the customers of the largest portal served.
const MOST_CLAIMS: u32 = 20_000;

/// Claims as a workflow sees them.
#[async_trait(?Send)]
pub trait FlagClaims {
    /// Claims flags, before anything is written; answered in the order given.
    async fn claim(
        &self,
        portal: &PortalKey,
        by: &Claimant,
        flags: Vec<WantedFlag>,
    ) -> Result<Vec<Claimed>, ClaimsUnavailable>;

    /// Says what became of them.
    async fn settle(
        &self,
        portal: &PortalKey,
        by: &Claimant,
        flags: Vec<SettledFlag>,
    ) -> Result<(), ClaimsUnavailable>;
}

/// The portal's object could not be asked. A workflow waits and asks again: to write without a
/// claim could write twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the claims of this portal cannot be reached")]
pub struct ClaimsUnavailable;

impl From<Undelivered> for ClaimsUnavailable {
    fn from(_: Undelivered) -> Self {
        Self
    }
}

/// Claims kept by the portal's object.
pub struct SharedClaims {
    carrier: Rc<dyn Carrier>,
}

impl SharedClaims {
    /// Asks through this carrier.
    pub fn new(carrier: Rc<dyn Carrier>) -> Self {
        Self { carrier }
    }
}

#[async_trait(?Send)]
impl FlagClaims for SharedClaims {
    async fn claim(
        &self,
        portal: &PortalKey,
        by: &Claimant,
        flags: Vec<WantedFlag>,
    ) -> Result<Vec<Claimed>, ClaimsUnavailable> {
        let asked = flags.len();
        let claim = ClaimFlags {
            by: by.clone(),
            flags,
        };
        let claimed = ask(self.carrier.as_ref(), portal.clone(), claim).await?;
        if claimed.len() == asked {
            Ok(claimed)
        } else {
            Err(ClaimsUnavailable)
        }
    }

    async fn settle(
        &self,
        portal: &PortalKey,
        by: &Claimant,
        flags: Vec<SettledFlag>,
    ) -> Result<(), ClaimsUnavailable> {
        let settle = SettleFlags {
            by: by.clone(),
            flags,
        };
        Ok(ask(self.carrier.as_ref(), portal.clone(), settle).await?)
    }
}

/// One run's claim as it is stored; there is none of what was given up.
struct Kept {
    run_id: RunId,
    day: String,
    severity: u32,
    since: Timestamp,
    /// When its run last had a word in it.
    touched: Timestamp,
    outcome: Option<FlagOutcome>,
}

impl Kept {
    fn read(row: &Row) -> Result<Self, SqlError> {
        Ok(Self {
            run_id: RunId::stored(row.text(0)?),
            day: row.text(1)?.to_owned(),
            severity: row.count(2)?,
            since: row.time(3)?,
            touched: row.time(4)?,
            outcome: row.maybe_json(5, "an outcome")?,
        })
    }

    /// Whether this claim keeps the flag from being claimed by others.
    fn stands_against(&self, wanted: &WantedFlag) -> bool {
        let worse = wanted
            .worse_by
            .is_some_and(|by| wanted.severity >= self.severity.saturating_add(by));
        let shown = wanted.looked_at >= self.touched.plus(SHOWN_AFTER);
        let another_day = wanted.looked_at.date() > self.day;
        let next_day = wanted.again == Again::NextDay && another_day && shown;
        !worse && !next_day
    }
}

pub fn claim(turn: &Turn<'_>, claim: &ClaimFlags) -> Result<Vec<Claimed>, SqlError> {
    let now = turn.now.into();
    turn.sql
        .run("DELETE FROM flags WHERE expires_at <= ?", &[now])?;
    if !claimants::may_claim(turn, &claim.by)? {
        return Ok(Vec::new());
    }
    let wanted = claim.flags.iter();
    let claimed = wanted.map(|wanted| one(turn, &claim.by.run_id, wanted));
    let claimed = claimed.collect::<Result<Vec<_>, _>>()?;
    turn.sql.run(
        "DELETE FROM flags WHERE (subject, run_id) IN (
            SELECT subject, run_id FROM flags ORDER BY expires_at DESC LIMIT -1 OFFSET ?)",
        &[MOST_CLAIMS.into()],
    )?;
    Ok(claimed)
}

/// Each run's claim is kept beside those of others, also where it counts as worse than theirs: once it
/// is given up, theirs stand as before.
fn one(turn: &Turn<'_>, run_id: &RunId, wanted: &WantedFlag) -> Result<Claimed, SqlError> {
    let rows = turn.sql.query(
        "SELECT run_id, day, severity, claimed_at, touched_at, outcome FROM flags
         WHERE subject = ? ORDER BY claimed_at DESC",
        &[wanted.subject.as_str().into()],
    )?;
    let kept = rows.iter().map(Kept::read);
    let kept = kept.collect::<Result<Vec<_>, _>>()?;
    let (mut ours, others): (Vec<_>, Vec<_>) =
        kept.into_iter().partition(|it| it.run_id == *run_id);
    let ours = ours.pop();
    // What this run has set is set, whoever has claimed more since.
    if let Some(Kept {
        outcome: outcome @ Some(_),
        ..
    }) = ours
    {
        return Ok(Claimed::Granted { outcome });
    }
    if let Some(other) = others.into_iter().find(|it| it.stands_against(wanted)) {
        return Ok(Claimed::Held {
            by: other.run_id,
            since: other.since,
            outcome: other.outcome,
        });
    }
    match ours {
        Some(ours) if turn.now < ours.touched.plus(RENEWED_AFTER) => {}
        Some(_) => turn.sql.run(
            "UPDATE flags SET touched_at = ?, expires_at = ? WHERE subject = ? AND run_id = ?",
            &[
                turn.now.into(),
                turn.now.plus(UNSETTLED_LIFE).into(),
                wanted.subject.as_str().into(),
                run_id.as_str().into(),
            ],
        )?,
        None => turn.sql.run(
            "INSERT INTO flags
             (subject, run_id, day, severity, claimed_at, touched_at, expires_at, outcome)
             VALUES (?1, ?2, ?3, ?4, ?5, ?5, ?6, NULL)",
            &[
                wanted.subject.as_str().into(),
                run_id.as_str().into(),
                wanted.looked_at.date().into(),
                wanted.severity.into(),
                turn.now.into(),
                turn.now.plus(UNSETTLED_LIFE).into(),
            ],
        )?,
    }
    Ok(Claimed::Granted { outcome: None })
}

pub fn settle(turn: &Turn<'_>, settle: &SettleFlags) -> Result<(), SqlError> {
    let late = !claimants::has_settled(turn, &settle.by)?;
    for SettledFlag { subject, outcome } in &settle.flags {
        let run_id = settle.by.run_id.as_str();
        match outcome {
            // What was written is, whenever that is heard. All else a later attempt knows better.
            FlagOutcome::Released | FlagOutcome::Refused | FlagOutcome::Unknown if late => {}
            FlagOutcome::Released | FlagOutcome::Refused => turn.sql.run(
                "DELETE FROM flags WHERE subject = ? AND run_id = ?",
                &[subject.as_str().into(), run_id.into()],
            )?,
            FlagOutcome::Written { .. } | FlagOutcome::Unknown => turn.sql.run(
                "UPDATE flags SET outcome = ?, touched_at = ?, expires_at = ?
                 WHERE subject = ? AND run_id = ?",
                &[
                    to_json(outcome, "an outcome")?.into(),
                    turn.now.into(),
                    turn.now.plus(SETTLED_LIFE).into(),
                    subject.as_str().into(),
                    run_id.into(),
                ],
            )?,
        }
    }
    Ok(())
}

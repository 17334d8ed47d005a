//! A shard of the schedule: who is enrolled, and who has had their run of the latest tick.
//!
//! The second of two ways to a daily run. The first is the principal's own alarm; this one is the
//! cron trigger, which sweeps the shards several times an hour and asks for whoever has had no run
//! of the latest tick. Both end in the same start, which happens once for each tick.

mod cron;
mod messages;
mod shard;
mod sweep;

use std::rc::Rc;

use onbehalf_clock::Timestamp;
use onbehalf_identity::RequestContext;
use onbehalf_sql::{Row, Schema, SqlError, to_json};

use crate::contract::Tenant;
use crate::letter::{Answer, Ask, Undelivered};
use crate::names::{OwnerKey, WorkflowId};
use crate::object::{Object, Turn};
use crate::outbox::{self, Errand};
use crate::principal::{StartForTick, TickStart};
use crate::rules::Rules;

pub use cron::{Cron, NotDaily};
pub use messages::*;
pub use shard::{SHARDS, Shard, offset};
pub use sweep::sweep;

/// Enrolments looked at in one turn.
const BATCH: u32 = 200;
/// Enrolments of one organization that are listed from one shard.
const LISTED: u32 = 1000;
const NAME_OF_START: &str = "start:";

/// A shard of the schedule.
pub struct ScheduleShard {
    /// What the deployment says.
    pub rules: Rc<dyn Rules>,
}

impl Object for ScheduleShard {
    type Message = ScheduleMessage;
    type Reply = ScheduleReply;

    const SCHEMA: Schema = &[
        &[
            "CREATE TABLE IF NOT EXISTS enrolled (owner TEXT PRIMARY KEY, context TEXT NOT NULL)",
            "CREATE TABLE IF NOT EXISTS ticks (
                at INTEGER PRIMARY KEY, after_owner TEXT NOT NULL, done INTEGER NOT NULL)",
            "CREATE TABLE IF NOT EXISTS batch_failures (
                at INTEGER NOT NULL, after_owner TEXT NOT NULL, tries INTEGER NOT NULL,
                PRIMARY KEY (at, after_owner))",
        ],
        &[
            outbox::TABLE,
            outbox::INDEX,
            "CREATE TABLE IF NOT EXISTS enrolments (
                owner TEXT NOT NULL, workflow TEXT NOT NULL, context TEXT NOT NULL,
                since INTEGER NOT NULL, served INTEGER NOT NULL,
                PRIMARY KEY (workflow, owner)) WITHOUT ROWID",
            "CREATE TABLE IF NOT EXISTS sweeps (
                workflow TEXT PRIMARY KEY, at INTEGER NOT NULL, after_owner TEXT NOT NULL,
                next_at INTEGER)",
            // There was one workflow.
            "INSERT OR IGNORE INTO enrolments (owner, workflow, context, since, served)
             SELECT owner, 'onboarding-health', context, 0, 0 FROM enrolled",
            "DROP TABLE IF EXISTS enrolled",
            "DROP TABLE IF EXISTS ticks",
            "DROP TABLE IF EXISTS batch_failures",
        ],
    ];

    fn receive(
        &self,
        turn: &Turn<'_>,
        message: ScheduleMessage,
    ) -> Result<ScheduleReply, SqlError> {
        Ok(match message {
            ScheduleMessage::Enrol(enrol) => ScheduleReply::Enrol(self.enrol(turn, &enrol)?),
            ScheduleMessage::Withdraw(it) => {
                ScheduleReply::Withdraw(forget(turn, &it.workflow, &it.owner)?)
            }
            ScheduleMessage::Sweep(sweep) => ScheduleReply::Sweep(begin_sweep(turn, sweep)?),
            ScheduleMessage::ListEnrolled(list) => {
                ScheduleReply::ListEnrolled(list_enrolled(turn, &list.tenant)?)
            }
        })
    }

    fn rang(&self, turn: &Turn<'_>) -> Result<(), SqlError> {
        let sweeps = turn
            .sql
            .query("SELECT workflow, at, after_owner FROM sweeps", &[])?;
        for row in sweeps {
            let workflow = WorkflowId::new(row.text(0)?);
            self.sweep(turn, &workflow, row.time(1)?, row.text(2)?)?;
        }
        Ok(())
    }

    fn settled(
        &self,
        turn: &Turn<'_>,
        errand: &Errand,
        answer: Result<Answer, Undelivered>,
    ) -> Result<(), SqlError> {
        let started = answer.and_then(|it| StartForTick::read(it).ok_or(Undelivered::Unreadable));
        if let (Ok(started), Some((owner, workflow, tick))) = (&started, start_of(errand)) {
            match started {
                TickStart::Started { .. } | TickStart::Already => {
                    turn.sql.run(
                        "UPDATE enrolments SET served = MAX(served, ?) WHERE workflow = ? AND owner = ?",
                        &[tick.into(), workflow.as_str().into(), owner.as_str().into()],
                    )?;
                }
                TickStart::NotEnrolled => forget(turn, workflow, owner)?,
                // Left for the next sweep; the principal's own schedule says why.
                TickStart::NotNow(_) => {}
            }
        }
        outbox::settle(turn, errand, started.map(|_| ()))
    }

    fn due(&self, turn: &Turn<'_>) -> Result<Option<Timestamp>, SqlError> {
        let rows = turn.sql.query("SELECT MIN(at) FROM sweeps", &[])?;
        let any = rows.first().map_or(Ok(None), |row| row.maybe_integer(0))?;
        Ok(any.map(|_| turn.now))
    }
}

impl ScheduleShard {
    /// A tick that was before the enrolment is not made up for.
    fn enrol(&self, turn: &Turn<'_>, enrol: &Enrol) -> Result<(), SqlError> {
        let cron = self.rules.cron(&enrol.workflow);
        let served = cron.map_or(turn.now, |cron| cron.latest(enrol.at));
        turn.sql.run(
            "INSERT INTO enrolments (owner, workflow, context, since, served)
             VALUES (?, ?, ?, ?, ?)
             ON CONFLICT DO UPDATE SET context = excluded.context",
            &[
                enrol.owner.as_str().into(),
                enrol.workflow.as_str().into(),
                to_json(&enrol.context, "an identity")?.into(),
                enrol.at.into(),
                served.into(),
            ],
        )
    }

    /// Asks for the runs of one batch of those who have had none.
    fn sweep(
        &self,
        turn: &Turn<'_>,
        workflow: &WorkflowId,
        at: Timestamp,
        after: &str,
    ) -> Result<(), SqlError> {
        let Some(cron) = self.rules.cron(workflow) else {
            return end_sweep(turn, workflow);
        };
        let tick = cron.latest(at);
        let batch = turn.sql.query(
            "SELECT owner, context FROM enrolments
             WHERE workflow = ? AND owner > ? AND served < ? ORDER BY owner LIMIT ?",
            &[
                workflow.as_str().into(),
                after.into(),
                tick.into(),
                BATCH.into(),
            ],
        )?;
        let Some(last) = batch.last() else {
            return end_sweep(turn, workflow);
        };
        for row in &batch {
            if let Err(error) = self.ask_for(turn, workflow, tick, at, row) {
                turn.note("enrolment_unreadable", vec![("error", error.to_string())]);
            }
        }
        turn.sql.run(
            "UPDATE sweeps SET after_owner = ? WHERE workflow = ?",
            &[last.text(0)?.into(), workflow.as_str().into()],
        )
    }

    fn ask_for(
        &self,
        turn: &Turn<'_>,
        workflow: &WorkflowId,
        tick: Timestamp,
        at: Timestamp,
        row: &Row,
    ) -> Result<(), SqlError> {
        let owner = OwnerKey::new(row.text(0)?);
        if tick.plus(offset(&owner, self.rules.spread())) > at {
            return Ok(());
        }
        let start = StartForTick {
            owner: owner.clone(),
            workflow: workflow.clone(),
            tick,
            context: row.json(1, "an identity")?,
        };
        let name = format!("{NAME_OF_START}{workflow}:{owner}");
        outbox::put(turn, &name, &start.letter(owner))
    }
}

/// Whom and what an errand is to start.
fn start_of(errand: &Errand) -> Option<(&OwnerKey, &WorkflowId, Timestamp)> {
    use crate::letter::Letter;
    use crate::principal::PrincipalMessage;
    let Letter::Principal(_, message) = &errand.letter else {
        return None;
    };
    match message.as_ref() {
        PrincipalMessage::StartForTick(start) => Some((&start.owner, &start.workflow, start.tick)),
        _ => None,
    }
}

/// A sweep that comes while another is under way follows it, and replaces none.
fn begin_sweep(turn: &Turn<'_>, sweep: Sweep) -> Result<(), SqlError> {
    turn.sql.run(
        "INSERT INTO sweeps (workflow, at, after_owner)
         SELECT DISTINCT workflow, ?1, '' FROM enrolments WHERE TRUE
         ON CONFLICT DO UPDATE SET next_at = MAX(COALESCE(next_at, ?1), ?1)",
        &[sweep.at.into()],
    )
}

fn end_sweep(turn: &Turn<'_>, workflow: &WorkflowId) -> Result<(), SqlError> {
    let named = [workflow.as_str().into()];
    turn.sql.run(
        "DELETE FROM sweeps WHERE workflow = ? AND next_at IS NULL",
        &named,
    )?;
    turn.sql.run(
        "UPDATE sweeps SET at = next_at, after_owner = '', next_at = NULL WHERE workflow = ?",
        &named,
    )
}

fn forget(turn: &Turn<'_>, workflow: &WorkflowId, owner: &OwnerKey) -> Result<(), SqlError> {
    outbox::withdraw(turn, &format!("{NAME_OF_START}{workflow}:{owner}"))?;
    turn.sql.run(
        "DELETE FROM enrolments WHERE workflow = ? AND owner = ?",
        &[workflow.as_str().into(), owner.as_str().into()],
    )
}

fn list_enrolled(turn: &Turn<'_>, tenant: &Tenant) -> Result<Vec<Enrolled>, SqlError> {
    let rows = turn.sql.query(
        "SELECT owner, workflow, context, since FROM enrolments ORDER BY workflow, owner",
        &[],
    )?;
    let mut listed = Vec::new();
    for row in rows {
        let Ok(context) = row.json::<RequestContext>(2, "an identity") else {
            continue;
        };
        // People of no organization have no operator.
        if tenant.org_id.is_some() && Tenant::of(&context) == *tenant {
            listed.push(Enrolled {
                owner: OwnerKey::new(row.text(0)?),
                user_id: context.user_id,
                workflow: WorkflowId::new(row.text(1)?),
                since: row.time(3)?,
            });
        }
    }
    listed.truncate(usize::try_from(LISTED).unwrap_or(usize::MAX));
    Ok(listed)
}

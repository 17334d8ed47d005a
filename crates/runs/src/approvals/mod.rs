//! What waits for a decision in one organization: put up by runs, taken down by them, listed for
//! those who may decide, and announced outside. And how its runs have ended, for those who operate.
//!
//! Named by the organization, or by a person who acts in none. The run itself stays the judge: it
//! says who may see and decide it, and this list is how they find it. A message about a run may come
//! late, twice or in another order; a decision that was taken is never put up again.

mod ended;
mod key;
mod messages;
mod notice;

use std::rc::Rc;
use std::time::Duration;

use onbehalf_clock::Timestamp;
use onbehalf_sql::{Row, Schema, SqlError};

use crate::approval_mode::ApprovalMode;
use crate::letter::Letter;
use crate::names::{OwnerKey, WorkflowId};
use crate::object::{Object, Turn};
use crate::outbox;
use crate::principal::mode;
use crate::rules::Rules;
use crate::run_id::RunId;

pub use ended::{COUNTED_FOR, CountEnded, EndedCount, NoteEnd};
pub use key::ApprovalsKey;
pub use messages::*;
pub use notice::Notice;

/// How long it is remembered that a run waits no more: no message is under way for so long.
const TAKEN_DOWN_MEMORY: Duration = Duration::from_secs(24 * 3600);
const NAME_OF_NOTICE: &str = "notice:";

/// An organization's list of approvals.
pub struct Approvals {
    /// What the deployment says.
    pub rules: Rc<dyn Rules>,
}

impl Object for Approvals {
    type Message = ApprovalsMessage;
    type Reply = ApprovalsReply;

    const SCHEMA: Schema = &[
        &[
            outbox::TABLE,
            outbox::INDEX,
            "CREATE TABLE waiting (
            position INTEGER PRIMARY KEY AUTOINCREMENT, run_id TEXT NOT NULL UNIQUE,
            number INTEGER NOT NULL, workflow TEXT NOT NULL, owner TEXT NOT NULL,
            mode TEXT NOT NULL, writes INTEGER NOT NULL, since INTEGER NOT NULL,
            expires_at INTEGER)",
            "CREATE INDEX waiting_by_owner ON waiting (owner, position)",
            "CREATE TABLE taken_down (
            run_id TEXT PRIMARY KEY, number INTEGER NOT NULL, at INTEGER NOT NULL)",
            "CREATE INDEX taken_down_by_time ON taken_down (at)",
        ],
        &[ended::TABLE, ended::INDEX],
    ];

    fn receive(
        &self,
        turn: &Turn<'_>,
        message: ApprovalsMessage,
    ) -> Result<ApprovalsReply, SqlError> {
        let rules = self.rules.as_ref();
        Ok(match message {
            ApprovalsMessage::PutUp(plan) => ApprovalsReply::PutUp(put_up(turn, rules, &plan)?),
            ApprovalsMessage::TakeDown(it) => ApprovalsReply::TakeDown(take_down(turn, &it)?),
            ApprovalsMessage::ListApprovals(list_for) => {
                ApprovalsReply::ListApprovals(list(turn, rules, &list_for)?)
            }
            ApprovalsMessage::NoteEnd(end) => ApprovalsReply::NoteEnd(ended::note(turn, &end)?),
            ApprovalsMessage::CountEnded(asked) => {
                ApprovalsReply::CountEnded(ended::count(turn, asked)?)
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

fn put_up(turn: &Turn<'_>, rules: &dyn Rules, plan: &PutUp) -> Result<(), SqlError> {
    let known = turn.sql.query(
        "SELECT number FROM waiting WHERE run_id = ?1 AND number >= ?2
         UNION ALL SELECT number FROM taken_down WHERE run_id = ?1 AND number >= ?2",
        &[plan.run_id.as_str().into(), plan.number.into()],
    )?;
    if !known.is_empty() {
        return Ok(());
    }
    turn.sql.run(
        "INSERT OR REPLACE INTO waiting
            (run_id, number, workflow, owner, mode, writes, since, expires_at)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        &[
            plan.run_id.as_str().into(),
            plan.number.into(),
            plan.workflow.as_str().into(),
            plan.owner.as_str().into(),
            plan.mode.name().into(),
            plan.writes.into(),
            plan.since.into(),
            plan.expires_at.into(),
        ],
    )?;
    if !rules.announces_approvals() {
        return Ok(());
    }
    let waiting = turn.sql.query("SELECT COUNT(*) FROM waiting", &[])?;
    let waiting = waiting.first().map_or(Ok(0), |row| row.count(0))?;
    let notice = Letter::Notice(Box::new(Notice::of(plan, waiting)));
    outbox::put(turn, &name_of_notice(&plan.run_id), &notice)
}

/// Nobody needs to hear of a plan any more that is decided.
fn take_down(turn: &Turn<'_>, it: &TakeDown) -> Result<(), SqlError> {
    let run = it.run_id.as_str();
    let taken = turn.sql.query(
        "DELETE FROM waiting WHERE run_id = ? AND number <= ? RETURNING run_id",
        &[run.into(), it.number.into()],
    )?;
    if !taken.is_empty() {
        outbox::withdraw(turn, &name_of_notice(&it.run_id))?;
    }
    turn.sql.run(
        "INSERT INTO taken_down (run_id, number, at) VALUES (?1, ?2, ?3)
         ON CONFLICT DO UPDATE SET number = MAX(number, ?2), at = ?3",
        &[run.into(), it.number.into(), turn.now.into()],
    )?;
    let forgotten = turn.now.minus(TAKEN_DOWN_MEMORY);
    turn.sql
        .run("DELETE FROM taken_down WHERE at < ?", &[forgotten.into()])
}

fn name_of_notice(run_id: &RunId) -> String {
    format!("{NAME_OF_NOTICE}{run_id}")
}

/// One's own where one may decide it, and those of others where one approves for them.
fn list(
    turn: &Turn<'_>,
    rules: &dyn Rules,
    asked: &ListApprovals,
) -> Result<ApprovalPage, SqlError> {
    let after = asked
        .after
        .map_or(0, |it| i64::try_from(it).unwrap_or(i64::MAX));
    let mut rows = turn.sql.query(
        "SELECT position, run_id, workflow, owner, number, mode, writes, since, expires_at
         FROM waiting WHERE position > ?1 AND ((owner = ?2 AND mode <> ?3) OR (owner <> ?2 AND ?4))
         ORDER BY position LIMIT ?5",
        &[
            after.into(),
            asked.owner.as_str().into(),
            ApprovalMode::FourEyes.name().into(),
            u32::from(asked.approves).into(),
            (i64::from(asked.limit) + 1).into(),
        ],
    )?;
    let limit = usize::try_from(asked.limit).unwrap_or(usize::MAX);
    let more = rows.len() > limit;
    rows.truncate(limit);
    let last = rows.last().filter(|_| more);
    let next = last.map(|row| row.integer(0)).transpose()?;
    let mut approvals = Vec::new();
    for row in &rows {
        let waiting = waiting(row, rules, &asked.owner)?;
        // What is configured since the plan was put up counts too, as it does for the run.
        if !waiting.own || waiting.mode < ApprovalMode::FourEyes {
            approvals.push(waiting);
        }
    }
    Ok(ApprovalPage {
        approvals,
        next: next.and_then(|position| u64::try_from(position).ok()),
        late: outbox::late(turn)?,
    })
}

fn waiting(row: &Row, rules: &dyn Rules, asker: &OwnerKey) -> Result<WaitingApproval, SqlError> {
    let workflow = WorkflowId::new(row.text(2)?);
    let owner = OwnerKey::new(row.text(3)?);
    Ok(WaitingApproval {
        run_id: RunId::stored(row.text(1)?),
        own: owner == *asker,
        owner,
        number: row.count(4)?,
        mode: mode(row, 5)?.max(rules.demanded(&workflow)),
        workflow,
        writes: row.count(6)?,
        since: row.time(7)?,
        expires_at: row.maybe_time(8)?,
    })
}

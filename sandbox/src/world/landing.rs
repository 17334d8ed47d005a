//! Calls that take effect at another time than they are answered.
//!
//! The answer is what the app would say now, and what it names is kept for the call: whatever else
//! happens until then, the id that was answered is the id of what lands.

use super::catalogue;
use super::execute::{Call, Refused, ask};
use super::faults::{Landing, Rule};
use super::state::World;
use super::tool::{Answer, Params, ToolFailure};

/// A call on its way.
pub(super) struct Pending {
    due_ms: i64,
    tool: String,
    identifier: String,
    connection: Option<String>,
    params: Params,
    run: String,
    promised: Option<String>,
    lag_ms: i64,
}

impl World {
    /// Puts a call off, and answers what it would say now.
    pub(super) fn land_later(
        &mut self,
        call: &Call<'_>,
        fault: &Rule,
        now_ms: i64,
    ) -> Result<Result<Answer, ToolFailure>, Refused> {
        let key = self.company_key_of(call)?;
        let no_account = || Refused::NoAccount(call.tool.to_owned());
        let company = self.companies.get_mut(&key).ok_or_else(no_account)?;
        let promised = company.promise(call.tool, now_ms);
        let mut would_be = company.clone();
        let actor = self.actor(call, promised.clone(), now_ms)?;
        let answer = ask(&mut would_be, call, &actor, 0, &self.manners);
        if let Landing::After(ms) = fault.landing() {
            self.pending.push(Pending {
                due_ms: now_ms + ms,
                tool: call.tool.to_owned(),
                identifier: call.identifier.to_owned(),
                connection: call.connection.map(str::to_owned),
                params: call.params.clone(),
                run: call.run.to_owned(),
                promised,
                lag_ms: fault.search_lag_ms.unwrap_or(0),
            });
            // What is due at one time lands in the order in which it came.
            self.pending.sort_by_key(|it| it.due_ms);
        }
        Ok(answer)
    }

    /// Lets everything land that is due.
    pub fn settle(&mut self, now_ms: i64) {
        let due = self.pending.partition_point(|it| it.due_ms <= now_ms);
        for pending in self.pending.drain(..due).collect::<Vec<_>>() {
            let call = Call {
                tool: &pending.tool,
                identifier: &pending.identifier,
                connection: pending.connection.as_deref(),
                params: &pending.params,
                run: &pending.run,
            };
            let provider = catalogue::connector_of(call.tool).unwrap_or_default();
            let usable = self
                .connection_of(&call, provider)
                .and_then(|connection| self.check_account(&call, &connection, &Rule::default()));
            if usable.is_err() {
                continue;
            }
            // A refusal at this point reaches nobody.
            let _ = self.perform(&call, pending.promised, pending.lag_ms, pending.due_ms);
        }
    }
}

//! What goes on, told in pieces: progress as it happens, the answer last.
//!
//! Owns the pace, and for how long a client is kept waiting. A run tells nobody of its own accord, so
//! it is looked at, as for every other stream.

use std::time::Duration;

use super::Asking;
use super::calls::Going;
use super::entry::Refused;
use super::host::SERVER;
use crate::api::events::{What, public};
use crate::api::watch::Lease;
use crate::offer::rests;
use crate::service::Api;
use onbehalf_clock::Timestamp;
use onbehalf_mcp::{
    CallResult, Code, Outcome, ProgressToken, RequestId, RpcError, answer, event, progress,
};

/// Between two looks.
const PAUSE: Duration = Duration::from_millis(500);
/// How long an answer is put off. Clients give a request up after a minute, and what has not ended
/// by then is named in the answer.
const ANSWER_WITHIN: Duration = Duration::from_secs(50);

/// One such stream.
#[derive(Debug, PartialEq)]
pub struct CallWatch {
    asking: Asking,
    id: RequestId,
    going: Going,
    token: ProgressToken,
    /// The position that was looked at last.
    after: u64,
    told: u64,
    /// Whether it was looked at already.
    looked: bool,
    until: Timestamp,
    over: bool,
    _lease: Lease,
}

impl CallWatch {
    pub(super) fn begin(
        asking: Asking,
        id: RequestId,
        going: Going,
        token: ProgressToken,
        lease: Lease,
        now: Timestamp,
    ) -> Self {
        Self {
            asking,
            id,
            going,
            token,
            after: 0,
            told: 0,
            looked: false,
            until: now.plus(ANSWER_WITHIN),
            over: false,
            _lease: lease,
        }
    }
}

impl Api {
    /// The next piece; `None` when the answer was the last.
    pub(crate) async fn next_of_call(&self, watch: &mut CallWatch) -> Option<String> {
        if watch.over {
            return None;
        }
        if watch.looked {
            self.clock.sleep(PAUSE).await;
        }
        watch.looked = true;
        let late = self.clock.now() >= watch.until;
        let Going { asker, run_id, .. } = &watch.going;
        let found = self.backend.run_events(asker, run_id, watch.after).await;
        let entries = found.ok().flatten().unwrap_or_default();
        let mut piece = String::new();
        for entry in &entries {
            watch.after = entry.seq;
            if let Some(words) = public(entry).and_then(|it| in_words(&it.what)) {
                watch.told += 1;
                piece.push_str(&event(&progress(&watch.token, watch.told, &words)));
            }
        }
        // Only what was just written down can be an end, unless it is time for an answer.
        let looks = late || !entries.is_empty();
        if let Some(outcome) = match looks {
            true => self.end_by_now(watch, late).await,
            false => None,
        } {
            watch.over = true;
            let outcome = outcome.or_else(in_protocol);
            let told = answer(&watch.id, watch.asking.version, &SERVER, outcome);
            piece.push_str(&event(&told));
        }
        if piece.is_empty() {
            // A comment, so that a connection that broke is noticed.
            piece.push_str(": waiting\n\n");
        }
        Some(piece)
    }

    /// The answer, if it is time for one.
    async fn end_by_now(&self, watch: &CallWatch, late: bool) -> Option<Result<Outcome, Refused>> {
        let Going {
            asker,
            run_id,
            known,
            ..
        } = &watch.going;
        let run = self.backend.run(asker, run_id).await.ok().flatten();
        match run {
            Some(run) if late || rests(&run, *known) => {
                Some(self.come_of(&watch.asking, &watch.going, &run))
            }
            Some(_) => None,
            None if late => {
                let words =
                    format!("It goes on. get_run with runId {run_id} says what came of it.");
                Some(Ok(CallResult::failed(words).outcome()))
            }
            None => None,
        }
    }
}

/// A stream has begun, so that everything is told by the protocol.
fn in_protocol(refused: Refused) -> Result<Outcome, RpcError> {
    match refused {
        Refused::Rpc(error) => Err(error),
        Refused::Http(problem) => Err(RpcError::new(Code::Internal, problem.detail())),
    }
}

/// What happened, in words; nothing for what is nobody's business but the run's.
fn in_words(what: &What) -> Option<String> {
    Some(match what {
        What::StepStarted { step, attempt: 1 } => format!("{step} has begun"),
        What::StepStarted { step, attempt } => format!("{step} is tried again ({attempt})"),
        What::StepCompleted { step } => format!("{step} is done"),
        What::WriteBegun { item, .. } => format!("writing {item}"),
        What::WriteSettled { item, .. } => format!("{item} is settled"),
        What::Suspended { step, .. } => format!("{step} waits"),
        What::Resumed { .. } => "it goes on".to_owned(),
        What::Started { .. }
        | What::StepFailed { .. }
        | What::WriteReleased { .. }
        | What::WriteSought { .. }
        | What::ConnectionMade { .. }
        | What::CancelRequested
        | What::Completed
        | What::Failing { .. }
        | What::Failed { .. }
        | What::Cancelled => return None,
    })
}

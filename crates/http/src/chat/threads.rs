//! Threads: saying something, watching what comes of it, reading, deleting.
//!
//! A thread of somebody else and one that never was are answered alike: they are one.

use std::time::Duration;

use serde_json::{Value, json};

use super::chunk::Teller;
use super::incoming::{Asked, SendMessage};
use super::message::{Author, ThreadResponse, UiMessage};
use super::telling::{PROTOCOL_HEADER, PROTOCOL_VERSION, Position, Telling};
use crate::api::runs::{EVENT_STREAM, begun, not_accepted, run_not_found, too_many_streams};
use crate::api::watch::{Lease, RunWatch};
use crate::named::NamedThread;
use crate::pieces::Watch;
use crate::service::{Answer, Api, Handled};
use crate::sign_in::Caller;
use crate::wire::json_body;
use crate::wire::message::{ApiRequest, ApiResponse};
use crate::wire::problem::{Problem, ProblemType};
use onbehalf_acting::OnMissingConnector;
use onbehalf_acting::agent::Piece;
use onbehalf_engine::{Entry, Record};
use onbehalf_runs::thread::{MAX_TURNS, MessageId, Said, Say, ThreadOf, TurnView, Which};
use onbehalf_runs::{
    Approval, ApprovalMode, Asker, CommandOutcome, Overlap, OwnerKey, ResumeRequest, RunId,
    RunReason, StartRun, WorkflowId,
};

/// How often a turn's run is looked for that has just been told to begin: for a second and a half in all, …
const LOOKS: u32 = 7;
/// … and how long until the second look. Each pause is twice the one before: most runs have begun by the
/// second look, and the others take as long as an object does that has to wake.
const LOOK_PAUSE: Duration = Duration::from_millis(25);
/// How long a client waits before it sends a message again whose turn has not begun.
const AGAIN_SECONDS: u64 = 2;
/// Turns of a thread that are read from their runs, which have not said yet what they came to: each is a
/// message to another object.
const LIVE_TURNS: usize = 5;
/// Pages of a run's journal that are read at once. A turn that has as many as allowed of everything has
/// some two thousand entries.
const PAGES: usize = 10;

impl Api {
    /// Takes a message, and tells what comes of it.
    pub(crate) async fn send_message(
        &self,
        caller: Caller,
        thread: NamedThread<'_>,
        request: &ApiRequest,
    ) -> Result<Answer, Problem> {
        let sent: SendMessage = json_body::required(request)?;
        let asked = sent.asked()?;
        let owner = caller.owner.clone();
        // Before anything is begun: what nobody could watch is not begun by whoever wants to watch it.
        let lease = self.streams.lease(&owner, self.clock.now());
        let lease = lease.ok_or_else(too_many_streams)?;
        let begun = match asked {
            Asked::Turn {
                message,
                text,
                approval,
                on_missing_connector,
            } => {
                let ask = (approval, on_missing_connector);
                self.begin_turn(caller, &thread, message, text, ask).await
            }
            Asked::Decide { run_id, approval } => {
                self.decide_in(&owner, &thread, run_id, approval).await
            }
        };
        let (run_id, seen) = begun?;
        self.tell_turn(&owner, &thread, run_id, seen, lease).await
    }

    /// Begins the turn of a message, or finds the one it has begun.
    async fn begin_turn(
        &self,
        caller: Caller,
        thread: &NamedThread<'_>,
        message: MessageId,
        text: String,
        (approval, on_missing_connector): (ApprovalMode, Option<OnMissingConnector>),
    ) -> Result<(RunId, Option<Position>), Problem> {
        let mut input = json!({ "message": text, "approval": approval });
        if let Some(on_missing_connector) = on_missing_connector {
            input["onMissingConnector"] = json!(on_missing_connector);
        }
        let input = thread.agent.check_input(&input.to_string());
        let input = input.map_err(|error| json_body::does_not_fit(&error))?;
        let of = thread.of(&caller.owner);
        let start = StartRun {
            owner: caller.owner,
            context: caller.context,
            workflow: of.agent.clone(),
            input,
            idempotency_key: None,
            overlap: Overlap::Allow,
            repeats: None,
        };
        let say = Say {
            message,
            text,
            thread: of.thread.clone(),
            start: Box::new(start),
        };
        let number = match self.backend.say(&of, say).await? {
            Said::Taken {
                run_id: Some(run_id),
                ..
            } => return Ok((run_id, None)),
            Said::Taken { number, .. } => number,
            Said::OtherText => {
                let detail = "Another message was sent to this thread under this id; use a new id.";
                return Err(Problem::new(ProblemType::MessageIdReused, detail));
            }
            Said::Full => {
                let detail = format!("A thread has at most {MAX_TURNS} turns; begin another.");
                return Err(Problem::new(ProblemType::ThreadFull, detail));
            }
            Said::Deleted => {
                let detail = "This thread was deleted; begin one under another name.";
                return Err(Problem::new(ProblemType::ThreadDeleted, detail));
            }
        };
        for look in 0..LOOKS {
            if look > 0 {
                self.clock.sleep(LOOK_PAUSE * (1 << (look - 1))).await;
            }
            let turn = self.backend.turn(&of, Which::Number(number)).await?;
            let turn = turn.ok_or_else(thread_not_found)?;
            if let Some(run_id) = turn.run_id {
                return Ok((run_id, None));
            }
            if let Some(refused) = turn.refused {
                let run_id = begun(refused)?.run_id;
                return Ok((run_id, None));
            }
        }
        let detail = "The message is kept, and its turn will begin; send it again to watch it.";
        Err(Problem::new(ProblemType::Unavailable, detail).retry_after(AGAIN_SECONDS))
    }

    /// Hands a person's decisions to the run of a turn, and says from where on it is told.
    async fn decide_in(
        &self,
        owner: &OwnerKey,
        thread: &NamedThread<'_>,
        run_id: RunId,
        approval: Approval,
    ) -> Result<(RunId, Option<Position>), Problem> {
        let which = Which::Run(run_id.clone());
        let turn = self.backend.turn(&thread.of(owner), which).await?;
        turn.ok_or_else(thread_not_found)?;
        let asker = own(owner);
        let entries = self.entries(&asker, &run_id).await?;
        let asked = entries
            .iter()
            .rposition(|it| asks_under(it, &approval.hash));
        let asked = asked.ok_or_else(|| {
            let detail = "The turn asks nothing that these are answers to.";
            Problem::new(ProblemType::WrongPayload, detail)
        })?;
        let mut later = entries.iter().skip(asked);
        let position = later.next().map(|it| Position::behind(it.seq));
        // Sent again by a client that has lost the answer: what was decided stands.
        if later.any(|it| matches!(it.record, Record::Resumed { .. })) {
            return Ok((run_id, position));
        }
        let resume = ResumeRequest {
            number: None,
            approval: Some(approval),
            connected: None,
        };
        match self.backend.resume_run(&asker, &run_id, resume).await? {
            CommandOutcome::Accepted | CommandOutcome::AlreadyResumed { .. } => {}
            refused => return Err(not_accepted(refused)),
        }
        Ok((run_id, position))
    }

    /// A stream of a turn from a position on.
    async fn tell_turn(
        &self,
        owner: &OwnerKey,
        thread: &NamedThread<'_>,
        run_id: RunId,
        seen: Option<Position>,
        lease: Lease,
    ) -> Result<Answer, Problem> {
        let asker = own(owner);
        let after = seen.map_or(0, Position::look_behind);
        let entries = self.backend.run_events(&asker, &run_id, after).await?;
        let entries = entries.ok_or_else(run_not_found)?;
        let telling = Telling::begin(self.teller(thread.agent.id(), run_id.clone()), seen);
        let mut watch = RunWatch::begin(asker, run_id, after, lease).telling(telling);
        let body = watch.saw(&entries).into_bytes();
        Ok(Answer {
            response: stream_head(body),
            watch: Some(Watch::Run(Box::new(watch))),
        })
    }

    /// The turn under way, from its beginning or from the position that the client has seen.
    pub(crate) async fn stream_thread(
        &self,
        caller: &Caller,
        thread: NamedThread<'_>,
        request: &ApiRequest,
    ) -> Result<Answer, Problem> {
        let seen = request.header("last-event-id").and_then(Position::parse);
        let which = match &seen {
            Some((run_id, _)) => Which::Run(run_id.clone()),
            None => Which::Latest,
        };
        let turn = self.backend.turn(&thread.of(&caller.owner), which).await?;
        let run_id = turn
            .filter(|turn| seen.is_some() || !turn.over)
            .and_then(|turn| turn.run_id);
        let Some(run_id) = run_id else {
            // As the protocol has it: nothing is under way, of a thread that there is or is not.
            return Ok(ApiResponse::empty(204).into());
        };
        if request.method == "HEAD" {
            return Ok(stream_head(Vec::new()).into());
        }
        let owner = &caller.owner;
        let lease = self.streams.lease(owner, self.clock.now());
        let lease = lease.ok_or_else(too_many_streams)?;
        let seen = seen.map(|(_, position)| position);
        self.tell_turn(owner, &thread, run_id, seen, lease).await
    }

    pub(crate) async fn get_thread(&self, caller: &Caller, thread: NamedThread<'_>) -> Handled {
        let of = thread.of(&caller.owner);
        let turns = self.backend.thread(&of).await?;
        let turns = turns.ok_or_else(thread_not_found)?;
        let unsaid = turns.iter().filter(|it| it.pieces.is_none()).count();
        let mut skipped = unsaid.saturating_sub(LIVE_TURNS);
        let mut messages = Vec::new();
        let mut open = Vec::new();
        for turn in turns {
            messages.push(said_by_person(&turn));
            let Some(run_id) = turn.run_id else { continue };
            if turn.ended.is_none() {
                open.push(run_id.clone());
            }
            let teller = self.teller(thread.agent.id(), run_id.clone());
            let chunks = match kept(turn.pieces) {
                Some(pieces) => {
                    let chunks = pieces.into_iter().flat_map(|it| teller.of_piece(it));
                    chunks.collect()
                }
                None if skipped > 0 => {
                    skipped -= 1;
                    continue;
                }
                // Not kept any more, it has nothing to tell.
                None => match self.entries(&own(&caller.owner), &run_id).await {
                    Ok(entries) => entries.iter().flat_map(|it| teller.of_entry(it)).collect(),
                    Err(problem) if problem.kind() == ProblemType::RunNotFound => continue,
                    Err(problem) => return Err(problem),
                },
            };
            messages.push(UiMessage::told_in(run_id.to_string(), chunks));
        }
        let body = ThreadResponse {
            id: of.thread.as_str().to_owned(),
            agent: of.agent.to_string(),
            messages,
            open,
        };
        Ok(ApiResponse::json(200, &body))
    }

    pub(crate) async fn delete_thread(&self, caller: &Caller, thread: NamedThread<'_>) -> Handled {
        match self
            .backend
            .delete_thread(&thread.of(&caller.owner))
            .await?
        {
            true => Ok(ApiResponse::empty(204)),
            false => Err(thread_not_found()),
        }
    }

    /// All that happened to a run of this caller's so far.
    async fn entries(&self, asker: &Asker, run_id: &RunId) -> Result<Vec<Entry>, Problem> {
        let mut all: Vec<Entry> = Vec::new();
        for _ in 0..PAGES {
            let after = all.last().map_or(0, |entry| entry.seq);
            let page = self.backend.run_events(asker, run_id, after).await?;
            let page = page.ok_or_else(run_not_found)?;
            if page.is_empty() {
                break;
            }
            all.extend(page);
        }
        Ok(all)
    }

    fn teller(&self, agent: &str, run_id: RunId) -> Teller {
        Teller {
            run_id,
            agent: agent.to_owned(),
            home: self.settings.url(""),
        }
    }
}

impl NamedThread<'_> {
    /// The thread of this caller.
    fn of(&self, owner: &OwnerKey) -> ThreadOf {
        ThreadOf {
            owner: owner.clone(),
            agent: WorkflowId::new(self.agent.id()),
            thread: self.id.clone(),
        }
    }
}

/// Threads are their owners' alone, whoever approves for whom.
fn own(owner: &OwnerKey) -> Asker {
    Asker {
        owner: owner.clone(),
        approves: None,
    }
}

fn kept(pieces: Option<Value>) -> Option<Vec<Piece>> {
    serde_json::from_value(pieces?).ok()
}

fn asks_under(entry: &Entry, hash: &str) -> bool {
    let Record::Suspended { reason, .. } = &entry.record else {
        return false;
    };
    matches!(reason.product::<RunReason>(),
        Some(RunReason::ApprovalRequired { hash: asked, .. }) if asked == hash)
}

fn said_by_person(turn: &TurnView) -> UiMessage {
    UiMessage {
        id: turn.message.as_str().to_owned(),
        role: Author::User,
        metadata: Some(json!({ "at": turn.at })),
        parts: vec![json!({ "type": "text", "text": turn.text })],
    }
}

fn stream_head(body: Vec<u8>) -> ApiResponse {
    ApiResponse::new(200, EVENT_STREAM, body).with(PROTOCOL_HEADER, PROTOCOL_VERSION)
}

/// The one answer for every thread that a caller does not have; it repeats nothing of the request.
pub(crate) fn thread_not_found() -> Problem {
    Problem::new(
        ProblemType::ThreadNotFound,
        "You have no thread of this name.",
    )
}

//! The chunks of a stream, by the AI SDK's UI message stream protocol, version 1
//! (`vercel/ai`, `packages/ai/src/ui-message-stream/ui-message-chunks.ts`).
//!
//! Owns which chunks a piece of a turn is told in.

use onbehalf_acting::agent::{CallAt, CameTo, Ending, Piece, TurnEnd};
use onbehalf_clock::Timestamp;
use onbehalf_engine::{Entry, Record};
use onbehalf_runs::{ApprovalMode, RunId};
use serde::Serialize;
use serde_json::Value;

/// Names the one part that says what a turn waits for.
const WAITING: &str = "waiting";

/// One chunk.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(
    tag = "type",
    rename_all = "kebab-case",
    rename_all_fields = "camelCase"
)]
pub(super) enum Chunk {
    /// A message begins.
    Start { message_id: RunId },
    /// An answer of the model begins …
    StartStep,
    /// … and is over, with all that was done for it.
    FinishStep,
    /// A text begins.
    TextStart { id: String },
    /// More of it.
    TextDelta { id: String, delta: String },
    /// It is complete.
    TextEnd { id: String },
    /// A call is asked for. `dynamic`: the client has no types of its own for these tools.
    ToolInputAvailable {
        tool_call_id: String,
        tool_name: String,
        input: Value,
        dynamic: bool,
    },
    /// A person is asked about it.
    ToolApprovalRequest {
        approval_id: String,
        tool_call_id: String,
    },
    /// A person has decided about it.
    ToolApprovalResponse { approval_id: String, approved: bool },
    /// It came to this.
    ToolOutputAvailable {
        tool_call_id: String,
        output: Value,
        dynamic: bool,
    },
    /// It came to nothing.
    ToolOutputError {
        tool_call_id: String,
        error_text: String,
        dynamic: bool,
    },
    /// It was not made.
    ToolOutputDenied { tool_call_id: String },
    /// What the turn waits for, or that it waits no more. Not a part of the message: it says how things
    /// stand, and the next message is told anew.
    #[serde(rename = "data-waiting")]
    Waiting {
        id: &'static str,
        data: Waiting,
        transient: bool,
    },
    /// There is no answer.
    Error { error_text: String },
    /// The turn was cancelled.
    Abort { reason: &'static str },
    /// The message is complete, or goes on once a person has done something.
    Finish {
        finish_reason: FinishReason,
        #[serde(skip_serializing_if = "Option::is_none")]
        message_metadata: Option<Value>,
    },
}

/// What a turn waits for.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Waiting {
    run_id: RunId,
    #[serde(flatten)]
    what: WaitsFor,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(
    tag = "reason",
    rename_all = "snake_case",
    rename_all_fields = "camelCase"
)]
enum WaitsFor {
    /// A decision about writes.
    ApprovalRequired {
        hash: String,
        mode: ApprovalMode,
        /// Where it is answered by a program …
        answer: String,
        /// … and by a person.
        page: String,
        #[serde(skip_serializing_if = "Option::is_none")]
        until: Option<Timestamp>,
    },
    /// Connections.
    ConnectionRequired {
        missing: Vec<Missing>,
        answer: String,
    },
    /// Nothing any more.
    Nothing,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
struct Missing {
    connector: String,
    why: String,
    /// Where a person makes it.
    page: String,
}

/// Why a message ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum FinishReason {
    Stop,
    Length,
    ContentFilter,
    /// It goes on once somebody has answered.
    ToolCalls,
    Error,
    Other,
}

/// Whose pieces are told, and where what they wait for is answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Teller {
    pub run_id: RunId,
    pub agent: String,
    /// The address of this service, without a slash at its end. Links in texts lead there alone.
    pub home: String,
}

impl Teller {
    /// The chunks that an entry is told in.
    pub fn of_entry(&self, entry: &Entry) -> Vec<Chunk> {
        if matches!(entry.record, Record::Started(_)) {
            return vec![self.start()];
        }
        let piece = Piece::of(entry, &self.home);
        piece.map_or_else(Vec::new, |piece| self.of_piece(piece))
    }

    fn start(&self) -> Chunk {
        let message_id = self.run_id.clone();
        Chunk::Start { message_id }
    }

    /// The name of a call: models name theirs for one answer alone.
    fn call(&self, at: CallAt) -> String {
        format!("{}.{at}", self.run_id)
    }

    /// The chunks that a piece is told in.
    pub fn of_piece(&self, piece: Piece) -> Vec<Chunk> {
        match piece {
            Piece::Answer { step, text, calls } => {
                let mut chunks = Vec::new();
                if step > 0 {
                    chunks.push(Chunk::FinishStep);
                }
                chunks.push(Chunk::StartStep);
                if !text.is_empty() {
                    let id = format!("text-{step}");
                    chunks.push(Chunk::TextStart { id: id.clone() });
                    chunks.push(Chunk::TextDelta {
                        id: id.clone(),
                        delta: text,
                    });
                    chunks.push(Chunk::TextEnd { id });
                }
                for (index, wanted) in calls.into_iter().enumerate() {
                    chunks.push(Chunk::ToolInputAvailable {
                        tool_call_id: self.call(CallAt { step, index }),
                        tool_name: wanted.tool,
                        input: wanted.input,
                        dynamic: true,
                    });
                }
                chunks
            }
            Piece::AsksPerson {
                hash,
                calls,
                mode,
                until,
            } => {
                let asked = calls.into_iter().map(|at| Chunk::ToolApprovalRequest {
                    approval_id: approval_id(&hash, at),
                    tool_call_id: self.call(at),
                });
                let mut chunks: Vec<_> = asked.collect();
                chunks.push(self.waiting(WaitsFor::ApprovalRequired {
                    hash,
                    mode,
                    answer: self.answer(),
                    page: format!("{}/approvals/{}", self.home, self.run_id),
                    until,
                }));
                chunks
            }
            Piece::AsksConnections { missing } => {
                let missing = missing.into_iter().map(|it| Missing {
                    page: format!("{}/connect/{}", self.home, it.connector),
                    connector: it.connector,
                    why: it.reason,
                });
                vec![self.waiting(WaitsFor::ConnectionRequired {
                    missing: missing.collect(),
                    answer: self.answer(),
                })]
            }
            Piece::GoesOn => vec![self.waiting(WaitsFor::Nothing)],
            Piece::Decided { hash, calls } => {
                let mut chunks = Vec::new();
                for verdict in calls {
                    // The question again: who reads what is kept has not heard it.
                    chunks.push(Chunk::ToolApprovalRequest {
                        approval_id: approval_id(&hash, verdict.at),
                        tool_call_id: self.call(verdict.at),
                    });
                    chunks.push(Chunk::ToolApprovalResponse {
                        approval_id: approval_id(&hash, verdict.at),
                        approved: verdict.approved,
                    });
                }
                chunks
            }
            Piece::Result { at, came } => {
                let tool_call_id = self.call(at);
                let dynamic = true;
                vec![match came {
                    CameTo::Output(output) => Chunk::ToolOutputAvailable {
                        tool_call_id,
                        output,
                        dynamic,
                    },
                    CameTo::Failure(error_text) => Chunk::ToolOutputError {
                        tool_call_id,
                        error_text,
                        dynamic,
                    },
                    CameTo::Denied => Chunk::ToolOutputDenied { tool_call_id },
                }]
            }
            Piece::Ended(ending) => ended(&ending),
        }
    }

    fn answer(&self) -> String {
        let (home, agent, run_id) = (&self.home, &self.agent, &self.run_id);
        format!("{home}/api/workflows/{agent}/runs/{run_id}/resume")
    }

    fn waiting(&self, what: WaitsFor) -> Chunk {
        Chunk::Waiting {
            id: WAITING,
            data: Waiting {
                run_id: self.run_id.clone(),
                what,
            },
            transient: true,
        }
    }
}

/// Names a question about one write: the plan's hash, which the answer is held to, and the write.
fn approval_id(hash: &str, at: CallAt) -> String {
    format!("{hash}.{at}")
}

/// The plan and the write of a question.
pub(super) fn asked_under(approval_id: &str) -> Option<(&str, &str)> {
    approval_id.split_once('.')
}

fn ended(ending: &Ending) -> Vec<Chunk> {
    let finish = |finish_reason| Chunk::Finish {
        finish_reason,
        message_metadata: serde_json::to_value(ending).ok(),
    };
    let mut chunks = vec![Chunk::FinishStep];
    match ending {
        Ending::Result { end, .. } => {
            if let Some(error_text) = without_answer(*end) {
                let error_text = error_text.to_owned();
                chunks.push(Chunk::Error { error_text });
            }
            chunks.push(finish(match end {
                TurnEnd::Answered => FinishReason::Stop,
                TurnEnd::TooManySteps
                | TurnEnd::TooManyTokens
                | TurnEnd::OutOfTime
                | TurnEnd::OutOfMoney
                | TurnEnd::CutOff => FinishReason::Length,
                TurnEnd::Withheld => FinishReason::ContentFilter,
                TurnEnd::ModelFailed | TurnEnd::NoModel => FinishReason::Error,
            }));
        }
        Ending::Failed => {
            let error_text = "The turn failed.".to_owned();
            chunks.push(Chunk::Error { error_text });
            chunks.push(finish(FinishReason::Error));
        }
        Ending::Cancelled => {
            let reason = "The turn was cancelled.";
            chunks.push(Chunk::Abort { reason });
            chunks.push(finish(FinishReason::Other));
        }
    }
    chunks
}

/// What is said where the model has not answered at all.
const fn without_answer(end: TurnEnd) -> Option<&'static str> {
    match end {
        TurnEnd::ModelFailed => Some("The model could not be asked."),
        TurnEnd::NoModel => Some("This service has no model configured."),
        _ => None,
    }
}

//! What a turn has come to, piece by piece, for whoever looks on.
//!
//! Owns how a turn's journal is read: under which names its pieces are kept there, and what of each may
//! be shown. A piece is read from one entry and from nothing else, so that whoever looks later, or from
//! the middle on, sees the same.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::input::{TurnEnd, TurnResult};
use super::kept::{KeptAnswer, KeptCall};
use super::seen;
use super::shown::shown;
use onbehalf_clock::Timestamp;
use onbehalf_engine::{Entry, Record, ResumePayload};
use onbehalf_models::Answer;
use onbehalf_runs::{ApprovalMode, Decided, Decision, MissingConnection, RunReason};

/// The step in which a turn takes place.
pub(super) const STEP: &str = "turn";
const ANSWER: &str = "answer-";
const DECISION: &str = "decision-";
const RESULT: &str = "result-";
/// How much of what a tool gave is shown, in characters: what a person reads at a glance. All of it is
/// for the model.
const SHOWN_CHARS: usize = 2_000;

/// Which call of a turn is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct CallAt {
    /// The answer that asks for it, counted from 0.
    pub step: u32,
    /// Its place among that answer's calls, counted from 0.
    pub index: usize,
}

impl fmt::Display for CallAt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.step, self.index)
    }
}

impl CallAt {
    fn parse(text: &str) -> Option<Self> {
        let (step, index) = text.split_once('-')?;
        Some(Self {
            step: step.parse().ok()?,
            index: index.parse().ok()?,
        })
    }
}

/// The names under which pieces are kept.
pub(super) fn answer_name(step: u32) -> String {
    format!("{ANSWER}{step}")
}

pub(super) fn decision_name(step: u32) -> String {
    format!("{DECISION}{step}")
}

pub(super) fn result_name(at: CallAt) -> String {
    format!("{RESULT}{at}")
}

/// One piece of a turn.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(
    tag = "piece",
    rename_all = "snake_case",
    rename_all_fields = "camelCase"
)]
pub enum Piece {
    /// The model has answered.
    Answer {
        /// Counted from 0.
        step: u32,
        /// What it said, without links that lead elsewhere.
        text: String,
        /// What it asks for, in order.
        calls: Vec<Wanted>,
    },
    /// A person is asked about writes.
    AsksPerson {
        /// The plan's hash, which a decision names.
        hash: String,
        /// Which writes; decided about under their names.
        calls: Vec<CallAt>,
        /// Who has to decide.
        mode: ApprovalMode,
        /// Until when the question stands.
        #[serde(skip_serializing_if = "Option::is_none")]
        until: Option<Timestamp>,
    },
    /// Connections are waited for.
    AsksConnections {
        /// Which.
        missing: Vec<MissingConnection>,
    },
    /// What was waited for is there.
    GoesOn,
    /// A person has decided about writes.
    Decided {
        /// The hash of the plan.
        hash: String,
        /// About each.
        calls: Vec<Verdict>,
    },
    /// A call came to something.
    Result {
        /// Which call.
        at: CallAt,
        /// To what.
        came: CameTo,
    },
    /// The turn has ended.
    Ended(Ending),
}

/// A call that the model asks for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Wanted {
    /// The tool, which may not exist.
    pub tool: String,
    /// Its arguments; as they were written, where they are no JSON.
    pub input: Value,
}

/// A decision about a write.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verdict {
    /// The write.
    pub at: CallAt,
    /// Whether it may be made.
    pub approved: bool,
}

/// What a call came to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "as", content = "what", rename_all = "snake_case")]
pub enum CameTo {
    /// What the tool gave.
    Output(Value),
    /// Nothing, and why.
    Failure(String),
    /// Nothing: a person has said no.
    Denied,
}

/// How a turn has ended.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "how", rename_all = "snake_case")]
pub enum Ending {
    /// With a result.
    Result {
        /// Which.
        end: TurnEnd,
        /// Answers of the model.
        steps: u32,
        /// Tokens of all of them.
        tokens: u64,
        /// Why there is no answer, where the model failed.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        failure: Option<String>,
    },
    /// Its run failed.
    Failed,
    /// Its run was cancelled.
    Cancelled,
}

impl Ending {
    pub(super) fn of(result: &TurnResult) -> Self {
        Self::Result {
            end: result.end,
            steps: result.steps,
            tokens: result.tokens,
            failure: result.failure.clone(),
        }
    }
}

impl Piece {
    /// What an entry of a turn's journal shows; `None` for what is nobody's business but the run's.
    /// `home` is where links may lead.
    pub fn of(entry: &Entry, home: &str) -> Option<Self> {
        match &entry.record {
            Record::Memo { key, value } => Self::of_memo(key, value, home),
            Record::Suspended { reason, until, .. } => {
                Self::of_reason(reason.product::<RunReason>()?, *until)
            }
            Record::Resumed {
                payload: ResumePayload::Answer(_),
                ..
            } => Some(Self::GoesOn),
            Record::Completed { result, .. } => {
                let result = TurnResult::deserialize(result).ok()?;
                Some(Self::Ended(Ending::of(&result)))
            }
            Record::Failed { .. } => Some(Self::Ended(Ending::Failed)),
            Record::Cancelled => Some(Self::Ended(Ending::Cancelled)),
            _ => None,
        }
    }

    fn of_memo(key: &str, value: &Value, home: &str) -> Option<Self> {
        let name = key.strip_prefix(STEP)?.strip_prefix('/')?;
        if let Some(step) = name.strip_prefix(ANSWER) {
            let kept = KeptAnswer::deserialize(value).ok()?;
            return Some(Self::answer(step.parse().ok()?, &kept.answer, home));
        }
        if name.starts_with(DECISION) {
            return Some(Self::decided(&Decided::deserialize(value).ok()?));
        }
        let at = CallAt::parse(name.strip_prefix(RESULT)?)?;
        Some(Self::result(at, &KeptCall::deserialize(value).ok()?))
    }

    fn of_reason(reason: RunReason, until: Option<Timestamp>) -> Option<Self> {
        Some(match reason {
            RunReason::ApprovalRequired {
                hash, items, mode, ..
            } => {
                let items = items?;
                let calls = items.iter().filter_map(|it| CallAt::parse(&it.item));
                Self::AsksPerson {
                    hash,
                    calls: calls.collect(),
                    mode,
                    until,
                }
            }
            RunReason::ConnectionRequired { missing } => Self::AsksConnections { missing },
        })
    }

    pub(super) fn answer(step: u32, answer: &Answer, home: &str) -> Self {
        let calls = answer.calls.iter().map(|call| Wanted {
            tool: call.tool.clone(),
            input: written(&call.arguments),
        });
        Self::Answer {
            step,
            text: shown(&answer.text, home),
            calls: calls.collect(),
        }
    }

    pub(super) fn decided(decided: &Decided) -> Self {
        let covers = decided.covers.iter().flatten();
        let calls = covers.filter_map(|it| {
            Some(Verdict {
                at: CallAt::parse(&it.item)?,
                approved: decided.for_item(&it.item) == Decision::Approve,
            })
        });
        Self::Decided {
            hash: decided.hash.clone(),
            calls: calls.collect(),
        }
    }

    pub(super) fn result(at: CallAt, kept: &KeptCall) -> Self {
        let came = if kept.rejected {
            CameTo::Denied
        } else if kept.made.done {
            CameTo::Output(glanced(seen::outcome_in(&kept.content)))
        } else {
            CameTo::Failure(match glanced(seen::outcome_in(&kept.content)) {
                Value::String(text) => text,
                other => other.to_string(),
            })
        };
        Self::Result { at, came }
    }
}

/// Arguments as JSON; as a text where they are none. Nothing at all stands for an object without members.
fn written(arguments: &str) -> Value {
    let text = arguments.trim();
    if text.is_empty() {
        return Value::Object(serde_json::Map::new());
    }
    serde_json::from_str(text).unwrap_or_else(|_| text.into())
}

/// As much as is shown.
fn glanced(value: Value) -> Value {
    let text = match &value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    match text.char_indices().nth(SHOWN_CHARS) {
        Some((at, _)) => format!("{}…", &text[..at]).into(),
        None => value,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const HOME: &str = "https://agent.test/";

    fn memo(name: &str, value: Value) -> Entry {
        entry(Record::Memo {
            key: name.into(),
            value,
        })
    }

    fn entry(record: Record) -> Entry {
        Entry {
            seq: 1,
            at: Timestamp::from_millis(0),
            record,
        }
    }

    #[test]
    fn an_answer_is_shown_without_foreign_links_and_with_its_calls_as_they_were_written() {
        let kept = json!({ "millis": 1, "answer": {
            "text": "See https://evil.example/x", "end": "calls",
            "usage": { "inputTokens": 1, "outputTokens": 1 },
            "calls": [{ "id": "a", "tool": "t", "arguments": "{\"x\": 1}" },
                { "id": "b", "tool": "u", "arguments": "{\"x" },
                { "id": "c", "tool": "v", "arguments": " " }] } });
        let Some(Piece::Answer { step, text, calls }) =
            Piece::of(&memo("turn/answer-3", kept), HOME)
        else {
            panic!("an answer")
        };
        assert_eq!((step, text.as_str()), (3, "See [link removed]"));
        let inputs: Vec<_> = calls.into_iter().map(|it| it.input).collect();
        assert_eq!(inputs, [json!({ "x": 1 }), json!("{\"x"), json!({})]);
    }

    #[test]
    fn what_came_of_a_call_is_an_output_a_failure_or_a_person_s_no() {
        let made = |done| json!({ "writes": false, "done": done });
        let result = |kept| match Piece::of(&memo("turn/result-2-7", kept), HOME) {
            Some(Piece::Result { at, came }) => {
                assert_eq!((at.step, at.index), (2, 7));
                came
            }
            other => panic!("{other:?}"),
        };
        let given = json!({ "content": "This is what it holds.\n{\"status\":\"success\"}", "made": made(true) });
        assert_eq!(
            result(given),
            CameTo::Output(json!({ "status": "success" }))
        );
        let refused = json!({ "content": "Not done: no such tool.", "made": made(false) });
        let why = CameTo::Failure("Not done: no such tool.".into());
        assert_eq!(result(refused), why);
        let denied = json!({ "content": "Not done.", "made": made(false), "rejected": true });
        assert_eq!(result(denied), CameTo::Denied);
        let long = format!("It holds.\n\"{}\"", "é".repeat(3_000));
        let CameTo::Output(Value::String(cut)) =
            result(json!({ "content": long, "made": made(true) }))
        else {
            panic!("a text")
        };
        assert_eq!(cut.chars().count(), SHOWN_CHARS + 1);
    }

    #[test]
    fn what_is_the_run_s_own_business_is_no_piece() {
        let none = [
            memo("turn/began-0-0", json!(1)),
            memo("turn/history", json!([])),
            memo("other/answer-0", json!({})),
            entry(Record::Suspended {
                step: "turn".into(),
                number: 1,
                reason: onbehalf_engine::SuspendReason::Yielded,
                until: None,
                state: json!({}),
            }),
            entry(Record::Intent {
                key: "run_1/turn/0-0".into(),
                kind: "agent-call".into(),
                request: json!("SECRET"),
            }),
        ];
        for entry in none {
            assert_eq!(Piece::of(&entry, HOME), None);
        }
    }
}

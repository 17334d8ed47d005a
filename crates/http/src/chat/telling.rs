//! A turn told as server-sent events: each chunk under its position.
//!
//! Owns positions. One names the run, the entry of its journal, and the chunk of that entry; a client
//! that hands it back (`Last-Event-ID`) is told what follows, and the same however often it asks.

use super::chunk::{Chunk, FinishReason, Teller};
use onbehalf_engine::{Entry, Record};
use onbehalf_runs::{RunId, RunReason};

/// Names the protocol of a stream …
pub const PROTOCOL_HEADER: &str = "x-vercel-ai-ui-message-stream";
/// … and its version.
pub const PROTOCOL_VERSION: &str = "v1";
/// What a stream ends with.
const DONE: &str = "data: [DONE]\n\n";

/// What a client has seen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Position {
    /// The entry, …
    seq: u64,
    /// … and its chunk, counted from 0.
    chunk: usize,
}

impl Position {
    /// Behind all chunks of this entry.
    pub fn behind(seq: u64) -> Self {
        let chunk = usize::MAX;
        Self { seq, chunk }
    }

    /// Behind which entry to look: there may be more to tell of the one that was seen last.
    pub fn look_behind(self) -> u64 {
        self.seq.saturating_sub(1)
    }

    /// Reads an event's id; `None` for one that is none of ours.
    pub fn parse(id: &str) -> Option<(RunId, Self)> {
        let mut parts = id.split(':');
        let run_id = RunId::parse(parts.next()?)?;
        let seq = parts.next()?.parse().ok()?;
        let chunk = parts.next()?.parse().ok()?;
        parts
            .next()
            .is_none()
            .then_some((run_id, Self { seq, chunk }))
    }
}

/// A turn that is being told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Telling {
    teller: Teller,
    seen: Option<Position>,
    /// Whether what was told last is a question to a person. A connection is waited for in the stream:
    /// nobody answers it there, and it goes on by itself once that is made.
    asks: bool,
}

impl Telling {
    pub(super) fn begin(teller: Teller, seen: Option<Position>) -> Self {
        Self {
            teller,
            seen,
            asks: false,
        }
    }

    /// One of a turn that nobody asked for.
    #[cfg(test)]
    pub(crate) fn example() -> Self {
        let teller = Teller {
            run_id: RunId::stored("run_1"),
            agent: "a".into(),
            home: "https://onbehalf.example".into(),
        };
        Self::begin(teller, None)
    }

    /// What these entries are told in; empty where nothing of them is anybody's business.
    pub fn tell(&mut self, entries: &[Entry]) -> String {
        let mut told = String::new();
        for entry in entries {
            let chunks = self.teller.of_entry(entry);
            for (chunk, told_as) in chunks.iter().enumerate() {
                let position = Position {
                    seq: entry.seq,
                    chunk,
                };
                if self.seen.is_none_or(|seen| position > seen) {
                    let (run_id, seq) = (&self.teller.run_id, entry.seq);
                    let data = written(told_as);
                    told.push_str(&format!("id: {run_id}:{seq}:{chunk}\ndata: {data}\n\n"));
                }
            }
            match &entry.record {
                Record::Suspended { reason, .. } => {
                    let reason = reason.product::<RunReason>();
                    self.asks = matches!(reason, Some(RunReason::ApprovalRequired { .. }));
                }
                Record::Resumed { .. } => self.asks = false,
                Record::Completed { .. } | Record::Failed { .. } | Record::Cancelled => {
                    told.push_str(DONE);
                }
                _ => {}
            }
        }
        told
    }

    /// What a stream ends with whose turn asks a person: once they have answered, it is asked for again.
    /// Nothing where the turn goes on by itself.
    pub fn rest(&self) -> Option<String> {
        let finish = Chunk::Finish {
            finish_reason: FinishReason::ToolCalls,
            message_metadata: None,
        };
        self.asks
            .then(|| format!("data: {}\n\n{DONE}", written(&finish)))
    }
}

/// JSON has no raw line breaks, so one data line holds it. Chunks always serialise.
fn written(chunk: &Chunk) -> String {
    serde_json::to_string(chunk).unwrap_or_default()
}

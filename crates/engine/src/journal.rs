//! The journal: what happened to a run, in order, never rewritten.
//!
//! Owns the record types and their JSON. Knows nothing of where rows are kept. A record holds
//! domain data, typed reasons and the sealed request context; there is no field a credential could
//! travel in.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::effect::EffectOutcome;
use super::head::RunFailure;
use super::suspend::{ResumePayload, ResumedBy, SuspendReason};
use onbehalf_clock::Timestamp;

/// One row of the journal.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    /// Position, counted from 1 without gaps.
    pub seq: u64,
    /// When it was recorded.
    pub at: Timestamp,
    /// What happened.
    #[serde(flatten)]
    pub record: Record,
}

/// Everything that can happen to a run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Record {
    /// The run exists, sealed to `owner`, with the identity its steps act under.
    Started(Box<Started>),
    /// A step begins an attempt, counted from 1.
    StepStarted { step: String, attempt: u32 },
    /// A value computed inside a step that later attempts must see unchanged.
    Memo { key: String, value: Value },
    /// A write is about to be sent. `request` is the effect itself, so that it can be reconciled
    /// without the step that asked for it.
    Intent {
        key: String,
        kind: String,
        request: Value,
    },
    /// The write of this intent certainly did not land and may be tried again.
    Released { key: String, reason: Value },
    /// The write of this intent was sent and its answer is lost: it has landed, or never will.
    Unanswered { key: String },
    /// The outside world was asked about an intent and could not tell yet.
    Probed { key: String },
    /// The intent is settled for good.
    Outcome { key: String, outcome: EffectOutcome },
    /// A step finished; `state` is the shared state after it.
    StepCompleted {
        step: String,
        output: Value,
        state: Value,
    },
    /// An attempt failed and another follows at `retry_at`.
    StepFailed {
        step: String,
        attempt: u32,
        error: String,
        retry_at: Timestamp,
    },
    /// The run waits.
    Suspended {
        step: String,
        number: u32,
        reason: SuspendReason,
        state: Value,
    },
    /// One of the connections a suspended run waits for was made.
    ConnectionMade { number: u32, connector: String },
    /// The run goes on.
    Resumed {
        number: u32,
        by: ResumedBy,
        payload: ResumePayload,
    },
    /// Nothing new may be sent from here on.
    CancelRequested { by: String },
    /// The chain ended, or a step ended it early.
    Completed { step: String, result: Value },
    /// The run ended without a result.
    Failed { failure: RunFailure },
    /// A cancelled run has settled every write that was under way.
    Cancelled,
}

/// What a run is started with.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Started {
    /// The run's name.
    pub run_id: String,
    /// The workflow's id.
    pub workflow: String,
    /// Version of the definition at the start.
    pub version: u32,
    /// Key of the principal this run is sealed to.
    pub owner: String,
    /// The request context every step acts under; never changes.
    pub context: Value,
    /// The workflow's input.
    pub input: Value,
    /// Trace id of the request that started the run (W3C trace context), 32 hex digits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trace_id: Option<String>,
}

impl Record {
    /// The record's type as written in JSON; also the `kind` column of the store.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Started(_) => "started",
            Self::StepStarted { .. } => "step_started",
            Self::Memo { .. } => "memo",
            Self::Intent { .. } => "intent",
            Self::Released { .. } => "released",
            Self::Unanswered { .. } => "unanswered",
            Self::Probed { .. } => "probed",
            Self::Outcome { .. } => "outcome",
            Self::StepCompleted { .. } => "step_completed",
            Self::StepFailed { .. } => "step_failed",
            Self::Suspended { .. } => "suspended",
            Self::ConnectionMade { .. } => "connection_made",
            Self::Resumed { .. } => "resumed",
            Self::CancelRequested { .. } => "cancel_requested",
            Self::Completed { .. } => "completed",
            Self::Failed { .. } => "failed",
            Self::Cancelled => "cancelled",
        }
    }

    /// The step this record speaks of, if it speaks of one.
    pub fn step(&self) -> Option<&str> {
        match self {
            Self::StepStarted { step, .. }
            | Self::StepCompleted { step, .. }
            | Self::StepFailed { step, .. }
            | Self::Suspended { step, .. }
            | Self::Completed { step, .. } => Some(step),
            _ => None,
        }
    }

    /// The key a store must be able to look this record up by, if it has one.
    pub fn key(&self) -> Option<&str> {
        match self {
            Self::Memo { key, .. }
            | Self::Intent { key, .. }
            | Self::Released { key, .. }
            | Self::Unanswered { key }
            | Self::Probed { key }
            | Self::Outcome { key, .. } => Some(key),
            _ => None,
        }
    }
}

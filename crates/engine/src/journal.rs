//! The journal: what happened to a run, in order, never rewritten.
//!
//! Owns the record types and their JSON. Knows nothing of where rows are kept. A record holds
//! domain data, typed reasons and the sealed request context; there is no field a credential could
//! travel in.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::effect::EffectOutcome;
use super::head::RunFailure;
use super::outcome::Outcome;
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
    /// A step begins an attempt.
    StepStarted {
        /// The step.
        step: String,
        /// Counted from 1 within the step.
        attempt: u32,
        /// When the step's time is over. Fixed when the step begins, and moved by the length of
        /// every wait that is not the outside world's. `None` in journals older than this.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        deadline: Option<Timestamp>,
    },
    /// A value computed inside a step that later attempts must see unchanged.
    Memo {
        /// Its name: the step's path and the value's own.
        key: String,
        /// The value.
        value: Value,
    },
    /// A write is about to be sent.
    Intent {
        /// The effect.
        key: String,
        /// The effect's kind.
        kind: String,
        /// The effect itself, so that it can be reconciled without the step that asked for it.
        request: Value,
    },
    /// The write of this intent certainly did not land and may be tried again.
    Released {
        /// The effect.
        key: String,
        /// Why: the typed failure, or how it is known.
        reason: Value,
        /// It is not sent again before this.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        until: Option<Timestamp>,
    },
    /// Written by older releases when an answer was lost. Says nothing: an intent that is not
    /// settled is looked for, whatever was answered.
    Unanswered {
        /// The effect.
        key: String,
    },
    /// The outside world was asked about an intent and could not tell yet.
    Probed {
        /// The effect.
        key: String,
        /// It is not asked again before this.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        again_at: Option<Timestamp>,
    },
    /// The intent is settled for good.
    Outcome {
        /// The effect.
        key: String,
        /// How it ended.
        outcome: EffectOutcome,
    },
    /// A step finished.
    StepCompleted {
        /// The step.
        step: String,
        /// What it hands to the next step.
        output: Value,
        /// The shared state after it.
        state: Value,
    },
    /// An attempt failed and another follows.
    StepFailed {
        /// The step.
        step: String,
        /// The attempt that failed.
        attempt: u32,
        /// What it said.
        error: String,
        /// When the next attempt begins.
        retry_at: Timestamp,
        /// Whether the process died, instead of the step having answered.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        crashed: bool,
    },
    /// The run waits.
    Suspended {
        /// The step that waits.
        step: String,
        /// Counted from 1 within the run.
        number: u32,
        /// Why.
        reason: SuspendReason,
        /// When the run goes on though nothing has come, for a product's reason that says so.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        until: Option<Timestamp>,
        /// The shared state meanwhile.
        state: Value,
    },
    /// A part of what a suspended run waits for has come. Parts were connections when the first
    /// journals were written, and keep the name they have there.
    #[serde(rename = "connection_made")]
    PartCame {
        /// The suspension.
        number: u32,
        /// Which part.
        #[serde(rename = "connector")]
        part: String,
    },
    /// The run goes on.
    Resumed {
        /// The suspension that ended.
        number: u32,
        /// Who or what ended it.
        by: ResumedBy,
        /// With what.
        payload: ResumePayload,
    },
    /// Nothing new may be sent from here on.
    CancelRequested {
        /// Who asked: key of their principal.
        by: String,
    },
    /// The chain ended, or a step ended it early.
    Completed {
        /// The last step.
        step: String,
        /// The result.
        result: Value,
        /// What the result amounts to; `None` in journals older than this.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        outcome: Option<Outcome>,
        /// How much of what the result holds.
        #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
        counts: BTreeMap<String, u64>,
    },
    /// The run will end without a result: nothing new may be sent from here on, and writes that
    /// were under way are being settled.
    Failing {
        /// Why.
        failure: RunFailure,
    },
    /// The run ended without a result.
    Failed {
        /// Why.
        failure: RunFailure,
    },
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
            Self::PartCame { .. } => "connection_made",
            Self::Resumed { .. } => "resumed",
            Self::CancelRequested { .. } => "cancel_requested",
            Self::Completed { .. } => "completed",
            Self::Failing { .. } => "failing",
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
            | Self::Probed { key, .. }
            | Self::Outcome { key, .. } => Some(key),
            _ => None,
        }
    }
}

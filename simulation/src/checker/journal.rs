//! A sequential reading of one run's journal: what may follow what, and when.
//!
//! Owns the order rules of steps, suspensions, effects and due times, written down independently
//! of the engine's state machine.

use std::collections::BTreeMap;
use std::time::Duration;

use onbehalf_clock::Timestamp;
use onbehalf_engine::{EffectOutcome, Entry, Record, ResumePayload, SuspendReason};

/// How long after its due time a run goes on at the latest: the watchdog's minute for a process
/// that died while the alarm was handled, the pauses of a handful of crashes, and an attempt of
/// the outside to take note.
const SLACK: Duration = Duration::from_secs(200);
/// The same where an alarm was lost, and somebody had to look at the run first; or where settings
/// were wrong, and the run waited until they were mended.
const SLACK_HELD_UP: Duration = Duration::from_secs(3600);

/// Where the reading stands.
struct Reading {
    slack: Duration,
    /// The suspension under way: number, and when it ends by itself.
    waits: Option<(u32, Option<Timestamp>)>,
    suspensions: u32,
    attempts: u32,
    /// When the failed step may be tried again.
    retry_at: Option<Timestamp>,
    cancelled: bool,
    failing: bool,
    ended: bool,
    /// Effects: open, or settled.
    effects: BTreeMap<String, bool>,
}

/// Reads a journal from its beginning; what is out of order goes to `found`.
pub fn read(entries: &[Entry], held_up: bool, found: &mut Vec<String>) {
    let mut reading = Reading {
        slack: if held_up { SLACK_HELD_UP } else { SLACK },
        waits: None,
        suspensions: 0,
        attempts: 0,
        retry_at: None,
        cancelled: false,
        failing: false,
        ended: false,
        effects: BTreeMap::new(),
    };
    for entry in entries {
        if let Some(wrong) = reading.take(entry) {
            found.push(format!("row {}: {wrong}", entry.seq));
        }
    }
    let times = entries.windows(2).all(|pair| pair[0].at <= pair[1].at);
    if !times {
        found.push("its journal goes back in time".into());
    }
}

impl Reading {
    fn take(&mut self, entry: &Entry) -> Option<String> {
        if self.ended {
            return Some(format!("{} after the end", entry.record.kind()));
        }
        match &entry.record {
            Record::StepStarted { attempt, .. } => self.begins(*attempt, entry.at),
            Record::StepCompleted { .. } => {
                self.attempts = 0;
                self.idle()
            }
            Record::StepFailed { retry_at, .. } => {
                self.retry_at = Some(*retry_at);
                self.idle()
            }
            Record::Suspended {
                number,
                reason,
                until,
                ..
            } => {
                let idle = self.idle();
                self.suspensions += 1;
                self.waits = Some((*number, due(reason, entry.at).or(*until)));
                let next = *number == self.suspensions;
                idle.or((!next).then(|| format!("suspension {number} is not the next")))
            }
            Record::Resumed {
                number, payload, ..
            } => {
                let (waited, until) = self.waits.take().unwrap_or_default();
                if waited != *number {
                    return Some(format!("suspension {number} ends during {waited}"));
                }
                match payload {
                    ResumePayload::TimeReached => on_time(until, entry.at, self.slack),
                    _ => None,
                }
            }
            Record::CancelRequested { .. } => {
                self.waits = None;
                self.cancelled = true;
                None
            }
            Record::Failing { .. } => {
                let idle = self.idle();
                self.failing = true;
                idle
            }
            Record::Intent { key, .. } => {
                // A request that was certainly not taken is repeated at once.
                let settled = self.effects.insert(key.clone(), true) == Some(false);
                let idle = self.idle();
                idle.or(settled.then(|| format!("{key} begins again after it has ended")))
            }
            Record::Released { key, .. } => {
                let open = self.effects.remove(key) == Some(true);
                (!open).then(|| format!("{key} is released without an intent"))
            }
            Record::Outcome { key, outcome } => {
                let before = self.effects.insert(key.clone(), false);
                let unsent = matches!(
                    outcome,
                    EffectOutcome::Refused { .. } | EffectOutcome::Expired { .. }
                );
                match before {
                    Some(true) => None,
                    None if unsent => None,
                    Some(false) => Some(format!("{key} ends twice")),
                    None => Some(format!("{key} ends without an intent")),
                }
            }
            Record::Completed { .. } | Record::Failed { .. } => {
                self.ended = true;
                self.idle()
            }
            Record::Cancelled => {
                self.ended = true;
                (!self.cancelled).then(|| "cancelled without a request".into())
            }
            Record::Started(_)
            | Record::Memo { .. }
            | Record::Unanswered { .. }
            | Record::Probed { .. }
            | Record::PartCame { .. } => None,
        }
    }

    fn begins(&mut self, attempt: u32, at: Timestamp) -> Option<String> {
        self.attempts += 1;
        if attempt != self.attempts {
            return Some(format!("attempt {attempt} is not the next"));
        }
        let late = match self.retry_at.take() {
            Some(retry_at) => on_time(Some(retry_at), at, self.slack),
            None => None,
        };
        self.idle().or(late)
    }

    /// Steps and writes only while the run neither waits nor was cancelled.
    fn idle(&self) -> Option<String> {
        if self.cancelled {
            return Some("goes on after the cancel".into());
        }
        let (number, _) = self.waits?;
        Some(format!("goes on during suspension {number}"))
    }
}

fn due(reason: &SuspendReason, since: Timestamp) -> Option<Timestamp> {
    match reason {
        SuspendReason::Sleeping { until }
        | SuspendReason::RateLimited { until }
        | SuspendReason::Retrying { until } => Some(*until),
        SuspendReason::Yielded => Some(since),
        SuspendReason::Product(_) => None,
    }
}

fn on_time(due: Option<Timestamp>, at: Timestamp, slack: Duration) -> Option<String> {
    let Some(due) = due else {
        return Some("time ended what waits for somebody".into());
    };
    if at < due {
        return Some(format!("goes on at {at}, before {due}"));
    }
    (at > due.plus(slack)).then(|| format!("goes on at {at}, long after {due}"))
}

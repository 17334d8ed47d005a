//! What of a run's journal goes to the log, so that a log can be searched and an alert can go.
//!
//! Owns which lines there are and how much each matters. What happened inside a step stays in the
//! journal; whose run it was is a key that is no name.

use onbehalf_engine::{Entry, Head, Outcome, Record};

use crate::note::{Level, Note};

/// The lines of what was just recorded: one for each thing that happens to a run, and one more for
/// its end.
pub fn lines(head: &Head, entries: &[Entry]) -> Vec<Note> {
    let of_one = |entry| [Some(milestone(head, entry)), end(head, entry)];
    entries.iter().flat_map(of_one).flatten().collect()
}

/// Run, step, attempt, and the trace of the request that began it.
fn milestone(head: &Head, entry: &Entry) -> Note {
    let attempt = match &entry.record {
        Record::StepStarted { attempt, .. } | Record::StepFailed { attempt, .. } => *attempt,
        _ => head.attempt,
    };
    let step = entry.record.step().unwrap_or_default();
    let trace_id = head.started.trace_id.clone();
    Note {
        level: Level::Info,
        event: "run_event",
        fields: vec![
            ("run", head.started.run_id.clone()),
            ("type", entry.record.kind().to_owned()),
            ("step", step.to_owned()),
            ("attempt", attempt.to_string()),
            ("seq", entry.seq.to_string()),
            ("status", head.status.name().to_owned()),
            ("trace_id", trace_id.unwrap_or_default()),
        ],
    }
}

/// How a run ended.
fn end(head: &Head, entry: &Entry) -> Option<Note> {
    let failure = match &entry.record {
        Record::Failed { failure } => failure.to_string(),
        Record::Completed { .. } | Record::Cancelled => String::new(),
        _ => return None,
    };
    let (level, reason) = match &head.outcome {
        None | Some(Outcome::Done) => (Level::Info, String::new()),
        Some(Outcome::Partial { missing }) => (Level::Warning, missing.join(", ")),
        Some(Outcome::Failed { reason }) => (Level::Error, reason.clone()),
    };
    let outcome = head.outcome.as_ref().map_or("", Outcome::name);
    let counts = head.counts.iter();
    let counts: Vec<String> = counts.map(|(name, it)| format!("{name}={it}")).collect();
    Some(Note {
        level,
        event: "run_ended",
        fields: vec![
            ("run", head.started.run_id.clone()),
            ("workflow", head.started.workflow.clone()),
            ("owner", head.started.owner.clone()),
            ("status", head.status.name().to_owned()),
            ("outcome", outcome.to_owned()),
            ("reason", reason),
            ("failure", failure),
            ("counts", counts.join(" ")),
        ],
    })
}

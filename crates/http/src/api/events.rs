//! What happens to a run, as its owner may watch it: journal entries without what is inside, in
//! the form of server-sent events.
//!
//! Owns which parts of an entry are public. Identity, the sealed context, requests and receipts of
//! writes, and step outputs stay in the journal; a new kind of record is private until it is given
//! a public form here.

use schemars::JsonSchema;
use serde::Serialize;

use onbehalf_clock::Timestamp;
use onbehalf_engine::{EffectOutcome, Entry, Record, RunFailure};
use onbehalf_runs::WaitView;

/// One thing that happened.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct RunEvent {
    /// Position in the run's journal; positions may be left out.
    pub seq: u64,
    /// When it was recorded.
    pub at: Timestamp,
    /// What happened.
    #[serde(flatten)]
    pub what: What,
}

/// The kinds of events.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
#[serde(
    tag = "type",
    rename_all = "snake_case",
    rename_all_fields = "camelCase"
)]
pub enum What {
    /// The run began.
    Started {
        /// The workflow's id.
        workflow: String,
    },
    /// A step begins an attempt.
    StepStarted {
        /// The step.
        step: String,
        /// Counted from 1.
        attempt: u32,
    },
    /// An attempt failed; another follows.
    StepFailed {
        /// The step.
        step: String,
        /// The attempt that failed.
        attempt: u32,
        /// What it said.
        error: String,
        /// When the next one begins.
        retry_at: Timestamp,
    },
    /// A step finished.
    StepCompleted {
        /// The step.
        step: String,
    },
    /// A write is about to be sent.
    WriteBegun {
        /// The kind of write.
        kind: String,
        /// The step that writes, and what of its plan: `actions/task:acme.example`.
        item: String,
    },
    /// A write certainly did not land, and is sent again.
    WriteReleased {
        /// As when it was begun.
        item: String,
        /// Not before this.
        #[serde(skip_serializing_if = "Option::is_none")]
        again_at: Option<Timestamp>,
    },
    /// A write was looked for in the app, which could not tell yet whether it is there.
    WriteSought {
        /// As when it was begun.
        item: String,
        /// It is not looked for again before this.
        #[serde(skip_serializing_if = "Option::is_none")]
        again_at: Option<Timestamp>,
    },
    /// A write is settled for good.
    WriteSettled {
        /// As when it was begun.
        item: String,
        /// `landed`, `refused`, `unknown_outcome`, or `abandoned` by a cancel.
        outcome: WriteOutcome,
        /// Whether it was found in the app by looking, and not by the answer to what was sent.
        #[serde(skip_serializing_if = "std::ops::Not::not")]
        found: bool,
    },
    /// The run waits.
    Suspended {
        /// The step that waits.
        step: String,
        /// Names this suspension in a resume.
        number: u32,
        /// Why.
        why: WaitView,
    },
    /// A connection the run waits for was made.
    ConnectionMade {
        /// The suspension.
        number: u32,
        /// The connector.
        connector: String,
    },
    /// The run goes on.
    Resumed {
        /// The suspension that ended.
        number: u32,
        /// Who or what ended it: `owner`, `approver`, `connection` or `time`.
        by: String,
    },
    /// A cancel was acknowledged.
    CancelRequested,
    /// The run ended with a result.
    Completed,
    /// The run will end without a result: writes that were under way are being settled.
    Failing {
        /// Why.
        #[schemars(with = "onbehalf_runs::RunFailureSchema")]
        failure: RunFailure,
    },
    /// The run ended without a result.
    Failed {
        /// Why.
        #[schemars(with = "onbehalf_runs::RunFailureSchema")]
        failure: RunFailure,
    },
    /// The run ended by a cancel.
    Cancelled,
}

/// How a write ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum WriteOutcome {
    /// It is in the app, once.
    Landed,
    /// The app refused it for good.
    Refused,
    /// Its time passed before the app took it.
    Expired,
    /// Nobody can tell whether it landed; a person must look.
    UnknownOutcome,
    /// The run was cancelled or failed, and it is not in the app.
    Abandoned,
}

impl From<&EffectOutcome> for WriteOutcome {
    fn from(outcome: &EffectOutcome) -> Self {
        match outcome {
            EffectOutcome::Landed { .. } => Self::Landed,
            EffectOutcome::Refused { .. } => Self::Refused,
            EffectOutcome::Expired { .. } => Self::Expired,
            EffectOutcome::UnknownOutcome => Self::UnknownOutcome,
            EffectOutcome::Abandoned => Self::Abandoned,
        }
    }
}

/// What a key names within its run: the run's own name in front says nothing to whoever asked for
/// it.
fn item(key: &str) -> String {
    key.split_once('/').map_or(key, |(_, item)| item).to_owned()
}

/// The public form of an entry; `None` for what is the engine's own business.
pub fn public(entry: &Entry) -> Option<RunEvent> {
    let what = match entry.record.clone() {
        Record::Started(started) => What::Started {
            workflow: started.workflow,
        },
        Record::StepStarted { step, attempt, .. } => What::StepStarted { step, attempt },
        Record::StepFailed {
            step,
            attempt,
            error,
            retry_at,
            ..
        } => What::StepFailed {
            step,
            attempt,
            error,
            retry_at,
        },
        Record::StepCompleted { step, .. } => What::StepCompleted { step },
        Record::Intent { key, kind, .. } => What::WriteBegun {
            kind,
            item: item(&key),
        },
        Record::Outcome { key, outcome } => What::WriteSettled {
            item: item(&key),
            found: matches!(outcome, EffectOutcome::Landed { found: true, .. }),
            outcome: WriteOutcome::from(&outcome),
        },
        Record::Released { key, until, .. } => What::WriteReleased {
            item: item(&key),
            again_at: until,
        },
        Record::Probed { key, again_at } => What::WriteSought {
            item: item(&key),
            again_at,
        },
        Record::Suspended {
            step,
            number,
            reason,
            ..
        } => What::Suspended {
            step,
            number,
            why: WaitView::of(&reason),
        },
        Record::PartCame { number, part } => What::ConnectionMade {
            number,
            connector: part,
        },
        Record::Resumed { number, by, .. } => What::Resumed {
            number,
            by: by.name().to_owned(),
        },
        Record::CancelRequested { .. } => What::CancelRequested,
        Record::Completed { .. } => What::Completed,
        Record::Failing { failure } => What::Failing { failure },
        Record::Failed { failure } => What::Failed { failure },
        Record::Cancelled => What::Cancelled,
        Record::Memo { .. } | Record::Unanswered { .. } => return None,
    };
    Some(RunEvent {
        seq: entry.seq,
        at: entry.at,
        what,
    })
}

/// Entries as server-sent events (WHATWG HTML §9.2): `id` is the journal position, so that a
/// client that lost its connection goes on behind the last one it saw.
pub fn server_sent(entries: &[Entry]) -> String {
    let mut text = String::new();
    for event in entries.iter().filter_map(public) {
        // JSON has no raw line breaks, so one data line holds it. Event values always serialise.
        let data = serde_json::to_string(&event).unwrap_or_default();
        text.push_str(&format!("id: {}\ndata: {data}\n\n", event.seq));
    }
    text
}

/// Whether nothing comes after this entry: a stream may end here.
pub fn is_last(entry: &Entry) -> bool {
    matches!(
        entry.record,
        Record::Completed { .. } | Record::Failed { .. } | Record::Cancelled
    )
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use onbehalf_engine::{ResumePayload, ResumedBy, Started, SuspendReason};

    fn entry(seq: u64, record: Record) -> Entry {
        let at = Timestamp::from_millis(1_000);
        Entry { seq, at, record }
    }

    fn started() -> Record {
        Record::Started(Box::new(Started {
            run_id: "run_1".into(),
            workflow: "onboarding-health".into(),
            version: 1,
            owner: "SECRET-owner".into(),
            context: json!({"scalekitIdentifier": "SECRET-identifier"}),
            input: json!({"x": "SECRET-input"}),
            trace_id: None,
        }))
    }

    #[test]
    fn events_carry_their_position() {
        let record = Record::StepStarted {
            step: "a\nb".into(),
            attempt: 2,
            deadline: None,
        };
        let text = server_sent(&[entry(7, record)]);
        assert_eq!(
            text,
            "id: 7\ndata: {\"seq\":7,\"at\":\"1970-01-01T00:00:01.000Z\",\
             \"type\":\"step_started\",\"step\":\"a\\nb\",\"attempt\":2}\n\n"
        );
    }

    #[test]
    fn a_write_says_which_item_it_is_and_how_it_ended() {
        let key = || "run_1/actions/task:acme.example".to_owned();
        let begun = Record::Intent {
            key: key(),
            kind: "task".into(),
            request: json!({"for": "SECRET"}),
        };
        let landed = Record::Outcome {
            key: key(),
            outcome: EffectOutcome::Landed {
                receipt: json!("SECRET"),
                found: true,
            },
        };
        let sought = Record::Probed {
            key: key(),
            again_at: Some(Timestamp::from_millis(2_000)),
        };
        let released = Record::Released {
            key: key(),
            reason: json!("SECRET"),
            until: None,
        };
        let records = [begun, sought, released, landed];
        let entries: Vec<_> = (1..).zip(records).map(|(seq, it)| entry(seq, it)).collect();
        let text = server_sent(&entries);
        for part in [
            r#""type":"write_begun","kind":"task","item":"actions/task:acme.example"}"#,
            r#""type":"write_settled","item":"actions/task:acme.example","outcome":"landed","found":true}"#,
            r#""type":"write_sought","item":"actions/task:acme.example","againAt":"1970-01-01T00:00:02.000Z"}"#,
            r#""type":"write_released","item":"actions/task:acme.example"}"#,
        ] {
            assert!(text.contains(part), "{text}");
        }
        assert!(!text.contains("SECRET"));
    }

    #[test]
    fn nothing_private_gets_out() {
        let secret = || "SECRET".to_owned();
        let records = [
            started(),
            Record::Memo {
                key: secret(),
                value: json!(secret()),
            },
            Record::Intent {
                key: "run_1/actions/task:acme.example".into(),
                kind: "task".into(),
                request: json!(secret()),
            },
            Record::Released {
                key: "run_1/actions/task:acme.example".into(),
                reason: json!(secret()),
                until: None,
            },
            Record::Unanswered { key: secret() },
            Record::StepCompleted {
                step: "s".into(),
                output: json!(secret()),
                state: json!(secret()),
            },
            Record::Suspended {
                step: "s".into(),
                number: 1,
                reason: SuspendReason::Yielded,
                until: None,
                state: json!(secret()),
            },
            Record::Resumed {
                number: 1,
                by: ResumedBy::Approver {
                    principal: secret(),
                },
                payload: ResumePayload::Answer(json!({"hash": secret()})),
            },
            Record::CancelRequested { by: secret() },
            Record::Failing {
                failure: RunFailure::RequirementUnmet {
                    step: "s".into(),
                    message: "m".into(),
                },
            },
            Record::Completed {
                step: "s".into(),
                result: json!(secret()),
                outcome: None,
                counts: Default::default(),
            },
        ];
        let entries: Vec<_> = (1..).zip(records).map(|(seq, it)| entry(seq, it)).collect();
        let text = server_sent(&entries);
        assert!(!text.contains("SECRET"), "{text}");
        assert_eq!(text.matches("data: ").count(), 9);
        assert!(entries.last().is_some_and(is_last) && !is_last(&entries[0]));
    }
}

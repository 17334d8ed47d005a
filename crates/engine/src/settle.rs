//! What is next for an effect: its history and the time in, one thing to do out.
//!
//! No I/O. Owns every rule about writes: when one is sent, looked for, waited for and given up. A
//! step that writes and a cancelled run that finds out what it had under way ask the same
//! functions; [`super::effects`] carries out what they say.
//!
//! ```text
//!        ┌────────────── held (refused for now, or it came to nothing) ◀─────────┐
//!        ▼                                                                       │
//!      Send ──▶ intent on record ──▶ answered: landed, refused ──▶ Done          │
//!                      │                                                         │
//!                      └ not answered ──▶ Look (on a stored schedule) ── absent ─┘
//!                                          │      └ there ──▶ Done
//!                                          └ cannot tell, and its time is over ──▶ Done, unknown
//! ```
//!
//! There is one budget, time. Nothing here counts towards a limit: attempts pace.

use std::time::Duration;

use serde_json::Value;

use super::effect::{EffectOutcome, Found, Performed};
use super::history::{EffectHistory, OpenIntent};
use super::journal::Record;
use onbehalf_clock::Timestamp;

/// The pause after the first send or look that came to nothing; doubles with each.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
/// No pause of our own is longer; what an app asks for may be.
const LONGEST_PAUSE: Duration = Duration::from_secs(300);
/// The pause after a write that was sent, looked for and is not there; doubles with each. An app
/// that answers so that nobody can read it, and does nothing, will not do it the next time either,
/// and every send is one that may turn up late.
const FIRST_VANISHED_PAUSE: Duration = Duration::from_secs(32);
/// No such pause is longer.
const LONGEST_VANISHED_PAUSE: Duration = Duration::from_secs(3600);
/// How long an outside world that cannot be looked at is asked, from the moment on that a look
/// could tell. Longer than a provider's outage lasts as a rule; a run that was cancelled is
/// `cancelling` for so long at most.
const LOOK_PATIENCE: Duration = Duration::from_secs(3600);
/// Why an intent was released when its write was looked for and is not there.
const ABSENT: &str = "absent";

/// What an effect is brought on for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// To be written. Nothing is sent from the deadline on.
    Write {
        /// The step's.
        deadline: Timestamp,
    },
    /// Its run was cancelled: to find out what became of it. Nothing is sent.
    FindOut,
}

/// What to do about an effect now.
#[derive(Clone, Debug, PartialEq)]
pub enum EffectNext {
    /// Nothing: it has ended.
    Done(EffectOutcome),
    /// Record that it has ended.
    End(EffectOutcome),
    /// Send it.
    Send,
    /// Look whether it landed.
    Look,
    /// Nothing before this time.
    Wait(Timestamp),
}

/// What to do about an effect with this history.
pub fn next(history: &EffectHistory, purpose: Purpose, now: Timestamp) -> EffectNext {
    if let Some(outcome) = &history.outcome {
        return EffectNext::Done(outcome.clone());
    }
    if let Some(open) = &history.open {
        return if now < open.look_at {
            EffectNext::Wait(open.look_at)
        } else {
            EffectNext::Look
        };
    }
    match purpose {
        Purpose::FindOut => EffectNext::End(EffectOutcome::Abandoned),
        Purpose::Write { deadline } if now >= deadline => EffectNext::End(EffectOutcome::Expired {
            failure: history.released.clone(),
        }),
        Purpose::Write { deadline } => match history.held_until {
            Some(until) if now < until => EffectNext::Wait(until.min(deadline)),
            _ => EffectNext::Send,
        },
    }
}

/// A look at the outside world.
#[derive(Clone, Debug, PartialEq)]
pub struct Looked {
    /// What it showed.
    pub found: Found<Value>,
    /// When it began. Its answer may have taken long, and says nothing of what came later.
    pub at: Timestamp,
    /// How long a write that landed may still be invisible.
    pub visible_after: Duration,
}

/// What a look means for the effect with this key.
pub fn after_look(
    key: &str,
    history: &EffectHistory,
    open: &OpenIntent,
    purpose: Purpose,
    looked: Looked,
    now: Timestamp,
) -> Record {
    let key = key.to_owned();
    let visible_at = open.landed_by().plus(looked.visible_after);
    match (looked.found, purpose) {
        (Found::Landed(receipt), _) => Record::Outcome {
            key,
            outcome: EffectOutcome::Landed {
                receipt,
                found: true,
            },
        },
        (Found::Absent, _) if looked.at < visible_at => Record::Probed {
            key,
            again_at: Some(visible_at),
        },
        (Found::Absent, Purpose::FindOut) => Record::Outcome {
            key,
            outcome: EffectOutcome::Abandoned,
        },
        (Found::Absent, Purpose::Write { .. }) => Record::Released {
            key,
            reason: ABSENT.into(),
            until: Some(now.plus(vanished_pause(history.sends))),
        },
        (Found::Untraceable, _) => Record::Outcome {
            key,
            outcome: EffectOutcome::UnknownOutcome,
        },
        (Found::Unknown(_), _) if looked.at >= given_up_at(visible_at, purpose) => {
            Record::Outcome {
                key,
                outcome: EffectOutcome::UnknownOutcome,
            }
        }
        (Found::Unknown(asked), _) => Record::Probed {
            key,
            again_at: Some(now.plus(pause(open.looks).max(asked.unwrap_or_default()))),
        },
    }
}

/// When a look that cannot tell is the last: not while the step has time, and never before looks
/// that could have told were made for a good while.
fn given_up_at(visible_at: Timestamp, purpose: Purpose) -> Timestamp {
    let looked_long = visible_at.plus(LOOK_PATIENCE);
    match purpose {
        Purpose::Write { deadline } => looked_long.max(deadline),
        Purpose::FindOut => looked_long,
    }
}

/// What a send means for the effect with this key. `None` leaves the intent open: it is looked for.
pub fn after_send(
    key: &str,
    history: &EffectHistory,
    sent: Performed<Value, Value>,
    now: Timestamp,
) -> Option<Record> {
    let key = key.to_owned();
    Some(match sent {
        Performed::Landed(receipt) => Record::Outcome {
            key,
            outcome: EffectOutcome::Landed {
                receipt,
                found: false,
            },
        },
        Performed::Refused(failure) => Record::Outcome {
            key,
            outcome: EffectOutcome::Refused { failure },
        },
        Performed::Deferred(reason, asked) => Record::Released {
            key,
            reason,
            until: Some(held_until(history, asked, now)),
        },
        Performed::NotSent => Record::Released {
            key,
            reason: "not_sent".into(),
            until: Some(held_until(history, None, now)),
        },
        Performed::Unknown => return None,
    })
}

/// Until when a write that was refused for now is held.
pub fn held_until(history: &EffectHistory, asked: Option<Duration>, now: Timestamp) -> Timestamp {
    now.plus(pause(history.sends).max(asked.unwrap_or_default()))
}

fn vanished_pause(before: u32) -> Duration {
    FIRST_VANISHED_PAUSE
        .saturating_mul(1 << before.min(16))
        .min(LONGEST_VANISHED_PAUSE)
}

/// The pause after so many that came to nothing before.
fn pause(before: u32) -> Duration {
    FIRST_PAUSE
        .saturating_mul(1 << before.min(16))
        .min(LONGEST_PAUSE)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::journal::Entry;
    use proptest::prelude::*;

    const KEY: &str = "run/step/item";
    const LAG: Duration = Duration::from_secs(30);

    fn at(seconds: u64) -> Timestamp {
        Timestamp::from_millis(1_795_420_800_000).plus(Duration::from_secs(seconds))
    }

    fn write() -> Purpose {
        Purpose::Write {
            deadline: at(9_000),
        }
    }

    fn intent() -> Record {
        Record::Intent {
            key: KEY.into(),
            kind: "letter".into(),
            request: Value::Null,
        }
    }

    fn history(rows: &[(u64, Record)]) -> EffectHistory {
        let entries: Vec<Entry> = (1..)
            .zip(rows)
            .map(|(seq, (seconds, record))| Entry {
                seq,
                at: at(*seconds),
                record: record.clone(),
            })
            .collect();
        EffectHistory::of(&entries)
    }

    fn look(history: &EffectHistory, found: Found<Value>, purpose: Purpose, now: u64) -> Record {
        let open = history.open.as_ref().expect("an open intent");
        let looked = Looked {
            found,
            at: at(now),
            visible_after: LAG,
        };
        after_look(KEY, history, open, purpose, looked, at(now))
    }

    /// Whatever a gateway answered, the app may be at work for as long as without an answer.
    #[test]
    fn a_write_that_is_not_there_yet_is_not_sent_again_before_it_must_be_visible() {
        let mut rows = vec![(0, intent())];
        for seconds in [1, 2, 20, 50, 94] {
            let record = look(&history(&rows), Found::Absent, write(), seconds);
            rows.push((seconds, record));
            let next = next(&history(&rows), write(), at(seconds));
            assert_eq!(next, EffectNext::Wait(at(95)), "after {seconds} s");
        }
        let record = look(&history(&rows), Found::Absent, write(), 95);
        rows.push((95, record));
        assert_eq!(
            next(&history(&rows), write(), at(95)),
            EffectNext::Wait(at(127))
        );
        assert_eq!(next(&history(&rows), write(), at(127)), EffectNext::Send);
    }

    /// A look that begins a moment too early and is answered late has seen nothing of the moment between.
    #[test]
    fn a_look_is_judged_by_when_it_began() {
        let history = history(&[(0, intent())]);
        let open = history.open.as_ref().expect("an open intent");
        let looked = Looked {
            found: Found::Absent,
            at: at(94),
            visible_after: LAG,
        };
        let record = after_look(KEY, &history, open, write(), looked, at(120));
        let Record::Probed { again_at, .. } = record else {
            panic!("{record:?}");
        };
        assert_eq!(again_at, Some(at(95)));
    }

    #[test]
    fn a_look_is_due_when_the_journal_says_and_nobody_can_hurry_it() {
        let failed = Found::Unknown(Some(Duration::from_secs(600)));
        let mut rows = vec![(0, intent())];
        let record = look(&history(&rows), failed, Purpose::FindOut, 10);
        rows.push((10, record));
        for asked in 0..9 {
            let next = next(&history(&rows), Purpose::FindOut, at(11 + asked));
            assert_eq!(next, EffectNext::Wait(at(610)));
        }
        assert_eq!(
            next(&history(&rows), Purpose::FindOut, at(610)),
            EffectNext::Look
        );
    }

    /// A failed look spends time and nothing else.
    #[test]
    fn an_outage_of_fifty_minutes_loses_nothing() {
        for purpose in [write(), Purpose::FindOut] {
            let mut rows = vec![(0, intent())];
            let mut looks = 0;
            for now in 1..3_000 {
                let known = history(&rows);
                match next(&known, purpose, at(now)) {
                    EffectNext::Look => {
                        looks += 1;
                        rows.push((now, look(&known, Found::Unknown(None), purpose, now)));
                    }
                    EffectNext::Wait(_) => {}
                    other => panic!("{other:?} after {now} s"),
                }
            }
            assert!(looks < 25, "{looks} looks");
            let there = look(&history(&rows), Found::Landed("id".into()), purpose, 3_000);
            rows.push((3_000, there));
            assert!(matches!(
                next(&history(&rows), purpose, at(3_000)),
                EffectNext::Done(EffectOutcome::Landed { found: true, .. })
            ));
        }
    }

    #[test]
    fn what_nobody_can_tell_ends_when_time_is_over() {
        let rows = [(0, intent())];
        let found = look(&history(&rows), Found::Unknown(None), write(), 9_000);
        assert!(matches!(
            found,
            Record::Outcome {
                outcome: EffectOutcome::UnknownOutcome,
                ..
            }
        ));
    }

    /// 429 after 429 holds the write and spends nothing but time.
    #[test]
    fn a_write_is_refused_by_nobody_before_the_deadline() {
        let limited = || Performed::Deferred("slow down".into(), Some(Duration::from_secs(1)));
        let mut rows = Vec::new();
        let mut sends = 0;
        for now in 0..9_000 {
            let known = history(&rows);
            match next(&known, write(), at(now)) {
                EffectNext::Send => {
                    sends += 1;
                    rows.push((now, intent()));
                    let known = history(&rows);
                    let record = after_send(KEY, &known, limited(), at(now));
                    rows.push((now, record.expect("a hold")));
                }
                EffectNext::Wait(_) => {}
                other => panic!("{other:?} after {now} s"),
            }
        }
        assert!((20..60).contains(&sends), "{sends} sends");
        assert_eq!(
            next(&history(&rows), write(), at(9_000)),
            EffectNext::End(EffectOutcome::Expired {
                failure: Some("slow down".into())
            })
        );
    }

    #[test]
    fn a_write_that_nobody_can_look_for_is_not_waited_for_and_never_sent_again() {
        for purpose in [write(), Purpose::FindOut] {
            let mut rows = vec![(0, intent())];
            let record = look(&history(&rows), Found::Untraceable, purpose, 1);
            rows.push((1, record));
            for later in [1, 100, 8_000] {
                let next = next(&history(&rows), purpose, at(later));
                assert_eq!(next, EffectNext::Done(EffectOutcome::UnknownOutcome));
            }
        }
    }

    #[test]
    fn a_cancelled_run_sends_nothing() {
        assert_eq!(
            next(&history(&[]), Purpose::FindOut, at(0)),
            EffectNext::End(EffectOutcome::Abandoned)
        );
        let rows = [(0, intent())];
        assert!(matches!(
            look(&history(&rows), Found::Absent, Purpose::FindOut, 95),
            Record::Outcome {
                outcome: EffectOutcome::Abandoned,
                ..
            }
        ));
    }

    proptest! {
        #[test]
        fn what_an_app_asks_for_is_a_minimum(sends in 0..100_u32, seconds in 0..10_000_u64) {
            let history = EffectHistory { sends, ..EffectHistory::default() };
            let asked = Duration::from_secs(seconds);
            let until = held_until(&history, Some(asked), at(0));
            prop_assert!(until >= at(seconds));
            prop_assert!(until <= at(seconds.max(LONGEST_PAUSE.as_secs())));
        }
    }
}

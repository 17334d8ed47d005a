//! What the journal says about one effect.
//!
//! Owns folding the rows of one key. What is to be done about it is [`super::settle`]'s to say.

use std::time::Duration;

use serde_json::Value;

use super::effect::EffectOutcome;
use super::journal::{Entry, Record};
use onbehalf_clock::Timestamp;

/// A request that has left lands within this time or never, whatever was answered to it: an error
/// of a gateway or a broken connection says nothing of the app behind, which may still be at work.
/// A minute is the longest that anybody waits for a tool's answer; the rest is for the platform,
/// which holds a request back until the intent is durable.
const LONGEST_UNDER_WAY: Duration = Duration::from_secs(65);
/// The first look at a write whose answer is lost. Most of them have landed.
const FIRST_LOOK: Duration = Duration::from_secs(1);

/// What the journal says about one effect.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct EffectHistory {
    /// An intent that is neither settled nor released.
    pub open: Option<OpenIntent>,
    /// Sends that came to nothing.
    pub sends: u32,
    /// It is not sent again before this.
    pub held_until: Option<Timestamp>,
    /// Why the latest send came to nothing.
    pub released: Option<Value>,
    /// The settled end.
    pub outcome: Option<EffectOutcome>,
}

/// An intent whose end is not known.
#[derive(Clone, Debug, PartialEq)]
pub struct OpenIntent {
    /// When the request left.
    pub at: Timestamp,
    /// The effect's kind.
    pub kind: String,
    /// The effect itself.
    pub request: Value,
    /// Looks that could not tell.
    pub looks: u32,
    /// It is not looked for again before this, whoever asks.
    pub look_at: Timestamp,
}

impl OpenIntent {
    /// The write has landed by this time if it ever does.
    pub fn landed_by(&self) -> Timestamp {
        self.at.plus(LONGEST_UNDER_WAY)
    }
}

impl EffectHistory {
    /// Folds the records of one key, oldest first.
    pub fn of<'a>(entries: impl IntoIterator<Item = &'a Entry>) -> Self {
        let mut history = Self::default();
        for entry in entries {
            history.take(entry);
        }
        history
    }

    fn take(&mut self, entry: &Entry) {
        match &entry.record {
            Record::Intent { kind, request, .. } => {
                self.open = Some(OpenIntent {
                    at: entry.at,
                    kind: kind.clone(),
                    request: request.clone(),
                    looks: 0,
                    look_at: entry.at.plus(FIRST_LOOK),
                });
            }
            Record::Released { reason, until, .. } => {
                self.open = None;
                self.sends = self.sends.saturating_add(1);
                self.held_until = *until;
                self.released = Some(reason.clone());
            }
            Record::Probed { again_at, .. } => {
                if let Some(open) = &mut self.open {
                    open.looks = open.looks.saturating_add(1);
                    open.look_at = again_at.unwrap_or(entry.at);
                }
            }
            Record::Outcome { outcome, .. } => {
                self.open = None;
                self.outcome = Some(outcome.clone());
            }
            _ => {}
        }
    }
}

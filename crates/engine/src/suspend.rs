//! Why a run waits, and what wakes it, as the journal has it.
//!
//! Owns the engine's own reasons, which all end by themselves. A product's reasons and answers are
//! kept as JSON between them, so that a journal can be read, shown and cancelled by a deployment
//! that no longer knows what the run waits for.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::reason::Reason;
use onbehalf_clock::Timestamp;

/// Why a run waits: a step names a product's reason by its type, the journal keeps it as JSON.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "reason", rename_all = "snake_case")]
pub enum SuspendReason<R = Value> {
    /// A planned pause. Costs nothing of the step's time.
    Sleeping {
        /// When the run goes on by itself.
        until: Timestamp,
    },
    /// The outside world asked for patience. The step's time goes on.
    RateLimited {
        /// When the run goes on by itself.
        until: Timestamp,
    },
    /// The outside world did not answer and is asked again. The step's time goes on.
    Retrying {
        /// When the run goes on by itself.
        until: Timestamp,
    },
    /// The limits of one invocation are near; the run goes on in the next.
    Yielded,
    /// Something that a product waits for, for as long as it takes.
    #[serde(untagged)]
    Product(R),
}

impl<R: Reason> From<R> for SuspendReason<R> {
    fn from(reason: R) -> Self {
        Self::Product(reason)
    }
}

impl<R> SuspendReason<R> {
    /// When the run goes on without being asked, if it does.
    pub fn due(&self, since: Timestamp) -> Option<Timestamp> {
        match self {
            Self::Sleeping { until } | Self::RateLimited { until } | Self::Retrying { until } => {
                Some(*until)
            }
            Self::Yielded => Some(since),
            Self::Product(_) => None,
        }
    }
}

impl<R> SuspendReason<R> {
    /// Whether the wait is on the step's time: what the outside world keeps it from doing is, what
    /// was planned, what our own limits ask for and what people take their time over is not.
    pub fn spends_time(&self) -> bool {
        match self {
            Self::RateLimited { .. } | Self::Retrying { .. } => true,
            Self::Sleeping { .. } | Self::Yielded | Self::Product(_) => false,
        }
    }
}

impl<R: Reason> SuspendReason<R> {
    /// The reason's name as written in JSON.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Sleeping { .. } => "sleeping",
            Self::RateLimited { .. } => "rate_limited",
            Self::Retrying { .. } => "retrying",
            Self::Yielded => "yielded",
            Self::Product(reason) => reason.name(),
        }
    }

    /// As the journal keeps it.
    ///
    /// # Errors
    /// When a product's reason has no JSON.
    pub fn erased(self) -> Result<SuspendReason, serde_json::Error> {
        Ok(match self {
            Self::Sleeping { until } => SuspendReason::Sleeping { until },
            Self::RateLimited { until } => SuspendReason::RateLimited { until },
            Self::Retrying { until } => SuspendReason::Retrying { until },
            Self::Yielded => SuspendReason::Yielded,
            Self::Product(reason) => SuspendReason::Product(serde_json::to_value(reason)?),
        })
    }
}

impl SuspendReason {
    /// As a product knows it.
    ///
    /// # Errors
    /// When the reason is of another deployment, and this one cannot read it.
    pub fn typed<R: Reason>(&self) -> Result<SuspendReason<R>, serde_json::Error> {
        Ok(match self {
            Self::Sleeping { until } => SuspendReason::Sleeping { until: *until },
            Self::RateLimited { until } => SuspendReason::RateLimited { until: *until },
            Self::Retrying { until } => SuspendReason::Retrying { until: *until },
            Self::Yielded => SuspendReason::Yielded,
            Self::Product(reason) => {
                SuspendReason::Product(serde_json::from_value(reason.clone())?)
            }
        })
    }

    /// The product's reason, if the run waits for one that this deployment can read.
    pub fn product<R: Reason>(&self) -> Option<R> {
        match self {
            Self::Product(reason) => serde_json::from_value(reason.clone()).ok(),
            _ => None,
        }
    }
}

/// What wakes a run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum ResumePayload<A = Value> {
    /// The due time came.
    TimeReached,
    /// The answer to a product's reason.
    #[serde(untagged)]
    Answer(A),
}

/// Who or what ended a suspension.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "who", rename_all = "snake_case")]
pub enum ResumedBy {
    /// The principal the run is sealed to.
    Owner,
    /// Somebody whom the product lets decide for others; under whose identity steps act is
    /// unchanged.
    Approver {
        /// Key of their principal.
        principal: String,
    },
    /// Something that happened outside: the connections it waited for were made.
    Connection {
        /// The cause: a callback, a webhook.
        event: String,
    },
    /// The due time.
    Time,
}

impl ResumedBy {
    /// In one word, for people; names nobody.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Owner => "owner",
            Self::Approver { .. } => "approver",
            Self::Connection { .. } => "connection",
            Self::Time => "time",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_engines_reasons_are_told_from_a_products() {
        let read = |json: Value| -> SuspendReason { serde_json::from_value(json).expect("read") };
        let until = "2026-11-23T08:00:00.000Z";
        let asleep = read(json!({"reason": "sleeping", "until": until}));
        assert!(matches!(asleep, SuspendReason::Sleeping { .. }));
        assert_eq!(read(json!({"reason": "yielded"})), SuspendReason::Yielded);
        let errand = json!({"reason": "signature", "of": "ann"});
        assert_eq!(read(errand.clone()), SuspendReason::Product(errand.clone()));
        let written = serde_json::to_value(SuspendReason::Product(errand.clone()));
        assert_eq!(written.ok(), Some(errand));
    }

    #[test]
    fn an_answer_is_told_from_time() {
        let read = |json: Value| -> ResumePayload { serde_json::from_value(json).expect("read") };
        assert_eq!(
            read(json!({"kind": "time_reached"})),
            ResumePayload::TimeReached
        );
        let answer = json!({"kind": "signed", "by": "ann"});
        assert_eq!(read(answer.clone()), ResumePayload::Answer(answer));
    }
}

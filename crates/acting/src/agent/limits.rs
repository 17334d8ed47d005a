//! How much a turn may take.

use onbehalf_runs::hosted::AgentLimits;
use serde::Deserialize;

/// Cents, in the unit in which answers are paid for.
const PER_CENT: u64 = 1_000_000;
const MILLIS: u64 = 1_000;

/// How much a turn may take. What is over a limit ends it, with a typed end of its own; the answer
/// under way is taken, as it is paid for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TurnLimits {
    /// Answers of the model.
    pub steps: u32,
    /// Tokens, read and written, of all answers together.
    pub tokens: u64,
    /// Seconds that the model took for its answers. People and connections take the time they take.
    pub seconds: u64,
    /// Cents, by the prices that the operator has set.
    pub cents: u64,
    /// Tokens in one answer.
    pub answer_tokens: u32,
}

/// What an operator can change.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Tuned {
    max_steps: Option<u32>,
    max_tokens: Option<u64>,
    max_seconds: Option<u64>,
    max_cents: Option<u64>,
    max_answer_tokens: Option<u32>,
}

/// What a turn has taken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Taken {
    pub(super) tokens: u64,
    pub(super) millis: u64,
    /// Millionths of a cent.
    pub(super) cost: u64,
}

/// Which limit was met.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Over {
    Tokens,
    Time,
    Money,
}

impl TurnLimits {
    /// A dozen answers are more than any honest question has taken; the rest bounds a model that goes
    /// round in circles at about the price of a coffee.
    pub const USUAL: Self = Self {
        steps: 12,
        tokens: 400_000,
        seconds: 300,
        cents: 200,
        answer_tokens: 4_096,
    };

    /// The same, as callers are told.
    pub(super) const fn card(self) -> AgentLimits {
        AgentLimits {
            max_steps: self.steps,
            max_tokens: self.tokens,
            max_seconds: self.seconds,
            max_cents: self.cents,
            max_answer_tokens: self.answer_tokens,
        }
    }

    /// These, but for what an operator says.
    ///
    /// # Errors
    /// Says what is unknown, of the wrong type or nothing at all.
    pub(super) fn tuned(self, text: Option<&str>) -> Result<Self, String> {
        let Some(text) = text.map(str::trim).filter(|text| !text.is_empty()) else {
            return Ok(self);
        };
        // As an object first: serde would take a list for a struct, field by field.
        let tuned: Tuned = serde_json::from_str::<serde_json::Map<_, _>>(text)
            .and_then(|fields| serde_json::from_value(fields.into()))
            .map_err(|error| error.to_string())?;
        let limits = Self {
            steps: tuned.max_steps.unwrap_or(self.steps),
            tokens: tuned.max_tokens.unwrap_or(self.tokens),
            seconds: tuned.max_seconds.unwrap_or(self.seconds),
            cents: tuned.max_cents.unwrap_or(self.cents),
            answer_tokens: tuned.max_answer_tokens.unwrap_or(self.answer_tokens),
        };
        if limits.steps == 0 || limits.answer_tokens == 0 {
            return Err("maxSteps and maxAnswerTokens must be at least 1".into());
        }
        Ok(limits)
    }

    /// The limit that this is over, if it is over one.
    pub(super) const fn over(self, taken: Taken) -> Option<Over> {
        if taken.tokens >= self.tokens {
            Some(Over::Tokens)
        } else if taken.millis >= self.seconds.saturating_mul(MILLIS) {
            Some(Over::Time)
        } else if taken.cost >= self.cents.saturating_mul(PER_CENT) && taken.cost > 0 {
            Some(Over::Money)
        } else {
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_operator_changes_what_is_named_and_nothing_else() {
        let tuned = |text| TurnLimits::USUAL.tuned(Some(text));
        let few = tuned(r#"{"maxSteps": 3}"#).expect("limits");
        assert_eq!((few.steps, few.tokens), (3, TurnLimits::USUAL.tokens));
        assert_eq!(tuned(" "), Ok(TurnLimits::USUAL));
        for wrong in [
            r#"{"steps": 3}"#,
            r#"{"maxSteps": 0}"#,
            "[3]",
            "3",
            r#"{"maxCents": -1}"#,
        ] {
            assert!(tuned(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn each_limit_is_met_by_itself() {
        let limits = TurnLimits::USUAL;
        let under = Taken {
            tokens: limits.tokens - 1,
            millis: limits.seconds * MILLIS - 1,
            cost: limits.cents * PER_CENT - 1,
        };
        assert_eq!(limits.over(under), None);
        let tokens = Taken {
            tokens: limits.tokens,
            ..under
        };
        let time = Taken {
            millis: limits.seconds * MILLIS,
            ..under
        };
        let money = Taken {
            cost: limits.cents * PER_CENT,
            ..under
        };
        assert_eq!(limits.over(tokens), Some(Over::Tokens));
        assert_eq!(limits.over(time), Some(Over::Time));
        assert_eq!(limits.over(money), Some(Over::Money));
    }
}

//! A turn's place in a thread: what was said before it, and what it leaves there.

use serde_json::json;

use super::input::MAX_MESSAGE_CHARS;
use super::pieces::Piece;
use super::seen;
use onbehalf_engine::StepError;
use onbehalf_identity::RequestContext;
use onbehalf_models::Message;
use onbehalf_runs::Undelivered;
use onbehalf_runs::thread::{Exchange, KeptTurn, MAX_KEPT_BYTES};

/// How much of an answer later turns read, in characters: four pages.
const MAX_ANSWER_CHARS: usize = 12_000;

/// A thread that cannot be reached is asked again.
fn later(error: Undelivered) -> StepError {
    StepError::Retry {
        message: format!("the thread cannot be reached: {error}"),
        after: None,
    }
}

/// What was said before.
pub(super) fn read(
    history: Result<Vec<Exchange>, Undelivered>,
) -> Result<Vec<Exchange>, StepError> {
    history.map_err(later)
}

/// Whether what a turn came to is kept.
pub(super) fn kept_in(kept: Result<(), Undelivered>) -> Result<(), StepError> {
    kept.map_err(later)
}

/// What is left in the thread.
pub(super) fn kept(answer: &str, pieces: &[Piece]) -> Result<KeptTurn, StepError> {
    let answer: String = answer.chars().take(MAX_ANSWER_CHARS).collect();
    let length = |pieces: &[Piece]| serde_json::to_vec(pieces).map(|it| it.len());
    let unwritable = |error: serde_json::Error| StepError::terminal(error.to_string());
    if length(pieces).map_err(unwritable)? <= MAX_KEPT_BYTES {
        let pieces = json!(pieces);
        return Ok(KeptTurn { answer, pieces });
    }
    // The answer alone, and how it ended.
    let alone = Piece::Answer {
        step: 0,
        text: answer.clone(),
        calls: Vec::new(),
    };
    let ended = pieces.iter().filter(|it| matches!(it, Piece::Ended(_)));
    let pieces: Vec<_> = std::iter::once(&alone).chain(ended).collect();
    Ok(KeptTurn {
        answer,
        pieces: json!(pieces),
    })
}

/// The conversation so far, and what is asked now. A message without an answer is one with the next:
/// not every model takes two of a person's in a row.
pub(super) fn conversation(
    before: Vec<Exchange>,
    message: &str,
    context: &RequestContext,
) -> Vec<Message> {
    let mut messages = Vec::new();
    let mut said = String::new();
    let add = |said: &mut String, text: &str| {
        if !said.is_empty() {
            said.push_str("\n\n");
        }
        said.push_str(&seen::from_person(text, MAX_MESSAGE_CHARS, context));
    };
    for exchange in before {
        add(&mut said, &exchange.text);
        if let Some(answer) = exchange.answer.filter(|it| !it.is_empty()) {
            messages.push(Message::Person(std::mem::take(&mut said)));
            messages.push(Message::Model {
                text: seen::from_person(&answer, MAX_ANSWER_CHARS, context),
                calls: Vec::new(),
            });
        }
    }
    add(&mut said, message);
    messages.push(Message::Person(said));
    messages
}

#[cfg(test)]
mod tests {
    use super::*;

    fn context() -> RequestContext {
        let context = json!({ "user_id": "alice", "scalekit_identifier": "user_alice",
            "issuer": "https://idp.test" });
        serde_json::from_value(context).expect("a context")
    }

    fn exchange(text: &str, answer: Option<&str>) -> Exchange {
        Exchange {
            text: text.into(),
            answer: answer.map(Into::into),
        }
    }

    #[test]
    fn a_person_and_the_model_speak_in_turns_whatever_came_of_each() {
        let before = vec![
            exchange("one", None),
            exchange("two, from user_alice", Some("yes")),
            exchange("three", Some("")),
        ];
        let said: Vec<_> = conversation(before, "four", &context())
            .into_iter()
            .map(|message| match message {
                Message::Person(text) => format!("person: {text}"),
                Message::Model { text, .. } => format!("model: {text}"),
                Message::Results(_) => "results".into(),
            })
            .collect();
        assert_eq!(
            said,
            [
                "person: one\n\ntwo, from [redacted]",
                "model: yes",
                "person: three\n\nfour"
            ]
        );
    }

    #[test]
    fn a_turn_that_came_to_too_much_is_kept_by_its_answer() {
        let long = Piece::Answer {
            step: 0,
            text: "x".repeat(MAX_KEPT_BYTES),
            calls: Vec::new(),
        };
        let kept = kept("short", &[long]).expect("kept");
        assert_eq!(kept.pieces[0]["text"], "short");
        assert!(kept.pieces.to_string().len() < MAX_KEPT_BYTES);
    }
}

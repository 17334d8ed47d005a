//! Language models that say what they were told to say, behind the APIs that real ones are behind.
//!
//! Owns what each model says next, what it was asked, and the two APIs: requests are refused as the
//! providers refuse them, and answers have their shapes. No server and no clock: a pure function of what
//! was seeded. One model, [`OBEDIENT`], needs no script: it does whatever it reads.

mod completions;
mod heard;
mod messages;
mod obedient;
mod script;

use std::collections::{BTreeMap, VecDeque};

use serde::Deserialize;
use serde_json::{Value, json};

use crate::service::{Reply, Request};
use crate::world::faults::Rule;
use heard::Heard;
pub use script::{ScriptedAnswer, ScriptedCall};

/// Opens both APIs. Opens nothing but this sandbox.
pub const KEY: &str = "sandbox-model-key";
/// The model that obeys whatever instruction it reads in any result.
pub const OBEDIENT: &str = "obedient";
/// Requests that are kept, of either API; the oldest go first.
const KEPT: usize = 2_000;

/// What is to be said.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Script {
    /// By which model.
    pub model: String,
    /// In this order, after what was seeded before.
    pub answers: Vec<ScriptedAnswer>,
}

/// The models of one sandbox.
#[derive(Clone, Debug, Default)]
pub struct Models {
    scripts: BTreeMap<String, VecDeque<ScriptedAnswer>>,
    asked: VecDeque<Question>,
    /// Questions that are not kept any more.
    dropped: usize,
    /// Whole answers, each of which a provider would have been paid for.
    answered: u64,
}

/// What a model was asked.
#[derive(Clone, Debug)]
struct Question {
    body: Value,
    at_ms: i64,
    /// Whether a whole answer was sent.
    is_answered: bool,
}

/// What is told apart by the two APIs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Api {
    Completions,
    Messages,
}

/// Why a request is refused: status, the API's word for it, and a sentence.
struct Refused {
    status: u16,
    word: &'static str,
    sentence: String,
}

impl Refused {
    fn invalid(sentence: impl Into<String>) -> Self {
        Self {
            status: 400,
            word: "invalid_request_error",
            sentence: sentence.into(),
        }
    }
}

impl Models {
    /// Whether a path is one of theirs.
    pub fn owns(path: &str) -> bool {
        path.starts_with("/openai/") || path.starts_with("/anthropic/")
    }

    /// Adds to what a model says.
    pub fn seed(&mut self, script: Script) {
        self.scripts
            .entry(script.model)
            .or_default()
            .extend(script.answers);
    }

    /// Forgets what was to be said and what was asked.
    pub fn forget(&mut self) {
        *self = Self::default();
    }

    /// What the models were asked, and how often they answered to the end. `answers` has one line for each
    /// request: when it came, and whether a whole answer was sent.
    pub fn told(&self) -> Value {
        self.told_behind(0)
    }

    /// The same of what came behind the first so many requests.
    pub fn told_behind(&self, after: usize) -> Value {
        let skipped = after.saturating_sub(self.dropped);
        let asked = || self.asked.iter().skip(skipped);
        let answers = asked().map(|it| json!({ "at": it.at_ms, "whole": it.is_answered }));
        json!({ "answered": self.answered, "dropped": self.dropped,
            "requests": asked().map(|it| &it.body).collect::<Vec<_>>(),
            "answers": answers.collect::<Vec<_>>() })
    }

    /// Answers a request to either API.
    pub fn handle(&mut self, request: &Request, now_ms: i64) -> Reply {
        self.handle_under(&Rule::default(), request, now_ms)
    }

    /// The same while something goes wrong. A failure (`status`) is worded as the provider words it; an
    /// answer that is lost breaks off half way, and is paid for by nobody.
    pub fn handle_under(&mut self, fault: &Rule, request: &Request, now_ms: i64) -> Reply {
        if fault.break_before {
            return Reply::broken(fault);
        }
        let mut reply = self.answer(fault, request, now_ms);
        reply.delay_ms += fault.latency_ms.unwrap_or(0);
        reply
    }

    fn answer(&mut self, fault: &Rule, request: &Request, now_ms: i64) -> Reply {
        let api = match (request.method.as_str(), request.path.as_str()) {
            ("POST", "/openai/v1/chat/completions") => Api::Completions,
            ("POST", "/anthropic/v1/messages") => Api::Messages,
            (_, path) => {
                let api = if path.starts_with("/openai/") {
                    Api::Completions
                } else {
                    Api::Messages
                };
                return refusal(
                    api,
                    &Refused {
                        status: 404,
                        word: "not_found_error",
                        sentence: "there is no such path".into(),
                    },
                );
            }
        };
        let body = request.json();
        let heard = authorized(api, request).and_then(|()| match api {
            Api::Completions => completions::heard(&body),
            Api::Messages => messages::heard(request, &body),
        });
        let heard = match heard {
            Ok(heard) => heard,
            Err(refused) => return refusal(api, &refused),
        };
        if self.asked.len() == KEPT {
            self.asked.pop_front();
            self.dropped += 1;
        }
        self.asked.push_back(Question {
            body,
            at_ms: now_ms,
            is_answered: false,
        });
        let failing = fault.status.map(|status| ScriptedAnswer {
            status: Some(status),
            retry_after: fault.retry_after,
            ..ScriptedAnswer::default()
        });
        match failing.or_else(|| self.next(&heard)) {
            Some(answer) => self.say(api, &heard, &answer, (fault, now_ms)),
            None => refusal(
                api,
                &Refused {
                    status: 404,
                    word: "not_found_error",
                    sentence: "this model has nothing to say".into(),
                },
            ),
        }
    }

    fn next(&mut self, heard: &Heard) -> Option<ScriptedAnswer> {
        if let Some(next) = self
            .scripts
            .get_mut(&heard.model)
            .and_then(VecDeque::pop_front)
        {
            return Some(next);
        }
        (heard.model == OBEDIENT).then(|| obedient::obey(heard))
    }

    fn say(
        &mut self,
        api: Api,
        heard: &Heard,
        answer: &ScriptedAnswer,
        (fault, now_ms): (&Rule, i64),
    ) -> Reply {
        if let Some(status) = answer.status {
            return failure(api, status, answer);
        }
        let number = self.answered;
        let mut said = match (api, heard.streams) {
            (Api::Completions, true) => completions::stream(heard, answer, number, now_ms),
            (Api::Completions, false) => completions::whole(heard, answer, number, now_ms),
            (Api::Messages, true) => messages::stream(heard, answer, number),
            (Api::Messages, false) => messages::whole(heard, answer, number),
        };
        if fault.lose_answer {
            said.body.truncate(said.body.len() / 2);
            said.cut = true;
        }
        self.answered += u64::from(!said.cut);
        if let Some(question) = self.asked.back_mut() {
            question.is_answered = !said.cut;
        }
        Reply {
            delay_ms: answer.latency_ms,
            ..said
        }
    }
}

fn authorized(api: Api, request: &Request) -> Result<(), Refused> {
    let bearer = request.header("authorization");
    let bearer = bearer.and_then(|it| it.strip_prefix("Bearer "));
    let given = match api {
        Api::Completions => bearer,
        // Anthropic's own clients have sent the one and the other.
        Api::Messages => request.header("x-api-key").or(bearer),
    };
    if given == Some(KEY) {
        return Ok(());
    }
    Err(Refused {
        status: 401,
        word: match api {
            Api::Completions => "invalid_api_key",
            Api::Messages => "authentication_error",
        },
        sentence: "the key is missing or not valid".into(),
    })
}

fn refusal(api: Api, refused: &Refused) -> Reply {
    let Refused {
        status,
        word,
        sentence,
    } = refused;
    let body = match api {
        Api::Completions => {
            json!({ "error": { "message": sentence, "type": "invalid_request_error",
            "param": null, "code": word } })
        }
        Api::Messages => json!({ "type": "error", "request_id": "req_sandbox",
            "error": { "type": word, "message": sentence } }),
    };
    Reply::json(*status, &body)
}

/// A failure as the provider words it.
fn failure(api: Api, status: u16, answer: &ScriptedAnswer) -> Reply {
    let sentence = answer.says.as_deref().unwrap_or("not now");
    let body = match api {
        Api::Completions => {
            let (kind, code) = match status {
                429 => (
                    "requests",
                    answer.code.as_deref().unwrap_or("rate_limit_exceeded"),
                ),
                500.. => (
                    "server_error",
                    answer.code.as_deref().unwrap_or("server_error"),
                ),
                _ => (
                    "invalid_request_error",
                    answer.code.as_deref().unwrap_or("invalid_value"),
                ),
            };
            json!({ "error": { "message": sentence, "type": kind, "param": null, "code": code } })
        }
        Api::Messages => {
            let kind = match status {
                429 => "rate_limit_error",
                529 => "overloaded_error",
                500.. => "api_error",
                413 => "request_too_large",
                _ => "invalid_request_error",
            };
            json!({ "type": "error", "request_id": "req_sandbox",
                "error": { "type": kind, "message": sentence } })
        }
    };
    let mut reply = Reply::json(status, &body);
    if let Some(seconds) = answer.retry_after {
        reply
            .headers
            .push(("retry-after".into(), seconds.to_string()));
    }
    reply.delay_ms = answer.latency_ms;
    reply
}

/// A stream of events, broken off where the answer says so.
fn streamed(mut events: Vec<String>, answer: &ScriptedAnswer, error: &str) -> Reply {
    let cut = answer.breaks_after.is_some();
    if let Some(after) = answer.breaks_after.or(answer.ends_after) {
        events.truncate(after);
    }
    if let Some(after) = answer.fails_after {
        events.truncate(after);
        events.push(error.to_owned());
    }
    Reply {
        status: 200,
        headers: vec![("content-type".into(), "text/event-stream".into())],
        body: events.concat().into_bytes(),
        cut,
        ..Reply::default()
    }
}

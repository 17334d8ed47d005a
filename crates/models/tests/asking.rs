//! What is sent to a provider, and what its refusals mean.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::Rc;
use std::time::Duration;

use async_trait::async_trait;
use futures::executor::block_on;
use onbehalf_clock::Timestamp;
use onbehalf_clock::testkit::HandClock;
use onbehalf_fetch::{Fetch, FetchError, HttpRequest, HttpResponse, Secret};
use onbehalf_models::{
    Answer, Call, CallId, Dialect, EndReason, Endpoint, Fallback, HttpModel, Limits, Message,
    Model, ModelFailure, ModelName, Part, Request, StreamFault, ToolOffer, ToolResult,
};
use serde_json::value::RawValue;
use serde_json::{Value, json};

const KEY: &str = "sk-of-the-operator";
const WHOLE: &str = "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"Yes.\"},\"finish_reason\":\"stop\"}]}\n\n";

type Answers = VecDeque<Result<HttpResponse, FetchError>>;

/// A provider that gives these answers, and keeps what it was sent.
#[derive(Default)]
struct Provider {
    answers: RefCell<Answers>,
    sent: RefCell<Vec<HttpRequest>>,
}

#[async_trait(?Send)]
impl Fetch for Provider {
    async fn send(&self, request: HttpRequest) -> Result<HttpResponse, FetchError> {
        self.sent.borrow_mut().push(request);
        let next = self.answers.borrow_mut().pop_front();
        next.expect("as many answers as requests")
    }
}

fn response(status: u16, headers: &[(&str, &str)], body: &str) -> HttpResponse {
    let headers = headers.iter();
    HttpResponse {
        status,
        headers: headers
            .map(|(name, value)| ((*name).into(), (*value).into()))
            .collect(),
        body: body.into(),
    }
}

fn model(dialect: Dialect, answers: Answers) -> (Rc<Provider>, HttpModel) {
    let provider = Rc::new(Provider {
        answers: RefCell::new(answers),
        ..Provider::default()
    });
    let now = Timestamp::parse("2026-11-26T08:00:00Z").expect("a time");
    let endpoint = Endpoint {
        dialect,
        base_url: "https://models.example/base".into(),
        model: ModelName::new("some-model"),
        key: Some(Secret::new(KEY)),
    };
    let fetch = Rc::clone(&provider) as Rc<dyn Fetch>;
    let model = HttpModel::new(endpoint, fetch, Rc::new(HandClock::at(now)));
    (provider, model)
}

fn request() -> Request {
    let call = |id: &str, arguments: &str| Call {
        id: CallId::new(id),
        tool: "look".into(),
        arguments: arguments.into(),
    };
    let result = |id: &str, failed| ToolResult {
        call: CallId::new(id),
        content: "seen".into(),
        failed,
    };
    Request {
        instructions: "Be brief.".into(),
        messages: vec![
            Message::Person("Who is at risk?".into()),
            Message::Model {
                text: String::new(),
                calls: vec![call("a", "{\"at\":1}"), call("b", "{\"at\":")],
            },
            Message::Results(vec![result("a", false), result("b", true)]),
        ],
        tools: vec![ToolOffer {
            name: "look".into(),
            description: "Looks.".into(),
            input_schema: RawValue::from_string("{\"type\":\"object\"}".into()).expect("JSON"),
        }],
        limits: Limits {
            max_tokens: 900,
            timeout: Duration::from_secs(60),
        },
    }
}

fn ask(model: &dyn Model) -> (Result<Answer, ModelFailure>, Vec<Part>) {
    let mut heard = Vec::new();
    let answer = block_on(model.answer(&request(), &mut |part| heard.push(part.clone())));
    (answer, heard)
}

fn body(provider: &Provider) -> Value {
    let sent = provider.sent.borrow();
    serde_json::from_slice(&sent[0].body).expect("JSON")
}

#[test]
fn chat_completions_are_asked_as_documented() {
    let (provider, model) = model(
        Dialect::ChatCompletions,
        [Ok(response(200, &[], WHOLE))].into(),
    );
    let (answer, heard) = ask(&model);
    let answer = answer.expect("an answer");
    assert_eq!(
        (answer.text.as_str(), answer.end),
        ("Yes.", EndReason::Stop)
    );
    assert_eq!(
        heard,
        [Part::Text("Yes.".into()), Part::End(EndReason::Stop)]
    );
    let sent = provider.sent.borrow();
    assert_eq!(sent[0].url, "https://models.example/base/chat/completions");
    let bearer = ("authorization".to_owned(), format!("Bearer {KEY}"));
    assert!(sent[0].headers.contains(&bearer));
    assert_eq!(
        body(&provider),
        json!({ "model": "some-model", "stream": true, "stream_options": { "include_usage": true },
            "max_completion_tokens": 900,
            "tools": [{ "type": "function", "function": { "name": "look", "description": "Looks.",
                "parameters": { "type": "object" } } }],
            "messages": [
                { "role": "system", "content": "Be brief." },
                { "role": "user", "content": "Who is at risk?" },
                { "role": "assistant", "content": null, "tool_calls": [
                    { "id": "a", "type": "function", "function": { "name": "look", "arguments": "{\"at\":1}" } },
                    { "id": "b", "type": "function", "function": { "name": "look", "arguments": "{\"at\":" } }] },
                { "role": "tool", "tool_call_id": "a", "content": "seen" },
                { "role": "tool", "tool_call_id": "b", "content": "seen" }] })
    );
}

#[test]
fn messages_are_asked_as_documented() {
    let whole = "data: {\"type\":\"message_start\",\"message\":{}}\n\ndata: {\"type\":\"message_stop\"}\n\n";
    let (provider, model) = model(
        Dialect::AnthropicMessages,
        [Ok(response(200, &[], whole))].into(),
    );
    ask(&model).0.expect("an answer");
    let sent = provider.sent.borrow();
    assert_eq!(sent[0].url, "https://models.example/base/v1/messages");
    for (name, value) in [("x-api-key", KEY), ("anthropic-version", "2023-06-01")] {
        assert!(sent[0].headers.contains(&(name.into(), value.into())));
    }
    assert_eq!(
        body(&provider),
        json!({ "model": "some-model", "stream": true, "max_tokens": 900, "system": "Be brief.",
            "tools": [{ "name": "look", "description": "Looks.", "input_schema": { "type": "object" } }],
            "messages": [
                { "role": "user", "content": [{ "type": "text", "text": "Who is at risk?" }] },
                { "role": "assistant", "content": [
                    { "type": "tool_use", "id": "a", "name": "look", "input": { "at": 1 } },
                    { "type": "tool_use", "id": "b", "name": "look", "input": {} }] },
                { "role": "user", "content": [
                    { "type": "tool_result", "tool_use_id": "a", "content": "seen", "is_error": false },
                    { "type": "tool_result", "tool_use_id": "b", "content": "seen", "is_error": true }] }] })
    );
}

#[test]
fn workers_ai_has_its_model_in_the_path() {
    let (provider, model) = model(Dialect::WorkersAi, [Ok(response(200, &[], WHOLE))].into());
    ask(&model).0.expect("an answer");
    let sent = provider.sent.borrow();
    assert_eq!(sent[0].url, "https://models.example/base/some-model");
    let body = body(&provider);
    assert_eq!(
        (body.get("model"), &body["max_tokens"], &body["stream"]),
        (None, &json!(900), &json!(true))
    );
}

#[test]
fn every_refusal_has_its_type_and_repeats_nothing() {
    let error = |code: &str| format!("{{\"error\":{{\"code\":\"{code}\",\"message\":\"{KEY}\"}}}}");
    let cases = [
        (
            response(429, &[("retry-after", "7")], ""),
            ModelFailure::RateLimited {
                retry_after: Some(7),
            },
        ),
        (
            response(429, &[("retry-after", "Thu, 26 Nov 2026 08:00:30 GMT")], ""),
            ModelFailure::RateLimited {
                retry_after: Some(30),
            },
        ),
        (
            response(429, &[], &error("insufficient_quota")),
            ModelFailure::OutOfCredit,
        ),
        (
            response(529, &[], &error("overloaded")),
            ModelFailure::Unavailable { retry_after: None },
        ),
        (
            response(401, &[], &error("invalid_api_key")),
            ModelFailure::NotAuthorized,
        ),
        (
            response(400, &[], &error("context_length_exceeded")),
            ModelFailure::TooLong,
        ),
        (
            response(400, &[], &error("other")),
            ModelFailure::Refused { status: 400 },
        ),
        (
            response(307, &[("location", "https://other.example")], ""),
            ModelFailure::Refused { status: 307 },
        ),
        (
            response(200, &[], "<html>"),
            ModelFailure::Stream(StreamFault::Broken),
        ),
    ];
    for (answered, wanted) in cases {
        let (_, model) = model(Dialect::ChatCompletions, [Ok(answered)].into());
        let (answer, _) = ask(&model);
        assert_eq!(answer, Err(wanted));
        assert!(!format!("{wanted} {wanted:?}").contains(KEY));
    }
}

#[test]
fn a_second_model_answers_where_the_first_cannot_and_what_was_heard_of_it_is_void() {
    let half = WHOLE.replace("\"stop\"", "null").replace("Yes", "No");
    let (_, first) = model(
        Dialect::ChatCompletions,
        [Ok(response(200, &[], &half))].into(),
    );
    let (_, second) = model(
        Dialect::ChatCompletions,
        [Ok(response(200, &[], WHOLE))].into(),
    );
    let (answer, heard) = ask(&Fallback::new(Rc::new(first), Rc::new(second)));
    assert_eq!(answer.expect("an answer").text, "Yes.");
    let said = |text: &str| Part::Text(text.into());
    assert_eq!(
        heard,
        [
            said("No."),
            Part::Void,
            said("Yes."),
            Part::End(EndReason::Stop)
        ]
    );
}

#[test]
fn a_second_model_is_not_asked_what_no_model_can_answer() {
    let refused = || Ok(response(413, &[], ""));
    let (_, first) = model(Dialect::ChatCompletions, [refused()].into());
    let (provider, second) = model(Dialect::ChatCompletions, Answers::new());
    let (answer, _) = ask(&Fallback::new(Rc::new(first), Rc::new(second)));
    assert_eq!(answer, Err(ModelFailure::TooLong));
    assert!(provider.sent.borrow().is_empty());
}

#[test]
fn where_both_fail_the_first_one_s_wait_is_what_is_said() {
    let limited = Ok(response(429, &[("retry-after", "7")], ""));
    let (_, first) = model(Dialect::ChatCompletions, [limited].into());
    let (_, second) = model(Dialect::ChatCompletions, [Err(FetchError::Timeout)].into());
    let (answer, _) = ask(&Fallback::new(Rc::new(first), Rc::new(second)));
    let failure = answer.expect_err("neither can");
    assert_eq!((failure.may_pass(), failure.retry_after()), (true, Some(7)));
}

//! Both kinds of model as the sandbox plays them, which knows nothing of this crate.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use async_trait::async_trait;
use futures::executor::block_on;
use onbehalf_clock::Timestamp;
use onbehalf_clock::testkit::HandClock;
use onbehalf_fetch::{Fetch, FetchError, HttpRequest, HttpResponse, Method, Secret};
use onbehalf_models::{
    Answer, Binding, BoundModel, Dialect, EndReason, Endpoint, HttpModel, Inputs, Limits, Message,
    Model, ModelFailure, ModelName, Reported, Request, StreamFault, ToolOffer, ToolResult,
};
use onbehalf_sandbox::models::{KEY, Models, OBEDIENT};
use onbehalf_sandbox::service;
use serde_json::value::RawValue;
use serde_json::{Value, json};

#[derive(Default)]
struct Sandbox(RefCell<Models>);

#[async_trait(?Send)]
impl Fetch for Sandbox {
    async fn send(&self, request: HttpRequest) -> Result<HttpResponse, FetchError> {
        let request = service::Request::new("POST", &request.url, request.headers, request.body);
        let reply = self.0.borrow_mut().handle(&request, 0);
        if reply.cut {
            return Err(FetchError::Connection);
        }
        Ok(HttpResponse {
            status: reply.status,
            headers: reply.headers,
            body: reply.body,
        })
    }
}

/// The platform's own way to a model: it is named beside what it is run with.
#[async_trait(?Send)]
impl Binding for Sandbox {
    async fn run(&self, model: &ModelName, inputs: Inputs) -> Result<HttpResponse, FetchError> {
        let mut body: Value = serde_json::from_slice(&inputs.json).expect("JSON");
        assert_eq!(body.get("model"), None);
        body["model"] = model.as_str().into();
        let bearer = ("authorization".to_owned(), format!("Bearer {KEY}"));
        self.send(HttpRequest {
            method: Method::Post,
            url: "http://sandbox.example/openai/v1/chat/completions".into(),
            headers: vec![bearer],
            body: body.to_string().into_bytes(),
            timeout: inputs.timeout,
            max_response_bytes: inputs.max_response_bytes,
        })
        .await
    }
}

fn model(sandbox: &Rc<Sandbox>, dialect: Dialect, name: &str) -> HttpModel {
    let path = match dialect {
        Dialect::AnthropicMessages => "anthropic",
        _ => "openai/v1",
    };
    let endpoint = Endpoint {
        dialect,
        base_url: format!("http://sandbox.example/{path}"),
        model: ModelName::new(name),
        key: Some(Secret::new(KEY)),
    };
    let clock = HandClock::at(Timestamp::from_millis(0));
    HttpModel::new(
        endpoint,
        Rc::clone(sandbox) as Rc<dyn Fetch>,
        Rc::new(clock),
    )
}

fn request(messages: Vec<Message>) -> Request {
    let tool = |name: &str| ToolOffer {
        name: name.into(),
        description: "A tool.".into(),
        input_schema: RawValue::from_string("{\"type\":\"object\"}".into()).expect("JSON"),
    };
    Request {
        instructions: "Be brief.".into(),
        messages,
        tools: vec![tool("look"), tool("ask")],
        limits: Limits {
            max_tokens: 500,
            timeout: Duration::from_secs(60),
        },
    }
}

fn ask(model: &dyn Model, messages: Vec<Message>) -> Result<Answer, ModelFailure> {
    block_on(model.answer(&request(messages), &mut |_| {}))
}

fn scripted(dialect: Dialect, answer: Value) -> Result<Answer, ModelFailure> {
    let sandbox = Rc::new(Sandbox::default());
    let script = json!({ "model": "m", "answers": [answer] });
    let script = serde_json::from_value(script).expect("a script");
    sandbox.0.borrow_mut().seed(script);
    ask(
        &model(&sandbox, dialect, "m"),
        vec![Message::Person("Who is at risk?".into())],
    )
}

const SPOKEN: [Dialect; 2] = [Dialect::ChatCompletions, Dialect::AnthropicMessages];

#[test]
fn what_was_scripted_is_what_is_heard() {
    for dialect in SPOKEN {
        for piece in [1, 3, 1_000] {
            let answer = json!({ "text": "Grüße, I look.", "piece": piece, "null_choices": true,
                "input_tokens": 11, "output_tokens": 5, "finish": "stop", "calls": [
                    { "id": "a", "tool": "look", "arguments": { "at": "Zürich" } },
                    { "id": "b", "tool": "ask", "arguments": "{\"not json" }] });
            let heard = scripted(dialect, answer).expect("an answer");
            assert_eq!(heard.text, "Grüße, I look.");
            let calls = heard.calls.iter();
            let calls: Vec<_> = calls
                .map(|call| {
                    (
                        call.id.as_str(),
                        call.tool.as_str(),
                        call.arguments.as_str(),
                    )
                })
                .collect();
            assert_eq!(
                calls,
                [
                    ("a", "look", r#"{"at":"Zürich"}"#),
                    ("b", "ask", "{\"not json")
                ]
            );
            assert_eq!(heard.end, EndReason::Calls);
            assert_eq!(
                (heard.usage.input_tokens, heard.usage.output_tokens),
                (11, 5)
            );
        }
    }
}

#[test]
fn a_model_of_the_platform_is_heard_through_its_binding_as_at_an_address() {
    let sandbox = Rc::new(Sandbox::default());
    let answers = json!([
        { "text": "I look.", "calls": [{ "id": "a", "tool": "look", "arguments": { "at": "it" } }] },
        { "status": 429, "retry_after": 9 },
    ]);
    let script = serde_json::from_value(json!({ "model": "@cf/m", "answers": answers }));
    sandbox.0.borrow_mut().seed(script.expect("a script"));
    let model = BoundModel::new(
        ModelName::new("@cf/m"),
        Rc::clone(&sandbox) as Rc<dyn Binding>,
        Rc::new(HandClock::at(Timestamp::from_millis(0))),
    );
    let heard = ask(&model, vec![Message::Person("Who?".into())]).expect("an answer");
    assert_eq!(
        (heard.text.as_str(), heard.end),
        ("I look.", EndReason::Calls)
    );
    assert_eq!(heard.calls[0].arguments, r#"{"at":"it"}"#);
    let retry_after = Some(9);
    assert_eq!(
        ask(&model, vec![Message::Person("Who?".into())]),
        Err(ModelFailure::RateLimited { retry_after })
    );
}

#[test]
fn every_fault_of_theirs_has_its_type() {
    let cases = [
        (
            json!({ "status": 429, "retry_after": 9 }),
            ModelFailure::RateLimited {
                retry_after: Some(9),
            },
        ),
        (
            json!({ "status": 503 }),
            ModelFailure::Unavailable { retry_after: None },
        ),
        (
            json!({ "breaks_after": 2, "text": "half" }),
            ModelFailure::Unanswered(FetchError::Connection),
        ),
        (
            json!({ "ends_after": 2, "text": "half" }),
            ModelFailure::Stream(StreamFault::Broken),
        ),
        (
            json!({ "fails_after": 2, "text": "half" }),
            ModelFailure::Stream(StreamFault::Reported(Reported::Busy)),
        ),
    ];
    for dialect in SPOKEN {
        for (answer, failure) in &cases {
            assert_eq!(
                scripted(dialect, answer.clone()),
                Err(*failure),
                "{dialect:?} {answer}"
            );
        }
    }
    let quota = json!({ "status": 429, "code": "insufficient_quota" });
    assert_eq!(
        scripted(Dialect::ChatCompletions, quota),
        Err(ModelFailure::OutOfCredit)
    );
}

#[test]
fn a_conversation_with_calls_and_results_is_accepted_by_both() {
    for dialect in SPOKEN {
        let sandbox = Rc::new(Sandbox::default());
        let model = model(&sandbox, dialect, OBEDIENT);
        let question = Message::Person("look {\"at\": 1} and ask {\"at\": 2}".into());
        let first = ask(&model, vec![question.clone()]).expect("an answer");
        assert_eq!((first.calls.len(), first.end), (2, EndReason::Calls));
        let results = first.calls.iter().map(|call| ToolResult {
            call: call.id.clone(),
            content: "{\"note\":\"nothing\"}".into(),
            failed: false,
        });
        let messages = vec![
            question,
            Message::Model {
                text: first.text.clone(),
                calls: first.calls.clone(),
            },
            Message::Results(results.collect()),
        ];
        let second = ask(&model, messages).expect("an answer");
        assert_eq!((second.calls.len(), second.end), (0, EndReason::Stop));
    }
}

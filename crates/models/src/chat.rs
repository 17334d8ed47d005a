//! Chat completions: what is sent, and how the stream is read.
//!
//! Read strictly where it matters. Fragments of calls are put together by their index alone, since
//! several calls may be under way at once. `choices` may be empty or null, where an event only counts
//! tokens. The end is what the answer holds: with calls in it, it waits for their results, whatever
//! `finish_reason` says, unless that says that the answer was cut off.
//!
//! Workers AI speaks the same, and an older form beside it: the text in `response`, and calls that come
//! whole, without ids and indices.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use serde_json::value::RawValue;

use crate::decoder::Sink;
use crate::failure::{Reported, StreamFault};
use crate::model::ModelName;
use crate::part::{CallId, EndReason, Part, Usage};
use crate::request::{Message, Request};

/// Ends a stream.
const DONE: &[u8] = b"[DONE]";

/// One event.
#[derive(Deserialize)]
struct Chunk {
    choices: Option<Vec<Choice>>,
    usage: Option<ChunkUsage>,
    error: Option<ChunkError>,
    /// Workers AI's older form. A number where the text is one.
    response: Option<Value>,
    tool_calls: Option<Vec<CallDelta>>,
}

#[derive(Deserialize)]
struct Choice {
    #[serde(default)]
    index: u32,
    delta: Option<Delta>,
    finish_reason: Option<String>,
}

#[derive(Deserialize)]
struct Delta {
    content: Option<String>,
    refusal: Option<String>,
    tool_calls: Option<Vec<CallDelta>>,
}

#[derive(Deserialize)]
struct CallDelta {
    index: Option<u32>,
    id: Option<String>,
    function: Option<FunctionDelta>,
    /// Workers AI's older form.
    name: Option<String>,
    arguments: Option<Value>,
}

#[derive(Deserialize)]
struct FunctionDelta {
    name: Option<String>,
    arguments: Option<String>,
}

#[derive(Deserialize)]
struct ChunkUsage {
    #[serde(default)]
    prompt_tokens: u64,
    #[serde(default)]
    completion_tokens: u64,
}

/// What a provider says when it fails in the middle; `code` is a status or a word.
#[derive(Deserialize)]
struct ChunkError {
    code: Option<Value>,
    #[serde(rename = "type")]
    kind: Option<String>,
}

impl ChunkError {
    fn reported(&self) -> Reported {
        let code = self.code.as_ref();
        let status = code.and_then(Value::as_u64).unwrap_or_default();
        let word = code.and_then(Value::as_str).or(self.kind.as_deref());
        let busy = matches!(
            word,
            Some("rate_limit_exceeded" | "server_error" | "overloaded" | "internal_server_error")
        );
        if busy || status == 429 || status >= 500 {
            Reported::Busy
        } else {
            Reported::Other
        }
    }
}

/// A call under way.
struct Open {
    index: u32,
    id: CallId,
    tool: String,
}

/// Reads the events of one answer.
pub(crate) struct Chat {
    /// Whether the older form is understood as well.
    is_workers_ai: bool,
    calls: Vec<Open>,
    finish: Option<String>,
    refused: bool,
    done: bool,
}

impl Chat {
    pub(crate) fn strict() -> Self {
        Self {
            is_workers_ai: false,
            calls: Vec::new(),
            finish: None,
            refused: false,
            done: false,
        }
    }

    pub(crate) fn workers_ai() -> Self {
        Self {
            is_workers_ai: true,
            ..Self::strict()
        }
    }

    pub(crate) fn event(&mut self, data: &[u8], sink: Sink<'_>) -> Result<(), StreamFault> {
        if self.done {
            return Err(StreamFault::Malformed("something after the end"));
        }
        if data == DONE {
            self.done = true;
            return Ok(());
        }
        let chunk: Chunk = serde_json::from_slice(data)
            .map_err(|_| StreamFault::Malformed("an event that is no chunk"))?;
        if let Some(error) = chunk.error {
            return Err(StreamFault::Reported(error.reported()));
        }
        for choice in chunk.choices.unwrap_or_default() {
            // One answer was asked for.
            if choice.index != 0 {
                return Err(StreamFault::Malformed("a second answer"));
            }
            self.choice(choice, sink)?;
        }
        if self.is_workers_ai {
            let text = match chunk.response {
                Some(Value::String(text)) => text,
                Some(Value::Number(number)) => number.to_string(),
                _ => String::new(),
            };
            self.text(text, sink)?;
            for call in chunk.tool_calls.unwrap_or_default() {
                self.call(call, sink)?;
            }
        }
        if let Some(usage) = chunk.usage {
            sink(Part::Usage(Usage {
                input_tokens: usage.prompt_tokens,
                output_tokens: usage.completion_tokens,
            }))?;
        }
        Ok(())
    }

    fn choice(&mut self, choice: Choice, sink: Sink<'_>) -> Result<(), StreamFault> {
        if let Some(delta) = choice.delta {
            self.text(delta.content.unwrap_or_default(), sink)?;
            if let Some(refusal) = delta.refusal.filter(|it| !it.is_empty()) {
                self.refused = true;
                self.text(refusal, sink)?;
            }
            for call in delta.tool_calls.unwrap_or_default() {
                self.call(call, sink)?;
            }
        }
        if let Some(finish) = choice.finish_reason {
            self.finish = Some(finish);
        }
        Ok(())
    }

    /// Nothing may follow the reason why nothing follows.
    fn goes_on(&self) -> Result<(), StreamFault> {
        match self.finish {
            Some(_) => Err(StreamFault::Malformed("more of an answer after its end")),
            None => Ok(()),
        }
    }

    fn text(&self, text: String, sink: Sink<'_>) -> Result<(), StreamFault> {
        if text.is_empty() {
            return Ok(());
        }
        self.goes_on()?;
        sink(Part::Text(text))
    }

    fn call(&mut self, delta: CallDelta, sink: Sink<'_>) -> Result<(), StreamFault> {
        let id = delta.id.filter(|it| !it.is_empty());
        let (tool, fragment) = match delta.function {
            Some(function) => (function.name, function.arguments),
            None if self.is_workers_ai => (delta.name, delta.arguments.map(written)),
            None => return Err(StreamFault::Malformed("a call that is no function's")),
        };
        let tool = tool.filter(|it| !it.is_empty());
        let fragment = fragment.filter(|it| !it.is_empty());
        // Workers AI ends a call with a fragment in which everything is null.
        if self.is_workers_ai && id.is_none() && tool.is_none() && fragment.is_none() {
            return Ok(());
        }
        self.goes_on()?;
        let index = match (delta.index, self.is_workers_ai, &tool) {
            (Some(index), _, _) => index,
            // A call that comes whole is a new one.
            (None, true, Some(_)) => self.calls.len().try_into().unwrap_or(u32::MAX),
            (None, _, _) => {
                return Err(StreamFault::Malformed("a call's fragment without index"));
            }
        };
        let known = self.calls.iter().position(|it| it.index == index);
        let call = match known {
            Some(call) => {
                let open = &self.calls[call];
                let another_id = id.is_some_and(|id| id != open.id.as_str());
                if another_id || tool.is_some_and(|tool| tool != open.tool) {
                    return Err(StreamFault::Malformed("two calls under one index"));
                }
                call
            }
            None => self.begin(index, id, tool, sink)?,
        };
        match fragment {
            Some(fragment) => sink(Part::CallArguments { call, fragment }),
            None => Ok(()),
        }
    }

    fn begin(
        &mut self,
        index: u32,
        id: Option<String>,
        tool: Option<String>,
        sink: Sink<'_>,
    ) -> Result<usize, StreamFault> {
        let call = self.calls.len();
        let tool = tool.ok_or(StreamFault::Malformed("a call without a tool"))?;
        let id = match id {
            Some(id) => CallId::new(id),
            None if self.is_workers_ai => CallId::new(format!("call_{call}")),
            None => return Err(StreamFault::Malformed("a call without an id")),
        };
        self.calls.push(Open {
            index,
            id: id.clone(),
            tool: tool.clone(),
        });
        sink(Part::CallBegun { call, id, tool })?;
        Ok(call)
    }

    pub(crate) fn finish(self, sink: Sink<'_>) -> Result<(), StreamFault> {
        // Some servers leave `[DONE]` out, and some the reason. One of them is the word that this is
        // all there is.
        if !self.done && self.finish.is_none() {
            return Err(StreamFault::Broken);
        }
        sink(Part::End(match self.finish.as_deref() {
            Some("length") => EndReason::Length,
            Some("content_filter") => EndReason::Withheld,
            _ if !self.calls.is_empty() => EndReason::Calls,
            _ if self.refused => EndReason::Withheld,
            _ => EndReason::Stop,
        }))
    }
}

/// Arguments that come as JSON instead of as its text.
fn written(arguments: Value) -> String {
    match arguments {
        Value::String(text) => text,
        Value::Null => String::new(),
        other => other.to_string(),
    }
}

/// A request's body.
#[derive(Serialize)]
struct Body<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    model: Option<&'a ModelName>,
    messages: Vec<Said<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tools: Vec<Tool<'a>>,
    stream: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    stream_options: Option<StreamOptions>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_completion_tokens: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_tokens: Option<u32>,
}

#[derive(Serialize)]
struct StreamOptions {
    include_usage: bool,
}

#[derive(Serialize)]
struct Said<'a> {
    role: &'static str,
    /// Null where a model only called.
    content: Option<&'a str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tool_calls: Vec<SaidCall<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tool_call_id: Option<&'a CallId>,
}

#[derive(Serialize)]
struct SaidCall<'a> {
    id: &'a CallId,
    #[serde(rename = "type")]
    kind: &'static str,
    function: SaidFunction<'a>,
}

#[derive(Serialize)]
struct SaidFunction<'a> {
    name: &'a str,
    arguments: &'a str,
}

#[derive(Serialize)]
struct Tool<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    function: ToolFunction<'a>,
}

#[derive(Serialize)]
struct ToolFunction<'a> {
    name: &'a str,
    description: &'a str,
    parameters: &'a RawValue,
}

impl<'a> Said<'a> {
    fn plain(role: &'static str, content: &'a str) -> Self {
        Self {
            role,
            content: Some(content),
            tool_calls: Vec::new(),
            tool_call_id: None,
        }
    }
}

fn messages(request: &Request) -> Vec<Said<'_>> {
    let mut all = vec![Said::plain("system", &request.instructions)];
    for message in &request.messages {
        match message {
            Message::Person(text) => all.push(Said::plain("user", text)),
            Message::Model { text, calls } => all.push(Said {
                role: "assistant",
                content: Some(text.as_str()).filter(|it| !it.is_empty()),
                tool_calls: calls
                    .iter()
                    .map(|call| SaidCall {
                        id: &call.id,
                        kind: "function",
                        function: SaidFunction {
                            name: &call.tool,
                            arguments: &call.arguments,
                        },
                    })
                    .collect(),
                tool_call_id: None,
            }),
            Message::Results(results) => all.extend(results.iter().map(|result| Said {
                tool_call_id: Some(&result.call),
                ..Said::plain("tool", &result.content)
            })),
        }
    }
    all
}

/// What is sent: with the model's name where it does not stand in the path, as in Workers AI.
pub(crate) fn body(model: Option<&ModelName>, request: &Request) -> Vec<u8> {
    let tools = request.tools.iter().map(|tool| Tool {
        kind: "function",
        function: ToolFunction {
            name: &tool.name,
            description: &tool.description,
            parameters: &tool.input_schema,
        },
    });
    let most = request.limits.max_tokens;
    let body = Body {
        model,
        messages: messages(request),
        tools: tools.collect(),
        stream: true,
        stream_options: model.map(|_| StreamOptions {
            include_usage: true,
        }),
        max_completion_tokens: model.map(|_| most),
        max_tokens: model.is_none().then_some(most),
    };
    // Nothing in it can fail to be written: no maps, and text throughout.
    serde_json::to_vec(&body).unwrap_or_default()
}

//! Anthropic's messages: what is sent, and how the stream is read.
//!
//! An answer is a row of blocks, each begun, filled and ended under an index. Blocks and events of kinds
//! that are not known here are passed over, as the API's own pages ask of clients; what is known has to
//! be in order.

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use crate::decoder::Sink;
use crate::failure::{Reported, StreamFault};
use crate::model::ModelName;
use crate::part::{CallId, EndReason, Part, Usage};
use crate::request::{Message, Request};

/// One event.
#[derive(Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Event {
    MessageStart {
        message: Begun,
    },
    ContentBlockStart {
        index: u32,
        content_block: Block,
    },
    ContentBlockDelta {
        index: u32,
        delta: BlockDelta,
    },
    ContentBlockStop {
        index: u32,
    },
    MessageDelta {
        delta: MessageEnd,
        #[serde(default)]
        usage: Counted,
    },
    MessageStop,
    Error {
        error: Failed,
    },
    /// `ping`, and what there may be one day.
    #[serde(other)]
    Other,
}

#[derive(Deserialize)]
struct Begun {
    #[serde(default)]
    usage: Counted,
}

#[derive(Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Block {
    Text {
        #[serde(default)]
        text: String,
    },
    ToolUse {
        id: String,
        name: String,
    },
    #[serde(other)]
    Other,
}

#[derive(Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum BlockDelta {
    TextDelta {
        text: String,
    },
    InputJsonDelta {
        partial_json: String,
    },
    #[serde(other)]
    Other,
}

#[derive(Deserialize)]
struct MessageEnd {
    stop_reason: Option<String>,
}

/// What has been counted up to here; what is absent has not changed.
#[derive(Default, Deserialize)]
struct Counted {
    input_tokens: Option<u64>,
    cache_creation_input_tokens: Option<u64>,
    cache_read_input_tokens: Option<u64>,
    output_tokens: Option<u64>,
}

#[derive(Deserialize)]
struct Failed {
    #[serde(rename = "type")]
    kind: String,
}

/// What an open block holds.
#[derive(Clone, Copy)]
enum Holds {
    Text,
    Call(usize),
    Other,
}

/// Reads the events of one answer.
#[derive(Default)]
pub(crate) struct Messages {
    begun: bool,
    open: Option<(u32, Holds)>,
    /// Blocks there have been.
    blocks: u32,
    calls: usize,
    counted: Counted,
    stop_reason: Option<String>,
    stopped: bool,
}

impl Messages {
    pub(crate) fn event(&mut self, data: &[u8], sink: Sink<'_>) -> Result<(), StreamFault> {
        let event = serde_json::from_slice(data)
            .map_err(|_| StreamFault::Malformed("an event that is none of this dialect"))?;
        match event {
            Event::Other => return Ok(()),
            Event::Error { error } => return Err(StreamFault::Reported(reported(&error.kind))),
            _ if self.stopped => return Err(StreamFault::Malformed("something after the end")),
            Event::MessageStart { message } if !self.begun => {
                self.begun = true;
                return self.count(&message.usage, sink);
            }
            _ if !self.begun => return Err(StreamFault::Malformed("an answer without beginning")),
            Event::MessageStart { .. } => {
                return Err(StreamFault::Malformed("a second answer"));
            }
            Event::ContentBlockStart {
                index,
                content_block,
            } => self.begin(index, content_block, sink)?,
            Event::ContentBlockDelta { index, delta } => self.fill(index, delta, sink)?,
            Event::ContentBlockStop { index } => {
                self.open_block(index)?;
                self.open = None;
            }
            Event::MessageDelta { delta, usage } => {
                if self.open.is_some() {
                    return Err(StreamFault::Malformed("a block that was not ended"));
                }
                if delta.stop_reason.is_some() {
                    self.stop_reason = delta.stop_reason;
                }
                self.count(&usage, sink)?;
            }
            Event::MessageStop if self.open.is_some() => {
                return Err(StreamFault::Malformed("a block that was not ended"));
            }
            Event::MessageStop => self.stopped = true,
        }
        Ok(())
    }

    fn count(&mut self, new: &Counted, sink: Sink<'_>) -> Result<(), StreamFault> {
        let known = &mut self.counted;
        known.input_tokens = new.input_tokens.or(known.input_tokens);
        known.output_tokens = new.output_tokens.or(known.output_tokens);
        known.cache_creation_input_tokens = new
            .cache_creation_input_tokens
            .or(known.cache_creation_input_tokens);
        known.cache_read_input_tokens = new
            .cache_read_input_tokens
            .or(known.cache_read_input_tokens);
        let read = [
            known.input_tokens,
            known.cache_creation_input_tokens,
            known.cache_read_input_tokens,
        ];
        let read = read.into_iter().flatten();
        sink(Part::Usage(Usage {
            input_tokens: read.fold(0, u64::saturating_add),
            output_tokens: known.output_tokens.unwrap_or_default(),
        }))
    }

    fn open_block(&self, index: u32) -> Result<Holds, StreamFault> {
        match self.open {
            Some((open, holds)) if open == index => Ok(holds),
            _ => Err(StreamFault::Malformed("a block that was not begun")),
        }
    }

    fn begin(&mut self, index: u32, block: Block, sink: Sink<'_>) -> Result<(), StreamFault> {
        if self.open.is_some() || index != self.blocks {
            return Err(StreamFault::Malformed("blocks out of order"));
        }
        self.blocks += 1;
        let holds = match block {
            Block::Text { text } => {
                if !text.is_empty() {
                    sink(Part::Text(text))?;
                }
                Holds::Text
            }
            Block::ToolUse { id, name } => {
                if id.is_empty() || name.is_empty() {
                    return Err(StreamFault::Malformed("a call without a name"));
                }
                let call = self.calls;
                self.calls += 1;
                sink(Part::CallBegun {
                    call,
                    id: CallId::new(id),
                    tool: name,
                })?;
                Holds::Call(call)
            }
            Block::Other => Holds::Other,
        };
        self.open = Some((index, holds));
        Ok(())
    }

    fn fill(&self, index: u32, delta: BlockDelta, sink: Sink<'_>) -> Result<(), StreamFault> {
        match (self.open_block(index)?, delta) {
            (Holds::Text, BlockDelta::TextDelta { text }) if !text.is_empty() => {
                sink(Part::Text(text))
            }
            (Holds::Call(call), BlockDelta::InputJsonDelta { partial_json })
                if !partial_json.is_empty() =>
            {
                sink(Part::CallArguments {
                    call,
                    fragment: partial_json,
                })
            }
            (Holds::Text, BlockDelta::InputJsonDelta { .. })
            | (Holds::Call(_), BlockDelta::TextDelta { .. }) => {
                Err(StreamFault::Malformed("a block of another kind"))
            }
            _ => Ok(()),
        }
    }

    pub(crate) fn finish(self, sink: Sink<'_>) -> Result<(), StreamFault> {
        if !self.stopped {
            return Err(StreamFault::Broken);
        }
        sink(Part::End(match self.stop_reason.as_deref() {
            Some("max_tokens" | "model_context_window_exceeded") => EndReason::Length,
            Some("refusal") => EndReason::Withheld,
            _ if self.calls > 0 => EndReason::Calls,
            _ => EndReason::Stop,
        }))
    }
}

fn reported(kind: &str) -> Reported {
    match kind {
        "overloaded_error" | "rate_limit_error" | "api_error" | "timeout_error" => Reported::Busy,
        _ => Reported::Other,
    }
}

/// A request's body.
#[derive(Serialize)]
struct Body<'a> {
    model: &'a ModelName,
    max_tokens: u32,
    system: &'a str,
    messages: Vec<Said<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tools: Vec<Tool<'a>>,
    stream: bool,
}

#[derive(Serialize)]
struct Said<'a> {
    role: &'static str,
    content: Vec<SaidBlock<'a>>,
}

#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum SaidBlock<'a> {
    Text {
        text: &'a str,
    },
    ToolUse {
        id: &'a CallId,
        name: &'a str,
        input: Value,
    },
    ToolResult {
        tool_use_id: &'a CallId,
        content: &'a str,
        is_error: bool,
    },
}

#[derive(Serialize)]
struct Tool<'a> {
    name: &'a str,
    description: &'a str,
    input_schema: &'a RawValue,
}

/// A call's arguments as they have to be sent back: an object. Those that were none are answered as
/// such by their result.
fn object(arguments: &str) -> Value {
    match serde_json::from_str(arguments) {
        Ok(Value::Object(members)) => Value::Object(members),
        _ => Value::Object(Map::new()),
    }
}

fn said(message: &Message) -> Said<'_> {
    match message {
        Message::Person(text) => Said {
            role: "user",
            content: vec![SaidBlock::Text { text }],
        },
        Message::Model { text, calls } => {
            // Empty text is refused.
            let text = Some(text.as_str()).filter(|it| !it.is_empty());
            let text = text.map(|text| SaidBlock::Text { text });
            let calls = calls.iter().map(|call| SaidBlock::ToolUse {
                id: &call.id,
                name: &call.tool,
                input: object(&call.arguments),
            });
            Said {
                role: "assistant",
                content: text.into_iter().chain(calls).collect(),
            }
        }
        Message::Results(results) => Said {
            role: "user",
            content: results
                .iter()
                .map(|result| SaidBlock::ToolResult {
                    tool_use_id: &result.call,
                    content: &result.content,
                    is_error: result.failed,
                })
                .collect(),
        },
    }
}

/// What is sent.
pub(crate) fn body(model: &ModelName, request: &Request) -> Vec<u8> {
    let tools = request.tools.iter().map(|tool| Tool {
        name: &tool.name,
        description: &tool.description,
        input_schema: &tool.input_schema,
    });
    let body = Body {
        model,
        max_tokens: request.limits.max_tokens,
        system: &request.instructions,
        messages: request.messages.iter().map(said).collect(),
        tools: tools.collect(),
        stream: true,
    };
    // Nothing in it can fail to be written: text, and JSON that was read before.
    serde_json::to_vec(&body).unwrap_or_default()
}

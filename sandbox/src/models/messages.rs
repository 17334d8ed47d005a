//! Messages, as Anthropic documents them.

use serde_json::{Value, json};

use super::heard::{Heard, Turn, check_results, tool_name};
use super::{Refused, ScriptedAnswer, streamed};
use crate::service::{Reply, Request};

fn list(value: Option<&Value>) -> &[Value] {
    value.and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

/// A text, or the text of blocks.
fn text(value: Option<&Value>) -> String {
    match value {
        Some(Value::String(text)) => text.clone(),
        other => list(other)
            .iter()
            .filter_map(|block| block["text"].as_str())
            .collect(),
    }
}

pub(super) fn heard(request: &Request, body: &Value) -> Result<Heard, Refused> {
    if request.header("anthropic-version").is_none() {
        return Err(Refused::invalid("anthropic-version: header is required"));
    }
    let model = body["model"].as_str();
    let model = model.ok_or_else(|| Refused::invalid("model: field required"))?;
    if body["max_tokens"].as_u64().unwrap_or_default() == 0 {
        return Err(Refused::invalid("max_tokens: field required"));
    }
    let messages = list(body.get("messages"));
    if messages.first().is_none_or(|it| it["role"] != "user") {
        return Err(Refused::invalid(
            "messages: first message must be of the user",
        ));
    }
    let mut turns = Vec::new();
    for message in messages {
        hear(message, &mut turns)?;
    }
    check_results(&turns)?;
    let mut tools = Vec::new();
    for tool in list(body.get("tools")) {
        if tool["input_schema"]["type"] != "object" {
            return Err(Refused::invalid("tools: input_schema.type must be object"));
        }
        tools.push(tool_name(tool.get("name"))?);
    }
    Ok(Heard {
        model: model.to_owned(),
        instructions: text(body.get("system")),
        turns,
        tools,
        streams: body["stream"] == true,
        counts: true,
        length: body.to_string().len(),
    })
}

fn hear(message: &Value, turns: &mut Vec<Turn>) -> Result<(), Refused> {
    let content = message.get("content");
    let blocks = list(content);
    let said = text(content);
    match message["role"].as_str() {
        Some("user") => {
            for block in blocks {
                if block["type"] == "text" && block["text"] == "" {
                    return Err(Refused::invalid(
                        "messages: text content blocks must be non-empty",
                    ));
                }
                if block["type"] == "tool_result" {
                    let id = text(block.get("tool_use_id"));
                    turns.push(Turn::Result(id, text(block.get("content"))));
                }
            }
            if !said.is_empty() {
                turns.push(Turn::Person(said));
            }
            Ok(())
        }
        Some("assistant") => {
            let uses = blocks.iter().filter(|it| it["type"] == "tool_use");
            let calls: Result<_, Refused> = uses
                .map(|block| {
                    if !block["input"].is_object() {
                        return Err(Refused::invalid("tool_use.input: should be an object"));
                    }
                    let id = text(block.get("id"));
                    Ok((id, tool_name(block.get("name"))?, block["input"].clone()))
                })
                .collect();
            turns.push(Turn::Model(calls?));
            Ok(())
        }
        _ => Err(Refused::invalid("messages: role must be user or assistant")),
    }
}

fn call_id(answer: &ScriptedAnswer, number: u64, index: usize) -> String {
    let given = answer.calls[index].id.clone();
    given.unwrap_or_else(|| format!("toolu_{number}_{index}"))
}

fn stop_reason(answer: &ScriptedAnswer) -> String {
    let true_reason = if answer.calls.is_empty() {
        "end_turn"
    } else {
        "tool_use"
    };
    answer.finish.clone().unwrap_or_else(|| true_reason.into())
}

fn usage(read: u64, written: u64) -> Value {
    json!({ "input_tokens": read, "output_tokens": written,
        "cache_creation_input_tokens": 0, "cache_read_input_tokens": 0 })
}

fn message(heard: &Heard, number: u64, content: &[Value], usage: &Value) -> Value {
    json!({ "id": format!("msg_{number}"), "type": "message", "role": "assistant",
        "model": heard.model, "content": content, "stop_reason": null, "stop_sequence": null,
        "usage": usage })
}

pub(super) fn whole(heard: &Heard, answer: &ScriptedAnswer, number: u64) -> Reply {
    let mut content = Vec::new();
    if !answer.text.is_empty() {
        content.push(json!({ "type": "text", "text": answer.text, "citations": null }));
    }
    for (index, call) in answer.calls.iter().enumerate() {
        let input: Value = serde_json::from_str(&call.written()).unwrap_or_else(|_| json!({}));
        content.push(
            json!({ "type": "tool_use", "id": call_id(answer, number, index),
            "name": call.tool, "input": input }),
        );
    }
    let (read, written) = answer.tokens(heard.length);
    let mut body = message(heard, number, &content, &usage(read, written));
    body["stop_reason"] = stop_reason(answer).into();
    Reply::json(200, &body)
}

fn event(body: &Value) -> String {
    let name = body["type"].as_str().unwrap_or_default();
    format!("event: {name}\ndata: {body}\n\n")
}

/// The events of one block.
fn block(index: usize, begin: &Value, deltas: Vec<Value>) -> Vec<String> {
    let begin = json!({ "type": "content_block_start", "index": index, "content_block": begin });
    let deltas = deltas
        .into_iter()
        .map(|delta| json!({ "type": "content_block_delta", "index": index, "delta": delta }));
    let end = json!({ "type": "content_block_stop", "index": index });
    let all = [begin].into_iter().chain(deltas).chain([end]);
    all.map(|it| event(&it)).collect()
}

pub(super) fn stream(heard: &Heard, answer: &ScriptedAnswer, number: u64) -> Reply {
    let (read, written) = answer.tokens(heard.length);
    let begun = message(heard, number, &[], &usage(read, 1));
    let mut events = vec![
        event(&json!({ "type": "message_start", "message": begun })),
        event(&json!({ "type": "ping" })),
    ];
    let mut blocks = 0;
    if !answer.text.is_empty() {
        let pieces = answer.pieces(&answer.text).into_iter();
        let deltas = pieces.map(|text| json!({ "type": "text_delta", "text": text }));
        let begin = json!({ "type": "text", "text": "", "citations": null });
        events.extend(block(blocks, &begin, deltas.collect()));
        blocks += 1;
    }
    for (index, call) in answer.calls.iter().enumerate() {
        let pieces = answer.pieces(&call.written()).into_iter();
        let deltas = pieces.map(|json| json!({ "type": "input_json_delta", "partial_json": json }));
        let begin = json!({ "type": "tool_use", "id": call_id(answer, number, index),
            "name": call.tool, "input": {} });
        events.extend(block(blocks, &begin, deltas.collect()));
        blocks += 1;
    }
    events.push(event(&json!({ "type": "message_delta",
        "delta": { "stop_reason": stop_reason(answer), "stop_sequence": null },
        "usage": { "output_tokens": written } })));
    events.push(event(&json!({ "type": "message_stop" })));
    let error = json!({ "type": "error", "error": { "type": "overloaded_error", "message": "Overloaded" } });
    streamed(events, answer, &event(&error))
}

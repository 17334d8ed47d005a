//! Chat completions, as OpenAI documents them.

use serde_json::{Value, json};

use super::heard::{Heard, Turn, check_results, tool_name};
use super::{Refused, ScriptedAnswer, streamed};
use crate::service::Reply;

fn text(value: Option<&Value>) -> String {
    match value {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Array(parts)) => parts
            .iter()
            .filter_map(|part| part["text"].as_str())
            .collect(),
        _ => String::new(),
    }
}

fn list<'a>(value: &'a Value, member: &str) -> &'a [Value] {
    value
        .get(member)
        .and_then(Value::as_array)
        .map_or(&[], Vec::as_slice)
}

pub(super) fn heard(body: &Value) -> Result<Heard, Refused> {
    let model = body["model"].as_str();
    let model = model.ok_or_else(|| Refused::invalid("you must provide a model parameter"))?;
    if list(body, "messages").is_empty() {
        return Err(Refused::invalid("messages must not be empty"));
    }
    let mut instructions = String::new();
    let mut turns = Vec::new();
    for message in list(body, "messages") {
        let content = text(message.get("content"));
        match message["role"].as_str() {
            Some("system" | "developer") => instructions.push_str(&content),
            Some("user") => turns.push(Turn::Person(content)),
            Some("assistant") => turns.push(Turn::Model(calls(message)?)),
            Some("tool") => {
                let id = text(message.get("tool_call_id"));
                turns.push(Turn::Result(id, content));
            }
            _ => return Err(Refused::invalid("a message of a role that does not exist")),
        }
    }
    check_results(&turns)?;
    let mut tools = Vec::new();
    for tool in list(body, "tools") {
        let function = &tool["function"];
        if tool["type"] != "function" || !function["parameters"].is_object() {
            return Err(Refused::invalid("a tool that is no function"));
        }
        tools.push(tool_name(function.get("name"))?);
    }
    Ok(Heard {
        model: model.to_owned(),
        instructions,
        turns,
        tools,
        streams: body["stream"] == true,
        counts: body["stream_options"]["include_usage"] == true,
        length: body.to_string().len(),
    })
}

fn calls(message: &Value) -> Result<Vec<(String, String, Value)>, Refused> {
    let calls = list(message, "tool_calls").iter();
    calls
        .map(|call| {
            let arguments = call["function"]["arguments"].as_str();
            let arguments =
                arguments.ok_or_else(|| Refused::invalid("arguments that are no text"))?;
            Ok((
                text(call.get("id")),
                tool_name(call["function"].get("name"))?,
                serde_json::from_str(arguments).unwrap_or_default(),
            ))
        })
        .collect()
}

/// A call's name of this API's kind.
fn call_id(answer: &ScriptedAnswer, number: u64, index: usize) -> String {
    let given = answer.calls[index].id.clone();
    given.unwrap_or_else(|| format!("call_{number}_{index}"))
}

fn finish(answer: &ScriptedAnswer) -> String {
    let true_reason = if answer.calls.is_empty() {
        "stop"
    } else {
        "tool_calls"
    };
    answer.finish.clone().unwrap_or_else(|| true_reason.into())
}

fn usage(heard: &Heard, answer: &ScriptedAnswer) -> Value {
    let (read, written) = answer.tokens(heard.length);
    json!({ "prompt_tokens": read, "completion_tokens": written, "total_tokens": read + written })
}

pub(super) fn whole(heard: &Heard, answer: &ScriptedAnswer, number: u64, now_ms: i64) -> Reply {
    let calls: Vec<Value> = (0..answer.calls.len())
        .map(|index| {
            json!({ "id": call_id(answer, number, index), "type": "function", "function": {
                "name": answer.calls[index].tool, "arguments": answer.calls[index].written() } })
        })
        .collect();
    let content = (!answer.text.is_empty()).then_some(&answer.text);
    let mut message = json!({ "role": "assistant", "content": content, "refusal": null });
    if !calls.is_empty() {
        message["tool_calls"] = calls.into();
    }
    let body = json!({ "id": format!("chatcmpl-{number}"), "object": "chat.completion",
        "created": now_ms / 1000, "model": heard.model,
        "choices": [{ "index": 0, "message": message, "logprobs": null, "finish_reason": finish(answer) }],
        "usage": usage(heard, answer) });
    Reply::json(200, &body)
}

pub(super) fn stream(heard: &Heard, answer: &ScriptedAnswer, number: u64, now_ms: i64) -> Reply {
    let chunk = |choices: Value, usage: Value| {
        let mut chunk = json!({ "id": format!("chatcmpl-{number}"), "object": "chat.completion.chunk",
            "created": now_ms / 1000, "model": heard.model, "choices": choices });
        if heard.counts {
            chunk["usage"] = usage;
        }
        format!("data: {chunk}\n\n")
    };
    let said = |delta: Value, finish: Value| {
        let choice =
            json!({ "index": 0, "delta": delta, "logprobs": null, "finish_reason": finish });
        chunk(json!([choice]), Value::Null)
    };
    let mut events = vec![said(
        json!({ "role": "assistant", "content": "" }),
        Value::Null,
    )];
    for piece in answer.pieces(&answer.text) {
        events.push(said(json!({ "content": piece }), Value::Null));
    }
    for (index, call) in answer.calls.iter().enumerate() {
        let begun = json!({ "index": index, "id": call_id(answer, number, index), "type": "function",
            "function": { "name": call.tool, "arguments": "" } });
        events.push(said(json!({ "tool_calls": [begun] }), Value::Null));
    }
    // Calls are written side by side: a piece of each in turn.
    let mut rows: Vec<_> = answer
        .calls
        .iter()
        .map(|call| answer.pieces(&call.written()).into_iter())
        .collect();
    loop {
        let more = rows.iter_mut().enumerate().filter_map(|(index, row)| {
            Some(json!({ "index": index, "function": { "arguments": row.next()? } }))
        });
        let more: Vec<Value> = more.collect();
        if more.is_empty() {
            break;
        }
        events.push(said(json!({ "tool_calls": more }), Value::Null));
    }
    events.push(said(json!({}), finish(answer).into()));
    if heard.counts {
        let nothing = if answer.null_choices {
            Value::Null
        } else {
            json!([])
        };
        events.push(chunk(nothing, usage(heard, answer)));
    }
    events.push("data: [DONE]\n\n".into());
    let error = json!({ "error": { "message": "the server had an error", "type": "server_error",
        "param": null, "code": null } });
    streamed(events, answer, &format!("data: {error}\n\n"))
}

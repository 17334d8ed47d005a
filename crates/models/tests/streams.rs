//! What each dialect's stream says, wherever it is cut, and what is no answer.

use onbehalf_models::{
    Answer, Call, CallId, Decoder, Dialect, EndReason, Gathered, Part, Reported, StreamFault, Usage,
};
use proptest::prelude::*;
use serde_json::{Value, json};

/// Everything that a stream in these pieces gives, the fault it ends with included.
fn parts<'a>(
    dialect: Dialect,
    pieces: impl IntoIterator<Item = &'a [u8]>,
) -> (Vec<Part>, Result<(), StreamFault>) {
    let mut parts = Vec::new();
    let mut gathered = Gathered::default();
    let mut hear = |part: Part| {
        gathered.take(&part)?;
        parts.push(part);
        Ok(())
    };
    let mut decoder = Decoder::new(dialect);
    let fed = pieces
        .into_iter()
        .try_for_each(|piece| decoder.feed(piece, &mut hear));
    let ended = fed.and_then(|()| decoder.finish(&mut hear));
    (parts, ended)
}

fn answer(dialect: Dialect, stream: &[u8]) -> Result<Answer, StreamFault> {
    let (parts, ended) = parts(dialect, [stream]);
    ended?;
    let mut gathered = Gathered::default();
    for part in &parts {
        gathered.take(part)?;
    }
    gathered.answer().ok_or(StreamFault::Broken)
}

fn events(events: &[Value]) -> Vec<u8> {
    let events = events.iter().map(|event| format!("data: {event}\n\n"));
    events.collect::<String>().into_bytes()
}

fn with_done(mut stream: Vec<u8>) -> Vec<u8> {
    stream.extend_from_slice(b"data: [DONE]\n\n");
    stream
}

fn call(id: &str, tool: &str, arguments: &str) -> Call {
    Call {
        id: CallId::new(id),
        tool: tool.into(),
        arguments: arguments.into(),
    }
}

/// Says an answer in a dialect, its text and arguments in fragments of this many characters.
fn said(dialect: Dialect, answer: &Answer, fragment: usize) -> Vec<u8> {
    match dialect {
        Dialect::AnthropicMessages => messages(answer, fragment),
        Dialect::ChatCompletions | Dialect::WorkersAi => chat(answer, fragment),
    }
}

fn fragments(text: &str, size: usize) -> Vec<String> {
    let characters: Vec<char> = text.chars().collect();
    let fragments = characters.chunks(size.max(1));
    fragments.map(|it| it.iter().collect()).collect()
}

fn chat(answer: &Answer, size: usize) -> Vec<u8> {
    let choice = |delta: Value, finish: Value| {
        json!({ "id": "c", "object": "chat.completion.chunk", "created": 1, "model": "m",
        "choices": [{ "index": 0, "delta": delta, "finish_reason": finish }] })
    };
    let mut all = vec![choice(
        json!({ "role": "assistant", "content": "" }),
        Value::Null,
    )];
    for text in fragments(&answer.text, size) {
        all.push(choice(json!({ "content": text }), Value::Null));
    }
    for (index, call) in answer.calls.iter().enumerate() {
        all.push(choice(
            json!({ "tool_calls": [{ "index": index, "id": call.id.as_str(), "type": "function",
                "function": { "name": call.tool, "arguments": "" } }] }),
            Value::Null,
        ));
    }
    // Side by side: one fragment of each call in turn.
    let mut rows: Vec<_> = answer
        .calls
        .iter()
        .map(|call| fragments(&call.arguments, size).into_iter())
        .collect();
    loop {
        let row: Vec<Value> = rows
            .iter_mut()
            .enumerate()
            .filter_map(|(index, row)| {
                let arguments = row.next()?;
                Some(json!({ "index": index, "function": { "arguments": arguments } }))
            })
            .collect();
        if row.is_empty() {
            break;
        }
        all.push(choice(json!({ "tool_calls": row }), Value::Null));
    }
    let finish = match answer.end {
        EndReason::Stop => "stop",
        EndReason::Calls => "tool_calls",
        EndReason::Length => "length",
        EndReason::Withheld => "content_filter",
    };
    all.push(choice(json!({}), finish.into()));
    all.push(
        json!({ "choices": null, "usage": { "prompt_tokens": answer.usage.input_tokens,
        "completion_tokens": answer.usage.output_tokens, "total_tokens": answer.usage.total() } }),
    );
    with_done(events(&all))
}

fn messages(answer: &Answer, size: usize) -> Vec<u8> {
    let mut all = vec![
        json!({ "type": "message_start", "message": { "id": "m", "type": "message", "role": "assistant",
            "content": [], "model": "m", "stop_reason": null, "stop_sequence": null,
            "usage": { "input_tokens": answer.usage.input_tokens, "output_tokens": 1 } } }),
        json!({ "type": "ping" }),
    ];
    let mut index = 0;
    let mut block = |begin: Value, deltas: Vec<Value>| {
        let mut all =
            vec![json!({ "type": "content_block_start", "index": index, "content_block": begin })];
        all.extend(
            deltas.into_iter().map(
                |delta| json!({ "type": "content_block_delta", "index": index, "delta": delta }),
            ),
        );
        all.push(json!({ "type": "content_block_stop", "index": index }));
        index += 1;
        all
    };
    if !answer.text.is_empty() {
        let deltas = fragments(&answer.text, size)
            .into_iter()
            .map(|text| json!({ "type": "text_delta", "text": text }));
        all.extend(block(
            json!({ "type": "text", "text": "" }),
            deltas.collect(),
        ));
    }
    for call in &answer.calls {
        let deltas = fragments(&call.arguments, size)
            .into_iter()
            .map(|json| json!({ "type": "input_json_delta", "partial_json": json }));
        let begin =
            json!({ "type": "tool_use", "id": call.id.as_str(), "name": call.tool, "input": {} });
        all.extend(block(begin, deltas.collect()));
    }
    let reason = match answer.end {
        EndReason::Stop => "end_turn",
        EndReason::Calls => "tool_use",
        EndReason::Length => "max_tokens",
        EndReason::Withheld => "refusal",
    };
    all.push(
        json!({ "type": "message_delta", "delta": { "stop_reason": reason, "stop_sequence": null },
        "usage": { "output_tokens": answer.usage.output_tokens } }),
    );
    all.push(json!({ "type": "message_stop" }));
    events(&all)
}

fn some_answer() -> impl Strategy<Value = Answer> {
    let call = ("[a-z_]{1,12}", prop::collection::vec(any::<String>(), 0..3));
    let calls = prop::collection::vec(call, 0..4);
    (any::<String>(), calls, any::<[u32; 2]>()).prop_map(|(text, calls, tokens)| Answer {
        end: if calls.is_empty() {
            EndReason::Stop
        } else {
            EndReason::Calls
        },
        text,
        calls: calls
            .into_iter()
            .enumerate()
            .map(|(index, (tool, words))| {
                call_of(index, &tool, &json!({ "words": words }).to_string())
            })
            .collect(),
        usage: Usage {
            input_tokens: tokens[0].into(),
            output_tokens: tokens[1].into(),
        },
    })
}

fn call_of(index: usize, tool: &str, arguments: &str) -> Call {
    call(&format!("call-{index}"), tool, arguments)
}

proptest! {
    #[test]
    fn an_answer_is_read_as_it_was_said_wherever_its_stream_is_cut(
        wanted in some_answer(), size in 1usize..9, which in 0usize..3, cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..6),
    ) {
        let dialect = Dialect::ALL[which];
        let stream = said(dialect, &wanted, size);
        prop_assert_eq!(answer(dialect, &stream).expect("a whole stream"), wanted);
        let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut.index(stream.len())).collect();
        cuts.sort_unstable();
        let mut pieces = Vec::new();
        let mut from = 0;
        for cut in cuts.into_iter().chain([stream.len()]) {
            pieces.push(&stream[from..cut]);
            from = cut;
        }
        prop_assert_eq!(parts(dialect, pieces), parts(dialect, [stream.as_slice()]));
    }

    #[test]
    fn whatever_comes_instead_ends_typed(which in 0usize..3, noise: Vec<u8>, lines in prop::collection::vec("data: .{0,40}\n\n?", 0..5)) {
        let dialect = Dialect::ALL[which];
        let lines = lines.concat();
        for stream in [noise.as_slice(), lines.as_bytes()] {
            prop_assert!(parts(dialect, [stream]).1.is_err());
        }
    }
}

fn two_calls() -> Answer {
    Answer {
        text: "Grüße 🐳 — I look.".into(),
        calls: vec![
            call_of(0, "hubspot-list-tasks", r#"{"limit":3}"#),
            call_of(1, "slack-whoami", "{}"),
        ],
        usage: Usage {
            input_tokens: 31,
            output_tokens: 7,
        },
        end: EndReason::Calls,
    }
}

#[test]
fn every_single_cut_gives_the_same_parts() {
    for dialect in Dialect::ALL {
        let stream = said(dialect, &two_calls(), 3);
        let whole = parts(dialect, [stream.as_slice()]);
        assert_eq!(whole.1, Ok(()));
        for cut in 0..=stream.len() {
            let (before, after) = stream.split_at(cut);
            assert_eq!(
                parts(dialect, [before, after]),
                whole,
                "{dialect:?} cut at {cut}"
            );
        }
        let singly = stream.chunks(1);
        assert_eq!(parts(dialect, singly), whole, "{dialect:?} byte by byte");
    }
}

#[test]
fn a_stream_that_breaks_off_is_no_answer_until_its_end_was_said() {
    for dialect in Dialect::ALL {
        let wanted = two_calls();
        let stream = said(dialect, &wanted, 3);
        let mut whole = 0;
        for cut in 0..stream.len() {
            match answer(dialect, &stream[..cut]) {
                Err(fault) => {
                    assert_eq!(fault, StreamFault::Broken, "{dialect:?} at {cut}");
                    assert_eq!(whole, 0, "{dialect:?} was whole before {cut}");
                }
                // The count of tokens comes last, and may be lost with the rest.
                Ok(answer) => {
                    whole += 1;
                    assert_eq!((&answer.text, &answer.calls), (&wanted.text, &wanted.calls));
                    assert_eq!(answer.end, EndReason::Calls);
                }
            }
        }
        assert!(whole < stream.len() / 4, "{dialect:?}");
    }
}

fn choice(delta: Value, finish: Value) -> Value {
    json!({ "choices": [{ "index": 0, "delta": delta, "finish_reason": finish }] })
}

fn fragment(index: u32, id: Option<&str>, name: Option<&str>, arguments: &str) -> Value {
    json!({ "tool_calls": [{ "index": index, "id": id, "function": { "name": name, "arguments": arguments } }] })
}

#[test]
fn calls_count_and_not_the_reason() {
    let begun = choice(fragment(0, Some("a"), Some("look"), "{}"), Value::Null);
    for reason in ["stop", "tool_calls", "function_call", "eos"] {
        let stream = events(&[begun.clone(), choice(json!({}), reason.into())]);
        let read = answer(Dialect::ChatCompletions, &stream).expect("an answer");
        assert_eq!(
            (read.end, read.calls),
            (EndReason::Calls, vec![call("a", "look", "{}")])
        );
    }
    let none = events(&[
        choice(json!({ "content": "done" }), Value::Null),
        choice(json!({}), "tool_calls".into()),
    ]);
    assert_eq!(
        answer(Dialect::ChatCompletions, &none).map(|it| it.end),
        Ok(EndReason::Stop)
    );
    // What was cut off asks for nothing, however much of a call is there.
    let cut = events(&[begun, choice(json!({}), "length".into())]);
    assert_eq!(
        answer(Dialect::ChatCompletions, &cut).map(|it| it.end),
        Ok(EndReason::Length)
    );
}

#[test]
fn an_event_without_choices_is_no_fault() {
    for choices in [json!(null), json!([])] {
        let stream = events(&[
            json!({ "choices": choices }),
            choice(json!({ "content": null }), Value::Null),
            choice(json!({ "content": "yes" }), "stop".into()),
            json!({ "choices": choices, "usage": { "prompt_tokens": 2, "completion_tokens": 1 } }),
        ]);
        let read = answer(Dialect::ChatCompletions, &stream).expect("an answer");
        assert_eq!((read.text.as_str(), read.usage.total()), ("yes", 3));
    }
}

#[test]
fn what_cannot_be_put_together_is_malformed() {
    let stop = choice(json!({}), "stop".into());
    let begun = choice(fragment(0, Some("a"), Some("look"), ""), Value::Null);
    let cases: [(&str, Vec<Value>); 9] = [
        (
            "no index",
            vec![choice(
                json!({ "tool_calls": [{ "id": "a", "function": { "name": "look", "arguments": "{}" } }] }),
                Value::Null,
            )],
        ),
        (
            "no id",
            vec![choice(fragment(0, None, Some("look"), ""), Value::Null)],
        ),
        (
            "no tool",
            vec![choice(fragment(0, Some("a"), None, "{}"), Value::Null)],
        ),
        (
            "another id",
            vec![
                begun.clone(),
                choice(fragment(0, Some("b"), None, "{}"), Value::Null),
            ],
        ),
        (
            "one id twice",
            vec![
                begun.clone(),
                choice(fragment(1, Some("a"), Some("look"), ""), Value::Null),
            ],
        ),
        (
            "text after the end",
            vec![
                stop.clone(),
                choice(json!({ "content": "more" }), Value::Null),
            ],
        ),
        ("a call after the end", vec![stop, begun]),
        (
            "a second answer",
            vec![json!({ "choices": [{ "index": 1, "delta": { "content": "b" } }] })],
        ),
        ("no chunk", vec![json!([1])]),
    ];
    for (what, stream) in cases {
        let (_, ended) = parts(
            Dialect::ChatCompletions,
            [with_done(events(&stream)).as_slice()],
        );
        assert!(
            matches!(ended, Err(StreamFault::Malformed(_))),
            "{what}: {ended:?}"
        );
    }
}

#[test]
fn blocks_out_of_order_are_malformed() {
    let start = json!({ "type": "message_start", "message": { "usage": { "input_tokens": 1 } } });
    let text = json!({ "type": "content_block_start", "index": 0, "content_block": { "type": "text", "text": "" } });
    let stop = json!({ "type": "message_stop" });
    let delta = |index: u32, delta: Value| json!({ "type": "content_block_delta", "index": index, "delta": delta });
    let words = json!({ "type": "text_delta", "text": "a" });
    let cases = [
        vec![text.clone()],
        vec![start.clone(), start.clone()],
        vec![start.clone(), delta(0, words.clone())],
        vec![start.clone(), text.clone(), delta(1, words.clone())],
        vec![start.clone(), text.clone(), text.clone()],
        vec![
            start.clone(),
            text.clone(),
            delta(
                0,
                json!({ "type": "input_json_delta", "partial_json": "{" }),
            ),
        ],
        vec![start.clone(), text, stop.clone()],
        vec![start, stop.clone(), stop],
    ];
    for stream in cases {
        let (_, ended) = parts(Dialect::AnthropicMessages, [events(&stream).as_slice()]);
        assert!(
            matches!(ended, Err(StreamFault::Malformed(_))),
            "{stream:?}: {ended:?}"
        );
    }
}

#[test]
fn blocks_and_events_of_unknown_kinds_are_passed_over() {
    let stream = events(&[
        json!({ "type": "message_start", "message": { "usage": { "input_tokens": 3, "cache_read_input_tokens": 4 } } }),
        json!({ "type": "content_block_start", "index": 0, "content_block": { "type": "thinking", "thinking": "" } }),
        json!({ "type": "content_block_delta", "index": 0, "delta": { "type": "thinking_delta", "thinking": "hm" } }),
        json!({ "type": "content_block_delta", "index": 0, "delta": { "type": "signature_delta", "signature": "s" } }),
        json!({ "type": "content_block_stop", "index": 0 }),
        json!({ "type": "of_next_year", "index": 0 }),
        json!({ "type": "content_block_start", "index": 1, "content_block": { "type": "text", "text": "yes" } }),
        json!({ "type": "content_block_stop", "index": 1 }),
        json!({ "type": "message_delta", "delta": { "stop_reason": "end_turn" }, "usage": { "output_tokens": 2 } }),
        json!({ "type": "message_stop" }),
    ]);
    let read = answer(Dialect::AnthropicMessages, &stream).expect("an answer");
    assert_eq!((read.text.as_str(), read.end), ("yes", EndReason::Stop));
    assert_eq!((read.usage.input_tokens, read.usage.output_tokens), (7, 2));
}

#[test]
fn a_failure_in_the_middle_is_told_by_its_kind_alone() {
    let cases = [
        (
            Dialect::ChatCompletions,
            json!({ "error": { "message": "sk-secret", "code": 503 } }),
            Reported::Busy,
        ),
        (
            Dialect::ChatCompletions,
            json!({ "error": { "message": "sk-secret", "type": "server_error", "code": null } }),
            Reported::Busy,
        ),
        (
            Dialect::ChatCompletions,
            json!({ "error": { "message": "sk-secret", "code": "invalid_prompt" } }),
            Reported::Other,
        ),
        (
            Dialect::AnthropicMessages,
            json!({ "type": "error", "error": { "type": "overloaded_error", "message": "sk-secret" } }),
            Reported::Busy,
        ),
        (
            Dialect::AnthropicMessages,
            json!({ "type": "error", "error": { "type": "invalid_request_error", "message": "sk-secret" } }),
            Reported::Other,
        ),
    ];
    for (dialect, event, reported) in cases {
        let (_, ended) = parts(dialect, [events(&[event]).as_slice()]);
        assert_eq!(ended, Err(StreamFault::Reported(reported)));
        assert!(!format!("{ended:?}").contains("sk-secret"));
    }
}

#[test]
fn workers_ai_is_read_in_its_older_form_too() {
    let stream = with_done(events(&[
        json!({ "response": "It is " }),
        json!({ "response": 7 }),
        json!({ "tool_calls": [{ "name": "look", "arguments": { "at": 1 } }, { "name": "ask", "arguments": {} }] }),
        json!({ "response": "", "usage": { "prompt_tokens": 5, "completion_tokens": 6, "total_tokens": 11 } }),
    ]));
    let read = answer(Dialect::WorkersAi, &stream).expect("an answer");
    assert_eq!(read.text, "It is 7");
    assert_eq!(
        read.calls,
        [
            call("call_0", "look", r#"{"at":1}"#),
            call("call_1", "ask", "{}")
        ]
    );
    assert_eq!((read.end, read.usage.total()), (EndReason::Calls, 11));
    let newer = with_done(events(&[
        choice(fragment(0, Some("a"), Some("look"), ""), Value::Null),
        choice(fragment(0, None, None, "{}"), Value::Null),
        choice(
            json!({ "tool_calls": [{ "index": 0, "id": null, "type": null, "function": { "name": null, "arguments": null } }] }),
            Value::Null,
        ),
    ]));
    let read = answer(Dialect::WorkersAi, &newer).expect("an answer");
    assert_eq!(read.calls, [call("a", "look", "{}")]);
    // Nothing of this is chat completions as others speak them: an answer without words or calls.
    assert_eq!(
        answer(Dialect::ChatCompletions, &stream).map(|it| it.text),
        Ok(String::new())
    );
}

#[test]
fn an_answer_without_end_to_its_size_is_refused() {
    let many = (0..65).map(|it| {
        choice(
            fragment(it, Some(&format!("c{it}")), Some("look"), ""),
            Value::Null,
        )
    });
    let long = |delta: fn(String) -> Value| vec![choice(delta("x".repeat(600_000)), Value::Null)];
    let mut argued = vec![choice(
        fragment(0, Some("a"), Some("look"), ""),
        Value::Null,
    )];
    argued.extend(long(|text| fragment(0, None, None, &text)));
    let cases = [
        ("the number of calls", many.collect()),
        ("the text", long(|text| json!({ "content": text }))),
        ("the arguments", argued),
        (
            "a tool's name",
            long(|text| fragment(0, Some("a"), Some(&text), "")),
        ),
        (
            "a call's name",
            long(|text| fragment(0, Some(&text), Some("look"), "")),
        ),
    ];
    for (what, stream) in cases {
        let (_, ended) = parts(Dialect::ChatCompletions, [events(&stream).as_slice()]);
        assert_eq!(ended, Err(StreamFault::TooLarge(what)));
    }
}

//! A conversation, as a model hears it through either API.

use serde_json::Value;

use super::Refused;

/// Longest name of a tool in both APIs.
const NAME: usize = 64;

/// What a model was asked.
pub(super) struct Heard {
    pub(super) model: String,
    pub(super) instructions: String,
    pub(super) turns: Vec<Turn>,
    /// Names of the tools on offer.
    pub(super) tools: Vec<String>,
    pub(super) streams: bool,
    /// Chat completions only: whether the stream ends with what it cost.
    pub(super) counts: bool,
    /// Characters of it all.
    pub(super) length: usize,
}

/// One message.
pub(super) enum Turn {
    Person(String),
    /// The calls it made: id, tool and arguments.
    Model(Vec<(String, String, Value)>),
    /// A call's id, and what became of it.
    Result(String, String),
}

/// A tool's name, if a provider would take it.
pub(super) fn tool_name(name: Option<&Value>) -> Result<String, Refused> {
    let name = name.and_then(Value::as_str).unwrap_or_default();
    let plain = |it: u8| it.is_ascii_alphanumeric() || b"_-".contains(&it);
    if name.is_empty() || name.len() > NAME || !name.bytes().all(plain) {
        return Err(Refused::invalid("a tool's name is missing or not allowed"));
    }
    Ok(name.to_owned())
}

/// Refuses what both providers refuse: calls without results, and results of no call.
pub(super) fn check_results(turns: &[Turn]) -> Result<(), Refused> {
    let mut open: Vec<&str> = Vec::new();
    for turn in turns {
        match turn {
            Turn::Result(id, _) => {
                let Some(at) = open.iter().position(|it| it == id) else {
                    return Err(Refused::invalid("a result that is of no call before it"));
                };
                open.remove(at);
            }
            Turn::Person(_) | Turn::Model(_) if !open.is_empty() => {
                return Err(Refused::invalid("a call has no result right after it"));
            }
            Turn::Model(calls) => open = calls.iter().map(|(id, ..)| id.as_str()).collect(),
            Turn::Person(_) => {}
        }
    }
    if open.is_empty() {
        Ok(())
    } else {
        Err(Refused::invalid("a call has no result right after it"))
    }
}

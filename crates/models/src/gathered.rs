//! The parts of an answer, put together within bounds.

use serde::{Deserialize, Serialize};

use crate::failure::StreamFault;
use crate::part::{CallId, EndReason, Part, Usage};

/// Longest text of an answer: some sixty thousand words, more than any model writes at once.
const MAX_TEXT_BYTES: usize = 512 * 1024;
/// Calls in one answer. Models are taught to make a handful side by side.
const MAX_CALLS: usize = 64;
/// Longest arguments of one call: a long comment or message is a tenth of it.
const MAX_ARGUMENT_BYTES: usize = 128 * 1024;
/// Longest name of a tool or a call; the providers' own limit is 64.
const MAX_NAME_BYTES: usize = 256;

/// An answer, complete: all there is to keep of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Answer {
    /// What was said.
    pub text: String,
    /// What was asked for, in order.
    pub calls: Vec<Call>,
    /// What it cost.
    pub usage: Usage,
    /// Why it ends. Unless this is [`EndReason::Calls`], its calls are not to be made.
    pub end: EndReason,
}

/// A call, as a model wrote it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Call {
    /// What its result is sent back under.
    pub id: CallId,
    /// The tool it asks for, which may not exist.
    pub tool: String,
    /// Its arguments: JSON if the model did well.
    pub arguments: String,
}

/// An answer on its way.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Gathered {
    text: String,
    calls: Vec<Call>,
    usage: Usage,
    end: Option<EndReason>,
}

impl Gathered {
    /// Takes the next part.
    ///
    /// # Errors
    /// When the answer grows beyond any use, or two of its calls have one name.
    pub fn take(&mut self, part: &Part) -> Result<(), StreamFault> {
        match part {
            Part::Text(text) => {
                self.text.push_str(text);
                bounded(self.text.len(), MAX_TEXT_BYTES, "the text")
            }
            Part::CallBegun { id, tool, .. } => {
                bounded(self.calls.len() + 1, MAX_CALLS, "the number of calls")?;
                bounded(id.as_str().len(), MAX_NAME_BYTES, "a call's name")?;
                bounded(tool.len(), MAX_NAME_BYTES, "a tool's name")?;
                // A result is sent back under it, so it must mean one call.
                if self.calls.iter().any(|it| it.id == *id) {
                    return Err(StreamFault::Malformed("two calls of one name"));
                }
                self.calls.push(Call {
                    id: id.clone(),
                    tool: tool.clone(),
                    arguments: String::new(),
                });
                Ok(())
            }
            Part::CallArguments { call, fragment } => {
                let known = self.calls.get_mut(*call);
                let known = known.ok_or(StreamFault::Malformed("arguments of no call"))?;
                known.arguments.push_str(fragment);
                bounded(known.arguments.len(), MAX_ARGUMENT_BYTES, "the arguments")
            }
            Part::Usage(usage) => {
                self.usage = *usage;
                Ok(())
            }
            Part::Void => {
                *self = Self::default();
                Ok(())
            }
            Part::End(reason) => {
                self.end = Some(*reason);
                Ok(())
            }
        }
    }

    /// The answer, if it has ended.
    pub fn answer(self) -> Option<Answer> {
        Some(Answer {
            end: self.end?,
            text: self.text,
            calls: self.calls,
            usage: self.usage,
        })
    }
}

fn bounded(size: usize, most: usize, what: &'static str) -> Result<(), StreamFault> {
    if size > most {
        return Err(StreamFault::TooLarge(what));
    }
    Ok(())
}

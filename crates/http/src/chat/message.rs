//! Messages as clients show them: put together from chunks, as the AI SDK does
//! (`vercel/ai`, `packages/ai/src/ui/process-ui-message-stream.ts`).

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Value, json};

use super::chunk::Chunk;
use onbehalf_runs::RunId;

/// A thread.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ThreadResponse {
    /// What its owner calls it.
    pub id: String,
    /// With which agent it is.
    pub agent: String,
    /// Oldest first: each message of the person, and behind it what the agent has answered so far.
    pub messages: Vec<UiMessage>,
    /// The turns that have not ended, by their runs.
    pub open: Vec<RunId>,
}

/// Whose a message is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Author {
    /// The person's.
    User,
    /// The agent's.
    Assistant,
}

/// A message, as the AI SDK has it.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct UiMessage {
    /// The client's name for a message of the person; the turn's run for an agent's.
    pub id: String,
    /// Whose it is.
    pub role: Author,
    /// When it was said, of a person's; how the turn ended, of an agent's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub metadata: Option<Value>,
    /// What it is made of.
    pub parts: Vec<Value>,
}

impl UiMessage {
    /// What these chunks make.
    pub(super) fn told_in(id: String, chunks: Vec<Chunk>) -> Self {
        let mut message = Self {
            id,
            role: Author::Assistant,
            metadata: None,
            parts: Vec::new(),
        };
        for chunk in chunks {
            message.take(chunk);
        }
        message
    }

    fn take(&mut self, chunk: Chunk) {
        match chunk {
            Chunk::StartStep => self.parts.push(json!({ "type": "step-start" })),
            Chunk::TextStart { .. } => {
                self.parts
                    .push(json!({ "type": "text", "text": "", "state": "streaming" }));
            }
            Chunk::TextDelta { delta, .. } => {
                if let Some(part) = self.text() {
                    let text = part["text"].as_str().unwrap_or_default();
                    part["text"] = format!("{text}{delta}").into();
                }
            }
            Chunk::TextEnd { .. } => {
                if let Some(part) = self.text() {
                    part["state"] = "done".into();
                }
            }
            Chunk::ToolInputAvailable {
                tool_call_id,
                tool_name,
                input,
                ..
            } => self.parts.push(json!({
                "type": "dynamic-tool",
                "toolName": tool_name,
                "toolCallId": tool_call_id,
                "state": "input-available",
                "input": input,
            })),
            Chunk::ToolApprovalRequest {
                approval_id,
                tool_call_id,
            } => {
                if let Some(part) = self.call(&tool_call_id) {
                    part["state"] = "approval-requested".into();
                    part["approval"] = json!({ "id": approval_id });
                }
            }
            Chunk::ToolApprovalResponse {
                approval_id,
                approved,
            } => {
                let mut parts = self.parts.iter_mut();
                if let Some(part) = parts.find(|it| it["approval"]["id"] == *approval_id) {
                    part["state"] = "approval-responded".into();
                    part["approval"]["approved"] = approved.into();
                }
            }
            Chunk::ToolOutputAvailable {
                tool_call_id,
                output,
                ..
            } => {
                if let Some(part) = self.call(&tool_call_id) {
                    part["state"] = "output-available".into();
                    part["output"] = output;
                }
            }
            Chunk::ToolOutputError {
                tool_call_id,
                error_text,
                ..
            } => {
                if let Some(part) = self.call(&tool_call_id) {
                    part["state"] = "output-error".into();
                    part["errorText"] = error_text.into();
                }
            }
            Chunk::ToolOutputDenied { tool_call_id } => {
                if let Some(part) = self.call(&tool_call_id) {
                    part["state"] = "output-denied".into();
                }
            }
            Chunk::Finish {
                message_metadata, ..
            } => self.metadata = message_metadata,
            Chunk::Start { .. }
            | Chunk::FinishStep
            | Chunk::Waiting { .. }
            | Chunk::Error { .. }
            | Chunk::Abort { .. } => {}
        }
    }

    /// The text under way. A turn is told one text after the other.
    fn text(&mut self) -> Option<&mut Value> {
        let mut parts = self.parts.iter_mut().rev();
        parts.find(|it| it["type"] == "text")
    }

    fn call(&mut self, id: &str) -> Option<&mut Value> {
        let mut parts = self.parts.iter_mut();
        parts.find(|it| it["toolCallId"] == id)
    }
}

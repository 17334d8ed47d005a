//! A single write that somebody asks for directly, as a run of a workflow of its own.
//!
//! Owns what is said between whoever asks for such a write and the workflow that makes it: its name,
//! its input and its end. Refuses to know which tools there are.

mod policy;

use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::approval_mode::ApprovalMode;
use crate::contract::Repeats;

pub use policy::{AskedBy, ClaimName, Decide, Question, ToolPolicy, WritingTool};

/// The id of the workflow.
pub const TOOL_CALL: &str = "tool-call";
/// The variable that its settings, the policy, are read from.
pub const TOOL_POLICY: &str = "TOOL_POLICY";

/// What is to be written.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(rename = "ToolCallInput")]
pub struct ToolCallInput {
    /// The tool's id.
    pub tool: String,
    /// Its input, checked, every default written out.
    pub arguments: Value,
    /// Through what it was asked for.
    pub by: AskedBy,
    /// The approval it waits for.
    pub approval: ApprovalMode,
    /// Whether it waits for a dead connection instead of ending.
    pub waits_for_connection: bool,
}

/// What a call ends with.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "ToolCallResult")]
pub struct ToolCallResult {
    /// What became of the write.
    pub end: ToolCallEnd,
    /// The tool's typed outcome, as whoever asked is answered.
    pub outcome: Value,
}

/// What became of a write.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ToolCallEnd {
    /// It is in the app, once.
    Landed,
    /// The app refused it for good.
    Refused,
    /// The app would not take it in time.
    Expired,
    /// The app is not connected, and the call does not wait for that.
    NotConnected,
    /// The policy that holds now does not allow it.
    Denied,
    /// A person said no.
    Rejected,
    /// Nobody can tell whether it landed.
    UnknownOutcome,
}

impl ToolCallEnd {
    /// Every end.
    pub const ALL: [Self; 7] = [
        Self::Landed,
        Self::Refused,
        Self::Expired,
        Self::NotConnected,
        Self::Denied,
        Self::Rejected,
        Self::UnknownOutcome,
    ];

    /// The end as written in JSON, and as the index of runs keeps it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Landed => "landed",
            Self::Refused => "refused",
            Self::Expired => "expired",
            Self::NotConnected => "not_connected",
            Self::Denied => "denied",
            Self::Rejected => "rejected",
            Self::UnknownOutcome => "unknown_outcome",
        }
    }

    /// Whether the same call may simply be made again: nothing was written, and nobody has said that
    /// nothing is to be.
    pub const fn came_to_nothing(self) -> bool {
        match self {
            Self::Refused | Self::Expired | Self::NotConnected | Self::Denied => true,
            Self::Landed | Self::Rejected | Self::UnknownOutcome => false,
        }
    }
}

impl ToolCallInput {
    /// When this call, made without an idempotency key, is taken for one that was made before: of the
    /// same tool with the same arguments, while that goes on, and for this time after it has ended,
    /// unless it came to nothing.
    pub fn repeats(&self, within: Duration) -> Repeats {
        let nothing = ToolCallEnd::ALL.into_iter();
        let nothing = nothing.filter(|end| end.came_to_nothing());
        Repeats {
            of: serde_json::json!([self.tool, self.arguments]),
            within,
            unless_failed_as: nothing.map(|end| end.name().to_owned()).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_end_is_written_as_it_is_named() {
        for end in ToolCallEnd::ALL {
            assert_eq!(serde_json::to_value(end).ok(), Some(end.name().into()));
        }
    }

    #[test]
    fn what_may_have_been_written_is_never_made_again_unasked() {
        for end in ToolCallEnd::ALL {
            let written = matches!(end, ToolCallEnd::Landed | ToolCallEnd::UnknownOutcome);
            assert!(!(written && end.came_to_nothing()));
        }
    }

    /// The same write is the same call, whatever was asked beside it.
    #[test]
    fn a_call_is_the_same_by_its_tool_and_arguments() {
        let call = |tool: &str, text: &str, approval| ToolCallInput {
            tool: tool.into(),
            arguments: serde_json::json!({ "text": text }),
            by: AskedBy::Api,
            approval,
            waits_for_connection: approval == ApprovalMode::None,
        };
        let of = |call: ToolCallInput| call.repeats(Duration::ZERO).of;
        let first = of(call("say", "hello", ApprovalMode::None));
        assert_eq!(of(call("say", "hello", ApprovalMode::Required)), first);
        assert_ne!(of(call("say", "hello!", ApprovalMode::None)), first);
        assert_ne!(of(call("shout", "hello", ApprovalMode::None)), first);
    }
}

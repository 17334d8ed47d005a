//! What a turn is asked, and what it ends with.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::OnMissingConnector;
use onbehalf_connector::Connector;
use onbehalf_runs::ApprovalMode;
use onbehalf_runs::thread::InThread;

/// What is asked.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(rename = "TurnInput")]
pub struct TurnInput {
    /// The question; without one, the agent's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 8000))]
    pub message: Option<String>,
    /// The approval that writes wait for, beside what the policy asks for.
    #[serde(default)]
    pub approval: ApprovalMode,
    /// What happens when a tool's app is not connected.
    #[serde(default = "suspend")]
    pub on_missing_connector: OnMissingConnector,
    /// The thread it stands in. What was said there before is read; a turn that was not begun by a
    /// message of the thread leaves nothing in it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub thread: Option<InThread>,
}

/// Longest question that is read, in characters; more of it is not sent.
pub const MAX_MESSAGE_CHARS: usize = 8_000;

fn suspend() -> OnMissingConnector {
    OnMissingConnector::Suspend
}

/// What a turn ends with.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "TurnResult")]
pub struct TurnResult {
    /// How it ends.
    pub end: TurnEnd,
    /// What the model said last, without links that lead elsewhere.
    pub text: String,
    /// What was done for it, in order: what was read are its sources.
    pub calls: Vec<MadeCall>,
    /// Answers of the model.
    pub steps: u32,
    /// Tokens of all of them, read and written.
    pub tokens: u64,
    /// Why there is no answer, where the model failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<String>,
}

/// A call that a model asked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct MadeCall {
    /// The tool, as the model named it; none where there is no such tool.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tool: Option<String>,
    /// The app it was made in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub connector: Option<Connector>,
    /// Whether it was to write.
    pub writes: bool,
    /// Whether it came to something.
    pub done: bool,
}

/// How a turn ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum TurnEnd {
    /// With an answer.
    Answered,
    /// The model asked for more answers than a turn has.
    TooManySteps,
    /// It has read and written more than a turn may.
    TooManyTokens,
    /// It took longer than a turn may.
    OutOfTime,
    /// It cost more than a turn may.
    OutOfMoney,
    /// Its last answer was cut off.
    CutOff,
    /// It would not answer.
    Withheld,
    /// The model could not be asked; `failure` says why.
    ModelFailed,
    /// The operator has configured no model.
    NoModel,
}

impl TurnEnd {
    /// The end as written in JSON, and as the index of runs keeps it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Answered => "answered",
            Self::TooManySteps => "too_many_steps",
            Self::TooManyTokens => "too_many_tokens",
            Self::OutOfTime => "out_of_time",
            Self::OutOfMoney => "out_of_money",
            Self::CutOff => "cut_off",
            Self::Withheld => "withheld",
            Self::ModelFailed => "model_failed",
            Self::NoModel => "no_model",
        }
    }
}

//! `slack-whoami`: under which name the connected account speaks.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use onbehalf_clock::Timestamp;
use onbehalf_connector::{CallKind, Connector};

use super::input::{InputError, NoInput};
use super::json::text;
use super::slack::checked;
use super::tool::{OutputError, Tool};

/// The account in Slack.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SlackPerson {
    /// Slack's id of the person.
    pub person: String,
    /// Slack's id of the workspace.
    pub team: String,
}

/// See the module.
pub struct SlackWhoami;

impl Tool for SlackWhoami {
    const ID: &'static str = "slack-whoami";
    const DESCRIPTION: &'static str = "Says under which name messages in Slack are sent.";
    const CONNECTOR: Connector = Connector::SLACK;
    const SCALEKIT_NAME: &'static str = "slack_auth_test";
    const KIND: CallKind = CallKind::Read;
    type Input = NoInput;
    type Output = SlackPerson;

    fn params(_: &NoInput) -> Result<Value, InputError> {
        Ok(json!({}))
    }

    fn output(data: &Value, _: &NoInput, _: Timestamp) -> Result<SlackPerson, OutputError> {
        let answer = checked(data, Self::KIND)?;
        Ok(SlackPerson {
            person: text(answer, "user_id").ok_or(OutputError::Malformed("user_id"))?,
            team: text(answer, "team_id").ok_or(OutputError::Malformed("team_id"))?,
        })
    }
}

//! The Slack workspace behind a connection, and who one is in it.

use serde_json::{Value, json};

use onbehalf_clock::Timestamp;
use onbehalf_connector::{CallKind, Connector};

use super::{AppAccount, name};
use crate::app_page::AppPage;
use crate::input::{InputError, NoInput};
use crate::json::text;
use crate::slack::checked;
use crate::tool::{OutputError, Tool};

/// Asks Slack who the connection speaks as (<https://docs.slack.dev/reference/methods/auth.test>):
/// the workspace and its address, and a person, or the app's own user for a bot's token.
pub(super) struct SlackAccount;

impl Tool for SlackAccount {
    const ID: &'static str = "slack-account";
    const DESCRIPTION: &'static str = "Says which Slack workspace is connected, and as whom.";
    const CONNECTOR: Connector = Connector::SLACK;
    const SCALEKIT_NAME: &'static str = "slack_auth_test";
    const KIND: CallKind = CallKind::Read;
    type Input = NoInput;
    type Output = AppAccount;

    fn params(_: &NoInput) -> Result<Value, InputError> {
        Ok(json!({}))
    }

    fn output(data: &Value, _: &NoInput, _: Timestamp) -> Result<AppAccount, OutputError> {
        let answer = checked(data, Self::KIND)?;
        let url = text(answer, "url");
        Ok(AppAccount {
            name: name(answer, "team").ok_or(OutputError::Malformed("team"))?,
            user: name(answer, "user"),
            url: url.and_then(|address| AppPage::of(Connector::SLACK, &address)),
        })
    }
}

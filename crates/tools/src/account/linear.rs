//! The Linear organization behind a connection, and who one is in it.

use serde_json::{Value, json};

use onbehalf_clock::Timestamp;
use onbehalf_connector::{CallKind, Connector};

use super::{AppAccount, name};
use crate::app_page::AppPage;
use crate::input::{InputError, NoInput};
use crate::json::text;
use crate::linear_graphql::field;
use crate::tool::{OutputError, Tool};

/// Asks Linear who the connection speaks as: the `viewer` of its schema, a `User` with an
/// `Organization` (<https://github.com/linear/linear/blob/master/packages/sdk/src/schema.graphql>:
/// `name`, `email`, `organization`, and of that `name` and `urlKey`). Which of these Scalekit's tool
/// asks for no document says, so the person stands in for an organization that is not there.
pub(super) struct LinearAccount;

impl Tool for LinearAccount {
    const ID: &'static str = "linear-account";
    const DESCRIPTION: &'static str = "Says which Linear organization is connected, and as whom.";
    const CONNECTOR: Connector = Connector::LINEAR;
    const SCALEKIT_NAME: &'static str = "linear_viewer_get";
    const KIND: CallKind = CallKind::Read;
    type Input = NoInput;
    type Output = AppAccount;

    fn params(_: &NoInput) -> Result<Value, InputError> {
        Ok(json!({}))
    }

    fn output(data: &Value, _: &NoInput, _: Timestamp) -> Result<AppAccount, OutputError> {
        let viewer = field(data, "viewer", Self::KIND)?;
        let person = name(viewer, "name").or_else(|| name(viewer, "email"));
        let organization = viewer.get("organization").unwrap_or(&Value::Null);
        let url = text(organization, "urlKey").and_then(|key| {
            let address = format!("https://linear.app/{key}/");
            AppPage::of(Connector::LINEAR, &address)
        });
        let (name, user) = match (name(organization, "name"), person) {
            (Some(organization), person) => (organization, person),
            (None, Some(person)) => (person, None),
            (None, None) => return Err(OutputError::Malformed("name")),
        };
        Ok(AppAccount { name, user, url })
    }
}

//! The Zendesk account behind a connection.

use serde_json::{Value, json};

use onbehalf_clock::Timestamp;
use onbehalf_connector::{CallKind, Connector};

use super::AppAccount;
use crate::app_page::AppPage;
use crate::input::{InputError, NoInput};
use crate::tool::{OutputError, Tool};
use crate::zendesk_tickets::account_host;

/// Asks Zendesk for one of the account's groups, whose address is under the account's own host
/// (<https://developer.zendesk.com/api-reference/ticketing/groups/groups/>: `url`, which the example
/// there leaves out; allowed for agents). No tool says whose a connection is without being told an
/// id. Of all that has such an address a group says least: nothing of a customer, and nothing of a
/// person.
pub(super) struct ZendeskAccount;

impl Tool for ZendeskAccount {
    const ID: &'static str = "zendesk-account";
    const DESCRIPTION: &'static str = "Says which Zendesk account is connected.";
    const CONNECTOR: Connector = Connector::ZENDESK;
    const SCALEKIT_NAME: &'static str = "zendesk_groups_list";
    const KIND: CallKind = CallKind::Read;
    type Input = NoInput;
    /// Nothing where no group says its address.
    type Output = Option<AppAccount>;

    fn params(_: &NoInput) -> Result<Value, InputError> {
        Ok(json!({ "page": 1, "per_page": 1 }))
    }

    fn output(data: &Value, _: &NoInput, _: Timestamp) -> Result<Option<AppAccount>, OutputError> {
        let groups = data.get("groups").and_then(Value::as_array);
        let groups = groups.ok_or(OutputError::Malformed("groups"))?;
        Ok(groups.iter().find_map(account_host).map(|host| AppAccount {
            url: AppPage::of(Connector::ZENDESK, &format!("https://{host}/")),
            name: host,
            user: None,
        }))
    }
}

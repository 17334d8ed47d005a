//! The HubSpot portal behind a connection.

use serde_json::{Value, json};

use onbehalf_clock::Timestamp;
use onbehalf_connector::{CallKind, Connector};

use super::{AppAccount, name};
use crate::app_page::AppPage;
use crate::input::{InputError, NoInput};
use crate::json::{id, text};
use crate::tool::{OutputError, Tool};

/// Asks HubSpot for the portal. Its answer has no name before the beta of version 2027-03, which adds
/// `portalName`; people know a portal by its number, too, which HubSpot calls the Hub ID
/// (<https://developers.hubspot.com/docs/api-reference/latest/account/account-information/guide>,
/// <https://developers.hubspot.com/docs/api-reference/2027-03-beta/account/account-information/guide>).
pub(super) struct HubspotAccount;

impl Tool for HubspotAccount {
    const ID: &'static str = "hubspot-account";
    const DESCRIPTION: &'static str = "Says which HubSpot portal is connected.";
    const CONNECTOR: Connector = Connector::HUBSPOT;
    const SCALEKIT_NAME: &'static str = "hubspot_account_details_get";
    const KIND: CallKind = CallKind::Read;
    type Input = NoInput;
    type Output = AppAccount;

    fn params(_: &NoInput) -> Result<Value, InputError> {
        Ok(json!({}))
    }

    fn output(data: &Value, _: &NoInput, _: Timestamp) -> Result<AppAccount, OutputError> {
        let portal = id(data, "portalId").ok_or(OutputError::Malformed("portalId"))?;
        // Where people are in a portal, as HubSpot describes its addresses
        // (<https://knowledge.hubspot.com/account/manage-multiple-hubspot-accounts>).
        let url = text(data, "uiDomain").and_then(|host| {
            AppPage::of(
                Connector::HUBSPOT,
                &format!("https://{host}/contacts/{portal}/"),
            )
        });
        Ok(AppAccount {
            name: name(data, "portalName").unwrap_or_else(|| format!("Hub {portal}")),
            user: None,
            url,
        })
    }
}

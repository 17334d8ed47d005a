//! `hubspot-portal`: which company account a connection belongs to, and where people see it.
//!
//! Everybody who works in a portal shares what it allows and what is written there. Not in the
//! registry: it says nothing that a model could use.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use onbehalf_clock::Timestamp;
use onbehalf_connector::{CallKind, Connector};

use super::app_page::AppPage;
use super::input::{InputError, NoInput};
use super::json::{id, text};
use super::tool::{OutputError, Tool};

/// HubSpot's number of the kind of record that a task is ("Object type IDs").
const TASKS: &str = "0-27";

/// The portal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Portal {
    /// HubSpot's number of it.
    pub portal_id: String,
    /// The host under which people see it, as HubSpot says it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ui_domain: Option<String>,
}

impl Portal {
    /// The page of a task in this portal, as HubSpot's own server for the Model Context Protocol
    /// writes the addresses of records.
    pub fn task_page(&self, task_id: &str) -> Option<AppPage> {
        let (host, portal) = (self.ui_domain.as_deref()?, &self.portal_id);
        let is_number = |id: &str| !id.is_empty() && id.bytes().all(|it| it.is_ascii_digit());
        if !is_number(portal) || !is_number(task_id) {
            return None;
        }
        let address = format!("https://{host}/contacts/{portal}/record/{TASKS}/{task_id}");
        AppPage::of(Connector::HUBSPOT, &address)
    }
}

/// See the module.
pub struct HubspotPortal;

impl Tool for HubspotPortal {
    const ID: &'static str = "hubspot-portal";
    const DESCRIPTION: &'static str = "Says which HubSpot portal a connection belongs to.";
    const CONNECTOR: Connector = Connector::HUBSPOT;
    const SCALEKIT_NAME: &'static str = "hubspot_account_details_get";
    const KIND: CallKind = CallKind::Read;
    type Input = NoInput;
    type Output = Portal;

    fn params(_: &NoInput) -> Result<Value, InputError> {
        Ok(json!({}))
    }

    fn output(data: &Value, _: &NoInput, _: Timestamp) -> Result<Portal, OutputError> {
        let portal_id = id(data, "portalId").ok_or(OutputError::Malformed("portalId"))?;
        Ok(Portal {
            portal_id,
            ui_domain: text(data, "uiDomain"),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn portal(portal_id: &str, ui_domain: Option<&str>) -> Portal {
        Portal {
            portal_id: portal_id.into(),
            ui_domain: ui_domain.map(str::to_owned),
        }
    }

    #[test]
    fn a_task_is_seen_under_the_host_of_its_portal() {
        let page = portal("12345678", Some("app-eu1.hubspot.com")).task_page("5013");
        assert_eq!(
            page.as_ref().map(AppPage::as_str),
            Some("https://app-eu1.hubspot.com/contacts/12345678/record/0-27/5013")
        );
    }

    #[test]
    fn nothing_that_an_answer_says_leads_elsewhere() {
        for (portal_id, ui_domain, task_id) in [
            ("1", None, "2"),
            ("1", Some("evil.example"), "2"),
            ("1", Some("evil.example/app.hubspot.com"), "2"),
            ("1", Some("app.hubspot.com@evil.example"), "2"),
            ("1", Some("app.hubspot.com/x?"), "2"),
            ("1/../2", Some("app.hubspot.com"), "2"),
            ("1", Some("app.hubspot.com"), "2?token=3"),
            ("1", Some("app.hubspot.com"), ""),
        ] {
            let page = portal(portal_id, ui_domain).task_page(task_id);
            assert_eq!(page, None, "{portal_id} {ui_domain:?} {task_id}");
        }
    }
}

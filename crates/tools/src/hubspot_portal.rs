//! `hubspot-portal`: which company account a connection belongs to.
//!
//! Everybody who works in a portal shares what it allows and what is written there. Not in the
//! registry: it says nothing that a model could use.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use onbehalf_clock::Timestamp;
use onbehalf_connector::{CallKind, Connector};

use super::input::InputError;
use super::json::id;
use super::tool::{OutputError, Tool};

crate::tool_input! {
    /// Nothing.
    pub struct PortalInput {}
}

/// The portal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Portal {
    /// HubSpot's number of it.
    pub portal_id: String,
}

/// See the module.
pub struct HubspotPortal;

impl Tool for HubspotPortal {
    const ID: &'static str = "hubspot-portal";
    const DESCRIPTION: &'static str = "Says which HubSpot portal a connection belongs to.";
    const CONNECTOR: Connector = Connector::HUBSPOT;
    const SCALEKIT_NAME: &'static str = "hubspot_account_details_get";
    const KIND: CallKind = CallKind::Read;
    type Input = PortalInput;
    type Output = Portal;

    fn params(_: &PortalInput) -> Result<Value, InputError> {
        Ok(json!({}))
    }

    fn output(data: &Value, _: &PortalInput, _: Timestamp) -> Result<Portal, OutputError> {
        let portal_id = id(data, "portalId").ok_or(OutputError::Malformed("portalId"))?;
        Ok(Portal { portal_id })
    }
}

//! An input written without the macro is not a tool's input.

use onbehalf_connector::{CallKind, Connector};
use onbehalf_clock::Timestamp;
use onbehalf_tools::{InputError, OutputError, Tool};
use serde_json::{Value, json};

#[derive(Clone, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
pub struct Contacts {
    pub user_id: String,
}

struct HubspotContacts;

impl Tool for HubspotContacts {
    const ID: &'static str = "hubspot-contacts";
    const DESCRIPTION: &'static str = "Lists contacts.";
    const CONNECTOR: Connector = Connector::HUBSPOT;
    const SCALEKIT_NAME: &'static str = "hubspot_contacts_search";
    const KIND: CallKind = CallKind::Read;
    type Input = Contacts;
    type Output = Contacts;

    fn params(_: &Contacts) -> Result<Value, InputError> {
        Ok(json!({}))
    }

    fn output(_: &Value, input: &Contacts, _: Timestamp) -> Result<Contacts, OutputError> {
        Ok(input.clone())
    }
}

fn main() {}

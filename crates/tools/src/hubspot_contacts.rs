//! `hubspot-get-onboarding-contacts`: who is in a lifecycle stage, and since when.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use onbehalf_clock::Timestamp;
use onbehalf_connector::{CallKind, Connector};

use super::input::InputError;
use super::json::{hubspot_next, id, moment, text};
use super::tool::{OutputError, Tool};

/// HubSpot's own bound for one page.
const MAX_LIMIT: u32 = 100;
const MAX_ID_CHARS: usize = 64;
/// Who looks after a contact.
const OWNER: &str = "hubspot_owner_id";
/// The company a contact belongs to.
const COMPANY: &str = "associatedcompanyid";

crate::tool_input! {
    /// Which contacts.
    pub struct ContactsInput {
        /// HubSpot's internal name of the lifecycle stage.
        #[serde(default = "customer")]
        pub lifecycle_stage: String,
        /// Only contacts who entered the stage at or after this moment.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub entered_after: Option<Timestamp>,
        /// Only contacts that this owner looks after: HubSpot's id of the owner.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub owned_by: Option<String>,
        /// How many at most, 1 to 100.
        #[serde(default = "fifty")]
        pub limit: u32,
        /// Cursor of the page before (`next`).
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub after: Option<String>,
    }
}

fn customer() -> String {
    "customer".to_owned()
}

fn fifty() -> u32 {
    50
}

impl Default for ContactsInput {
    fn default() -> Self {
        Self {
            lifecycle_stage: customer(),
            entered_after: None,
            owned_by: None,
            limit: fifty(),
            after: None,
        }
    }
}

/// One page of contacts.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Contacts {
    /// In HubSpot's order.
    pub contacts: Vec<Contact>,
    /// Cursor for `after`; absent on the last page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
    /// How many match in all. HubSpot pages through at most 10,000 of them.
    pub total: u64,
}

/// A contact, as far as onboarding needs it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Contact {
    /// HubSpot's id.
    pub id: String,
    /// Absent for a contact without an address; no ticket can be found by it then.
    pub email: Option<String>,
    /// Given name.
    pub first_name: Option<String>,
    /// Family name.
    pub last_name: Option<String>,
    /// Company, as written on the contact.
    pub company: Option<String>,
    /// HubSpot's id of the company it belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub company_id: Option<String>,
    /// When the stage was entered, where HubSpot knows.
    pub entered_stage_at: Option<Timestamp>,
    /// Whole days from then to the moment of reading.
    pub days_in_stage: Option<i64>,
}

/// See the module.
pub struct HubspotContacts;

impl Tool for HubspotContacts {
    const ID: &'static str = "hubspot-get-onboarding-contacts";
    const DESCRIPTION: &'static str =
        "Lists HubSpot contacts in a lifecycle stage, with the days they have been in it.";
    const CONNECTOR: Connector = Connector::HUBSPOT;
    const SCALEKIT_NAME: &'static str = "hubspot_contacts_search";
    const KIND: CallKind = CallKind::Read;
    type Input = ContactsInput;
    type Output = Contacts;

    fn params(input: &ContactsInput) -> Result<Value, InputError> {
        InputError::within("limit", input.limit, MAX_LIMIT)?;
        // The stage becomes part of a property's name below.
        let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_';
        InputError::text("lifecycle_stage", &input.lifecycle_stage, 64)?;
        if !input.lifecycle_stage.bytes().all(plain) {
            let rule = "must be an internal name: lower-case letters, digits, underscores";
            return Err(InputError::new("lifecycle_stage", rule));
        }
        let entered = entered_property(&input.lifecycle_stage);
        let mut filters = vec![json!({
            "propertyName": "lifecyclestage", "operator": "EQ", "value": input.lifecycle_stage,
        })];
        if let Some(moment) = input.entered_after {
            // HubSpot compares dates as milliseconds since the epoch, written as text.
            let millis = moment.millis().to_string();
            filters.push(json!({"propertyName": entered, "operator": "GTE", "value": millis}));
        }
        if let Some(owner) = &input.owned_by {
            InputError::text("owned_by", owner, MAX_ID_CHARS)?;
            filters.push(json!({"propertyName": OWNER, "operator": "EQ", "value": owner}));
        }
        let mut params = json!({
            "filterGroups": json!([{ "filters": filters }]).to_string(),
            "properties": ["email", "firstname", "lastname", "company", COMPANY, entered],
            "limit": input.limit,
        });
        if let Some(after) = &input.after {
            params["after"] = json!(after);
        }
        Ok(params)
    }

    fn output(
        data: &Value,
        input: &ContactsInput,
        now: Timestamp,
    ) -> Result<Contacts, OutputError> {
        let results = data.get("results").and_then(Value::as_array);
        let results = results.ok_or(OutputError::Malformed("results"))?;
        let entered = entered_property(&input.lifecycle_stage);
        let contacts = results.iter().map(|result| contact(result, &entered, now));
        let contacts = contacts.collect::<Option<Vec<_>>>();
        let contacts = contacts.ok_or(OutputError::Malformed("contact id"))?;
        let total = data
            .get("total")
            .and_then(Value::as_u64)
            .unwrap_or(contacts.len() as u64);
        Ok(Contacts {
            contacts,
            next: hubspot_next(data),
            total,
        })
    }
}

/// The property with the date a stage was entered. The older `hs_lifecyclestage_…_date` stands for
/// the first time ever, exists for HubSpot's own stages only, and is on its way out.
fn entered_property(stage: &str) -> String {
    format!("hs_v2_date_entered_{stage}")
}

fn contact(result: &Value, entered: &str, now: Timestamp) -> Option<Contact> {
    let properties = result.get("properties").unwrap_or(&Value::Null);
    let entered_stage_at = moment(properties, entered);
    Some(Contact {
        id: id(result, "id")?,
        email: text(properties, "email"),
        first_name: text(properties, "firstname"),
        last_name: text(properties, "lastname"),
        company: text(properties, "company"),
        company_id: text(properties, COMPANY),
        entered_stage_at,
        days_in_stage: entered_stage_at.map(|entered| now.days_since(entered)),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testkit::{now, success_of};

    #[tokio::test]
    async fn a_page_of_contacts_is_asked_for_and_read() {
        let input = ContactsInput {
            entered_after: Timestamp::parse("2026-10-24T00:00:00Z"),
            owned_by: Some("5".into()),
            after: Some("50".into()),
            ..ContactsInput::default()
        };
        let (sent, output) = success_of::<HubspotContacts>(
            &input,
            &json!({
                "total": 120,
                "results": [{"id": "7", "properties": {
                    "email": "jo@acme.test", "firstname": "Jo", "lastname": null, "company": "Acme",
                    "hs_v2_date_entered_customer": "2026-11-13T09:00:00.000Z",
                    "associatedcompanyid": "71"
                }, "createdAt": "2026-01-01T00:00:00Z"}],
                "paging": {"next": {"after": "100"}}
            }),
        )
        .await;
        assert_eq!(sent["tool_name"], "hubspot_contacts_search");
        let params = &sent["params"];
        let groups = params["filterGroups"].as_str().expect("a JSON string");
        let groups: Value = serde_json::from_str(groups).expect("JSON inside");
        assert_eq!(
            groups,
            json!([{"filters": [
                {"propertyName": "lifecyclestage", "operator": "EQ", "value": "customer"},
                {"propertyName": "hs_v2_date_entered_customer", "operator": "GTE",
                 "value": "1792800000000"},
                {"propertyName": "hubspot_owner_id", "operator": "EQ", "value": "5"}
            ]}])
        );
        assert_eq!(params["limit"], 50);
        assert_eq!(params["after"], "50");
        let contact = &output.contacts[0];
        assert_eq!((contact.id.as_str(), contact.days_in_stage), ("7", Some(9)));
        assert_eq!(contact.last_name, None);
        assert_eq!(contact.company_id.as_deref(), Some("71"));
        assert_eq!((output.next.as_deref(), output.total), (Some("100"), 120));
    }

    #[test]
    fn bounds_and_names_are_checked_before_anything_is_sent() {
        for limit in [0, 101, u32::MAX] {
            let input = ContactsInput {
                limit,
                ..ContactsInput::default()
            };
            assert_eq!(
                HubspotContacts::params(&input).expect_err("limit").field,
                "limit"
            );
        }
        for stage in ["", "Customer", "a-b", "x\"y", &"x".repeat(65)] {
            let input = ContactsInput {
                lifecycle_stage: stage.into(),
                ..ContactsInput::default()
            };
            assert!(HubspotContacts::params(&input).is_err(), "{stage}");
        }
    }

    #[test]
    fn answers_of_another_shape_are_told_apart() {
        let read = |data: Value| HubspotContacts::output(&data, &ContactsInput::default(), now());
        assert_eq!(read(json!({})), Err(OutputError::Malformed("results")));
        let nameless = json!({"results": [{"properties": {}}]});
        assert_eq!(read(nameless), Err(OutputError::Malformed("contact id")));
        assert!(read(json!({"results": [{"id": 5}]})).is_ok());
    }
}

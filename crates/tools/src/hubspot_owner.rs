//! `hubspot-find-owner`: who somebody is in HubSpot, by the address they sign in with.
//!
//! A token of HubSpot's speaks for the whole portal; whose customers a run works on is told by the
//! owner of a contact. Not in the registry: the address is the caller's own, and no model names it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use onbehalf_clock::Timestamp;
use onbehalf_connector::{CallKind, Connector};

use super::input::InputError;
use super::json::{id, text};
use super::tool::{OutputError, Tool};

/// Longest address (RFC 5321, section 4.5.3.1).
const MAX_ADDRESS_CHARS: usize = 254;
/// An address belongs to one owner; HubSpot may show a deactivated one beside it.
const LIMIT: u32 = 10;

crate::tool_input! {
    /// Who is looked for.
    pub struct OwnerInput {
        /// The address of a HubSpot user.
        pub address: String,
    }
}

/// Who was found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct FoundOwner {
    /// What `hubspot_owner_id` holds for their records; absent when nobody has the address.
    pub owner_id: Option<String>,
}

/// See the module.
pub struct HubspotFindOwner;

impl Tool for HubspotFindOwner {
    const ID: &'static str = "hubspot-find-owner";
    const DESCRIPTION: &'static str = "Finds the owner of HubSpot records by their address.";
    const CONNECTOR: Connector = Connector::HUBSPOT;
    const SCALEKIT_NAME: &'static str = "hubspot_owners_list";
    const KIND: CallKind = CallKind::Read;
    type Input = OwnerInput;
    type Output = FoundOwner;

    fn params(input: &OwnerInput) -> Result<Value, InputError> {
        InputError::text("address", &input.address, MAX_ADDRESS_CHARS)?;
        Ok(json!({ "email": input.address.trim(), "limit": LIMIT }))
    }

    fn output(data: &Value, input: &OwnerInput, _: Timestamp) -> Result<FoundOwner, OutputError> {
        let results = data.get("results").and_then(Value::as_array);
        let results = results.ok_or(OutputError::Malformed("results"))?;
        // The filter is HubSpot's; who is taken for the caller is decided here.
        let wanted = input.address.trim();
        let is_them = |owner: &&Value| {
            let same = text(owner, "email").is_some_and(|it| it.eq_ignore_ascii_case(wanted));
            same && owner.get("archived").and_then(Value::as_bool) != Some(true)
        };
        Ok(FoundOwner {
            owner_id: results.iter().find(is_them).and_then(|it| id(it, "id")),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testkit::success_of;

    fn input() -> OwnerInput {
        OwnerInput {
            address: "Ann@Acme.test".into(),
        }
    }

    #[tokio::test]
    async fn only_the_owner_of_this_very_address_is_taken() {
        let owner = |id: u32, email: &str, archived: bool| json!({"id": id.to_string(), "email": email, "archived": archived});
        let (sent, found) = success_of::<HubspotFindOwner>(
            &input(),
            &json!({"results": [owner(1, "joann@acme.test", false), owner(2, "ann@acme.test", true),
                owner(3, "ann@acme.test", false)]}),
        )
        .await;
        assert_eq!(sent["tool_name"], "hubspot_owners_list");
        assert_eq!(sent["params"]["email"], "Ann@Acme.test");
        assert_eq!(found.owner_id.as_deref(), Some("3"));
        let (_, nobody) = success_of::<HubspotFindOwner>(&input(), &json!({"results": []})).await;
        assert_eq!(nobody.owner_id, None);
    }
}

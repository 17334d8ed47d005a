//! `hubspot-associate-task`, `hubspot-assign-task` and `hubspot-get-task`: whose a task is, and whom
//! it is about.
//!
//! HubSpot's tool that creates a task takes neither, and a task that is no one's and hangs on nothing
//! is seen by nobody. Both writes may be made again without harm. Not in the registry: they complete a
//! task that this product made, and are of no use by themselves.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use onbehalf_clock::Timestamp;
use onbehalf_connector::{CallKind, Connector};

use super::input::InputError;
use super::json::{id, text};
use super::tool::{OutputError, Tool};

const MAX_ID_CHARS: usize = 64;
const OWNER: &str = "hubspot_owner_id";

crate::tool_input! {
    /// The kinds of records a task can be about.
    pub enum RecordKind {
        /// A person.
        Contact,
        /// Their company.
        Company,
    }
}

impl RecordKind {
    /// As HubSpot names the type.
    const fn name(self) -> &'static str {
        match self {
            Self::Contact => "contacts",
            Self::Company => "companies",
        }
    }
}

crate::tool_input! {
    /// What a task is about.
    pub struct AssociateInput {
        /// HubSpot's id of the task.
        pub task_id: String,
        /// What kind of record.
        pub kind: RecordKind,
        /// HubSpot's id of the record.
        pub record_id: String,
    }
}

crate::tool_input! {
    /// Whose a task is.
    pub struct AssignInput {
        /// HubSpot's id of the task.
        pub task_id: String,
        /// HubSpot's id of the owner.
        pub owner_id: String,
    }
}

crate::tool_input! {
    /// Which task.
    pub struct TaskLinksInput {
        /// HubSpot's id of the task.
        pub task_id: String,
    }
}

/// It is so.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Linked {}

/// Whose a task is, and whom it is about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TaskLinks {
    /// HubSpot's id of its owner, if it has one.
    pub owner_id: Option<String>,
    /// HubSpot's ids of contacts.
    pub contacts: Vec<String>,
    /// HubSpot's ids of companies.
    pub companies: Vec<String>,
}

/// Hangs a task on a contact or a company.
pub struct HubspotAssociateTask;

/// Gives a task an owner.
pub struct HubspotAssignTask;

/// Reads a task's owner and what it hangs on.
pub struct HubspotTaskLinks;

impl Tool for HubspotAssociateTask {
    const ID: &'static str = "hubspot-associate-task";
    const DESCRIPTION: &'static str = "Associates a HubSpot task with a contact or a company.";
    const CONNECTOR: Connector = Connector::HUBSPOT;
    const SCALEKIT_NAME: &'static str = "hubspot_association_create";
    const KIND: CallKind = CallKind::Write;
    type Input = AssociateInput;
    type Output = Linked;

    fn params(input: &AssociateInput) -> Result<Value, InputError> {
        InputError::text("task_id", &input.task_id, MAX_ID_CHARS)?;
        InputError::text("record_id", &input.record_id, MAX_ID_CHARS)?;
        Ok(json!({
            "from_object_type": "tasks", "from_object_id": input.task_id,
            "to_object_type": input.kind.name(), "to_object_id": input.record_id,
        }))
    }

    fn output(_: &Value, _: &AssociateInput, _: Timestamp) -> Result<Linked, OutputError> {
        Ok(Linked {})
    }
}

impl Tool for HubspotAssignTask {
    const ID: &'static str = "hubspot-assign-task";
    const DESCRIPTION: &'static str = "Gives a HubSpot task an owner.";
    const CONNECTOR: Connector = Connector::HUBSPOT;
    const SCALEKIT_NAME: &'static str = "hubspot_task_update";
    const KIND: CallKind = CallKind::Write;
    type Input = AssignInput;
    type Output = Linked;

    fn params(input: &AssignInput) -> Result<Value, InputError> {
        InputError::text("task_id", &input.task_id, MAX_ID_CHARS)?;
        InputError::text("owner_id", &input.owner_id, MAX_ID_CHARS)?;
        Ok(json!({ "task_id": input.task_id, "properties": { OWNER: input.owner_id } }))
    }

    fn output(_: &Value, _: &AssignInput, _: Timestamp) -> Result<Linked, OutputError> {
        Ok(Linked {})
    }
}

impl Tool for HubspotTaskLinks {
    const ID: &'static str = "hubspot-get-task";
    const DESCRIPTION: &'static str = "Reads the owner of a HubSpot task and what it is about.";
    const CONNECTOR: Connector = Connector::HUBSPOT;
    const SCALEKIT_NAME: &'static str = "hubspot_task_get";
    const KIND: CallKind = CallKind::Read;
    type Input = TaskLinksInput;
    type Output = TaskLinks;

    fn params(input: &TaskLinksInput) -> Result<Value, InputError> {
        InputError::text("task_id", &input.task_id, MAX_ID_CHARS)?;
        Ok(json!({
            "task_id": input.task_id, "properties": OWNER, "associations": "contacts,companies",
        }))
    }

    fn output(data: &Value, _: &TaskLinksInput, _: Timestamp) -> Result<TaskLinks, OutputError> {
        let properties = data
            .get("properties")
            .ok_or(OutputError::Malformed("properties"))?;
        let of = |kind: RecordKind| {
            let results = data.pointer(&format!("/associations/{}/results", kind.name()));
            let results = results.and_then(Value::as_array).into_iter().flatten();
            results.filter_map(|it| id(it, "id")).collect()
        };
        Ok(TaskLinks {
            owner_id: text(properties, OWNER),
            contacts: of(RecordKind::Contact),
            companies: of(RecordKind::Company),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testkit::success_of;

    #[tokio::test]
    async fn a_task_is_hung_on_a_record_and_given_an_owner() {
        let input = AssociateInput {
            task_id: "9".into(),
            kind: RecordKind::Company,
            record_id: "71".into(),
        };
        let (sent, _) = success_of::<HubspotAssociateTask>(&input, &json!({})).await;
        assert_eq!(sent["tool_name"], "hubspot_association_create");
        assert_eq!(
            sent["params"],
            json!({"from_object_type": "tasks", "from_object_id": "9",
                   "to_object_type": "companies", "to_object_id": "71"})
        );
        let input = AssignInput {
            task_id: "9".into(),
            owner_id: "5".into(),
        };
        let (sent, _) = success_of::<HubspotAssignTask>(&input, &json!({"id": "9"})).await;
        assert_eq!(
            sent["params"],
            json!({"task_id": "9", "properties": {"hubspot_owner_id": "5"}})
        );
    }

    #[tokio::test]
    async fn what_a_task_hangs_on_is_read() {
        let input = TaskLinksInput {
            task_id: "9".into(),
        };
        let (_, links) = success_of::<HubspotTaskLinks>(
            &input,
            &json!({"id": "9", "properties": {"hubspot_owner_id": "5"}, "associations": {
                "contacts": {"results": [{"id": "51", "type": "task_to_contact"}]}}}),
        )
        .await;
        assert_eq!(links.owner_id.as_deref(), Some("5"));
        assert_eq!(links.contacts, ["51"]);
        assert!(links.companies.is_empty());
    }
}

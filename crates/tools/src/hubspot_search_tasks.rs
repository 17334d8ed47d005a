//! `hubspot-search-tasks`: was this task written already, and is a flag still open?
//!
//! HubSpot's search index lags behind its records by some seconds: finding a task proves that it
//! is there, finding none right after a write proves nothing yet.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use onbehalf_clock::Timestamp;
use onbehalf_connector::{CallKind, Connector};

use super::input::InputError;
use super::json::{hubspot_next, id, moment, text};
use super::tool::{OutputError, Tool};

const MAX_LIMIT: u32 = 100;
/// HubSpot's property of a task's state, and its value for a finished one.
pub(super) const STATUS: &str = "hs_task_status";
pub(super) const COMPLETED: &str = "COMPLETED";
pub(super) const SUBJECT: &str = "hs_task_subject";
const BODY: &str = "hs_task_body";
const CREATED: &str = "hs_createdate";
/// What is read of a task.
pub(super) const PROPERTIES: [&str; 4] = [SUBJECT, BODY, STATUS, "hs_timestamp"];

crate::tool_input! {
    /// Which tasks.
    pub struct TasksInput {
        /// One word that subject or body holds: letters, digits, `-` and `_`.
        pub marker: String,
        /// Leave out completed tasks.
        #[serde(default = "yes")]
        pub open_only: bool,
        /// Only tasks created at or after this moment.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub created_after: Option<Timestamp>,
        /// How many at most, 1 to 100.
        #[serde(default = "most")]
        pub limit: u32,
        /// Cursor of the page before (`next`).
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub after: Option<String>,
    }
}

fn yes() -> bool {
    true
}

fn most() -> u32 {
    MAX_LIMIT
}

impl TasksInput {
    /// The first page of tasks with this marker, open or not.
    pub fn marked(marker: impl Into<String>) -> Self {
        Self {
            marker: marker.into(),
            open_only: false,
            created_after: None,
            limit: MAX_LIMIT,
            after: None,
        }
    }
}

/// One page of tasks.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Tasks {
    /// Those that hold the marker letter for letter.
    pub tasks: Vec<Task>,
    /// Cursor for `after`; absent on the last page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// A task in HubSpot.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Task {
    /// HubSpot's id.
    pub id: String,
    /// Title.
    pub subject: Option<String>,
    /// Body, as HubSpot stores it (HTML).
    pub body: Option<String>,
    /// Whether it is still to be done.
    pub open: bool,
    /// When it was created.
    pub created_at: Option<Timestamp>,
}

/// See the module.
pub struct HubspotSearchTasks;

impl Tool for HubspotSearchTasks {
    const ID: &'static str = "hubspot-search-tasks";
    const DESCRIPTION: &'static str = "Finds HubSpot tasks whose subject or body holds a marker.";
    const CONNECTOR: Connector = Connector::HUBSPOT;
    const SCALEKIT_NAME: &'static str = "hubspot_tasks_search";
    const KIND: CallKind = CallKind::Read;
    type Input = TasksInput;
    type Output = Tasks;

    fn params(input: &TasksInput) -> Result<Value, InputError> {
        InputError::within("limit", input.limit, MAX_LIMIT)?;
        InputError::text("marker", &input.marker, 128)?;
        // `*` would be a wildcard, a space would make two tokens.
        let plain = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || b == b'_';
        if !input.marker.bytes().all(plain) {
            return Err(InputError::new(
                "marker",
                "must be letters, digits, `-` and `_` only",
            ));
        }
        // Groups are OR-ed, the filters inside one are AND-ed.
        let groups = [SUBJECT, BODY].map(|property| {
            let mut filters = vec![json!({
                "propertyName": property, "operator": "CONTAINS_TOKEN", "value": input.marker,
            })];
            if input.open_only {
                filters.push(json!({
                    "propertyName": STATUS, "operator": "NEQ", "value": COMPLETED,
                }));
            }
            if let Some(moment) = input.created_after {
                filters.push(json!({
                    "propertyName": CREATED, "operator": "GTE", "value": moment.millis().to_string(),
                }));
            }
            json!({ "filters": filters })
        });
        let properties = PROPERTIES.join(",");
        let mut params = json!({
            "filterGroups": json!(groups).to_string(),
            "properties": properties,
            "limit": input.limit,
        });
        if let Some(after) = &input.after {
            params["after"] = json!(after);
        }
        Ok(params)
    }

    fn output(data: &Value, input: &TasksInput, _: Timestamp) -> Result<Tasks, OutputError> {
        let results = data.get("results").and_then(Value::as_array);
        let results = results.ok_or(OutputError::Malformed("results"))?;
        let tasks = results.iter().map(task).collect::<Option<Vec<_>>>();
        let mut tasks = tasks.ok_or(OutputError::Malformed("task id"))?;
        // HubSpot may split the marker into several tokens and find more than was meant.
        let holds = |text: &Option<String>| {
            text.as_ref()
                .is_some_and(|text| text.contains(&input.marker))
        };
        tasks.retain(|task| holds(&task.subject) || holds(&task.body));
        tasks.retain(|task| task.open || !input.open_only);
        Ok(Tasks {
            tasks,
            next: hubspot_next(data),
        })
    }
}

pub(super) fn task(result: &Value) -> Option<Task> {
    let properties = result.get("properties").unwrap_or(&Value::Null);
    Some(Task {
        id: id(result, "id")?,
        subject: text(properties, SUBJECT),
        body: text(properties, BODY),
        open: text(properties, STATUS).as_deref() != Some(COMPLETED),
        created_at: moment(result, "createdAt"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testkit::success_of;

    #[tokio::test]
    async fn tasks_are_asked_for_by_marker_and_checked_letter_by_letter() {
        let input = TasksInput {
            open_only: true,
            created_after: Timestamp::parse("2026-10-24T00:00:00Z"),
            ..TasksInput::marked("ref-4f1c")
        };
        let task = |id: u32, body: &str, status: &str| {
            json!({"id": id.to_string(), "createdAt": "2026-11-23T08:00:00Z",
                   "properties": {"hs_task_body": body, "hs_task_status": status}})
        };
        let (sent, output) = success_of::<HubspotSearchTasks>(
            &input,
            &json!({"results": [
                task(1, "see ref-4f1c", "NOT_STARTED"), task(2, "ref and 4f1c", "NOT_STARTED"),
                task(3, "ref-4f1c", "COMPLETED"),
            ]}),
        )
        .await;
        let groups = sent["params"]["filterGroups"]
            .as_str()
            .expect("a JSON string");
        let groups: Value = serde_json::from_str(groups).expect("JSON inside");
        assert_eq!(
            groups[1],
            json!({"filters": [
                {"propertyName": "hs_task_body", "operator": "CONTAINS_TOKEN", "value": "ref-4f1c"},
                {"propertyName": "hs_task_status", "operator": "NEQ", "value": "COMPLETED"},
                {"propertyName": "hs_createdate", "operator": "GTE", "value": "1792800000000"}
            ]})
        );
        let properties = &sent["params"]["properties"];
        assert_eq!(
            properties,
            "hs_task_subject,hs_task_body,hs_task_status,hs_timestamp"
        );
        let ids: Vec<_> = output.tasks.iter().map(|task| task.id.as_str()).collect();
        assert_eq!(ids, ["1"]);
    }

    #[test]
    fn a_marker_is_one_plain_word() {
        for marker in ["", "a b", "*", "a\"b"] {
            let refused = HubspotSearchTasks::params(&TasksInput::marked(marker));
            assert_eq!(refused.expect_err(marker).field, "marker");
        }
    }
}

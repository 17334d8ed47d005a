//! `hubspot-list-due-tasks`: what somebody meant to have done by now.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use onbehalf_clock::Timestamp;
use onbehalf_connector::{CallKind, Connector};

use super::hubspot_search_tasks::{COMPLETED, STATUS, SUBJECT};
use super::input::InputError;
use super::json::{hubspot_next, id, moment, text};
use super::tool::{OutputError, Tool};

const MAX_LIMIT: u32 = 100;
/// HubSpot's property of the time a task is due.
const DUE: &str = "hs_timestamp";

crate::tool_input! {
    /// Which tasks.
    pub struct DueTasksInput {
        /// Due before this and not completed.
        pub due_before: Timestamp,
        /// How many at most, 1 to 100.
        #[serde(default = "most")]
        pub limit: u32,
        /// Cursor of the page before (`next`).
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub after: Option<String>,
    }
}

fn most() -> u32 {
    MAX_LIMIT
}

impl DueTasksInput {
    /// The first page of tasks due before this.
    pub fn before(due_before: Timestamp) -> Self {
        Self {
            due_before,
            limit: MAX_LIMIT,
            after: None,
        }
    }
}

/// One page of tasks.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct DueTasks {
    /// In HubSpot's order.
    pub tasks: Vec<DueTask>,
    /// Cursor for `after`; absent on the last page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// A task that is still to be done.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct DueTask {
    /// HubSpot's id.
    pub id: String,
    /// Title.
    pub subject: Option<String>,
    /// When it is due.
    pub due: Option<Timestamp>,
}

/// See the module.
pub struct HubspotDueTasks;

impl Tool for HubspotDueTasks {
    const ID: &'static str = "hubspot-list-due-tasks";
    const DESCRIPTION: &'static str = "Lists HubSpot tasks that are due and not completed.";
    const CONNECTOR: Connector = Connector::HUBSPOT;
    const SCALEKIT_NAME: &'static str = "hubspot_tasks_search";
    const KIND: CallKind = CallKind::Read;
    type Input = DueTasksInput;
    type Output = DueTasks;

    fn params(input: &DueTasksInput) -> Result<Value, InputError> {
        InputError::within("limit", input.limit, MAX_LIMIT)?;
        let due = input.due_before.millis().to_string();
        let group = json!([{ "filters": [
            { "propertyName": STATUS, "operator": "NEQ", "value": COMPLETED },
            { "propertyName": DUE, "operator": "LT", "value": due },
        ]}]);
        let properties = [SUBJECT, STATUS, DUE].join(",");
        let mut params = json!({
            "filterGroups": group.to_string(),
            "properties": properties,
            "limit": input.limit,
        });
        if let Some(after) = &input.after {
            params["after"] = json!(after);
        }
        Ok(params)
    }

    fn output(data: &Value, _: &DueTasksInput, _: Timestamp) -> Result<DueTasks, OutputError> {
        let results = data.get("results").and_then(Value::as_array);
        let results = results.ok_or(OutputError::Malformed("results"))?;
        // The index lags: a task may be done by now, though the search has found it.
        let open = results.iter().filter(|result| {
            let status = result.get("properties").and_then(|it| text(it, STATUS));
            status.as_deref() != Some(COMPLETED)
        });
        let tasks = open.map(task).collect::<Option<Vec<_>>>();
        Ok(DueTasks {
            tasks: tasks.ok_or(OutputError::Malformed("task id"))?,
            next: hubspot_next(data),
        })
    }
}

fn task(result: &Value) -> Option<DueTask> {
    let properties = result.get("properties").unwrap_or(&Value::Null);
    Some(DueTask {
        id: id(result, "id")?,
        subject: text(properties, SUBJECT),
        due: moment(properties, DUE),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testkit::success_of;

    #[tokio::test]
    async fn what_is_done_is_not_due() {
        let task = |id: &str, status: &str| {
            json!({"id": id, "properties": {"hs_task_subject": "Call", "hs_task_status": status,
                   "hs_timestamp": "2026-11-22T08:00:00Z"}})
        };
        let answer = json!({"results": [task("1", "NOT_STARTED"), task("2", "COMPLETED")]});
        let input = DueTasksInput::before(Timestamp::from_millis(1000));
        let (sent, output) = success_of::<HubspotDueTasks>(&input, &answer).await;
        let groups = sent["params"]["filterGroups"].as_str().expect("text");
        assert!(
            groups.contains(r#""operator":"LT""#) && groups.contains(r#""1000""#),
            "{groups}"
        );
        let ids: Vec<_> = output.tasks.iter().map(|it| it.id.as_str()).collect();
        assert_eq!(ids, ["1"]);
        assert!(output.tasks[0].due.is_some());
    }
}

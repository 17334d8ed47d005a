//! `hubspot-list-tasks`: tasks as HubSpot stores them, one page after the other.
//!
//! Slower than the search, but a task is here as soon as it is written, while the search's index lags.
//! Not in the registry: a model that looks for a task has the search.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use onbehalf_clock::Timestamp;
use onbehalf_connector::{CallKind, Connector};

use super::hubspot_search_tasks::{PROPERTIES, Task, task};
use super::input::InputError;
use super::json::hubspot_next;
use super::tool::{OutputError, Tool};

/// HubSpot's own bound for one page.
const LIMIT: u32 = 100;

crate::tool_input! {
    /// Which page.
    #[derive(Default)]
    pub struct TaskPageInput {
        /// Cursor of the page before (`next`).
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub after: Option<String>,
    }
}

/// One page of tasks.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct TaskPage {
    /// In HubSpot's order.
    pub tasks: Vec<Task>,
    /// Cursor for `after`; absent on the last page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// See the module.
pub struct HubspotListTasks;

impl Tool for HubspotListTasks {
    const ID: &'static str = "hubspot-list-tasks";
    const DESCRIPTION: &'static str = "Lists HubSpot tasks.";
    const CONNECTOR: Connector = Connector::HUBSPOT;
    const SCALEKIT_NAME: &'static str = "hubspot_tasks_list";
    const KIND: CallKind = CallKind::Read;
    type Input = TaskPageInput;
    type Output = TaskPage;

    fn params(input: &TaskPageInput) -> Result<Value, InputError> {
        let mut params = json!({"limit": LIMIT, "properties": PROPERTIES.join(",")});
        if let Some(after) = &input.after {
            params["after"] = json!(after);
        }
        Ok(params)
    }

    fn output(data: &Value, _: &TaskPageInput, _: Timestamp) -> Result<TaskPage, OutputError> {
        let results = data.get("results").and_then(Value::as_array);
        let results = results.ok_or(OutputError::Malformed("results"))?;
        let tasks = results.iter().map(task).collect::<Option<Vec<_>>>();
        Ok(TaskPage {
            tasks: tasks.ok_or(OutputError::Malformed("task id"))?,
            next: hubspot_next(data),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testkit::success_of;

    #[tokio::test]
    async fn a_page_of_tasks_is_read_with_its_cursor() {
        let input = TaskPageInput {
            after: Some("7".into()),
        };
        let (sent, page) = success_of::<HubspotListTasks>(
            &input,
            &json!({"results": [{"id": "8", "properties": {"hs_task_body": "x"}}],
                    "paging": {"next": {"after": "8"}}}),
        )
        .await;
        assert_eq!(sent["params"]["after"], "7");
        assert_eq!(page.tasks[0].body.as_deref(), Some("x"));
        assert_eq!(page.next.as_deref(), Some("8"));
    }
}

//! `hubspot-create-task`: a follow-up in the user's own queue.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use onbehalf_clock::Timestamp;
use onbehalf_connector::{CallKind, Connector};

use super::input::InputError;
use super::json::{id, moment};
use super::tool::{OutputError, Tool};

const MAX_SUBJECT_CHARS: usize = 255;
/// HubSpot's bound for a text property.
const MAX_BODY_CHARS: usize = 65_536;

crate::tool_input! {
    /// How urgent.
    pub enum TaskPriority {
        /// Soon.
        High,
        /// As usual.
        Medium,
        /// When there is time.
        Low,
    }
}

crate::tool_input! {
    /// The task.
    pub struct TaskInput {
        /// Title, one line.
        pub subject: String,
        /// Plain text; shown as it is written.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub body: Option<String>,
        /// When it is due.
        pub due: Timestamp,
        /// How urgent.
        #[serde(default = "medium")]
        pub priority: TaskPriority,
    }
}

fn medium() -> TaskPriority {
    TaskPriority::Medium
}

/// The task as HubSpot has it now.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CreatedTask {
    /// HubSpot's id.
    pub task_id: String,
    /// When HubSpot created it, if it said so.
    pub created_at: Option<Timestamp>,
}

/// See the module.
pub struct HubspotCreateTask;

impl Tool for HubspotCreateTask {
    const ID: &'static str = "hubspot-create-task";
    const DESCRIPTION: &'static str = "Creates a follow-up task in HubSpot.";
    const CONNECTOR: Connector = Connector::HUBSPOT;
    const SCALEKIT_NAME: &'static str = "hubspot_task_create";
    const KIND: CallKind = CallKind::Write;
    type Input = TaskInput;
    type Output = CreatedTask;

    fn params(input: &TaskInput) -> Result<Value, InputError> {
        InputError::text("subject", &input.subject, MAX_SUBJECT_CHARS)?;
        let mut params = json!({
            "hs_task_subject": input.subject,
            "hs_timestamp": input.due.to_string(),
            "hs_task_priority": match input.priority {
                TaskPriority::High => "HIGH",
                TaskPriority::Medium => "MEDIUM",
                TaskPriority::Low => "LOW",
            },
            "hs_task_status": "NOT_STARTED",
            "hs_task_type": "TODO",
        });
        if let Some(body) = &input.body {
            InputError::text("body", body, MAX_BODY_CHARS)?;
            params["hs_task_body"] = json!(as_rich_text(body));
        }
        Ok(params)
    }

    fn output(data: &Value, _: &TaskInput, _: Timestamp) -> Result<CreatedTask, OutputError> {
        let task_id = id(data, "id").ok_or(OutputError::Malformed("task id"))?;
        Ok(CreatedTask {
            task_id,
            created_at: moment(data, "createdAt"),
        })
    }
}

/// HubSpot shows a task's body as HTML: a customer's name must not become markup, and lines must
/// stay lines.
fn as_rich_text(plain: &str) -> String {
    plain
        .replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('\n', "<br>")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testkit::{outcome_of, success_of};
    use crate::{ErrorKind, ToolOutcome};

    fn input() -> TaskInput {
        TaskInput {
            subject: "Acme is At Risk".into(),
            body: Some("3 tickets <b>\nold".into()),
            due: Timestamp::from_millis(0),
            priority: TaskPriority::High,
        }
    }

    #[tokio::test]
    async fn a_task_is_sent_and_its_id_read() {
        let answer = json!({"id": "901", "createdAt": "2026-11-23T08:00:00Z", "properties": {}});
        let (sent, output) = success_of::<HubspotCreateTask>(&input(), &answer).await;
        assert_eq!(
            sent["params"],
            json!({
                "hs_task_subject": "Acme is At Risk", "hs_task_body": "3 tickets &lt;b&gt;<br>old",
                "hs_timestamp": "1970-01-01T00:00:00.000Z", "hs_task_priority": "HIGH",
                "hs_task_status": "NOT_STARTED", "hs_task_type": "TODO"
            })
        );
        assert_eq!(output.task_id, "901");
        assert!(output.created_at.is_some());
    }

    #[tokio::test]
    async fn an_answer_without_an_id_leaves_the_outcome_open() {
        let ToolOutcome::Error(error) = outcome_of::<HubspotCreateTask>(&input(), &json!({})).await
        else {
            panic!("no id, no success");
        };
        assert_eq!(error.kind, ErrorKind::OutcomeUnknown);
    }

    #[test]
    fn a_blank_subject_is_refused() {
        let input = TaskInput {
            subject: " ".into(),
            ..input()
        };
        assert_eq!(
            HubspotCreateTask::params(&input).expect_err("blank").field,
            "subject"
        );
    }
}

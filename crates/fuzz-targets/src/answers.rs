//! Answers of the connected apps: any JSON may come back from them.

use serde_json::Value;

use onbehalf_clock::Timestamp;
use onbehalf_tools::{
    HubspotContacts, HubspotCreateTask, HubspotSearchTasks, LinearCreateComment, LinearIssues,
    LinearListComments, OutputError, Tool, ZendeskTickets,
};

/// 2026-11-23T08:00:00Z.
const NOW: i64 = 1_795_420_800_000;

/// Every tool reads it, or says that it cannot.
pub fn answers(bytes: &[u8]) {
    let Ok(answer) = serde_json::from_slice::<Value>(bytes) else {
        return;
    };
    read::<HubspotContacts>(&answer, r"{}");
    read::<HubspotSearchTasks>(&answer, r#"{"marker":"e0123456789abcdef"}"#);
    read::<HubspotCreateTask>(&answer, r#"{"subject":"s","due":"2026-11-24T08:00:00Z"}"#);
    read::<ZendeskTickets>(&answer, r#"{"requesters":["a@b.test"]}"#);
    read::<LinearIssues>(&answer, r#"{"labels":["l"]}"#);
    read::<LinearListComments>(&answer, r#"{"issue_id":"i"}"#);
    read::<LinearCreateComment>(&answer, r#"{"issue_id":"i","body":"b"}"#);
}

fn read<T: Tool>(answer: &Value, input: &str) {
    let input: T::Input = serde_json::from_str(input).expect("an input of the tool");
    match T::output(answer, &input, Timestamp::from_millis(NOW)) {
        Ok(output) => {
            // What is handed on is written to a checkpoint and read again.
            serde_json::to_value(&output).expect("an output can be written");
        }
        Err(OutputError::Malformed(_) | OutputError::Failed(_)) => {}
    }
}

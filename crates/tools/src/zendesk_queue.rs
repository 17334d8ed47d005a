//! `zendesk-list-queue`: the open tickets that are new, or that are past the time they were due.

use serde_json::{Value, json};

use onbehalf_clock::Timestamp;
use onbehalf_connector::{CallKind, Connector};

use super::input::InputError;
use super::tool::{OutputError, Tool};
use super::zendesk_tickets::{MAX_PAGE, PER_PAGE, Tickets, tickets};

crate::tool_input! {
    /// Which of the open tickets; give one of the two.
    pub struct QueueInput {
        /// Opened after this.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub opened_after: Option<Timestamp>,
        /// Due before this.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub due_before: Option<Timestamp>,
        /// Page, from 1 to 10; 100 tickets each.
        #[serde(default = "first")]
        pub page: u32,
    }
}

fn first() -> u32 {
    1
}

impl QueueInput {
    /// The first page of tickets opened after this.
    pub fn opened_after(at: Timestamp) -> Self {
        Self {
            opened_after: Some(at),
            due_before: None,
            page: 1,
        }
    }

    /// The first page of tickets due before this.
    pub fn due_before(at: Timestamp) -> Self {
        Self {
            opened_after: None,
            due_before: Some(at),
            page: 1,
        }
    }
}

/// See the module.
pub struct ZendeskQueue;

impl Tool for ZendeskQueue {
    const ID: &'static str = "zendesk-list-queue";
    const DESCRIPTION: &'static str =
        "Lists open Zendesk tickets that were opened after, or were due before, a moment.";
    const CONNECTOR: Connector = Connector::ZENDESK;
    const SCALEKIT_NAME: &'static str = "zendesk_search_tickets";
    const KIND: CallKind = CallKind::Read;
    type Input = QueueInput;
    type Output = Tickets;

    fn params(input: &QueueInput) -> Result<Value, InputError> {
        InputError::within("page", input.page, MAX_PAGE)?;
        let moment = match (input.opened_after, input.due_before) {
            (Some(at), None) => format!("created>{}", second(at)),
            (None, Some(at)) => format!("due_date<{}", second(at)),
            _ => {
                let rule = "give either this or due_before";
                return Err(InputError::new("opened_after", rule));
            }
        };
        Ok(json!({
            "query": format!("type:ticket status<solved {moment}"),
            "page": input.page,
            "per_page": PER_PAGE,
            "sort_by": "created_at",
            "sort_order": "asc",
        }))
    }

    fn output(data: &Value, input: &QueueInput, _: Timestamp) -> Result<Tickets, OutputError> {
        tickets(data, input.page)
    }
}

/// Zendesk reads whole seconds (Zendesk, "Searching with dates and times").
fn second(at: Timestamp) -> String {
    let whole = Timestamp::from_millis(at.millis() - at.millis().rem_euclid(1000));
    whole.to_string().replace(".000Z", "Z")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn query(input: &QueueInput) -> Value {
        ZendeskQueue::params(input).expect("an input")["query"].clone()
    }

    #[test]
    fn new_and_overdue_are_two_questions() {
        let at = Timestamp::parse("2026-11-23T08:00:00.5Z").expect("a time");
        assert_eq!(
            query(&QueueInput::opened_after(at)),
            "type:ticket status<solved created>2026-11-23T08:00:00Z"
        );
        assert_eq!(
            query(&QueueInput::due_before(at)),
            "type:ticket status<solved due_date<2026-11-23T08:00:00Z"
        );
        let both = QueueInput {
            due_before: Some(at),
            ..QueueInput::opened_after(at)
        };
        assert!(ZendeskQueue::params(&both).is_err());
    }
}

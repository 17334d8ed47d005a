//! `zendesk-search-tickets`: which tickets customers have, and how old they are.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use onbehalf_clock::Timestamp;
use onbehalf_connector::{CallKind, Connector};

use super::input::InputError;
use super::json::{id, moment, text};
use super::tool::{OutputError, Tool};
use super::zendesk_query;

/// Zendesk's own bounds: 100 a page and 1,000 results for one query.
pub(super) const PER_PAGE: u32 = 100;
const MAX_RESULTS: u32 = 1_000;
pub(super) const MAX_PAGE: u32 = MAX_RESULTS / PER_PAGE;
/// Longest name of a host (RFC 1035).
const MAX_HOST_BYTES: usize = 253;

crate::tool_input! {
    /// Whose tickets: of some requesters, or of one organization.
    pub struct TicketsInput {
        /// E-mail addresses of customers, at most 50.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        pub requesters: Vec<String>,
        /// Name of a customer's organization in Zendesk.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub organization: Option<String>,
        /// Leave out solved and closed tickets.
        #[serde(default = "yes")]
        pub open_only: bool,
        /// Page, from 1 to 10; 100 tickets each.
        #[serde(default = "first")]
        pub page: u32,
    }
}

fn yes() -> bool {
    true
}

fn first() -> u32 {
    1
}

impl TicketsInput {
    /// The first page of open tickets of these requesters.
    pub fn open_of(requesters: Vec<String>) -> Self {
        Self {
            requesters,
            organization: None,
            open_only: true,
            page: 1,
        }
    }
}

/// One page of tickets, the oldest first.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Tickets {
    /// By creation.
    pub tickets: Vec<Ticket>,
    /// How many match in all.
    pub total: u64,
    /// The next page, if there is one that Zendesk can give.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_page: Option<u32>,
    /// More match than the 1,000 Zendesk gives for one query: ask for fewer requesters.
    pub truncated: bool,
    /// The Zendesk account that answered, as far as its tickets tell. No part of what a model or a
    /// journal is given: it says whose limit the call was counted against, and nothing else.
    #[serde(skip)]
    #[schemars(skip)]
    pub account: Option<String>,
}

/// A support ticket.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Ticket {
    /// Zendesk's number.
    pub id: String,
    /// Title.
    pub subject: Option<String>,
    /// `new`, `open`, `pending`, `hold`, `solved` or `closed`.
    pub status: Option<String>,
    /// `low`, `normal`, `high` or `urgent`.
    pub priority: Option<String>,
    /// When it was opened.
    pub created_at: Option<Timestamp>,
    /// When it last changed.
    pub updated_at: Option<Timestamp>,
    /// The requester's address, where Zendesk sent the user along.
    pub requester_email: Option<String>,
}

/// See the module.
pub struct ZendeskTickets;

impl Tool for ZendeskTickets {
    const ID: &'static str = "zendesk-search-tickets";
    const DESCRIPTION: &'static str =
        "Finds Zendesk tickets of customers, by their e-mail addresses or their organization.";
    const CONNECTOR: Connector = Connector::ZENDESK;
    const SCALEKIT_NAME: &'static str = "zendesk_search_tickets";
    const KIND: CallKind = CallKind::Read;
    type Input = TicketsInput;
    type Output = Tickets;

    fn params(input: &TicketsInput) -> Result<Value, InputError> {
        InputError::within("page", input.page, MAX_PAGE)?;
        let organization = input.organization.as_deref();
        Ok(json!({
            "query": zendesk_query::build(&input.requesters, organization, input.open_only)?,
            // Sends the requesters along, so that no second call is needed for their addresses.
            "include": "tickets(users)",
            "page": input.page,
            "per_page": PER_PAGE,
            // A fixed order, so that a ticket that changes does not move between two pages.
            "sort_by": "created_at",
            "sort_order": "asc",
        }))
    }

    fn output(data: &Value, input: &TicketsInput, _: Timestamp) -> Result<Tickets, OutputError> {
        tickets(data, input.page)
    }
}

/// Reads a page of a search for tickets.
pub(super) fn tickets(data: &Value, page: u32) -> Result<Tickets, OutputError> {
    let results = data.get("results").and_then(Value::as_array);
    let results = results.ok_or(OutputError::Malformed("results"))?;
    let users = data
        .get("users")
        .and_then(Value::as_array)
        .into_iter()
        .flatten();
    let emails: BTreeMap<_, _> = users
        .filter_map(|user| Some((id(user, "id")?, text(user, "email")?)))
        .collect();
    let is_ticket = |result: &&Value| {
        result
            .get("result_type")
            .is_none_or(|kind| kind == "ticket")
    };
    let tickets = results
        .iter()
        .filter(is_ticket)
        .map(|result| ticket(result, &emails));
    let tickets = tickets.collect::<Option<Vec<_>>>();
    let tickets = tickets.ok_or(OutputError::Malformed("ticket id"))?;
    let total = data
        .get("count")
        .and_then(Value::as_u64)
        .unwrap_or(tickets.len() as u64);
    let more = data.get("next_page").is_some_and(|next| !next.is_null());
    Ok(Tickets {
        tickets,
        total,
        next_page: (more && page < MAX_PAGE).then(|| page + 1),
        truncated: total > u64::from(MAX_RESULTS),
        account: results.iter().filter_map(account_host).next(),
    })
}

/// The host in a record's address, like `acme.zendesk.com`.
pub(super) fn account_host(record: &Value) -> Option<String> {
    let address = text(record, "url")?;
    let (host, _) = address.strip_prefix("https://")?.split_once('/')?;
    let named = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '.';
    (host.contains('.') && host.len() <= MAX_HOST_BYTES && host.chars().all(named))
        .then(|| host.to_ascii_lowercase())
}

fn ticket(result: &Value, emails: &BTreeMap<String, String>) -> Option<Ticket> {
    Some(Ticket {
        id: id(result, "id")?,
        subject: text(result, "subject"),
        status: text(result, "status"),
        priority: text(result, "priority"),
        created_at: moment(result, "created_at"),
        updated_at: moment(result, "updated_at"),
        requester_email: id(result, "requester_id").and_then(|id| emails.get(&id).cloned()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testkit::{now, success_of};

    #[tokio::test]
    async fn tickets_come_with_their_requesters_address() {
        let input = TicketsInput::open_of(vec!["jo@acme.test".into()]);
        let (sent, output) = success_of::<ZendeskTickets>(
            &input,
            &json!({
                "results": [
                    {"id": 31, "result_type": "ticket", "subject": "Help", "status": "open",
                     "priority": null, "created_at": "2026-11-01T00:00:00Z", "requester_id": 9},
                    {"id": 9, "result_type": "user"},
                    {"id": 32, "requester_id": 10}
                ],
                "users": [{"id": 9, "email": "jo@acme.test"}],
                "count": 1200, "next_page": "https://acme.zendesk.test/?page=2"
            }),
        )
        .await;
        assert_eq!(
            sent["params"],
            json!({
                "query": "type:ticket status<solved requester:jo@acme.test",
                "include": "tickets(users)", "page": 1, "per_page": 100,
                "sort_by": "created_at", "sort_order": "asc"
            })
        );
        let emails: Vec<_> = output
            .tickets
            .iter()
            .map(|t| t.requester_email.as_deref())
            .collect();
        assert_eq!(emails, [Some("jo@acme.test"), None]);
        assert_eq!((output.next_page, output.truncated), (Some(2), true));
    }

    #[test]
    fn the_account_is_the_host_of_its_tickets_and_nothing_that_only_looks_like_one() {
        let account = |url: &str| {
            let data = json!({"results": [{"id": 9}, {"id": 31, "url": url}]});
            let page = tickets(&data, 1).expect("a page");
            assert!(
                !serde_json::to_string(&page)
                    .expect("JSON")
                    .contains("zendesk")
            );
            page.account
        };
        let ticket = "https://Acme.zendesk.com/api/v2/tickets/31.json";
        assert_eq!(account(ticket).as_deref(), Some("acme.zendesk.com"));
        for url in [
            "",
            "http://acme.zendesk.com/api",
            "https://acme.zendesk.com",
            "https://acme/api",
            "https://a@acme.zendesk.com/api",
            "https://acme.zendesk.com:8443/api",
            "/api/v2/tickets/31.json",
        ] {
            assert_eq!(account(url), None, "{url}");
        }
    }

    #[test]
    fn the_last_page_zendesk_can_give_has_no_next() {
        let input = TicketsInput {
            page: MAX_PAGE,
            ..TicketsInput::open_of(vec![])
        };
        let data = json!({"results": [], "count": 5000, "next_page": "more"});
        let output = ZendeskTickets::output(&data, &input, now()).expect("a page");
        assert_eq!((output.next_page, output.truncated), (None, true));
        let beyond = TicketsInput {
            page: MAX_PAGE + 1,
            ..TicketsInput::open_of(vec!["a@b.c".into()])
        };
        assert_eq!(
            ZendeskTickets::params(&beyond).expect_err("page").field,
            "page"
        );
    }
}

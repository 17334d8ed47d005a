//! One user's Zendesk: people, their tickets, and the search over them.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::time::iso;
use super::tool::{Actor, Answer, Params, ToolFailure};
use super::zendesk_query::Query;

/// Results a search can page through.
const SEARCH_LIMIT: usize = 1000;
/// Largest page.
const PAGE_LIMIT: usize = 100;

/// A person or company contact.
#[derive(Clone, Debug)]
pub struct User {
    /// Display name.
    pub name: String,
    /// Address.
    pub email: String,
    /// Organization name.
    pub organization: String,
}

/// A ticket.
#[derive(Clone, Debug)]
pub struct Ticket {
    /// Who asked: position in the list of users.
    pub requester: usize,
    /// What about.
    pub subject: String,
    /// `new`, `open`, `pending`, `hold`, `solved` or `closed`.
    pub status: &'static str,
    /// When it was made.
    pub created_ms: i64,
}

/// One user's Zendesk.
#[derive(Clone, Debug, Default)]
pub struct Zendesk {
    users: Vec<User>,
    tickets: Vec<Ticket>,
    by_email: BTreeMap<String, usize>,
}

/// First ids of people and tickets.
const USER_BASE: usize = 360_000;
const TICKET_BASE: usize = 7_000;

impl Zendesk {
    /// Adds a person.
    pub fn add_user(&mut self, name: &str, email: &str, organization: &str) -> usize {
        if let Some(known) = self.by_email.get(email) {
            return *known;
        }
        let index = self.users.len();
        self.by_email.insert(email.to_owned(), index);
        self.users.push(User {
            name: name.to_owned(),
            email: email.to_owned(),
            organization: organization.to_owned(),
        });
        index
    }

    /// Adds a ticket.
    pub fn add_ticket(
        &mut self,
        requester: usize,
        subject: &str,
        status: &'static str,
        created_ms: i64,
    ) {
        self.tickets.push(Ticket {
            requester,
            subject: subject.to_owned(),
            status,
            created_ms,
        });
    }

    /// Answers a tool call; `None` for tools that are not simulated.
    pub fn call(
        &self,
        tool: &str,
        params: &Params,
        actor: &Actor,
    ) -> Option<Result<Answer, ToolFailure>> {
        match tool {
            "zendesk_search_tickets" => Some(self.search(params, actor.now_ms)),
            "zendesk_tickets_count" => Some(Ok(Answer::read(
                json!({ "count": { "value": self.tickets.len() } }),
            ))),
            _ => None,
        }
    }

    fn search(&self, params: &Params, now_ms: i64) -> Result<Answer, ToolFailure> {
        let number = |name: &str, default: usize| match params.get(name) {
            None => Ok(default),
            Some(value) => value
                .as_f64()
                .filter(|number| *number >= 1.0)
                .map(|number| number as usize)
                .ok_or_else(|| ToolFailure::new(400, "InvalidPaginationParameter", name)),
        };
        let per_page = number("per_page", PAGE_LIMIT)?.min(PAGE_LIMIT);
        let page = number("page", 1)?;
        if page * per_page > SEARCH_LIMIT {
            return Err(ToolFailure::new(
                422,
                "InvalidSearchRequest",
                "Search Response Limits: only 1,000 results can be had",
            ));
        }
        let query = Query::parse(
            params
                .get("query")
                .and_then(Value::as_str)
                .unwrap_or_default(),
            now_ms,
        )?;
        let mut found: Vec<(usize, &Ticket)> = self
            .tickets
            .iter()
            .enumerate()
            .filter(|(_, ticket)| query.accepts(ticket, &self.users[ticket.requester]))
            .collect();
        let ascending = params.get("sort_order").and_then(Value::as_str) == Some("asc");
        found.sort_by_key(|(index, ticket)| {
            let at = ticket.created_ms;
            (if ascending { at } else { -at }, *index)
        });
        let shown: Vec<&(usize, &Ticket)> = found
            .iter()
            .skip((page - 1) * per_page)
            .take(per_page)
            .collect();
        let more = page * per_page < found.len();
        let link =
            |page: usize| format!("https://world.zendesk.example/api/v2/search.json?page={page}");
        let mut data = json!({
            "results": shown.iter().map(|(index, ticket)| self.ticket(*index, ticket)).collect::<Vec<_>>(),
            "count": found.len(),
            "next_page": more.then(|| link(page + 1)),
            "previous_page": (page > 1).then(|| link(page - 1)),
            "facets": null,
        });
        let include = params
            .get("include")
            .and_then(Value::as_str)
            .unwrap_or_default();
        if include.contains("users") {
            let mut ids: Vec<usize> = shown.iter().map(|(_, ticket)| ticket.requester).collect();
            ids.sort_unstable();
            ids.dedup();
            data["users"] = ids.iter().map(|id| self.user(*id)).collect();
        }
        Ok(Answer::read(data))
    }

    fn ticket(&self, index: usize, ticket: &Ticket) -> Value {
        let id = TICKET_BASE + index;
        json!({ "id": id, "url": format!("https://world.zendesk.example/api/v2/tickets/{id}.json"),
            "subject": ticket.subject, "description": ticket.subject, "status": ticket.status,
            "priority": "normal", "created_at": iso(ticket.created_ms),
            "updated_at": iso(ticket.created_ms), "requester_id": USER_BASE + ticket.requester,
            "assignee_id": null, "organization_id": null, "tags": [], "result_type": "ticket" })
    }

    fn user(&self, id: usize) -> Value {
        let user = &self.users[id];
        json!({ "id": USER_BASE + id, "name": user.name, "email": user.email,
            "organization_id": null, "role": "end-user" })
    }
}

//! A Zendesk account: people, their tickets, and the search over them.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::limits::Rate;
use super::time::{DAY, iso};
use super::tool::{Actor, Answer, Outcome, Params, ToolFailure};
use super::zendesk_query::Query;

/// Tools that are simulated, without the prefix of their connector.
pub const TOOLS: [&str; 3] = ["groups_list", "search_tickets", "tickets_count"];

/// Requests that an account takes in a minute, on the plan most teams have.
pub const RATE: Rate = Rate {
    calls: 400,
    window_ms: 60_000,
};

/// Too many requests: the one failure that names its wait.
pub fn rate_limited(seconds: u64) -> ToolFailure {
    let words = "Number of allowed API requests per minute exceeded";
    ToolFailure::new(429, "TooManyRequests", words).after(seconds)
}

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

impl User {
    /// The part of their address that is their company's.
    pub(super) fn domain(&self) -> &str {
        self.email.rsplit('@').next().unwrap_or_default()
    }
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
    /// When it was last changed.
    pub updated_ms: i64,
    /// `problem`, `incident`, `question` or `task`.
    pub kind: &'static str,
    /// When it is due: tasks have such a time.
    pub due_ms: Option<i64>,
}

/// A Zendesk account.
#[derive(Clone, Debug)]
pub struct Zendesk {
    /// Where it is, which its answers say.
    host: String,
    users: Vec<User>,
    tickets: Vec<Ticket>,
    by_email: BTreeMap<String, usize>,
    /// Positions of tickets, by who asked.
    by_requester: BTreeMap<usize, Vec<usize>>,
}

/// First ids of people and tickets.
const USER_BASE: usize = 360_000;
const TICKET_BASE: usize = 7_000;
/// The group that an account begins with.
const FIRST_GROUP: usize = 211;

impl Zendesk {
    /// An account of this name, with nobody in it.
    pub fn new(name: &str) -> Self {
        // A subdomain has letters, digits and hyphens; what is none of them is spelled out.
        let subdomain = name.chars().map(|c| match c {
            'a'..='z' | '0'..='9' => c.to_string(),
            other => format!("-{:x}", u32::from(other)),
        });
        Self {
            host: format!("{}.zendesk.example", subdomain.collect::<String>()),
            users: Vec::new(),
            tickets: Vec::new(),
            by_email: BTreeMap::new(),
            by_requester: BTreeMap::new(),
        }
    }

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
        // Every fifth ticket is a task with a time of its own.
        let kinds = ["question", "incident", "problem", "incident", "task"];
        let index = self.tickets.len();
        let kind = kinds[index % kinds.len()];
        self.by_requester.entry(requester).or_default().push(index);
        self.tickets.push(Ticket {
            requester,
            subject: subject.to_owned(),
            status,
            created_ms,
            updated_ms: created_ms,
            kind,
            due_ms: (kind == "task").then_some(created_ms + 3 * DAY),
        });
    }

    /// Everybody it knows.
    pub(super) fn users(&self) -> impl Iterator<Item = &User> {
        self.users.iter()
    }

    /// Tickets that somebody waits for.
    pub(super) fn open_tickets_mut(&mut self) -> impl Iterator<Item = &mut Ticket> {
        let open = |ticket: &&mut Ticket| !matches!(ticket.status, "solved" | "closed");
        self.tickets.iter_mut().filter(open)
    }

    /// Answers a tool call, named without the prefix of its connector.
    pub fn call(&self, tool: &str, params: &Params, actor: &Actor) -> Outcome {
        match tool {
            "groups_list" => Some(Ok(Answer::read(self.groups()))),
            "search_tickets" => Some(self.search(params, actor.now_ms)),
            "tickets_count" => Some(Ok(Answer::read(
                json!({ "count": { "value": self.tickets.len() } }),
            ))),
            _ => None,
        }
    }

    /// The tickets worth looking at: by requester, where the query names some.
    fn candidates(&self, query: &Query) -> Vec<usize> {
        let Some(addresses) = query.requesters() else {
            return (0..self.tickets.len()).collect();
        };
        let people: BTreeSet<usize> = addresses
            .iter()
            .filter_map(|address| self.by_email.get(*address).copied())
            .collect();
        let tickets = people.iter().filter_map(|it| self.by_requester.get(it));
        tickets.flatten().copied().collect()
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
        let (per_page, page) = (number("per_page", PAGE_LIMIT)?, number("page", 1)?);
        if per_page > PAGE_LIMIT || page.saturating_mul(per_page) > SEARCH_LIMIT {
            return Err(ToolFailure::new(
                422,
                "InvalidSearchRequest",
                "Requested response size was greater than Search Response Limits",
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
            .candidates(&query)
            .into_iter()
            .map(|index| (index, &self.tickets[index]))
            .filter(|(_, ticket)| query.accepts(ticket, &self.users[ticket.requester]))
            .collect();
        let text = |name: &str| params.get(name).and_then(Value::as_str);
        let ascending = text("sort_order") == Some("asc");
        let by_change = text("sort_by") == Some("updated_at");
        found.sort_by_key(|(index, ticket)| {
            let at = if by_change {
                ticket.updated_ms
            } else {
                ticket.created_ms
            };
            (if ascending { at } else { -at }, *index)
        });
        let shown: Vec<&(usize, &Ticket)> = found
            .iter()
            .skip((page - 1) * per_page)
            .take(per_page)
            .collect();
        let more = page * per_page < found.len();
        let host = &self.host;
        let link = |page: usize| format!("https://{host}/api/v2/search.json?page={page}");
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

    /// The groups of agents: the one that every account has.
    fn groups(&self) -> Value {
        let group = json!({ "id": FIRST_GROUP, "name": "Support", "description": "",
            "url": format!("https://{}/api/v2/groups/{FIRST_GROUP}.json", self.host),
            "default": true, "deleted": false, "is_public": true,
            "created_at": iso(0), "updated_at": iso(0) });
        json!({ "groups": [group], "count": 1, "next_page": null, "previous_page": null })
    }

    fn ticket(&self, index: usize, ticket: &Ticket) -> Value {
        let id = TICKET_BASE + index;
        json!({ "id": id, "url": format!("https://{}/api/v2/tickets/{id}.json", self.host),
            "subject": ticket.subject, "description": ticket.subject, "status": ticket.status,
            "priority": "normal", "created_at": iso(ticket.created_ms),
            "updated_at": iso(ticket.updated_ms), "type": ticket.kind,
            "due_at": ticket.due_ms.map(iso), "requester_id": USER_BASE + ticket.requester,
            "assignee_id": null, "organization_id": null, "tags": [], "result_type": "ticket" })
    }

    fn user(&self, id: usize) -> Value {
        let user = &self.users[id];
        json!({ "id": USER_BASE + id, "name": user.name, "email": user.email,
            "organization_id": null, "role": "end-user" })
    }
}

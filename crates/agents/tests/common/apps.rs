//! The connected apps, in memory, behind Scalekit's REST paths: just what the onboarding workflow
//! asks of them, in the shapes of docs/SCALEKIT.md.
//!
//! Misbehaves on demand: refuses, limits, loses an answer after the write has landed, or stops the
//! world before or after a request so that a test can crash the process there.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::rc::Rc;

use async_trait::async_trait;
use onbehalf_clock::testkit::{HandClock, pause};
use onbehalf_clock::{Clock, DAY_MS, Timestamp};
use onbehalf_fetch::{Fetch, FetchError, HttpRequest, HttpResponse};
use serde_json::{Value, json};

/// What happens to one call of a tool instead of the usual.
#[derive(Clone, Copy, Debug)]
pub enum Fault {
    /// The app asks for patience, in seconds; nothing is done.
    Limited(u64),
    /// Scalekit is away; nothing is done.
    Away,
    /// The user's authorization turns out to be withdrawn.
    Revoked,
    /// Done, but the answer never arrives.
    Lost,
    /// Not done, and no answer arrives.
    Swallowed,
    /// The app does not take it; Scalekit hands that on as a 500.
    Refused,
}

/// Alice's verified address.
pub const ADDRESS: &str = "lee@agency.test";
/// HubSpot's id of the owner who is Alice.
pub const OWNER: &str = "5001";

/// Where a test crashes the process.
#[derive(Clone, Copy, Debug)]
pub enum Crash {
    /// Before this request (counted from 1) reaches Scalekit.
    Before(usize),
    /// After it took effect, before its answer arrives.
    After(usize),
}

/// A task in HubSpot.
#[derive(Clone, Debug)]
pub struct Task {
    pub id: String,
    pub subject: String,
    pub body: String,
    pub open: bool,
    pub at: Timestamp,
    pub owner: Option<String>,
    /// Ids of contacts and companies.
    pub linked_to: BTreeSet<String>,
}

/// A comment in Linear.
#[derive(Clone, Debug)]
pub struct Comment {
    pub id: String,
    pub issue: String,
    pub body: String,
}

/// Everything there is.
pub struct Apps {
    pub clock: Rc<HandClock>,
    pub statuses: RefCell<BTreeMap<&'static str, &'static str>>,
    pub revoked: RefCell<BTreeSet<&'static str>>,
    pub contacts: RefCell<Vec<Value>>,
    pub tickets: RefCell<Vec<Value>>,
    pub issues: RefCell<Vec<Value>>,
    pub tasks: RefCell<Vec<Task>>,
    pub comments: RefCell<Vec<Comment>>,
    pub faults: RefCell<BTreeMap<&'static str, VecDeque<Fault>>>,
    /// Tools asked for, in order; `accounts` for the list of connections.
    pub calls: RefCell<Vec<String>>,
    /// Raw bodies of all requests.
    pub bodies: RefCell<Vec<String>>,
    pub crash: Cell<Option<Crash>>,
    /// Set when the process is to die; whoever drives it looks here.
    pub crashed: Cell<bool>,
    requests: Cell<usize>,
    under_way: Rc<Cell<usize>>,
    /// Most requests that were under way at once.
    pub most_at_once: Cell<usize>,
    /// How far HubSpot's search lags.
    pub search_lag_ms: Cell<i64>,
    /// Who owns customers that are added from now on.
    pub owner: Cell<&'static str>,
}

/// How a customer is doing.
#[derive(Clone, Copy)]
pub struct Trouble {
    pub tickets: u32,
    pub ticket_days: i64,
    pub tasks: u32,
    pub done: u32,
    pub overdue: u32,
}

impl Apps {
    pub fn new(clock: Rc<HandClock>) -> Self {
        let active = ["hubspot", "zendesk", "linear"].map(|name| (name, "ACTIVE"));
        Self {
            clock,
            statuses: RefCell::new(active.into()),
            revoked: RefCell::default(),
            contacts: RefCell::default(),
            tickets: RefCell::default(),
            issues: RefCell::default(),
            tasks: RefCell::default(),
            comments: RefCell::default(),
            faults: RefCell::default(),
            calls: RefCell::default(),
            bodies: RefCell::default(),
            crash: Cell::default(),
            crashed: Cell::default(),
            requests: Cell::default(),
            under_way: Rc::default(),
            most_at_once: Cell::default(),
            search_lag_ms: Cell::new(20_000),
            owner: Cell::new(OWNER),
        }
    }

    fn days_ago(&self, days: i64) -> String {
        Timestamp::from_millis(self.clock.now().millis() - days * DAY_MS).to_string()
    }

    pub fn customer(&self, domain: &str, days: i64, trouble: Trouble) {
        let email = format!("ann@{domain}");
        let id = (self.contacts.borrow().len() + 1).to_string();
        let company = domain.trim_end_matches(".test");
        self.contacts.borrow_mut().push(json!({
            "id": id,
            "properties": {"email": email, "firstname": "Ann", "lastname": "Lee",
                "company": company, "hs_v2_date_entered_customer": self.days_ago(days),
                "associatedcompanyid": format!("co-{id}"), "hubspot_owner_id": self.owner.get()},
        }));
        for age in 0..trouble.tickets {
            let id = self.tickets.borrow().len() + 1;
            let days = (trouble.ticket_days - i64::from(age)).max(0);
            self.tickets.borrow_mut().push(json!({
                "id": id, "subject": "Help", "status": "open", "requester": email,
                "created_at": self.days_ago(days), "updated_at": self.days_ago(0),
                "result_type": "ticket",
            }));
        }
        for index in 0..trouble.tasks {
            let number = self.issues.borrow().len() + 1;
            let done = index < trouble.done;
            let overdue = !done && index < trouble.done + trouble.overdue;
            let due = if overdue {
                self.days_ago(4)
            } else {
                self.days_ago(-9)
            };
            self.issues.borrow_mut().push(json!({
                "id": format!("issue-{number}"), "identifier": format!("ONB-{number}"),
                "title": "Import", "url": format!("https://linear.test/ONB-{number}"),
                "dueDate": &due[..10], "createdAt": self.days_ago(12),
                "updatedAt": self.days_ago(1),
                "state": {"type": if done { "completed" } else { "started" }, "name": "x"},
                "labels": {"nodes": [{"name": format!("customer:{domain}")}]},
                "project": {"name": format!("{company} onboarding")},
            }));
        }
    }

    pub fn fault(&self, tool: &'static str, faults: &[Fault]) {
        let mut all = self.faults.borrow_mut();
        all.entry(tool).or_default().extend(faults);
    }

    pub fn count(&self, tool: &str) -> usize {
        self.calls.borrow().iter().filter(|it| *it == tool).count()
    }

    /// The open tasks whose subject begins with this name.
    pub fn tasks_of(&self, name: &str) -> usize {
        let prefix = format!("{name}: ");
        let tasks = self.tasks.borrow();
        tasks
            .iter()
            .filter(|it| it.subject.starts_with(&prefix))
            .count()
    }

    fn tool(&self, name: &str, params: &Value) -> Value {
        match name {
            "hubspot_contacts_search" => self.search_contacts(params),
            "hubspot_account_details_get" => json!({"portalId": 4711}),
            "hubspot_owners_list" => json!({"results": [
                {"id": OWNER, "email": ADDRESS, "archived": false}]}),
            "hubspot_association_create" => {
                let mut tasks = self.tasks.borrow_mut();
                change(&mut tasks, &text(params, "from_object_id"), |task| {
                    task.linked_to.insert(text(params, "to_object_id"));
                });
                json!({"status": "COMPLETE"})
            }
            "hubspot_task_update" => {
                let mut tasks = self.tasks.borrow_mut();
                change(&mut tasks, &text(params, "task_id"), |task| {
                    task.owner = Some(text(&params["properties"], "hubspot_owner_id"));
                });
                json!({"id": params["task_id"], "properties": {}})
            }
            "hubspot_task_get" => {
                let mut links = (None, BTreeSet::new());
                let mut tasks = self.tasks.borrow_mut();
                change(&mut tasks, &text(params, "task_id"), |task| {
                    links = (task.owner.clone(), task.linked_to.clone());
                });
                let of = |company: bool| {
                    let ids = links.1.iter();
                    let ids = ids.filter(|id| id.starts_with("co-") == company);
                    json!({"results": ids.map(|id| json!({"id": id})).collect::<Vec<_>>()})
                };
                json!({"id": params["task_id"], "properties": {"hubspot_owner_id": links.0},
                    "associations": {"contacts": of(false), "companies": of(true)}})
            }
            "hubspot_tasks_list" => {
                let tasks: Vec<_> = self.tasks.borrow().iter().map(shown).collect();
                paged(&tasks, params)
            }
            "hubspot_tasks_search" => self.search_tasks(params),
            "hubspot_task_create" => self.create_task(params),
            "zendesk_search_tickets" => self.search_tickets(params),
            "linear_comments_list" => {
                let issue = text(params, "issueId");
                let comments = self.comments.borrow();
                let of = comments.iter().filter(|it| it.issue == issue);
                let nodes: Vec<_> = of
                    .map(|it| json!({"id": it.id, "body": it.body, "createdAt": null}))
                    .collect();
                json!({"comments": {"nodes": nodes, "pageInfo": {"hasNextPage": false}}})
            }
            "linear_graphql_query" if text(params, "query").contains("commentCreate") => {
                self.create_comment(&params["variables"]["input"])
            }
            "linear_graphql_query" => self.issues_of(&params["variables"]),
            other => panic!("nobody asks for {other}"),
        }
    }

    fn search_tasks(&self, params: &Value) -> Value {
        let groups: Value = serde_json::from_str(&text(params, "filterGroups")).expect("groups");
        let token = text(&groups[0]["filters"][0], "value");
        let open_only = groups[0]["filters"].as_array().is_some_and(|it| {
            it.iter()
                .any(|filter| filter["propertyName"] == "hs_task_status")
        });
        let seen_until = self.clock.now().millis() - self.search_lag_ms.get();
        let tasks = self.tasks.borrow();
        let found = tasks.iter().filter(|task| {
            let mut words = task
                .body
                .split(|c: char| !(c.is_alphanumeric() || c == '-'));
            words.any(|word| word.eq_ignore_ascii_case(&token))
                && (task.open || !open_only)
                && task.at.millis() <= seen_until
        });
        let found: Vec<_> = found.map(shown).collect();
        paged(&found, params)
    }

    fn search_contacts(&self, params: &Value) -> Value {
        let groups = text(params, "filterGroups");
        let contacts = self.contacts.borrow();
        let owned = |it: &&Value| {
            let owner = text(&it["properties"], "hubspot_owner_id");
            !groups.contains("hubspot_owner_id") || owner == OWNER
        };
        let owned: Vec<_> = contacts.iter().filter(owned).cloned().collect();
        paged(&owned, params)
    }

    fn create_task(&self, params: &Value) -> Value {
        let mut tasks = self.tasks.borrow_mut();
        let id = format!("t{}", tasks.len() + 1);
        tasks.push(Task {
            id: id.clone(),
            subject: text(params, "hs_task_subject"),
            body: text(params, "hs_task_body"),
            open: true,
            at: self.clock.now(),
            owner: None,
            linked_to: BTreeSet::new(),
        });
        json!({"id": id, "properties": {}})
    }

    fn search_tickets(&self, params: &Value) -> Value {
        let query = text(params, "query");
        let wanted: BTreeSet<_> = query
            .split_whitespace()
            .filter_map(|word| word.strip_prefix("requester:"))
            .collect();
        let tickets = self.tickets.borrow();
        let found: Vec<_> = tickets
            .iter()
            .filter(|it| wanted.contains(it["requester"].as_str().unwrap_or_default()))
            .collect();
        let page = usize::try_from(params["page"].as_u64().unwrap_or(1)).expect("page");
        let shown: Vec<Value> = found
            .iter()
            .skip((page - 1) * 100)
            .take(100)
            .map(|it| {
                let mut ticket = (*it).clone();
                ticket["requester_id"] = it["requester"].clone();
                ticket
            })
            .collect();
        let users: BTreeSet<_> = shown.iter().map(|it| text(it, "requester")).collect();
        let users: Vec<_> = users
            .iter()
            .map(|it| json!({"id": it, "email": it}))
            .collect();
        let next = (found.len() > page * 100).then_some("https://zendesk.test/next");
        json!({"results": shown, "users": users, "count": found.len(), "next_page": next})
    }

    fn issues_of(&self, variables: &Value) -> Value {
        let wanted = &variables["filter"]["labels"]["name"]["in"];
        let wanted: Vec<_> = wanted.as_array().expect("labels").iter().collect();
        let issues = self.issues.borrow();
        let found: Vec<_> = issues
            .iter()
            .filter(|it| wanted.contains(&&it["labels"]["nodes"][0]["name"]))
            .collect();
        let first = usize::try_from(variables["first"].as_u64().expect("first")).expect("first");
        let from: usize = variables["after"]
            .as_str()
            .map_or(0, |it| it.parse().expect("cursor"));
        let nodes: Vec<_> = found.iter().skip(from).take(first).collect();
        let end = from + nodes.len();
        let info = json!({"hasNextPage": end < found.len(), "endCursor": end.to_string()});
        json!({"data": {"issues": {"nodes": nodes, "pageInfo": info}}})
    }

    fn create_comment(&self, input: &Value) -> Value {
        let id = text(input, "id");
        let mut comments = self.comments.borrow_mut();
        if comments.iter().any(|it| it.id == id) {
            return json!({"errors": [{"message": "conflict on insert",
                "extensions": {"code": "CONFLICT"}}]});
        }
        comments.push(Comment {
            id: id.clone(),
            issue: text(input, "issueId"),
            body: text(input, "body"),
        });
        json!({"data": {"commentCreate": {"success": true, "comment": {"id": id}}}})
    }

    fn answer(&self, request: &HttpRequest) -> Result<HttpResponse, FetchError> {
        let path = request.url.split(".test").nth(1).unwrap_or_default();
        if path.starts_with("/oauth/token") {
            return Ok(ok(&json!({"access_token": "t", "expires_in": 3600,
                "token_type": "Bearer"})));
        }
        if path.starts_with("/api/v1/connected_accounts") {
            self.calls.borrow_mut().push("accounts".into());
            let statuses = self.statuses.borrow();
            let accounts: Vec<_> = statuses
                .iter()
                .map(|(name, status)| {
                    json!({"connector": name, "identifier": "user_alice", "status": status})
                })
                .collect();
            return Ok(ok(&json!({"connected_accounts": accounts})));
        }
        let body: Value = serde_json::from_slice(&request.body).expect("a JSON body");
        let tool = text(&body, "tool_name");
        let params = &body["params"];
        let name = match text(params, "query").contains("commentCreate") {
            true => "comment".to_owned(),
            false => tool.clone(),
        };
        self.calls.borrow_mut().push(name.clone());
        let connector = text(&body, "connector");
        if self.revoked.borrow().contains(connector.as_str()) {
            return Ok(tool_error(401, "the grant was revoked"));
        }
        let fault = self
            .faults
            .borrow_mut()
            .get_mut(name.as_str())
            .and_then(VecDeque::pop_front);
        match fault {
            None => Ok(ok(
                &json!({"data": self.tool(&tool, params), "execution_id": "e"}),
            )),
            Some(Fault::Limited(seconds)) => {
                let mut response = tool_error(429, "slow down");
                let value = seconds.to_string();
                response.headers.push(("retry-after".into(), value));
                Ok(response)
            }
            Some(Fault::Away) => Ok(HttpResponse {
                status: 503,
                headers: vec![],
                body: vec![],
            }),
            Some(Fault::Revoked) => Ok(tool_error(401, "the grant was revoked")),
            Some(Fault::Refused) => Ok(HttpResponse {
                status: 500,
                ..ok(
                    &json!({"code": 13, "message": "tool execution failed", "details": [{
                    "error_code": "TOOL_ERROR", "tool_error_info": {
                        "tool_error_code": "VALIDATION_ERROR", "tool_error_message": "no"}}]}),
                )
            }),
            Some(Fault::Swallowed) => Err(FetchError::Timeout),
            Some(Fault::Lost) => {
                self.tool(&tool, params);
                Err(FetchError::Timeout)
            }
        }
    }
}

#[async_trait(?Send)]
impl Fetch for Apps {
    async fn send(&self, request: HttpRequest) -> Result<HttpResponse, FetchError> {
        let number = self.requests.get() + 1;
        self.requests.set(number);
        let body = String::from_utf8_lossy(&request.body).into_owned();
        self.bodies.borrow_mut().push(body);
        let _under_way = UnderWay::begin(&self.under_way);
        self.most_at_once
            .set(self.most_at_once.get().max(self.under_way.get()));
        pause().await;
        if let Some(Crash::Before(at)) = self.crash.get()
            && at == number
        {
            self.stop().await;
        }
        let answer = self.answer(&request);
        if let Some(Crash::After(at)) = self.crash.get()
            && at == number
        {
            self.stop().await;
        }
        pause().await;
        answer
    }
}

/// One request, counted until it is answered or dropped.
struct UnderWay(Rc<Cell<usize>>);

impl UnderWay {
    fn begin(count: &Rc<Cell<usize>>) -> Self {
        count.set(count.get() + 1);
        Self(Rc::clone(count))
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.0.set(self.0.get() - 1);
    }
}

impl Apps {
    async fn stop(&self) {
        self.crash.set(None);
        self.crashed.set(true);
        std::future::pending::<()>().await;
    }
}

fn paged(all: &[Value], params: &Value) -> Value {
    let from: usize = params["after"]
        .as_str()
        .map_or(0, |it| it.parse().expect("cursor"));
    let limit = usize::try_from(params["limit"].as_u64().unwrap_or(100)).expect("limit");
    let results: Vec<_> = all.iter().skip(from).take(limit).cloned().collect();
    let end = from + results.len();
    let mut page = json!({"total": all.len(), "results": results});
    if end < all.len() {
        page["paging"] = json!({"next": {"after": end.to_string()}});
    }
    page
}

fn shown(task: &Task) -> Value {
    let status = if task.open {
        "NOT_STARTED"
    } else {
        "COMPLETED"
    };
    json!({"id": task.id, "createdAt": task.at, "properties": {
        "hs_task_subject": task.subject, "hs_task_body": task.body, "hs_task_status": status}})
}

/// The task of this id. One that a run of an earlier process made is not in this world, and is taken
/// for there.
fn change(tasks: &mut [Task], id: &str, change: impl FnOnce(&mut Task)) {
    if let Some(task) = tasks.iter_mut().find(|task| task.id == id) {
        change(task);
    }
}

fn text(value: &Value, key: &str) -> String {
    value[key].as_str().unwrap_or_default().to_owned()
}

fn ok(body: &Value) -> HttpResponse {
    HttpResponse {
        status: 200,
        headers: vec![],
        body: body.to_string().into_bytes(),
    }
}

fn tool_error(status: u16, message: &str) -> HttpResponse {
    // google.rpc codes: Unauthenticated, ResourceExhausted.
    let code = if status == 401 { 16 } else { 8 };
    let body = json!({"code": code, "message": message, "details": [{
        "error_code": "TOOL_ERROR",
        "tool_error_info": {"execution_id": "e", "tool_error_code": "x",
            "tool_error_message": message}}]});
    HttpResponse {
        status,
        ..ok(&body)
    }
}

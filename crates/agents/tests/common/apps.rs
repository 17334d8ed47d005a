//! The connected apps: the sandbox's world, reached without a network, as a test fills it, disturbs it
//! and looks into it.
//!
//! A test can also stop the process that asks, before a request is served or before its answer comes.

use std::cell::{Cell, Ref, RefCell};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::rc::Rc;
use std::time::Duration;

use async_trait::async_trait;
use onbehalf_clock::testkit::HandClock;
use onbehalf_clock::{Clock, DAY_MS, Timestamp};
use onbehalf_fetch::{Fetch, FetchError, HttpRequest, HttpResponse, Method};
use onbehalf_sandbox::models::Models;
use onbehalf_sandbox::service::{Reply, Request, Service};
use onbehalf_sandbox::world::company::Company;
use onbehalf_sandbox::world::faults::{Rule, RuleList};
use onbehalf_sandbox::world::hubspot::NewContact;
use onbehalf_sandbox::world::linear::NewIssue;
use onbehalf_sandbox::world::manners::CustomerDate;
use onbehalf_sandbox::world::{Call, LedgerEntry, World};
use serde_json::{Value, json};

/// Where Scalekit is reached.
pub const BASE: &str = "https://scalekit.test";
/// How long a request takes to get there, and its answer to come back.
pub const LEG: Duration = Duration::from_millis(10);

/// What happens to one call of a tool instead of the usual.
#[derive(Clone, Copy, Debug)]
pub enum Fault {
    /// The app asks for patience, in seconds; nothing is done.
    Limited(u64),
    /// Scalekit is away; nothing is done.
    Away,
    /// The app no longer takes the user's authorization, this time.
    Revoked,
    /// Done, but the answer never arrives.
    Lost,
    /// Not done, and no answer arrives.
    Swallowed,
    /// The app does not take it.
    Refused,
    /// What comes back is no JSON.
    Garbled,
    /// Scalekit sends it on twice.
    Twice,
}

impl Fault {
    fn rule(self) -> Rule {
        let usual = Rule {
            times: Some(1),
            ..Rule::default()
        };
        let status = |status, service| Rule {
            status: Some(status),
            service,
            ..usual.clone()
        };
        match self {
            Self::Limited(seconds) => Rule {
                retry_after: Some(seconds),
                ..status(429, false)
            },
            Self::Away => status(503, true),
            Self::Revoked => status(401, false),
            Self::Refused => Rule {
                says: Some("VALIDATION_ERROR".to_owned()),
                ..status(400, false)
            },
            Self::Lost => Rule {
                lose_answer: true,
                ..usual
            },
            Self::Swallowed => Rule {
                break_before: true,
                ..usual
            },
            Self::Garbled => Rule {
                garbage: Some("html".to_owned()),
                ..usual
            },
            Self::Twice => Rule {
                twice: true,
                ..usual
            },
        }
    }
}

/// Where a test crashes the process.
#[derive(Clone, Copy, Debug)]
pub enum Crash {
    /// Before this request (counted from 1) reaches Scalekit.
    Before(usize),
    /// After it took effect, before its answer arrives.
    After(usize),
}

/// A task as people find it in HubSpot.
#[derive(Clone, Debug)]
pub struct Task {
    pub id: String,
    pub subject: String,
    pub body: String,
    pub owner: Option<String>,
    /// Ids of contacts and companies.
    pub linked_to: BTreeSet<String>,
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

/// Everything there is, and the way to it.
pub struct Apps {
    clock: Rc<HandClock>,
    service: RefCell<Service>,
    /// The language models, which are asked over the same network.
    pub models: RefCell<Models>,
    faults: RefCell<BTreeMap<&'static str, VecDeque<Fault>>>,
    /// Tools asked for, in order; `accounts` for the list of connections.
    pub calls: RefCell<Vec<String>>,
    /// Raw bodies of all requests.
    pub bodies: RefCell<Vec<String>>,
    pub crash: Cell<Option<Crash>>,
    /// Set when the process is to die; whoever drives it looks here.
    pub crashed: Cell<bool>,
    under_way: Rc<Cell<usize>>,
    /// Most requests that were under way at once.
    pub most_at_once: Cell<usize>,
}

impl Apps {
    pub fn in_world(world: World, clock: Rc<HandClock>) -> Self {
        Self {
            clock,
            service: RefCell::new(Service::new(world)),
            models: RefCell::default(),
            faults: RefCell::default(),
            calls: RefCell::default(),
            bodies: RefCell::default(),
            crash: Cell::default(),
            crashed: Cell::default(),
            under_way: Rc::default(),
            most_at_once: Cell::default(),
        }
    }

    fn now_ms(&self) -> i64 {
        self.clock.now().millis()
    }

    /// Changes the world as nobody in it does.
    pub fn change<T>(&self, change: impl FnOnce(&mut World) -> T) -> T {
        change(&mut self.service.borrow_mut().world)
    }

    /// The apps of somebody's company.
    pub fn company(&self, user: &str) -> Ref<'_, Company> {
        Ref::map(self.service.borrow(), |service| {
            let csm = service.world.csm(user).expect("a user");
            service.world.company(csm).expect("a company")
        })
    }

    /// What happens to every call from now on.
    pub fn rules(&self, rules: &Value) {
        let list: RuleList = serde_json::from_value(json!({ "rules": rules })).expect("rules");
        self.change(|world| world.faults.set(list));
    }

    /// What happens to the next calls of one tool; `comment` is the mutation that writes one.
    pub fn fault(&self, tool: &'static str, faults: &[Fault]) {
        let mut all = self.faults.borrow_mut();
        all.entry(tool).or_default().extend(faults);
    }

    /// Lets so much of what is written stay unknown to HubSpot's search for so long.
    pub fn search_lags(&self, by: Duration) {
        self.rules(&json!([{ "search_lag_ms": by.as_millis() }]));
    }

    /// Somebody's connection is like this from now on; without a status, it is not there.
    pub fn connection(&self, user: &str, app: &str, status: Option<&str>) {
        let (identifier, now) = (format!("user_{user}"), self.now_ms());
        self.change(|world| match status {
            None => {
                let name = world.manners.connections.to_app(app).map(str::to_owned);
                world
                    .vault
                    .remove(&identifier, &name.expect("a connection"));
            }
            Some(status) => {
                if world.account_mut(&identifier, app).is_none() {
                    world.connect(&identifier, app, now);
                }
                let account = world.account_mut(&identifier, app).expect("an account");
                account.set(status, now);
            }
        });
    }

    /// Whether the provider still honours somebody's connection, which nobody is told.
    pub fn revoked(&self, user: &str, app: &str, revoked: bool) {
        let identifier = format!("user_{user}");
        self.change(|world| {
            let account = world.account_mut(&identifier, app);
            account.expect("an account").revoked = revoked;
        });
    }

    /// A customer of Alice's company, owned by whoever has this address in HubSpot; answers the id of
    /// its contact.
    pub fn customer_of(&self, owner: &str, domain: &str, days: i64, trouble: Trouble) -> String {
        let now = self.now_ms();
        let day = |days: i64| now - days * DAY_MS;
        let email = format!("ann@{domain}");
        let name = domain.trim_end_matches(".test");
        self.change(|world| {
            let apps = world.company_mut("alice").expect("a company");
            let owner = apps.hubspot.owner(owner).map(|it| it.id.clone());
            let contact = apps.hubspot.add_contact(&NewContact {
                values: &[
                    ("email", &email),
                    ("firstname", "Ann"),
                    ("lastname", "Lee"),
                    ("company", name),
                    ("lifecyclestage", "customer"),
                ],
                domain,
                owner: owner.as_deref(),
                entered_ms: Some(day(days)),
                created_ms: day(days),
                date: CustomerDate::V2,
            });
            let requester = apps.zendesk.add_user("Ann Lee", &email, name);
            for age in 0..trouble.tickets {
                let age = (trouble.ticket_days - i64::from(age)).max(0);
                apps.zendesk.add_ticket(requester, "Help", "open", day(age));
            }
            for index in 0..trouble.tasks {
                let done = index < trouble.done;
                let overdue = !done && index < trouble.done + trouble.overdue;
                let due = Timestamp::from_millis(day(if overdue { 4 } else { -9 }));
                apps.linear.add_issue(NewIssue {
                    title: "Import".to_owned(),
                    state: if done { "completed" } else { "started" },
                    created_ms: day(12),
                    updated_ms: day(1),
                    due_date: Some(due.date()),
                    labels: vec![format!("customer:{domain}")],
                    project: Some(format!("{name} onboarding")),
                });
            }
            contact
        })
    }

    pub fn count(&self, tool: &str) -> usize {
        self.calls.borrow().iter().filter(|it| *it == tool).count()
    }

    /// Every write that landed with this tool.
    pub fn landed(&self, tool: &str) -> Vec<LedgerEntry> {
        let service = self.service.borrow();
        let ledger = service.world.ledger.iter();
        ledger.filter(|it| it.tool == tool).cloned().collect()
    }

    /// All tasks in Alice's portal, the first one first.
    pub fn tasks(&self) -> Vec<Task> {
        let links = self.landed("hubspot_association_create");
        let linked_to = |id: &str| {
            let of = links.iter().filter(|it| it.params["from_object_id"] == id);
            let ids = of.filter_map(|it| it.params["to_object_id"].as_str());
            ids.map(str::to_owned).collect()
        };
        let company = self.company("alice");
        let text = |value: &str| Some(value.to_owned()).filter(|it| !it.is_empty());
        let tasks = company.hubspot.tasks().map(|task| Task {
            id: task.id.clone(),
            subject: task.value("hs_task_subject").to_owned(),
            body: task.value("hs_task_body").to_owned(),
            owner: text(task.value("hubspot_owner_id")),
            linked_to: linked_to(&task.id),
        });
        let mut tasks: Vec<_> = tasks.collect();
        tasks.reverse();
        tasks
    }

    /// The tasks whose subject begins with this name.
    pub fn tasks_of(&self, name: &str) -> usize {
        let prefix = format!("{name}: ");
        let tasks = self.tasks();
        tasks
            .iter()
            .filter(|it| it.subject.starts_with(&prefix))
            .count()
    }

    /// What every comment in Alice's workspace says.
    pub fn comments(&self) -> Vec<String> {
        let company = self.company("alice");
        let commented = company.linear.commented().into_iter();
        let comments = commented.flat_map(|(_, comments)| comments);
        comments.map(|it| it.body.clone()).collect()
    }

    /// Somebody does what this write's task asks for.
    pub fn complete(&self, written: &LedgerEntry) {
        let now = self.now_ms();
        let params = serde_json::from_value(json!({ "task_id": written.id })).expect("params");
        let call = Call {
            tool: "hubspot_task_complete",
            identifier: &written.identifier,
            connection: None,
            params: &params,
            run: "",
        };
        let done = self.change(|world| world.execute(&call, &Rule::default(), now));
        done.expect("a task that is there");
    }

    /// The fault that a test has put up for a request, by the name it counts under.
    fn note(&self, request: &HttpRequest, body: &str) -> Option<Fault> {
        if request.url.contains("/connected_accounts") {
            self.calls.borrow_mut().push("accounts".into());
            return None;
        }
        let body: Value = serde_json::from_str(body).ok()?;
        let tool = body["tool_name"].as_str()?;
        let is_comment = body["params"].to_string().contains("commentCreate");
        let name = if is_comment { "comment" } else { tool };
        self.calls.borrow_mut().push(name.to_owned());
        self.faults.borrow_mut().get_mut(name)?.pop_front()
    }

    fn answer(
        &self,
        request: HttpRequest,
        fault: Option<Fault>,
    ) -> Result<HttpResponse, FetchError> {
        let method = match request.method {
            Method::Get => "GET",
            Method::Post => "POST",
        };
        let asked = Request::new(method, &request.url, request.headers, request.body);
        if Models::owns(&asked.path) {
            let reply = self.models.borrow_mut().handle(&asked, self.now_ms());
            return received(reply);
        }
        let mut service = self.service.borrow_mut();
        if let Some(fault) = fault {
            let mut list = service.world.faults.list();
            list.rules.insert(0, fault.rule());
            service.world.faults.set(list);
        }
        let reply = service.handle(&asked, self.now_ms(), BASE);
        if fault.is_some() {
            let mut list = service.world.faults.list();
            list.rules.remove(0);
            service.world.faults.set(list);
        }
        received(reply)
    }

    async fn stop_at(&self, at: impl Fn(Crash) -> bool) {
        if self.crash.get().is_some_and(at) {
            self.crash.set(None);
            self.crashed.set(true);
            std::future::pending::<()>().await;
        }
    }
}

fn received(reply: Reply) -> Result<HttpResponse, FetchError> {
    if reply.broken || reply.cut {
        return Err(FetchError::Connection);
    }
    Ok(HttpResponse {
        status: reply.status,
        headers: reply.headers,
        body: reply.body,
    })
}

#[async_trait(?Send)]
impl Fetch for Apps {
    async fn send(&self, request: HttpRequest) -> Result<HttpResponse, FetchError> {
        let body = String::from_utf8_lossy(&request.body).into_owned();
        let fault = self.note(&request, &body);
        let number = {
            let mut bodies = self.bodies.borrow_mut();
            bodies.push(body);
            bodies.len()
        };
        let _under_way = UnderWay::begin(&self.under_way);
        let at_once = self.most_at_once.get().max(self.under_way.get());
        self.most_at_once.set(at_once);
        // On its way there and back others go on.
        self.clock.sleep(LEG).await;
        self.stop_at(|crash| matches!(crash, Crash::Before(at) if at == number))
            .await;
        let answer = self.answer(request, fault);
        self.stop_at(|crash| matches!(crash, Crash::After(at) if at == number))
            .await;
        self.clock.sleep(LEG).await;
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

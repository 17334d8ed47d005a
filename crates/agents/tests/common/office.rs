//! One process that hosts workflows in the sandbox's world: real table, engine, Scalekit client and
//! tools; of the network, only that it is not there.

use std::cell::RefCell;
use std::rc::Rc;

use async_trait::async_trait;
use onbehalf_agents::acting::Means;
use onbehalf_clock::testkit::{Dice, HandClock};
use onbehalf_clock::{Clock, Timestamp};
use onbehalf_connector::{Scalekit, ScalekitConfig, Secret, TokenCache};
use onbehalf_engine::memory::MemoryStore;
use onbehalf_engine::{
    Head, Host, JournalStore, PublishError, Record, ResumedBy, RunLog, RunStatus, Started,
};
use onbehalf_fetch::{Fetch, FetchError, HttpRequest, HttpResponse, Method};
use onbehalf_runs::hosted::{Opening, Run, Workflows};
use onbehalf_runs::portal::{Portals, SharedClaims};
use onbehalf_runs::town::{PaperRuns, Post, Town};
use onbehalf_sandbox::service::{CLIENT_ID, CLIENT_SECRET, Request, Service};
use onbehalf_sandbox::world::faults::RuleList;
use onbehalf_sandbox::world::{Manners, World};
use serde_json::{Value, json};

use super::morning;

const BASE: &str = "https://scalekit.test";
/// Times an alarm may ring before a run counts as going round in circles.
const RINGS: usize = 500;

/// The sandbox, reached without a network.
struct Wire {
    service: RefCell<Service>,
    clock: Rc<HandClock>,
}

#[async_trait(?Send)]
impl Fetch for Wire {
    async fn send(&self, request: HttpRequest) -> Result<HttpResponse, FetchError> {
        let method = match request.method {
            Method::Get => "GET",
            Method::Post => "POST",
        };
        let asked = Request::new(method, &request.url, request.headers, request.body);
        let now = self.clock.now().millis();
        let reply = self.service.borrow_mut().handle(&asked, now, BASE);
        if reply.broken {
            return Err(FetchError::Connection);
        }
        Ok(HttpResponse {
            status: reply.status,
            headers: reply.headers,
            body: reply.body,
        })
    }
}

/// Nobody listens.
struct Nobody;

#[async_trait(?Send)]
impl Host for Nobody {
    async fn publish(&self, _: &Head) -> Result<(), PublishError> {
        Ok(())
    }
}

/// The process.
pub struct Office {
    pub clock: Rc<HandClock>,
    wire: Rc<Wire>,
    town: Rc<Town>,
    workflows: Workflows<Means>,
}

/// One run and its storage.
pub struct OfficeRun {
    store: Rc<MemoryStore>,
    runner: Rc<Run>,
}

impl Office {
    /// An office that hosts these workflows, at eight in the morning.
    pub fn hosting(workflows: Workflows<Means>) -> Self {
        let clock = Rc::new(HandClock::at(morning()));
        let world = World::seeded(Manners::default(), clock.now().millis());
        Self {
            wire: Rc::new(Wire {
                service: RefCell::new(Service::new(world)),
                clock: Rc::clone(&clock),
            }),
            town: Town::by_clock(
                Rc::clone(&clock),
                Rc::new(PaperRuns::default()),
                Rc::default(),
            ),
            clock,
            workflows,
        }
    }

    fn means(&self) -> Means {
        let config = ScalekitConfig::new(BASE, CLIENT_ID, Secret::new(CLIENT_SECRET));
        let clock: Rc<dyn Clock> = self.clock.clone();
        let scalekit = Scalekit::new(
            config.expect("a configuration"),
            self.wire.clone(),
            Rc::clone(&clock),
            Rc::new(Dice::default()),
            TokenCache::new(),
        );
        let post = Rc::new(Post(Rc::clone(&self.town)));
        Means {
            scalekit: Rc::new(scalekit),
            claims: Rc::new(SharedClaims::new(post.clone())),
            portals: Portals::new(post, clock),
            public_url: "https://agent.test/".into(),
        }
    }

    /// Starts a run of somebody and drives it to where it rests.
    pub fn run(&self, workflow: &str, user: &str, id: &str, input: &Value) -> OfficeRun {
        let line = self.workflows.get(workflow).expect("a hosted workflow");
        let input = line.check_input(&input.to_string()).expect("an input");
        let store = Rc::new(MemoryStore::default());
        let clock: Rc<dyn Clock> = self.clock.clone();
        let kept: Rc<dyn JournalStore> = store.clone();
        let opening = Opening {
            log: Rc::new(RunLog::open(kept, Rc::clone(&clock)).expect("a journal")),
            clock,
            random: Rc::new(Dice::default()),
            host: Rc::new(Nobody),
            spent: Rc::new(|| false),
        };
        let runner = line.open(opening, Ok(self.means()), None);
        let run = OfficeRun { store, runner };
        let started = Started {
            run_id: id.into(),
            workflow: workflow.into(),
            version: line.version(),
            owner: user.into(),
            context: json!({"user_id": user, "scalekit_identifier": format!("user_{user}"),
                "issuer": "https://idp.test"}),
            input,
            trace_id: None,
        };
        self.now(run.runner.start(started)).expect("started");
        self.drive(&run);
        run
    }

    /// Lets alarms ring, one after the other, until the run ends or waits for somebody.
    pub fn drive(&self, run: &OfficeRun) {
        for _ in 0..RINGS {
            let Some(at) = run.store.take_alarm() else {
                return;
            };
            if run.head().suspension.and_then(|it| it.until) == Some(at) {
                run.store.restore_alarm(at);
                return;
            }
            self.clock.move_to(at);
            self.now(run.runner.advance()).expect("storage");
        }
        panic!("the run goes round in circles: {:?}", run.head().suspension);
    }

    /// Connects an app for somebody, and tells a run that waits for it.
    pub fn connect(&self, user: &str, app: &str, run: &OfficeRun) {
        let now = self.clock.now().millis();
        let identifier = format!("user_{user}");
        let mut service = self.wire.service.borrow_mut();
        service.world.connect(&identifier, app, now);
        drop(service);
        let number = run.head().suspensions;
        let by = ResumedBy::Connection {
            event: "evt_1".into(),
        };
        let told = run.runner.part_came(number, app, by);
        self.now(told).expect("told");
        self.drive(run);
    }

    /// Makes the world misbehave.
    pub fn faults(&self, rules: &Value) {
        let list: RuleList = serde_json::from_value(json!({ "rules": rules })).expect("rules");
        self.wire.service.borrow_mut().world.faults.set(list);
    }

    /// Everything somebody reads in Slack.
    pub fn slack_of(&self, user: &str) -> Vec<String> {
        let service = self.wire.service.borrow();
        let csm = service.world.csm(user).expect("a user");
        let company = service.world.company(csm).expect("a company");
        let seen = company.slack.seen_by(&csm.seed.email());
        let messages = seen.into_iter().flat_map(|(_, messages)| messages);
        messages.map(|message| message.text.clone()).collect()
    }

    fn now<T>(&self, work: impl Future<Output = T>) -> T {
        self.clock.run(work, || false).expect("nothing stops it")
    }

    /// A day later, at the same hour.
    pub fn sleep_until(&self, at: &str) {
        self.clock.move_to(Timestamp::parse(at).expect("a time"));
    }
}

impl OfficeRun {
    pub fn head(&self) -> Head {
        self.store.head().expect("storage").expect("a head")
    }

    pub fn status(&self) -> RunStatus {
        self.head().status
    }

    /// What the run ended with.
    pub fn result(&self) -> Value {
        let seq = self.head().end_seq.expect("an end");
        match self.store.entry(seq).expect("storage").map(|it| it.record) {
            Some(Record::Completed { result, .. }) => result,
            other => panic!("no result but {other:?}"),
        }
    }
}

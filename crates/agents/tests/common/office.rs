//! One process that hosts workflows in the sandbox's world: real table, engine, Scalekit client and
//! tools; of the network, only that it is not there.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::time::Duration;

use async_trait::async_trait;
use futures::future::{join, join_all};
use onbehalf_acting::Means;
use onbehalf_acting::agent::Piece;
use onbehalf_acting::{Lent, LentModel, LentModels};
use onbehalf_clock::testkit::{Dice, HandClock};
use onbehalf_clock::{Clock, Timestamp};
use onbehalf_engine::memory::MemoryStore;
use onbehalf_engine::{
    CommandError, Entry, Head, Host, JournalStore, PublishError, Record, ResumedBy, RunLog,
    RunStatus, Started,
};
use onbehalf_fetch::{Fetch, Secret};
use onbehalf_models::{Dialect, Endpoint, HttpModel, ModelName, Prices, ToolOffer};
use onbehalf_runs::hosted::{Opening, Run, Workflows};
use onbehalf_runs::portal::{Portals, SharedClaims};
use onbehalf_runs::run::EarlierRuns;
use onbehalf_runs::thread::{
    DeleteThread, MessageId, ReadThread, RunThreads, Said, Say, ThreadId, ThreadKey, ThreadOf,
};
use onbehalf_runs::tool_call::ToolPolicy;
use onbehalf_runs::town::{Faults, PaperRuns, Passage, Post, Town};
use onbehalf_runs::{
    Ask, Letter, Overlap, OwnerKey, RunAnswer, RunView, StartRun, Undelivered, WorkflowId, ask,
};
use onbehalf_sandbox::models;
use onbehalf_sandbox::world::{Manners, World};
use onbehalf_tools::Registry;
use serde_json::value::to_raw_value;
use serde_json::{Value, json};

use super::apps::{Apps, LEG};
use super::client::client;
use super::morning;

/// Times an alarm may ring before a run counts as going round in circles.
const RINGS: usize = 500;

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
    /// Where the runs of a portal meet.
    pub town: Rc<Town>,
    pub apps: Rc<Apps>,
    workflows: Workflows<Lent>,
    /// What is lent to agents.
    pub lends: RefCell<Lends>,
    /// What callers may name.
    pub tools: RefCell<Rc<Registry>>,
    settings: RefCell<Option<String>>,
    /// The latest run of every workflow, of whoever asks.
    pub earlier: RefCell<Option<RunView>>,
}

/// The runs of the town are on paper, and have no result: what they ended with is a test's to say.
struct Earlier(Option<RunView>);

#[async_trait(?Send)]
impl EarlierRuns for Earlier {
    async fn latest(&self, _: &WorkflowId) -> Result<Option<RunView>, Undelivered> {
        Ok(self.0.clone())
    }
}

/// What an office lends to agents beside what workflows act through.
pub struct Lends {
    /// The model; none where the operator has configured none.
    pub model: Option<String>,
    /// The models of a kind, by what the operator calls it.
    pub kinds: BTreeMap<String, String>,
    /// The key it is asked with, if that is not the right one.
    pub key: Option<&'static str>,
    pub prices: Prices,
    pub policy: Option<Value>,
    pub accounts_are_shared: bool,
}

impl Default for Lends {
    fn default() -> Self {
        Self {
            model: Some("scripted".into()),
            kinds: BTreeMap::new(),
            key: None,
            prices: Prices::default(),
            policy: None,
            accounts_are_shared: false,
        }
    }
}

/// One run and its storage.
pub struct OfficeRun {
    store: Rc<MemoryStore>,
    runner: RefCell<Rc<Run>>,
}

/// Whom a run is for, and through whose accounts it acts: a person's own, or their organization's.
#[derive(Clone, Copy)]
pub struct Who<'a> {
    pub user: &'a str,
    pub identifier: &'a str,
    /// Where they work, if the issuer says so.
    pub organization: Option<&'a str>,
}

/// Where everybody works who works anywhere.
pub const ORGANIZATION: Option<&str> = Some("org_acme");

impl Office {
    /// An office that hosts these workflows, at eight in the morning.
    pub fn hosting(workflows: Workflows<Lent>) -> Self {
        let world = World::seeded(Manners::strict(), morning().millis());
        Self::in_world(world, workflows)
    }

    /// The same in another world.
    pub fn in_world(world: World, workflows: Workflows<Lent>) -> Self {
        let clock = Rc::new(HandClock::at(morning()));
        Self {
            apps: Rc::new(Apps::in_world(world, Rc::clone(&clock))),
            town: Town::by_clock(
                Rc::clone(&clock),
                Rc::new(PaperRuns::default()),
                Rc::default(),
            ),
            clock,
            workflows,
            lends: RefCell::default(),
            tools: RefCell::new(Rc::new(Registry::standard().expect("tools"))),
            settings: RefCell::default(),
            earlier: RefCell::default(),
        }
    }

    /// Deploys other settings; a run goes on under them once it is picked up.
    pub fn deploy(&self, settings: &Value) {
        self.settings.replace(Some(settings.to_string()));
    }

    fn means(&self) -> Means {
        let clock: Rc<dyn Clock> = self.clock.clone();
        let scalekit = client(&self.apps, &clock, &self.town);
        let post = Rc::new(Post(Rc::clone(&self.town)));
        Means {
            scalekit: Rc::new(scalekit),
            claims: Rc::new(SharedClaims::new(post.clone())),
            portals: Portals::new(post, clock),
            tools: Rc::clone(&self.tools.borrow()),
            public_url: "https://agent.test/".into(),
        }
    }

    fn lent(&self, log: &Rc<RunLog>) -> Lent {
        let clock: Rc<dyn Clock> = self.clock.clone();
        let lends = self.lends.borrow();
        let fetch: Rc<dyn Fetch> = self.apps.clone();
        let endpoint = |name: &String| Endpoint {
            dialect: Dialect::ChatCompletions,
            base_url: "https://models.test/openai/v1".into(),
            model: ModelName::new(name),
            key: Some(Secret::new(lends.key.unwrap_or(models::KEY))),
        };
        let lent = |name: &String| LentModel {
            model: Rc::new(HttpModel::new(endpoint(name), fetch.clone(), clock.clone())),
            prices: lends.prices,
        };
        let kinds = lends.kinds.iter();
        let models = LentModels {
            usual: lends.model.as_ref().map(lent),
            kinds: kinds
                .map(|(kind, name)| (kind.clone(), lent(name)))
                .collect(),
        };
        let tools = self.tools.borrow();
        let offers = tools.iter().map(|tool| ToolOffer {
            name: tool.id().to_owned(),
            description: tool.description().to_owned(),
            input_schema: to_raw_value(&tool.schemas().input).expect("a schema"),
        });
        let post = Rc::new(Post(Rc::clone(&self.town)));
        let policy = lends.policy.as_ref().map(ToString::to_string);
        Lent {
            means: self.means(),
            models,
            offers: Rc::new(offers.collect()),
            policy: ToolPolicy::from_json(policy.as_deref()).expect("a policy"),
            threads: Rc::new(RunThreads::new(post, Rc::clone(log))),
            runs: Rc::new(Earlier(self.earlier.borrow().clone())),
            accounts_are_shared: lends.accounts_are_shared,
        }
    }

    fn open(&self, workflow: &str, store: &Rc<MemoryStore>) -> Rc<Run> {
        let line = self.workflows.get(workflow).expect("a hosted workflow");
        let clock: Rc<dyn Clock> = self.clock.clone();
        let kept: Rc<dyn JournalStore> = store.clone();
        let log = Rc::new(RunLog::open(kept, Rc::clone(&clock)).expect("a journal"));
        let lent = self.lent(&log);
        let opening = Opening {
            log,
            clock,
            random: Rc::new(Dice::default()),
            host: Rc::new(Nobody),
            spent: Rc::new(|| false),
        };
        line.open(opening, Ok(lent), self.settings.borrow().as_deref())
    }

    /// Starts a run; it goes on with [`Self::drive`].
    pub fn start(&self, workflow: &str, who: Who<'_>, id: &str, input: &Value) -> OfficeRun {
        let line = self.workflows.get(workflow).expect("a hosted workflow");
        let input = line.check_input(&input.to_string()).expect("an input");
        let store = Rc::new(MemoryStore::default());
        let runner = self.open(workflow, &store);
        let started = Started {
            run_id: id.into(),
            workflow: workflow.into(),
            version: line.version(),
            owner: who.user.into(),
            context: json!({"user_id": who.user, "scalekit_identifier": who.identifier,
                "org_id": who.organization, "issuer": "https://idp.test"}),
            input,
            trace_id: None,
        };
        self.now(runner.start(started)).expect("started");
        let runner = RefCell::new(runner);
        OfficeRun { store, runner }
    }

    /// Starts a run of somebody and drives it to where it rests.
    pub fn run(&self, workflow: &str, user: &str, id: &str, input: &Value) -> OfficeRun {
        let identifier = &format!("user_{user}");
        let who = Who {
            user,
            identifier,
            organization: ORGANIZATION,
        };
        let run = self.start(workflow, who, id, input);
        self.drive(&run);
        run
    }

    /// Another process picks a run up from its storage.
    pub fn pick_up(&self, workflow: &str, run: &OfficeRun) {
        run.runner.replace(self.open(workflow, &run.store));
    }

    /// Lets alarms ring, one after the other, until the run rests.
    pub fn drive(&self, run: &OfficeRun) {
        self.drive_all(&[run]);
    }

    /// The same for several runs side by side.
    pub fn drive_all(&self, runs: &[&OfficeRun]) {
        for _ in 0..RINGS {
            if !self.ring(runs) {
                return;
            }
        }
        let waits: Vec<_> = runs.iter().map(|run| run.head().suspension).collect();
        panic!("the runs go round in circles: {waits:?}");
    }

    /// Lets the next alarms ring, all that are due together; `false` when all rest.
    pub fn ring(&self, runs: &[&OfficeRun]) -> bool {
        let next = runs.iter().filter_map(|run| run.due()).min();
        let Some(next) = next else {
            return false;
        };
        self.clock.move_to(next);
        let now = self.clock.now();
        let due = runs
            .iter()
            .filter(|run| run.due().is_some_and(|at| at <= now));
        let advanced = due.map(|run| {
            run.store.take_alarm();
            let runner = Rc::clone(&run.runner.borrow());
            async move { runner.advance().await }
        });
        for done in self.now(join_all(advanced)) {
            done.expect("storage");
        }
        true
    }

    /// Lets one alarm ring, and cancels the run as soon as this is so.
    pub fn ring_and_cancel(&self, run: &OfficeRun, once: impl Fn() -> bool) {
        let at = run.store.take_alarm().expect("an alarm");
        self.clock.move_to(at);
        let runner = Rc::clone(&run.runner.borrow());
        let cancel = async {
            while !once() {
                self.clock.sleep(LEG).await;
            }
            runner.cancel("somebody").await
        };
        let (advanced, cancelled) = self.now(join(runner.advance(), cancel));
        advanced.expect("storage");
        cancelled.expect("cancelled");
    }

    /// Drives a run to where it rests, in a process that may die and comes back.
    pub fn survive(&self, workflow: &str, run: &OfficeRun) {
        for _ in 0..RINGS {
            let Some(at) = run.due() else {
                return;
            };
            run.store.take_alarm();
            self.clock.move_to(at);
            let runner = Rc::clone(&run.runner.borrow());
            let crashed = || self.apps.crashed.take();
            match self.clock.run(runner.advance(), crashed) {
                Some(Ok(())) => {}
                // The platform replaces an instance whose storage failed like one that died.
                Some(Err(_)) | None => {
                    run.store.take_alarm();
                    // When the platform rings a handler again that died.
                    let again = self.clock.now().plus(Duration::from_secs(2));
                    run.store.restore_alarm(again);
                    self.pick_up(workflow, run);
                }
            }
        }
        panic!("the run goes round in circles: {:?}", run.head().suspension);
    }

    /// Resumes a run; it goes on with [`Self::drive`].
    pub fn resume(&self, run: &OfficeRun, answer: RunAnswer) {
        self.try_resume(run, answer).expect("resumed");
    }

    /// The same, for an answer that may not be taken.
    pub fn try_resume(&self, run: &OfficeRun, answer: RunAnswer) -> Result<(), CommandError> {
        let runner = Rc::clone(&run.runner.borrow());
        self.now(runner.resume(None, ResumedBy::Owner, answer))
    }

    /// Connects an app for somebody, and tells a run that waits for it.
    pub fn connect(&self, user: &str, app: &str, run: &OfficeRun) {
        self.apps.connection(user, app, Some("ACTIVE"));
        let number = run.head().suspensions;
        let by = ResumedBy::Connection {
            event: "evt_1".into(),
        };
        let runner = Rc::clone(&run.runner.borrow());
        self.now(runner.part_came(number, app, by)).expect("told");
        self.drive(run);
    }

    /// Everything somebody reads in Slack.
    pub fn slack_of(&self, user: &str) -> Vec<String> {
        let company = self.apps.company(user);
        let seen = company.slack.seen_by(&format!("{user}@acme.example"));
        let messages = seen.into_iter().flat_map(|(_, messages)| messages);
        messages.map(|message| message.text.clone()).collect()
    }

    fn now<T>(&self, work: impl Future<Output = T>) -> T {
        self.clock.run(work, || false).expect("nothing stops it")
    }

    /// A thread of somebody's with an agent.
    pub fn thread(&self, user: &str, agent: &str, name: &str) -> OfficeThread<'_> {
        let of = ThreadOf {
            owner: OwnerKey::new(user),
            agent: WorkflowId::new(agent),
            thread: ThreadId::parse(name).expect("a name"),
        };
        OfficeThread { office: self, of }
    }

    /// A day later, at the same hour.
    pub fn sleep_until(&self, at: &str) {
        self.clock.move_to(Timestamp::parse(at).expect("a time"));
    }
}

/// A thread in the town.
pub struct OfficeThread<'a> {
    office: &'a Office,
    of: ThreadOf,
}

impl OfficeThread<'_> {
    fn ask<M: Ask<Address = ThreadKey>>(&self, message: M) -> M::Reply {
        let post = Post(Rc::clone(&self.office.town));
        let asked = ask(&post, ThreadKey::of(&self.of), message);
        self.office.now(asked).expect("an answer")
    }

    /// Says something, whose turn is a run that the test drives.
    pub fn say(&self, number: u32, text: &str, run_id: &str) {
        let context = json!({ "user_id": "alice", "scalekit_identifier": "user_alice",
            "issuer": "https://idp.test" });
        let start = StartRun {
            owner: self.of.owner.clone(),
            context: serde_json::from_value(context).expect("a context"),
            workflow: self.of.agent.clone(),
            input: json!({}),
            idempotency_key: None,
            overlap: Overlap::Allow,
            repeats: None,
        };
        self.office.town.beset_by(Rc::new(NobodyBegins));
        let said = self.ask(Say {
            message: MessageId::parse(&format!("m{number}")).expect("a name"),
            text: text.into(),
            thread: self.of.thread.clone(),
            start: Box::new(start),
        });
        assert!(
            matches!(said, Said::Taken { number: at, .. } if at == number),
            "{run_id}"
        );
    }

    /// What a turn came to, as it is kept.
    pub fn kept(&self, number: u32) -> Vec<Piece> {
        let owner = self.of.owner.clone();
        let turns = self.ask(ReadThread { owner }).expect("a thread");
        let turn = turns.into_iter().find(|it| it.number == number);
        let pieces = turn.expect("a turn").pieces.expect("pieces");
        serde_json::from_value(pieces).expect("pieces")
    }

    pub fn delete(&self) {
        let owner = self.of.owner.clone();
        assert!(self.ask(DeleteThread { owner }));
    }
}

/// The runs of turns are begun by tests, not by their owners' index.
struct NobodyBegins;

impl Faults for NobodyBegins {
    fn passage(&self, letter: &Letter) -> Passage {
        match letter {
            Letter::Principal(..) => Passage::Lost(Undelivered::Unreachable),
            _ => Passage::Through,
        }
    }
}

impl OfficeRun {
    /// All that happened to it.
    pub fn entries(&self) -> Vec<Entry> {
        self.store.entries_after(0, usize::MAX).expect("storage")
    }

    pub fn head(&self) -> Head {
        self.store.head().expect("storage").expect("a head")
    }

    /// When it goes on by itself: not when it would look again for what it waits for.
    fn due(&self) -> Option<Timestamp> {
        let looks_again = self.head().suspension.and_then(|it| it.until);
        self.store.alarm().filter(|at| Some(*at) != looks_again)
    }

    /// Lets so many commits through, and makes the one after them fail.
    pub fn refuse_after(&self, commits: u32) {
        self.store.refuse_after(commits);
    }

    pub fn status(&self) -> RunStatus {
        self.head().status
    }

    /// What it waits for.
    pub fn reason(&self) -> Value {
        let suspension = self.head().suspension.expect("a suspension");
        serde_json::to_value(suspension.reason).expect("json")
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

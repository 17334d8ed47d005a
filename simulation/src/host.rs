//! A run's object: the real engine and workflow over crashable storage, network and messages, as
//! the platform hosts them.
//!
//! Owns making a new process after a crash, the alarm, pruning, and who takes care of what a run
//! waits for. Knows nothing of when anything happens.

use std::rc::Rc;
use std::time::Duration;

use async_trait::async_trait;
use onbehalf_acting::{Lent, LentModels, Means};
use onbehalf_clock::testkit::{Dice, HandClock};
use onbehalf_clock::{Clock, Timestamp};
use onbehalf_connector::{Connectors, Rates, Scalekit, ScalekitConfig, Secret, TokenCache, Turns};
use onbehalf_engine::{Head, Host, JournalError, JournalStore, PublishError, RunLog};
use onbehalf_fetch::Fetch;
use onbehalf_runs::hosted::{Opening, Run, open_retired};
use onbehalf_runs::portal::{Portals, SharedClaims, SharedTurns};
use onbehalf_runs::run::{
    Kept, News, OwnRuns, RunMessage, RunReply, StartThis, absent, serve, tend,
};
use onbehalf_runs::thread::RunThreads;
use onbehalf_runs::tool_call::ToolPolicy;
use onbehalf_runs::town::Runs;
use onbehalf_runs::{Carrier, RunId, RunReason, Undelivered};
use onbehalf_sandbox::service::{CLIENT_ID, CLIENT_SECRET};

use crate::conversation;
use crate::expected::Expected;
use crate::plan::Plan;
use crate::roads::{Sender, Way};
use crate::shared::{Chore, Shared, shifted};
use crate::site::{Life, Site};
use crate::store::CrashStore;
use crate::tally::Kind;
use crate::wire::{BASE_URL, Wire};

/// When the alarm rings again after storage failed under it; doubles with each failure …
const AFTER_FAILURE_MS: i64 = 2_000;
/// … so often.
const MOST_DOUBLINGS: u32 = 7;
/// The connections of the workspace, as an operator names them.
const WORKSPACE: &str = r#"{
    "hubspot": {"connection": "hubspot-qkHFhMip"}, "linear": {"connection": "linear-mR2xVd9K"},
    "slack": {"connection": "slack-Tz81bWqe"}, "zendesk": {"connection": "zendesk-p5LsY0aN"}}"#;

/// One run's object and the process it lives in, if any.
pub struct Object {
    /// What outlives processes.
    pub site: Rc<Site>,
    /// The present process.
    pub life: Rc<Life>,
    runner: Option<Rc<Run>>,
    failures: u32,
}

impl Object {
    /// No process yet.
    pub fn new(site: Rc<Site>) -> Self {
        Self {
            site,
            life: Rc::default(),
            runner: None,
            failures: 0,
        }
    }

    /// Another instance begins; whatever becomes of this one.
    pub fn reset(&mut self) -> Rc<Life> {
        self.runner = None;
        self.failures = 0;
        std::mem::take(&mut self.life)
    }
}

/// A clock that is off, always by the same.
struct OffClock {
    clock: Rc<HandClock>,
    by_ms: i64,
}

#[async_trait(?Send)]
impl Clock for OffClock {
    fn now(&self) -> Timestamp {
        shifted(self.clock.now(), self.by_ms)
    }

    async fn sleep(&self, duration: Duration) {
        self.clock.sleep(duration).await;
    }
}

/// How far the clock of a run is off.
pub fn skew_of(shared: &Shared, site: &Site) -> i64 {
    shared.skew(site.run_id.as_str())
}

/// What the apps of a plan allow.
pub fn rates(plan: &Plan) -> Rates {
    Rates::from_json(plan.rates).expect("rates as they are drawn")
}

/// The runner of a run's present process; picks up what was stored when there is none, or when
/// storage has failed under it. `None` when nothing is stored and nothing starts.
fn runner(
    shared: &Rc<Shared>,
    index: usize,
    starting: Option<&str>,
) -> Result<Option<Rc<Run>>, JournalError> {
    let (site, life) = {
        let objects = shared.objects.borrow();
        let object = &objects[index];
        if let Some(runner) = object.runner.as_ref().filter(|it| it.log().is_sound()) {
            return Ok(Some(Rc::clone(runner)));
        }
        (Rc::clone(&object.site), Rc::clone(&object.life))
    };
    let stored = site.store().head()?.map(|head| head.started.workflow);
    let Some(workflow) = stored.or_else(|| starting.map(str::to_owned)) else {
        return Ok(None);
    };
    let runner = open(shared, &site, &life, &workflow)?;
    shared.objects.borrow_mut()[index].runner = Some(Rc::clone(&runner));
    Ok(Some(runner))
}

fn open(
    shared: &Rc<Shared>,
    site: &Rc<Site>,
    life: &Rc<Life>,
    workflow: &str,
) -> Result<Rc<Run>, JournalError> {
    let clock: Rc<dyn Clock> = Rc::new(OffClock {
        clock: Rc::clone(&shared.clock),
        by_ms: skew_of(shared, site),
    });
    let random = Rc::new(Dice::seeded(shared.dice.borrow_mut().bits()));
    let carrier: Rc<dyn Carrier> = Rc::new(Way {
        shared: Rc::clone(shared),
        from: Sender::Run(Rc::clone(life)),
    });
    let store = CrashStore {
        shared: Rc::clone(shared),
        site: Rc::clone(site),
        life: Rc::clone(life),
    };
    let log = Rc::new(RunLog::open(Rc::new(store), Rc::clone(&clock))?);
    let (budget, calls) = (shared.plan.budget, Rc::clone(life));
    let opening = Opening {
        log: Rc::clone(&log),
        clock: Rc::clone(&clock),
        random: random.clone(),
        host: Rc::new(Outside {
            shared: Rc::clone(shared),
            site: Rc::clone(site),
            news: News::new(Rc::clone(&carrier)),
        }),
        spent: Rc::new(move || calls.calls.get() >= budget),
    };
    let deployment = shared.deployment.borrow().clone();
    if !deployment.hosted {
        site.unhosted.set(true);
        return Ok(open_retired(opening));
    }
    let config = ScalekitConfig::new(BASE_URL, CLIENT_ID, Secret::new(CLIENT_SECRET));
    let connectors =
        Connectors::from_json(Some(WORKSPACE)).expect("connectors as they are written");
    let wire: Rc<dyn Fetch> = Rc::new(Wire {
        shared: Rc::clone(shared),
        site: Rc::clone(site),
        life: Rc::clone(life),
    });
    let portals = Portals::new(Rc::clone(&carrier), Rc::clone(&clock));
    let turns = SharedTurns::new(Rc::clone(&carrier), portals.clone());
    let scalekit = Scalekit::new(
        config.expect("a configuration").with_connectors(connectors),
        wire.clone(),
        Rc::clone(&clock),
        random,
        TokenCache::new(),
    );
    let scalekit = scalekit.with_turns(Turns::new(Rc::new(turns), rates(&shared.plan)));
    let talks = !shared.plan.conversation.is_empty();
    let offered = talks.then(conversation::offered);
    let means = Means {
        scalekit: Rc::new(scalekit),
        claims: Rc::new(SharedClaims::new(Rc::clone(&carrier))),
        portals,
        // No run of the workflow calls a tool by its name.
        tools: offered
            .as_ref()
            .map(|it| Rc::clone(&it.tools))
            .unwrap_or_default(),
        public_url: "https://agent.test/".into(),
    };
    let lent = Lent {
        models: match talks {
            true => conversation::models(wire, clock),
            false => LentModels::default(),
        },
        offers: offered.map(|it| it.offers).unwrap_or_default(),
        policy: ToolPolicy::default(),
        threads: Rc::new(RunThreads::new(Rc::clone(&carrier), Rc::clone(&log))),
        runs: Rc::new(OwnRuns::new(carrier, log)),
        accounts_are_shared: false,
        means,
    };
    let table = onbehalf_agents::workflows();
    let line = table.get(workflow).expect("a line of the table");
    let settings = Some(deployment.settings.as_str());
    Ok(line.open(opening, Ok(lent), settings))
}

/// The runs of the town.
pub struct EngineRuns(pub Rc<Shared>);

#[async_trait(?Send)]
impl Runs for EngineRuns {
    async fn receive(&self, run: &RunId, message: RunMessage) -> Result<RunReply, Undelivered> {
        let shared = &self.0;
        let starting = match &message {
            RunMessage::StartThis(StartThis(started)) => Some(started.clone()),
            _ => None,
        };
        let site = match &starting {
            Some(_) => shared.site_or_new(run),
            None => match shared.site(run) {
                Some(site) => site,
                None => return Ok(absent(&message)),
            },
        };
        let workflow = starting.as_ref().map(|it| it.workflow.as_str());
        let found = runner(shared, site.index, workflow);
        let Some(runner) = found.map_err(|_| Undelivered::Failed)? else {
            return Ok(absent(&message));
        };
        if let Some(started) = starting {
            site.started.borrow_mut().get_or_insert(started);
        }
        let expected = Expected::of(runner.as_ref(), &message);
        let reply = serve(&runner, shared.rules.as_ref(), message).await;
        let reply = reply.map_err(|_| Undelivered::Failed)?;
        expected.check(shared, &site, &reply);
        Ok(reply)
    }
}

/// The alarm of a run rings.
pub async fn ring(shared: Rc<Shared>, index: usize) {
    let (site, life) = {
        let mut objects = shared.objects.borrow_mut();
        let object = &mut objects[index];
        object.life.calls.set(0);
        (Rc::clone(&object.site), Rc::clone(&object.life))
    };
    let done = advance(&shared, &site).await;
    // An instance that was replaced meanwhile sets no alarm any more.
    if life.replaced.borrow().is_some() {
        return;
    }
    let mut objects = shared.objects.borrow_mut();
    let object = &mut objects[index];
    let Err(error) = done else {
        object.failures = 0;
        return;
    };
    shared.note(|| format!("run {index}: storage failed: {error}"));
    let pause = AFTER_FAILURE_MS << object.failures.min(MOST_DOUBLINGS);
    object.failures += 1;
    let again = shifted(shared.now(), pause + skew_of(&shared, &site));
    let store = site.store();
    store.take_alarm();
    store.restore_alarm(again);
}

async fn advance(shared: &Rc<Shared>, site: &Rc<Site>) -> Result<(), JournalError> {
    let Some(runner) = runner(shared, site.index, None)? else {
        return Ok(());
    };
    let retention = Duration::from_millis(u64::try_from(shared.plan.retention_ms).unwrap_or(0));
    let now = || shifted(shared.now(), skew_of(shared, site));
    if let Kept::NoLonger = tend(&runner, Some(retention), &now).await? {
        shared.objects.borrow_mut()[site.index].runner = None;
        site.prune();
        shared.met(Kind::Pruned);
    }
    Ok(())
}

/// Those who are told where a run stands, and do what it waits for.
struct Outside {
    shared: Rc<Shared>,
    site: Rc<Site>,
    news: News,
}

#[async_trait(?Send)]
impl Host for Outside {
    async fn publish(&self, head: &Head) -> Result<(), PublishError> {
        self.news.publish(head).await?;
        if let Some(suspension) = &head.suspension {
            self.care(suspension.number, suspension.reason.product());
        }
        Ok(())
    }
}

impl Outside {
    /// Somebody will do what the run waits for, sooner or later.
    fn care(&self, number: u32, reason: Option<RunReason>) {
        let site = self.site.index;
        let chores = match reason {
            Some(RunReason::ConnectionRequired { missing }) => {
                let chore = |connector| Chore::Connect {
                    site,
                    number,
                    connector,
                };
                missing.into_iter().map(|it| chore(it.connector)).collect()
            }
            Some(RunReason::ApprovalRequired { hash, items, .. }) => {
                let items = items.into_iter().flatten().map(|it| it.item).collect();
                vec![Chore::Decide {
                    site,
                    number,
                    hash,
                    items,
                }]
            }
            None => Vec::new(),
        };
        for chore in chores {
            // Told twice, some act twice.
            let mut known = self.shared.cared_for.borrow_mut();
            let known = !known.insert(format!("{chore:?}"));
            if known && self.shared.between(0, 3) > 0 {
                continue;
            }
            self.shared.later(self.shared.between(50, 30_000), chore);
        }
    }
}

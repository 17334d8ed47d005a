//! A run's object: the real engine over crashable storage and network, as the platform hosts it.
//!
//! Owns making a new process after a crash, and who is told of a run's status. Knows nothing of
//! when anything happens.

use std::rc::Rc;
use std::time::Duration;

use async_trait::async_trait;
use onbehalf_agents::onboarding::{OnboardingServices, OnboardingSettings, onboarding_workflow};
use onbehalf_clock::Clock;
use onbehalf_connector::{Scalekit, ScalekitConfig, Secret, TokenCache, Turns};
use onbehalf_engine::{Engine, Head, Host, PublishError, RunLog, Runner};
use onbehalf_runs::RunReason;
use onbehalf_runs::portal::{Portals, SharedClaims};
use onbehalf_runs::town::Post;
use onbehalf_sandbox::service::{CLIENT_ID, CLIENT_SECRET};

use crate::allowance::{Count, rates};
use crate::plan::{Moment, What};
use crate::site::{Chore, Life, Shared, Site};
use crate::store::CrashStore;
use crate::wire::{BASE_URL, Wire};
use onbehalf_clock::testkit::{Dice, pause};

/// The engine over the onboarding workflow.
pub type Onboarding = Runner<RunReason>;

/// One run and the process it lives in, if any.
pub struct Object {
    /// What outlives processes.
    pub site: Rc<Site>,
    /// The present process.
    pub life: Rc<Life>,
    runner: Option<Rc<Onboarding>>,
}

impl Object {
    /// No process yet.
    pub fn new(site: Rc<Site>) -> Self {
        Self {
            site,
            life: Rc::default(),
            runner: None,
        }
    }

    /// Forgets everything in memory.
    pub fn reset(&mut self) {
        self.life = Rc::default();
        self.runner = None;
    }

    /// The runner of the present process; picks up what was stored when there is none, or when
    /// storage has failed under it.
    pub fn runner(&mut self, shared: &Rc<Shared>) -> Rc<Onboarding> {
        if let Some(runner) = self.runner.as_ref().filter(|it| it.log().is_sound()) {
            return Rc::clone(runner);
        }
        let (site, life) = (Rc::clone(&self.site), Rc::clone(&self.life));
        let clock: Rc<dyn Clock> = shared.clock.clone();
        let random = Rc::new(Dice::seeded(shared.dice.borrow_mut().bits()));
        let config = ScalekitConfig::new(BASE_URL, CLIENT_ID, Secret::new(CLIENT_SECRET));
        let wire = Wire {
            shared: Rc::clone(shared),
            site: Rc::clone(&site),
            life: Rc::clone(&life),
        };
        let scalekit = Scalekit::new(
            config.expect("a configuration"),
            Rc::new(wire),
            Rc::clone(&clock),
            random.clone(),
            TokenCache::new(),
        );
        let count = Count {
            shared: Rc::clone(shared),
            life: Rc::clone(&life),
        };
        let turns = Turns::new(Rc::new(count), rates(shared));
        let post = Rc::new(Post(Rc::clone(&shared.town)));
        let (budget, calls) = (shared.plan.budget, Rc::clone(&life));
        let engine = Engine {
            workflow: Rc::new(onboarding_workflow()),
            services: Ok(Rc::new(OnboardingServices {
                scalekit: Rc::new(scalekit.with_turns(turns)),
                claims: Rc::new(SharedClaims::new(post.clone())),
                portals: Portals::new(post, Rc::clone(&clock)),
                settings: OnboardingSettings::default(),
                public_url: "https://agent.test/".into(),
            })),
            clock: Rc::clone(&clock),
            random,
            host: Rc::new(Outside {
                shared: Rc::clone(shared),
                site: Rc::clone(&site),
                life: Rc::clone(&life),
            }),
            spent: Rc::new(move || calls.calls.get() >= budget),
        };
        let store = CrashStore {
            shared: Rc::clone(shared),
            site,
            life,
        };
        let log = RunLog::open(Rc::new(store), clock).expect("memory never fails");
        let runner = Rc::new(Runner::new(engine, Rc::new(log)));
        self.runner = Some(Rc::clone(&runner));
        runner
    }
}

/// Those who are told where a run stands, and do what it waits for.
struct Outside {
    shared: Rc<Shared>,
    site: Rc<Site>,
    life: Rc<Life>,
}

#[async_trait(?Send)]
impl Host for Outside {
    async fn publish(&self, head: &Head) -> Result<(), PublishError> {
        let moment = Moment::Publish(Site::next(&self.site.publishes));
        pause().await;
        if self.life.dead.get() {
            std::future::pending::<()>().await;
        }
        let fails = |it: &What| *it == What::Fails;
        if self.shared.take(self.site.index, moment, fails).is_some() {
            return Err(PublishError("the simulation says so".into()));
        }
        self.site.told.replace(Some(head.clone()));
        if let Some(suspension) = &head.suspension {
            self.care(suspension.number, suspension.reason.product());
        }
        pause().await;
        Ok(())
    }
}

impl Outside {
    /// Somebody will do what the run waits for, sooner or later.
    fn care(&self, number: u32, reason: Option<RunReason>) {
        let chores = match reason {
            Some(RunReason::ConnectionRequired { missing }) => missing
                .into_iter()
                .map(|it| Chore::Connect {
                    number,
                    connector: it.connector,
                })
                .collect(),
            Some(RunReason::ApprovalRequired { hash, .. }) => vec![Chore::Approve { number, hash }],
            None => Vec::new(),
        };
        for chore in chores {
            // Told twice, some act twice.
            let known = !self
                .site
                .cared_for
                .borrow_mut()
                .insert(format!("{chore:?}"));
            if known && self.shared.between(0, 3) > 0 {
                continue;
            }
            let pause = u64::try_from(self.shared.between(50, 30_000)).unwrap_or(0);
            let due = self.shared.clock.now().plus(Duration::from_millis(pause));
            let mut all = self.shared.chores.borrow_mut();
            all.push((due, self.site.index, chore));
        }
    }
}

//! What all parts of a simulation share.
//!
//! Owns the disturbances still to come, who has said and done what, and the findings so far. Decides
//! nothing.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};
use std::rc::{Rc, Weak};
use std::time::Duration;

use onbehalf_clock::Timestamp;
use onbehalf_clock::testkit::HandClock;
use onbehalf_connector::Lane;
use onbehalf_runs::town::{Address, Town, TownRules};
use onbehalf_runs::{Approval, ConnectorName, IdempotencyKey, OwnerKey, RunId};
use onbehalf_sandbox::service::Service;
use onbehalf_sandbox::world::random::Dice;

use crate::conversation::Talk;
use crate::grants::Grant;
use crate::host::Object;
use crate::plan::{Class, Disturbance, Moment, Plan, What};
use crate::roads::Parcel;
use crate::site::{Life, Site};
use crate::tally::{Kind, Rule, Tally};
use crate::wire::Flight;

/// Something a person does until it is acknowledged.
#[derive(Clone, Debug, PartialEq)]
pub enum Chore {
    /// Start a run.
    Start {
        /// Why.
        trigger: usize,
        /// With this key.
        key: Option<IdempotencyKey>,
    },
    /// Make a connection, and say so.
    Connect {
        /// The run that waits for it.
        site: usize,
        /// Its suspension.
        number: u32,
        /// Which connection.
        connector: String,
    },
    /// A connection that died is mended, whoever waits for it.
    Mend {
        /// Whose.
        user: usize,
        /// To which app.
        app: &'static str,
    },
    /// Decide about a plan.
    Decide {
        /// The run.
        site: usize,
        /// Its suspension.
        number: u32,
        /// The plan's hash.
        hash: String,
        /// The plan's items.
        items: Vec<String>,
    },
    /// Look at a run.
    Look {
        /// Which.
        site: usize,
    },
    /// Look at one's runs.
    LookAround(usize),
    /// Switch the daily run on.
    SwitchOn(usize),
    /// See what became of it, and switch it off.
    SwitchOff(usize),
    /// The cron trigger rings at a person's shard.
    Sweep(usize),
    /// The next line of the conversation.
    Speak(usize),
}

/// What a start was answered with.
#[derive(Clone, Debug)]
pub struct Begun {
    /// With which key.
    pub key: Option<IdempotencyKey>,
    /// The run.
    pub run_id: RunId,
}

/// What somebody has decided, acknowledged or not.
#[derive(Clone, Debug)]
pub struct Verdict {
    /// About which run.
    pub site: usize,
    /// What they said.
    pub approval: Approval,
}

/// What a deployment consists of.
#[derive(Clone, Debug)]
pub struct Deployment {
    /// The setting `ONBOARDING`.
    pub settings: String,
    /// Whether the workflow is hosted.
    pub hosted: bool,
}

/// What an app answered to a write.
#[derive(Clone, Debug)]
pub struct Answered {
    /// The write as it was sent.
    pub text: String,
    /// The status that came back; `None` when nothing did.
    pub status: Option<u16>,
}

/// From when until when something was so.
pub type Span = (Timestamp, Option<Timestamp>);

/// Shared by everything in one simulation.
pub struct Shared {
    pub clock: Rc<HandClock>,
    /// When everything began.
    pub start: Timestamp,
    pub plan: Plan,
    pub service: RefCell<Service>,
    pub dice: RefCell<Dice>,
    pub flights: RefCell<Vec<Flight>>,
    pub parcels: RefCell<Vec<Parcel>>,
    pub pending: RefCell<Vec<Disturbance>>,
    pub chores: RefCell<Vec<(Timestamp, Chore)>>,
    pub sites: RefCell<Vec<Rc<Site>>>,
    pub objects: RefCell<Vec<Object>>,
    pub town: RefCell<Weak<Town>>,
    pub rules: Rc<TownRules>,
    /// An object that dies after so many more of its statements.
    pub doomed: RefCell<Option<(Address, u32)>>,
    /// Lives that end at this time; alarm handlers only, where that is said.
    pub endings: RefCell<Vec<(Timestamp, Rc<Life>, Kind)>>,
    pub deployment: RefCell<Deployment>,
    /// Whether a deployment has changed what runs go by.
    pub redeployed: Cell<bool>,
    pub begun: RefCell<Vec<Begun>>,
    pub verdicts: RefCell<Vec<Verdict>>,
    pub answered: RefCell<Vec<(usize, Answered)>>,
    /// Flags that portals have given to runs, in the order in which they did.
    pub grants: RefCell<Vec<Grant>>,
    /// When each user's connection to an app was dead.
    pub dead: RefCell<BTreeMap<(usize, &'static str), Vec<Span>>>,
    /// When each tool call left, by who has the allowance, and lane.
    pub left: RefCell<BTreeMap<(String, Lane), Vec<Timestamp>>>,
    /// What a person saw of their schedule before they switched it off.
    pub ticks: RefCell<BTreeMap<usize, (Timestamp, onbehalf_runs::Schedule)>>,
    /// When a person's schedule was switched on.
    pub enrolled: RefCell<BTreeMap<usize, Timestamp>>,
    pub letters: Cell<u32>,
    /// How often alarms of other objects than runs have rung.
    pub other_rings: Cell<u32>,
    pub statements: RefCell<BTreeMap<Class, u32>>,
    /// When something last happened that a run has to get over.
    pub troubled: Cell<Timestamp>,
    /// Whether messages or turns were disturbed, so that allowances may have been forgotten.
    pub turns_disturbed: Cell<bool>,
    pub violations: RefCell<Vec<String>>,
    pub tally: RefCell<Tally>,
    pub cared_for: RefCell<BTreeSet<String>>,
    pub talk: RefCell<Talk>,
    pub verbose: bool,
}

/// The apps that the workflow needs, in the order in which disturbances count them.
pub const APPS: [&str; 3] = ["hubspot", "zendesk", "linear"];

impl Shared {
    /// Notes what happens, for a person who looks on.
    pub fn note(&self, text: impl FnOnce() -> String) {
        if self.verbose {
            println!("{} {}", self.now(), text());
        }
    }

    /// The time.
    pub fn now(&self) -> Timestamp {
        use onbehalf_clock::Clock;
        self.clock.now()
    }

    /// So many milliseconds from the start.
    pub fn at(&self, ms: i64) -> Timestamp {
        later(self.start, ms)
    }

    /// Notes something that must not be.
    pub fn violation(&self, text: String) {
        self.note(|| format!("VIOLATION: {text}"));
        self.violations.borrow_mut().push(text);
    }

    /// A rule is asked; what breaks it is noted.
    pub fn asks(&self, rule: Rule, holds: bool, found: impl FnOnce() -> String) {
        self.tally.borrow_mut().asked(rule);
        if !holds {
            self.violation(format!("{}: {}", rule.text(), found()));
        }
    }

    /// Something of this kind has happened.
    pub fn met(&self, kind: Kind) {
        self.note(|| format!("# {}", kind.text()));
        self.tally.borrow_mut().met(kind);
        self.trouble();
    }

    /// From here on a run has something to get over.
    pub fn trouble(&self) {
        self.troubled.set(self.now().max(self.troubled.get()));
    }

    /// Takes a disturbance that is due, if there is one of this kind. `run` is `None` for what
    /// happens to all.
    pub fn take(
        &self,
        run: Option<usize>,
        moment: Moment,
        wanted: impl Fn(&What) -> bool,
    ) -> Option<What> {
        let mut pending = self.pending.borrow_mut();
        let found = pending.iter().position(|it| {
            run.is_none_or(|run| it.run == run) && it.moment == moment && wanted(&it.what)
        })?;
        let taken = pending.remove(found).what;
        self.note(|| format!("run {run:?}: {taken:?} at {moment:?}"));
        Some(taken)
    }

    /// A number from the scheduler's dice.
    pub fn between(&self, low: i64, high: i64) -> i64 {
        self.dice.borrow_mut().between(low, high)
    }

    /// How far a clock is off, the same for one name.
    pub fn skew(&self, name: &str) -> i64 {
        let far = self.plan.skew_ms;
        Dice::of(&format!("{} {name}", self.plan.seed)).between(-far, far)
    }

    /// Whether an app does not serve now.
    pub fn outage(&self, app: &str) -> bool {
        self.out(app, self.now(), self.now())
    }

    /// Whether somebody did not serve at this time.
    pub fn outage_at(&self, at: Timestamp) -> bool {
        APPS.into_iter().any(|app| self.out(app, at, at))
    }

    /// Whether an app did not serve between these times, not even once.
    pub fn out(&self, app: &str, from: Timestamp, until: Timestamp) -> bool {
        self.plan.outage.is_some_and(|it| {
            let whole = self.at(it.from_ms) <= from && until < self.at(it.until_ms);
            it.concerns(app) && whole
        })
    }

    /// The run of this name.
    pub fn site(&self, run_id: &RunId) -> Option<Rc<Site>> {
        let sites = self.sites.borrow();
        sites.iter().find(|it| it.run_id == *run_id).map(Rc::clone)
    }

    /// The run of this name, which begins to be looked at if it was not.
    pub fn site_or_new(&self, run_id: &RunId) -> Rc<Site> {
        if let Some(site) = self.site(run_id) {
            return site;
        }
        let mut sites = self.sites.borrow_mut();
        let site = Rc::new(Site::new(sites.len(), run_id.clone()));
        sites.push(Rc::clone(&site));
        self.objects
            .borrow_mut()
            .push(Object::new(Rc::clone(&site)));
        site
    }

    /// Puts a chore off until later.
    pub fn later(&self, after_ms: i64, chore: Chore) {
        let due = later(self.now(), after_ms);
        self.chores.borrow_mut().push((due, chore));
    }

    /// A connection is dead from now on, or no more.
    pub fn connection(&self, user: usize, app: &'static str, alive: bool) {
        let now = self.now();
        let mut dead = self.dead.borrow_mut();
        let spans = dead.entry((user, app)).or_default();
        match spans.last_mut() {
            Some((_, until @ None)) if alive => *until = Some(now),
            Some((_, None)) => {}
            _ if alive => {}
            _ => spans.push((now, None)),
        }
    }

    /// Whether a connection was dead at any time, or all of the time, in between.
    pub fn was_dead(&self, user: usize, app: &str, from: Timestamp, until: Timestamp) -> Dead {
        let dead = self.dead.borrow();
        let spans = dead
            .iter()
            .filter(|((of, to), _)| *of == user && *to == app);
        let spans: Vec<Span> = spans.flat_map(|(_, spans)| spans.clone()).collect();
        let whole = |(begin, end): &Span| *begin <= from && end.is_none_or(|it| it >= until);
        let part = |(begin, end): &Span| *begin <= until && end.is_none_or(|it| it >= from);
        if spans.iter().any(whole) {
            Dead::Throughout
        } else if spans.iter().any(part) {
            Dead::ForATime
        } else {
            Dead::Never
        }
    }
}

/// How long a connection was dead.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dead {
    /// All the time.
    Throughout,
    /// Some of the time.
    ForATime,
    /// Not once.
    Never,
}

/// The key of a person's principal.
pub fn owner(person: usize) -> OwnerKey {
    OwnerKey::new(format!("p_{person}"))
}

/// The person of a principal's key.
pub fn person(owner: &str) -> Option<usize> {
    owner.strip_prefix("p_")?.parse().ok()
}

/// The name under which Scalekit knows a user.
pub fn identifier(user: usize) -> String {
    format!("user_sim{user}")
}

/// The app that one of its tools is named after.
pub fn app_of(tool: &str) -> Option<&'static str> {
    APPS.into_iter().find(|app| tool.starts_with(app))
}

/// A connector by name.
pub fn connector(app: &str) -> ConnectorName {
    ConnectorName::new(app)
}

/// So many milliseconds later.
pub fn later(from: Timestamp, ms: i64) -> Timestamp {
    from.plus(Duration::from_millis(u64::try_from(ms).unwrap_or(0)))
}

/// A time as a clock shows it that is off by so much.
pub fn shifted(at: Timestamp, by_ms: i64) -> Timestamp {
    Timestamp::from_millis(at.millis() + by_ms)
}

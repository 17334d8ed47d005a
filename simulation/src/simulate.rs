//! A plan carried out, from an empty world to the point where nothing more can happen.
//!
//! Owns building the world, its people and the town of a plan. Judges nothing.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use onbehalf_clock::Timestamp;
use onbehalf_clock::testkit::HandClock;
use onbehalf_runs::IdempotencyKey;
use onbehalf_runs::town::Town;
use onbehalf_sandbox::service::Service;
use onbehalf_sandbox::world::World;
use onbehalf_sandbox::world::manners::{Manners, ProviderErrors};
use onbehalf_sandbox::world::random::Dice;
use onbehalf_sandbox::world::users::{APPS, CsmSeed};

use crate::host::{EngineRuns, rates};
use crate::plan::{Plan, WorldKind};
use crate::roads::{TownFaults, TownRoads};
use crate::scheduler::Scheduler;
use crate::shared::{Chore, Deployment, Shared};
use crate::tally::Kind;

/// When every world begins: 2026-11-23T08:00:00Z, when the daily run is due.
pub const BEGIN_MS: i64 = 1_795_420_800_000;
/// A simulation with a schedule begins so long before.
const BEFORE_MS: i64 = 600_000;
/// Between starts that somebody makes at once, in milliseconds.
const AT_ONCE_MS: i64 = 20;
/// Budgets below this end an invocation before its work is done.
const SMALL_BUDGET: u32 = 100;
/// Customers from which on there are many.
const MANY: usize = 300;
/// HubSpot's search may lag so far by the default setting, in milliseconds.
pub const DEFAULT_LAG_MS: i64 = 90_000;
/// The company whose apps are shared.
const COMPANY: &str = "acme";

/// A simulation that has come to rest.
pub struct Ended {
    /// What was shared.
    pub shared: Rc<Shared>,
    /// The objects besides the runs.
    pub town: Rc<Town>,
}

/// When a plan begins.
pub fn beginning(plan: &Plan) -> Timestamp {
    let scheduled = plan.people.iter().any(|it| it.scheduled_until_ms.is_some());
    Timestamp::from_millis(BEGIN_MS - if scheduled { BEFORE_MS } else { 0 })
}

fn manners(kind: WorldKind) -> Manners {
    match kind {
        WorldKind::Strict => Manners::strict(),
        WorldKind::StrictKept => Manners {
            provider_errors: ProviderErrors::Kept,
            ..Manners::strict()
        },
    }
}

fn world(plan: &Plan) -> World {
    let mut world = World::with(manners(plan.world));
    for (index, user) in plan.users.iter().enumerate() {
        let sub = format!("sim{index}");
        let seed = CsmSeed {
            portal: Some(match user.shares_portal {
                true => COMPANY.to_owned(),
                false => format!("own{index}"),
            }),
            ..CsmSeed::new(&sub, "Sim", "org_acme", &APPS, user.customers)
        };
        world.add(seed, BEGIN_MS);
    }
    world
}

/// Carries out a plan from `start` on.
pub fn simulate(plan: &Plan, start: Timestamp, verbose: bool) -> Ended {
    let shared = Rc::new(Shared {
        clock: Rc::new(HandClock::at(start)),
        start,
        plan: plan.clone(),
        service: RefCell::new(Service::new(world(plan))),
        dice: RefCell::new(Dice::new(plan.seed)),
        flights: RefCell::default(),
        parcels: RefCell::default(),
        pending: RefCell::new(plan.disturbances.clone()),
        chores: RefCell::default(),
        sites: RefCell::default(),
        objects: RefCell::default(),
        town: RefCell::default(),
        rules: Rc::default(),
        doomed: RefCell::default(),
        endings: RefCell::default(),
        deployment: RefCell::new(Deployment {
            settings: plan.settings.to_owned(),
            hosted: true,
        }),
        redeployed: Cell::default(),
        begun: RefCell::default(),
        verdicts: RefCell::default(),
        answered: RefCell::default(),
        grants: RefCell::default(),
        dead: RefCell::default(),
        left: RefCell::default(),
        ticks: RefCell::default(),
        enrolled: RefCell::default(),
        letters: Cell::default(),
        other_rings: Cell::default(),
        statements: RefCell::default(),
        troubled: Cell::new(start),
        turns_disturbed: Cell::default(),
        violations: RefCell::default(),
        tally: RefCell::default(),
        cared_for: RefCell::default(),
        talk: RefCell::default(),
        verbose,
    });
    let runs = Rc::new(EngineRuns(Rc::clone(&shared)));
    let clock = Rc::clone(&shared.clock);
    let town = Town::by_clock(clock, runs, Rc::clone(&shared.rules));
    let town = town.allowing(rates(plan));
    town.beset_by(Rc::new(TownFaults(Rc::clone(&shared))));
    town.travel_by(Rc::new(TownRoads(Rc::clone(&shared))));
    shared.town.replace(Rc::downgrade(&town));
    plan_people(&shared);
    count_kinds(&shared);
    Scheduler::new(Rc::clone(&shared), Rc::clone(&town)).drive();
    // What is in memory holds on to what holds it.
    shared.objects.borrow_mut().clear();
    shared.endings.borrow_mut().clear();
    Ended { shared, town }
}

fn plan_people(shared: &Shared) {
    for (trigger, asked) in shared.plan.triggers.iter().enumerate() {
        let key = asked
            .keyed
            .then(|| IdempotencyKey::new(format!("key {trigger}")));
        for nth in 0..i64::from(asked.times) {
            let key = key.clone();
            let start = Chore::Start { trigger, key };
            shared.later(asked.at_ms + nth * AT_ONCE_MS, start);
        }
    }
    if !shared.plan.conversation.is_empty() {
        shared.later(0, Chore::Speak(0));
    }
    for (person, plan) in shared.plan.people.iter().enumerate() {
        if let Some(until) = plan.scheduled_until_ms {
            shared.later(0, Chore::SwitchOn(person));
            shared.later(until, Chore::SwitchOff(person));
            for at in &shared.plan.cron_ms {
                shared.later(*at, Chore::Sweep(person));
            }
        }
    }
}

/// Kinds that a plan is made of, rather than met by.
fn count_kinds(shared: &Shared) {
    let plan = &shared.plan;
    let shared_by = plan.users.iter().filter(|it| it.shares_portal).count();
    let twins = plan.people.len() > 1 && plan.people.iter().all(|it| it.user == 0);
    let kinds = [
        (
            Kind::DoubleTrigger,
            plan.triggers.iter().any(|it| it.times > 1),
        ),
        (Kind::SharedPortal, shared_by > 1),
        (Kind::SharedAccount, twins),
        (Kind::SmallBudget, plan.budget < SMALL_BUDGET),
        (Kind::TightRates, plan.rates.is_some()),
        (Kind::StrictWorld, plan.world == WorldKind::Strict),
        (Kind::StrictWorldKept, plan.world == WorldKind::StrictKept),
        (
            Kind::ManyCustomers,
            plan.users.iter().any(|it| it.customers >= MANY),
        ),
        (
            Kind::IndexLags,
            (1..DEFAULT_LAG_MS).contains(&plan.search_lag_ms),
        ),
        (Kind::IndexLagsBeyond, plan.search_lag_ms >= DEFAULT_LAG_MS),
        (Kind::ClocksApart, plan.skew_ms > 0),
    ];
    for (kind, is_so) in kinds {
        if is_so {
            shared.met(kind);
        }
    }
}

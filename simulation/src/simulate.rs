//! A plan carried out, from an empty world to the point where nothing more can happen.
//!
//! Owns building the world and the runs of a plan. Judges nothing.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use onbehalf_clock::Timestamp;
use onbehalf_runs::town::{PaperRuns, Town};
use onbehalf_sandbox::service::Service;
use onbehalf_sandbox::world::World;
use onbehalf_sandbox::world::random::Dice;
use onbehalf_sandbox::world::users::{APPS, CsmSeed};

use crate::plan::Plan;
use crate::scheduler::Scheduler;
use crate::site::{Chore, Shared, Site, Tally, later};
use onbehalf_clock::testkit::HandClock;

/// When every world begins: 2026-11-23T08:00:00Z.
pub const BEGIN_MS: i64 = 1_795_420_800_000;

/// A simulation that has come to rest.
pub struct Ended {
    /// What was shared.
    pub shared: Rc<Shared>,
    /// The runs.
    pub sites: Vec<Rc<Site>>,
}

/// Carries out a plan in a world that begins at [`BEGIN_MS`], from `start` on.
pub fn simulate(plan: &Plan, start: Timestamp, verbose: bool) -> Ended {
    let mut world = World::empty();
    for run in &plan.runs {
        let sub = format!("sim{}", run.user);
        world.add(
            CsmSeed::new(&sub, "Sim", "org_acme", &APPS, run.customers),
            BEGIN_MS,
        );
    }
    let clock = Rc::new(HandClock::at(start));
    let shared = Rc::new(Shared {
        town: Town::by_clock(
            Rc::clone(&clock),
            Rc::new(PaperRuns::default()),
            Rc::default(),
        ),
        clock,
        plan: plan.clone(),
        service: RefCell::new(Service::new(world)),
        dice: RefCell::new(Dice::new(plan.seed)),
        flights: RefCell::default(),
        pending: RefCell::new(plan.disturbances.clone()),
        chores: RefCell::default(),
        revoked: RefCell::default(),
        allowances: RefCell::default(),
        left: RefCell::default(),
        violations: RefCell::default(),
        tally: Cell::new(Tally::default()),
        verbose,
    });
    let sites: Vec<Rc<Site>> = plan
        .runs
        .iter()
        .enumerate()
        .map(|(index, run)| Rc::new(Site::new(index, run.clone())))
        .collect();
    for site in &sites {
        let due = later(start, site.plan.start_ms);
        let mut chores = shared.chores.borrow_mut();
        chores.push((due, site.index, Chore::Start));
    }
    Scheduler::new(Rc::clone(&shared), &sites).drive(start);
    Ended { shared, sites }
}

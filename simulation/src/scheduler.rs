//! Who goes on next: every interleaving, chosen by the seed.
//!
//! Owns the loop: tasks that can go on, requests that have arrived, alarms that are due, and what
//! people do. Time moves only when nothing is left to do now.

use std::cell::{Cell, RefCell};
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Wake, Waker};
use std::time::Duration;

use onbehalf::ports::Clock;
use onbehalf::time::Timestamp;
use onbehalf::workflow::StoreError;
use onbehalf_sandbox::service::Service;
use onbehalf_sandbox::world::World;
use onbehalf_sandbox::world::random::Dice;
use onbehalf_sandbox::world::users::{APPS, CsmSeed};

use crate::clock::VirtualClock;
use crate::commands;
use crate::object::{Object, Onboarding};
use crate::plan::{Command, Moment, Plan, What};
use crate::site::{Chore, Life, Shared, Site, Tally};
use crate::wire;

/// When every world begins: 2026-11-23T08:00:00Z.
pub const BEGIN_MS: i64 = 1_795_420_800_000;
/// The platform rings the alarm of a handler that died again after about two seconds.
const ALARM_AGAIN: Duration = Duration::from_secs(2);
/// Whoever was not answered tries again after this.
const CHORE_AGAIN: Duration = Duration::from_secs(5);
/// More choices than any run needs: beyond, it goes round in circles.
const MOST_CHOICES: u32 = 200_000;
/// Longer than any run may take, the patience of the workflow included.
const LONGEST: Duration = Duration::from_secs(24 * 3600);

type Work = Pin<Box<dyn Future<Output = Result<(), StoreError>>>>;

#[derive(Clone, Debug, PartialEq)]
enum Kind {
    Alarm,
    Command(Command),
    Chore(Chore),
}

struct Task {
    object: usize,
    kind: Kind,
    life: Rc<Life>,
    woken: Arc<Flag>,
    work: Work,
}

struct Flag(AtomicBool);

impl Wake for Flag {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Something that can happen now.
enum Choice {
    Poll(usize),
    Arrive(usize),
    Ring(usize),
    Chore(usize),
}

/// A simulation under way.
pub struct Scheduler {
    shared: Rc<Shared>,
    objects: Vec<Object>,
    tasks: Vec<Task>,
}

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
    let shared = Rc::new(Shared {
        clock: Rc::new(VirtualClock::at(start)),
        plan: plan.clone(),
        service: RefCell::new(Service::new(world)),
        dice: RefCell::new(Dice::new(plan.seed)),
        flights: RefCell::default(),
        pending: RefCell::new(plan.disturbances.clone()),
        chores: RefCell::default(),
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
    let mut scheduler = Scheduler {
        shared: Rc::clone(&shared),
        objects: sites.iter().cloned().map(Object::new).collect(),
        tasks: Vec::new(),
    };
    scheduler.drive(start);
    Ended { shared, sites }
}

fn later(from: Timestamp, ms: i64) -> Timestamp {
    from.plus(Duration::from_millis(u64::try_from(ms).unwrap_or(0)))
}

impl Scheduler {
    fn drive(&mut self, start: Timestamp) {
        for _ in 0..MOST_CHOICES {
            self.bury();
            self.begin_commands(start);
            let choices = self.choices();
            if choices.is_empty() {
                match self.next_time(start) {
                    Some(at) if at > start.plus(LONGEST) => break,
                    Some(at) => self.shared.clock.move_to(at),
                    None => return,
                }
                continue;
            }
            let last = i64::try_from(choices.len()).unwrap_or(1) - 1;
            let index = usize::try_from(self.shared.between(0, last)).unwrap_or(0);
            self.take(&choices[index]);
        }
        self.shared
            .violation("the simulation goes round in circles".into());
    }

    fn choices(&self) -> Vec<Choice> {
        let now = self.shared.clock.now();
        let mut choices = Vec::new();
        for (index, task) in self.tasks.iter().enumerate() {
            if task.woken.0.load(Ordering::Relaxed) {
                choices.push(Choice::Poll(index));
            }
        }
        for (index, flight) in self.shared.flights.borrow().iter().enumerate() {
            if flight.due <= now {
                choices.push(Choice::Arrive(index));
            }
        }
        for (index, object) in self.objects.iter().enumerate() {
            let due = object.site.store.alarm().is_some_and(|at| at <= now);
            if due && !self.rings(index) {
                choices.push(Choice::Ring(index));
            }
        }
        for (index, (due, ..)) in self.shared.chores.borrow().iter().enumerate() {
            if *due <= now {
                choices.push(Choice::Chore(index));
            }
        }
        choices
    }

    /// Whether an alarm handler is at work; the platform never runs two.
    fn rings(&self, object: usize) -> bool {
        let mut tasks = self.tasks.iter();
        tasks.any(|task| task.object == object && task.kind == Kind::Alarm)
    }

    fn next_time(&self, start: Timestamp) -> Option<Timestamp> {
        let alarms = (0..self.objects.len()).filter(|index| !self.rings(*index));
        let alarms = alarms.filter_map(|index| self.objects[index].site.store.alarm());
        let flights = self.shared.flights.borrow();
        let chores = self.shared.chores.borrow();
        let pending = self.shared.pending.borrow();
        let timed = pending.iter().filter_map(|it| match (&it.what, it.moment) {
            (What::Command(_), Moment::Time(ms)) => Some(later(start, ms)),
            _ => None,
        });
        alarms
            .chain(flights.iter().map(|it| it.due))
            .chain(chores.iter().map(|(due, ..)| *due))
            .chain(timed)
            .chain(self.shared.clock.next_timer())
            .min()
    }

    fn take(&mut self, choice: &Choice) {
        match *choice {
            Choice::Poll(index) => self.poll(index),
            Choice::Arrive(index) => {
                let flight = self.shared.flights.borrow_mut().swap_remove(index);
                wire::arrive(&self.shared, flight);
            }
            Choice::Ring(index) => {
                let object = &mut self.objects[index];
                object.site.store.take_alarm();
                object.life.calls.set(0);
                let runner = object.runner(&self.shared);
                let work = Box::pin(async move { runner.advance().await });
                self.begin(index, Kind::Alarm, work);
            }
            Choice::Chore(index) => {
                let (_, object, chore) = self.shared.chores.borrow_mut().swap_remove(index);
                if let Chore::Connect { connector, .. } = &chore {
                    self.connect(object, connector);
                }
                self.with(
                    object,
                    Kind::Chore(chore.clone()),
                    |shared, site, runner| Box::pin(commands::chore(shared, site, runner, chore)),
                );
            }
        }
    }

    /// The user connects the app anew.
    fn connect(&self, object: usize, connector: &str) {
        let identifier = &self.objects[object].site.identifier;
        let vault = &mut self.shared.service.borrow_mut().world.vault;
        let now = self.shared.clock.now().millis();
        vault.put(identifier, connector, "ACTIVE", now);
        if let Some(account) = vault.get_mut(identifier, connector) {
            account.renew();
        }
    }

    fn begin_commands(&mut self, start: Timestamp) {
        let now = self.shared.clock.now();
        loop {
            let due = self.shared.pending.borrow().iter().position(|it| {
                let site = &self.objects[it.run].site;
                let reached = match it.moment {
                    Moment::Commit(nth) => site.commits.get() >= nth,
                    Moment::Call(nth) => site.calls.get() >= nth,
                    Moment::Publish(nth) => site.publishes.get() >= nth,
                    Moment::Time(ms) => now >= later(start, ms),
                };
                reached && matches!(it.what, What::Command(_))
            });
            let Some(due) = due else { return };
            let taken = self.shared.pending.borrow_mut().remove(due);
            let What::Command(command) = taken.what else {
                return;
            };
            self.shared
                .note(|| format!("run {}: {command:?} at {:?}", taken.run, taken.moment));
            if command == Command::Kill {
                self.objects[taken.run].life.dead.set(true);
                self.bury();
                continue;
            }
            self.with(taken.run, Kind::Command(command), |shared, site, runner| {
                Box::pin(commands::command(shared, site, runner, command))
            });
        }
    }

    fn with(
        &mut self,
        object: usize,
        kind: Kind,
        work: impl FnOnce(Rc<Shared>, Rc<Site>, Rc<Onboarding>) -> Work,
    ) {
        let runner = self.objects[object].runner(&self.shared);
        let site = Rc::clone(&self.objects[object].site);
        let work = work(Rc::clone(&self.shared), site, runner);
        self.begin(object, kind, work);
    }

    fn begin(&mut self, object: usize, kind: Kind, work: Work) {
        self.tasks.push(Task {
            object,
            kind,
            life: Rc::clone(&self.objects[object].life),
            woken: Arc::new(Flag(AtomicBool::new(true))),
            work,
        });
    }

    fn poll(&mut self, index: usize) {
        let task = &mut self.tasks[index];
        task.woken.0.store(false, Ordering::Relaxed);
        let waker = Waker::from(Arc::clone(&task.woken));
        let polled = task.work.as_mut().poll(&mut Context::from_waker(&waker));
        if let Poll::Ready(done) = polled {
            if done.is_err() {
                // Storage failed: the platform resets the object. The handler rings again.
                task.life.dead.set(true);
            } else {
                self.tasks.remove(index);
            }
        }
    }

    /// Takes away what a crash leaves: tasks, the process, and the alarm that was being handled,
    /// which rings again.
    fn bury(&mut self) {
        for index in 0..self.objects.len() {
            if !self.objects[index].life.dead.get() {
                continue;
            }
            self.shared
                .note(|| format!("run {index}: the process died"));
            self.shared.count(|tally| tally.crashes += 1);
            let now = self.shared.clock.now();
            let (gone, left) = std::mem::take(&mut self.tasks)
                .into_iter()
                .partition::<Vec<_>, _>(|task| task.object == index);
            self.tasks = left;
            let store = &self.objects[index].site.store;
            for task in gone {
                match task.kind {
                    Kind::Alarm => {
                        // Sometimes only the alarm that was set meanwhile is left.
                        if store.alarm().is_none() || self.shared.between(0, 2) > 0 {
                            store.take_alarm();
                            store.restore_alarm(now.plus(ALARM_AGAIN));
                        }
                    }
                    Kind::Chore(chore) => {
                        let mut chores = self.shared.chores.borrow_mut();
                        chores.push((now.plus(CHORE_AGAIN), index, chore));
                    }
                    Kind::Command(_) => {}
                }
            }
            self.objects[index].reset();
        }
    }
}

//! Who goes on next: every interleaving, chosen by the seed.
//!
//! Owns the loop: tasks that can go on, requests that have arrived, alarms that are due, and what
//! people do. Time moves only when nothing is left to do now.

use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Wake, Waker};
use std::time::Duration;

use onbehalf_clock::Clock;
use onbehalf_clock::Timestamp;
use onbehalf_engine::StoreError;

use crate::commands;
use crate::object::{Object, Onboarding};
use crate::plan::{Command, Moment, What};
use crate::site::{Chore, Shared, Site, later};
use crate::wire;

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

impl Scheduler {
    /// Runs without processes yet.
    pub fn new(shared: Rc<Shared>, sites: &[Rc<Site>]) -> Self {
        Self {
            shared,
            objects: sites.iter().cloned().map(Object::new).collect(),
            tasks: Vec::new(),
        }
    }

    /// Goes on until nothing more can happen.
    pub fn drive(&mut self, start: Timestamp) {
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
        let world = &mut self.shared.service.borrow_mut().world;
        let now = self.shared.clock.now().millis();
        world.connect(identifier, connector, now);
        if let Some(account) = world.account_mut(identifier, connector) {
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
            woken: Arc::new(Flag(AtomicBool::new(true))),
            work,
        });
    }

    fn poll(&mut self, index: usize) {
        let task = &mut self.tasks[index];
        task.woken.0.store(false, Ordering::Relaxed);
        let waker = Waker::from(Arc::clone(&task.woken));
        let polled = task.work.as_mut().poll(&mut Context::from_waker(&waker));
        let Poll::Ready(done) = polled else {
            return;
        };
        let Task { object, kind, .. } = self.tasks.remove(index);
        // Storage failed. The process lives on, with what else was under way in it.
        if done.is_err() {
            self.shared.count(|tally| tally.storage_failures += 1);
            self.come_back(object, kind);
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
            let (gone, left) = std::mem::take(&mut self.tasks)
                .into_iter()
                .partition::<Vec<_>, _>(|task| task.object == index);
            self.tasks = left;
            for task in gone {
                self.come_back(index, task.kind);
            }
            self.objects[index].reset();
        }
    }

    /// What did not end is begun again by whoever began it.
    fn come_back(&self, object: usize, kind: Kind) {
        let now = self.shared.clock.now();
        match kind {
            Kind::Alarm => {
                let store = &self.objects[object].site.store;
                // Sometimes only the alarm that was set meanwhile is left.
                if store.alarm().is_none() || self.shared.between(0, 2) > 0 {
                    store.take_alarm();
                    store.restore_alarm(now.plus(ALARM_AGAIN));
                }
            }
            Kind::Chore(chore) => {
                let mut chores = self.shared.chores.borrow_mut();
                chores.push((now.plus(CHORE_AGAIN), object, chore));
            }
            Kind::Command(_) => {}
        }
    }
}

//! Who goes on next: every interleaving, chosen by the seed.
//!
//! Owns the loop: tasks that can go on, requests and messages that have arrived, alarms that are
//! due, and what people do. Time moves only when nothing is left to do now.

use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Wake, Waker};
use std::time::Duration;

use onbehalf_clock::Timestamp;
use onbehalf_runs::town::{Address, Town};
use onbehalf_runs::{Letter, Undelivered};

use crate::grants;
use crate::host::{ring, skew_of};
use crate::people;
use crate::plan::{Command, Deployed, Moment, What};
use crate::roads::{Leg, Parcel, Return, come_back, send_back};
use crate::shared::{APPS, Chore, Shared, identifier, later, shifted};
use crate::site::{Life, Site};
use crate::tally::Kind as Fault;
use crate::wire;

/// The platform rings the alarm of a handler that died again after about two seconds.
const ALARM_AGAIN_MS: i64 = 2_000;
/// When somebody looks at a run that goes nowhere.
const LOOKS_AFTER_MS: i64 = 900_000;
/// The platform ends a handler of an alarm after this.
const HANDLER_LIMIT: Duration = Duration::from_secs(15 * 60);
/// More choices than any run needs: beyond, it goes round in circles …
const MOST_CHOICES: usize = 300_000;
/// … unless it has many customers.
const CHOICES_PER_CUSTOMER: usize = 3_000;
/// Longer than anything may take, keeping an ended run included.
const LONGEST: Duration = Duration::from_secs(45 * 24 * 3600);

type Work = Pin<Box<dyn Future<Output = ()>>>;

/// What a task is.
enum Kind {
    /// A run's alarm handler, since when.
    Alarm(Timestamp),
    /// An alarm handler of another object.
    TownAlarm(Address),
    /// A message is being acted on.
    Letter(Return),
    /// Anything else.
    Plain,
}

struct Task {
    /// The run whose process this is in.
    run: Option<(usize, Rc<Life>)>,
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
    Deliver(usize),
    Ring(usize),
    RingTown(Address),
    Chore(usize),
}

/// A simulation under way.
pub struct Scheduler {
    shared: Rc<Shared>,
    town: Rc<Town>,
    tasks: Vec<Task>,
}

impl Scheduler {
    /// Nothing has happened yet.
    pub fn new(shared: Rc<Shared>, town: Rc<Town>) -> Self {
        Self {
            shared,
            town,
            tasks: Vec::new(),
        }
    }

    /// Goes on until nothing more can happen.
    pub fn drive(&mut self) {
        let customers: usize = self.shared.plan.users.iter().map(|it| it.customers).sum();
        for _ in 0..MOST_CHOICES + customers * CHOICES_PER_CUSTOMER {
            self.end_lives();
            self.bury();
            self.begin_commands();
            let choices = self.choices();
            if choices.is_empty() {
                match self.next_time() {
                    Some(at) if at > self.shared.start.plus(LONGEST) => break,
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
        let shared = &self.shared;
        let now = shared.now();
        let mut choices = Vec::new();
        for (index, task) in self.tasks.iter().enumerate() {
            if task.woken.0.load(Ordering::Relaxed) {
                choices.push(Choice::Poll(index));
            }
        }
        let due = |at: Timestamp| at <= now;
        let flights = shared.flights.borrow();
        let flights = flights.iter().enumerate();
        choices
            .extend(flights.filter_map(|(index, it)| due(it.due).then_some(Choice::Arrive(index))));
        let parcels = shared.parcels.borrow();
        let parcels = parcels.iter().enumerate();
        choices.extend(
            parcels.filter_map(|(index, it)| due(it.due).then_some(Choice::Deliver(index))),
        );
        let chores = shared.chores.borrow();
        let chores = chores.iter().enumerate();
        choices
            .extend(chores.filter_map(|(index, (at, _))| due(*at).then_some(Choice::Chore(index))));
        for (at, index) in self.alarms() {
            if due(at) {
                choices.push(Choice::Ring(index));
            }
        }
        for (at, address) in self.town_alarms() {
            if due(at) {
                choices.push(Choice::RingTown(address));
            }
        }
        choices
    }

    /// Alarms of runs that no handler is at work on, by the world's clock.
    fn alarms(&self) -> Vec<(Timestamp, usize)> {
        let objects = self.shared.objects.borrow();
        let mut alarms = Vec::new();
        for (index, object) in objects.iter().enumerate() {
            let Some(at) = object.site.store().alarm() else {
                continue;
            };
            if !self.rings(index, &object.life) {
                alarms.push((shifted(at, -skew_of(&self.shared, &object.site)), index));
            }
        }
        alarms
    }

    fn town_alarms(&self) -> Vec<(Timestamp, Address)> {
        let mut alarms = self.town.alarms();
        alarms.retain(|(_, address)| {
            let at_it = |task: &Task| matches!(&task.kind, Kind::TownAlarm(it) if it == address);
            !self.tasks.iter().any(at_it)
        });
        for (at, address) in &mut alarms {
            *at = shifted(*at, -self.shared.skew(&format!("{address:?}")));
        }
        alarms
    }

    /// Whether an alarm handler of this instance is at work; the platform never runs two.
    fn rings(&self, run: usize, life: &Rc<Life>) -> bool {
        self.tasks.iter().any(|task| {
            let of = task.run.as_ref();
            let this = of.is_some_and(|(it, of)| *it == run && Rc::ptr_eq(of, life));
            this && matches!(task.kind, Kind::Alarm(_))
        })
    }

    fn next_time(&self) -> Option<Timestamp> {
        let shared = &self.shared;
        let alarms = self.alarms().into_iter().map(|(at, _)| at);
        let town = self.town_alarms().into_iter().map(|(at, _)| at);
        let flights = shared.flights.borrow();
        let parcels = shared.parcels.borrow();
        let chores = shared.chores.borrow();
        let endings = shared.endings.borrow();
        let pending = shared.pending.borrow();
        let timed = pending.iter().filter_map(|it| match (&it.what, it.moment) {
            (What::Command(_), Moment::Time(ms)) => Some(shared.at(ms)),
            _ => None,
        });
        let limits = self.tasks.iter().filter_map(|task| match task.kind {
            Kind::Alarm(since) => Some(since.plus(HANDLER_LIMIT)),
            _ => None,
        });
        alarms
            .chain(town)
            .chain(flights.iter().map(|it| it.due))
            .chain(parcels.iter().map(|it| it.due))
            .chain(chores.iter().map(|(due, _)| *due))
            .chain(endings.iter().map(|(due, ..)| *due))
            .chain(timed)
            .chain(limits)
            .chain(shared.clock.next_timer())
            .min()
    }

    fn take(&mut self, choice: &Choice) {
        let shared = Rc::clone(&self.shared);
        match choice {
            Choice::Poll(index) => self.poll(*index),
            Choice::Arrive(index) => {
                let flight = shared.flights.borrow_mut().swap_remove(*index);
                wire::arrive(&shared, flight);
            }
            Choice::Deliver(index) => {
                let parcel = shared.parcels.borrow_mut().swap_remove(*index);
                self.deliver(parcel);
            }
            Choice::Ring(index) => self.ring(*index),
            Choice::RingTown(address) if self.loses_alarm(address) => {}
            Choice::RingTown(address) => {
                let (town, at) = (Rc::clone(&self.town), address.clone());
                let work = Box::pin(async move { town.ring(&at).await });
                self.begin(None, Kind::TownAlarm(address.clone()), work);
            }
            Choice::Chore(index) => {
                let (_, chore) = shared.chores.borrow_mut().swap_remove(*index);
                shared.note(|| format!("{chore:?}"));
                self.begin(None, Kind::Plain, Box::pin(people::chore(shared, chore)));
            }
        }
    }

    /// Whether the platform has given up on the alarm that an object is due.
    fn loses_alarm(&self, address: &Address) -> bool {
        let shared = &self.shared;
        let moment = Moment::OtherRing(Site::next(&shared.other_rings));
        let lost = |it: &What| *it == What::AlarmLost;
        if shared.take(None, moment, lost).is_none() {
            return false;
        }
        shared.met(Fault::OtherAlarmLost);
        self.town.lose_alarm(address);
        // Everybody comes back, sooner or later.
        for person in 0..shared.plan.people.len() {
            let after = shared.between(LOOKS_AFTER_MS, 2 * LOOKS_AFTER_MS);
            shared.later(after, Chore::LookAround(person));
        }
        true
    }

    fn ring(&mut self, index: usize) {
        let shared = Rc::clone(&self.shared);
        let (site, life) = {
            let objects = shared.objects.borrow();
            let object = &objects[index];
            (Rc::clone(&object.site), Rc::clone(&object.life))
        };
        site.store().take_alarm();
        let moment = Moment::Ring(Site::next(&site.rings));
        let lost = |it: &What| *it == What::AlarmLost;
        if shared.take(Some(index), moment, lost).is_some() {
            shared.met(Fault::AlarmLost);
            site.alarm_lost.set(true);
            // Somebody has a look at it, in the end.
            let person_looks = Chore::Look { site: index };
            shared.later(
                shared.between(LOOKS_AFTER_MS, 2 * LOOKS_AFTER_MS),
                person_looks,
            );
            return;
        }
        let aborted = |it: &What| matches!(it, What::Aborted(_));
        if let Some(What::Aborted(ms)) = shared.take(Some(index), moment, aborted) {
            let ending = (later(shared.now(), ms), Rc::clone(&life), Fault::Aborted);
            shared.endings.borrow_mut().push(ending);
        }
        let kind = Kind::Alarm(shared.now());
        let work = Box::pin(ring(shared, index));
        self.begin(Some((index, life)), kind, work);
    }

    /// A message or an answer has arrived.
    fn deliver(&mut self, parcel: Parcel) {
        let shared = Rc::clone(&self.shared);
        let Parcel { leg, back, .. } = parcel;
        let (letter, kills) = match leg {
            Leg::Back(reply) => return come_back(&back, *reply),
            Leg::There { letter, kills } => (letter, kills),
        };
        let run = match letter.as_ref() {
            Letter::Run(run_id, _) => shared.site(run_id).map(|site| {
                let objects = shared.objects.borrow();
                (site.index, Rc::clone(&objects[site.index].life))
            }),
            other => {
                if kills && let Some(address) = address_of(other) {
                    let left = u32::try_from(shared.between(0, 12)).unwrap_or(0);
                    shared.doomed.replace(Some((address, left)));
                }
                None
            }
        };
        if kills && let Some((_, life)) = &run {
            // Before it has acted, or at some point while it does.
            let after = shared.between(0, 1) * shared.between(0, shared.plan.latency_ms);
            let ending = (
                later(shared.now(), after),
                Rc::clone(life),
                Fault::ReceiverDies,
            );
            shared.endings.borrow_mut().push(ending);
        }
        let town = Rc::clone(&self.town);
        let life = run.as_ref().map(|(_, life)| Rc::clone(life));
        let to = back.clone();
        let work = Box::pin(async move {
            let claim = grants::claim_of(&letter);
            let reply = town.deliver(*letter).await;
            if let (Some(claim), Ok(answer)) = (claim, &reply) {
                grants::note(&shared, claim, answer);
            }
            // Nothing leaves an instance that was replaced and has written.
            let gated = life.is_some_and(|life| life.gated.get());
            let reply = if gated {
                Err(Undelivered::Unreachable)
            } else {
                reply
            };
            send_back(&shared, to, reply);
        });
        self.begin(run, Kind::Letter(back), work);
    }

    fn begin_commands(&mut self) {
        let shared = Rc::clone(&self.shared);
        let now = shared.now();
        loop {
            let sites = shared.sites.borrow().clone();
            let due = shared.pending.borrow().iter().position(|it| {
                let site = sites.get(it.run);
                let count = |of: fn(&Site) -> u32| site.map_or(0, |it| of(it));
                let reached = match it.moment {
                    Moment::Commit(nth) => count(|it| it.commits.get()) >= nth,
                    Moment::Call(nth) => count(|it| it.calls.get()) >= nth,
                    Moment::Ring(nth) => count(|it| it.rings.get()) >= nth,
                    Moment::Letter(nth) => shared.letters.get() >= nth,
                    Moment::Statement(..) | Moment::OtherRing(_) => false,
                    Moment::Time(ms) => now >= shared.at(ms),
                };
                reached && matches!(it.what, What::Command(_))
            });
            let Some(due) = due else { return };
            let taken = shared.pending.borrow_mut().remove(due);
            let What::Command(command) = taken.what else {
                return;
            };
            shared.note(|| format!("run {}: {command:?} at {:?}", taken.run, taken.moment));
            if let Command::Deploy(deployed) = command {
                self.deploy(deployed);
            } else if let Some(site) = sites.get(taken.run) {
                self.command(site, command);
            }
        }
    }

    fn command(&mut self, site: &Rc<Site>, command: Command) {
        let shared = Rc::clone(&self.shared);
        let index = site.index;
        let life = Rc::clone(&shared.objects.borrow()[index].life);
        match command {
            Command::Kill => {
                shared.met(Fault::DiesAnyTime);
                life.dead.set(true);
                self.bury();
            }
            Command::Replace(ms) => {
                shared.met(Fault::TwoInstances);
                if self.rings(index, &life) {
                    // Its handler will not end well, so the platform rings again, elsewhere.
                    let again = shifted(shared.now(), ALARM_AGAIN_MS + skew_of(&shared, site));
                    site.store().restore_alarm(again);
                }
                let old = shared.objects.borrow_mut()[index].reset();
                old.replaced.replace(Some(Rc::new(site.store().copy())));
                let ending = (later(shared.now(), ms), old, Fault::TwoInstances);
                shared.endings.borrow_mut().push(ending);
            }
            Command::AlarmAgain => {
                shared.met(Fault::AlarmEarly);
                let work = Box::pin(ring(shared, index));
                self.begin(Some((index, life)), Kind::Plain, work);
            }
            Command::ConnectionDies(app, mended_after) => {
                let person = site.person();
                let Some(user) = person.map(|it| shared.plan.people[it].user) else {
                    return;
                };
                shared.met(Fault::ConnectionDies);
                let app = APPS[app % APPS.len()];
                shared.connection(user, app, false);
                let mut service = shared.service.borrow_mut();
                if let Some(account) = service.world.account_mut(&identifier(user), app) {
                    account.revoked = true;
                }
                shared.later(mended_after, Chore::Mend { user, app });
            }
            command => {
                let site = Rc::clone(site);
                let work = Box::pin(people::command(shared, site, command));
                self.begin(None, Kind::Plain, work);
            }
        }
    }

    /// All processes end; new ones go by what the deployment brings.
    fn deploy(&mut self, deployed: Deployed) {
        let shared = Rc::clone(&self.shared);
        shared.redeployed.set(true);
        {
            let mut deployment = shared.deployment.borrow_mut();
            match deployed {
                Deployed::Settings(settings) => {
                    deployment.settings = settings.to_owned();
                    shared.met(Fault::SettingsChange);
                }
                Deployed::Broken => {
                    deployment.settings = r#"{"windowDays": "many"}"#.to_owned();
                    shared.met(Fault::SettingsBreak);
                }
                Deployed::Unhosted => {
                    deployment.hosted = false;
                    shared.met(Fault::ChainChanges);
                }
                Deployed::AsBefore => {
                    deployment.settings = shared.plan.settings.to_owned();
                    deployment.hosted = true;
                    shared.trouble();
                }
            }
        }
        for object in shared.objects.borrow().iter() {
            object.life.dead.set(true);
        }
        for address in self.town.addresses() {
            self.town.kill(&address);
        }
        self.bury();
    }

    fn begin(&mut self, run: Option<(usize, Rc<Life>)>, kind: Kind, work: Work) {
        self.tasks.push(Task {
            run,
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
        if let Poll::Ready(()) = polled {
            self.tasks.remove(index);
        }
    }

    /// Ends the lives whose time has come.
    fn end_lives(&mut self) {
        let shared = Rc::clone(&self.shared);
        let now = shared.now();
        let mut due = Vec::new();
        shared.endings.borrow_mut().retain(|ending| {
            let is_due = ending.0 <= now;
            if is_due {
                due.push((Rc::clone(&ending.1), ending.2));
            }
            !is_due
        });
        for (life, kind) in due {
            let is_handled = self.tasks.iter().any(|task| {
                let of = task.run.as_ref();
                let this = of.is_some_and(|(_, it)| Rc::ptr_eq(it, &life));
                this && matches!(task.kind, Kind::Alarm(_))
            });
            match kind {
                Fault::Aborted if !is_handled => continue,
                Fault::Aborted => shared.met(Fault::Aborted),
                _ => {}
            }
            life.dead.set(true);
        }
        for task in &self.tasks {
            if let (Kind::Alarm(since), Some((_, life))) = (&task.kind, &task.run)
                && now >= since.plus(HANDLER_LIMIT)
            {
                shared.met(Fault::Aborted);
                life.dead.set(true);
            }
        }
    }

    /// Takes away what a crash leaves: tasks, the process, and the alarm that was being handled,
    /// which rings again.
    fn bury(&mut self) {
        let shared = Rc::clone(&self.shared);
        let is_dead = |task: &Task| task.run.as_ref().is_some_and(|(_, life)| life.dead.get());
        if self.tasks.iter().any(is_dead) {
            let (gone, left) = std::mem::take(&mut self.tasks)
                .into_iter()
                .partition::<Vec<_>, _>(is_dead);
            self.tasks = left;
            for task in gone {
                self.mourn(task);
            }
        }
        let mut objects = shared.objects.borrow_mut();
        for object in objects.iter_mut().filter(|it| it.life.dead.get()) {
            shared.note(|| format!("run {}: the process died", object.site.index));
            shared.tally.borrow_mut().crashes += 1;
            shared.trouble();
            object.reset();
        }
    }

    /// What did not end is begun again by whoever began it, or is known to have failed.
    fn mourn(&self, task: Task) {
        let shared = &self.shared;
        match task.kind {
            Kind::Letter(back) => send_back(shared, back, Err(Undelivered::Unreachable)),
            Kind::Alarm(_) => {
                let Some((index, life)) = task.run else {
                    return;
                };
                // Another instance has its own alarm.
                if life.replaced.borrow().is_some() {
                    return;
                }
                let site = Rc::clone(&shared.objects.borrow()[index].site);
                let store = site.store();
                // Sometimes only the alarm that was set meanwhile is left.
                if store.alarm().is_none() || shared.between(0, 2) > 0 {
                    store.take_alarm();
                    let again = shifted(shared.now(), ALARM_AGAIN_MS + skew_of(shared, &site));
                    store.restore_alarm(again);
                }
            }
            Kind::TownAlarm(_) | Kind::Plain => {}
        }
    }
}

fn address_of(letter: &Letter) -> Option<Address> {
    Some(match letter {
        Letter::Run(..) | Letter::Notice(_) => return None,
        Letter::Principal(owner, _) => Address::Principal(owner.clone()),
        Letter::Account(account, _) => Address::Account(account.clone()),
        Letter::Schedule(shard, _) => Address::Schedule(*shard),
        Letter::Portal(portal, _) => Address::Portal(portal.clone()),
        Letter::Approvals(key, _) => Address::Approvals(key.clone()),
        Letter::Thread(key, _) => Address::Thread(key.clone()),
    })
}

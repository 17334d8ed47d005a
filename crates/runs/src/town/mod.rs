//! All objects in one process: the native twin of the platform, for tests and the simulation.
//!
//! Every object has a real SQLite database, and one clock is moved by hand. Messages and alarms are
//! delivered one at a time, by the same loop as on the platform. What the platform may do to an
//! object stands in [`Faults`]: kill it before any statement, lose a message or its answer, lose an
//! alarm.

mod faults;
mod house;
mod paper_runs;
mod rules;

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::time::Duration;

use async_trait::async_trait;

use onbehalf_clock::testkit::{Dice, HandClock};
use onbehalf_clock::{Clock as _, Timestamp};
use onbehalf_connector::Rates;
use onbehalf_sql::{Row, Sql as _, SqlError, Value};

use crate::account::Account;
use crate::approvals::{Approvals, ApprovalsKey, Notice};
use crate::letter::{Answer, Carrier, Letter, Undelivered};
use crate::names::{AccountKey, OwnerKey};
use crate::note::Note;
use crate::object::{Object, receive, ring};
use crate::portal::{Portal, PortalKey};
use crate::principal::Principal;
use crate::run::{RunMessage, RunReply};
use crate::run_id::RunId;
use crate::schedule::{ScheduleShard, Shard};
use crate::thread::{Thread, ThreadKey};

pub use faults::{Calm, CrashAt, Faults, Passage};
pub use house::House;
pub use paper_runs::{PaperRun, PaperRuns};
pub use rules::TownRules;

/// When the platform rings an alarm again that failed.
const PLATFORM_RINGS_AGAIN: Duration = Duration::from_secs(2);

/// Where an object lives.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Address {
    /// A principal's.
    Principal(OwnerKey),
    /// A connected account's.
    Account(AccountKey),
    /// A shard's.
    Schedule(Shard),
    /// A portal's.
    Portal(PortalKey),
    /// An organization's approvals'.
    Approvals(ApprovalsKey),
    /// A thread's.
    Thread(ThreadKey),
}

/// The runs of a town.
#[async_trait(?Send)]
pub trait Runs {
    /// Has a run answer a message.
    async fn receive(&self, run: &RunId, message: RunMessage) -> Result<RunReply, Undelivered>;
}

/// How messages travel from an object to others.
#[async_trait(?Send)]
pub trait Roads {
    /// Brings a message there and the answer back, within a deadline.
    async fn carry(&self, from: &Address, letter: Letter) -> Result<Answer, Undelivered>;
}

/// Every object there is.
pub struct Town {
    houses: RefCell<BTreeMap<Address, Rc<House>>>,
    clock: Rc<HandClock>,
    dice: Rc<Dice>,
    runs: Rc<dyn Runs>,
    rules: Rc<TownRules>,
    rates: RefCell<Rc<Rates>>,
    faults: RefCell<Rc<dyn Faults>>,
    roads: RefCell<Option<Rc<dyn Roads>>>,
    notes: Rc<RefCell<Vec<Note>>>,
    notices: RefCell<Vec<Notice>>,
}

impl Town {
    /// An empty town at this time.
    pub fn new(now: Timestamp, runs: Rc<dyn Runs>, rules: Rc<TownRules>) -> Rc<Self> {
        Self::by_clock(Rc::new(HandClock::at(now)), runs, rules)
    }

    /// An empty town that goes by a clock which others may move, too.
    pub fn by_clock(clock: Rc<HandClock>, runs: Rc<dyn Runs>, rules: Rc<TownRules>) -> Rc<Self> {
        Rc::new(Self {
            houses: RefCell::default(),
            clock,
            dice: Rc::default(),
            runs,
            rules,
            rates: RefCell::default(),
            faults: RefCell::new(Rc::new(Calm)),
            roads: RefCell::default(),
            notes: Rc::default(),
            notices: RefCell::default(),
        })
    }

    /// The same town, whose apps allow this much.
    #[must_use]
    pub fn allowing(self: Rc<Self>, rates: Rates) -> Rc<Self> {
        self.rates.replace(Rc::new(rates));
        self
    }

    /// Lets messages between objects travel this way from now on, and no more by [`Post`]. Whoever
    /// carries them hands them over with [`Town::deliver`].
    pub fn travel_by(&self, roads: Rc<dyn Roads>) {
        self.roads.replace(Some(roads));
    }

    async fn send(self: &Rc<Self>, from: &Address, letter: Letter) -> Result<Answer, Undelivered> {
        let roads = self.roads.borrow().clone();
        match roads {
            Some(roads) => roads.carry(from, letter).await,
            None => Post(Rc::clone(self)).carry(letter).await,
        }
    }

    /// What happens to the objects from now on.
    pub fn beset_by(&self, faults: Rc<dyn Faults>) {
        self.faults.replace(faults);
    }

    /// The time.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// The clock on its tower.
    pub fn clock(&self) -> Rc<HandClock> {
        Rc::clone(&self.clock)
    }

    /// Lets time pass without anything ringing.
    pub fn pass(&self, time: Duration) {
        self.clock.pass(time);
    }

    /// What the clock of the object at an address shows.
    pub fn clock_at(&self, address: &Address) -> Timestamp {
        self.faults().clock_at(address, self.now())
    }

    /// Every alarm that is set, as each object's own clock has it.
    pub fn alarms(&self) -> Vec<(Timestamp, Address)> {
        let houses = self.houses.borrow();
        let alarms = houses
            .iter()
            .filter_map(|(address, house)| Some((house.alarm()?, address.clone())));
        alarms.collect()
    }

    /// Every object that was ever asked anything.
    pub fn addresses(&self) -> Vec<Address> {
        self.houses.borrow().keys().cloned().collect()
    }

    /// The object dies: what it has under way finds its storage closed, and the next message finds
    /// it as it was last durable.
    pub fn kill(&self, address: &Address) {
        if let Some(house) = self.houses.borrow().get(address) {
            house.die();
        }
    }

    /// What the objects have said to the log.
    pub fn notes(&self) -> Vec<Note> {
        self.notes.borrow().clone()
    }

    /// What was told outside, in order.
    pub fn notices(&self) -> Vec<Notice> {
        self.notices.borrow().clone()
    }

    /// When the object at an address rings, if it does.
    pub fn alarm_of(&self, address: &Address) -> Option<Timestamp> {
        let houses = self.houses.borrow();
        houses.get(address).and_then(|house| house.alarm())
    }

    /// Whether an object was ever woken.
    pub fn has(&self, address: &Address) -> bool {
        self.houses.borrow().contains_key(address)
    }

    /// Takes an alarm away, as a platform does that has given up on it.
    pub fn lose_alarm(&self, address: &Address) {
        if let Some(house) = self.houses.borrow().get(address) {
            house.lose_alarm();
        }
    }

    /// Reads an object's database.
    ///
    /// # Errors
    /// With SQLite's message.
    pub fn query(
        &self,
        address: &Address,
        statement: &str,
        values: &[Value],
    ) -> Result<Vec<Row>, SqlError> {
        self.house(address).database().query(statement, values)
    }

    /// Rings the earliest alarm, moving the clock there; `false` when there is none by `until`.
    pub async fn ring_next(self: &Rc<Self>, until: Timestamp) -> bool {
        let next = self.alarms().into_iter().min();
        let Some((at, address)) = next.filter(|(at, _)| *at <= until) else {
            return false;
        };
        self.clock.move_to(at);
        self.ring(&address).await;
        true
    }

    /// Rings at an address now. An object that fails is rung again, as the platform does.
    pub async fn ring(self: &Rc<Self>, address: &Address) {
        let house = self.house(address);
        house.lose_alarm();
        let rung = match address {
            Address::Principal(_) => self.ring_at(address, &self.principal()).await,
            Address::Account(_) => self.ring_at(address, &Account).await,
            Address::Schedule(_) => self.ring_at(address, &self.shard()).await,
            Address::Portal(_) => self.ring_at(address, &self.portal()).await,
            Address::Approvals(_) => self.ring_at(address, &self.approvals()).await,
            Address::Thread(_) => self.ring_at(address, &Thread).await,
        };
        if rung.is_err() {
            house.ring_at(self.clock_at(address).plus(PLATFORM_RINGS_AGAIN));
        }
    }

    /// Rings every alarm up to a time, and moves the clock there.
    pub async fn run_until(self: &Rc<Self>, until: Timestamp) {
        while self.ring_next(until).await {}
        self.clock.move_to(until);
    }

    /// Lets so much time pass, with all its alarms.
    pub async fn run_for(self: &Rc<Self>, time: Duration) {
        self.run_until(self.now().plus(time)).await;
    }

    fn house(&self, address: &Address) -> Rc<House> {
        let mut houses = self.houses.borrow_mut();
        let house = houses.entry(address.clone()).or_default();
        Rc::clone(house)
    }

    fn principal(&self) -> Principal {
        let rules = Rc::clone(&self.rules);
        Principal { rules }
    }

    fn shard(&self) -> ScheduleShard {
        let rules = Rc::clone(&self.rules);
        ScheduleShard { rules }
    }

    fn portal(&self) -> Portal {
        let rates = Rc::clone(&self.rates.borrow());
        Portal { rates }
    }

    fn approvals(&self) -> Approvals {
        let rules = Rc::clone(&self.rules);
        Approvals { rules }
    }

    fn faults(&self) -> Rc<dyn Faults> {
        Rc::clone(&self.faults.borrow())
    }

    async fn ring_at<O: Object>(
        self: &Rc<Self>,
        address: &Address,
        object: &O,
    ) -> Result<(), SqlError> {
        let ground = self.house(address).enter(self, address);
        let rung = ring(object, &ground).await;
        rung.and_then(|()| ground.leave())
    }

    async fn serve<O: Object>(
        self: &Rc<Self>,
        address: Address,
        object: &O,
        message: O::Message,
    ) -> Result<O::Reply, Undelivered> {
        let ground = self.house(&address).enter(self, &address);
        let reply = receive(object, &ground, message).await;
        let left = reply.and_then(|reply| ground.leave().map(|()| reply));
        left.map_err(|error| {
            let fields = vec![("error", error.to_string())];
            let failed = Note::warning("object_failed", fields);
            self.notes.borrow_mut().push(failed);
            Undelivered::Failed
        })
    }

    /// Hands a letter to the object it is for, and answers with what that says.
    ///
    /// # Errors
    /// [`Undelivered::Failed`] when the object could not do its part.
    pub async fn deliver(self: &Rc<Self>, letter: Letter) -> Result<Answer, Undelivered> {
        Ok(match letter {
            Letter::Run(run, message) => {
                Answer::Run(Box::new(self.runs.receive(&run, *message).await?))
            }
            Letter::Principal(owner, message) => {
                let address = Address::Principal(owner);
                let object = self.principal();
                Answer::Principal(self.serve(address, &object, *message).await?)
            }
            Letter::Account(account, message) => {
                let address = Address::Account(account);
                Answer::Account(self.serve(address, &Account, *message).await?)
            }
            Letter::Schedule(shard, message) => {
                let address = Address::Schedule(shard);
                let object = self.shard();
                Answer::Schedule(self.serve(address, &object, *message).await?)
            }
            Letter::Portal(portal, message) => {
                let address = Address::Portal(portal);
                let object = self.portal();
                Answer::Portal(self.serve(address, &object, *message).await?)
            }
            Letter::Approvals(key, message) => {
                let address = Address::Approvals(key);
                let object = self.approvals();
                Answer::Approvals(self.serve(address, &object, *message).await?)
            }
            Letter::Thread(key, message) => {
                let address = Address::Thread(key);
                Answer::Thread(Box::new(self.serve(address, &Thread, *message).await?))
            }
            Letter::Notice(notice) => {
                self.notices.borrow_mut().push(*notice);
                Answer::Noticed
            }
        })
    }
}

/// The town's post: what goes wrong on the way stands in its [`Faults`].
pub struct Post(pub Rc<Town>);

#[async_trait(?Send)]
impl Carrier for Post {
    async fn carry(&self, letter: Letter) -> Result<Answer, Undelivered> {
        match self.0.faults().passage(&letter) {
            Passage::Through => self.0.deliver(letter).await,
            Passage::Lost(error) => Err(error),
            Passage::AnswerLost(error) => {
                // What it came to is exactly what nobody learns.
                let _ = self.0.deliver(letter).await;
                Err(error)
            }
        }
    }
}

//! The way of messages between objects, and from people to objects.
//!
//! Owns what is under way between them. A message that was sent arrives even if whoever sent it is
//! dead; what it came to reaches nobody then.

use std::cell::RefCell;
use std::rc::Rc;

use async_trait::async_trait;
use onbehalf_clock::Timestamp;
use onbehalf_runs::town::{Address, Faults, Roads};
use onbehalf_runs::{Answer, CALL_DEADLINE, Carrier, Letter, Undelivered};

use crate::plan::{Class, LetterFault, Moment, What};
use crate::shared::{Shared, later, shifted};
use crate::site::{Life, Site};
use crate::tally::Kind;
use crate::wire::{Slot, awaited, within};

type Reply = Result<Answer, Undelivered>;

/// Where an answer goes, and whether it gets there.
#[derive(Clone)]
pub struct Return {
    slot: Rc<RefCell<Slot<Reply>>>,
    lost: bool,
}

/// A message or an answer under way.
pub struct Parcel {
    /// When it arrives.
    pub due: Timestamp,
    /// What it is.
    pub leg: Leg,
    /// Where its answer goes.
    pub back: Return,
}

/// Which way a parcel goes.
pub enum Leg {
    /// To an object, which dies over it where `kills` says so.
    There {
        /// The message.
        letter: Box<Letter>,
        /// Whether whoever gets it dies.
        kills: bool,
    },
    /// Back.
    Back(Box<Reply>),
}

/// Whoever sends a message.
pub enum Sender {
    /// A person, or the cron trigger.
    Person,
    /// One process of a run.
    Run(Rc<Life>),
    /// Another object.
    Object(Address),
}

/// Messages as one sender sends them.
pub struct Way {
    /// What all share.
    pub shared: Rc<Shared>,
    /// Who sends.
    pub from: Sender,
}

#[async_trait(?Send)]
impl Carrier for Way {
    async fn carry(&self, letter: Letter) -> Reply {
        carry(&self.shared, &self.from, letter).await
    }
}

/// Messages as the objects of the town send them.
pub struct TownRoads(pub Rc<Shared>);

#[async_trait(?Send)]
impl Roads for TownRoads {
    async fn carry(&self, from: &Address, letter: Letter) -> Reply {
        carry(&self.0, &Sender::Object(from.clone()), letter).await
    }
}

async fn carry(shared: &Rc<Shared>, from: &Sender, letter: Letter) -> Reply {
    // To the operator's own systems, which are outside of all this.
    if matches!(letter, Letter::Notice(_)) {
        let town = shared.town.borrow().upgrade();
        return match town {
            Some(town) => town.deliver(letter).await,
            None => Err(Undelivered::Unreachable),
        };
    }
    if let Sender::Run(life) = from {
        life.outward().await;
        life.calls.set(life.calls.get() + 1);
    }
    let nth = Site::next(&shared.letters);
    let is_letter = |it: &What| matches!(it, What::Letter(_));
    let fault = match shared.take(None, Moment::Letter(nth), is_letter) {
        Some(What::Letter(fault)) => Some(fault),
        _ => None,
    };
    if fault.is_some() && matches!(letter, Letter::Portal(..) | Letter::Account(..)) {
        shared.turns_disturbed.set(true);
    }
    shared.note(|| format!("message {nth}: {letter:?}"));
    let mut travel = shared.between(0, shared.plan.latency_ms);
    let mut back = Return {
        slot: Slot::new(),
        lost: false,
    };
    let mut kills = false;
    match fault {
        Some(LetterFault::Lost) => {
            shared.met(Kind::MessageLost);
            return Err(Undelivered::Unreachable);
        }
        Some(LetterFault::ReplyLost) => {
            shared.met(Kind::ReplyLost);
            back.lost = true;
        }
        Some(LetterFault::Slow(ms)) => {
            travel = ms;
            if ms >= i64::try_from(CALL_DEADLINE.as_millis()).unwrap_or(i64::MAX) {
                shared.met(Kind::MessageSlow);
            }
        }
        Some(LetterFault::ReceiverDies) => {
            shared.met(Kind::ReceiverDies);
            kills = true;
        }
        Some(LetterFault::SenderDies) | None => {}
    }
    let letter = Box::new(letter);
    shared.parcels.borrow_mut().push(Parcel {
        due: later(shared.now(), travel),
        leg: Leg::There { letter, kills },
        back: back.clone(),
    });
    if fault == Some(LetterFault::SenderDies) {
        shared.met(Kind::SenderDies);
        match from {
            Sender::Person => return Err(Undelivered::Unreachable),
            Sender::Run(life) => life.end().await,
            Sender::Object(address) => {
                if let Some(town) = shared.town.borrow().upgrade() {
                    town.kill(address);
                }
                shared.tally.borrow_mut().crashes += 1;
            }
        }
    }
    let answer = within(shared.clock.as_ref(), CALL_DEADLINE, awaited(back.slot)).await;
    answer.unwrap_or(Err(Undelivered::TimedOut))
}

/// An object has answered, or will not.
pub fn send_back(shared: &Shared, back: Return, reply: Reply) {
    if back.lost {
        return;
    }
    let travel = shared.between(0, shared.plan.latency_ms);
    shared.parcels.borrow_mut().push(Parcel {
        due: later(shared.now(), travel),
        leg: Leg::Back(Box::new(reply)),
        back,
    });
}

/// An answer has come back.
pub fn come_back(back: &Return, reply: Reply) {
    back.slot.borrow_mut().fill(reply);
}

/// What the simulation does to the town's objects.
pub struct TownFaults(pub Rc<Shared>);

/// What an object is counted under, and as which kind of fault its death counts; as none for a thread,
/// since no seed speaks to one.
fn class_of(address: &Address) -> (Class, Option<Kind>) {
    match address {
        Address::Principal(_) => (Class::Principal, Some(Kind::PrincipalDies)),
        Address::Account(_) => (Class::Account, Some(Kind::AccountDies)),
        Address::Portal(_) => (Class::Portal, Some(Kind::PortalDies)),
        Address::Schedule(_) => (Class::Schedule, Some(Kind::ScheduleDies)),
        Address::Approvals(_) => (Class::Approvals, Some(Kind::ApprovalsDie)),
        Address::Thread(_) => (Class::Thread, None),
    }
}

impl Faults for TownFaults {
    fn dies_before(&self, at: &Address, _: &str) -> bool {
        let shared = &self.0;
        let (class, kind) = class_of(at);
        let nth = {
            let mut counts = shared.statements.borrow_mut();
            let count = counts.entry(class).or_default();
            *count += 1;
            *count
        };
        let moment = Moment::Statement(class, nth);
        let mut dies = shared
            .take(None, moment, |it| *it == What::ObjectDies)
            .is_some();
        if let Some(kind) = kind.filter(|_| dies) {
            shared.met(kind);
        }
        let mut doomed = shared.doomed.borrow_mut();
        match doomed.as_mut() {
            Some((address, left)) if address == at => {
                if *left == 0 {
                    *doomed = None;
                    dies = true;
                } else {
                    *left -= 1;
                }
            }
            _ => {}
        }
        if dies {
            shared.note(|| format!("{at:?} dies"));
            shared.tally.borrow_mut().crashes += 1;
            if matches!(class, Class::Portal | Class::Account) {
                shared.turns_disturbed.set(true);
            }
        }
        dies
    }

    fn clock_at(&self, at: &Address, now: Timestamp) -> Timestamp {
        shifted(now, self.0.skew(&format!("{at:?}")))
    }
}

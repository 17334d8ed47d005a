//! What the platform may do to objects and messages, as a test decides.

use std::cell::Cell;

use onbehalf_clock::Timestamp;

use super::Address;
use crate::letter::{Letter, Undelivered};

/// How a message fares.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Passage {
    /// It arrives, and so does the answer.
    Through,
    /// It never arrives.
    Lost(Undelivered),
    /// It arrives and is acted on; the answer is lost.
    AnswerLost(Undelivered),
}

/// What happens to a town.
pub trait Faults {
    /// Whether the object at this address dies instead of running this statement.
    fn dies_before(&self, at: &Address, statement: &str) -> bool {
        let _ = (at, statement);
        false
    }

    /// What the clock of this object's machine shows. It may be wrong, and its alarm with it.
    fn clock_at(&self, at: &Address, now: Timestamp) -> Timestamp {
        let _ = at;
        now
    }

    /// How a message fares.
    fn passage(&self, letter: &Letter) -> Passage {
        let _ = letter;
        Passage::Through
    }
}

/// Nothing goes wrong.
#[derive(Clone, Copy, Debug, Default)]
pub struct Calm;

impl Faults for Calm {}

/// An object dies once, before the statement of this number, counted over the whole town.
#[derive(Debug)]
pub struct CrashAt {
    left: Cell<Option<u32>>,
}

impl CrashAt {
    /// Dies before this statement, counted from 0.
    pub fn statement(number: u32) -> Self {
        Self {
            left: Cell::new(Some(number)),
        }
    }

    /// Whether it has come to that.
    pub fn has_struck(&self) -> bool {
        self.left.get().is_none()
    }
}

impl Faults for CrashAt {
    fn dies_before(&self, _: &Address, _: &str) -> bool {
        match self.left.get() {
            None => false,
            Some(0) => {
                self.left.set(None);
                true
            }
            Some(left) => {
                self.left.set(Some(left - 1));
                false
            }
        }
    }
}

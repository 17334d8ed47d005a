//! One object's storage, and the ground it stands on while it answers.
//!
//! Statements that follow each other are one transaction with the alarm, as on the platform: an
//! object that dies in between leaves none of them. Once it has died, whatever it still had under
//! way finds its storage closed.

use std::cell::Cell;
use std::rc::Rc;

use async_trait::async_trait;
use onbehalf_clock::{Random, Timestamp};
use onbehalf_sql::testkit::Database;
use onbehalf_sql::{Row, Sql, SqlError, Value};

use super::{Address, Town};
use crate::letter::{Answer, Carrier, Letter, Undelivered};
use crate::note::Note;
use crate::object::Ground;

/// An object's storage.
pub struct House {
    database: Database,
    alarm: Cell<Option<Timestamp>>,
    /// The alarm of the transaction under way, if it sets one.
    setting: Cell<Option<Option<Timestamp>>>,
    /// Counted up when the object dies.
    lives: Cell<u32>,
}

impl Default for House {
    fn default() -> Self {
        Self {
            database: Database::empty(),
            alarm: Cell::new(None),
            setting: Cell::new(None),
            lives: Cell::new(0),
        }
    }
}

impl House {
    /// The database, to look into it.
    pub fn database(&self) -> &Database {
        &self.database
    }

    /// When it rings.
    pub fn alarm(&self) -> Option<Timestamp> {
        self.alarm.get()
    }

    pub(super) fn lose_alarm(&self) {
        self.alarm.set(None);
    }

    pub(super) fn ring_at(&self, at: Timestamp) {
        self.alarm.set(Some(at));
    }

    pub(super) fn enter(self: &Rc<Self>, town: &Rc<Town>, address: &Address) -> HouseGround {
        HouseGround {
            town: Rc::clone(town),
            house: Rc::clone(self),
            address: address.clone(),
            life: self.lives.get(),
        }
    }

    pub(super) fn die(&self) {
        self.lives.set(self.lives.get() + 1);
        self.setting.set(None);
        self.database.rollback();
    }

    fn commit(&self) -> Result<(), SqlError> {
        self.database.commit()?;
        if let Some(alarm) = self.setting.take() {
            self.alarm.set(alarm);
        }
        Ok(())
    }
}

/// The ground under one invocation.
pub struct HouseGround {
    town: Rc<Town>,
    house: Rc<House>,
    address: Address,
    life: u32,
}

impl HouseGround {
    /// The invocation ends: what it wrote last becomes durable.
    pub(super) fn leave(&self) -> Result<(), SqlError> {
        self.alive()?;
        self.house.commit()
    }

    fn alive(&self) -> Result<(), SqlError> {
        if self.life == self.house.lives.get() {
            Ok(())
        } else {
            Err(SqlError::Refused("the object has died".into()))
        }
    }
}

impl Sql for HouseGround {
    fn query(&self, statement: &str, values: &[Value]) -> Result<Vec<Row>, SqlError> {
        self.alive()?;
        if self.town.faults().dies_before(&self.address, statement) {
            self.house.die();
            return self.alive().map(|()| Vec::new());
        }
        self.house.database.begin()?;
        self.house.database.query(statement, values)
    }
}

#[async_trait(?Send)]
impl Carrier for HouseGround {
    /// Nothing leaves before what was written is durable.
    async fn carry(&self, letter: Letter) -> Result<Answer, Undelivered> {
        if self.leave().is_err() {
            return Err(Undelivered::Unreachable);
        }
        self.town.send(&self.address, letter).await
    }
}

#[async_trait(?Send)]
impl Ground for HouseGround {
    fn sql(&self) -> &dyn Sql {
        self
    }

    fn now(&self) -> Timestamp {
        self.town.clock_at(&self.address)
    }

    fn random(&self) -> &dyn Random {
        self.town.dice.as_ref()
    }

    async fn set_alarm(&self, at: Option<Timestamp>) -> Result<(), SqlError> {
        self.alive()?;
        self.house.setting.set(Some(at));
        self.house.commit()
    }

    fn note(&self, note: Note) {
        self.town.notes.borrow_mut().push(note);
    }
}

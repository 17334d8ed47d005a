//! One object's storage, and the ground it stands on while it answers.
//!
//! Statements that follow each other are one transaction with the alarm, as on the platform: an
//! object that dies in between leaves none of them. Once it has died, whatever it still had under
//! way finds its storage closed.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use async_trait::async_trait;
use rusqlite::Connection;
use rusqlite::types::{ToSqlOutput, ValueRef};

use onbehalf_clock::{Random, Timestamp};

use super::{Address, Town};
use crate::letter::{Answer, Carrier, Letter, Undelivered};
use crate::object::{Ground, Note};
use crate::sql::{Row, Sql, SqlError, Value};

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

/// A real SQLite database in memory.
pub struct Database {
    connection: Connection,
    open: RefCell<bool>,
}

impl Database {
    /// A database without tables.
    ///
    /// # Panics
    /// When SQLite cannot open one in memory, which leaves nothing to test.
    pub fn empty() -> Self {
        let connection = Connection::open_in_memory().expect("SQLite opens in memory");
        Self {
            connection,
            open: RefCell::new(false),
        }
    }

    fn begin(&self) -> Result<(), SqlError> {
        if !self.open.replace(true) {
            self.connection.execute_batch("BEGIN").map_err(refused)?;
        }
        Ok(())
    }

    fn commit(&self) -> Result<(), SqlError> {
        if self.open.replace(false) {
            self.connection.execute_batch("COMMIT").map_err(refused)?;
        }
        Ok(())
    }

    fn rollback(&self) {
        if self.open.replace(false) {
            // Fails only where there is nothing to take back.
            let _ = self.connection.execute_batch("ROLLBACK");
        }
    }
}

impl Sql for Database {
    fn query(&self, statement: &str, values: &[Value]) -> Result<Vec<Row>, SqlError> {
        let mut prepared = self.connection.prepare(statement).map_err(refused)?;
        let columns = prepared.column_count();
        let mut rows = prepared
            .query(rusqlite::params_from_iter(values))
            .map_err(refused)?;
        let mut found = Vec::new();
        while let Some(row) = rows.next().map_err(refused)? {
            let values = (0..columns).map(|column| value(row, column));
            found.push(Row::new(values.collect::<Result<_, _>>()?));
        }
        Ok(found)
    }
}

impl rusqlite::ToSql for Value {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self {
            Self::Null => ValueRef::Null,
            Self::Integer(number) => ValueRef::Integer(*number),
            Self::Text(text) => ValueRef::Text(text.as_bytes()),
        }))
    }
}

fn value(row: &rusqlite::Row<'_>, column: usize) -> Result<Value, SqlError> {
    Ok(match row.get_ref(column).map_err(refused)? {
        ValueRef::Null => Value::Null,
        ValueRef::Integer(number) => Value::Integer(number),
        ValueRef::Text(text) => Value::Text(String::from_utf8_lossy(text).into_owned()),
        ValueRef::Real(_) | ValueRef::Blob(_) => {
            return Err(SqlError::Shape {
                column,
                expected: "a number or a text",
            });
        }
    })
}

#[allow(clippy::needless_pass_by_value, reason = "made for `map_err`")]
fn refused(error: rusqlite::Error) -> SqlError {
    SqlError::Refused(error.to_string())
}

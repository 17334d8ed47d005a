//! The values that cross, and the errors.

use onbehalf_clock::Timestamp;

use crate::json::from_json;

/// An integer that SQLite and JavaScript agree on.
const LARGEST: i64 = (1 << 53) - 1;

/// A value in a statement or a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// SQL's NULL.
    Null,
    /// A whole number; saturates where JavaScript's numbers end.
    Integer(i64),
    /// A text.
    Text(String),
}

impl From<i64> for Value {
    fn from(value: i64) -> Self {
        Self::Integer(value.clamp(-LARGEST, LARGEST))
    }
}

impl From<u32> for Value {
    fn from(value: u32) -> Self {
        Self::Integer(i64::from(value))
    }
}

impl From<u64> for Value {
    fn from(value: u64) -> Self {
        Self::from(i64::try_from(value).unwrap_or(i64::MAX))
    }
}

impl From<Timestamp> for Value {
    fn from(value: Timestamp) -> Self {
        Self::from(value.millis())
    }
}

impl From<&str> for Value {
    fn from(value: &str) -> Self {
        Self::Text(value.to_owned())
    }
}

impl From<String> for Value {
    fn from(value: String) -> Self {
        Self::Text(value)
    }
}

impl<T: Into<Value>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

/// Storage could not do its part, or holds what this code cannot read. Never shows a value.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SqlError {
    /// SQLite said no.
    #[error("storage failed: {0}")]
    Refused(String),
    /// A row has not the shape the statement asked for.
    #[error("column {column} is not {expected}")]
    Shape {
        /// Counted from 0.
        column: usize,
        /// What it should have been.
        expected: &'static str,
    },
    /// A text that was stored cannot be read.
    #[error("what was stored as {what} cannot be read: {why}")]
    Unreadable {
        /// What it should have been.
        what: &'static str,
        /// The parser's words, which name a place and no value.
        why: String,
    },
}

/// One object's database.
pub trait Sql {
    /// Runs one statement.
    ///
    /// # Errors
    /// With SQLite's message; never with a bound value.
    fn query(&self, statement: &str, values: &[Value]) -> Result<Vec<Row>, SqlError>;

    /// Runs one statement for its effect.
    ///
    /// # Errors
    /// As for [`Self::query`].
    fn run(&self, statement: &str, values: &[Value]) -> Result<(), SqlError> {
        self.query(statement, values).map(|_| ())
    }
}

/// A row, by position.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row(Vec<Value>);

impl Row {
    /// A row of these values.
    pub fn new(values: Vec<Value>) -> Self {
        Self(values)
    }

    /// A whole number.
    ///
    /// # Errors
    /// [`SqlError::Shape`] for anything else.
    pub fn integer(&self, column: usize) -> Result<i64, SqlError> {
        self.maybe_integer(column)?.ok_or(shape(column, "a number"))
    }

    /// A whole number or NULL.
    ///
    /// # Errors
    /// [`SqlError::Shape`] for anything else.
    pub fn maybe_integer(&self, column: usize) -> Result<Option<i64>, SqlError> {
        match self.0.get(column) {
            Some(Value::Integer(value)) => Ok(Some(*value)),
            Some(Value::Null) => Ok(None),
            _ => Err(shape(column, "a number")),
        }
    }

    /// A count.
    ///
    /// # Errors
    /// [`SqlError::Shape`] for anything else.
    pub fn count(&self, column: usize) -> Result<u32, SqlError> {
        u32::try_from(self.integer(column)?).map_err(|_| shape(column, "a count"))
    }

    /// A text.
    ///
    /// # Errors
    /// [`SqlError::Shape`] for anything else.
    pub fn text(&self, column: usize) -> Result<&str, SqlError> {
        self.maybe_text(column)?.ok_or(shape(column, "a text"))
    }

    /// A text or NULL.
    ///
    /// # Errors
    /// [`SqlError::Shape`] for anything else.
    pub fn maybe_text(&self, column: usize) -> Result<Option<&str>, SqlError> {
        match self.0.get(column) {
            Some(Value::Text(value)) => Ok(Some(value)),
            Some(Value::Null) => Ok(None),
            _ => Err(shape(column, "a text")),
        }
    }

    /// A point in time.
    ///
    /// # Errors
    /// [`SqlError::Shape`] for anything but a number.
    pub fn time(&self, column: usize) -> Result<Timestamp, SqlError> {
        self.integer(column).map(Timestamp::from_millis)
    }

    /// A point in time or NULL.
    ///
    /// # Errors
    /// [`SqlError::Shape`] for anything else.
    pub fn maybe_time(&self, column: usize) -> Result<Option<Timestamp>, SqlError> {
        Ok(self.maybe_integer(column)?.map(Timestamp::from_millis))
    }

    /// What was stored as JSON.
    ///
    /// # Errors
    /// [`SqlError::Unreadable`] when it is not `what`.
    pub fn json<T: serde::de::DeserializeOwned>(
        &self,
        column: usize,
        what: &'static str,
    ) -> Result<T, SqlError> {
        from_json(self.text(column)?, what)
    }

    /// What was stored as JSON, or NULL.
    ///
    /// # Errors
    /// As [`Self::json`].
    pub fn maybe_json<T: serde::de::DeserializeOwned>(
        &self,
        column: usize,
        what: &'static str,
    ) -> Result<Option<T>, SqlError> {
        let text = self.maybe_text(column)?;
        text.map(|text| from_json(text, what)).transpose()
    }
}

fn shape(column: usize, expected: &'static str) -> SqlError {
    SqlError::Shape { column, expected }
}

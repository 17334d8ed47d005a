//! A Durable Object's SQLite and its alarm.

use worker::{SqlStorage, SqlStorageValue, State, Storage};

use onbehalf_clock::Timestamp;
use onbehalf_sql::{Row, Sql, SqlError, Value};

/// An object's SQLite.
pub struct EdgeSql(SqlStorage);

impl EdgeSql {
    /// This object's.
    pub fn of(state: &State) -> Self {
        Self(state.storage().sql())
    }
}

impl Sql for EdgeSql {
    fn query(&self, statement: &str, values: &[Value]) -> Result<Vec<Row>, SqlError> {
        let values: Vec<SqlStorageValue> = values.iter().map(bound).collect();
        let cursor = self.0.exec(statement, values);
        let cursor = cursor.map_err(|error| refused(&error))?;
        let rows = cursor.raw().map(|row| {
            let row = row.map_err(|error| refused(&error))?;
            let values = row.into_iter().map(found);
            Ok(Row::new(values.collect()))
        });
        rows.collect()
    }
}

fn bound(value: &Value) -> SqlStorageValue {
    match value {
        Value::Null => SqlStorageValue::Null,
        Value::Integer(number) => SqlStorageValue::Integer(*number),
        Value::Text(text) => SqlStorageValue::String(text.clone()),
    }
}

/// No table holds anything but numbers and texts; whatever else there is reads as nothing.
fn found(value: SqlStorageValue) -> Value {
    match value {
        SqlStorageValue::Integer(number) => Value::Integer(number),
        SqlStorageValue::Boolean(yes) => Value::Integer(i64::from(yes)),
        SqlStorageValue::String(text) => Value::Text(text),
        SqlStorageValue::Null | SqlStorageValue::Float(_) | SqlStorageValue::Blob(_) => Value::Null,
    }
}

/// Sets the one alarm there is, or none.
///
/// # Errors
/// When the platform refuses.
pub async fn set_alarm(storage: &Storage, at: Option<Timestamp>) -> Result<(), SqlError> {
    let set = match at {
        Some(at) => storage.set_alarm(absolute(at)).await,
        None => storage.delete_alarm().await,
    };
    set.map_err(|error| refused(&error))
}

/// An absolute alarm time. The crate's plain integers mean an offset from now.
fn absolute(at: Timestamp) -> worker::ScheduledTime {
    let millis = worker::js_sys::Date::new(&wasm_bindgen::JsValue::from_f64(at.millis() as f64));
    worker::ScheduledTime::new(millis)
}

/// The platform's no. It repeats no bound value.
pub fn refused(error: &worker::Error) -> SqlError {
    SqlError::Refused(error.to_string())
}

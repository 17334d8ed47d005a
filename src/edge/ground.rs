//! The platform under an object: its SQLite, its alarm, the clock, and calls to other objects.

use async_trait::async_trait;
use worker::{Env, Request, Response, SqlStorage, SqlStorageValue, State, Storage};

use super::binding::{carry, received, reply};
use super::clock::{EdgeClock, EdgeRandom};
use super::journal_store::scheduled;
use onbehalf_clock::{Clock, Random, Timestamp};
use onbehalf_runs::{Answer, Carrier, Ground, Letter, Note, Object, Undelivered, receive, ring};
use onbehalf_sql::{Row, Sql, SqlError, Value};

/// Answers the message in a request.
///
/// # Errors
/// When the request is not a message, or the answer cannot be written.
pub async fn answer<O>(
    object: &O,
    state: &State,
    env: &Env,
    class: &str,
    request: Request,
) -> worker::Result<Response>
where
    O: Object,
    O::Message: serde::de::DeserializeOwned,
    O::Reply: serde::Serialize,
{
    let message = received(request).await?;
    answer_to(object, state, env, class, message).await
}

/// Answers a message that was read.
///
/// # Errors
/// When the answer cannot be written.
pub async fn answer_to<O>(
    object: &O,
    state: &State,
    env: &Env,
    class: &str,
    message: O::Message,
) -> worker::Result<Response>
where
    O: Object,
    O::Reply: serde::Serialize,
{
    let ground = EdgeGround::of(state, env);
    reply(class, receive(object, &ground, message).await)
}

/// Goes on where the alarm of an object says.
///
/// # Errors
/// When storage fails altogether; the platform then rings again.
pub async fn go_on<O: Object>(object: &O, state: &State, env: &Env) -> worker::Result<Response> {
    let ground = EdgeGround::of(state, env);
    let rung = ring(object, &ground).await;
    rung.map_err(|error| worker::Error::RustError(error.to_string()))?;
    Response::empty()
}

struct EdgeGround {
    sql: EdgeSql,
    storage: Storage,
    env: Env,
}

impl EdgeGround {
    fn of(state: &State, env: &Env) -> Self {
        let storage = state.storage();
        Self {
            sql: EdgeSql(storage.sql()),
            storage,
            env: env.clone(),
        }
    }
}

#[async_trait(?Send)]
impl Carrier for EdgeGround {
    async fn carry(&self, letter: Letter) -> Result<Answer, Undelivered> {
        carry(&self.env, letter).await
    }
}

#[async_trait(?Send)]
impl Ground for EdgeGround {
    fn sql(&self) -> &dyn Sql {
        &self.sql
    }

    fn now(&self) -> Timestamp {
        EdgeClock.now()
    }

    fn random(&self) -> &dyn Random {
        &EdgeRandom
    }

    async fn set_alarm(&self, at: Option<Timestamp>) -> Result<(), SqlError> {
        let done = match at {
            Some(at) => self.storage.set_alarm(scheduled(at)).await,
            None => self.storage.delete_alarm().await,
        };
        done.map_err(|error| SqlError::Refused(error.to_string()))
    }

    fn note(&self, note: Note) {
        say(&note);
    }
}

/// Puts what an object has to say into the log.
pub fn say(note: &Note) {
    let fields = note.fields.iter();
    let fields: Vec<(&str, &str)> = fields.map(|(name, it)| (*name, it.as_str())).collect();
    super::log::warn(note.event, &fields);
}

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
        let refused = |error: worker::Error| SqlError::Refused(error.to_string());
        let cursor = self.0.exec(statement, values).map_err(refused)?;
        let rows = cursor.raw().map(|row| {
            let values = row.map_err(refused)?.into_iter().map(found);
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

//! The platform under an object: its SQLite, its alarm, the clock, and calls to other objects.

use async_trait::async_trait;
use worker::{Env, Request, Response, State, Storage};

use super::binding::{carry, received, reply};
use super::clock::{EdgeClock, EdgeRandom};
use super::log::say;
use super::sql::{EdgeSql, set_alarm};
use onbehalf_clock::{Clock, Random, Timestamp};
use onbehalf_runs::{Answer, Carrier, Ground, Letter, Note, Object, Undelivered, receive, ring};
use onbehalf_sql::{Sql, SqlError};

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
            sql: EdgeSql::of(state),
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
        set_alarm(&self.storage, at).await
    }

    fn note(&self, note: Note) {
        say(&note);
    }
}

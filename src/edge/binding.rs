//! Messages between objects on the wire: JSON over an object's `fetch`.
//!
//! Owns the deadline of every call. What the messages mean, and which class answers which, stands
//! in [`onbehalf_runs`].

use std::time::Duration;

use async_trait::async_trait;
use futures::future::{Either, select};
use serde::Serialize;
use serde::de::DeserializeOwned;
use worker::wasm_bindgen::JsValue;
use worker::{Delay, Env, Method, Request, RequestInit, Response};

use super::body::whole;
use super::clock::EdgeClock;
use super::fetch::{EdgeFetch, Subrequests};
use onbehalf_clock::Clock;
use onbehalf_http::announce;
use onbehalf_runs::approvals::Notice;
use onbehalf_runs::{Answer, CALL_DEADLINE, Carrier, Letter, ObjectFailed, Undelivered};

/// Carries messages to the objects bound in an environment.
pub struct EdgeCarrier {
    env: Env,
    subrequests: Subrequests,
}

impl EdgeCarrier {
    /// Reaches the objects bound in `env`; counts its calls into `subrequests`.
    pub fn new(env: Env, subrequests: Subrequests) -> Self {
        Self { env, subrequests }
    }
}

#[async_trait(?Send)]
impl Carrier for EdgeCarrier {
    async fn carry(&self, letter: Letter) -> Result<Answer, Undelivered> {
        self.subrequests.add();
        carry(&self.env, letter).await
    }
}

/// Carries one message.
///
/// # Errors
/// [`Undelivered`].
pub async fn carry(env: &Env, letter: Letter) -> Result<Answer, Undelivered> {
    match letter {
        Letter::Run(run_id, message) => {
            let reply = send(env, "RUNS", run_id.as_str(), &message, CALL_DEADLINE).await?;
            Ok(Answer::Run(Box::new(reply)))
        }
        Letter::Principal(owner, message) => {
            let reply = send(env, "PRINCIPALS", owner.as_str(), &message, CALL_DEADLINE).await?;
            Ok(Answer::Principal(reply))
        }
        Letter::Account(account, message) => {
            let reply = send(env, "ACCOUNTS", account.as_str(), &message, CALL_DEADLINE).await?;
            Ok(Answer::Account(reply))
        }
        Letter::Schedule(shard, message) => {
            let reply = send(env, "SCHEDULES", &shard.name(), &message, CALL_DEADLINE).await?;
            Ok(Answer::Schedule(reply))
        }
        Letter::Portal(portal, message) => {
            let reply = send(env, "PORTALS", portal.as_str(), &message, CALL_DEADLINE).await?;
            Ok(Answer::Portal(reply))
        }
        Letter::Approvals(key, message) => {
            let reply = send(env, "APPROVALS", key.as_str(), &message, CALL_DEADLINE).await?;
            Ok(Answer::Approvals(reply))
        }
        Letter::Thread(key, message) => {
            let reply = send(env, "THREADS", key.as_str(), &message, CALL_DEADLINE).await?;
            Ok(Answer::Thread(Box::new(reply)))
        }
        Letter::Notice(notice) => {
            tell_outside(env, &notice).await?;
            Ok(Answer::Noticed)
        }
    }
}

/// Tells the operator's own systems.
async fn tell_outside(env: &Env, notice: &Notice) -> Result<(), Undelivered> {
    let configured = super::isolate::approval_webhook(env);
    let webhook = configured.map_err(|_| Undelivered::Failed)?;
    let fetch = EdgeFetch::new(Subrequests::default());
    announce(webhook.as_deref(), &fetch, EdgeClock.now(), notice).await
}

/// Sends a message to the object of this name and reads its answer.
///
/// # Errors
/// [`Undelivered`].
pub async fn send<Q: Serialize, A: DeserializeOwned>(
    env: &Env,
    binding: &str,
    name: &str,
    message: &Q,
    deadline: Duration,
) -> Result<A, Undelivered> {
    let exchange = std::pin::pin!(exchange(env, binding, name, message));
    let answered = match select(exchange, Delay::from(deadline)).await {
        Either::Left((answered, _)) => answered,
        Either::Right(((), _)) => return Err(unreachable(binding, Undelivered::TimedOut, None)),
    };
    let body =
        answered.map_err(|error| unreachable(binding, Undelivered::Unreachable, Some(&error)))?;
    let read: Result<A, ObjectFailed> = serde_json::from_slice(&body)
        .map_err(|error| unreachable(binding, Undelivered::Unreadable, Some(&error.into())))?;
    read.map_err(|ObjectFailed| Undelivered::Failed)
}

fn unreachable(binding: &str, why: Undelivered, error: Option<&worker::Error>) -> Undelivered {
    let error = error.map_or_else(|| why.to_string(), ToString::to_string);
    super::log::warn(
        "object_unreachable",
        &[("binding", binding), ("error", &error)],
    );
    why
}

async fn exchange<T: Serialize>(
    env: &Env,
    binding: &str,
    name: &str,
    message: &T,
) -> worker::Result<Vec<u8>> {
    let body = serde_json::to_string(message)?;
    let mut init = RequestInit::new();
    init.with_method(Method::Post)
        .with_body(Some(JsValue::from_str(&body)));
    // The host is never resolved: the stub decides where the request goes.
    let request = Request::new_with_init("https://object/", &init)?;
    let response = env
        .durable_object(binding)?
        .get_by_name(name)?
        .fetch_with_request(request)
        .await?;
    // Our own object's words, as long as it found right.
    Ok(whole(&response).await?)
}

/// Reads the message an object was sent. By the reader that everything else here is read with: the
/// platform's own would have every type of message compiled a second time, and would make a float
/// of a number beyond 2^53, which a caller can send (`Last-Event-ID`) and no message holds.
///
/// # Errors
/// When it cannot be read, or is none of this object's.
pub async fn received<Q: DeserializeOwned>(mut request: Request) -> worker::Result<Q> {
    Ok(serde_json::from_slice(&request.bytes().await?)?)
}

/// Answers a message; a failure goes to the log, and its caller learns no more than that.
///
/// # Errors
/// When the reply cannot be serialised.
pub fn reply<T: Serialize, E: std::fmt::Display>(
    class: &str,
    reply: Result<T, E>,
) -> worker::Result<Response> {
    let reply = reply.map_err(|error| {
        super::log::warn(
            "object_failed",
            &[("class", class), ("error", &error.to_string())],
        );
        ObjectFailed
    });
    Response::from_json(&reply)
}

//! Calls between objects as typed messages.
//!
//! A message names the class that answers it and the type of its answer, so that a call with the
//! wrong shape does not compile. On the wire it is JSON over the object's `fetch`.

use serde::Serialize;
use serde::de::DeserializeOwned;
use worker::wasm_bindgen::JsValue;
use worker::{Env, Method, Request, RequestInit, Response};

use super::body::whole;
use onbehalf_runs::BackendError;

/// A message to one class of Durable Object.
pub trait Message: Serialize {
    /// The class's binding in `wrangler.toml`.
    const BINDING: &'static str;
    /// What the object answers.
    type Reply: Serialize + DeserializeOwned;
    /// The enum variant the object's `fetch` reads.
    type Envelope: Serialize + DeserializeOwned + From<Self>
    where
        Self: Sized;
}

/// The status an object answers with when it could not do its part.
const FAILED: u16 = 500;

/// Sends a message to the object of this name.
///
/// # Errors
/// [`BackendError::Unavailable`] when the object could not be reached or failed.
pub async fn call<M: Message>(env: &Env, name: &str, message: M) -> Result<M::Reply, BackendError> {
    let answered = exchange(env, M::BINDING, name, &M::Envelope::from(message)).await;
    let response = answered.map_err(|error| unavailable(M::BINDING, &error))?;
    if response.status_code() == FAILED {
        return Err(BackendError::Unavailable);
    }
    // Our own object's words, as long as it found right.
    let body = whole(&response).await;
    let body = body.map_err(|error| unavailable(M::BINDING, &error.into()))?;
    serde_json::from_slice(&body).map_err(|error| unavailable(M::BINDING, &error.into()))
}

fn unavailable(binding: &str, error: &worker::Error) -> BackendError {
    super::log::warn(
        "object_unreachable",
        &[("binding", binding), ("error", &error.to_string())],
    );
    BackendError::Unavailable
}

async fn exchange<T: Serialize>(
    env: &Env,
    binding: &str,
    name: &str,
    message: &T,
) -> worker::Result<Response> {
    let body = serde_json::to_string(message)?;
    let mut init = RequestInit::new();
    init.with_method(Method::Post)
        .with_body(Some(JsValue::from_str(&body)));
    // The host is never resolved: the stub decides where the request goes.
    let request = Request::new_with_init("https://object/", &init)?;
    env.durable_object(binding)?
        .get_by_name(name)?
        .fetch_with_request(request)
        .await
}

/// Answers a message with `reply`.
///
/// # Errors
/// When the reply cannot be serialised.
pub fn reply<T: Serialize, E: std::fmt::Display>(
    class: &str,
    reply: Result<T, E>,
) -> worker::Result<Response> {
    match reply {
        Ok(reply) => Response::from_json(&reply),
        Err(error) => {
            super::log::warn(
                "object_failed",
                &[("class", class), ("error", &error.to_string())],
            );
            Response::error("failed", FAILED)
        }
    }
}

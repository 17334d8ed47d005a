//! Everything that touches Cloudflare: Durable Objects, storage, alarms, clock, fetch, crypto.
//!
//! Owns the translation between the platform and the layers; decides nothing that could be decided
//! without it.

mod account_object;
mod ai_binding;
mod approvals_object;
mod binding;
mod body;
mod clock;
mod events;
mod fetch;
mod files;
mod ground;
mod isolate;
mod key_set_object;
mod log;
mod messages;
mod object;
mod portal_object;
mod principal_object;
mod rate_limit;
mod run_object;
mod run_place;
mod schedule_object;
mod shelf;
mod sign_in_object;
mod sql;
mod thread_object;
mod web_crypto;

use futures::StreamExt;
use worker::{Env, Headers, Request, Response};

use binding::EdgeCarrier;
use fetch::Subrequests;
use onbehalf_clock::Timestamp;
use onbehalf_http::{Answer, ApiRequest, ApiResponse, MAX_BODY_BYTES, handle_unconfigured};
use onbehalf_runs::schedule::sweep;

/// Answers one request.
///
/// # Errors
/// When the platform itself fails.
pub async fn fetch(request: Request, env: &Env) -> worker::Result<Response> {
    let request = read(request).await?;
    let api = match isolate::api(env) {
        Ok(api) => api,
        Err(wrong) => return write(handle_unconfigured(&request, &wrong.public())),
    };
    let Answer { response, watch } = api.answer(request).await;
    match watch {
        None => write(response),
        Some(watch) => {
            let headers = headers_of(&response)?;
            events::stream(api, response, watch, headers)
        }
    }
}

/// The cron rang: every shard of the schedule is told, however often the platform repeats itself.
pub async fn scheduled(at_millis: f64, env: &Env) {
    let at = Timestamp::from_millis(at_millis as i64);
    let carrier = EdgeCarrier::new(env.clone(), Subrequests::default());
    let unreached = sweep(&carrier, at).await.to_string();
    log::info(
        "tick",
        &[("at", &at.to_string()), ("shards_failed", &unreached)],
    );
}

/// Reads a request; of its body, no more than is needed to see that it is too long.
async fn read(mut request: Request) -> worker::Result<ApiRequest> {
    let url = request.url()?;
    let headers: Vec<(String, String)> = request
        .headers()
        .entries()
        .map(|(name, value)| (name.to_ascii_lowercase(), value))
        .collect();
    let client_address = headers
        .iter()
        .find(|(name, _)| name == "cf-connecting-ip")
        .map(|(_, value)| value.clone());
    let mut body = Vec::new();
    if request.inner().body().is_some() {
        let mut stream = request.stream()?;
        while let Some(chunk) = stream.next().await {
            body.extend_from_slice(&chunk?);
            if body.len() > MAX_BODY_BYTES {
                body.truncate(MAX_BODY_BYTES + 1);
                break;
            }
        }
    }
    Ok(ApiRequest {
        // The platform's own word: the `worker` crate takes every method it does not know for GET.
        method: request.inner().method(),
        path: url.path().to_owned(),
        query: url.query().unwrap_or_default().to_owned(),
        headers,
        body,
        client_address,
    })
}

fn write(response: ApiResponse) -> worker::Result<Response> {
    let headers = headers_of(&response)?;
    let answer = if response.body.is_empty() {
        Response::empty()?
    } else {
        Response::from_bytes(response.body)?
    };
    Ok(answer.with_status(response.status).with_headers(headers))
}

fn headers_of(response: &ApiResponse) -> worker::Result<Headers> {
    let headers = Headers::new();
    for (name, value) in &response.headers {
        headers.append(name, value)?;
    }
    Ok(headers)
}

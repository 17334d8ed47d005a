//! Outbound HTTP through the platform's `fetch`, bounded in time and size.
//!
//! Owns the count of subrequests, which the platform limits per invocation.

use std::cell::Cell;
use std::rc::Rc;
use std::time::Duration;

use async_trait::async_trait;
use futures::StreamExt;
use futures::future::{Either, select};
use worker::js_sys::Uint8Array;
use worker::{
    AbortController, AbortSignal, Delay, Headers, Request, RequestInit, RequestRedirect, Response,
};

use super::body::whole;
use onbehalf_fetch::{Fetch, FetchError, HttpRequest, HttpResponse, Method, Reading};

/// Counts what one invocation has sent.
#[derive(Clone, Default)]
pub struct Subrequests(Rc<Cell<u32>>);

impl Subrequests {
    /// Begins a new invocation.
    pub fn reset(&self) {
        self.0.set(0);
    }

    /// Sent since the last reset.
    pub fn count(&self) -> u32 {
        self.0.get()
    }

    /// Counts one more.
    pub fn add(&self) {
        self.0.set(self.0.get().saturating_add(1));
    }
}

/// The platform's `fetch`.
pub struct EdgeFetch {
    subrequests: Subrequests,
}

impl EdgeFetch {
    /// Counts into `subrequests`.
    pub fn new(subrequests: Subrequests) -> Self {
        Self { subrequests }
    }
}

#[async_trait(?Send)]
impl Fetch for EdgeFetch {
    async fn send(&self, request: HttpRequest) -> Result<HttpResponse, FetchError> {
        self.subrequests.add();
        within(request.timeout, |signal| exchange(&request, signal)).await
    }
}

/// What an exchange comes to within this time. One that takes longer is broken off.
pub(super) async fn within<E>(
    timeout: Duration,
    exchange: impl FnOnce(AbortSignal) -> E,
) -> Result<HttpResponse, FetchError>
where
    E: Future<Output = Result<HttpResponse, FetchError>>,
{
    let controller = AbortController::default();
    let exchange = Box::pin(exchange(controller.signal()));
    let deadline = Box::pin(Delay::from(timeout));
    match select(exchange, deadline).await {
        Either::Left((answer, _)) => answer,
        Either::Right(((), _)) => {
            controller.abort();
            Err(FetchError::Timeout)
        }
    }
}

async fn exchange(request: &HttpRequest, signal: AbortSignal) -> Result<HttpResponse, FetchError> {
    let outbound = outbound(request).map_err(|_| FetchError::Connection)?;
    let response = worker::Fetch::Request(outbound)
        .send_with_signal(&signal)
        .await
        .map_err(|_| FetchError::Connection)?;
    whole_answer(response, request.max_response_bytes).await
}

/// An answer read to its end, if that is no further than this.
pub(super) async fn whole_answer(
    response: Response,
    limit: usize,
) -> Result<HttpResponse, FetchError> {
    let status = response.status_code();
    let headers: Vec<(String, String)> = response
        .headers()
        .entries()
        .map(|(name, value)| (name.to_ascii_lowercase(), value))
        .collect();
    let body = read(response, &headers, limit).await?;
    Ok(HttpResponse {
        status,
        headers,
        body,
    })
}

fn outbound(request: &HttpRequest) -> worker::Result<Request> {
    let headers = Headers::new();
    for (name, value) in &request.headers {
        headers.append(name, value)?;
    }
    let mut init = RequestInit::new();
    init.with_headers(headers)
        .with_redirect(RequestRedirect::Manual);
    match request.method {
        Method::Get => init.with_method(worker::Method::Get),
        Method::Post => init
            .with_method(worker::Method::Post)
            .with_body(Some(Uint8Array::from(request.body.as_slice()).into())),
    };
    Request::new_with_init(&request.url, &init)
}

async fn read(
    mut response: Response,
    headers: &[(String, String)],
    limit: usize,
) -> Result<Vec<u8>, FetchError> {
    let mut body = match Reading::of(headers, limit)? {
        // The platform hands out no more than the length it was told.
        Reading::Whole => {
            let body = whole(&response).await;
            return body.map_err(|_| FetchError::Connection);
        }
        Reading::Pieces(body) => body,
    };
    // An answer without a body has no stream.
    let Ok(mut stream) = response.stream() else {
        return Ok(body.into_bytes());
    };
    while let Some(piece) = stream.next().await {
        body.take(&piece.map_err(|_| FetchError::Connection)?)?;
    }
    Ok(body.into_bytes())
}

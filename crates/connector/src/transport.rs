//! One authorised exchange with Scalekit: token, permit, deadline, the 401 retry, retries of reads.

use std::rc::Rc;
use std::time::Duration;

use serde_json::Value;

use onbehalf_clock::{Clock, Random, Timestamp};
use onbehalf_fetch::{Fetch, FetchError, HttpRequest, HttpResponse, Method};

use super::allowance::Lane;
use super::backoff::{TRIES, pause};
use super::config::ScalekitConfig;
use super::connectors::Connectors;
use super::failure::CallFailure;
use super::log::{CallLine, CallLog, NoLog};
use super::mapping::{
    Asked, Limit, Mapped, Then, is_about_our_token, no_answer, refused, unreadable,
};
use super::permit::{CallKind, SendPermit};
use super::token::{Token, TokenCache, TokenSource};
use super::trace::traceparent;
use super::turns::{ENVIRONMENT, Turns};

/// For account management (docs/SCALEKIT.md, "Authentication").
pub(super) const TIMEOUT: Duration = Duration::from_secs(20);
/// For executing a tool, which waits for the connected app in turn.
pub(super) const TOOL_TIMEOUT: Duration = Duration::from_secs(60);
/// A hundred Zendesk tickets with long descriptions take a few megabytes; the isolate has 128.
const MAX_ANSWER_BYTES: usize = 8 * 1024 * 1024;

/// The Scalekit client. Cheap to make: build one per request around the isolate's [`TokenCache`].
pub struct Scalekit {
    config: Rc<ScalekitConfig>,
    fetch: Rc<dyn Fetch>,
    clock: Rc<dyn Clock>,
    random: Rc<dyn Random>,
    tokens: TokenSource,
    turns: Option<Turns>,
    log: Rc<dyn CallLog>,
}

/// One call, ready to be authorised and sent.
pub(super) struct Call<'a> {
    pub asked: Asked,
    /// The tool's name as sent, for the log.
    pub tool: Option<&'a str>,
    pub kind: CallKind,
    pub method: Method,
    /// Path and query.
    pub path: String,
    /// JSON, for `POST`.
    pub body: Option<Value>,
    pub timeout: Duration,
    /// The identifier, which no message may repeat.
    pub identifier: &'a str,
    /// The app's allowance this call counts against; `None` for calls no app hears of.
    pub lane: Option<Lane>,
    /// The trace this call belongs to.
    pub trace_id: Option<&'a str>,
    pub permit: &'a dyn SendPermit,
}

/// Why a call gave no result.
pub(super) enum Refusal {
    /// As it is.
    Plain(CallFailure),
    /// Something is missing, and this is what it is if the account is there.
    Doubtful(CallFailure),
}

impl Refusal {
    fn in_its_own_words(self) -> CallFailure {
        match self {
            Self::Plain(failure) | Self::Doubtful(failure) => failure,
        }
    }
}

impl From<CallFailure> for Refusal {
    fn from(failure: CallFailure) -> Self {
        Self::Plain(failure)
    }
}

/// Why an exchange brought no answer to look at.
pub(super) enum Unanswered {
    Failed(CallFailure),
    Broken(FetchError),
}

impl Scalekit {
    /// A client for one environment.
    pub fn new(
        config: ScalekitConfig,
        fetch: Rc<dyn Fetch>,
        clock: Rc<dyn Clock>,
        random: Rc<dyn Random>,
        cache: TokenCache,
    ) -> Self {
        let config = Rc::new(config);
        let tokens = TokenSource {
            config: Rc::clone(&config),
            fetch: Rc::clone(&fetch),
            clock: Rc::clone(&clock),
            random: Rc::clone(&random),
            cache,
        };
        Self {
            config,
            fetch,
            clock,
            random,
            tokens,
            turns: None,
            log: Rc::new(NoLog),
        }
    }

    /// The same client, keeping inside what the apps allow.
    #[must_use]
    pub fn with_turns(self, turns: Turns) -> Self {
        Self {
            turns: Some(turns),
            ..self
        }
    }

    /// Until when every call of this process waits for its turn because Scalekit's limit for the
    /// whole environment was met; `None` when it was not met lately.
    pub fn careful_until(&self) -> Option<Timestamp> {
        self.turns.as_ref()?.careful_until(self.clock.now())
    }

    /// The same client, telling this log of every request it sends.
    #[must_use]
    pub fn with_log(self, log: Rc<dyn CallLog>) -> Self {
        Self { log, ..self }
    }

    /// Where its connections are and how it signs in.
    pub(super) fn config(&self) -> &ScalekitConfig {
        &self.config
    }

    /// The connectors of this environment.
    pub fn connectors(&self) -> &Connectors {
        self.config.connectors()
    }

    /// The clock this client reads, for code that has to agree with it on what "now" is.
    pub fn clock(&self) -> &dyn Clock {
        self.clock.as_ref()
    }

    /// Sends the call, a read up to three times, and gives the JSON of a 2xx answer.
    pub(super) async fn call(&self, call: &Call<'_>) -> Result<Value, CallFailure> {
        self.ask(call).await.map_err(Refusal::in_its_own_words)
    }

    /// The same, for a caller that can find out what a doubtful refusal means.
    pub(super) async fn ask(&self, call: &Call<'_>) -> Result<Value, Refusal> {
        let mut tried = 1;
        loop {
            let mapped = match self.exchange(call).await {
                Ok(response) if (200..300).contains(&response.status) => {
                    if let (Some(turns), Some(lane)) = (&self.turns, call.lane) {
                        turns.accepted(call.identifier, lane);
                    }
                    return serde_json::from_slice(&response.body)
                        .map_err(|_| unreadable(call.kind).into());
                }
                Ok(response) => self.map(call, &response),
                Err(Unanswered::Broken(error)) => no_answer(call.kind, error),
                Err(Unanswered::Failed(failure)) => return Err(failure.into()),
            };
            match mapped.then {
                Then::TryAgain if tried < TRIES => {
                    self.clock.sleep(pause(tried, self.random.as_ref())).await;
                    tried += 1;
                }
                Then::Hold(limit) => {
                    return Err(self.hold(call, limit, mapped.failure).await.into());
                }
                Then::AskForTheAccount => return Err(Refusal::Doubtful(mapped.failure)),
                Then::TryAgain | Then::Stands => return Err(mapped.failure.into()),
            }
        }
    }

    /// Notes that somebody asks for fewer requests, and says for how long that is taken.
    async fn hold(&self, call: &Call<'_>, limit: Limit, failure: CallFailure) -> CallFailure {
        let Some(turns) = &self.turns else {
            return failure;
        };
        let (whose, lane) = match (limit, call.lane) {
            (Limit::App, Some(lane)) => (call.identifier, lane),
            (Limit::App, None) => return failure,
            (Limit::Environment, _) => (ENVIRONMENT, Lane::Environment),
        };
        let asked = failure.retry_after();
        let held = turns.refused(whose, lane, asked, self.clock.as_ref()).await;
        CallFailure::RateLimited {
            retry_after_seconds: Some(held),
        }
    }

    /// What a non-2xx answer to this call means.
    pub(super) fn map(&self, call: &Call<'_>, response: &HttpResponse) -> Mapped {
        refused(
            call.asked,
            call.kind,
            response,
            self.clock.now(),
            &[call.identifier],
            call.body.as_ref().and_then(|body| body.get("params")),
        )
    }

    /// One exchange. A 401 that is about our token, not the user's, is tried once more with a new
    /// token; it is safe for a write because a request that was not authenticated did nothing.
    pub(super) async fn exchange(&self, call: &Call<'_>) -> Result<HttpResponse, Unanswered> {
        let token = self.tokens.token().await.map_err(Unanswered::Failed)?;
        let response = self.send(call, &token).await?;
        if !is_about_our_token(&response) {
            return Ok(response);
        }
        self.tokens.cache.invalidate(&token);
        let token = self.tokens.token().await.map_err(Unanswered::Failed)?;
        self.send(call, &token).await
    }

    async fn send(&self, call: &Call<'_>, token: &Token) -> Result<HttpResponse, Unanswered> {
        let mut headers = vec![
            (
                "authorization".to_owned(),
                format!("Bearer {}", token.value.expose()),
            ),
            ("accept".to_owned(), "application/json".to_owned()),
        ];
        if let Some(trace_id) = call.trace_id {
            let header = traceparent(trace_id, self.random.as_ref());
            headers.push(("traceparent".to_owned(), header));
        }
        let body = match &call.body {
            Some(json) => {
                headers.push(("content-type".to_owned(), "application/json".to_owned()));
                json.to_string().into_bytes()
            }
            None => Vec::new(),
        };
        let request = HttpRequest {
            method: call.method,
            url: self.config.url(&call.path),
            headers,
            body,
            timeout: call.timeout,
            max_response_bytes: MAX_ANSWER_BYTES,
        };
        if let Some(turns) = &self.turns {
            let turn = turns.next(call.identifier, call.lane, call.kind, self.clock.as_ref());
            turn.await.map_err(Unanswered::Failed)?;
        }
        // Nothing may be awaited between this answer and the request.
        if call.kind == CallKind::Write && !call.permit.allow() {
            return Err(Unanswered::Failed(CallFailure::NotSent));
        }
        let begun = self.clock.now();
        let answer = self.fetch.send(request).await;
        self.log.note(&CallLine {
            call: call.asked.name(),
            tool: call.tool,
            status: answer.as_ref().ok().map(|answer| answer.status),
            broken: answer.as_ref().err().copied(),
            latency: self.clock.now().since(begun),
            trace_id: call.trace_id,
        });
        answer.map_err(Unanswered::Broken)
    }
}

#[cfg(test)]
#[path = "transport_tests.rs"]
mod tests;

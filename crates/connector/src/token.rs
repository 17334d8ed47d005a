//! Our own access token: client credentials, one per isolate, fetched by one call at a time.
//!
//! On Workers a future made in one request must not be awaited from another, so callers that find
//! a fetch under way do not wait for that future. They look into the shared cell again and again
//! with timers of their own, and take over when the fetch has been under way too long (the request
//! it belonged to may be gone).
//!
//! ```text
//!  empty ──claim──> in flight since T ──done──> token ──margin before expiry──> empty
//!                     │  └─failed──> empty, with the failure for those who waited
//!                     └─older than the deadline──> the next caller claims
//! ```

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use serde_json::Value;
use url::form_urlencoded;

use onbehalf_clock::Timestamp;
use onbehalf_clock::{Clock, Random};
use onbehalf_fetch::{Fetch, HttpRequest, HttpResponse, Method, Secret, retry_after};

use super::backoff::{TRIES, pause};
use super::config::ScalekitConfig;
use super::failure::CallFailure;

/// A token is not used in its last minute, so that it does not expire on the way.
const EXPIRY_MARGIN: Duration = Duration::from_secs(60);
/// Taken when the answer does not say how long the token lives; short, because it is a guess.
const ASSUMED_LIFE: Duration = Duration::from_secs(300);
/// Longest believed life; a longer one would outlive any isolate anyway.
const LONGEST_LIFE: Duration = Duration::from_secs(86_400);
/// A fetch older than this is taken over: longer than a healthy answer takes, far shorter than a
/// caller may wait.
const FLIGHT_DEADLINE: Duration = Duration::from_secs(5);
/// Nobody waits longer than this for fetches of others, however many follow one another.
const LONGEST_WAIT: Duration = Duration::from_secs(30);
/// First pause between two looks at a fetch under way; doubles up to [`LONGEST_POLL`].
const FIRST_POLL: Duration = Duration::from_millis(5);
const LONGEST_POLL: Duration = Duration::from_millis(100);
const TIMEOUT: Duration = Duration::from_secs(20);
/// A token answer is a few hundred bytes to a few kilobytes.
const MAX_ANSWER_BYTES: usize = 64 * 1024;

/// A token as handed to one call. `serial` tells it from its successors without comparing secrets.
#[derive(Clone, Debug)]
pub(super) struct Token {
    pub value: Rc<Secret>,
    serial: u64,
    usable_until: Timestamp,
}

#[derive(Debug)]
struct Flight {
    serial: u64,
    since: Timestamp,
}

#[derive(Debug, Default)]
struct Cell {
    token: Option<Token>,
    flight: Option<Flight>,
    /// The last fetch that failed, for those who waited on it.
    failed: Option<(u64, CallFailure)>,
    serial: u64,
}

/// The isolate's one token. Cloning shares it.
#[derive(Clone, Debug, Default)]
pub struct TokenCache(Rc<RefCell<Cell>>);

enum Look {
    Ready(Token),
    /// The caller fetches, under this serial.
    Claimed(u64),
    /// Somebody else fetches, under this serial.
    Busy(u64),
    /// The fetch the caller waited on has failed.
    Failed(CallFailure),
}

impl TokenCache {
    /// An empty cell.
    pub fn new() -> Self {
        Self::default()
    }

    /// Forgets this very token; a newer one stays, so a hundred 401s cause one new fetch.
    pub(super) fn invalidate(&self, token: &Token) {
        let mut cell = self.0.borrow_mut();
        if cell
            .token
            .as_ref()
            .is_some_and(|current| current.serial == token.serial)
        {
            cell.token = None;
        }
    }

    fn look(&self, now: Timestamp, waited_on: Option<u64>) -> Look {
        let mut cell = self.0.borrow_mut();
        if let Some(token) = cell.token.as_ref().filter(|token| now < token.usable_until) {
            return Look::Ready(token.clone());
        }
        if let Some(flight) = &cell.flight
            && now.since(flight.since) < FLIGHT_DEADLINE
        {
            return Look::Busy(flight.serial);
        }
        if let Some((serial, failure)) = &cell.failed
            && waited_on == Some(*serial)
        {
            return Look::Failed(failure.clone());
        }
        cell.serial += 1;
        let serial = cell.serial;
        cell.flight = Some(Flight { serial, since: now });
        Look::Claimed(serial)
    }

    /// Ends the fetch `serial`. A token that a slower, older fetch brings does not replace a newer.
    fn land(&self, serial: u64, result: &Result<Token, CallFailure>) {
        let mut cell = self.0.borrow_mut();
        if cell
            .flight
            .as_ref()
            .is_some_and(|flight| flight.serial == serial)
        {
            cell.flight = None;
        }
        match result {
            Ok(token) => {
                if cell
                    .token
                    .as_ref()
                    .is_none_or(|current| current.serial < serial)
                {
                    cell.token = Some(token.clone());
                }
            }
            Err(failure) => cell.failed = Some((serial, failure.clone())),
        }
    }
}

/// Gives the claim back if the caller is dropped before its fetch ends.
struct Claim<'a> {
    cache: &'a TokenCache,
    serial: u64,
}

impl Drop for Claim<'_> {
    fn drop(&mut self) {
        let mut cell = self.cache.0.borrow_mut();
        if cell
            .flight
            .as_ref()
            .is_some_and(|flight| flight.serial == self.serial)
        {
            cell.flight = None;
        }
    }
}

/// What obtaining a token needs.
pub(super) struct TokenSource {
    pub config: Rc<ScalekitConfig>,
    pub fetch: Rc<dyn Fetch>,
    pub clock: Rc<dyn Clock>,
    pub random: Rc<dyn Random>,
    pub cache: TokenCache,
}

impl TokenSource {
    /// A usable token, from the cell or freshly fetched.
    ///
    /// # Errors
    /// `Configuration` when our credentials are refused, `RateLimited` on 429, `Unavailable` when
    /// there was no answer after three tries. In no case has anything been sent to a connected app.
    pub(super) async fn token(&self) -> Result<Token, CallFailure> {
        let arrived = self.clock.now();
        let mut waited_on = None;
        let mut poll = FIRST_POLL;
        loop {
            match self.cache.look(self.clock.now(), waited_on) {
                Look::Ready(token) => return Ok(token),
                Look::Failed(failure) => return Err(failure),
                Look::Claimed(serial) => {
                    let _claim = Claim {
                        cache: &self.cache,
                        serial,
                    };
                    let result = self.fetch_with_retries(serial).await;
                    self.cache.land(serial, &result);
                    return result;
                }
                Look::Busy(_) if self.clock.now().since(arrived) >= LONGEST_WAIT => {
                    return Err(CallFailure::Unavailable);
                }
                Look::Busy(serial) => {
                    waited_on = Some(serial);
                    self.clock.sleep(poll).await;
                    poll = (poll * 2).min(LONGEST_POLL);
                }
            }
        }
    }

    async fn fetch_with_retries(&self, serial: u64) -> Result<Token, CallFailure> {
        let mut tried = 1;
        loop {
            match self.fetch_once(serial).await {
                Err(CallFailure::Unavailable) if tried < TRIES => {
                    self.clock.sleep(pause(tried, self.random.as_ref())).await;
                    tried += 1;
                }
                result => return result,
            }
        }
    }

    async fn fetch_once(&self, serial: u64) -> Result<Token, CallFailure> {
        let form = form_urlencoded::Serializer::new(String::new())
            .append_pair("grant_type", "client_credentials")
            .append_pair("client_id", &self.config.client_id)
            .append_pair("client_secret", self.config.client_secret.expose())
            .finish();
        let request = HttpRequest {
            method: Method::Post,
            url: self.config.url("/oauth/token"),
            headers: vec![
                (
                    "content-type".to_owned(),
                    "application/x-www-form-urlencoded".to_owned(),
                ),
                ("accept".to_owned(), "application/json".to_owned()),
            ],
            body: form.into_bytes(),
            timeout: TIMEOUT,
            max_response_bytes: MAX_ANSWER_BYTES,
        };
        let asked_at = self.clock.now();
        let response = self
            .fetch
            .send(request)
            .await
            .map_err(|_| CallFailure::Unavailable)?;
        match response.status {
            200..=299 => read(&response, asked_at, serial).ok_or(CallFailure::Configuration),
            429 => Err(CallFailure::RateLimited {
                retry_after_seconds: retry_after(&response, self.clock.now()),
            }),
            408 | 500..=599 => Err(CallFailure::Unavailable),
            _ => Err(CallFailure::Configuration),
        }
    }
}

/// The token in an answer; its life counts from before the question, never from after.
fn read(response: &HttpResponse, asked_at: Timestamp, serial: u64) -> Option<Token> {
    let body: Value = serde_json::from_slice(&response.body).ok()?;
    let value = body.get("access_token")?.as_str()?;
    // It goes into a header, so it must be a plain token (RFC 6750, section 2.1).
    if value.is_empty() || !value.bytes().all(|b| b.is_ascii_graphic()) {
        return None;
    }
    let life = body.get("expires_in").and_then(Value::as_u64);
    let life = life
        .map_or(ASSUMED_LIFE, Duration::from_secs)
        .min(LONGEST_LIFE);
    // A token that lives less than two margins is used for half its life.
    let usable = life.saturating_sub(EXPIRY_MARGIN).max(life / 2);
    Some(Token {
        value: Rc::new(Secret::new(value)),
        serial,
        usable_until: asked_at.plus(usable),
    })
}

#[cfg(test)]
#[path = "token_tests.rs"]
mod tests;

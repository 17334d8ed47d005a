//! A scripted Scalekit for tests beside the code: canned answers, recorded requests, a clock that leaps.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::rc::Rc;

use async_trait::async_trait;
use serde_json::{Value, json};

use onbehalf_clock::Timestamp;
use onbehalf_clock::testkit::{Always, LeapingClock};
use onbehalf_fetch::{Fetch, FetchError, HttpRequest, HttpResponse};

use super::{Connectors, Scalekit, ScalekitConfig, Secret, TokenCache};

/// What the script answers next.
pub type Answer = Result<HttpResponse, FetchError>;

/// Answers the token endpoint by itself and everything else from the script.
#[derive(Default)]
pub struct Script {
    answers: RefCell<VecDeque<Answer>>,
    token_answers: RefCell<VecDeque<Answer>>,
    /// What was sent, tokens not counted.
    pub requests: RefCell<Vec<HttpRequest>>,
    /// How often a token was asked for.
    pub tokens_given: Cell<u32>,
    /// How often a request lets other tasks run before it is answered.
    pub yields: Cell<u32>,
}

impl Script {
    /// Answers the next request that nothing was said of yet with this.
    pub fn then(&self, answer: Answer) -> &Self {
        self.answers.borrow_mut().push_back(answer);
        self
    }

    /// The same for the token endpoint.
    pub fn then_token(&self, answer: Answer) -> &Self {
        self.token_answers.borrow_mut().push_back(answer);
        self
    }

    /// The JSON body of request number `index` (tokens not counted).
    pub fn sent(&self, index: usize) -> Value {
        let requests = self.requests.borrow();
        let request = requests.get(index).expect("a request");
        serde_json::from_slice(&request.body).expect("a JSON body")
    }

    /// How many requests were sent (tokens not counted).
    pub fn count(&self) -> usize {
        self.requests.borrow().len()
    }
}

#[async_trait(?Send)]
impl Fetch for Script {
    async fn send(&self, request: HttpRequest) -> Result<HttpResponse, FetchError> {
        let is_token = request.url.ends_with("/oauth/token");
        if !is_token {
            self.requests.borrow_mut().push(request);
        }
        for _ in 0..self.yields.get() {
            tokio::task::yield_now().await;
        }
        if is_token {
            let number = self.tokens_given.get() + 1;
            self.tokens_given.set(number);
            let scripted = self.token_answers.borrow_mut().pop_front();
            return scripted.unwrap_or_else(|| {
                ok(&json!({"access_token": format!("t{number}"), "expires_in": 3600}))
            });
        }
        let answer = self.answers.borrow_mut().pop_front();
        answer.expect("the script ran out of answers")
    }
}

/// A 200 with this JSON.
pub fn ok(body: &Value) -> Answer {
    status(200, body)
}

/// Any status with this JSON.
pub fn status(status: u16, body: &Value) -> Answer {
    Ok(HttpResponse {
        status,
        headers: vec![],
        body: body.to_string().into_bytes(),
    })
}

/// A successful execution with this data.
pub fn executed(data: &Value) -> Answer {
    ok(&json!({"data": data, "execution_id": "e1"}))
}

/// A client with everything a test wants to look at.
pub struct Kit {
    /// The client.
    pub scalekit: Scalekit,
    /// What answers it.
    pub script: Rc<Script>,
    /// Its time.
    pub clock: Rc<LeapingClock>,
    /// Its tokens.
    pub cache: TokenCache,
}

/// A client at 2026-11-23T08:00:00Z.
pub fn kit() -> Kit {
    kit_with(Connectors::default())
}

/// The same, in a workspace whose connections are called so.
pub fn kit_with(names: Connectors) -> Kit {
    let start = Timestamp::parse("2026-11-23T08:00:00Z").expect("a date");
    let clock = Rc::new(LeapingClock::at(start));
    let script = Rc::new(Script::default());
    let cache = TokenCache::new();
    let config = ScalekitConfig::new("https://acme.scalekit.test", "skc_1", Secret::new("shh"));
    let scalekit = Scalekit::new(
        config.expect("a configuration").with_connectors(names),
        script.clone(),
        clock.clone(),
        Rc::new(Always(0)),
        cache.clone(),
    );
    Kit {
        scalekit,
        script,
        clock,
        cache,
    }
}

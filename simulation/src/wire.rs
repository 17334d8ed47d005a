//! The way to the world and back: requests that travel, arrive late, get lost.
//!
//! Owns what is under way. A request that has left arrives even if whoever sent it is dead.

use std::cell::RefCell;
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::rc::Rc;
use std::task::{Poll, Waker};
use std::time::Duration;

use async_trait::async_trait;
use futures::future::{Either, select};
use onbehalf_clock::Clock;
use onbehalf_clock::Timestamp;
use onbehalf_engine::{EffectKey, JournalStore};
use onbehalf_fetch::{Fetch, FetchError, HttpRequest, HttpResponse, Method};
use onbehalf_sandbox::service::{Reply, Request};
use onbehalf_sandbox::world::faults::{Rule, RuleList};

use crate::allowance::note_call;
use crate::plan::{CallFault, Moment, What};
use crate::site::{Life, Shared, Site};

/// Where the simulated Scalekit is reached.
pub const BASE_URL: &str = "https://scalekit.test";

type Answer = Result<HttpResponse, FetchError>;

/// Where an answer is waited for.
#[derive(Default)]
struct Slot {
    answer: Option<Answer>,
    waker: Option<Waker>,
}

/// Something under way.
pub struct Flight {
    /// When it arrives.
    pub due: Timestamp,
    leg: Leg,
    slot: Rc<RefCell<Slot>>,
}

enum Leg {
    There {
        site: Rc<Site>,
        life: Rc<Life>,
        request: Box<Request>,
        faults: Vec<CallFault>,
        kills: bool,
    },
    Back(Answer),
}

/// The network as one process of a run sees it.
pub struct Wire {
    pub shared: Rc<Shared>,
    pub site: Rc<Site>,
    pub life: Rc<Life>,
}

#[async_trait(?Send)]
impl Fetch for Wire {
    async fn send(&self, request: HttpRequest) -> Answer {
        if self.life.dead.get() {
            std::future::pending::<()>().await;
        }
        let (run, shared) = (self.site.index, &self.shared);
        let moment = Moment::Call(Site::next(&self.site.calls));
        self.life.calls.set(self.life.calls.get() + 1);
        let due = |what: &What| shared.take(run, moment, |it| it == what).is_some();
        if due(&What::CrashBefore) {
            self.life.end().await;
        }
        self.check_write(&request.body);
        note_call(shared, &request.body);
        let mut faults = Vec::new();
        while let Some(What::Call(fault)) =
            shared.take(run, moment, |it| matches!(it, What::Call(_)))
        {
            shared.count(|tally| tally.faults += 1);
            faults.push(fault);
        }
        let slot = Rc::new(RefCell::new(Slot::default()));
        let timeout = request.timeout;
        shared.note(|| format!("run {run}: {moment:?} {}", described(&request)));
        let flight = Flight {
            due: shared.clock.now().plus(travel(shared, &faults, true)),
            leg: Leg::There {
                site: Rc::clone(&self.site),
                life: Rc::clone(&self.life),
                request: Box::new(as_request(request)),
                faults,
                kills: due(&What::CrashAfter),
            },
            slot: Rc::clone(&slot),
        };
        shared.flights.borrow_mut().push(flight);
        if due(&What::CrashDuring) {
            self.life.end().await;
        }
        within(shared.clock.as_ref(), timeout, answer(slot)).await
    }
}

impl Wire {
    /// A write may leave only with an intent on record, and never after an acknowledged cancel.
    fn check_write(&self, body: &[u8]) {
        let text = String::from_utf8_lossy(body);
        if !(text.contains("hubspot_task_create") || text.contains("commentCreate")) {
            return;
        }
        let run = &self.site.run_id;
        if self.site.cancel_acknowledged.get() {
            let found = format!("{run}: a write began after the cancel was acknowledged");
            self.shared.violation(found);
        }
        let open = self.site.store.open_intents().expect("memory");
        if !open.iter().any(|key| is_of(&text, key)) {
            let found = format!("{run}: a write began without an open intent");
            self.shared.violation(found);
        }
    }
}

/// Whether a write's text carries the mark of this effect.
pub fn is_of(text: &str, key: &EffectKey) -> bool {
    text.contains(&key.marker()) || text.contains(&key.uuid())
}

fn described(request: &HttpRequest) -> String {
    let body = String::from_utf8_lossy(&request.body);
    let tool = body.split("\"tool_name\":\"").nth(1).unwrap_or_default();
    let tool = tool.split('"').next().unwrap_or_default();
    let mutation = if body.contains("commentCreate") {
        " mutation"
    } else {
        ""
    };
    format!("{request:?} {tool}{mutation}")
}

fn as_request(request: HttpRequest) -> Request {
    let method = match request.method {
        Method::Get => "GET",
        Method::Post => "POST",
    };
    Request::new(method, &request.url, request.headers, request.body)
}

/// How long one leg takes.
fn travel(shared: &Shared, faults: &[CallFault], there: bool) -> Duration {
    let usual = shared.between(0, shared.plan.latency_ms);
    let slow = faults.iter().find_map(|fault| match fault {
        CallFault::Slow(ms) if there => Some(*ms),
        CallFault::SlowAnswer(ms) if !there => Some(*ms),
        _ => None,
    });
    Duration::from_millis(u64::try_from(slow.unwrap_or(usual)).unwrap_or(0))
}

async fn answer(slot: Rc<RefCell<Slot>>) -> Answer {
    poll_fn(|cx| {
        let mut slot = slot.borrow_mut();
        match slot.answer.take() {
            Some(answer) => Poll::Ready(answer),
            None => {
                slot.waker = Some(cx.waker().clone());
                Poll::Pending
            }
        }
    })
    .await
}

async fn within(
    clock: &dyn Clock,
    timeout: Duration,
    work: impl Future<Output = Answer>,
) -> Answer {
    let deadline = clock.sleep(timeout);
    match select(pin!(work), deadline).await {
        Either::Left((answer, _)) => answer,
        Either::Right(((), _)) => Err(FetchError::Timeout),
    }
}

/// Something has arrived.
pub fn arrive(shared: &Rc<Shared>, flight: Flight) {
    let Flight { due, leg, slot } = flight;
    match leg {
        Leg::Back(answer) => {
            let mut slot = slot.borrow_mut();
            slot.answer = Some(answer);
            if let Some(waker) = slot.waker.take() {
                waker.wake();
            }
        }
        Leg::There {
            site,
            life,
            request,
            faults,
            kills,
        } => {
            let reply = handle(shared, &site, &request, &faults, due);
            if kills {
                life.dead.set(true);
            }
            let answer = if reply.broken {
                Err(FetchError::Connection)
            } else {
                Ok(HttpResponse {
                    status: reply.status,
                    headers: reply.headers,
                    body: reply.body,
                })
            };
            let due = due.plus(travel(shared, &faults, false));
            let leg = Leg::Back(answer);
            shared.flights.borrow_mut().push(Flight { due, leg, slot });
        }
    }
}

fn handle(
    shared: &Shared,
    site: &Site,
    request: &Request,
    faults: &[CallFault],
    now: Timestamp,
) -> Reply {
    let mut service = shared.service.borrow_mut();
    let mut rule = Rule {
        search_lag_ms: Some(shared.plan.search_lag_ms),
        ..Rule::default()
    };
    for fault in faults {
        match fault {
            CallFault::Lost => rule.lose_answer = true,
            CallFault::Broken => rule.break_before = true,
            CallFault::ServiceDown => (rule.status, rule.service) = (Some(503), true),
            CallFault::ProviderDown => rule.status = Some(500),
            CallFault::Limited(seconds) => {
                (rule.status, rule.retry_after) = (Some(429), Some(*seconds));
            }
            CallFault::TokensVoid => service.expire_tokens(),
            CallFault::Revoked => {
                rule.revoke = true;
                let mut revoked = shared.revoked.borrow_mut();
                revoked.insert(site.identifier.clone());
            }
            CallFault::Slow(_) | CallFault::SlowAnswer(_) => {}
        }
    }
    service.world.faults.set(RuleList { rules: vec![rule] });
    let before = service.world.ledger.len();
    let reply = service.handle(request, now.millis(), BASE_URL);
    let landed = service.world.ledger.len() - before;
    shared.count(|tally| tally.writes += landed as u64);
    if landed > 0 {
        shared.note(|| format!("run {}: a write landed", site.index));
    }
    reply
}

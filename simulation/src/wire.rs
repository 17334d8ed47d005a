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
use onbehalf_clock::{Clock, Timestamp};
use onbehalf_fetch::{Fetch, FetchError, HttpRequest, HttpResponse, Method};
use onbehalf_sandbox::models::Models;
use onbehalf_sandbox::service::{Reply, Request};
use onbehalf_sandbox::world::faults::{Rule as Misbehaviour, RuleList};
use serde_json::Value;

use crate::allowance::note_call;
use crate::conversation;
use crate::plan::{CallFault, LONGEST_FLIGHT_MS, Moment, OutageOf, Said, What};
use crate::shared::{Answered, Shared, app_of};
use crate::site::{Life, Site};
use crate::tally::{Kind, Rule};

/// Where the simulated Scalekit is reached.
pub const BASE_URL: &str = "https://scalekit.test";
/// Longer than any client waits.
const NOTHING_MS: i64 = 90_000;

type Answer = Result<HttpResponse, FetchError>;

/// Where an answer is waited for.
pub struct Slot<T> {
    answer: Option<T>,
    waker: Option<Waker>,
}

impl<T> Slot<T> {
    /// An empty one.
    pub fn new() -> Rc<RefCell<Self>> {
        Rc::new(RefCell::new(Self {
            answer: None,
            waker: None,
        }))
    }

    /// Puts the answer there.
    pub fn fill(&mut self, answer: T) {
        self.answer = Some(answer);
        if let Some(waker) = self.waker.take() {
            waker.wake();
        }
    }
}

/// Waits for what comes.
pub async fn awaited<T>(slot: Rc<RefCell<Slot<T>>>) -> T {
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

/// Waits for so long; `None` when it took longer.
pub async fn within<T>(
    clock: &dyn Clock,
    timeout: Duration,
    work: impl Future<Output = T>,
) -> Option<T> {
    let deadline = clock.sleep(timeout);
    match select(pin!(work), deadline).await {
        Either::Left((done, _)) => Some(done),
        Either::Right(((), _)) => None,
    }
}

/// A request or an answer under way.
pub struct Flight {
    /// When it arrives.
    pub due: Timestamp,
    leg: Leg,
    slot: Rc<RefCell<Slot<Answer>>>,
}

enum Leg {
    There {
        site: Rc<Site>,
        life: Rc<Life>,
        sent: Timestamp,
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
        self.life.outward().await;
        let shared = &self.shared;
        let run = Some(self.site.index);
        let moment = Moment::Call(Site::next(&self.site.calls));
        self.life.calls.set(self.life.calls.get() + 1);
        let due = |what: &What, kind: Kind| {
            let taken = shared.take(run, moment, |it| it == what).is_some();
            if taken {
                shared.met(kind);
            }
            taken
        };
        if due(&What::CrashBefore, Kind::DiesBeforeCall) {
            self.life.end().await;
        }
        self.check_write(&request.body);
        conversation::check_request(shared, &self.site, &request);
        note_call(shared, &request.body);
        let mut faults = Vec::new();
        while let Some(What::Call(fault)) =
            shared.take(run, moment, |it| matches!(it, What::Call(_)))
        {
            faults.push(fault);
        }
        let slot = Slot::new();
        let timeout = request.timeout;
        shared.note(|| {
            let run = self.site.index;
            format!("run {run}: {moment:?} {}", described(&request))
        });
        let sent = shared.now();
        let flight = Flight {
            due: sent.plus(travel(shared, &faults, true)),
            leg: Leg::There {
                site: Rc::clone(&self.site),
                life: Rc::clone(&self.life),
                sent,
                request: Box::new(as_request(request)),
                faults,
                kills: due(&What::CrashAfter, Kind::DiesAfterCall),
            },
            slot: Rc::clone(&slot),
        };
        shared.flights.borrow_mut().push(flight);
        if due(&What::CrashDuring, Kind::DiesDuringCall) {
            self.life.end().await;
        }
        let answer = within(shared.clock.as_ref(), timeout, awaited(slot)).await;
        answer.unwrap_or(Err(FetchError::Timeout))
    }
}

/// Whether a request's body asks for a task or a comment.
pub fn is_write(text: &str) -> bool {
    text.contains("hubspot_task_create") || text.contains("commentCreate")
}

impl Wire {
    /// A write may leave only with an intent on record, and never after an acknowledged cancel.
    fn check_write(&self, body: &[u8]) {
        let text = String::from_utf8_lossy(body);
        if !is_write(&text) {
            return;
        }
        let run = &self.site.run_id;
        let cancelled = self.site.cancel_acknowledged.get();
        self.shared.asks(Rule::CancelIsFinal, !cancelled, || {
            format!("{run}: a write began")
        });
        let open = self.site.open_effect_of(&text);
        self.shared.asks(Rule::IntentFirst, open.is_some(), || {
            format!("{run}: {text}")
        });
    }
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
        CallFault::Lands(_, Said::Nothing) if !there => Some(NOTHING_MS),
        _ => None,
    });
    Duration::from_millis(u64::try_from(slow.unwrap_or(usual)).unwrap_or(0))
}

/// Something has arrived.
pub fn arrive(shared: &Rc<Shared>, flight: Flight) {
    let Flight { due, leg, slot } = flight;
    match leg {
        Leg::Back(answer) => slot.borrow_mut().fill(answer),
        Leg::There {
            site,
            life,
            sent,
            request,
            faults,
            kills,
        } => {
            let room = LONGEST_FLIGHT_MS - (due.millis() - sent.millis());
            let reply = handle(shared, &site, &request, &faults, room);
            if kills {
                life.dead.set(true);
            }
            let text = String::from_utf8_lossy(&request.body);
            if is_write(&text) {
                let answered = Answered {
                    text: text.into_owned(),
                    status: (!reply.broken).then_some(reply.status),
                };
                shared.answered.borrow_mut().push((site.index, answered));
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
    room_ms: i64,
) -> Reply {
    let now = shared.now();
    if Models::owns(&request.path) {
        return conversation::answer(shared, site, request);
    }
    let call: Value = serde_json::from_slice(&request.body).unwrap_or_default();
    let tool = call["tool_name"].as_str().unwrap_or_default();
    let mut rule = Misbehaviour {
        search_lag_ms: Some(shared.plan.search_lag_ms),
        ..Misbehaviour::default()
    };
    for fault in faults {
        disturb(shared, site, tool, fault, room_ms, &mut rule);
    }
    if let Some(outage) = shared.plan.outage
        && shared.outage(app_of(tool).unwrap_or_default())
    {
        rule.land_after_ms = None;
        shared.met(match outage.of {
            OutageOf::All => {
                rule.break_before = true;
                Kind::Outage
            }
            OutageOf::HubSpot => {
                rule.status = Some(429);
                Kind::DailyLimit
            }
        });
    }
    let mut service = shared.service.borrow_mut();
    if faults.contains(&CallFault::TokensVoid) {
        service.expire_tokens();
    }
    service.world.faults.set(RuleList { rules: vec![rule] });
    let before = service.world.ledger.len();
    let reply = service.handle(request, now.millis(), BASE_URL);
    let landed = service.world.ledger.len() - before;
    shared.tally.borrow_mut().writes += landed as u64;
    if landed > 0 {
        shared.note(|| format!("run {}: a write landed", site.index));
    }
    if reply.status >= 400 || reply.broken {
        shared.note(|| {
            let body = String::from_utf8_lossy(&reply.body);
            format!("run {}: answered {} {body}", site.index, reply.status)
        });
    }
    reply
}

fn disturb(
    shared: &Shared,
    site: &Site,
    tool: &str,
    fault: &CallFault,
    room_ms: i64,
    rule: &mut Misbehaviour,
) {
    let kind = match *fault {
        CallFault::Lost => {
            rule.lose_answer = true;
            Kind::AnswerLost
        }
        CallFault::Broken => {
            rule.break_before = true;
            Kind::NeverArrived
        }
        CallFault::ServiceDown => {
            (rule.status, rule.service) = (Some(503), true);
            Kind::ServiceDown
        }
        CallFault::ProviderDown => {
            rule.status = Some(500);
            Kind::ProviderDown
        }
        CallFault::Limited(seconds) => {
            (rule.status, rule.retry_after) = (Some(429), Some(seconds));
            // Whoever asks for fewer requests has not taken this one.
            rule.land_after_ms = None;
            Kind::Limited
        }
        CallFault::TokensVoid => Kind::TokensVoid,
        CallFault::Revoked => {
            rule.revoke = true;
            let user = site.person().map(|it| shared.plan.people[it].user);
            if let (Some(user), Some(app)) = (user, app_of(tool)) {
                shared.connection(user, app, false);
            }
            Kind::ConnectionDies
        }
        CallFault::Slow(_) => Kind::SlowThere,
        CallFault::SlowAnswer(_) => Kind::SlowBack,
        CallFault::Lands(after_ms, said) => {
            rule.land_after_ms = Some(after_ms.min(room_ms));
            match said {
                Said::Reset => rule.break_before = true,
                Said::Nothing => rule.lose_answer = true,
                Said::Gateway(status) => (rule.status, rule.service) = (Some(status), true),
                Said::Error => rule.status = Some(500),
            }
            if tool.is_empty() {
                return;
            }
            match said {
                Said::Reset => Kind::LandsAfterReset,
                Said::Nothing => Kind::LandsAfterLostAnswer,
                Said::Gateway(_) => Kind::LandsAfterGatewayError,
                Said::Error => Kind::LandsAfterServerError,
            }
        }
    };
    shared.met(kind);
}

//! A scripted platform and identity layer for tests of whole requests.

use std::cell::{Cell, OnceCell, RefCell};
use std::collections::{BTreeMap, HashMap};
use std::rc::Rc;
use std::time::Duration;

use async_trait::async_trait;
use url::Url;

use super::{Api, ApiRequest, ApiResponse, ApiSettings, Files, Seal, StoredFile};
use crate::browser::login::LOGIN_CALLBACK;
use crate::limits::{Budget, RateLimiter, Uncounted};
use crate::openapi::{Descriptions, Offered};
use crate::sign_in::*;
use onbehalf_clock::{Clock as _, Random, Timestamp};
use onbehalf_connector::testkit::{Kit, kit};
use onbehalf_connector::webhook::WebhookSecrets;
use onbehalf_engine::Entry;
use onbehalf_identity::{
    BridgeError, MemoryUnavailable, NamespaceClaim, OneTime, PendingLogin, Powers, Principal,
    RequestContext, SignInMemory,
};
use onbehalf_runs::approvals::{ApprovalPage, EndedCount};
use onbehalf_runs::schedule::Enrolled;
use onbehalf_runs::thread::{Said, Say, ThreadOf, TurnHead, TurnView, Which};
use onbehalf_runs::tool_call::ToolPolicy;
use onbehalf_runs::*;
use onbehalf_tools::Registry;

pub(super) const WEBHOOK_SECRET: &str = "whsec_MDEyMzQ1Njc4OWFiY2RlZg==";
pub(super) const SESSION_SECRET: &str = "7d1f0c94be2a6358e07b41d9a35c82f6";

type AskedApprovals = (Tenant, Asker, u32, Option<u64>);

/// Every run, schedule and attempt there is, by owner; what comes next may be scripted.
#[derive(Default)]
pub(super) struct Platform {
    pub(super) runs: RefCell<BTreeMap<(String, String), RunView>>,
    pub(super) events: RefCell<Vec<Entry>>,
    pub(super) started: RefCell<Vec<StartRun>>,
    pub(super) start: RefCell<Option<Start>>,
    pub(super) queries: RefCell<Vec<RunQuery>>,
    /// Whose latest runs were asked for, and of which workflows.
    pub(super) latest_of: RefCell<Vec<(OwnerKey, Vec<WorkflowId>)>>,
    /// Of which organization ended runs were counted, and since when.
    pub(super) counted: RefCell<Vec<(Tenant, Timestamp)>>,
    /// What is listed.
    pub(super) listed: RefCell<Vec<RunSummary>>,
    /// For whom what waits was listed, how much of it, and behind which position.
    pub(super) asked: RefCell<Vec<AskedApprovals>>,
    pub(super) next: Cell<Option<u64>>,
    pub(super) command: RefCell<Option<CommandOutcome>>,
    pub(super) resumed: RefCell<Vec<ResumeRequest>>,
    pub(super) cancelled: RefCell<Vec<RunId>>,
    pub(super) attempts: RefCell<HashMap<(String, String), (ConnectAttempt, bool)>>,
    pub(super) made: RefCell<Vec<(String, String, String)>>,
    pub(super) scheduled: RefCell<Option<RequestContext>>,
    /// Whose schedules were asked for at once, and of which workflows.
    pub(super) schedules_of: RefCell<Vec<(OwnerKey, Vec<WorkflowId>)>>,
    pub(super) approval: Cell<ApprovalMode>,
    pub(super) broken: Cell<bool>,
    /// What was said, to whom.
    pub(super) said: RefCell<Vec<(ThreadOf, Say)>>,
    pub(super) turns: RefCell<Option<Vec<TurnView>>>,
    pub(super) turn: RefCell<Option<TurnHead>>,
}

impl Platform {
    /// Alice has this run.
    pub(super) fn has(&self, run_id: &str, run: RunView) {
        let key = ("owner-of-alice".to_owned(), run_id.to_owned());
        self.runs.borrow_mut().insert(key, run);
    }

    fn check(&self) -> Result<(), BackendError> {
        if self.broken.get() {
            return Err(BackendError::Unavailable);
        }
        Ok(())
    }

    async fn commanded(
        &self,
        owner: &OwnerKey,
        run_id: &RunId,
    ) -> Result<CommandOutcome, BackendError> {
        let asker = Asker {
            owner: owner.clone(),
            approves: None,
        };
        if self.run(&asker, run_id).await?.is_none() {
            return Ok(CommandOutcome::NotFound);
        }
        let scripted = self.command.borrow_mut().take();
        Ok(scripted.unwrap_or(CommandOutcome::Accepted))
    }

    fn schedule_now(&self) -> Schedule {
        Schedule {
            enabled: self.scheduled.borrow().is_some(),
            cron: "0 8 * * *".into(),
            enabled_at: None,
            approval: self.approval.get(),
            last_run_id: None,
            next_at: None,
            ended_because: None,
            ticks: Vec::new(),
        }
    }
}

#[async_trait(?Send)]
impl Backend for Platform {
    async fn start_run(&self, start: StartRun) -> Result<Start, BackendError> {
        self.check()?;
        self.started.borrow_mut().push(start);
        let scripted = self.start.borrow_mut().take();
        Ok(scripted.unwrap_or(Start::Started {
            run_id: RunId::stored("run_1"),
            fresh: true,
        }))
    }

    async fn list_runs(&self, _: &OwnerKey, query: RunQuery) -> Result<RunPage, BackendError> {
        self.check()?;
        self.queries.borrow_mut().push(query);
        Ok(RunPage {
            runs: self.listed.borrow().clone(),
            next: self.next.get(),
            late: None,
        })
    }

    async fn latest_runs(
        &self,
        owner: &OwnerKey,
        of: Vec<WorkflowId>,
    ) -> Result<Vec<RunSummary>, BackendError> {
        self.check()?;
        self.latest_of.borrow_mut().push((owner.clone(), of));
        Ok(self.listed.borrow().clone())
    }

    async fn run(&self, asker: &Asker, run_id: &RunId) -> Result<Option<RunView>, BackendError> {
        self.check()?;
        let key = (asker.owner.to_string(), run_id.to_string());
        Ok(self.runs.borrow().get(&key).cloned())
    }

    async fn run_result(
        &self,
        asker: &Asker,
        run_id: &RunId,
    ) -> Result<Option<serde_json::Value>, BackendError> {
        let run = self.run(asker, run_id).await?;
        Ok(run.and_then(|run| run.result))
    }

    async fn ended(
        &self,
        tenant: &Tenant,
        _: &OwnerKey,
        since: Timestamp,
    ) -> Result<Vec<EndedCount>, BackendError> {
        self.check()?;
        self.counted.borrow_mut().push((tenant.clone(), since));
        Ok(Vec::new())
    }

    async fn run_events(
        &self,
        asker: &Asker,
        run_id: &RunId,
        after: u64,
    ) -> Result<Option<Vec<Entry>>, BackendError> {
        let run = self.run(asker, run_id).await?;
        let events = self.events.borrow();
        let later = events.iter().filter(|entry| entry.seq > after).cloned();
        Ok(run.map(|_| later.collect()))
    }

    async fn resume_run(
        &self,
        asker: &Asker,
        run_id: &RunId,
        resume: ResumeRequest,
    ) -> Result<CommandOutcome, BackendError> {
        self.resumed.borrow_mut().push(resume);
        self.commanded(&asker.owner, run_id).await
    }

    async fn cancel_run(
        &self,
        owner: &OwnerKey,
        run_id: &RunId,
    ) -> Result<CommandOutcome, BackendError> {
        self.cancelled.borrow_mut().push(run_id.clone());
        self.commanded(owner, run_id).await
    }

    async fn approvals(
        &self,
        tenant: &Tenant,
        asker: &Asker,
        limit: u32,
        after: Option<u64>,
    ) -> Result<ApprovalPage, BackendError> {
        self.check()?;
        let asked = (tenant.clone(), asker.clone(), limit, after);
        self.asked.borrow_mut().push(asked);
        Ok(ApprovalPage {
            approvals: Vec::new(),
            next: self.next.get(),
            late: None,
        })
    }

    async fn schedule(&self, _: &OwnerKey, _: &WorkflowId) -> Result<Schedule, BackendError> {
        self.check()?;
        Ok(self.schedule_now())
    }

    async fn schedules(
        &self,
        owner: &OwnerKey,
        of: Vec<WorkflowId>,
    ) -> Result<Vec<Schedule>, BackendError> {
        self.check()?;
        let schedules = of.iter().map(|_| self.schedule_now()).collect();
        self.schedules_of.borrow_mut().push((owner.clone(), of));
        Ok(schedules)
    }

    async fn set_schedule(
        &self,
        _: &OwnerKey,
        _: &WorkflowId,
        on: Option<SwitchOn>,
    ) -> Result<Schedule, BackendError> {
        self.check()?;
        let approval = on.as_ref().map(|it| it.approval).unwrap_or_default();
        self.approval.set(approval);
        *self.scheduled.borrow_mut() = on.map(|it| it.context);
        Ok(self.schedule_now())
    }

    async fn enrolled(&self, tenant: &Tenant) -> Result<Vec<Enrolled>, BackendError> {
        self.check()?;
        let enrolled = self.scheduled.borrow();
        let theirs = enrolled.iter().filter(|it| Tenant::of(it) == *tenant);
        let listed = theirs.map(|context| Enrolled {
            owner: OwnerKey::new("p_scheduled"),
            user_id: context.user_id.clone(),
            workflow: WorkflowId::new("onboarding-health"),
            since: onbehalf_clock::Timestamp::from_millis(0),
        });
        Ok(listed.collect())
    }

    async fn withdraw_schedule(
        &self,
        tenant: &Tenant,
        owner: &OwnerKey,
        _: &WorkflowId,
    ) -> Result<bool, BackendError> {
        let theirs = self.enrolled(tenant).await?;
        if !theirs.iter().any(|it| it.owner == *owner) {
            return Ok(false);
        }
        Ok(self.scheduled.borrow_mut().take().is_some())
    }

    async fn say(&self, thread: &ThreadOf, say: Say) -> Result<Said, BackendError> {
        self.check()?;
        let mut said = self.said.borrow_mut();
        said.push((thread.clone(), say));
        Ok(Said::Taken {
            number: u32::try_from(said.len()).unwrap_or(u32::MAX),
            run_id: None,
        })
    }

    async fn thread(&self, _: &ThreadOf) -> Result<Option<Vec<TurnView>>, BackendError> {
        self.check()?;
        Ok(self.turns.borrow().clone())
    }

    async fn turn(&self, _: &ThreadOf, _: Which) -> Result<Option<TurnHead>, BackendError> {
        self.check()?;
        Ok(self.turn.borrow().clone())
    }

    async fn delete_thread(&self, _: &ThreadOf) -> Result<bool, BackendError> {
        self.check()?;
        Ok(self.turns.borrow_mut().take().is_some())
    }

    async fn begin_connect(
        &self,
        owner: &OwnerKey,
        attempt: ConnectAttempt,
    ) -> Result<(), BackendError> {
        self.check()?;
        let key = (owner.to_string(), attempt.state_hash.to_string());
        self.attempts.borrow_mut().insert(key, (attempt, false));
        Ok(())
    }

    async fn take_connect(
        &self,
        owner: &OwnerKey,
        hash: &StateHash,
    ) -> Result<TakenAttempt, BackendError> {
        self.check()?;
        let key = (owner.to_string(), hash.to_string());
        Ok(match self.attempts.borrow_mut().get_mut(&key) {
            None => TakenAttempt::Unknown,
            Some((_, true)) => TakenAttempt::AlreadyUsed,
            Some((attempt, used)) => {
                *used = true;
                TakenAttempt::Taken(attempt.clone())
            }
        })
    }

    async fn connection_made(
        &self,
        account: &AccountKey,
        connector: &ConnectorName,
        event: &EventId,
    ) -> Result<(), BackendError> {
        self.check()?;
        let made = (
            account.to_string(),
            connector.to_string(),
            event.to_string(),
        );
        self.made.borrow_mut().push(made);
        Ok(())
    }
}

/// What was built: files by path.
#[derive(Default)]
pub(super) struct Built(pub(super) RefCell<BTreeMap<String, StoredFile>>);

#[async_trait(?Send)]
impl Files for Built {
    async fn file(&self, path: &str) -> Result<Option<StoredFile>, BackendError> {
        Ok(self.0.borrow().get(path).cloned())
    }
}

/// Takes `Bearer alice` for alice; signs in whoever the code names.
pub(super) struct People {
    pub(super) providers: RefCell<Vec<LoginProvider>>,
    pub(super) refuse: Cell<Option<LoginFailure>>,
    pub(super) begun: Cell<u32>,
    pub(super) redeemed: Cell<u32>,
    pub(super) keys_gone: Cell<bool>,
}

pub(super) fn provider(id: &str) -> LoginProvider {
    LoginProvider {
        issuer: format!("https://{id}.test"),
        title: id.to_uppercase(),
        callback: match id {
            "okta" => LOGIN_CALLBACK.to_owned(),
            other => format!("{LOGIN_CALLBACK}/{other}"),
        },
    }
}

pub(super) fn caller(name: &str) -> Caller {
    Caller {
        powers: Powers {
            keeps_accounts: name.starts_with("operator"),
            ..Powers::default()
        },
        shares_accounts: name.starts_with("member"),
        owner: OwnerKey::new(format!("owner-of-{name}")),
        context: serde_json::from_value(serde_json::json!({
            "user_id": name,
            "org_id": name.split_once('-').map(|(_, org)| org),
            "scalekit_identifier": format!("user_{name}"),
            "issuer": "https://idp.test",
        }))
        .expect("a context"),
    }
}

pub(super) fn principal(name: &str) -> Principal {
    Principal::verified("https://okta.test".into(), name.to_owned(), None)
}

#[async_trait(?Send)]
impl SignIn for People {
    fn waits(&self) -> Vec<String> {
        let gone = self.keys_gone.get();
        gone.then(|| "The key set of https://idp.test cannot be had".to_owned())
            .into_iter()
            .collect()
    }

    fn issuers(&self) -> Vec<String> {
        vec!["https://idp.test".to_owned()]
    }

    async fn authenticate(&self, authorization: Option<&str>) -> Result<Caller, AuthRefusal> {
        if self.keys_gone.get() {
            return Err(AuthRefusal::Unavailable);
        }
        match authorization.and_then(|value| value.strip_prefix("Bearer ")) {
            Some(name) => Ok(caller(name)),
            None => Err(AuthRefusal::Unauthenticated {
                message: "a bearer token is required".into(),
                challenge: "Bearer realm=\"onbehalf\"".into(),
            }),
        }
    }

    async fn recognise(&self, who: &Principal) -> Result<Caller, AuthRefusal> {
        let mut caller = self.caller(who).map_err(AuthRefusal::Unbridged)?;
        caller.context.claims = who.claims().clone();
        Ok(caller)
    }

    fn caller(&self, who: &Principal) -> Result<Caller, BridgeError> {
        match (who.issuer(), who.user_id()) {
            ("https://okta.test", "long") => Err(BridgeError::TooLong),
            ("https://okta.test", "nobody") => Err(BridgeError::NoOrganization),
            ("https://okta.test", name) => Ok(caller(name)),
            _ => Err(BridgeError::UnknownIssuer),
        }
    }

    fn providers(&self) -> Vec<LoginProvider> {
        self.providers.borrow().clone()
    }

    async fn begin(&self, issuer: &str, to: &str) -> Result<(Url, PendingLogin), LoginFailure> {
        let number = self.begun.get() + 1;
        self.begun.set(number);
        let mut url = Url::parse(issuer).expect("url");
        let state = format!("state{number}");
        url.query_pairs_mut()
            .append_pair("state", &state)
            .append_pair("redirect_uri", to);
        let pending = PendingLogin {
            issuer: issuer.to_owned(),
            state,
            nonce: "nonce".into(),
            code_verifier: "verifier".into(),
            names_issuer: issuer == "https://workos.test",
        };
        Ok((url, pending))
    }

    async fn finish(
        &self,
        pending: &PendingLogin,
        code: &str,
        to: &str,
    ) -> Result<Principal, LoginFailure> {
        let providers = self.providers.borrow();
        let asked = providers.iter().find(|it| it.issuer == pending.issuer);
        let expected = asked.map(|it| format!("https://onbehalf.test{}", it.callback));
        assert_eq!(Some(to.to_owned()), expected);
        self.redeemed.set(self.redeemed.get() + 1);
        match self.refuse.get() {
            Some(failure) => Err(failure),
            None => Ok(principal(code)),
        }
    }
}

/// What was used up, for as long as the test lasts.
#[derive(Default)]
pub(super) struct Memory {
    spent: RefCell<Vec<OneTime>>,
    pub(super) gone: Cell<bool>,
}

#[async_trait(?Send)]
impl SignInMemory for Memory {
    async fn spend(&self, value: &OneTime, _: Timestamp) -> Result<bool, MemoryUnavailable> {
        let spent = self.is_spent(value).await?;
        self.spent.borrow_mut().push(value.clone());
        Ok(!spent)
    }

    async fn is_spent(&self, value: &OneTime) -> Result<bool, MemoryUnavailable> {
        if self.gone.get() {
            return Err(MemoryUnavailable);
        }
        Ok(self.spent.borrow().contains(value))
    }

    async fn claim_namespace(&self, claim: &NamespaceClaim) -> Result<String, MemoryUnavailable> {
        Ok(claim.issuer.clone())
    }

    fn report_taken(&self, _: &NamespaceClaim, _: &str) {}
}

/// Counts up: every value is new, and the same in every test run.
#[derive(Default)]
struct Counting(Cell<u8>);

impl Random for Counting {
    fn fill(&self, buffer: &mut [u8]) {
        self.0.set(self.0.get().wrapping_add(1));
        buffer.fill(self.0.get());
    }
}

/// Counts uses; allows as many of each budget and key as the test says, while it can be reached.
pub(super) struct Counter {
    pub(super) away: Cell<bool>,
    pub(super) limit: Cell<usize>,
    pub(super) uses: RefCell<Vec<(Budget, String)>>,
}

#[async_trait(?Send)]
impl RateLimiter for Counter {
    async fn count(&self, budget: Budget, key: &str) -> Result<bool, Uncounted> {
        if self.away.get() {
            return Err(Uncounted);
        }
        let this = (budget, key.to_owned());
        let mut uses = self.uses.borrow_mut();
        uses.push(this.clone());
        Ok(uses.iter().filter(|used| **used == this).count() <= self.limit.get())
    }
}

pub(super) struct Bench {
    pub(super) api: Api,
    pub(super) platform: Rc<Platform>,
    pub(super) people: Rc<People>,
    pub(super) memory: Rc<Memory>,
    pub(super) counter: Rc<Counter>,
    pub(super) files: Rc<Built>,
    pub(super) scalekit: Kit,
}

pub(super) fn bench() -> Bench {
    bench_at("https://onbehalf.test/")
}

pub(super) fn bench_at(public_url: &str) -> Bench {
    let platform = Rc::new(Platform::default());
    let people = Rc::new(People {
        providers: RefCell::new(vec![provider("okta")]),
        refuse: Cell::new(None),
        begun: Cell::new(0),
        redeemed: Cell::new(0),
        keys_gone: Cell::new(false),
    });
    let memory = Rc::new(Memory::default());
    let counter = Rc::new(Counter {
        away: Cell::new(false),
        limit: Cell::new(usize::MAX),
        uses: RefCell::default(),
    });
    let files = Rc::new(Built::default());
    let scalekit = kit();
    let registry = Registry::standard().expect("tools");
    let workflows = workflows();
    let offered = Offered {
        tools: &registry,
        workflows: &workflows,
    };
    let api = Api {
        descriptions: Descriptions::of(&offered).expect("descriptions"),
        backend: platform.clone(),
        limiter: counter.clone(),
        sign_in: people.clone(),
        memory: memory.clone(),
        files: files.clone(),
        scalekit: Rc::new(kit_client(&scalekit)),
        registry: Rc::new(registry),
        workflows,
        settings: ApiSettings {
            public_url: Url::parse(public_url).expect("url"),
            seal: Seal::new(SESSION_SECRET).expect("seal"),
            webhook_secrets: WebhookSecrets::parse(WEBHOOK_SECRET).ok(),
            tool_policy: ToolPolicy::default(),
            tool_repeats_within: Duration::from_secs(600),
            tuned: BTreeMap::new(),
            notes: Vec::new(),
        },
        streams: super::Streams::default(),
        published: OnceCell::new(),
        clock: scalekit.clock.clone(),
        random: Rc::new(Counting::default()),
    };
    Bench {
        api,
        platform,
        people,
        memory,
        counter,
        files,
        scalekit,
    }
}

/// A second client on the kit's script and clock, to be owned by the routes.
fn kit_client(kit: &Kit) -> onbehalf_connector::Scalekit {
    use onbehalf_clock::testkit::Always;
    use onbehalf_connector::{Scalekit, ScalekitConfig, Secret};
    let config = ScalekitConfig::new("https://acme.scalekit.test", "skc_1", Secret::new("shh"));
    Scalekit::new(
        config.expect("a configuration"),
        kit.script.clone(),
        kit.clock.clone(),
        Rc::new(Always(0)),
        kit.cache.clone(),
    )
}

/// A request of alice's; `target` is a path with query.
pub(super) fn api_request(method: &str, target: &str, body: &str) -> ApiRequest {
    let mut request = browser_request(method, target, &[]);
    request
        .headers
        .push(("authorization".into(), "Bearer alice".into()));
    if !body.is_empty() {
        let json = ("content-type".into(), "application/json".into());
        request.headers.push(json);
        request.body = body.as_bytes().to_vec();
    }
    request
}

/// A browser's request with these cookies.
pub(super) fn browser_request(method: &str, target: &str, cookies: &[String]) -> ApiRequest {
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    ApiRequest {
        method: method.to_owned(),
        path: path.to_owned(),
        query: query.to_owned(),
        headers: vec![("cookie".to_owned(), cookies.join("; "))],
        ..ApiRequest::default()
    }
}

impl Api {
    /// A whole answer, or the head and the first piece of a stream.
    pub(super) async fn handle(&self, request: ApiRequest) -> ApiResponse {
        self.answer(request).await.response
    }
}

impl Bench {
    pub(super) async fn ask(&self, method: &str, target: &str, body: &str) -> ApiResponse {
        self.api.handle(api_request(method, target, body)).await
    }

    pub(super) async fn visit(&self, target: &str, cookies: &[String]) -> ApiResponse {
        self.api
            .handle(browser_request("GET", target, cookies))
            .await
    }

    /// A form of our own pages, sent by its button.
    pub(super) async fn submit(&self, target: &str, cookies: &[String]) -> ApiResponse {
        let mut request = browser_request("POST", target, cookies);
        let own = ("sec-fetch-site".to_owned(), "same-origin".to_owned());
        request.headers.push(own);
        self.api.handle(request).await
    }

    /// The session cookie of somebody who signed in now.
    pub(super) fn session(&self, name: &str) -> String {
        self.session_with(name, "n")
    }

    /// Another session of somebody's, by what makes it one of its own.
    pub(super) fn session_with(&self, name: &str, nonce: &str) -> String {
        self.cookie(&principal(name), nonce)
    }

    /// The session of somebody in these groups.
    pub(super) fn session_of(&self, groups: &[String]) -> String {
        let claims = [("groups".to_owned(), groups.to_vec())].into();
        self.cookie(&principal("alice").with_claims(claims), "n")
    }

    fn cookie(&self, who: &Principal, nonce: &str) -> String {
        let seal = &self.api.settings.seal;
        let now = self.scalekit.clock.now();
        let value = crate::browser::session::write_session(seal, who, now, nonce.into());
        format!("__Host-onbehalf_session={value}")
    }
}

pub(super) fn json_of(response: &ApiResponse) -> serde_json::Value {
    serde_json::from_slice(&response.body).expect("a JSON body")
}

/// `name=value` of the cookie a response sets.
pub(super) fn cookie_of(response: &ApiResponse, name: &str) -> Option<String> {
    let all = response.headers.iter();
    all.filter(|(header, _)| header == "set-cookie")
        .filter_map(|(_, value)| value.split(';').next())
        .find(|pair| pair.split('=').next() == Some(name))
        .map(str::to_owned)
}

/// A parameter of the address a response redirects to.
pub(super) fn location_parameter(response: &ApiResponse, name: &str) -> Option<String> {
    let base = Url::parse("https://onbehalf.test/").expect("url");
    let url = base.join(response.header("location")?).ok()?;
    let mut pairs = url.query_pairs();
    pairs
        .find(|(key, _)| key == name)
        .map(|(_, value)| value.into_owned())
}

/// A run as the platform shows it, waiting for hubspot.
pub(super) fn waiting_run(run_id: &str) -> RunView {
    serde_json::from_value(serde_json::json!({
        "runId": run_id,
        "workflow": "onboarding-health",
        "version": 1,
        "status": "suspended",
        "startedAt": "2026-11-23T08:00:00.000Z",
        "updatedAt": "2026-11-23T08:00:01.000Z",
        "input": {},
        "steps": [],
        "state": {},
        "suspension": {
            "number": 1,
            "since": "2026-11-23T08:00:01.000Z",
            "reason": "connection_required",
            "missing": [{ "connector": "hubspot", "reason": "not_connected" }],
        },
    }))
    .expect("a run")
}

/// The workflows that ship.
pub fn workflows() -> onbehalf_runs::hosted::WorkflowList {
    onbehalf_agents::workflows().list()
}

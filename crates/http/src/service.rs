//! The one entry for requests: finds the route, knows the caller, calls the handler.
//!
//! Owns what all routes share. Each handler lives in the file named for its part of the API.

use std::cell::OnceCell;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::time::Duration;

use url::Url;

use crate::api::tools::QUERY;
use crate::api::watch::Streams;
use crate::browser::cookie::{self, Cookie};
use crate::browser::session::Session;
use crate::browser::{navigation, pages};
use crate::console::Files;
use crate::limits::{self, Budget, RateLimiter};
use crate::named::Named;
use crate::openapi;
use crate::operation::{ApiOperation, BrowserOperation, OpenOperation, Operation, Who};
use crate::pieces::Watch;
use crate::routes::{Matched, find};
use crate::seal::Seal;
use crate::sign_in::{Caller, SignIn};
use crate::wire::message::{ApiRequest, ApiResponse};
use crate::wire::problem::{Problem, ProblemType};
use crate::wire::query::Query;
use crate::wire::request_headers::{trace_id, wants_page};
use onbehalf_clock::{Clock, Random};
use onbehalf_connector::Scalekit;
use onbehalf_connector::webhook::WebhookSecrets;
use onbehalf_identity::SignInMemory;
use onbehalf_runs::Backend;
use onbehalf_runs::hosted::WorkflowList;
use onbehalf_runs::tool_call::ToolPolicy;
use onbehalf_tools::Registry;

/// What a handler gives: an answer, or the problem that is answered instead.
pub(super) type Handled = Result<ApiResponse, Problem>;

/// What a request is answered with.
#[derive(Debug, PartialEq)]
pub struct Answer {
    /// The head, and the body as far as there is one yet.
    pub response: ApiResponse,
    /// What more pieces come from, each with [`Api::next_piece`].
    pub watch: Option<Watch>,
}

impl From<ApiResponse> for Answer {
    fn from(response: ApiResponse) -> Self {
        let watch = None;
        Self { response, watch }
    }
}

/// Settings of the routes.
pub struct ApiSettings {
    /// The address people and providers reach this service under: an origin, without a path.
    pub public_url: Url,
    /// Keys for cookies and cursors, from the session secret.
    pub seal: Seal,
    /// Keys of Scalekit's webhooks; without them, none is accepted.
    pub webhook_secrets: Option<WebhookSecrets>,
    /// Who may make which call of a tool.
    pub tool_policy: ToolPolicy,
    /// How long after a direct write has ended the same one is taken for a repetition of it.
    pub tool_repeats_within: Duration,
    /// Each workflow's own settings, as text, by variable.
    pub tuned: BTreeMap<&'static str, String>,
    /// What an operator should know of the settings; without a value of theirs.
    pub notes: Vec<String>,
}

impl ApiSettings {
    /// The absolute URL of a path of this service.
    pub(super) fn url(&self, path: &str) -> String {
        let origin = self.public_url.as_str().trim_end_matches('/');
        format!("{origin}{path}")
    }

    /// Whether cookies are `Secure`.
    pub(super) fn secure(&self) -> bool {
        cookie::is_secure(&self.public_url)
    }
}

/// A year, in seconds, as RFC 6797 section 14.2 and preload lists advise.
const HSTS: &str = "max-age=31536000";

/// The routes and everything they lean on.
pub struct Api {
    /// The platform.
    pub backend: Rc<dyn Backend>,
    /// The platform's counters.
    pub limiter: Rc<dyn RateLimiter>,
    /// The identity layer.
    pub sign_in: Rc<dyn SignIn>,
    /// Which sign-ins were used up, and which sessions ended.
    pub memory: Rc<dyn SignInMemory>,
    /// The connector layer.
    pub scalekit: Rc<Scalekit>,
    /// The console, as it was built.
    pub files: Rc<dyn Files>,
    /// The tools.
    pub registry: Rc<Registry>,
    /// The workflows.
    pub workflows: WorkflowList,
    /// The settings.
    pub settings: ApiSettings,
    /// The event streams that are served.
    pub streams: Streams,
    /// What the service says of itself, written when it was built.
    pub descriptions: openapi::Descriptions,
    /// The OpenAPI document of this deployment, made when it is first asked for.
    pub published: OnceCell<openapi::Published>,
    /// The time.
    pub clock: Rc<dyn Clock>,
    /// Randomness for one-time values.
    pub random: Rc<dyn Random>,
}

impl Api {
    /// Answers a request, whatever it holds.
    pub async fn answer(&self, request: ApiRequest) -> Answer {
        let mut answer = match find(&request.method, &request.path) {
            Matched::Operation(operation, named) => self
                .dispatch(operation, named, &request)
                .await
                .unwrap_or_else(|problem| ApiResponse::from(problem).into()),
            Matched::OtherMethods(methods) => {
                ApiResponse::from(method_not_allowed(&methods)).into()
            }
            Matched::Nothing if wants_page(&request) => pages::not_found().into(),
            Matched::Nothing => ApiResponse::from(nothing_here()).into(),
        };
        if request.method == "HEAD" {
            answer.response.body.clear();
        }
        answer.response = self.over_https(answer.response);
        answer
    }

    /// Has browsers keep to `https` where the service is reached that way. Hosts below this one are
    /// not its to decide about, so they are not included.
    fn over_https(&self, response: ApiResponse) -> ApiResponse {
        if self.settings.secure() {
            response.with("strict-transport-security", HSTS)
        } else {
            response
        }
    }

    async fn dispatch(
        &self,
        operation: Operation,
        named: Named<'_>,
        request: &ApiRequest,
    ) -> Result<Answer, Problem> {
        if let Some(budget) = operation.address_budget() {
            let address = limits::address_key(request);
            if !limits::allows(&*self.limiter, budget, &address).await {
                return limits::refused_address(budget).map(Answer::from);
            }
        }
        match operation {
            Operation::Open(operation) => {
                let handled = self.for_anybody(operation, request).await;
                handled.map(Answer::from)
            }
            // Nothing is done ahead of a click: these pages use up what is meant for one visit.
            Operation::Browser(_) if navigation::is_ahead(request) => {
                Ok(pages::asked_ahead().into())
            }
            Operation::Browser(operation) => {
                let handled = self.for_browser(operation, named, request).await;
                handled.map(Answer::from)
            }
            Operation::Api(ApiOperation::Mcp) => {
                self.refuse_foreign_origin(request)?;
                let answer = self.for_program(ApiOperation::Mcp, named, request).await;
                answer.map_err(|problem| self.with_challenge(problem))
            }
            Operation::Api(operation) => self.for_program(operation, named, request).await,
        }
    }

    async fn for_program(
        &self,
        operation: ApiOperation,
        named: Named<'_>,
        request: &ApiRequest,
    ) -> Result<Answer, Problem> {
        let caller = self.caller(operation, request).await?;
        if !self.within_limit(&caller, operation.budget()).await {
            return Err(limits::refusal());
        }
        match operation.who() {
            who if who.admits(&caller) => {}
            Who::Operators => return Err(operators_only()),
            Who::Anybody | Who::AccountKeepers => return Err(keepers_only()),
        }
        check_query(operation, request)?;
        self.for_caller(caller, operation, named, request).await
    }

    async fn for_anybody(&self, operation: OpenOperation, request: &ApiRequest) -> Handled {
        match operation {
            OpenOperation::Home => Ok(self.home(request)),
            OpenOperation::Health => {
                let waiting_for = self.waiting_for();
                Ok(crate::site::health(&[], &self.settings.notes, waiting_for))
            }
            OpenOperation::OpenApi => self.openapi(request),
            OpenOperation::Console => self.console(request).await,
            OpenOperation::ReceiveWebhook => self.receive_webhook(request).await,
            OpenOperation::ProtectedEndpoint => Ok(self.protected_resource(crate::mcp::PATH)),
            OpenOperation::ProtectedService => Ok(self.protected_resource("")),
        }
    }

    async fn for_browser(
        &self,
        operation: BrowserOperation,
        named: Named<'_>,
        request: &ApiRequest,
    ) -> Handled {
        match operation {
            BrowserOperation::ShowConnect => Ok(match named.app(self) {
                Some(app) => self.show_connect(request, app).await,
                None => pages::unknown_connector(),
            }),
            BrowserOperation::StartConnect => Ok(match named.app(self) {
                Some(app) => self.start_connect(request, app).await,
                None => pages::unknown_connector(),
            }),
            BrowserOperation::FinishConnect => Ok(self.finish_connect(request).await),
            BrowserOperation::StartLogin => Ok(self.start_login(request).await),
            BrowserOperation::FinishLogin | BrowserOperation::FinishLoginAt => {
                Ok(self.finish_login(request).await)
            }
            BrowserOperation::Logout => self.logout(request).await,
            BrowserOperation::ShowSession => self.show_session(request).await,
            BrowserOperation::ShowApproval => Ok(match named.run_id() {
                Some(run_id) => self.show_approval(request, run_id).await,
                None => pages::not_found(),
            }),
            BrowserOperation::DecideApproval => Ok(match named.run_id() {
                Some(run_id) => self.decide_approval(request, run_id).await,
                None => pages::not_found(),
            }),
        }
    }

    async fn for_caller(
        &self,
        caller: Caller,
        operation: ApiOperation,
        named: Named<'_>,
        request: &ApiRequest,
    ) -> Result<Answer, Problem> {
        let handled = match operation {
            ApiOperation::ListWorkflows => Ok(self.list_workflows()),
            ApiOperation::TriggerRun => {
                let workflow = named.workflow(self)?;
                self.trigger_run(caller, workflow, request).await
            }
            ApiOperation::ListRuns => {
                let workflow = named.workflow(self)?;
                self.list_runs(&caller, workflow, request).await
            }
            ApiOperation::LatestRuns => self.latest_runs(&caller).await,
            ApiOperation::CountEnded => self.count_ended(&caller, request).await,
            ApiOperation::ShowHistory => {
                let measuring = named.measuring(self)?;
                self.history(&caller, measuring, request).await
            }
            ApiOperation::GetRun => self.get_run(&caller, named.run(self)?).await,
            ApiOperation::CancelRun => self.cancel_run(&caller, named.run(self)?).await,
            ApiOperation::ResumeRun => self.resume_run(&caller, named.run(self)?, request).await,
            ApiOperation::RunEvents => {
                return self.run_events(&caller, named.run(self)?, request).await;
            }
            ApiOperation::ListApprovals => self.list_approvals(&caller, request).await,
            ApiOperation::ShowSchedules => self.show_schedules(&caller).await,
            ApiOperation::GetSchedule => self.get_schedule(&caller, named.daily(self)?).await,
            ApiOperation::EnableSchedule => {
                let workflow = named.daily(self)?;
                self.enable_schedule(caller, workflow, request).await
            }
            ApiOperation::DisableSchedule => {
                self.disable_schedule(&caller, named.daily(self)?).await
            }
            ApiOperation::ListSchedules => self.list_schedules(&caller, named.daily(self)?).await,
            ApiOperation::WithdrawSchedule => {
                let (workflow, owner) = (named.daily(self)?, named.owner()?);
                self.withdraw_schedule(&caller, workflow, &owner).await
            }
            ApiOperation::CreateConnectLink => self.create_connect_link(request),
            ApiOperation::ListConnections => self.list_connections(&caller).await,
            ApiOperation::ShowAccount => self.show_account(&caller, named.connector(self)?).await,
            ApiOperation::Disconnect => self.disconnect(&caller, named.connector(self)?).await,
            ApiOperation::ListTools => self.list_tools(&caller).await,
            ApiOperation::ExecuteTool => self.execute_tool(caller, named.tool()?, request).await,
            ApiOperation::GetToolCall => {
                let call_id = named.tool_call()?;
                self.get_tool_call(&caller, call_id).await
            }
            ApiOperation::ListAgents => Ok(self.list_agents()),
            ApiOperation::SendMessage => {
                let thread = named.thread(self)?;
                return self.send_message(caller, thread, request).await;
            }
            ApiOperation::StreamThread => {
                let thread = named.thread(self)?;
                return self.stream_thread(&caller, thread, request).await;
            }
            ApiOperation::GetThread => self.get_thread(&caller, named.thread(self)?).await,
            ApiOperation::DeleteThread => self.delete_thread(&caller, named.thread(self)?).await,
            ApiOperation::Mcp => return self.mcp(caller, request).await,
        };
        handled.map(Answer::from)
    }

    /// Who asks: by bearer token; and without one by the session of a browser, where a page of ours
    /// asks. Whoever shows a token is judged by it, whatever cookie comes along.
    async fn caller(
        &self,
        operation: ApiOperation,
        request: &ApiRequest,
    ) -> Result<Caller, Problem> {
        let authorization = request.header("authorization");
        let by_page = match authorization {
            None if operation.takes_session() => self.page_caller(request).await?,
            _ => None,
        };
        let mut caller = match by_page {
            Some(caller) => caller,
            None => self.caller_by_token(authorization).await?,
        };
        caller.context.trace_id = trace_id(request);
        Ok(caller)
    }

    /// Who asks by bearer token, and why it is nobody.
    pub(super) async fn caller_by_token(&self, header: Option<&str>) -> Result<Caller, Problem> {
        Ok(self.sign_in.authenticate(header).await?)
    }

    /// Counts a use against its caller, and says whether the caller may have it. The key is the
    /// digest that names the caller's objects: no counter learns an identity.
    pub(super) async fn within_limit(&self, caller: &Caller, budget: Budget) -> bool {
        limits::allows(&*self.limiter, budget, caller.owner.as_str()).await
    }

    /// Counts a page against who is signed in.
    pub(super) async fn within_person(&self, caller: &Caller, operation: BrowserOperation) -> bool {
        match operation.budgets().person {
            Some(budget) => self.within_limit(caller, budget).await,
            None => true,
        }
    }

    /// Who is signed in in this browser: by a cookie of ours whose session has not ended.
    pub(super) async fn browser_caller(&self, request: &ApiRequest) -> Option<Caller> {
        let session = self.session(request)?;
        let caller = self.sign_in.caller(&session.who).ok()?;
        // What cannot be looked up counts as ended: signing in again says what is wrong.
        let ended = self.memory.is_spent(&session.id).await.unwrap_or(true);
        (!ended).then_some(caller)
    }

    /// The session of this browser's cookie, ended or not.
    pub(super) fn session(&self, request: &ApiRequest) -> Option<Session> {
        let cookie = Cookie::Session.of(request, self.settings.secure())?;
        Session::read(&self.settings.seal, cookie, self.clock.now())
    }
}

/// Refuses parameters an operation of the API does not have: whoever sends `?user=bob` has to
/// learn that it means nothing.
///
/// # Errors
/// 400.
pub(super) fn check_query(operation: ApiOperation, request: &ApiRequest) -> Result<(), Problem> {
    match operation {
        // Reads its own.
        ApiOperation::ListRuns
        | ApiOperation::ShowHistory
        | ApiOperation::CountEnded
        | ApiOperation::TriggerRun
        | ApiOperation::ListApprovals => Ok(()),
        ApiOperation::ExecuteTool => Query::strict(request, &QUERY).map(|_| ()),
        _ => Query::strict(request, &[]).map(|_| ()),
    }
}

/// What a member is answered who asks for what is kept by others in their organization.
pub(super) fn keepers_only() -> Problem {
    let detail = "Accounts are your organization's here; only people with the role of an account \
                  keeper change them or write with them directly.";
    Problem::new(ProblemType::RoleRequired, detail)
}

fn operators_only() -> Problem {
    let detail = "Only people with the role of an account keeper see how the runs of others in \
                  their organization end, and see and end their daily runs.";
    Problem::new(ProblemType::RoleRequired, detail)
}

/// A path nothing is served at.
pub(super) fn nothing_here() -> Problem {
    Problem::new(ProblemType::NotFound, "Nothing is served at this path.")
}

fn method_not_allowed(methods: &[&str]) -> Problem {
    let allow = methods.join(", ");
    let detail = format!("This path answers {allow}.");
    Problem::new(ProblemType::MethodNotAllowed, detail).header("allow", allow)
}

/// Answers for a service that cannot be built from its settings: `/health` says what is missing,
/// everything else that it is not configured. `problems` name settings, and never show a value.
pub fn handle_unconfigured(request: &ApiRequest, problems: &[String]) -> ApiResponse {
    let mut response = match find(&request.method, &request.path) {
        Matched::Operation(Operation::Open(OpenOperation::Health), _) => {
            crate::site::health(problems, &[], Vec::new())
        }
        _ => {
            let detail = "The service is not configured; GET /health names what is missing.";
            Problem::new(ProblemType::NotConfigured, detail).into()
        }
    };
    if request.method == "HEAD" {
        response.body.clear();
    }
    response
}

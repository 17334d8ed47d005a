//! What each operation takes and answers. The matches name every operation: one without a
//! description does not compile.

mod agents;
mod approvals;
mod connections;
mod mcp;
mod open;
mod pages;
mod runs;
mod schedule;
mod tools;

use serde_json::{Value, json};

use super::describe::Offered;
use super::parts::Described;
use super::schemas::Schemas;
use crate::api::runs::{DEFAULT_LIMIT, MAX_LIMIT};
use crate::operation::{ApiOperation, BrowserOperation, OpenOperation, Operation};
use crate::wire::problem::{ProblemBody, ProblemType};

const JSON: &str = "application/json";

/// Describes an operation.
pub fn describe(operation: Operation, schemas: &mut Schemas, offered: &Offered<'_>) -> Described {
    // Every problem refers to it.
    schemas.of::<ProblemBody>();
    match operation {
        Operation::Open(operation) => for_anybody(operation, schemas),
        Operation::Browser(operation) => for_browser(operation, schemas),
        Operation::Api(operation) => for_caller(operation, schemas, offered),
    }
}

fn for_anybody(operation: OpenOperation, schemas: &mut Schemas) -> Described {
    match operation {
        OpenOperation::Home => open::home(),
        OpenOperation::Health => open::health(schemas),
        OpenOperation::OpenApi => open::this_document(),
        OpenOperation::Console => open::console(),
        OpenOperation::ReceiveWebhook => open::webhook(),
        OpenOperation::ProtectedEndpoint => open::protected_endpoint(),
        OpenOperation::ProtectedService => open::protected_service(),
    }
}

fn for_browser(operation: BrowserOperation, schemas: &mut Schemas) -> Described {
    match operation {
        BrowserOperation::ShowConnect => pages::show_connect(),
        BrowserOperation::StartConnect => pages::start_connect(),
        BrowserOperation::FinishConnect => pages::finish_connect(),
        BrowserOperation::StartLogin => pages::start_login(),
        BrowserOperation::FinishLogin => pages::finish_login(),
        BrowserOperation::FinishLoginAt => pages::finish_login_at(),
        BrowserOperation::Logout => pages::logout(),
        BrowserOperation::ShowSession => pages::session(schemas),
        BrowserOperation::ShowApproval => pages::show_approval(),
        BrowserOperation::DecideApproval => pages::decide_approval(),
    }
}

fn for_caller(operation: ApiOperation, schemas: &mut Schemas, offered: &Offered<'_>) -> Described {
    match operation {
        ApiOperation::ListWorkflows => runs::workflows(schemas),
        ApiOperation::TriggerRun => runs::trigger(schemas, offered.workflows),
        ApiOperation::ListRuns => runs::list(schemas),
        ApiOperation::LatestRuns => runs::latest(schemas),
        ApiOperation::ShowHistory => runs::history(schemas),
        ApiOperation::CountEnded => runs::ended(schemas),
        ApiOperation::GetRun => runs::show(schemas),
        ApiOperation::CancelRun => runs::cancel(schemas),
        ApiOperation::ResumeRun => runs::resume(schemas),
        ApiOperation::RunEvents => runs::events(schemas),
        ApiOperation::ListApprovals => approvals::list(schemas),
        ApiOperation::ShowSchedules => schedule::each(schemas),
        ApiOperation::GetSchedule => schedule::show(schemas),
        ApiOperation::EnableSchedule => schedule::enable(schemas),
        ApiOperation::DisableSchedule => schedule::disable(schemas),
        ApiOperation::ListSchedules => schedule::list(schemas),
        ApiOperation::WithdrawSchedule => schedule::withdraw(),
        ApiOperation::CreateConnectLink => connections::link(schemas),
        ApiOperation::ListConnections => connections::list(schemas),
        ApiOperation::ShowAccount => connections::account(schemas),
        ApiOperation::Disconnect => connections::disconnect(),
        ApiOperation::ListTools => tools::list(schemas),
        ApiOperation::ExecuteTool => tools::execute(schemas, offered.tools),
        ApiOperation::GetToolCall => tools::call(schemas, offered.tools),
        ApiOperation::ListAgents => agents::list(schemas),
        ApiOperation::SendMessage => agents::send(schemas),
        ApiOperation::StreamThread => agents::stream(),
        ApiOperation::GetThread => agents::show(schemas),
        ApiOperation::DeleteThread => agents::delete(),
        ApiOperation::Mcp => mcp::message(),
    }
}

fn text() -> Value {
    json!({ "type": "string" })
}

fn idempotency_key() -> Value {
    json!({ "type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]+$" })
}

fn run_name() -> Value {
    json!({ "type": "string", "pattern": "^run_[0-9a-z]{1,64}$" })
}

/// A list that is answered page by page.
fn paged(described: Described) -> Described {
    described
        .parameter(
            "query",
            "limit",
            "At most this many.",
            json!({
                "type": "integer", "minimum": 1, "maximum": MAX_LIMIT, "default": DEFAULT_LIMIT,
            }),
        )
        .parameter(
            "query",
            "cursor",
            "`nextCursor` of the page before; opaque.",
            json!({ "type": "string", "minLength": 1 }),
        )
        .problem(ProblemType::InvalidCursor)
}

/// What the platform behind the routes may answer.
fn backed(described: Described) -> Described {
    described
        .problem(ProblemType::Unavailable)
        .problem(ProblemType::Internal)
}

//! Every operation there is, sorted by what a request must bring, and what each takes from whom.
//!
//! Owns the rules that hold before a handler begins. A new operation compiles only when it has an
//! access rule and a budget here, a handler in [`crate::service`] and a description in [`crate::openapi`]: each of
//! these is a match that names every operation. Which of the three kinds it is decides who may ask,
//! and a handler of the API cannot be reached without a verified caller.

use crate::limits::Budget;
use crate::sign_in::Caller;

/// An operation, by what a request must bring.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Operation {
    /// Nothing, or a signature of its own.
    Open(OpenOperation),
    /// A browser; what needs a session asks for one.
    Browser(BrowserOperation),
    /// A bearer token, or a page of ours with a session.
    Api(ApiOperation),
}

/// What anybody may ask for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum OpenOperation {
    /// The start page.
    Home,
    /// Whether the service is up and configured.
    Health,
    /// The OpenAPI document.
    OpenApi,
    /// The console, with whatever stands below it.
    Console,
    /// Takes Scalekit's events.
    ReceiveWebhook,
    /// Says who makes tokens for the endpoint of the Model Context Protocol.
    ProtectedEndpoint,
    /// The same for the whole service.
    ProtectedService,
}

/// What a person asks for with a browser.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum BrowserOperation {
    /// Asks the person to confirm that an app is to be connected.
    ShowConnect,
    /// Sends the browser to a consent page.
    StartConnect,
    /// Takes the browser back from a consent page.
    FinishConnect,
    /// Sends the browser to the identity provider.
    StartLogin,
    /// Takes the browser back from the identity provider.
    FinishLogin,
    /// The same, from the provider whose namespace the path names.
    FinishLoginAt,
    /// Ends the browser session.
    Logout,
    /// Tells a page of ours who is signed in.
    ShowSession,
    /// Shows what a run is about to write.
    ShowApproval,
    /// Takes the decision about it.
    DecideApproval,
}

/// What a program asks for as a user.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ApiOperation {
    /// Lists workflows.
    ListWorkflows,
    /// Starts a run.
    TriggerRun,
    /// Lists runs.
    ListRuns,
    /// Lists the latest run of each workflow.
    LatestRuns,
    /// Shows how what a workflow looks at has fared.
    ShowHistory,
    /// Counts how the runs of the caller's organization have ended.
    CountEnded,
    /// Shows a run.
    GetRun,
    /// Cancels a run.
    CancelRun,
    /// Resumes a run.
    ResumeRun,
    /// Streams what happens to a run.
    RunEvents,
    /// Lists what waits for the caller's decision.
    ListApprovals,
    /// Shows the schedule of each workflow.
    ShowSchedules,
    /// Shows the schedule.
    GetSchedule,
    /// Switches the daily run on.
    EnableSchedule,
    /// Switches the daily run off.
    DisableSchedule,
    /// Lists the daily runs that are on in the caller's organization.
    ListSchedules,
    /// Switches the daily run of somebody of the organization off.
    WithdrawSchedule,
    /// Hands out a connect link.
    CreateConnectLink,
    /// Lists connections.
    ListConnections,
    /// Says which account of an app is connected.
    ShowAccount,
    /// Takes a connection back.
    Disconnect,
    /// Lists tools.
    ListTools,
    /// Runs a tool.
    ExecuteTool,
    /// Shows what became of a direct write.
    GetToolCall,
    /// Lists agents.
    ListAgents,
    /// Says something to an agent.
    SendMessage,
    /// Streams what comes of it.
    StreamThread,
    /// Shows what was said to an agent.
    GetThread,
    /// Deletes what was said to an agent.
    DeleteThread,
    /// Takes a message of the Model Context Protocol.
    Mcp,
}

/// Who of the verified callers may ask.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Who {
    /// All of them: what they reach is their own.
    Anybody,
    /// Those who may change which accounts are connected. Where accounts are each user's own, that
    /// is everybody.
    AccountKeepers,
    /// Those who keep the accounts of an organization they act in, wherever accounts belong.
    Operators,
}

impl Who {
    /// Whether this caller is one of them.
    pub fn admits(self, caller: &Caller) -> bool {
        match self {
            Self::Anybody => true,
            Self::AccountKeepers => caller.keeps_accounts(),
            Self::Operators => caller.powers.keeps_accounts && caller.context.org_id.is_some(),
        }
    }
}

/// What a browser's request takes, before anything is done for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PageBudgets {
    /// From the address it comes from.
    pub address: Budget,
    /// From the person who is signed in.
    pub person: Option<Budget>,
}

impl OpenOperation {
    /// What a request takes from the address it comes from. What is answered from memory, or from
    /// files, takes nothing.
    pub const fn budget(self) -> Option<Budget> {
        match self {
            Self::Home
            | Self::Health
            | Self::OpenApi
            | Self::Console
            | Self::ProtectedEndpoint
            | Self::ProtectedService => None,
            Self::ReceiveWebhook => Some(Budget::Webhooks),
        }
    }
}

impl BrowserOperation {
    /// Who may ask, of those who are signed in.
    pub const fn who(self) -> Who {
        match self {
            Self::ShowConnect | Self::StartConnect | Self::FinishConnect => Who::AccountKeepers,
            // Whose runs somebody may decide about, each run says.
            Self::StartLogin
            | Self::FinishLogin
            | Self::FinishLoginAt
            | Self::Logout
            | Self::ShowSession
            | Self::ShowApproval
            | Self::DecideApproval => Who::Anybody,
        }
    }

    /// What a request takes, and from whom.
    pub const fn budgets(self) -> PageBudgets {
        let person = match self {
            Self::ShowConnect | Self::StartConnect | Self::FinishConnect => Some(Budget::Calls),
            Self::ShowApproval => Some(Budget::Reads),
            Self::DecideApproval => Some(Budget::Runs),
            Self::StartLogin
            | Self::FinishLogin
            | Self::FinishLoginAt
            | Self::Logout
            | Self::ShowSession => None,
        };
        let address = Budget::Pages;
        PageBudgets { address, person }
    }
}

impl ApiOperation {
    /// Who may ask. Whether a tool writes, only its handler knows, which asks for the same.
    pub const fn who(self) -> Who {
        match self {
            Self::CreateConnectLink | Self::Disconnect => Who::AccountKeepers,
            Self::ListSchedules | Self::WithdrawSchedule | Self::CountEnded => Who::Operators,
            Self::ListWorkflows
            | Self::TriggerRun
            | Self::ListRuns
            | Self::LatestRuns
            | Self::ShowHistory
            | Self::GetRun
            | Self::CancelRun
            | Self::ResumeRun
            | Self::RunEvents
            | Self::ListApprovals
            | Self::ShowSchedules
            | Self::GetSchedule
            | Self::EnableSchedule
            | Self::DisableSchedule
            | Self::ListConnections
            | Self::ShowAccount
            | Self::ListTools
            | Self::ExecuteTool
            | Self::GetToolCall
            | Self::ListAgents
            | Self::SendMessage
            | Self::StreamThread
            | Self::GetThread
            | Self::DeleteThread
            | Self::Mcp => Who::Anybody,
        }
    }

    /// Whether a page of ours may ask with the session of its browser. Not for the Model Context
    /// Protocol: who speaks it holds a token, and what decides about its writes is a page.
    pub const fn takes_session(self) -> bool {
        !matches!(self, Self::Mcp)
    }

    /// What a request takes from its caller. Reading is counted too: each look wakes an object.
    pub const fn budget(self) -> Budget {
        match self {
            Self::TriggerRun
            | Self::CancelRun
            | Self::ResumeRun
            | Self::EnableSchedule
            | Self::DisableSchedule
            | Self::WithdrawSchedule
            | Self::SendMessage
            | Self::DeleteThread => Budget::Runs,
            // Every shard is asked, or every run.
            Self::ListSchedules
            | Self::ShowHistory
            | Self::RunEvents
            | Self::StreamThread
            | Self::CreateConnectLink
            | Self::ListConnections
            | Self::ShowAccount
            | Self::Disconnect
            | Self::ExecuteTool => Budget::Calls,
            Self::ListWorkflows
            | Self::ListRuns
            | Self::LatestRuns
            | Self::CountEnded
            | Self::GetRun
            | Self::ListApprovals
            | Self::ShowSchedules
            | Self::GetSchedule
            | Self::ListTools
            | Self::GetToolCall
            | Self::ListAgents
            | Self::GetThread
            // What a message asks for is counted beside it.
            | Self::Mcp => Budget::Reads,
        }
    }
}

impl Operation {
    /// Whether it may be asked for with `HEAD`. The browser's flow may not: a link checker would
    /// use up what is meant for one visit.
    pub const fn answers_head(self) -> bool {
        match self {
            Self::Open(_) | Self::Api(_) => true,
            Self::Browser(_) => false,
        }
    }

    /// What a request takes from the address it comes from. The API takes nothing: one server asks
    /// for all its users from one address.
    pub const fn address_budget(self) -> Option<Budget> {
        match self {
            Self::Open(operation) => operation.budget(),
            Self::Browser(operation) => Some(operation.budgets().address),
            Self::Api(_) => None,
        }
    }
}

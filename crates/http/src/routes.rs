//! The route table: the one place that knows which paths exist. The router and the OpenAPI
//! document are both made from it.

use crate::console;
use crate::mcp;
use crate::named::Named;
use crate::operation::{ApiOperation, BrowserOperation, OpenOperation, Operation};

/// One row of the table.
#[derive(Clone, Copy, Debug)]
pub struct Route {
    /// What it does.
    pub operation: Operation,
    /// Its method.
    pub method: &'static str,
    /// Its path; `{name}` stands for one segment.
    pub path: &'static str,
}

const fn open(operation: OpenOperation, method: &'static str, path: &'static str) -> Route {
    let operation = Operation::Open(operation);
    Route {
        operation,
        method,
        path,
    }
}

const fn page(operation: BrowserOperation, method: &'static str, path: &'static str) -> Route {
    let operation = Operation::Browser(operation);
    Route {
        operation,
        method,
        path,
    }
}

const fn api(operation: ApiOperation, method: &'static str, path: &'static str) -> Route {
    let operation = Operation::Api(operation);
    Route {
        operation,
        method,
        path,
    }
}

/// Every route. Of two that fit, the earlier one counts.
pub const ROUTES: [Route; 47] = [
    open(OpenOperation::Home, "GET", "/"),
    open(OpenOperation::Health, "GET", "/health"),
    open(OpenOperation::OpenApi, "GET", "/openapi.json"),
    open(OpenOperation::Console, "GET", console::PATH),
    api(ApiOperation::ListWorkflows, "GET", "/api/workflows"),
    api(
        ApiOperation::TriggerRun,
        "POST",
        "/api/workflows/{workflow}/trigger",
    ),
    api(
        ApiOperation::ListRuns,
        "GET",
        "/api/workflows/{workflow}/runs",
    ),
    api(ApiOperation::LatestRuns, "GET", "/api/runs/latest"),
    api(
        ApiOperation::ShowHistory,
        "GET",
        "/api/workflows/{workflow}/history",
    ),
    api(
        ApiOperation::GetRun,
        "GET",
        "/api/workflows/{workflow}/runs/{runId}",
    ),
    api(
        ApiOperation::CancelRun,
        "DELETE",
        "/api/workflows/{workflow}/runs/{runId}",
    ),
    api(
        ApiOperation::ResumeRun,
        "POST",
        "/api/workflows/{workflow}/runs/{runId}/resume",
    ),
    api(
        ApiOperation::RunEvents,
        "GET",
        "/api/workflows/{workflow}/runs/{runId}/events",
    ),
    api(ApiOperation::ListApprovals, "GET", "/api/approvals"),
    api(ApiOperation::ShowSchedules, "GET", "/api/schedules"),
    api(
        ApiOperation::GetSchedule,
        "GET",
        "/api/workflows/{workflow}/schedule",
    ),
    api(
        ApiOperation::EnableSchedule,
        "PUT",
        "/api/workflows/{workflow}/schedule",
    ),
    api(
        ApiOperation::DisableSchedule,
        "DELETE",
        "/api/workflows/{workflow}/schedule",
    ),
    api(
        ApiOperation::ListSchedules,
        "GET",
        "/api/workflows/{workflow}/schedules",
    ),
    api(
        ApiOperation::WithdrawSchedule,
        "DELETE",
        "/api/workflows/{workflow}/schedules/{owner}",
    ),
    api(ApiOperation::CountEnded, "GET", "/api/organization/runs"),
    api(ApiOperation::CreateConnectLink, "POST", "/api/connect"),
    api(ApiOperation::ListConnections, "GET", "/api/connections"),
    api(
        ApiOperation::ShowAccount,
        "GET",
        "/api/connections/{connector}/account",
    ),
    api(
        ApiOperation::Disconnect,
        "DELETE",
        "/api/connections/{connector}",
    ),
    api(ApiOperation::ListTools, "GET", "/api/tools"),
    api(ApiOperation::ExecuteTool, "POST", "/api/tools/{id}/execute"),
    api(ApiOperation::GetToolCall, "GET", "/api/tool-calls/{callId}"),
    api(ApiOperation::ListAgents, "GET", "/api/agents"),
    api(
        ApiOperation::SendMessage,
        "POST",
        "/api/agents/{agent}/threads/{thread}/messages",
    ),
    api(
        ApiOperation::StreamThread,
        "GET",
        "/api/agents/{agent}/threads/{thread}/stream",
    ),
    api(
        ApiOperation::GetThread,
        "GET",
        "/api/agents/{agent}/threads/{thread}",
    ),
    api(
        ApiOperation::DeleteThread,
        "DELETE",
        "/api/agents/{agent}/threads/{thread}",
    ),
    api(ApiOperation::Mcp, "POST", mcp::PATH),
    open(
        OpenOperation::ProtectedEndpoint,
        "GET",
        "/.well-known/oauth-protected-resource/mcp",
    ),
    open(
        OpenOperation::ProtectedService,
        "GET",
        "/.well-known/oauth-protected-resource",
    ),
    open(OpenOperation::ReceiveWebhook, "POST", "/webhooks/scalekit"),
    page(BrowserOperation::FinishConnect, "GET", "/connect/callback"),
    page(BrowserOperation::ShowConnect, "GET", "/connect/{connector}"),
    page(
        BrowserOperation::StartConnect,
        "POST",
        "/connect/{connector}",
    ),
    page(BrowserOperation::StartLogin, "GET", "/auth/login"),
    page(BrowserOperation::FinishLogin, "GET", "/auth/callback"),
    page(
        BrowserOperation::FinishLoginAt,
        "GET",
        "/auth/callback/{namespace}",
    ),
    page(BrowserOperation::Logout, "POST", "/auth/logout"),
    page(BrowserOperation::ShowSession, "GET", "/auth/session"),
    page(BrowserOperation::ShowApproval, "GET", "/approvals/{runId}"),
    page(
        BrowserOperation::DecideApproval,
        "POST",
        "/approvals/{runId}",
    ),
];

/// What a method and a path come to.
#[derive(Debug, PartialEq, Eq)]
pub enum Matched<'a> {
    /// An operation, with what its path names.
    Operation(Operation, Named<'a>),
    /// The path exists; these are its methods.
    OtherMethods(Vec<&'static str>),
    /// No such path.
    Nothing,
}

/// Finds the route. Paths are compared as they are written: no decoding, no trailing slash. What
/// stands below the console is the console's to name.
pub fn find<'a>(method: &str, path: &'a str) -> Matched<'a> {
    let below = path.strip_prefix(console::PATH);
    let path = match below {
        Some(below) if below.starts_with('/') => console::PATH,
        _ => path,
    };
    let fitting = || {
        ROUTES
            .iter()
            .filter_map(|route| Some((route, Named::by(route.path, path)?)))
    };
    // The first path that fits decides which path it is; its methods are then looked at.
    let Some((Route { path: template, .. }, named)) = fitting().next() else {
        return Matched::Nothing;
    };
    let mut methods = Vec::new();
    for (route, _) in fitting().filter(|(route, _)| route.path == *template) {
        let head = route.method == "GET" && route.operation.answers_head();
        if route.method == method || (head && method == "HEAD") {
            return Matched::Operation(route.operation, named);
        }
        methods.push(route.method);
        if head {
            methods.push("HEAD");
        }
    }
    Matched::OtherMethods(methods)
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use proptest::prelude::*;

    use super::*;
    use crate::named::Parameter;

    #[test]
    fn every_row_is_reached_and_unique() {
        let operations: HashSet<_> = ROUTES.iter().map(|route| route.operation).collect();
        assert_eq!(operations.len(), ROUTES.len());
        for route in ROUTES {
            let path = route
                .path
                .replace("{workflow}", "w")
                .replace("{runId}", "run_1")
                .replace("{callId}", "run_1")
                .replace("{agent}", "a")
                .replace("{thread}", "t")
                .replace("{owner}", "p_1")
                .replace("{connector}", "hubspot")
                .replace("{namespace}", "okta")
                .replace("{id}", "x");
            let matched = find(route.method, &path);
            assert!(
                matches!(matched, Matched::Operation(found, _) if found == route.operation),
                "{} {path}: {matched:?}",
                route.method
            );
        }
    }

    #[test]
    fn what_stands_in_braces_is_a_parameter() {
        for part in ROUTES.iter().flat_map(|route| route.path.split('/')) {
            let braces = part.contains(['{', '}']);
            assert_eq!(Parameter::of(part).is_some(), braces, "{part}");
        }
    }

    #[test]
    fn a_name_of_a_path_comes_before_a_parameter() {
        let matched = find("GET", "/connect/callback");
        let finish = Operation::Browser(BrowserOperation::FinishConnect);
        assert_eq!(matched, Matched::Operation(finish, Named::default()));
    }

    #[test]
    fn other_methods_are_named() {
        let path = "/api/workflows/onboarding-health/runs/run_1";
        assert_eq!(
            find("PATCH", path),
            Matched::OtherMethods(vec!["GET", "HEAD", "DELETE"])
        );
        assert_eq!(
            find("HEAD", "/connect/callback"),
            Matched::OtherMethods(vec!["GET"])
        );
        assert_eq!(
            find("HEAD", "/health"),
            Matched::Operation(Operation::Open(OpenOperation::Health), Named::default())
        );
        assert_eq!(
            find("get", "/health"),
            Matched::OtherMethods(vec!["GET", "HEAD"])
        );
    }

    #[test]
    fn whatever_is_below_the_console_is_the_consoles() {
        let console = Operation::Open(OpenOperation::Console);
        for path in ["/console", "/console/", "/console/runs/a/b/c", "/console//"] {
            let found = find("GET", path);
            assert_eq!(found, Matched::Operation(console, Named::default()));
            let others = Matched::OtherMethods(vec!["GET", "HEAD"]);
            assert_eq!(find("POST", path), others);
        }
    }

    #[test]
    fn nothing_else_is_served() {
        for path in [
            "/consoles",
            "/Console/",
            "",
            "//",
            "/health/",
            "/Health",
            "/%68ealth",
            "/api/workflows//trigger",
            "/api/workflows/",
            "/api/workflows/onboarding-health/runs/",
            "/connect/",
            "/connect/a/b",
            "/.env",
        ] {
            assert_eq!(find("GET", path), Matched::Nothing, "{path}");
        }
    }

    proptest! {
        #[test]
        fn no_path_makes_the_router_panic(method in ".{0,8}", path in ".{0,60}") {
            let _ = find(&method, &path);
            let _ = find("GET", &format!("/api/{path}"));
        }
    }
}

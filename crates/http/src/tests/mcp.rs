//! The Model Context Protocol, as its clients are answered: both eras on one endpoint.

use std::rc::Rc;

use onbehalf_connector::testkit::executed;
use onbehalf_runs::tool_call::TOOL_CALL;
use onbehalf_runs::{RunId, RunView};
use serde_json::{Value, json};

use crate::limits::Budget;
use crate::pieces::Watch;
use crate::testkit::{Bench, api_request, bench, json_of, waiting_run};
use crate::wire::message::{ApiRequest, ApiResponse};

const MODERN: &str = "2026-07-28";
const TASK: &str = "hubspot-create-task";

/// What a modern client can do.
#[derive(Clone, Copy, Default)]
struct Can {
    open_pages: bool,
    follow_tasks: bool,
}

const OPENS_PAGES: Can = Can {
    open_pages: true,
    follow_tasks: false,
};

fn modern(method: &str, mut params: Value, can: Can) -> ApiRequest {
    let mut client = json!({});
    if can.open_pages {
        client["elicitation"] = json!({ "url": {} });
    }
    if can.follow_tasks {
        client["extensions"] = json!({ "io.modelcontextprotocol/tasks": {} });
    }
    params["_meta"]["io.modelcontextprotocol/protocolVersion"] = MODERN.into();
    params["_meta"]["io.modelcontextprotocol/clientCapabilities"] = client;
    let name = ["name", "uri", "taskId"].map(|it| params[it].as_str().map(str::to_owned));
    let mut request = legacy(method, &params, MODERN);
    request.headers.push(("mcp-method".into(), method.into()));
    if let Some(name) = name.into_iter().flatten().next() {
        request.headers.push(("mcp-name".into(), name));
    }
    request
}

fn legacy(method: &str, params: &Value, version: &str) -> ApiRequest {
    let message = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params });
    let mut request = api_request("POST", "/mcp", &message.to_string());
    let version = ("mcp-protocol-version".to_owned(), version.to_owned());
    request.headers.push(version);
    let accept = "application/json, text/event-stream";
    request.headers.push(("accept".into(), accept.into()));
    request
}

async fn result(bench: &Bench, request: ApiRequest) -> Value {
    let response = bench.api.handle(request).await;
    let told = json_of(&response);
    assert_eq!(response.status, 200, "{told}");
    assert_eq!(told["id"], 1);
    told["result"].clone()
}

fn call(name: &str, arguments: Value) -> Value {
    json!({ "name": name, "arguments": arguments })
}

fn task() -> Value {
    json!({"subject": "Call Acme", "due": "2026-12-01T00:00:00Z"})
}

/// What alice's call stands at.
fn stands(bench: &Bench, status: &str, more: &Value) -> RunView {
    let mut run = json!({
        "runId": "run_1", "workflow": TOOL_CALL, "version": 1, "status": status,
        "startedAt": "2026-11-23T08:00:00.000Z", "updatedAt": "2026-11-23T08:00:01.000Z",
        "input": {"arguments": "not shown"}, "steps": [], "state": {"kept": "not shown"},
    });
    for (name, value) in more.as_object().expect("members") {
        run[name] = value.clone();
    }
    let run: RunView = serde_json::from_value(run).expect("a run");
    put(bench, run.clone());
    run
}

fn put(bench: &Bench, run: RunView) {
    bench.platform.has(&run.run_id.clone(), run);
}

fn asks_for_approval(bench: &Bench) {
    let suspension = json!({
        "number": 1, "since": "2026-11-23T08:00:01.000Z", "reason": "approval_required",
        "plan": {"tool": TASK, "arguments": task()}, "hash": "abc", "mode": "required",
    });
    stands(bench, "suspended", &json!({ "suspension": suspension }));
}

fn landed(bench: &Bench) {
    let outcome = json!({"status": "success", "task_id": "9", "created_at": null});
    let result = json!({"end": "landed", "outcome": outcome});
    stands(bench, "completed", &json!({ "result": result }));
}

fn words(result: &Value) -> String {
    let texts = result["content"].as_array().into_iter().flatten();
    let texts = texts.filter_map(|it| it["text"].as_str());
    texts.collect::<Vec<_>>().join("\n")
}

#[tokio::test]
async fn a_modern_client_discovers_and_a_legacy_one_shakes_hands() {
    let bench = bench();
    let told = result(&bench, modern("server/discover", json!({}), Can::default())).await;
    assert_eq!(told["supportedVersions"], json!([MODERN]));
    assert_eq!(told["resultType"], "complete");
    assert_eq!(told["cacheScope"], "public");
    assert_eq!(
        told["_meta"]["io.modelcontextprotocol/serverInfo"]["name"],
        "onbehalf"
    );
    assert!(told["capabilities"]["extensions"]["io.modelcontextprotocol/tasks"].is_object());

    let asks = json!({"protocolVersion": "2025-06-18", "capabilities": {}});
    let told = result(&bench, legacy("initialize", &asks, "2025-06-18")).await;
    assert_eq!(told["protocolVersion"], "2025-06-18");
    assert_eq!(told["serverInfo"]["name"], "onbehalf");
    assert!(told.get("resultType").is_none() && told.get("_meta").is_none());
    assert!(told["capabilities"].get("extensions").is_none());
    let heard = json!({"jsonrpc": "2.0", "method": "notifications/initialized"});
    let heard = bench.ask("POST", "/mcp", &heard.to_string()).await;
    assert_eq!((heard.status, heard.body.len()), (202, 0));
}

#[tokio::test]
async fn nothing_else_is_served_there() {
    let bench = bench();
    for method in ["GET", "DELETE", "PUT"] {
        let response = bench.ask(method, "/mcp", "").await;
        assert_eq!(
            (response.status, response.header("allow")),
            (405, Some("POST"))
        );
    }
    let unknown = modern("subscriptions/listen", json!({}), Can::default());
    let response = bench.api.handle(unknown).await;
    assert_eq!(
        (response.status, &json_of(&response)["error"]["code"]),
        (404, &json!(-32601))
    );
    let mut text = modern("tools/list", json!({}), Can::default());
    text.headers.retain(|(name, _)| name != "content-type");
    assert_eq!(bench.api.handle(text).await.status, 415);
    let deep = "[".repeat(40);
    assert_eq!(bench.ask("POST", "/mcp", &deep).await.status, 400);
}

#[tokio::test]
async fn whoever_has_no_token_is_told_where_to_get_one() {
    let bench = bench();
    let mut request = modern("tools/list", json!({}), Can::default());
    request.headers.retain(|(name, _)| name != "authorization");
    let response = bench.api.handle(request).await;
    assert_eq!(response.status, 401);
    let metadata = "https://onbehalf.test/.well-known/oauth-protected-resource/mcp";
    let expected =
        format!("Bearer realm=\"onbehalf\", resource_metadata=\"{metadata}\", scope=\"openid\"");
    assert_eq!(response.header("www-authenticate"), Some(expected.as_str()));
    for (path, resource) in [
        (
            "/.well-known/oauth-protected-resource/mcp",
            "https://onbehalf.test/mcp",
        ),
        (
            "/.well-known/oauth-protected-resource",
            "https://onbehalf.test",
        ),
    ] {
        let document = json_of(&bench.visit(path, &[]).await);
        assert_eq!(document["resource"], resource);
        assert_eq!(
            document["authorization_servers"],
            json!(["https://idp.test"])
        );
        assert_eq!(document["bearer_methods_supported"], json!(["header"]));
    }
}

#[tokio::test]
async fn a_page_of_another_origin_is_refused_before_anything_else() {
    let bench = bench();
    for (origin, status) in [
        ("https://onbehalf.test", 200),
        ("https://evil.example", 403),
        ("null", 403),
    ] {
        let mut request = modern("tools/list", json!({}), Can::default());
        request.headers.push(("origin".into(), origin.into()));
        assert_eq!(bench.api.handle(request).await.status, status, "{origin}");
    }
}

#[tokio::test]
async fn tools_are_listed_in_the_order_of_their_names_and_say_what_they_do() {
    let bench = bench();
    let told = result(&bench, modern("tools/list", json!({}), Can::default())).await;
    let tools = told["tools"].as_array().expect("tools").clone();
    let names: Vec<_> = tools.iter().filter_map(|it| it["name"].as_str()).collect();
    assert!(names.is_sorted());
    for own in [
        "answer_run",
        "connect_app",
        "get_run",
        "run_onboarding_health",
        "run_morning_brief",
    ] {
        assert!(names.contains(&own), "{own}");
    }
    for known in bench.api.registry.iter() {
        assert!(names.contains(&known.id()), "{}", known.id());
    }
    assert!(!names.iter().any(|name| name.contains("tool_call")));
    for tool in &tools {
        let name = tool["name"].as_str().expect("a name");
        assert_eq!(tool["inputSchema"]["type"], "object", "{name}");
        assert_eq!(tool["outputSchema"]["type"], "object", "{name}");
        let annotations = &tool["annotations"];
        if let Ok(known) = bench.api.registry.get(name) {
            let reads = known.kind() == onbehalf_connector::CallKind::Read;
            assert_eq!(annotations["readOnlyHint"], reads, "{name}");
            assert_eq!(annotations["destructiveHint"], false, "{name}");
        }
        let all = tool.to_string().to_lowercase();
        assert!(
            !all.contains("identifier") && !all.contains("user_id"),
            "{name}"
        );
    }
    assert_eq!(told["cacheScope"], "private");
    let again = result(&bench, modern("tools/list", json!({}), Can::default())).await;
    assert_eq!(told, again);
    let refused = modern("tools/list", json!({"cursor": "!"}), Can::default());
    let refused = json_of(&bench.api.handle(refused).await);
    assert_eq!(refused["error"]["code"], -32602);
}

#[tokio::test]
async fn a_read_answers_with_its_outcome_twice_over() {
    let bench = bench();
    let nothing = json!({"results": [], "total": 0});
    bench.scalekit.script.then(executed(&nothing));
    let told = result(
        &bench,
        modern(
            "tools/call",
            call(
                "hubspot-list-due-tasks",
                json!({"due_before": "2026-12-01T00:00:00Z"}),
            ),
            Can::default(),
        ),
    )
    .await;
    let structured = &told["structuredContent"];
    let text: Value = serde_json::from_str(&words(&told)).expect("the same as text");
    assert_eq!(*structured, text);
    assert_eq!(told["isError"], structured["status"] != "success");
}

#[tokio::test]
async fn what_does_not_fit_is_told_to_the_model_and_what_is_no_tool_to_the_client() {
    let bench = bench();
    let wrong = call(TASK, json!({"subject": 1}));
    let told = result(&bench, modern("tools/call", wrong, Can::default())).await;
    assert_eq!(told["isError"], true);
    assert!(words(&told).contains("subject"), "{told}");
    let unknown = modern(
        "tools/call",
        call("no-such-tool", json!({})),
        Can::default(),
    );
    let told = json_of(&bench.api.handle(unknown).await);
    assert_eq!(told["error"]["code"], -32602);
    assert!(!told.to_string().contains("no-such-tool"));
    assert!(bench.platform.started.borrow().is_empty());
}

#[tokio::test]
async fn a_write_waits_for_a_person_and_a_plain_client_is_told_so_in_words() {
    for version in ["2025-06-18", "2025-11-25", MODERN] {
        let bench = bench();
        asks_for_approval(&bench);
        let request = match version {
            MODERN => modern("tools/call", call(TASK, task()), Can::default()),
            _ => legacy("tools/call", &call(TASK, task()), version),
        };
        let told = result(&bench, request).await;
        let said = words(&told);
        assert!(
            said.contains("https://onbehalf.test/approvals/run_1"),
            "{said}"
        );
        assert!(said.contains("get_run with runId run_1"), "{said}");
        assert_eq!(told["isError"], false);
        assert_eq!(told["structuredContent"]["waitsFor"], "approval");
        // Neither what decides it nor what it was started with.
        assert!(!told.to_string().contains("abc") && !told.to_string().contains("not shown"));
        let started = bench.platform.started.borrow();
        assert_eq!(started[0].input["by"], "mcp");
        assert_eq!(started[0].input["approval"], "required");
    }
}

#[tokio::test]
async fn a_client_that_opens_pages_is_given_the_page_and_asks_again() {
    let bench = bench();
    asks_for_approval(&bench);
    let can = OPENS_PAGES;
    let told = result(&bench, modern("tools/call", call(TASK, task()), can)).await;
    assert_eq!(told["resultType"], "input_required");
    let requests = told["inputRequests"].as_object().expect("requests");
    let (name, request) = requests.iter().next().expect("one");
    assert_eq!(request["method"], "elicitation/create");
    assert_eq!(request["params"]["mode"], "url");
    assert_eq!(
        request["params"]["url"],
        "https://onbehalf.test/approvals/run_1"
    );
    let state = told["requestState"].clone();
    let again = |arguments: Value, state: &Value, action: &str| {
        let mut params = call(TASK, arguments);
        params["requestState"] = state.clone();
        params["inputResponses"] = json!({ name: { "action": action } });
        modern("tools/call", params, can)
    };
    // A client's word that somebody was there decides nothing.
    let told = result(&bench, again(task(), &state, "accept")).await;
    assert_eq!(told["resultType"], "input_required");
    assert_eq!(
        bench.platform.started.borrow().len(),
        1,
        "it is the same call"
    );
    landed(&bench);
    let told = result(&bench, again(task(), &state, "accept")).await;
    assert_eq!(told["structuredContent"]["task_id"], "9");
    assert_eq!(told["structuredContent"]["callId"], "run_1");
    // Of another request, another person, or changed, it is nothing.
    let mut bob = again(task(), &state, "accept");
    bob.headers[1].1 = "Bearer bob".to_owned();
    let text = state.as_str().expect("a text");
    let changed = json!(format!("x{}", &text[1..]));
    for request in [
        bob,
        again(
            json!({"subject": "Other", "due": "2026-12-01T00:00:00Z"}),
            &state,
            "accept",
        ),
        again(task(), &changed, "accept"),
    ] {
        let refused = json_of(&bench.api.handle(request).await);
        assert_eq!(refused["error"]["code"], -32602, "{refused}");
        // It is not even looked at what it names.
        let why = refused["error"]["message"].as_str().expect("words");
        assert!(why.contains("not good for this request"), "{why}");
    }
}

#[tokio::test]
async fn a_no_cancels_what_waits() {
    let bench = bench();
    asks_for_approval(&bench);
    let can = OPENS_PAGES;
    let told = result(&bench, modern("tools/call", call(TASK, task()), can)).await;
    let mut params = call(TASK, task());
    params["requestState"] = told["requestState"].clone();
    params["inputResponses"] = json!({ "x": { "action": "decline" } });
    bench.api.handle(modern("tools/call", params, can)).await;
    assert_eq!(
        bench.platform.cancelled.borrow().as_slice(),
        [RunId::stored("run_1")]
    );
}

#[tokio::test]
async fn a_legacy_client_brings_back_that_it_opens_pages() {
    let bench = bench();
    asks_for_approval(&bench);
    let asks = json!({
        "protocolVersion": "2025-11-25", "capabilities": {"elicitation": {"form": {}, "url": {}}},
    });
    let response = bench
        .api
        .handle(legacy("initialize", &asks, "2025-11-25"))
        .await;
    let note = response
        .header("mcp-session-id")
        .expect("a note")
        .to_owned();
    let with = |version: &str, note: &str| {
        let mut request = legacy("tools/call", &call(TASK, task()), version);
        request.headers.push(("mcp-session-id".into(), note.into()));
        request
    };
    let told = json_of(&bench.api.handle(with("2025-11-25", &note)).await);
    assert_eq!(told["error"]["code"], -32042);
    let asked = &told["error"]["data"]["elicitations"][0];
    assert_eq!(asked["url"], "https://onbehalf.test/approvals/run_1");
    assert_eq!(asked["mode"], "url");
    assert!(asked["elicitationId"].is_string());
    assert!(
        told["error"]["message"]
            .as_str()
            .expect("words")
            .contains("/approvals/run_1")
    );
    // The older revision knows no pages, and another's note says nothing.
    for (version, note) in [("2025-06-18", note.as_str()), ("2025-11-25", "made-up")] {
        let told = result(&bench, with(version, note)).await;
        assert_eq!(told["structuredContent"]["waitsFor"], "approval");
    }
}

#[tokio::test]
async fn a_client_that_follows_tasks_is_given_one() {
    let bench = bench();
    asks_for_approval(&bench);
    let can = Can {
        open_pages: true,
        follow_tasks: true,
    };
    let made = result(&bench, modern("tools/call", call(TASK, task()), can)).await;
    assert_eq!(
        (&made["resultType"], &made["taskId"]),
        (&json!("task"), &json!("run_1"))
    );
    assert!(made.get("inputRequests").is_none());
    let ask = |method: &str| modern(method, json!({"taskId": "run_1"}), can);
    let seen = result(&bench, ask("tasks/get")).await;
    assert_eq!(seen["resultType"], "complete");
    assert_eq!(seen["status"], "input_required");
    let requests = seen["inputRequests"].as_object().expect("requests");
    assert_eq!(requests.len(), 1);
    landed(&bench);
    let seen = result(&bench, ask("tasks/get")).await;
    assert_eq!(seen["status"], "completed");
    assert_eq!(seen["result"]["structuredContent"]["task_id"], "9");
    let heard = result(&bench, ask("tasks/cancel")).await;
    assert_eq!(heard["resultType"], "complete");
    assert_eq!(bench.platform.cancelled.borrow().len(), 1);
    // Whoever does not say that it follows tasks has none, and nobody has another's.
    let plain = modern("tasks/get", json!({"taskId": "run_1"}), Can::default());
    let refused = bench.api.handle(plain).await;
    assert_eq!(
        (refused.status, &json_of(&refused)["error"]["code"]),
        (400, &json!(-32021))
    );
    let mut bob = ask("tasks/get");
    bob.headers[1].1 = "Bearer bob".to_owned();
    assert_eq!(
        json_of(&bench.api.handle(bob).await)["error"]["code"],
        -32602
    );
}

#[tokio::test]
async fn a_missing_connection_is_a_page_or_a_sentence_with_the_link() {
    let bench = bench();
    let missing = json!([{"connector": "hubspot", "reason": "not_connected"}]);
    let suspension = json!({"number": 2, "since": "2026-11-23T08:00:01.000Z",
        "reason": "connection_required", "missing": missing});
    stands(&bench, "suspended", &json!({ "suspension": suspension }));
    let plain = result(
        &bench,
        modern("tools/call", call(TASK, task()), Can::default()),
    )
    .await;
    assert!(words(&plain).contains("connect HubSpot at https://onbehalf.test/connect/hubspot"));
    assert_eq!(plain["structuredContent"]["waitsFor"], "connection");
    let can = OPENS_PAGES;
    let told = result(&bench, modern("tools/call", call(TASK, task()), can)).await;
    let requests = told["inputRequests"].as_object().expect("requests");
    let url = &requests.values().next().expect("one")["params"]["url"];
    assert_eq!(*url, "https://onbehalf.test/connect/hubspot");
}

#[tokio::test]
async fn a_run_that_a_model_starts_asks_for_approval_whatever_the_model_says() {
    let bench = bench();
    put(&bench, waiting_run("run_1"));
    let asks = call("run_onboarding_health", json!({"approval": "none"}));
    let told = result(&bench, modern("tools/call", asks, Can::default())).await;
    assert_eq!(told["structuredContent"]["runId"], "run_1");
    let started = bench.platform.started.borrow()[0].clone();
    assert_eq!(started.input["approval"], "required");
    assert_eq!(started.workflow.as_str(), "onboarding-health");
    let asks = call("run_onboarding_health", json!({"user": "bob"}));
    let told = result(&bench, modern("tools/call", asks, Can::default())).await;
    assert_eq!(told["isError"], true);
    assert_eq!(bench.platform.started.borrow().len(), 1);
    let budgets = bench.counter.uses.borrow();
    assert!(budgets.iter().any(|(budget, _)| *budget == Budget::Runs));
}

/// The one thing that must not be done with this protocol.
#[tokio::test]
async fn no_tool_decides_about_what_waits_for_approval() {
    let bench = bench();
    asks_for_approval(&bench);
    for answer in ["approve", "approved", "reject", "yes", "connected"] {
        let asks = call("answer_run", json!({"runId": "run_1", "answer": answer}));
        let told = result(&bench, modern("tools/call", asks, Can::default())).await;
        assert_eq!(told["isError"], true, "{answer}");
    }
    for more in [
        json!({"runId": "run_1", "answer": "connected", "approval": {"hash": "abc", "decision": "approve"}}),
        json!({"runId": "run_1", "decision": "approve"}),
    ] {
        let told = result(
            &bench,
            modern("tools/call", call("answer_run", more), Can::default()),
        )
        .await;
        assert_eq!(told["isError"], true);
    }
    assert!(bench.platform.resumed.borrow().is_empty());
    let cancel = call("answer_run", json!({"runId": "run_1", "answer": "cancel"}));
    result(&bench, modern("tools/call", cancel, Can::default())).await;
    assert_eq!(bench.platform.cancelled.borrow().len(), 1);
}

#[tokio::test]
async fn a_run_that_waits_for_a_connection_is_told_that_it_is_there() {
    let bench = bench();
    put(&bench, waiting_run("run_1"));
    let asks = call(
        "answer_run",
        json!({"runId": "run_1", "answer": "connected"}),
    );
    let told = result(&bench, modern("tools/call", asks, Can::default())).await;
    assert_eq!(told["isError"], false, "{told}");
    let resumed = bench.platform.resumed.borrow();
    assert_eq!(
        resumed[0].connected.as_deref(),
        Some(&["hubspot".to_owned()][..])
    );
    assert!(resumed[0].approval.is_none());
}

#[tokio::test]
async fn a_run_is_looked_at_by_its_owner_alone() {
    let bench = bench();
    put(&bench, waiting_run("run_1"));
    let look = || {
        modern(
            "tools/call",
            call("get_run", json!({"runId": "run_1"})),
            Can::default(),
        )
    };
    let told = result(&bench, look()).await;
    assert_eq!(told["structuredContent"]["status"], "suspended");
    assert!(words(&told).contains("/connect/hubspot"));
    let mut bob = look();
    bob.headers[1].1 = "Bearer bob".to_owned();
    let foreign = result(&bench, bob).await;
    let never = call("get_run", json!({"runId": "run_2"}));
    let never = result(&bench, modern("tools/call", never, Can::default())).await;
    assert_eq!(foreign, never);
}

#[tokio::test]
async fn runs_are_resources() {
    let bench = bench();
    put(&bench, waiting_run("run_1"));
    let uri = "onbehalf://runs/onboarding-health/run_1";
    let told = result(
        &bench,
        modern("resources/read", json!({"uri": uri}), Can::default()),
    )
    .await;
    let contents = &told["contents"][0];
    assert_eq!(
        (&contents["uri"], &contents["mimeType"]),
        (&json!(uri), &json!("application/json"))
    );
    let text: Value = serde_json::from_str(contents["text"].as_str().expect("text")).expect("json");
    assert_eq!(text["runId"], "run_1");
    assert_eq!(
        (&told["ttlMs"], &told["cacheScope"]),
        (&json!(0), &json!("private"))
    );
    for other in [
        "onbehalf://runs/morning-brief/run_1",
        "onbehalf://runs/onboarding-health/run_9",
        "file:///etc/passwd",
    ] {
        let ask = modern("resources/read", json!({"uri": other}), Can::default());
        assert_eq!(
            json_of(&bench.api.handle(ask).await)["error"]["code"],
            -32602,
            "{other}"
        );
        let ask = legacy("resources/read", &json!({"uri": other}), "2025-11-25");
        assert_eq!(
            json_of(&bench.api.handle(ask).await)["error"]["code"],
            -32002,
            "{other}"
        );
    }
    let listed = result(&bench, modern("resources/list", json!({}), Can::default())).await;
    let next = listed["nextCursor"]
        .as_str()
        .expect("the next workflow's")
        .to_owned();
    let more = modern("resources/list", json!({"cursor": next}), Can::default());
    assert!(result(&bench, more).await["resources"].is_array());
    let bad = modern(
        "resources/list",
        json!({"cursor": "onboarding-health~x"}),
        Can::default(),
    );
    assert_eq!(
        json_of(&bench.api.handle(bad).await)["error"]["code"],
        -32602
    );
    let forms = result(
        &bench,
        modern("resources/templates/list", json!({}), Can::default()),
    )
    .await;
    assert_eq!(
        forms["resourceTemplates"][0]["uriTemplate"],
        "onbehalf://runs/{workflow}/{runId}"
    );
}

async fn pieces(bench: &Bench, request: ApiRequest) -> (ApiResponse, Vec<Value>) {
    let answer = bench.api.answer(request).await;
    let Some(mut watch) = answer.watch else {
        return (answer.response, Vec::new());
    };
    assert!(matches!(watch, Watch::Mcp(_)));
    let mut text = String::new();
    while let Some(piece) = bench.api.next_piece(&mut watch).await {
        assert!(!piece.is_empty());
        text.push_str(&piece);
    }
    let data = text.lines().filter_map(|line| line.strip_prefix("data: "));
    let messages = data.map(|data| serde_json::from_str(data).expect("json"));
    (answer.response, messages.collect())
}

#[tokio::test]
async fn progress_is_told_as_it_happens_and_the_answer_comes_last() {
    let bench = bench();
    landed(&bench);
    let events = json!([
        {"seq": 1, "at": "2026-11-23T08:00:00.000Z", "record": {"kind": "step_started", "step": "write", "attempt": 1, "deadline": null}},
    ]);
    if let Ok(events) = serde_json::from_value(events) {
        *bench.platform.events.borrow_mut() = events;
    }
    let mut params = call(TASK, task());
    params["_meta"] = json!({"progressToken": "t"});
    let (head, messages) =
        pieces(&bench, modern("tools/call", params.clone(), Can::default())).await;
    assert_eq!(
        head.header("content-type"),
        Some("text/event-stream; charset=utf-8")
    );
    assert_eq!(head.header("x-accel-buffering"), Some("no"));
    let last = messages.last().expect("an answer");
    assert_eq!(last["result"]["structuredContent"]["task_id"], "9");
    let told = messages
        .iter()
        .filter(|it| it["method"] == "notifications/progress");
    let told: Vec<_> = told.map(|it| it["params"]["progress"].as_u64()).collect();
    assert!(told.is_sorted() && told.len() + 1 == messages.len());
    // Whoever does not take events is answered at once, or waits.
    let mut plain = modern("tools/call", params, Can::default());
    plain.headers.retain(|(name, _)| name != "accept");
    let (head, messages) = pieces(&bench, plain).await;
    assert!(messages.is_empty());
    assert_eq!(
        json_of(&head)["result"]["structuredContent"]["task_id"],
        "9"
    );
}

#[tokio::test]
async fn a_stream_ends_in_time_whatever_goes_on() {
    let bench = bench();
    stands(&bench, "running", &json!({}));
    let mut params = call(TASK, task());
    params["_meta"] = json!({"progressToken": 1});
    let (_, messages) = pieces(&bench, modern("tools/call", params, Can::default())).await;
    let last = messages.last().expect("an answer");
    assert_eq!(last["result"]["structuredContent"]["status"], "running");
    // Its lease is given back.
    assert_eq!(Rc::strong_count(&bench.platform), 2);
}

#[tokio::test]
async fn who_calls_too_much_is_refused_over_http() {
    let bench = bench();
    landed(&bench);
    bench.counter.limit.set(1);
    let first = modern("tools/call", call(TASK, task()), Can::default());
    assert_eq!(bench.api.handle(first).await.status, 200);
    let second = modern("tools/call", call(TASK, task()), Can::default());
    let refused = bench.api.handle(second).await;
    assert_eq!(
        (refused.status, refused.header("retry-after")),
        (429, Some("60"))
    );
    assert_eq!(bench.platform.started.borrow().len(), 1);
}

#[tokio::test]
async fn a_model_is_not_told_who_it_works_for() {
    let bench = bench();
    let outcome = json!({"status": "success", "task_id": "for user_alice", "created_at": null});
    let result_of = json!({"end": "landed", "outcome": outcome});
    stands(
        &bench,
        "completed",
        &json!({ "result": result_of, "traceId": "alice" }),
    );
    let told = result(
        &bench,
        modern("tools/call", call(TASK, task()), Can::default()),
    )
    .await;
    assert!(!told.to_string().contains("alice"), "{told}");
    let look = call("get_run", json!({"runId": "run_1"}));
    let told = result(&bench, modern("tools/call", look, Can::default())).await;
    assert!(!told.to_string().contains("alice"), "{told}");
}

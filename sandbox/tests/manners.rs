//! How Scalekit passes things on: each setting, both ways.

mod common;

use common::{Client, NOW, body, error, header};
use serde_json::{Value, json};

/// The provider's refusal of a task that has no date.
fn refused_task(client: &mut Client) -> onbehalf_sandbox::service::Reply {
    let task = json!({ "hs_task_subject": "Call", "hs_timestamp": "soon" });
    client.execute("alice", "hubspot_task_create", &task)
}

#[test]
fn a_provider_s_status_is_kept_or_becomes_500_but_for_three() {
    let code = Some("VALIDATION_ERROR".to_owned());
    for (setting, status) in [("kept", 400), ("server_error", 500)] {
        let mut client = Client::with(&json!({ "provider_errors": setting }));
        let refused = refused_task(&mut client);
        assert_eq!(error(&refused), (status, "TOOL_ERROR".into(), code.clone()));
        for status in [401, 403, 404, 422, 429, 503] {
            client.faults(&json!([{ "status": status }]));
            let kept = setting == "kept" || [401, 403, 429].contains(&status);
            let arrives = if kept { status } else { 500 };
            let refused = refused_task(&mut client);
            assert_eq!(refused.status, arrives, "{setting} {status}");
        }
    }
}

#[test]
fn what_is_missing_is_named_or_not() {
    let ask = |client: &mut Client| {
        let unknown = client.execute("alice", "hubspot_search_contacts", &json!({}));
        let query = json!({ "query": "type:ticket" });
        let without = client.execute("bob", "zendesk_search_tickets", &query);
        let stranger = client.execute("nobody", "hubspot_contacts_search", &json!({}));
        [unknown, without, stranger]
    };
    let mut client = Client::with(&json!({ "missing": "named" }));
    let words: Vec<Value> = ask(&mut client)
        .iter()
        .map(|it| body(it)["message"].clone())
        .collect();
    assert_ne!(words[0], words[1]);
    for (setting, status) in [("not_found", 404), ("bad_request", 400)] {
        let mut client = Client::with(&json!({ "missing": setting }));
        for reply in ask(&mut client) {
            assert_eq!(
                (reply.status, &body(&reply)["message"]),
                (status, &json!("resource not found"))
            );
        }
        let asked = json!({ "connector": "hubspot-none", "identifier": "user_alice" });
        let link = client.post("/api/v1/connected_accounts/magic_link", &asked);
        assert_eq!(
            (link.status, &body(&link)["message"]),
            (status, &json!("resource not found"))
        );
    }
}

#[test]
fn retry_after_survives_or_does_not() {
    for (setting, expected) in [("kept", Some("3")), ("dropped", None)] {
        let mut client = Client::with(&json!({ "retry_after": setting }));
        for service in [false, true] {
            client.faults(&json!([{ "status": 429, "retry_after": 3, "service": service }]));
            let limited = client.execute("alice", "hubspot_contacts_search", &json!({}));
            assert_eq!(
                (limited.status, header(&limited, "retry-after")),
                (429, expected)
            );
        }
    }
}

#[test]
fn the_environment_has_a_limit_of_its_own_that_counts_everybody() {
    let mut client = Client::with(&json!({ "requests_per_minute": 4 }));
    // One request was the token's.
    let mut search = |user: &str| client.execute(user, "hubspot_contacts_search", &json!({}));
    assert_eq!(
        ["alice", "bob", "dave"].map(|user| search(user).status),
        [200; 3]
    );
    let limited = search("carol");
    assert_eq!(error(&limited), (429, "RATE_LIMITED".into(), None));
    client.now = NOW + 60_000;
    assert_eq!(
        client
            .execute("carol", "hubspot_contacts_search", &json!({}))
            .status,
        200
    );
    client.faults(&json!([{ "status": 429, "service": true }]));
    let limited = client.execute("carol", "hubspot_contacts_search", &json!({}));
    assert_eq!(error(&limited).1, "RATE_LIMITED");
}

#[test]
fn connections_have_the_names_of_a_workspace() {
    let mut client = Client::new();
    let listed = client.get("/api/v1/connected_accounts?identifier=user_alice&connection_names=hubspot-qkHFhMip&connection_names=zendesk-p5LsY0aN");
    let accounts = body(&listed)["connected_accounts"].clone();
    let told: Vec<_> = accounts
        .as_array()
        .expect("a list")
        .iter()
        .map(|it| json!([it["connector"], it["provider"], it["authorization_type"]]))
        .collect();
    assert_eq!(
        told,
        [
            json!(["hubspot-qkHFhMip", "HUBSPOT", "OAUTH"]),
            json!(["zendesk-p5LsY0aN", "ZENDESK", "API_KEY"]),
        ]
    );
    let mut execute = |connector: &str| {
        let call = json!({ "tool_name": "hubspot_account_details_get", "identifier": "user_alice",
            "connector": connector, "params": {} });
        client.post("/api/v1/execute_tool", &call).status
    };
    assert_eq!(execute("hubspot-qkHFhMip"), 200);
    // Nor is it the connector's name, or a connection of another connector.
    assert_eq!([execute("hubspot"), execute("linear-mR2xVd9K")], [404, 404]);
}

#[test]
fn lengths_are_those_the_interface_states() {
    let long = |length: usize| "x".repeat(length);
    let list = |query: String| format!("/api/v1/connected_accounts?{query}");
    let mut client = Client::new();
    for (query, status) in [
        (format!("identifier={}", long(100)), 200),
        (format!("identifier={}", long(101)), 400),
        ("page_size=99".to_owned(), 200),
        ("page_size=100".to_owned(), 400),
        (format!("page_token={}", long(101)), 400),
        ("connector=hub%2Fspot".to_owned(), 400),
        (format!("connection_names={}", long(401)), 400),
    ] {
        assert_eq!(client.get(&list(query.clone())).status, status, "{query}");
    }
    let link = |identifier: usize, state: usize, url: &str| {
        json!({ "connector": "hubspot-qkHFhMip", "identifier": long(identifier), "state": long(state),
            "user_verify_url": url })
    };
    let verify = |id: usize, identifier: usize| json!({ "auth_request_id": long(id), "identifier": long(identifier) });
    let execute = |run: usize| {
        json!({ "tool_name": "hubspot_owners_list", "identifier": "user_alice", "params": {},
            "agent_run_id": long(run) })
    };
    let here = "https://app.example/c";
    for (path, request, status) in [
        ("connected_accounts/magic_link", link(100, 512, here), 200),
        ("connected_accounts/magic_link", link(101, 512, here), 400),
        ("connected_accounts/magic_link", link(100, 513, here), 400),
        (
            "connected_accounts/magic_link",
            link(100, 512, "app://here"),
            400,
        ),
        ("connected_accounts/user/verify", verify(1000, 200), 404),
        ("connected_accounts/user/verify", verify(1001, 200), 400),
        ("connected_accounts/user/verify", verify(1000, 201), 400),
        ("execute_tool", execute(255), 200),
        ("execute_tool", execute(256), 400),
    ] {
        let reply = client.post(&format!("/api/v1/{path}"), &request);
        assert_eq!(reply.status, status, "{path} {request}");
    }
    // What was refused says which field, as the interface has it.
    let refused = client.get(&list(format!("identifier={}", long(101))));
    let violations = &body(&refused)["details"][0]["validation_error_info"]["field_violations"];
    assert_eq!(violations[0]["field"], "identifier");
    // Without the limits, anything goes.
    assert_eq!(
        Client::with(&json!({ "lengths": "any" }))
            .get(&list(format!("identifier={}", long(101))))
            .status,
        200
    );
}

#[test]
fn tools_offered_are_those_of_the_workspace_s_connectors() {
    let mut client = Client::with(&json!({ "connections": {
        "zd": { "provider": "zendeskoauth", "kind": "oauth" } } }));
    for path in [
        "/api/v1/tools",
        "/api/v1/tools/scoped?identifier=user_alice&filter.providers=ZENDESKOAUTH",
    ] {
        let tools = body(&client.get(path))["tools"].clone();
        let tools = tools.as_array().expect("a list").clone();
        assert!(!tools.is_empty());
        let name = |it: &Value| it.to_string().contains("\"zendeskoauth_");
        assert!(tools.iter().all(name), "{path}");
    }
}

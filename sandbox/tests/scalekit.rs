//! Scalekit's REST as a client sees it: tokens, accounts, tools, errors, connecting.

mod common;

use common::{BASE, Client, NOW, body, error};
use onbehalf_sandbox::service::{Decision, Next};
use serde_json::json;

#[test]
fn a_token_is_needed_and_expires() {
    let mut client = Client::new();
    let good = std::mem::take(&mut client.token);
    let refused = client.send("GET", "/api/v1/connected_accounts", Vec::new());
    assert_eq!(error(&refused), (401, "UNAUTHENTICATED".into(), None));
    client.token = good;
    assert_eq!(
        client
            .send("GET", "/api/v1/connected_accounts", Vec::new())
            .status,
        200
    );
    client.now = NOW + 3_600_000;
    assert_eq!(
        client
            .send("GET", "/api/v1/connected_accounts", Vec::new())
            .status,
        401
    );
}

#[test]
fn a_wrong_client_gets_no_token() {
    let mut client = Client::new();
    let form = b"grant_type=client_credentials&client_id=x&client_secret=y".to_vec();
    assert_eq!(client.send("POST", "/oauth/token", form).status, 401);
}

#[test]
fn one_call_lists_all_three_connectors_of_a_user() {
    let mut client = Client::of_plain_names();
    let list = |client: &mut Client, user: &str| {
        let url = format!(
            "/api/v1/connected_accounts?identifier=user_{user}&connection_names=hubspot&connection_names=zendesk&connection_names=linear"
        );
        let listed = body(&client.send("GET", &url, Vec::new()));
        let accounts = listed["connected_accounts"]
            .as_array()
            .expect("a list")
            .clone();
        accounts
            .iter()
            .map(|it| it["connector"].as_str().expect("a name").to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(list(&mut client, "alice"), ["hubspot", "linear", "zendesk"]);
    assert_eq!(list(&mut client, "bob"), ["hubspot", "linear"]);
    let both = "/api/v1/connected_accounts?connector=hubspot&connection_names=zendesk";
    assert_eq!(client.send("GET", both, Vec::new()).status, 400);
}

#[test]
fn accounts_are_paged() {
    let mut client = Client::new();
    let first = body(&client.send("GET", "/api/v1/connected_accounts?page_size=4", Vec::new()));
    assert_eq!(first["total_size"], 19);
    assert_eq!(
        first["connected_accounts"]
            .as_array()
            .expect("a list")
            .len(),
        4
    );
    let next = format!(
        "/api/v1/connected_accounts?page_size=99&page_token={}",
        first["next_page_token"].as_str().expect("a token")
    );
    let rest = body(&client.send("GET", &next, Vec::new()));
    assert_eq!(
        rest["connected_accounts"].as_array().expect("a list").len(),
        15
    );
    assert_eq!(rest["next_page_token"], "");
}

#[test]
fn errors_are_those_of_the_contract() {
    let mut client = Client::with(&json!({ "missing": "named" }));
    let unknown = client.execute("alice", "hubspot_search_contacts", &json!({}));
    assert_eq!(error(&unknown), (404, "TOOL_NOT_FOUND".into(), None));
    let missing = client.execute(
        "bob",
        "zendesk_search_tickets",
        &json!({ "query": "type:ticket" }),
    );
    assert_eq!(
        error(&missing),
        (404, "CONNECTED_ACCOUNT_NOT_FOUND".into(), None)
    );
    let invalid = client.execute(
        "alice",
        "hubspot_task_create",
        &json!({ "hs_task_subject": 7, "wat": 1 }),
    );
    assert_eq!(error(&invalid), (400, "VALIDATION_ERROR".into(), None));
    let violations = &body(&invalid)["details"][0]["validation_error_info"]["field_violations"];
    let fields: Vec<&str> = violations
        .as_array()
        .expect("a list")
        .iter()
        .map(|it| it["field"].as_str().expect("a name"))
        .collect();
    assert_eq!(fields, ["hs_task_subject", "hs_timestamp", "wat"]);
    let stranger = client.execute("nobody", "hubspot_contacts_search", &json!({}));
    assert_eq!(stranger.status, 404);
}

#[test]
fn a_link_ends_in_an_active_account_once_the_right_user_is_verified() {
    let mut client = Client::of_plain_names();
    let asked = json!({ "connector": "zendesk", "identifier": "user_bob", "state": "s1",
        "user_verify_url": "https://app.example/connect/callback" });
    let link = body(&client.post("/api/v1/connected_accounts/magic_link", &asked));
    let token = link["link"]
        .as_str()
        .expect("a link")
        .strip_prefix(&format!("{BASE}/magic/"))
        .expect("ours")
        .to_owned();
    assert!(client.service.consent(&token, NOW).is_some());
    let Decision { next, webhooks } = client
        .service
        .decide(&token, true, NOW)
        .expect("a decision");
    assert_eq!(webhooks[0].data["status"], "PENDING_VERIFICATION");
    let Next::Redirect(location) = next else {
        panic!("the browser goes back, not {next:?}");
    };
    assert!(
        client.service.decide(&token, true, NOW).is_none(),
        "a link is used once"
    );
    let location = url::Url::parse(&location).expect("a URL");
    let given = |name: &str| {
        location
            .query_pairs()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.into_owned())
    };
    assert_eq!(given("state").as_deref(), Some("s1"));
    let id = given("auth_request_id").expect("an id");
    let verify = |client: &mut Client, identifier: &str| {
        let asked = json!({ "auth_request_id": id, "identifier": identifier });
        client.post("/api/v1/connected_accounts/user/verify", &asked)
    };
    assert_eq!(verify(&mut client, "user_carol").status, 403);
    assert_ne!(
        client
            .service
            .world
            .vault
            .get("user_bob", "zendesk")
            .expect("it")
            .status,
        "ACTIVE"
    );
    let verified = verify(&mut client, "user_bob");
    assert_eq!(verified.status, 200);
    assert_eq!(verified.webhooks[0].data["status"], "ACTIVE");
    assert_eq!(verify(&mut client, "user_bob").status, 404);
}

#[test]
fn a_link_expires() {
    let mut client = Client::of_plain_names();
    let asked = json!({ "connector": "zendesk", "identifier": "user_bob", "user_verify_url": "https://app.example/c" });
    let link = body(&client.post("/api/v1/connected_accounts/magic_link", &asked));
    let token = link["link"]
        .as_str()
        .expect("a link")
        .rsplit('/')
        .next()
        .expect("a token")
        .to_owned();
    assert!(client.service.consent(&token, NOW + 600_000).is_none());
}

#[test]
fn carol_s_linear_dies_after_the_first_read_of_each_run_until_she_connects_again() {
    let mut client = Client::of_plain_names();
    let read = json!({ "query": "{ issues(first: 1) { nodes { id } } }" });
    let mut linear = |run: &str| {
        client
            .execute_in(run, "carol", "linear_graphql_query", &read)
            .status
    };
    assert_eq!(
        [linear("a"), linear("a"), linear("b"), linear("b")],
        [200, 401, 200, 401]
    );
    let account = client
        .service
        .world
        .vault
        .get_mut("user_carol", "linear")
        .expect("hers");
    assert_eq!(account.status, "ACTIVE", "a status is only a hint");
    account.renew();
    let mut linear = |run: &str| {
        client
            .execute_in(run, "carol", "linear_graphql_query", &read)
            .status
    };
    assert_eq!(
        [linear("a"), linear("a"), linear("c"), linear("c")],
        [200, 200, 200, 401]
    );
}

#[test]
fn the_ledger_holds_each_write_that_landed_even_if_its_answer_was_lost() {
    let mut client = Client::new();
    let task = json!({ "hs_task_subject": "Call", "hs_timestamp": "2026-11-24T09:00:00Z" });
    client.faults(
        &json!([{ "match": { "tool": "hubspot_task_create" }, "lose_answer": true, "times": 1 }]),
    );
    assert!(client.execute("alice", "hubspot_task_create", &task).broken);
    assert_eq!(
        client.execute("alice", "hubspot_task_create", &task).status,
        200
    );
    client.faults(&json!([{ "break_before": true }]));
    assert!(client.execute("alice", "hubspot_task_create", &task).broken);
    let ledger = &client.service.world.ledger;
    assert_eq!(ledger.len(), 2);
    assert!(
        ledger
            .iter()
            .all(|it| it.identifier == "user_alice" && it.tool == "hubspot_task_create")
    );
}

#[test]
fn faults_choose_their_target_their_share_and_their_end() {
    let mut client = Client::with(&json!({ "retry_after": "kept", "app_limits": false }));
    client.faults(&json!([
        { "match": { "identifier": "user_alice", "tool": "hubspot_contacts_search" }, "status": 429, "retry_after": 3, "times": 2 },
    ]));
    let mut search = |user: &str| client.execute(user, "hubspot_contacts_search", &json!({}));
    assert_eq!(search("dave").status, 200);
    let limited = search("alice");
    assert_eq!(
        error(&limited),
        (429, "TOOL_ERROR".into(), Some("RATE_LIMITED".into()))
    );
    assert!(
        limited
            .headers
            .contains(&("retry-after".into(), "3".into()))
    );
    assert_eq!([search("alice").status, search("alice").status], [429, 200]);
    client.faults(&json!([{ "status": 503, "service": true, "rate": 0.3 }]));
    let failed = (0..200)
        .filter(|_| {
            client
                .execute("dave", "hubspot_contacts_search", &json!({}))
                .status
                == 503
        })
        .count();
    assert!((30..=90).contains(&failed), "{failed} of 200 at 30%");
}

#[test]
fn the_same_world_at_the_same_time_gives_the_same_bytes() {
    let answers = || {
        let mut client = Client::new();
        let contacts = client
            .execute("erin", "hubspot_contacts_search", &json!({ "limit": 100 }))
            .body;
        let issues = client
            .execute("erin", "linear_issues_list", &json!({ "first": 250 }))
            .body;
        (contacts, issues)
    };
    assert_eq!(answers(), answers());
}

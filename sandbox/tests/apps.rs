//! The apps' own languages and limits: HubSpot's filters, Zendesk's queries, Linear's GraphQL.

mod common;

use common::{Client, body, error};
use serde_json::{Value, json};

fn onboarding(after: Option<&str>) -> Value {
    let groups = json!([{ "filters": [
        { "propertyName": "lifecyclestage", "operator": "EQ", "value": "customer" },
        { "propertyName": "hs_v2_date_entered_customer", "operator": "GTE", "value": "2026-10-24T08:00:00Z" },
    ] }]);
    let mut params = json!({ "filterGroups": groups.to_string(), "properties": ["email", "company"], "limit": 100 });
    if let Some(after) = after {
        params["after"] = after.into();
    }
    params
}

#[test]
fn alice_has_two_hundred_customers_in_onboarding_on_two_pages() {
    let mut client = Client::with(&json!({ "portals": "own" }));
    let first = client.data("alice", "hubspot_contacts_search", &onboarding(None));
    assert_eq!(first["total"], 200);
    let after = first["paging"]["next"]["after"]
        .as_str()
        .expect("a cursor")
        .to_owned();
    let second = client.data(
        "alice",
        "hubspot_contacts_search",
        &onboarding(Some(&after)),
    );
    assert!(second.get("paging").is_none());
    let mut emails: Vec<String> = [&first, &second]
        .iter()
        .flat_map(|page| page["results"].as_array().expect("a list"))
        .map(|it| {
            it["properties"]["email"]
                .as_str()
                .expect("an address")
                .to_owned()
        })
        .collect();
    emails.sort();
    emails.dedup();
    assert_eq!(emails.len(), 200);
}

#[test]
fn hubspot_refuses_what_it_does_not_take() {
    let mut client = Client::with(&json!({ "provider_errors": "kept" }));
    for params in [
        json!({ "limit": 101 }),
        json!({ "after": "x" }),
        json!({ "filterGroups": "[{]" }),
        json!({ "filterGroups": "[{\"filters\":[{\"propertyName\":\"a\",\"operator\":\"LIKE\",\"value\":\"b\"}]}]" }),
        json!({ "after": "9950", "limit": 100 }),
    ] {
        let refused = client.execute("alice", "hubspot_contacts_search", &params);
        assert_eq!(
            error(&refused),
            (400, "TOOL_ERROR".into(), Some("VALIDATION_ERROR".into())),
            "{params}"
        );
    }
}

#[test]
fn a_task_is_found_by_its_marker_once_the_index_has_caught_up() {
    let mut client = Client::with(&json!({ "search_lag": "none" }));
    let task = json!({ "hs_task_subject": "Call Acme", "hs_timestamp": "2026-11-24T09:00:00Z", "hs_task_body": "ref onbehalf9f3a<br>end" });
    let made = client.data("alice", "hubspot_task_create", &task);
    let groups = json!([{ "filters": [{ "propertyName": "hs_task_body", "operator": "CONTAINS_TOKEN", "value": "onbehalf9f3a" }] }]);
    let search = json!({ "filterGroups": groups.to_string(), "properties": "hs_task_subject,hs_task_status" });
    let found = client.data("alice", "hubspot_tasks_search", &search);
    assert_eq!(
        (&found["total"], &found["results"][0]["id"]),
        (&json!(1), &made["id"])
    );
    client.faults(&json!([{ "search_lag_ms": 5000 }]));
    assert_eq!(
        client.data("alice", "hubspot_tasks_search", &search)["total"],
        0
    );
    client.now += 5000;
    assert_eq!(
        client.data("alice", "hubspot_tasks_search", &search)["total"],
        1
    );
    client.data(
        "alice",
        "hubspot_task_complete",
        &json!({ "task_id": made["id"] }),
    );
    let open = json!([{ "filters": [{ "propertyName": "hs_task_status", "operator": "NEQ", "value": "COMPLETED" }] }]);
    let open = json!({ "filterGroups": open.to_string() });
    assert_eq!(
        client.data("alice", "hubspot_tasks_search", &open)["total"],
        0
    );
}

#[test]
fn zendesk_or_s_values_of_one_keyword_and_ands_keywords() {
    let mut client = Client::new();
    let all = client.data(
        "alice",
        "zendesk_search_tickets",
        &json!({ "query": "type:ticket status<solved", "include": "tickets(users)" }),
    );
    let users = all["users"].as_array().expect("sideloaded");
    let (one, two) = (
        users[0]["email"].as_str().expect("it"),
        users[1]["email"].as_str().expect("it"),
    );
    let mut count = |query: String| {
        client.data(
            "alice",
            "zendesk_search_tickets",
            &json!({ "query": query }),
        )["count"]
            .as_u64()
            .expect("a count")
    };
    let (first, second) = (
        count(format!("requester:{one}")),
        count(format!("requester:{two}")),
    );
    assert_eq!(
        count(format!("requester:{one} requester:\"{two}\"")),
        first + second
    );
    assert_eq!(
        count(format!("requester:{one} status<solved"))
            + count(format!("requester:{one} -status<solved")),
        first
    );
    assert_eq!(count("nonsense:1".into()), 0);
    assert_eq!(count("created>2030-01-01".into()), 0);
}

#[test]
fn zendesk_shows_a_thousand_results_and_no_more() {
    let mut client = Client::with(&json!({ "provider_errors": "kept" }));
    let page = |page: u32| json!({ "query": "type:ticket", "per_page": 100, "page": page });
    let last = client.data("erin", "zendesk_search_tickets", &page(10));
    assert_eq!(last["results"].as_array().expect("a list").len(), 100);
    assert!(last["count"].as_u64().expect("a count") > 1000);
    assert_eq!(
        client
            .execute("erin", "zendesk_search_tickets", &page(11))
            .status,
        422
    );
}

#[test]
fn linear_answers_what_is_selected_and_pages() {
    let mut client = Client::new();
    let query = "query($labels: [String!], $after: String) { all: issues(filter: {labels: {name: {in: $labels}}}, first: 3, after: $after) {
        nodes { ...Part state { type } labels(first: 2) { nodes { name } } } pageInfo { hasNextPage endCursor } } }
        fragment Part on Issue { identifier dueDate }";
    let contacts = client.data("alice", "hubspot_contacts_search", &onboarding(None));
    let email = contacts["results"][0]["properties"]["email"]
        .as_str()
        .expect("it");
    let label = format!("customer:{}", email.split('@').nth(1).expect("a domain"));
    let ask = |after: Value| json!({ "query": query, "variables": { "labels": [label], "after": after } });
    let first =
        client.data("alice", "linear_graphql_query", &ask(Value::Null))["data"]["all"].clone();
    let node = &first["nodes"][0];
    assert_eq!(
        node.as_object()
            .expect("an issue")
            .keys()
            .collect::<Vec<_>>(),
        ["dueDate", "identifier", "labels", "state"]
    );
    assert_eq!(first["pageInfo"]["hasNextPage"], true);
    let second = client.data(
        "alice",
        "linear_graphql_query",
        &ask(first["pageInfo"]["endCursor"].clone()),
    )["data"]["all"]
        .clone();
    assert_ne!(
        first["nodes"][0]["identifier"],
        second["nodes"][0]["identifier"]
    );
}

#[test]
fn linear_refuses_unknown_fields_long_pages_and_heavy_queries() {
    let mut client = Client::with(&json!({ "linear_errors": "status", "provider_errors": "kept" }));
    for query in [
        "{ issues(first: 1) { nodes { nope } } }",
        "{ issues(first: 251) { nodes { id } } }",
        "{ issues(first: 250) { nodes { id labels { nodes { name } } comments { nodes { id } } } } }",
        "{ issues(first: 1) { nodes { id }",
        "{ issues(filter: {wat: {eq: 1}}, first: 1) { nodes { id } } }",
        "mutation { issueDelete(id: \"x\") { success } }",
    ] {
        let refused = client.execute("alice", "linear_graphql_query", &json!({ "query": query }));
        assert_eq!(
            (refused.status, error(&refused).1.as_str()),
            (400, "TOOL_ERROR"),
            "{query}"
        );
    }
}

#[test]
fn a_comment_of_a_chosen_id_is_made_once() {
    let mut client = Client::with(&json!({ "linear_errors": "status", "provider_errors": "kept" }));
    let issues = client.data("alice", "linear_issues_list", &json!({ "first": 1 }));
    let issue = issues["data"]["issues"]["nodes"][0]["id"].clone();
    let query = "mutation($input: CommentCreateInput!) { commentCreate(input: $input) { success comment { id body } } }";
    let id = "0b1c2d3e-4f50-4a61-8b72-93a4b5c6d7e8";
    let create = json!({ "query": query, "variables": { "input": { "id": id, "issueId": issue, "body": "stalled" } } });
    let made = client.data("alice", "linear_graphql_query", &create);
    assert_eq!(made["data"]["commentCreate"]["comment"]["id"], id);
    let again = client.execute("alice", "linear_graphql_query", &create);
    assert_eq!(again.status, 400);
    let said = body(&again)["details"][0]["tool_error_info"]["tool_error_message"]
        .as_str()
        .expect("words")
        .to_owned();
    assert!(said.contains("already exists"), "{said}");
    let listed = client.data(
        "alice",
        "linear_comments_list",
        &json!({ "issueId": issue }),
    );
    let comments = listed["data"]["issue"]["comments"]["nodes"]
        .as_array()
        .expect("a list")
        .clone();
    assert_eq!(comments.len(), 1);
    assert_eq!(comments[0]["user"]["name"], "Alice Moreau");
    let other = json!({ "query": query, "variables": { "input": { "id": "7", "issueId": issue, "body": "x" } } });
    assert_eq!(
        client
            .execute("alice", "linear_graphql_query", &other)
            .status,
        400
    );
}

//! Zendesk: what is new, what is overdue, and its two connectors.

mod common;

use common::{Client, NOW, error};
use serde_json::{Value, json};

fn search(client: &mut Client, query: &str) -> Vec<Value> {
    let params = json!({ "query": query, "per_page": 100 });
    let found = client.data("dave", "zendesk_search_tickets", &params);
    found["results"].as_array().expect("a list").clone()
}

fn moment(ticket: &Value, field: &str) -> Option<i64> {
    let text = ticket[field].as_str()?;
    onbehalf_sandbox::world::time::parse(text)
}

#[test]
fn what_is_new_since_a_span_or_a_date_is_found() {
    let mut client = Client::new();
    let all = search(&mut client, "type:ticket");
    let day = 86_400_000;
    for (query, since) in [
        ("created>2days", NOW - 2 * day),
        ("created>48hours", NOW - 2 * day),
        ("created>1weeks", NOW - 7 * day),
        ("updated>2026-11-20", NOW - 3 * day - 8 * 3_600_000),
        ("updated>2026-11-20T08:00:00Z", NOW - 3 * day),
    ] {
        let found = search(&mut client, &format!("type:ticket {query}"));
        assert!(!found.is_empty() && found.len() < all.len(), "{query}");
        assert!(
            found
                .iter()
                .all(|it| moment(it, "created_at") > Some(since)),
            "{query}"
        );
    }
}

#[test]
fn what_is_overdue_is_a_task_with_a_time_that_has_passed() {
    let mut client = Client::new();
    let overdue = search(
        &mut client,
        "ticket_type:task status<solved due_date<2026-11-23",
    );
    assert!(!overdue.is_empty());
    for ticket in &overdue {
        assert_eq!(ticket["type"], "task");
        assert!(moment(ticket, "due_at").is_some_and(|due| due < NOW));
    }
    let without = search(&mut client, "due_date:none");
    assert!(
        without
            .iter()
            .all(|it| it["due_at"].is_null() && it["type"] != "task")
    );
}

#[test]
fn a_page_longer_than_a_hundred_is_refused() {
    let mut client = Client::with(&json!({ "provider_errors": "kept" }));
    let params = json!({ "query": "type:ticket", "per_page": 101 });
    let refused = client.execute("alice", "zendesk_search_tickets", &params);
    assert_eq!(
        (refused.status, error(&refused).1.as_str()),
        (422, "TOOL_ERROR")
    );
}

#[test]
fn the_connector_with_oauth_has_the_same_tools_by_another_prefix() {
    let mut client = Client::with(&json!({ "connections": {
        "zendeskoauth-Xy12": { "provider": "zendeskoauth", "kind": "oauth" } } }));
    let query = json!({ "query": "type:ticket", "per_page": 1 });
    let found = client.data("alice", "zendeskoauth_search_tickets", &query);
    assert_eq!(found["results"].as_array().expect("a list").len(), 1);
    let other = client.execute("alice", "zendesk_search_tickets", &query);
    assert_eq!(other.status, 404, "there is no such connection");
}

#[test]
fn an_account_takes_four_hundred_requests_a_minute() {
    let mut client = Client::with(&json!({ "retry_after": "kept" }));
    let count = |client: &mut Client| client.execute("dave", "zendesk_tickets_count", &json!({}));
    let served = (0..400)
        .filter(|_| count(&mut client).status == 200)
        .count();
    let refused = count(&mut client);
    assert_eq!((served, refused.status), (400, 429));
    assert_eq!(common::header(&refused, "retry-after"), Some("60"));
}

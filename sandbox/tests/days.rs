//! Days of work: what people did in a world that was lived in.

mod common;

use std::collections::BTreeSet;

use common::{Client, NOW};
use onbehalf_sandbox::world::time::{DAY, parse};
use serde_json::{Value, json};

/// Dave's customers, with every ticket they wrote and every task there is for them.
fn seen(client: &mut Client) -> (BTreeSet<String>, Vec<Value>, Vec<Value>) {
    let params = json!({ "query": "type:ticket", "per_page": 100 });
    let tickets = client.data("dave", "zendesk_search_tickets", &params);
    let filters = json!([{ "filters": [{ "propertyName": "lifecyclestage", "operator": "EQ", "value": "customer" }] }]);
    let params =
        json!({ "filterGroups": filters.to_string(), "properties": ["email"], "limit": 100 });
    let contacts = client.data("dave", "hubspot_contacts_search", &params);
    let issues = client.data(
        "dave",
        "linear_issues_list",
        &json!({ "labels": ["onboarding"], "first": 250 }),
    );
    let list = |of: &Value| of.as_array().expect("a list").clone();
    let contacts = list(&contacts["results"]);
    let ids = contacts.iter().map(|it| it["id"].to_string()).collect();
    (
        ids,
        list(&tickets["results"]),
        list(&issues["data"]["issues"]["nodes"]),
    )
}

fn after_a_week() -> Client {
    let mut client = Client::new();
    for day in 1..=7 {
        client.service.world.work(NOW + day * DAY);
    }
    client.now = NOW + 7 * DAY;
    client.renew();
    client
}

#[test]
fn in_a_week_customers_come_ask_and_are_answered_and_tasks_are_done() {
    let (contacts, tickets, issues) = seen(&mut Client::new());
    let (later_contacts, later_tickets, later_issues) = seen(&mut after_a_week());
    assert!(later_contacts.is_superset(&contacts) && later_contacts.len() > contacts.len());
    assert!(later_tickets.len() > tickets.len(), "some have asked");
    let with =
        |of: &[Value], key: &str, value: &str| of.iter().filter(|it| it[key] == value).count();
    let solved = |of: &[Value]| with(of, "status", "solved");
    assert!(
        solved(&later_tickets) > solved(&tickets),
        "some were answered"
    );
    let done = |of: &[Value]| {
        of.iter()
            .filter(|it| it["state"]["type"] == "completed")
            .count()
    };
    assert!(done(&later_issues) > done(&issues), "some tasks were done");
}

#[test]
fn nothing_is_known_before_it_happens() {
    let mut client = after_a_week();
    let (_, tickets, issues) = seen(&mut client);
    for at in tickets
        .iter()
        .map(|it| &it["created_at"])
        .chain(issues.iter().map(|it| &it["createdAt"]))
    {
        let at = at.as_str().and_then(parse).expect("a time");
        assert!(at <= client.now, "{at} is to come");
    }
}

#[test]
fn the_same_days_are_the_same_twice() {
    assert_eq!(seen(&mut after_a_week()), seen(&mut after_a_week()));
}

//! A portal as a company has it: shared, owned in parts, limited, and a little behind.

mod common;

use std::collections::BTreeSet;

use common::{Client, NOW, error};
use onbehalf_sandbox::world::users::{APPS, CsmSeed};
use serde_json::{Value, json};

/// A client of a portal that counts no calls: these tests read all of it at once.
fn unlimited() -> Client {
    Client::with(&json!({ "app_limits": false }))
}

fn contacts(filters: &Value, after: Option<&str>) -> Value {
    let groups = json!([{ "filters": filters }]).to_string();
    let mut params = json!({ "filterGroups": groups, "limit": 100,
        "properties": ["email", "hubspot_owner_id", "associatedcompanyid"] });
    if let Some(after) = after {
        params["after"] = after.into();
    }
    params
}

/// Every contact in onboarding that also passes these filters.
fn onboarding(client: &mut Client, user: &str, filters: &[Value]) -> Vec<Value> {
    let mut all = vec![
        json!({ "propertyName": "lifecyclestage", "operator": "EQ", "value": "customer" }),
        json!({ "propertyName": "hs_v2_date_entered_customer", "operator": "GTE", "value": "2026-10-24T08:00:00Z" }),
    ];
    all.extend_from_slice(filters);
    let (mut found, mut after): (Vec<Value>, Option<String>) = (Vec::new(), None);
    loop {
        let params = contacts(&json!(all), after.as_deref());
        let page = client.data(user, "hubspot_contacts_search", &params);
        found.extend(page["results"].as_array().expect("a list").iter().cloned());
        match page["paging"]["next"]["after"].as_str() {
            Some(next) => after = Some(next.to_owned()),
            None => return found,
        }
    }
}

fn owner_id(client: &mut Client, user: &str) -> String {
    let email = format!("{user}@acme.example");
    let found = client.data(user, "hubspot_owners_list", &json!({ "email": email }));
    assert_eq!(found["results"].as_array().expect("a list").len(), 1);
    found["results"][0]["id"]
        .as_str()
        .expect("an id")
        .to_owned()
}

fn owned_by(id: &str) -> Value {
    json!({ "propertyName": "hubspot_owner_id", "operator": "EQ", "value": id })
}

#[test]
fn who_calls_sees_the_whole_portal_and_owns_a_part_of_it() {
    let mut client = unlimited();
    let all = onboarding(&mut client, "alice", &[]);
    assert_eq!(all, onboarding(&mut client, "bob", &[]));
    let (alice, bob) = (owner_id(&mut client, "alice"), owner_id(&mut client, "bob"));
    let hers = onboarding(&mut client, "bob", &[owned_by(&alice)]);
    let his = onboarding(&mut client, "alice", &[owned_by(&bob)]);
    assert_eq!((hers.len(), his.len()), (200, 40));
    assert!(
        hers.iter()
            .all(|it| it["properties"]["hubspot_owner_id"] == *alice)
    );
    let addresses = |of: &[Value]| -> BTreeSet<String> {
        of.iter()
            .map(|it| it["properties"]["email"].to_string())
            .collect()
    };
    assert!(addresses(&hers).is_disjoint(&addresses(&his)));
}

#[test]
fn some_customers_are_nobody_s_and_some_are_of_somebody_who_left() {
    let mut client = unlimited();
    let nobody = json!({ "propertyName": "hubspot_owner_id", "operator": "NOT_HAS_PROPERTY" });
    assert!(!onboarding(&mut client, "alice", &[nobody]).is_empty());
    let listed = client.data("alice", "hubspot_owners_list", &json!({ "limit": 500 }));
    let listed: BTreeSet<String> = listed["results"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|owner| owner["id"].as_str().expect("an id").to_owned())
        .collect();
    let owners: BTreeSet<String> = onboarding(&mut client, "alice", &[])
        .iter()
        .filter_map(|it| {
            it["properties"]["hubspot_owner_id"]
                .as_str()
                .map(str::to_owned)
        })
        .collect();
    assert_eq!(
        owners.difference(&listed).count(),
        1,
        "one who left owns some"
    );
}

#[test]
fn nobody_sees_another_company_s_portal() {
    let mut client = Client::new();
    let portal = |client: &mut Client, user: &str| {
        client.data(user, "hubspot_account_details_get", &json!({}))["portalId"].clone()
    };
    assert_eq!(portal(&mut client, "alice"), portal(&mut client, "erin"));
    assert_ne!(portal(&mut client, "alice"), portal(&mut client, "dave"));
    let (alice, email) = (
        owner_id(&mut client, "alice"),
        json!({ "email": "alice@acme.example" }),
    );
    assert!(onboarding(&mut client, "dave", &[owned_by(&alice)]).is_empty());
    let found = client.data("dave", "hubspot_owners_list", &email);
    assert_eq!(found["results"], json!([]));
}

#[test]
fn a_task_is_associated_and_given_an_owner_and_each_is_a_write() {
    let mut client = Client::new();
    let owner = owner_id(&mut client, "alice");
    let contact = onboarding(&mut client, "alice", &[owned_by(&owner)])[0].clone();
    let task = json!({ "hs_task_subject": "Call", "hs_timestamp": "2026-11-24T09:00:00Z" });
    let task = client.data("alice", "hubspot_task_create", &task)["id"].clone();
    for (kind, id, number) in [
        ("contacts", contact["id"].clone(), 204),
        (
            "companies",
            contact["properties"]["associatedcompanyid"].clone(),
            192,
        ),
    ] {
        let params = json!({ "from_object_type": "tasks", "from_object_id": task,
            "to_object_type": kind, "to_object_id": id });
        let made = client.data("alice", "hubspot_association_create", &params);
        assert_eq!(made["status"], "COMPLETE");
        assert_eq!(
            made["results"][0]["associationSpec"]["associationTypeId"],
            number
        );
    }
    let params = json!({ "task_id": task, "properties": { "hubspot_owner_id": owner } });
    client.data("alice", "hubspot_task_update", &params);
    let params = json!({ "task_id": task, "properties": "hubspot_owner_id,hs_task_subject",
        "associations": "contacts,companies" });
    let shown = client.data("alice", "hubspot_task_get", &params);
    assert_eq!(shown["properties"]["hubspot_owner_id"], owner.as_str());
    let associated = &shown["associations"]["contacts"]["results"][0];
    assert_eq!(
        *associated,
        json!({ "id": contact["id"], "type": "task_to_contact" })
    );
    let tools: Vec<&str> = client.ledger().iter().map(|it| it.tool.as_str()).collect();
    assert_eq!(
        tools,
        [
            "hubspot_task_create",
            "hubspot_association_create",
            "hubspot_association_create",
            "hubspot_task_update"
        ]
    );
}

#[test]
fn what_is_not_there_is_neither_associated_nor_owner() {
    let mut client = Client::with(&json!({ "provider_errors": "kept" }));
    let task = json!({ "hs_task_subject": "Call", "hs_timestamp": "2026-11-24T09:00:00Z" });
    let task = client.data("alice", "hubspot_task_create", &task)["id"].clone();
    let associate = |kind: &str, id: &str| {
        json!({ "from_object_type": "tasks", "from_object_id": task,
            "to_object_type": kind, "to_object_id": id })
    };
    let (nobody, nothing) = (associate("contacts", "7"), associate("planets", "51000"));
    let owner = json!({ "task_id": task, "properties": { "hubspot_owner_id": "7" } });
    for (tool, params, status) in [
        ("hubspot_association_create", nobody, 404),
        ("hubspot_association_create", nothing, 400),
        ("hubspot_task_update", owner, 400),
    ] {
        let refused = client.execute("alice", tool, &params);
        assert_eq!(
            (refused.status, error(&refused).1.as_str()),
            (status, "TOOL_ERROR"),
            "{params}"
        );
    }
    assert_eq!(client.ledger().len(), 1);
}

#[test]
fn a_deleted_task_is_gone_from_the_store_and_deleting_it_again_is_no_write() {
    let mut client = Client::with(&json!({ "provider_errors": "kept" }));
    let task = json!({ "hs_task_subject": "Call", "hs_timestamp": "2026-11-24T09:00:00Z" });
    let id = json!({ "task_id": client.data("alice", "hubspot_task_create", &task)["id"] });
    client.data("alice", "hubspot_task_delete", &id);
    assert_eq!(client.execute("alice", "hubspot_task_get", &id).status, 404);
    let archived = json!({ "task_id": id["task_id"], "archived": true });
    assert_eq!(
        client.data("alice", "hubspot_task_get", &archived)["archived"],
        true
    );
    assert_eq!(
        client.data("alice", "hubspot_tasks_list", &json!({}))["results"],
        json!([])
    );
    client.data("alice", "hubspot_task_delete", &id);
    assert_eq!(client.ledger().len(), 2);
    let never = json!({ "task_id": "1" });
    assert_eq!(
        client
            .execute("alice", "hubspot_task_delete", &never)
            .status,
        404
    );
}

#[test]
fn the_list_pages_through_the_store_and_knows_at_once_what_the_index_learns_later() {
    let mut client = unlimited();
    for n in 0..120 {
        let task = json!({ "hs_task_subject": format!("Call {n}"), "hs_timestamp": "2026-11-24T09:00:00Z" });
        client.data("alice", "hubspot_task_create", &task);
    }
    let page = |client: &mut Client, after: &Value| {
        let mut params = json!({ "limit": 100 });
        if after.is_string() {
            params["after"] = after.clone();
        }
        client.data("alice", "hubspot_tasks_list", &params)
    };
    let first = page(&mut client, &Value::Null);
    let second = page(&mut client, &first["paging"]["next"]["after"]);
    let ids: BTreeSet<String> = [&first, &second]
        .iter()
        .flat_map(|page| page["results"].as_array().expect("a list"))
        .map(|task| task["id"].to_string())
        .collect();
    assert_eq!((ids.len(), second.get("paging")), (120, None));
    let mut found = |after_ms: i64| {
        client.now = common::NOW + after_ms;
        client.data("alice", "hubspot_tasks_search", &json!({}))["total"].clone()
    };
    assert_eq!(found(0), 0);
    let soon = found(8_000).as_u64().expect("a count");
    assert!(
        (60..120).contains(&soon),
        "most are known after seconds, not all: {soon}"
    );
    assert_eq!(found(60_000), 120);
}

#[test]
fn searches_are_limited_for_the_portal_whoever_searches() {
    let mut client = Client::new();
    let mut search = |user: &str| client.execute(user, "hubspot_contacts_search", &json!({}));
    let people = ["alice", "bob", "carol", "erin", "alice"];
    assert!(people.iter().all(|user| search(user).status == 200));
    let refused = search("bob");
    assert_eq!(
        error(&refused),
        (429, "TOOL_ERROR".into(), Some("RATE_LIMIT".into()))
    );
    assert_eq!(search("dave").status, 200, "another portal");
    client.now += 1000;
    let again = client.execute("bob", "hubspot_contacts_search", &json!({}));
    assert_eq!(again.status, 200);
}

#[test]
fn newer_portals_know_one_date_only() {
    let mut client = Client::with(&json!({ "portals": "own" }));
    let old =
        json!([{ "propertyName": "hs_lifecyclestage_customer_date", "operator": "HAS_PROPERTY" }]);
    let found = client.data("alice", "hubspot_contacts_search", &contacts(&old, None));
    assert_eq!(found["total"], 0);
    assert_eq!(onboarding(&mut client, "alice", &[]).len(), 200);
}

#[test]
fn customers_like_somebody_else_s_are_theirs_to_the_letter_in_a_portal_of_ones_own() {
    let mut client = Client::with(&json!({ "portals": "own" }));
    for (sub, like) in [("ann", None), ("ben", Some("ann")), ("eve", None)] {
        let seed = CsmSeed {
            like: like.map(str::to_owned),
            ..CsmSeed::new(sub, sub, "org_acme", &APPS, 20)
        };
        client.service.world.add(seed, NOW);
    }
    let mut of = |user: &str| {
        let search = json!({ "filterGroups": "[]", "properties": ["email"], "limit": 100 });
        let found = client.data(user, "hubspot_contacts_search", &search);
        let portal = client.data(user, "hubspot_account_details_get", &json!({}));
        (found["results"].clone(), portal["portalId"].clone())
    };
    let (ann, ben, eve) = (of("ann"), of("ben"), of("eve"));
    assert_eq!(ann.0, ben.0);
    assert_ne!(ann.0, eve.0);
    assert_ne!(ann.1, ben.1);
}

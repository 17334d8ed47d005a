//! Linear: who one is, what one may delete, and refusals that come inside 200.

mod common;

use common::{Client, body, error};
use serde_json::{Value, json};

const CREATE: &str = "mutation($input: CommentCreateInput!) { commentCreate(input: $input) { success comment { id } } }";
const ID: &str = "0b1c2d3e-4f50-4a61-8b72-93a4b5c6d7e8";

fn issue(client: &mut Client, user: &str) -> Value {
    let issues = client.data(user, "linear_issues_list", &json!({ "first": 1 }));
    issues["data"]["issues"]["nodes"][0]["id"].clone()
}

fn create(issue: &Value, id: &str) -> Value {
    let input = json!({ "id": id, "issueId": issue, "body": "stalled" });
    json!({ "query": CREATE, "variables": { "input": input } })
}

#[test]
fn a_second_comment_of_one_id_comes_as_200_with_the_words_linear_uses() {
    let mut client = Client::new();
    let issue = issue(&mut client, "alice");
    client.data("alice", "linear_graphql_query", &create(&issue, ID));
    let again = client.data("alice", "linear_graphql_query", &create(&issue, ID));
    let said = &again["errors"][0];
    assert_eq!(again["data"], Value::Null);
    assert_eq!(said["message"], "conflict on insert of Comment");
    assert_eq!(said["extensions"]["code"], "INPUT_ERROR");
    let words = format!("Entity Comment with id {ID} already exists.");
    assert_eq!(said["extensions"]["userPresentableMessage"], words.as_str());
    assert_eq!(client.ledger().len(), 1);
}

#[test]
fn what_no_resolver_saw_is_an_error_of_the_tool() {
    let mut client = Client::with(&json!({ "provider_errors": "kept" }));
    for query in ["{ issues(first: 1) { nodes { nope } } }", "{ issues("] {
        let refused = client.execute("alice", "linear_graphql_query", &json!({ "query": query }));
        assert_eq!(
            (refused.status, error(&refused).1.as_str()),
            (400, "TOOL_ERROR"),
            "{query}"
        );
    }
    // What a resolver does not find comes inside 200.
    let missing = json!({ "issueId": "nothing", "body": "x" });
    let refused = client.data("alice", "linear_comment_create", &missing);
    assert_eq!(refused["errors"][0]["extensions"]["code"], "INPUT_ERROR");
}

#[test]
fn too_many_requests_come_as_400() {
    let mut client = Client::with(&json!({ "provider_errors": "kept" }));
    let ask = |client: &mut Client| client.execute("dave", "linear_viewer_get", &json!({}));
    for _ in 0..2_500 {
        assert_eq!(ask(&mut client).status, 200);
    }
    let limited = ask(&mut client);
    assert_eq!(
        error(&limited),
        (400, "TOOL_ERROR".into(), Some("RATELIMITED".into()))
    );
    let other = client.execute("alice", "linear_viewer_get", &json!({}));
    assert_eq!(
        other.status, 200,
        "each person has an allowance of their own"
    );
    // A fault that asks for 429 gets what Linear has instead.
    let mut client = Client::with(&json!({ "provider_errors": "kept" }));
    client.faults(&json!([{ "status": 429 }]));
    let limited = ask(&mut client);
    assert_eq!(
        error(&limited),
        (400, "TOOL_ERROR".into(), Some("RATELIMITED".into()))
    );
}

#[test]
fn one_is_somebody_in_an_organization() {
    let mut client = Client::new();
    let viewer = |client: &mut Client, user: &str| {
        client.data(user, "linear_viewer_get", &json!({}))["data"]["viewer"].clone()
    };
    let (alice, bob) = (viewer(&mut client, "alice"), viewer(&mut client, "bob"));
    assert_eq!(alice["email"], "alice@acme.example");
    assert_eq!(alice["name"], "Alice Moreau");
    assert_eq!(alice["organization"]["name"], "org_acme");
    assert_ne!(alice["id"], bob["id"]);
    assert_eq!(alice["organization"]["id"], bob["organization"]["id"]);
    assert_ne!(
        alice["organization"]["id"],
        viewer(&mut client, "dave")["organization"]["id"]
    );
    let query = json!({ "query": "{ viewer { id organization { id } } }" });
    let asked = client.data("alice", "linear_graphql_query", &query);
    assert_eq!(asked["data"]["viewer"]["id"], alice["id"]);
}

#[test]
fn a_comment_is_read_by_all_and_deleted_by_its_author() {
    let mut client = Client::new();
    let issue = issue(&mut client, "alice");
    client.data("alice", "linear_graphql_query", &create(&issue, ID));
    let comment = json!({ "commentId": ID });
    let read = client.data("bob", "linear_comment_get", &comment);
    assert_eq!(read["data"]["comment"]["body"], "stalled");
    let refused = client.data("bob", "linear_comment_delete", &comment);
    assert_eq!(refused["errors"][0]["extensions"]["code"], "FORBIDDEN");
    let deleted = client.data("alice", "linear_comment_delete", &comment);
    assert_eq!(deleted["data"]["commentDelete"]["success"], true);
    let gone = client.data("alice", "linear_comment_get", &comment);
    assert_eq!(gone["data"], Value::Null);
    let tools: Vec<&str> = client.ledger().iter().map(|it| it.tool.as_str()).collect();
    assert_eq!(tools, ["linear_graphql_query", "linear_comment_delete"]);
}

#[test]
fn an_organization_has_duplicates_among_its_issues() {
    let mut client = Client::new();
    let query = "{ issues(filter: { state: { type: { eq: \"duplicate\" } } }, first: 5) { nodes { dueDate completedAt state { type } } } }";
    let found = client.execute("alice", "linear_graphql_query", &json!({ "query": query }));
    let nodes = body(&found)["data"]["data"]["issues"]["nodes"].clone();
    assert_eq!(nodes.as_array().expect("a list").len(), 5);
    let open = json!({ "completedAt": null, "state": { "type": "duplicate" }, "dueDate": nodes[0]["dueDate"] });
    assert_eq!(nodes[0], open, "overdue by its dates, and of no matter");
}

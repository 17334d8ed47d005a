//! The apps of the catalogue through Scalekit's door: whose tools are listed, and what they do.

mod common;

use std::collections::BTreeSet;

use common::{Client, body, error};
use onbehalf_sandbox::world::users::CsmSeed;
use serde_json::{Value, json};

/// Somebody who has connected these apps.
fn with_apps(apps: &[&str]) -> Client {
    let mut client = Client::new();
    let seed = CsmSeed::new("nina", "Nina Sato", "org_acme", apps, 0);
    client.service.world.add(seed, client.now);
    client
}

fn scoped(client: &mut Client, query: &str) -> Value {
    let reply = client.get(&format!("/api/v1/tools/scoped?identifier=user_nina{query}"));
    assert_eq!(reply.status, 200);
    body(&reply)
}

#[test]
fn a_user_has_the_tools_of_their_accounts_page_for_page() {
    let mut client = with_apps(&["github", "notion"]);
    let (mut names, mut token) = (BTreeSet::new(), String::new());
    loop {
        let query = format!(
            "&filter.providers=GITHUB&filter.providers=NOTION&page_size=100&page_token={token}"
        );
        let page = scoped(&mut client, &query);
        let tools = page["tools"].as_array().expect("a list");
        assert!(tools.len() <= 100);
        for tool in tools {
            let name = tool["tool"]["definition"]["name"]
                .as_str()
                .expect("a name")
                .to_owned();
            assert!(
                tool["connected_account_id"]
                    .as_str()
                    .is_some_and(|it| it.starts_with("ca_"))
            );
            assert!(names.insert(name), "each once");
        }
        token = page["next_page_token"]
            .as_str()
            .expect("a token")
            .to_owned();
        if token.is_empty() {
            assert_eq!(page["total_size"], names.len());
            break;
        }
    }
    assert!(names.contains("github_issue_create") && names.contains("notion_page_create"));
    assert!(
        names
            .iter()
            .all(|it| it.starts_with("github_") || it.starts_with("notion_"))
    );
    let other = client.get("/api/v1/tools/scoped?identifier=user_grace&filter.providers=GITHUB");
    assert_eq!(body(&other)["tools"], json!([]));
}

#[test]
fn a_list_is_narrowed_by_connection_and_never_asked_for_without_a_filter() {
    let mut client = with_apps(&["github", "notion"]);
    let page = scoped(
        &mut client,
        "&filter.connection_names=notion-Ck8dRj4Z&page_size=99",
    );
    let tools = page["tools"].as_array().expect("a list");
    assert!(!tools.is_empty() && tools.iter().all(|it| it["tool"]["provider"] == "NOTION"));
    for incomplete in ["?identifier=user_nina", "?filter.providers=NOTION"] {
        let refused = client.get(&format!("/api/v1/tools/scoped{incomplete}"));
        assert_eq!(error(&refused).0, 400, "{incomplete}");
    }
    client
        .service
        .world
        .vault
        .remove("user_nina", "notion-Ck8dRj4Z");
    assert_eq!(
        scoped(&mut client, "&filter.providers=NOTION")["total_size"],
        0
    );
}

/// One read and one write at each, with what must be in the answer.
#[test]
fn each_app_is_read_and_written_as_its_user() {
    let repository = json!({ "owner": "org-acme", "repo": "onboarding" });
    let with = |base: &Value, more: Value| {
        let mut all = base.as_object().cloned().unwrap_or_default();
        all.extend(more.as_object().cloned().unwrap_or_default());
        Value::Object(all)
    };
    let notes =
        json!({ "project_id": "org-acme", "dataset_id": "onboarding", "table_id": "notes" });
    let event = json!({ "subject": "Kick-off", "start_datetime": "2026-11-24T09:00:00", "start_timezone": "UTC",
        "end_datetime": "2026-11-24T10:00:00", "end_timezone": "UTC" });
    let insert = "INSERT INTO notes (id, text) VALUES ('2', 'Live')";
    let issue = json!({ "project_key": "ONB", "issue_type": "Task", "summary": "Import" });
    let variable = json!({ "id_or_name": "org-acme-portal", "key": "REGION", "value": "fra1" });
    for (app, read, read_with, holds, write, write_with) in [
        (
            "bigquery",
            "bigquery_list_table_data",
            notes.clone(),
            "/rows",
            "bigquery_insert_table_data",
            with(&notes, json!({ "rows": [{ "id": "2" }] })),
        ),
        (
            "github",
            "github_issues_list",
            repository.clone(),
            "/array",
            "github_issue_create",
            with(&repository, json!({ "title": "Import" })),
        ),
        (
            "gitlab",
            "gitlab_issues_list",
            json!({ "id": "4711" }),
            "/array",
            "gitlab_issue_create",
            json!({ "id": "4711", "title": "Import" }),
        ),
        (
            "gmail",
            "gmail_fetch_mails",
            json!({}),
            "/messages",
            "gmail_send_message",
            json!({ "to": "pat@globex.example", "subject": "Hello", "body": "Hi" }),
        ),
        (
            "jira",
            "jira_issues_search",
            json!({ "jql": "project = ONB" }),
            "/issues",
            "jira_issue_create",
            issue,
        ),
        (
            "outlook",
            "outlook_list_calendar_events",
            json!({}),
            "/value",
            "outlook_create_calendar_event",
            event,
        ),
        (
            "pipedrive",
            "pipedrive_deals_list",
            json!({}),
            "/data",
            "pipedrive_deal_create",
            json!({ "title": "Globex" }),
        ),
        (
            "salesforce",
            "salesforce_query_soql",
            json!({ "query": "SELECT Id FROM Account" }),
            "/records",
            "salesforce_contact_create",
            json!({ "LastName": "Lee" }),
        ),
        (
            "snowflake",
            "snowflake_get_tables",
            json!({ "database": "ONBOARDING" }),
            "/data",
            "snowflake_execute_query",
            json!({ "statement": insert }),
        ),
        (
            "vercel",
            "vercel_projects_list",
            json!({}),
            "/projects",
            "vercel_env_var_create",
            variable,
        ),
    ] {
        let mut client = with_apps(&[app]);
        let answer = client.data("nina", read, &read_with);
        assert!(
            answer.pointer(holds).is_some_and(Value::is_array),
            "{app}: {answer}"
        );
        assert!(client.ledger().is_empty(), "{app}");
        client.data("nina", write, &write_with);
        let written = client.ledger();
        assert_eq!(
            (written.len(), written[0].tool.as_str()),
            (1, write),
            "{app}"
        );
        let foreign = client.execute("grace", write, &write_with);
        assert!(foreign.status >= 400, "{app}: somebody without an account");
    }
}

/// Those whose places have to be asked for first.
#[test]
fn asana_notion_and_teams_are_written_where_they_say() {
    let mut client = with_apps(&["asana", "notion", "microsoftteams"]);
    let project = client.data("nina", "asana_projects_list", &json!({}))["data"][0]["gid"].clone();
    client.data(
        "nina",
        "asana_task_create",
        &json!({ "name": "Call", "projects": project }),
    );
    let pages = client.data(
        "nina",
        "notion_page_search",
        &json!({ "query": "playbook" }),
    );
    let title = json!({ "Name": { "title": [{ "text": { "content": "Globex" } }] } });
    let database = pages["results"][0]["parent"]["database_id"].clone();
    client.data(
        "nina",
        "notion_page_create",
        &json!({ "database_id": database, "properties": title }),
    );
    let team =
        client.data("nina", "microsoftteams_list_teams", &json!({}))["value"][0]["id"].clone();
    let place = json!({ "team_id": team });
    let channel =
        client.data("nina", "microsoftteams_list_channels", &place)["value"][0]["id"].clone();
    let message = json!({ "team_id": team, "channel_id": channel, "content": "Live" });
    client.data("nina", "microsoftteams_send_channel_message", &message);
    let limited = client.execute("nina", "microsoftteams_send_channel_message", &message);
    assert_eq!(
        error(&limited),
        (429, "TOOL_ERROR".into(), Some("TooManyRequests".into()))
    );
    assert_eq!(client.ledger().len(), 3);
}

#[test]
fn an_app_that_answers_with_nothing_leaves_no_data() {
    let mut client = with_apps(&["outlook"]);
    let mail = json!({ "subject": "Hello", "body": "Hi", "toRecipients": ["pat@globex.example"] });
    let reply = client.execute("nina", "outlook_send_message", &mail);
    let answer = body(&reply);
    assert_eq!((reply.status, answer.get("data")), (200, None));
    assert!(answer["execution_id"].is_string());
}

#[test]
fn what_lands_later_has_the_id_that_was_answered() {
    let mut client = with_apps(&["gitlab"]);
    client.faults(
        &json!([{ "match": { "tool": "gitlab_issue_create" }, "land_after_ms": 5000, "times": 1 }]),
    );
    let issue = |title: &str| json!({ "id": "4711", "title": title });
    let late = client.data("nina", "gitlab_issue_create", &issue("Late"));
    client.data("nina", "gitlab_issue_create", &issue("Early"));
    client.now += 5000;
    assert_eq!(client.ledger().len(), 2);
    let listed = client.data("nina", "gitlab_issues_list", &json!({ "id": "4711" }));
    assert_eq!(
        (&listed["array"][0]["title"], &listed["array"][0]["id"]),
        (&json!("Late"), &late["id"])
    );
}

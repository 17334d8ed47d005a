//! Answers as the apps document them, read by the real client and the real tools.
//!
//! Each file under `recorded/` is one example, typed in from the document that its `source` names. An
//! answer (`data`) is handed on by Scalekit as it is. An error (`error`, with the app's `status`) is
//! wrapped by Scalekit in one of several ways, and must mean the same in each.

use onbehalf_connector::AlwaysPermit;
use onbehalf_connector::testkit::{Answer, executed, kit, status};
use onbehalf_connector::{AuthReason, Connector};
use onbehalf_tools::{
    CommentInput, CommentResult, ContactsInput, ErrorKind, HubspotContacts, HubspotCreateTask,
    HubspotPortal, IssueState, IssuesInput, LinearCreateComment, LinearIssues, NoInput, TaskInput,
    TaskPriority, TicketsInput, Tool, ToolContext, ToolOutcome, ZendeskTickets, app_account, run,
};
use serde_json::{Value, json};

const COMMENT: &str = "2f0a8f5e-6f3c-4b1e-9d2a-0c1b2a3d4e5f";

macro_rules! recorded {
    ($name:literal) => {
        serde_json::from_str::<Value>(include_str!(concat!("recorded/", $name, ".json")))
            .expect("a recorded example")
    };
}

async fn outcome<T: Tool>(input: &T::Input, answer: Answer) -> ToolOutcome<T::Output> {
    let kit = kit();
    kit.script.then(answer);
    let context = ToolContext::from_keys(Some("alice"), Some("user_alice")).expect("both keys");
    run::<T>(&kit.scalekit, &context, input, &AlwaysPermit).await
}

async fn success<T: Tool>(input: &T::Input, example: &Value) -> T::Output {
    let outcome = outcome::<T>(input, executed(&example["data"])).await;
    outcome.success().expect("a success")
}

fn tool_error(http: u16, code: &Value, message: String) -> Answer {
    let info =
        json!({"execution_id": "e1", "tool_error_code": code, "tool_error_message": message});
    let details = json!([{"error_code": "TOOL_ERROR", "tool_error_info": info}]);
    status(
        http,
        &json!({"code": 13, "message": "tool execution failed", "details": details}),
    )
}

/// Every way in which Scalekit may hand on an app's error: under its status or as a 500; its name in
/// the code, its status in the code, or nothing but the answer or a status in the message.
fn wrapped(example: &Value) -> Vec<Answer> {
    let error = &example["error"];
    let own = u16::try_from(example["status"].as_u64().expect("a status")).expect("a status");
    let name = ["category", "errorType"]
        .iter()
        .find_map(|key| error.get(*key));
    let name = name.unwrap_or(&example["status"]).clone();
    let name = match name {
        Value::Number(number) => json!(number.to_string()),
        name => name,
    };
    let message = error["message"].as_str().unwrap_or("failed").to_owned();
    let mut all = Vec::new();
    for http in [own, 500] {
        all.push(tool_error(http, &name, message.clone()));
        all.push(tool_error(http, &json!(own.to_string()), message.clone()));
        all.push(tool_error(http, &json!(""), error.to_string()));
        all.push(tool_error(http, &json!("500"), format!("hubspot: {error}")));
        all.push(tool_error(
            http,
            &Value::Null,
            format!("request failed with status code {own}"),
        ));
    }
    all
}

fn task() -> TaskInput {
    TaskInput {
        subject: "Acme".into(),
        body: None,
        due: kit().scalekit.clock().now(),
        priority: TaskPriority::High,
    }
}

fn comment() -> CommentInput {
    CommentInput {
        issue_id: "i1".into(),
        body: "Stalled".into(),
        comment_id: Some(COMMENT.into()),
    }
}

#[tokio::test]
async fn a_portal_says_its_number_and_where_it_is_seen() {
    let portal = success::<HubspotPortal>(&NoInput {}, &recorded!("hubspot_portal")).await;
    assert_eq!(portal.portal_id, "62515");
    let page = portal.task_page("5013").expect("a page");
    let form = "https://app.hubspot.com/contacts/62515/record/0-27/5013";
    assert_eq!(page.as_str(), form);
}

#[tokio::test]
async fn each_app_says_which_account_is_connected() {
    for (app, example, account) in [
        (
            Connector::HUBSPOT,
            recorded!("hubspot_portal"),
            json!({"name": "Hub 62515", "url": "https://app.hubspot.com/contacts/62515/"}),
        ),
        (
            Connector::SLACK,
            recorded!("slack_auth_test"),
            json!({"name": "Subarachnoid Workspace", "user": "grace",
                "url": "https://subarachnoid.slack.com/"}),
        ),
        (
            Connector::ZENDESK,
            recorded!("zendesk_groups"),
            json!({"name": "company.zendesk.com", "url": "https://company.zendesk.com/"}),
        ),
    ] {
        let kit = kit();
        kit.script.then(executed(&example["data"]));
        let context = ToolContext::from_keys(Some("alice"), Some("user_alice"));
        let context = context.expect("both keys");
        let told = app_account(&kit.scalekit, &context, app).await;
        assert_eq!(json!(told.expect("an answer")), account);
    }
}

#[tokio::test]
async fn what_hubspot_refuses_is_certain_however_it_is_wrapped() {
    for answer in wrapped(&recorded!("hubspot_validation")) {
        let outcome = outcome::<HubspotCreateTask>(&task(), answer).await;
        let ToolOutcome::Error(error) = outcome else {
            panic!("{outcome:?}");
        };
        assert_eq!(error.kind, ErrorKind::Upstream, "{error:?}");
    }
}

#[tokio::test]
async fn a_rate_limit_is_one_however_it_is_wrapped() {
    for answer in wrapped(&recorded!("hubspot_rate_limited")) {
        let outcome = outcome::<HubspotCreateTask>(&task(), answer).await;
        assert!(
            matches!(outcome, ToolOutcome::RateLimited { .. }),
            "{outcome:?}"
        );
    }
    let input = TicketsInput::open_of(vec!["jo@acme.test".into()]);
    for answer in wrapped(&recorded!("zendesk_rate_limited")) {
        let outcome = outcome::<ZendeskTickets>(&input, answer).await;
        assert!(
            matches!(outcome, ToolOutcome::RateLimited { .. }),
            "{outcome:?}"
        );
    }
    // Linear's comes as a 400, inside a 200 or inside a tool's error.
    let example = recorded!("linear_rate_limited");
    let body = example["data"].to_string();
    for answer in [
        executed(&example["data"]),
        tool_error(400, &json!("RATELIMITED"), "slow down".into()),
        tool_error(400, &json!("400"), body.clone()),
        tool_error(500, &json!("BAD_REQUEST"), body.clone()),
        tool_error(500, &Value::Null, body),
        status(
            400,
            &json!({"code": 3, "details": [{"error_code": "RATELIMITED"}]}),
        ),
    ] {
        let outcome = outcome::<LinearCreateComment>(&comment(), answer).await;
        assert!(
            matches!(outcome, ToolOutcome::RateLimited { .. }),
            "{outcome:?}"
        );
    }
}

#[tokio::test]
async fn a_dead_credential_and_a_missing_scope_are_told_apart() {
    for (example, reason) in [
        (recorded!("hubspot_expired"), AuthReason::TokenExpired),
        (
            recorded!("hubspot_missing_scopes"),
            AuthReason::ScopeInsufficient,
        ),
    ] {
        for answer in wrapped(&example) {
            let expected = ToolOutcome::AuthError {
                connector: Connector::HUBSPOT,
                reason,
            };
            let outcome = outcome::<HubspotContacts>(&ContactsInput::default(), answer).await;
            assert_eq!(outcome, expected);
        }
    }
    let answer = executed(&recorded!("linear_authentication")["data"]);
    let outcome = outcome::<LinearCreateComment>(&comment(), answer).await;
    assert!(
        matches!(outcome, ToolOutcome::AuthError { .. }),
        "{outcome:?}"
    );
}

#[tokio::test]
async fn a_comment_whose_id_is_taken_has_landed() {
    let example = recorded!("linear_comment_exists");
    let body = example["data"].to_string();
    let words = "Entity Comment with id already exists.".to_owned();
    let bare = json!({"code": 3, "message": words, "details": [{"error_code": "INPUT_ERROR"}]});
    for answer in [
        executed(&example["data"]),
        tool_error(400, &json!("INPUT_ERROR"), words.clone()),
        tool_error(500, &json!("INPUT_ERROR"), words),
        tool_error(500, &json!("400"), body.clone()),
        tool_error(500, &Value::Null, body),
    ] {
        let outcome = outcome::<LinearCreateComment>(&comment(), answer).await;
        let written = outcome.success().expect("it landed");
        assert_eq!(written.result, CommentResult::AlreadyExists);
        assert_eq!(written.comment_id.as_deref(), Some(COMMENT));
    }
    // Outside a tool's error the account is looked at first.
    let kit = kit();
    let account = json!({"identifier": "user_alice", "connector": "linear", "status": "ACTIVE"});
    kit.script.then(status(400, &bare));
    kit.script
        .then(status(200, &json!({"connected_accounts": [account]})));
    let context = ToolContext::from_keys(Some("alice"), Some("user_alice")).expect("both keys");
    let input = comment();
    let outcome = run::<LinearCreateComment>(&kit.scalekit, &context, &input, &AlwaysPermit);
    let written = outcome.await.success().expect("it landed");
    assert_eq!(written.result, CommentResult::AlreadyExists);
}

#[tokio::test]
async fn what_zendesk_cannot_answer_is_refused() {
    let input = TicketsInput::open_of(vec!["jo@acme.test".into()]);
    for answer in wrapped(&recorded!("zendesk_invalid_query")) {
        let outcome = outcome::<ZendeskTickets>(&input, answer).await;
        let ToolOutcome::Error(error) = outcome else {
            panic!("{outcome:?}");
        };
        assert_eq!(error.kind, ErrorKind::Upstream, "{error:?}");
    }
}

#[tokio::test]
async fn answers_are_read_as_the_documents_show_them() {
    let contacts = ContactsInput::default();
    let contacts = success::<HubspotContacts>(&contacts, &recorded!("hubspot_contacts")).await;
    assert_eq!(contacts.contacts[0].company.as_deref(), Some("Acme"));
    assert!(contacts.contacts[0].entered_stage_at.is_some());
    assert_eq!(contacts.next.as_deref(), Some("1"));
    let task = success::<HubspotCreateTask>(&task(), &recorded!("hubspot_task")).await;
    assert_eq!(task.task_id, "5013");
    let tickets = TicketsInput::open_of(vec!["jo@acme.test".into()]);
    let tickets = success::<ZendeskTickets>(&tickets, &recorded!("zendesk_tickets")).await;
    let address = tickets.tickets[0].requester_email.as_deref();
    assert_eq!(address, Some("jo@acme.test"));
    let issues = IssuesInput::labelled(vec!["customer:acme.test".into()]);
    let issues = success::<LinearIssues>(&issues, &recorded!("linear_issues")).await;
    assert_eq!(issues.issues[0].state, IssueState::Duplicate);
}

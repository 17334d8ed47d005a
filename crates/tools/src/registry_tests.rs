//! The registry, and tools run through it.

use super::*;
use crate::testkit::alice;
use crate::{InputError, OutputError};
use onbehalf_clock::Timestamp;
use onbehalf_connector::AlwaysPermit;
use onbehalf_connector::testkit::{Kit, executed, kit, status};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;

fn tool(id: &str) -> Rc<dyn ErasedTool> {
    Registry::standard()
        .expect("the standard tools")
        .get(id)
        .expect("a known tool")
}

#[test]
fn every_standard_tool_can_be_shown_to_a_model() {
    let registry = Registry::standard().expect("the standard tools");
    for tool in registry.iter() {
        assert_eq!(check(&tool.schemas().input), Ok(()), "{}", tool.id());
        assert!(
            tool.id().starts_with(tool.connector().name()),
            "{}",
            tool.id()
        );
        assert_eq!(tool.required_context(), ["user_id", "scalekit_identifier"]);
        let output = tool.schemas().outcome.to_string();
        for status in ["success", "auth_error", "rate_limited", "error"] {
            assert!(output.contains(status), "{} lacks {status}", tool.id());
        }
    }
}

#[test]
fn an_unknown_id_is_told_the_known_ones() {
    let registry = Registry::standard().expect("the standard tools");
    let Err(error) = registry.get("nobody-has-this") else {
        panic!("unknown")
    };
    assert!(error.to_string().contains("zendesk-search-tickets"));
}

#[test]
fn what_an_operator_has_measured_of_hubspot_holds_for_what_is_searched_there() {
    let own = Registry::standard().expect("the standard tools");
    let measured = own.clone().with_hubspot_lag(Duration::from_secs(7));
    let lag = |registry: &Registry, id: &str| registry.visible_after(&*tool(id));
    assert_eq!(
        lag(&own, "hubspot-create-task"),
        Some(Duration::from_secs(90))
    );
    assert_eq!(
        lag(&measured, "hubspot-create-task"),
        Some(Duration::from_secs(7))
    );
    assert_eq!(lag(&measured, "slack-send-message"), Some(Duration::ZERO));
    assert_eq!(
        lag(&measured, "hubspot-search-tasks"),
        None,
        "it writes nothing"
    );
}

async fn executed_json(
    tool: &dyn ErasedTool,
    kit: &Kit,
    context: &ToolContext,
    input: Value,
) -> Value {
    let outcome = tool.execute(&kit.scalekit, context, input, &AlwaysPermit);
    serde_json::to_value(outcome.await).expect("json")
}

#[tokio::test]
async fn identity_in_an_input_is_refused_before_anything_is_sent() {
    let kit = kit();
    let tool = tool("hubspot-get-onboarding-contacts");
    let input = json!({"limit": 5, "scalekit_identifier": "user_bob"});
    let outcome = executed_json(tool.as_ref(), &kit, &alice(), input).await;
    assert_eq!(
        (&outcome["status"], &outcome["kind"]),
        (&json!("error"), &json!("invalid_input"))
    );
    assert_eq!(kit.script.count(), 0);
    assert!(!outcome.to_string().contains("user_bob"));
}

#[tokio::test]
async fn a_bad_input_names_the_field() {
    let kit = kit();
    let tool = tool("linear-list-issues");
    for (input, field) in [
        (json!({"labels": ["a", 7]}), "labels[1]"),
        (json!({"labels": ["a"], "first": 9999}), "first"),
        (json!([]), ""),
        (json!(null), ""),
    ] {
        let outcome = executed_json(tool.as_ref(), &kit, &alice(), input).await;
        assert_eq!(outcome["violations"][0]["field"], field, "{outcome}");
    }
    assert_eq!(kit.script.count(), 0);
}

#[tokio::test]
async fn a_tool_runs_with_the_contexts_identity() {
    let kit = kit();
    kit.script
        .then(executed(&json!({"results": [], "total": 0})));
    let tool = tool("hubspot-get-onboarding-contacts");
    let context = alice().with_agent_run_id("run_1");
    let outcome = executed_json(tool.as_ref(), &kit, &context, json!({})).await;
    assert_eq!(
        outcome,
        json!({"status": "success", "contacts": [], "total": 0})
    );
    let sent = kit.script.sent(0);
    assert_eq!(
        (&sent["identifier"], &sent["agent_run_id"]),
        (&json!("user_alice"), &json!("run_1"))
    );
    assert_eq!(sent["connector"], "hubspot");
    assert!(!sent["params"].to_string().contains("alice"));
}

#[tokio::test]
async fn no_failure_shows_who_it_was() {
    let kit = kit();
    let message = "alice (user_alice, alice@acme.test) has no token abcdef0123456789abcdef";
    kit.script.then(status(
        400,
        &json!({"code": 3, "details": [{"error_code": "TOOL_ERROR",
        "tool_error_info": {"tool_error_code": "BAD", "tool_error_message": message}}]}),
    ));
    let tool = tool("zendesk-search-tickets");
    let input = json!({"requesters": ["jo@acme.test"]});
    let outcome = executed_json(tool.as_ref(), &kit, &alice(), input).await;
    let text = outcome.to_string();
    for hidden in ["user_alice", "alice@", "abcdef0123"] {
        assert!(!text.contains(hidden), "{text}");
    }
}

#[derive(Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Sneaky {
    #[serde(rename = "user_id")]
    whose: String,
}
impl crate::DomainData for Sneaky {}
impl crate::ToolInput for Sneaky {}

struct SneakyTool;
impl Tool for SneakyTool {
    const ID: &'static str = "sneaky";
    const DESCRIPTION: &'static str = "Renames a field past the macro.";
    const CONNECTOR: Connector = Connector::HUBSPOT;
    const SCALEKIT_NAME: &'static str = "x";
    const KIND: CallKind = CallKind::Read;
    type Input = Sneaky;
    type Output = Sneaky;
    fn params(input: &Sneaky) -> Result<Value, InputError> {
        Ok(json!(input.whose))
    }
    fn output(_: &Value, input: &Sneaky, _: Timestamp) -> Result<Sneaky, OutputError> {
        Ok(input.clone())
    }
}

#[test]
fn a_renamed_identity_field_is_refused_at_registration() {
    let error = Registry::default()
        .with::<SneakyTool>()
        .err()
        .expect("refused");
    assert!(
        error.to_string().contains("`user_id`, which is identity"),
        "{error}"
    );
}

#[test]
fn an_id_is_given_once() {
    let registry = Registry::standard().expect("the standard tools");
    let again = registry.with::<crate::LinearIssues>();
    assert_eq!(
        again.err(),
        Some(RegistryError::Duplicate("linear-list-issues"))
    );
}

fn mark() -> CallMark {
    CallMark {
        digits: "0011223344556677".into(),
        uuid: "2f0a8f5e-6f3c-4b1e-9d2a-0c1b2a3d4e5f".into(),
        home: "https://agent.test/".into(),
        since: Timestamp::parse("2026-11-23T07:59:00Z"),
    }
}

/// Inputs of every tool that writes.
fn writes() -> [(&'static str, Value); 3] {
    [
        (
            "hubspot-create-task",
            json!({"subject": "Call", "due": "2030-01-01T00:00:00Z"}),
        ),
        (
            "linear-create-comment",
            json!({"issue_id": "i1", "body": "Hello"}),
        ),
        (
            "slack-send-message",
            json!({"channel": "C0123ABCD", "text": "Hello"}),
        ),
    ]
}

#[tokio::test]
async fn every_write_on_offer_is_sent_with_what_it_is_found_by() {
    let registry = Registry::standard().expect("the standard tools");
    let writing = registry.iter().filter(|it| it.kind() == CallKind::Write);
    let writing: Vec<_> = writing.map(|it| (it.id(), it.visible_after())).collect();
    assert!(
        writing.iter().all(|(_, after)| after.is_some()),
        "{writing:?}"
    );
    assert_eq!(writing.len(), writes().len());
    for (id, input) in writes() {
        let kit = kit();
        kit.script
            .then(executed(&json!({"ok": true, "id": "9", "ts": "1.0"})));
        let tool = tool(id);
        let (context, mark) = (alice(), mark());
        let sent = tool.execute_marked(&kit.scalekit, &context, input, &mark, &AlwaysPermit);
        sent.await;
        let sent = kit.script.sent(0)["params"].to_string();
        let found_by = [mark.digits, mark.uuid];
        assert!(found_by.iter().any(|it| sent.contains(it)), "{sent}");
    }
}

#[tokio::test]
async fn a_write_is_found_by_its_mark_and_no_other_is() {
    let mark = mark();
    let answers = |word: &str, uuid: &str| {
        [
            json!({"results": [{"id": "9", "properties": {"hs_task_body": word}}]}),
            json!({"issue": {"comments": {"nodes": [{"id": uuid, "body": "x"}],
                "pageInfo": {"hasNextPage": false}}}}),
            json!({"ok": true, "messages": [{"ts": "1.0", "text": format!("<x#{word}|y>")}]}),
        ]
    };
    let other = "call-e7766554433221100";
    for (ours, answers) in [
        (true, answers(&mark.word(), &mark.uuid)),
        (
            false,
            answers(other, "3f0a8f5e-6f3c-4b1e-9d2a-0c1b2a3d4e5f"),
        ),
    ] {
        for ((id, input), answer) in writes().into_iter().zip(answers) {
            let kit = kit();
            // HubSpot is searched, and its list looked through.
            kit.script.then(executed(&answer)).then(executed(&answer));
            let context = alice();
            let look = Look::new(&kit.scalekit, &context);
            let found = tool(id).find(look, input, &mark).await;
            let found = found.expect("it can be looked for").expect("an answer");
            assert_eq!(matches!(found, Sought::There(_)), ours, "{id}: {found:?}");
        }
    }
}

#[test]
fn an_input_is_kept_with_its_defaults_and_a_bad_one_is_refused() {
    let tool = tool("hubspot-create-task");
    let due = "2030-01-01T00:00:00.000Z";
    let checked = tool.checked(json!({"subject": "Call", "due": "2030-01-01T00:00:00Z"}));
    assert_eq!(
        checked,
        Ok(json!({"subject": "Call", "due": due, "priority": "medium"}))
    );
    for (input, field) in [
        (json!({"subject": " ", "due": due}), "subject"),
        (json!({"subject": "Call", "due": "soon"}), "due"),
        (json!([]), ""),
    ] {
        let Err(CallFailure::InvalidInput { violations }) = tool.checked(input) else {
            panic!("refused")
        };
        assert_eq!(violations[0].field, field);
    }
}

//! The registry, and tools run through it.

use super::*;
use crate::testkit::alice;
use crate::{InputError, OutputError};
use onbehalf_clock::Timestamp;
use onbehalf_connector::AlwaysPermit;
use onbehalf_connector::testkit::{executed, kit, status};
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

#[tokio::test]
async fn identity_in_an_input_is_refused_before_anything_is_sent() {
    let kit = kit();
    let tool = tool("hubspot-get-onboarding-contacts");
    let input = json!({"limit": 5, "scalekit_identifier": "user_bob"});
    let outcome = tool
        .execute_json(&kit.scalekit, &alice(), input, &AlwaysPermit)
        .await;
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
        let outcome = tool
            .execute_json(&kit.scalekit, &alice(), input, &AlwaysPermit)
            .await;
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
    let outcome = tool
        .execute_json(&kit.scalekit, &context, json!({}), &AlwaysPermit)
        .await;
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
    let outcome = tool
        .execute_json(&kit.scalekit, &alice(), input, &AlwaysPermit)
        .await;
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

//! What a caller is offered, and one use of it, whatever protocol asks.

use onbehalf_runs::tool_call::{AskedBy, ToolCallInput};
use serde_json::json;

use crate::offer::{InHand, Origin, ToolUse, Used};
use crate::testkit::{bench, caller};
use crate::wire::problem::ProblemType;

#[tokio::test]
async fn what_is_offered_is_every_tool_in_the_order_they_were_added_and_as_it_is_written_down() {
    let bench = bench();
    let offered = bench.api.offered_tools(&caller("alice")).await;
    let offered = offered.expect("a list");
    let ids: Vec<_> = offered.iter().map(|it| it.id.as_ref()).collect();
    let known: Vec<_> = bench.api.registry.iter().map(|it| it.id()).collect();
    assert_eq!(ids, known);
    for (tool, offered) in bench.api.registry.iter().zip(&offered) {
        assert_eq!(offered.description, tool.description());
        assert_eq!(offered.connector, tool.connector());
        assert_eq!(offered.kind, tool.kind());
        assert_eq!(offered.origin, Origin::Typed);
        let schemas = tool.schemas();
        let read = |raw: &str| serde_json::from_str::<serde_json::Value>(raw).expect("json");
        assert_eq!(read(offered.input_schema.get()), schemas.input);
        let outcome = offered.output_schema.as_ref().expect("a schema");
        assert_eq!(read(outcome.get()), schemas.outcome);
    }
}

#[tokio::test]
async fn each_of_them_is_found_by_its_name_and_no_other_is() {
    let bench = bench();
    let alice = caller("alice");
    for offered in bench.api.offered_tools(&alice).await.expect("a list") {
        let tool = bench.api.offered_tool(&alice, &offered.id).await;
        let found = tool.expect("a tool");
        assert_eq!(found.id(), offered.id);
    }
    let refused = bench.api.offered_tool(&alice, "hubspot_task_create").await;
    let kind = refused.err().map(|problem| problem.kind());
    assert_eq!(kind, Some(ProblemType::ToolNotFound));
}

/// Through what a write is asked for is on record, and a model's waits for a person.
#[tokio::test]
async fn a_write_is_begun_under_the_word_of_whoever_asks_for_it() {
    for (by, approval) in [
        (AskedBy::Api, "none"),
        (AskedBy::Mcp, "required"),
        (AskedBy::Agent, "required"),
    ] {
        let bench = bench();
        let alice = caller("alice");
        let tool = bench.api.offered_tool(&alice, "hubspot-create-task").await;
        let wanted = ToolUse::of(alice, tool.expect("a tool"), by).expect("hers to use");
        let task = json!({"subject": "Call Acme", "due": "2026-12-01T00:00:00Z"});
        let begun = bench.api.begin_use(wanted, task).await.expect("begun");
        assert!(matches!(begun, InHand::Call(call) if !call.facts.repeated));
        let started = bench.platform.started.borrow();
        let input = started.first().expect("a start").input.clone();
        let input: ToolCallInput = serde_json::from_value(input).expect("a call");
        assert_eq!(input.by, by);
        assert_eq!(json!(input.approval), approval, "{by:?}");
    }
}

#[tokio::test]
async fn what_is_only_listed_or_kept_by_others_is_not_begun() {
    let bench = bench();
    let alice = caller("alice");
    let tool = bench.api.offered_tool(&alice, "hubspot-create-task").await;
    let tool = tool.expect("a tool");
    let member = ToolUse::of(caller("member"), tool.clone(), AskedBy::Mcp);
    let kind = member.err().map(|problem| problem.kind());
    assert_eq!(kind, Some(ProblemType::RoleRequired));
    let mut wanted = ToolUse::of(alice, tool, AskedBy::Mcp).expect("hers to use");
    wanted.dry_run = true;
    let task = json!({"subject": "Call Acme", "due": "2026-12-01T00:00:00Z"});
    let used = bench.api.use_tool(wanted, task).await.expect("listed");
    assert!(matches!(used, Used::Dry(dry) if dry.writes.len() == 1));
    assert!(bench.platform.started.borrow().is_empty());
}

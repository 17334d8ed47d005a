//! Executes a GraphQL document: parse, weigh, resolve the roots, select.

use async_graphql_parser::types::{DocumentOperations, Field, OperationType, Selection};
use async_graphql_parser::{Positioned, parse_query};
use serde_json::{Map, Value, json};

use super::page::page;
use super::select::{Scope, complexity, select};
use super::{Failure, Linear, refusal};
use crate::world::tool::{Actor, Answer, ToolFailure};

/// Linear refuses a query that weighs more.
const COMPLEXITY_LIMIT: f64 = 10_000.0;

pub(super) fn execute(
    linear: &mut Linear,
    query: &str,
    variables: &Value,
    actor: &Actor,
) -> Result<Answer, ToolFailure> {
    let document = parse_query(query)
        .map_err(|error| refusal("GRAPHQL_PARSE_FAILED", format!("Syntax Error: {error}")))?;
    let operation = match &document.operations {
        DocumentOperations::Single(operation) => operation,
        DocumentOperations::Multiple(operations) if operations.len() == 1 => operations
            .values()
            .next()
            .ok_or_else(|| refusal("GRAPHQL_VALIDATION_FAILED", "no operation"))?,
        DocumentOperations::Multiple(_) => {
            return Err(refusal(
                "GRAPHQL_VALIDATION_FAILED",
                "Must provide operation name.",
            ));
        }
    };
    let scope = Scope {
        document: &document,
        variables,
    };
    let selections = &operation.node.selection_set.node;
    let weight = complexity(selections, &scope)?;
    if weight > COMPLEXITY_LIMIT {
        return Err(refusal(
            "INPUT_ERROR",
            format!("Query too complex: {weight:.0} of {COMPLEXITY_LIMIT:.0}"),
        ));
    }
    let mutation = operation.node.ty == OperationType::Mutation;
    let mut data = Map::new();
    let mut written = None;
    for field in roots(&selections.items)? {
        let name = field.node.name.node.as_str();
        let arguments = scope.arguments(&field.node)?;
        let value = if mutation {
            let (id, value) = mutate(linear, name, &arguments, actor)?;
            written = Some(id);
            value
        } else {
            query_root(linear, name, &arguments, actor)?
        };
        let shown = select(&value, &field.node.selection_set.node, &scope)?;
        data.insert(field.node.response_key().node.to_string(), shown);
    }
    Ok(Answer {
        data: json!({ "data": data }),
        written,
    })
}

fn roots(items: &[Positioned<Selection>]) -> Result<Vec<&Positioned<Field>>, Failure> {
    items
        .iter()
        .map(|item| match &item.node {
            Selection::Field(field) => Ok(field),
            _ => Err(refusal(
                "GRAPHQL_VALIDATION_FAILED",
                "fragments on the root are not supported",
            )),
        })
        .collect()
}

fn query_root(
    linear: &Linear,
    name: &str,
    arguments: &Map<String, Value>,
    actor: &Actor,
) -> Result<Value, Failure> {
    let page = || page(arguments.get("first"), arguments.get("after"));
    let text = |name: &str| {
        arguments
            .get(name)
            .and_then(Value::as_str)
            .unwrap_or_default()
    };
    match name {
        "issues" => linear.issues_json(arguments.get("filter").unwrap_or(&Value::Null), page()?),
        "issue" => linear
            .issue(text("id"))
            .map(|index| linear.issue_json(index)),
        "comment" => linear
            .comment(text("id"))
            .map(|comment| linear.comment_json(comment)),
        "viewer" => Ok(linear.viewer(actor)),
        other => Err(unknown_field(other, "Query")),
    }
}

fn mutate(
    linear: &mut Linear,
    name: &str,
    arguments: &Map<String, Value>,
    actor: &Actor,
) -> Result<(String, Value), Failure> {
    match name {
        "commentCreate" => create_comment(linear, arguments, actor),
        "commentDelete" => {
            let id = arguments.get("id").and_then(Value::as_str);
            let id = id.unwrap_or_default();
            Ok((id.to_owned(), linear.delete_comment(id, actor)?))
        }
        other => Err(unknown_field(other, "Mutation")),
    }
}

fn create_comment(
    linear: &mut Linear,
    arguments: &Map<String, Value>,
    actor: &Actor,
) -> Result<(String, Value), Failure> {
    let input = arguments.get("input").and_then(Value::as_object);
    let input = input.ok_or_else(|| refusal("GRAPHQL_VALIDATION_FAILED", "input is required"))?;
    if let Some(unknown) = input
        .keys()
        .find(|key| !["id", "issueId", "body"].contains(&key.as_str()))
    {
        return Err(unknown_field(unknown, "CommentCreateInput"));
    }
    let text = |name: &str| input.get(name).and_then(Value::as_str);
    let (id, comment) = linear.create_comment(
        text("id"),
        text("issueId").unwrap_or_default(),
        text("body").unwrap_or_default(),
        actor,
    )?;
    Ok((
        id,
        json!({ "__typename": "CommentPayload", "success": true, "lastSyncId": 1, "comment": comment }),
    ))
}

pub(super) fn unknown_field(field: &str, of: &str) -> Failure {
    refusal(
        "GRAPHQL_VALIDATION_FAILED",
        format!("Cannot query field \"{field}\" on type \"{of}\"."),
    )
}

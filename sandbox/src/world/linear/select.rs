//! Selection sets: what of a value is shown, and what a query weighs.

use async_graphql_parser::types::{ExecutableDocument, Field, Selection, SelectionSet};
use serde_json::{Map, Value};

use super::graphql::unknown_field;
use super::page::{PAGE_DEFAULT, Page, connection, page};
use super::{Failure, refusal};

/// A document and its variables.
pub(super) struct Scope<'a> {
    pub document: &'a ExecutableDocument,
    pub variables: &'a Value,
}

/// Fields that are lists of pages.
const CONNECTIONS: [&str; 3] = ["issues", "comments", "labels"];
/// What a scalar and an object weigh, by Linear's documentation.
const SCALAR: f64 = 0.1;
const OBJECT: f64 = 1.0;

impl Scope<'_> {
    /// A field's arguments with variables filled in.
    pub fn arguments(&self, field: &Field) -> Result<Map<String, Value>, Failure> {
        field
            .arguments
            .iter()
            .map(|(name, value)| {
                let value = value
                    .node
                    .clone()
                    .into_const_with(|variable| self.variable(variable.as_str()))?;
                let json = value
                    .into_json()
                    .map_err(|error| refusal("GRAPHQL_VALIDATION_FAILED", error.to_string()))?;
                Ok((name.node.to_string(), json))
            })
            .collect()
    }

    /// A variable's value; one that was not given is null.
    fn variable(&self, name: &str) -> Result<async_graphql_value::ConstValue, Failure> {
        let given = self.variables.get(name).cloned().unwrap_or(Value::Null);
        async_graphql_value::ConstValue::from_json(given)
            .map_err(|error| refusal("GRAPHQL_VALIDATION_FAILED", error.to_string()))
    }

    /// The fields of a selection set, fragments opened.
    fn fields<'b>(&'b self, set: &'b SelectionSet) -> Result<Vec<&'b Field>, Failure> {
        let mut fields = Vec::new();
        for item in &set.items {
            match &item.node {
                Selection::Field(field) => fields.push(&field.node),
                Selection::InlineFragment(fragment) => {
                    fields.extend(self.fields(&fragment.node.selection_set.node)?);
                }
                Selection::FragmentSpread(spread) => {
                    let name = &spread.node.fragment_name.node;
                    let fragment = self.document.fragments.get(name).ok_or_else(|| {
                        refusal(
                            "GRAPHQL_VALIDATION_FAILED",
                            format!("Unknown fragment \"{name}\"."),
                        )
                    })?;
                    fields.extend(self.fields(&fragment.node.selection_set.node)?);
                }
            }
        }
        Ok(fields)
    }
}

/// What a selection weighs.
pub(super) fn complexity(set: &SelectionSet, scope: &Scope<'_>) -> Result<f64, Failure> {
    let mut weight = 0.0;
    for field in scope.fields(set)? {
        let children = &field.selection_set.node;
        if children.items.is_empty() {
            weight += SCALAR;
            continue;
        }
        let inner = OBJECT + complexity(children, scope)?;
        let name = field.name.node.as_str();
        let times = if CONNECTIONS.contains(&name) {
            let first = scope.arguments(field)?.get("first").and_then(Value::as_u64);
            first.unwrap_or(PAGE_DEFAULT as u64) as f64
        } else {
            1.0
        };
        weight += times * inner;
    }
    Ok(weight)
}

/// The selected part of a value.
pub(super) fn select(
    value: &Value,
    set: &SelectionSet,
    scope: &Scope<'_>,
) -> Result<Value, Failure> {
    match value {
        Value::Null => Ok(Value::Null),
        Value::Array(items) => items.iter().map(|item| select(item, set, scope)).collect(),
        Value::Object(members) => {
            let of = members
                .get("__typename")
                .and_then(Value::as_str)
                .unwrap_or("object");
            let fields = scope.fields(set)?;
            if fields.is_empty() {
                return Err(refusal(
                    "GRAPHQL_VALIDATION_FAILED",
                    format!("Field of type \"{of}\" must have a selection of subfields."),
                ));
            }
            let mut shown = Map::new();
            for field in fields {
                let name = field.name.node.as_str();
                let member = members.get(name).ok_or_else(|| unknown_field(name, of))?;
                let narrowed = narrow(name, member, field, scope)?;
                let value = select(&narrowed, &field.selection_set.node, scope)?;
                shown.insert(field.response_key().node.to_string(), value);
            }
            Ok(Value::Object(shown))
        }
        scalar => Ok(scalar.clone()),
    }
}

/// A nested connection cut to the page its arguments ask for.
fn narrow(name: &str, member: &Value, field: &Field, scope: &Scope<'_>) -> Result<Value, Failure> {
    if !CONNECTIONS.contains(&name) || field.arguments.is_empty() {
        return Ok(member.clone());
    }
    let arguments = scope.arguments(field)?;
    let page: Page = page(arguments.get("first"), arguments.get("after"))?;
    let nodes = member.get("nodes").and_then(Value::as_array).cloned();
    Ok(connection(nodes.unwrap_or_default(), page))
}

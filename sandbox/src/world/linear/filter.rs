//! Linear's issue filters, as far as they are used.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{Failure, Linear, NewIssue, refusal};

/// Positions of the issues a filter lets through, newest first.
pub(super) fn matching(linear: &Linear, filter: &Value) -> Result<Vec<usize>, Failure> {
    let mut found = Vec::new();
    for index in candidates(linear, filter) {
        let issue = &linear.issues[index];
        if accepts(filter, &issue.issue, &issue.id)? {
            found.push(index);
        }
    }
    found.sort_by_key(|index| (-linear.issues[*index].issue.created_ms, *index));
    Ok(found)
}

/// The issues worth looking at: by label, where the filter names labels.
fn candidates(linear: &Linear, filter: &Value) -> Vec<usize> {
    let named = filter
        .pointer("/labels/name/in")
        .or_else(|| filter.pointer("/labels/some/name/in"));
    match named.and_then(Value::as_array) {
        None => (0..linear.issues.len()).collect(),
        Some(names) => names
            .iter()
            .filter_map(|name| linear.by_label.get(name.as_str()?))
            .flatten()
            .copied()
            .collect::<BTreeSet<_>>()
            .into_iter()
            .collect(),
    }
}

fn accepts(filter: &Value, issue: &NewIssue, id: &str) -> Result<bool, Failure> {
    let Some(members) = filter.as_object() else {
        return Ok(true);
    };
    for (name, condition) in members {
        let holds = match name.as_str() {
            "and" => all(condition, issue, id)?.into_iter().all(|it| it),
            "or" => all(condition, issue, id)?.into_iter().any(|it| it),
            "id" => text(condition, id)?,
            "state" => text(member(condition, "type")?, issue.state)?,
            "project" => match &issue.project {
                Some(name) => text(member(condition, "name")?, name)?,
                None => false,
            },
            "labels" => {
                let condition = condition.get("some").unwrap_or(condition);
                let condition = member(condition, "name")?;
                let mut any = false;
                for label in &issue.labels {
                    any |= text(condition, label)?;
                }
                any
            }
            other => return Err(unknown(other)),
        };
        if !holds {
            return Ok(false);
        }
    }
    Ok(true)
}

fn all(conditions: &Value, issue: &NewIssue, id: &str) -> Result<Vec<bool>, Failure> {
    let list = conditions.as_array().ok_or_else(|| unknown("and/or"))?;
    list.iter().map(|it| accepts(it, issue, id)).collect()
}

fn member<'a>(condition: &'a Value, name: &str) -> Result<&'a Value, Failure> {
    condition.get(name).ok_or_else(|| unknown(name))
}

fn text(condition: &Value, own: &str) -> Result<bool, Failure> {
    let Some(members) = condition.as_object() else {
        return Err(unknown("comparator"));
    };
    for (operator, value) in members {
        let listed = || {
            let values = value.as_array().into_iter().flatten();
            values.into_iter().any(|it| it.as_str() == Some(own))
        };
        let holds = match operator.as_str() {
            "eq" => value.as_str() == Some(own),
            "neq" => value.as_str() != Some(own),
            "in" => listed(),
            "nin" => !listed(),
            "startsWith" => value.as_str().is_some_and(|start| own.starts_with(start)),
            other => return Err(unknown(other)),
        };
        if !holds {
            return Ok(false);
        }
    }
    Ok(true)
}

fn unknown(name: &str) -> Failure {
    refusal(
        "GRAPHQL_VALIDATION_FAILED",
        format!("Field \"{name}\" is not defined by the filter."),
    )
}

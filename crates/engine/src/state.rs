//! What parts of a step did to the shared state, so that it outlives the attempt.
//!
//! A part that is done is not run again, so what it wrote to the shared state is kept with its
//! output; one that is not done runs again from its start, so what it wrote is not. Changes are kept
//! as differences, because parts that run side by side change the same state.
//!
//! Owns the difference between two states as JSON. Knows nothing of steps.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// One difference between two states.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "change", rename_all = "snake_case")]
pub(super) enum Change {
    /// The value at this path is another.
    Set {
        /// Names of fields, outermost first.
        path: Vec<String>,
        /// The value.
        value: Value,
    },
    /// The field at this path is gone.
    Remove {
        /// Names of fields, outermost first.
        path: Vec<String>,
    },
    /// The list at this path is longer.
    Append {
        /// Names of fields, outermost first.
        path: Vec<String>,
        /// What was added.
        values: Vec<Value>,
    },
}

/// What makes `after` of `before`.
pub(super) fn difference(before: &Value, after: &Value) -> Vec<Change> {
    let mut changes = Vec::new();
    compare(&mut Vec::new(), before, after, &mut changes);
    changes
}

fn compare(path: &mut Vec<String>, before: &Value, after: &Value, changes: &mut Vec<Change>) {
    match (before, after) {
        _ if before == after => {}
        (Value::Object(old), Value::Object(new)) => {
            for name in old.keys().filter(|name| !new.contains_key(*name)) {
                let mut path = path.clone();
                path.push(name.clone());
                changes.push(Change::Remove { path });
            }
            for (name, value) in new {
                path.push(name.clone());
                match old.get(name) {
                    Some(old) => compare(path, old, value, changes),
                    None => changes.push(Change::Set {
                        path: path.clone(),
                        value: value.clone(),
                    }),
                }
                path.pop();
            }
        }
        (Value::Array(old), Value::Array(new)) if new.starts_with(old) => {
            changes.push(Change::Append {
                path: path.clone(),
                values: new[old.len()..].to_vec(),
            });
        }
        _ => changes.push(Change::Set {
            path: path.clone(),
            value: after.clone(),
        }),
    }
}

/// Makes the change.
pub(super) fn apply(state: &mut Value, change: &Change) {
    match change {
        Change::Set { path, value } => *at(state, path) = value.clone(),
        Change::Remove { path } => {
            if let Some((name, outer)) = path.split_last()
                && let Value::Object(fields) = at(state, outer)
            {
                fields.remove(name);
            }
        }
        Change::Append { path, values } => {
            let list = at(state, path);
            match list {
                Value::Array(list) => list.extend(values.iter().cloned()),
                _ => *list = Value::Array(values.clone()),
            }
        }
    }
}

/// The value at this path, which is made where it is not there.
fn at<'v>(mut state: &'v mut Value, path: &[String]) -> &'v mut Value {
    for name in path {
        if !state.is_object() {
            *state = Value::Object(serde_json::Map::new());
        }
        state = &mut state[name.as_str()];
    }
    state
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    fn json_value() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            (0..5_i64).prop_map(Value::from),
            "[ab]".prop_map(Value::from)
        ];
        leaf.prop_recursive(3, 20, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                prop::collection::btree_map("[abc]", inner, 0..4)
                    .prop_map(|fields| fields.into_iter().collect::<Value>()),
            ]
        })
    }

    proptest! {
        #[test]
        fn what_was_changed_can_be_changed_again(before in json_value(), after in json_value()) {
            let mut state = before.clone();
            for change in difference(&before, &after) {
                apply(&mut state, &change);
            }
            prop_assert_eq!(state, after);
        }
    }

    #[test]
    fn what_two_parts_add_to_one_list_stays_in_it() {
        let empty = json!({"seen": []});
        let left = difference(&empty, &json!({"seen": ["left"]}));
        let mut state = json!({"seen": ["right"]});
        for change in &left {
            apply(&mut state, change);
        }
        assert_eq!(state, json!({"seen": ["right", "left"]}));
    }
}

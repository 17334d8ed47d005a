//! Answers held against the examples in the providers' own documentation.
//!
//! Each file in `documented/` names its source. `optional` are fields of the example that this world
//! does not give, `also` fields that the example leaves out.

mod common;

use std::collections::BTreeSet;

use common::Client;
use serde::Deserialize;
use serde_json::Value;

#[derive(Deserialize)]
struct Documented {
    source: String,
    tool: String,
    params: Value,
    optional: BTreeSet<String>,
    also: BTreeSet<String>,
    example: Value,
}

/// Every field there is, with its type; items of a list count as one.
fn shape(value: &Value, path: &str, into: &mut BTreeSet<String>) {
    let kind = match value {
        // What is null in one answer is something else in another.
        Value::Null => return,
        Value::Bool(_) => "boolean",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(items) => {
            for item in items {
                shape(item, &format!("{path}[]"), into);
            }
            "array"
        }
        Value::Object(members) => {
            for (name, member) in members {
                let path = match path {
                    "" => name.clone(),
                    path => format!("{path}.{name}"),
                };
                shape(member, &path, into);
            }
            return;
        }
    };
    into.insert(format!("{path}:{kind}"));
}

#[test]
fn answers_have_the_shape_of_the_documented_examples() {
    for file in [
        include_str!("documented/hubspot_account_details.json"),
        include_str!("documented/hubspot_association.json"),
        include_str!("documented/hubspot_contacts.json"),
        include_str!("documented/hubspot_owners.json"),
        include_str!("documented/slack_auth_test.json"),
        include_str!("documented/slack_post.json"),
        include_str!("documented/zendesk_groups.json"),
        include_str!("documented/zendesk_search.json"),
    ] {
        let documented: Documented = serde_json::from_str(file).expect("a documented example");
        let answer = Client::new().data("alice", &documented.tool, &documented.params);
        let (mut given, mut known) = (BTreeSet::new(), BTreeSet::new());
        shape(&answer, "", &mut given);
        shape(&documented.example, "", &mut known);
        let invented: Vec<_> = given
            .difference(&known)
            .filter(|it| !documented.also.contains(*it))
            .collect();
        let missing: Vec<_> = known
            .difference(&given)
            .filter(|it| !documented.optional.contains(*it))
            .collect();
        assert!(
            invented.is_empty(),
            "{invented:?} is not in: {}",
            documented.source
        );
        assert!(
            missing.is_empty(),
            "{missing:?} is in: {}",
            documented.source
        );
    }
}

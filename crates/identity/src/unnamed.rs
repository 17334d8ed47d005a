//! What a model is shown of what came from an app: the same, without the names of whom it works for.
//!
//! Owns which names those are, and how they are found in what somebody else has written. A model that
//! does not know them cannot repeat them to anybody.

use serde_json::Value;

use super::principal::RequestContext;

/// What stands where a name was.
const REMOVED: &str = "[redacted]";
/// A name this long is removed inside words too; a shorter one (a user called `1`) where it is a word.
const ANYWHERE_BYTES: usize = 6;

/// Takes the caller's names out of every text of a value: the identifier, the address, the user's id.
/// What members are called stays, as that is ours or the app's own.
pub fn unnamed(mut value: Value, context: &RequestContext) -> Value {
    let email = context.email.as_deref();
    // The longest come first where one is part of another.
    let names = [
        Some(context.scalekit_identifier.as_str()),
        email,
        Some(context.user_id.as_str()),
    ];
    let names: Vec<_> = names
        .into_iter()
        .flatten()
        .filter(|it| !it.is_empty())
        .collect();
    remove(&mut value, &names);
    value
}

fn remove(value: &mut Value, names: &[&str]) {
    match value {
        Value::String(text) => {
            for name in names {
                if let Some(without) = without(text, name) {
                    *text = without;
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| remove(item, names)),
        Value::Object(members) => members.values_mut().for_each(|item| remove(item, names)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// The text without a name, however its letters are written; `None` where the name is not in it.
fn without(text: &str, name: &str) -> Option<String> {
    let mut out = String::new();
    let mut rest = text;
    let mut found = false;
    while let Some(at) = find(rest, name) {
        let (before, tail) = rest.split_at(at);
        let (hit, after) = tail.split_at(name.len());
        let is_word = !ends_word(before) && !begins_word(after);
        out.push_str(before);
        let goes = name.len() >= ANYWHERE_BYTES || is_word;
        out.push_str(if goes { REMOVED } else { hit });
        found |= goes;
        rest = after;
    }
    out.push_str(rest);
    found.then_some(out)
}

/// Where a name begins; ASCII letters are compared by their sound.
fn find(text: &str, name: &str) -> Option<usize> {
    let mut places = text.char_indices().map(|(at, _)| at);
    places.find(|at| {
        let there = text.get(*at..at + name.len());
        there.is_some_and(|there| there.eq_ignore_ascii_case(name))
    })
}

fn ends_word(before: &str) -> bool {
    before
        .chars()
        .next_back()
        .is_some_and(char::is_alphanumeric)
}

fn begins_word(after: &str) -> bool {
    after.chars().next().is_some_and(char::is_alphanumeric)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn context(user: &str, email: Option<&str>) -> RequestContext {
        serde_json::from_value(json!({
            "user_id": user, "email": email, "issuer": "https://idp.test",
            "scalekit_identifier": format!("user_{user}"),
        }))
        .expect("a context")
    }

    #[test]
    fn names_go_and_everything_else_stays() {
        let alice = context("alice", Some("alice@acme.example"));
        let shown = unnamed(
            json!({"by": "Alice@Acme.example", "who": ["user_alice", "alice!", "malice"], "alice": 1}),
            &alice,
        );
        assert_eq!(
            shown,
            json!({"by": REMOVED, "who": [REMOVED, "[redacted]!", "malice"], "alice": 1})
        );
        let long = context("00u1abcdef", None);
        let shown = unnamed(json!("x00u1abcdefy ünder 00u1abcde"), &long);
        assert_eq!(shown, json!("x[redacted]y ünder 00u1abcde"));
    }

    proptest! {
        /// Whatever is around it, and whatever the text is made of.
        #[test]
        fn no_identifier_is_left(before in ".{0,12}", after in ".{0,12}", user in "[a-z0-9]{6,12}") {
            let context = context(&user, None);
            let text = format!("{before}user_{user}{after}");
            let shown = unnamed(json!(text), &context).to_string().to_ascii_lowercase();
            prop_assert!(!shown.contains(&user), "{}", shown);
        }
    }
}

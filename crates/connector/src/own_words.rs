//! What an error says of its own accord: its message without what was sent.
//!
//! An app may repeat in its error what it was asked to write, and part of that was chosen by a
//! customer. A company called `Rate limit exceeded` must not have an error of which nobody knows
//! how far the write came taken for one that says so.

use serde_json::Value;

/// A shorter text may stand in any sentence by chance, and says nothing of an error.
const SHORTEST: usize = 4;

/// The message without the texts that were sent, as they are and as JSON would quote them.
pub(super) fn own_words(message: &str, sent: Option<&Value>) -> String {
    let mut texts = Vec::new();
    if let Some(sent) = sent {
        collect(sent, &mut texts);
    }
    // A longer one may hold a shorter one.
    texts.sort_unstable_by_key(|text| std::cmp::Reverse(text.len()));
    texts.iter().fold(message.to_owned(), |message, text| {
        if message.contains(text.as_str()) {
            message.replace(text.as_str(), " ")
        } else {
            message
        }
    })
}

fn collect(sent: &Value, texts: &mut Vec<String>) {
    match sent {
        Value::String(text) if text.len() >= SHORTEST => {
            let quoted = Value::from(text.as_str()).to_string();
            let inner = quoted.trim_matches('"');
            if inner != text {
                texts.push(inner.to_owned());
            }
            texts.push(text.clone());
        }
        Value::Array(all) => all.iter().for_each(|it| collect(it, texts)),
        Value::Object(all) => all.values().for_each(|it| collect(it, texts)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    #[test]
    fn what_was_sent_is_left_out_however_it_is_quoted() {
        let sent = json!({"input": [{"subject": "He said \"HTTP 400\"\nand left"}], "n": 7});
        for message in [
            "failed for He said \"HTTP 400\"\nand left: reset",
            r#"failed for {"subject":"He said \"HTTP 400\"\nand left"}: reset"#,
        ] {
            let own = own_words(message, Some(&sent));
            assert!(!own.contains("400"), "{own}");
            assert!(
                own.starts_with("failed for") && own.ends_with(": reset"),
                "{own}"
            );
        }
        assert_eq!(own_words("HTTP 400", Some(&sent)), "HTTP 400");
        assert_eq!(own_words("HTTP 400", None), "HTTP 400");
    }

    proptest! {
        #[test]
        fn no_text_that_was_sent_is_left(before in "[A-Z ]{0,20}", text in "[a-z0-9:/]{4,40}") {
            let sent = json!({"params": {"body": text}});
            let own = own_words(&format!("{before}{text}"), Some(&sent));
            prop_assert!(!own.contains(&text));
        }
    }
}

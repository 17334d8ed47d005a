//! What was wrong with input that did not fit its type, without repeating the input.
//!
//! Serde quotes what it found. Whoever sends a token in the wrong field must not find it again in
//! an error, in the log that error ends up in, or in what a model is told. Owns which of serde's
//! words are passed on: kinds, expectations, and names short enough to be names.

/// Longest name of a field that is repeated, in bytes: longer than any of ours.
const NAME_BYTES: usize = 40;

/// The path of the field, `.` for the whole, and what is wrong with it.
pub fn of(error: &serde_path_to_error::Error<serde_json::Error>) -> (String, String) {
    let path = error.path().to_string();
    let is_shown = path
        .split('.')
        .all(|segment| segment.len() <= NAME_BYTES && !segment.chars().any(char::is_control));
    let path = if is_shown { path } else { ".".to_owned() };
    (path, words(&error.inner().to_string()))
}

/// Serde's message, without the value it quotes and the place in the text.
fn words(message: &str) -> String {
    // What was found comes first and may hold anything; what was expected comes last and is ours.
    let (found, expected) = match message.rsplit_once(", expected ") {
        Some((found, expected)) => (found, Some(expected)),
        None => (message, None),
    };
    let kind = match found.split_once(": ") {
        Some((kind, _)) if kind.starts_with("invalid ") => kind,
        _ if found.starts_with("unknown variant ") => "unknown variant",
        _ => match found.split_once('`') {
            Some((kind, name)) if name.len() > NAME_BYTES => kind.trim_end(),
            _ => found,
        },
    };
    let text = match expected {
        Some(expected) => format!("{kind}, expected {expected}"),
        None => kind.to_owned(),
    };
    match text.rsplit_once(" at line ") {
        Some((text, _)) => text.to_owned(),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    #[allow(dead_code, reason = "only read")]
    struct Input {
        count: u32,
        choice: Option<Choice>,
        #[serde(default)]
        names: std::collections::BTreeMap<String, u8>,
    }

    #[derive(Debug, Deserialize)]
    #[serde(rename_all = "snake_case")]
    enum Choice {
        One,
        Two,
    }

    fn refusal(json: &str) -> (String, String) {
        let mut deserializer = serde_json::Deserializer::from_str(json);
        let error = serde_path_to_error::deserialize::<_, Input>(&mut deserializer);
        of(&error.expect_err("a refusal"))
    }

    #[test]
    fn what_was_expected_is_said() {
        for (json, field, words) in [
            (r#"{"count":"7"}"#, "count", "invalid type, expected u32"),
            (r#"{"count":-1}"#, "count", "invalid value, expected u32"),
            (r#"{"choice":"one"}"#, ".", "missing field `count`"),
            (
                r#"{"choice":"three"}"#,
                "choice",
                "unknown variant, expected `one` or `two`",
            ),
            (
                r#"{"user_id":1}"#,
                "user_id",
                "unknown field `user_id`, expected one of `count`, `choice`, `names`",
            ),
            (
                "[]",
                ".",
                "invalid length 0, expected struct Input with 3 elements",
            ),
        ] {
            assert_eq!(refusal(json), (field.into(), words.into()), "{json}");
        }
    }

    proptest! {
        /// Wherever it is put, and however it imitates serde's own words.
        #[test]
        fn what_was_sent_is_not_repeated(
            lead in "(, expected |`|: |\"|\\.| at line )?[a-zA-Z0-9.]{0,50}",
            canary in "[A-Z]{8}CANARY[A-Z]{36}",
        ) {
            let sent = format!("{lead}{canary}{lead}");
            let quoted = serde_json::json!(sent);
            for json in [
                quoted.to_string(),
                format!("[{quoted}]"),
                format!("{{\"count\":{quoted}}}"),
                format!("{{\"choice\":{quoted}}}"),
                format!("{{\"choice\":{{{quoted}:1}}}}"),
                format!("{{{quoted}:1}}"),
                format!("{{\"names\":{{{quoted}:{quoted}}}}}"),
            ] {
                let (path, words) = refusal(&json);
                prop_assert!(!path.contains("CANARY") && !words.contains("CANARY"), "{} {}", path, words);
            }
        }
    }
}

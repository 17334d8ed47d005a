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
        Some(expected) => format!("{kind}, expected {}", in_json(expected)),
        None => kind.to_owned(),
    };
    match text.rsplit_once(" at line ") {
        Some((text, _)) => text.to_owned(),
        None => text,
    }
}

/// What serde expected, in JSON's own words: callers know nothing of how this is written.
fn in_json(expected: &str) -> &str {
    // Of a message that has gone on, the place in the text is cut off later.
    let (expected, _) = expected.split_once(" at line ").unwrap_or((expected, ""));
    let words = expected.split(' ').next().unwrap_or_default();
    match expected {
        "u8" | "u16" | "u32" | "u64" | "u128" | "usize" => "a whole number, not below zero",
        "i8" | "i16" | "i32" | "i64" | "i128" | "isize" => "a whole number",
        "f32" | "f64" => "a number",
        "a map" => "an object",
        "a sequence" => "a list",
        "unit" => "null",
        "string or map" | "variant identifier" | "field identifier" => "a text it knows",
        _ => match words {
            "struct" => "an object",
            "enum" => "one of its values",
            "tuple" | "newtype" => "a list",
            _ => expected,
        },
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
            (
                r#"{"count":"7"}"#,
                "count",
                "invalid type, expected a whole number, not below zero",
            ),
            (
                r#"{"count":-1}"#,
                "count",
                "invalid value, expected a whole number, not below zero",
            ),
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
            ("[]", ".", "invalid length 0, expected an object"),
        ] {
            assert_eq!(refusal(json), (field.into(), words.into()), "{json}");
        }
    }

    #[test]
    fn no_type_of_this_program_is_named() {
        for json in [
            "7",
            "\"x\"",
            "null",
            "true",
            "[1]",
            r#"{"count":{}}"#,
            r#"{"count":[]}"#,
            r#"{"count":1.5}"#,
            r#"{"count":1,"choice":7}"#,
            r#"{"count":1,"choice":{"one":1}}"#,
            r#"{"count":1,"choice":["one"]}"#,
            r#"{"count":1,"names":7}"#,
            r#"{"count":1,"names":{"a":-1}}"#,
            r#"{"count":1,"names":{"a":300}}"#,
        ] {
            let (_, words) = refusal(json);
            for ours in [
                "struct", "enum", "Input", "Choice", "u32", "u8", "map", "unit",
            ] {
                assert!(!words.contains(ours), "{json}: {words}");
            }
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

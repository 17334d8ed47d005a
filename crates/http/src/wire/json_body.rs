//! Reading a JSON body: length, media type, depth, then the type it must fit.
//!
//! Owns the limits. Every refusal names the field it is about.

use serde::de::DeserializeOwned;
use serde_json::value::RawValue;

use crate::wire::message::{ApiRequest, MAX_BODY_BYTES};
use crate::wire::problem::{Problem, ProblemType};
use onbehalf_tools::refusal;

/// Deepest nesting of arrays and objects that is read. Checked before parsing, so that hostile
/// nesting costs one pass over at most [`MAX_BODY_BYTES`]. No request of this API needs ten.
pub const MAX_JSON_DEPTH: usize = 32;

/// The body as `T`.
///
/// # Errors
/// 400, 413, 415 or 422, by what is wrong with it.
pub fn required<T: DeserializeOwned>(request: &ApiRequest) -> Result<T, Problem> {
    optional(request)?.ok_or_else(|| {
        Problem::new(
            ProblemType::MalformedBody,
            "This request needs a JSON body.",
        )
    })
}

/// The body as `T`; `None` when there is no body.
///
/// # Errors
/// As [`required`].
pub fn optional<T: DeserializeOwned>(request: &ApiRequest) -> Result<Option<T>, Problem> {
    within_limit(request)?;
    if request.body.is_empty() {
        return Ok(None);
    }
    bounded(request)?;
    let mut deserializer = serde_json::Deserializer::from_slice(&request.body);
    let value = serde_path_to_error::deserialize(&mut deserializer).map_err(|error| {
        if error.inner().is_data() {
            does_not_fit(&error)
        } else {
            not_json(error.inner())
        }
    })?;
    deserializer.end().map_err(|error| not_json(&error))?;
    // Serde reads a list into a struct too, field by field.
    if request.body.trim_ascii_start().first() == Some(&b'[') {
        let detail = ".: must be an object";
        return Err(Problem::new(ProblemType::InvalidBody, detail).with("field", "."));
    }
    Ok(Some(value))
}

/// Refuses a body that is too long, too deep, or not said to be JSON, before anybody reads it.
///
/// # Errors
/// 400, 413 or 415.
pub fn bounded(request: &ApiRequest) -> Result<(), Problem> {
    within_limit(request)?;
    if !is_json(request.header("content-type")) {
        let detail = "The body must be sent as application/json.";
        return Err(Problem::new(ProblemType::UnsupportedMediaType, detail));
    }
    if depth(&request.body) > MAX_JSON_DEPTH {
        let detail = format!("The body is nested more than {MAX_JSON_DEPTH} levels deep.");
        return Err(Problem::new(ProblemType::MalformedBody, detail));
    }
    Ok(())
}

/// The body as whatever `check` makes of its JSON; no body stands for `{}`.
///
/// # Errors
/// As [`required`].
pub fn checked<T>(
    request: &ApiRequest,
    check: impl FnOnce(&str) -> Result<T, serde_path_to_error::Error<serde_json::Error>>,
) -> Result<T, Problem> {
    let body: Option<Box<RawValue>> = optional(request)?;
    let json = body.as_deref().map_or("{}", RawValue::get);
    check(json).map_err(|error| does_not_fit(&error))
}

/// Refuses a body that was cut off by the edge.
///
/// # Errors
/// 413.
pub fn within_limit(request: &ApiRequest) -> Result<(), Problem> {
    if request.body.len() <= MAX_BODY_BYTES {
        return Ok(());
    }
    let detail = format!("The body must not be longer than {MAX_BODY_BYTES} bytes.");
    Err(Problem::new(ProblemType::BodyTooLarge, detail))
}

/// The problem of an input that does not fit its type.
pub fn does_not_fit(error: &serde_path_to_error::Error<serde_json::Error>) -> Problem {
    let (field, words) = refusal::of(error);
    let detail = format!("{field}: {words}");
    Problem::new(ProblemType::InvalidBody, detail).with("field", field)
}

fn not_json(error: &serde_json::Error) -> Problem {
    let (line, column) = (error.line(), error.column());
    let detail = format!("The body is not valid JSON (line {line}, column {column}).");
    Problem::new(ProblemType::MalformedBody, detail)
}

/// `application/json`, with UTF-8 or no charset.
fn is_json(content_type: Option<&str>) -> bool {
    let Some(content_type) = content_type else {
        return false;
    };
    let mut parts = content_type.split(';').map(str::trim);
    let essence = parts.next().unwrap_or_default();
    essence.eq_ignore_ascii_case("application/json")
        && parts.all(|parameter| {
            let parameter = parameter.to_ascii_lowercase().replace('"', "");
            !parameter.starts_with("charset=") || parameter == "charset=utf-8"
        })
}

/// How deeply brackets nest outside of strings.
fn depth(json: &[u8]) -> usize {
    let (mut depth, mut deepest) = (0usize, 0usize);
    let (mut in_string, mut escaped) = (false, false);
    for byte in json {
        if in_string {
            match byte {
                _ if escaped => escaped = false,
                b'\\' => escaped = true,
                b'"' => in_string = false,
                _ => {}
            }
        } else {
            match byte {
                b'"' => in_string = true,
                b'[' | b'{' => {
                    depth += 1;
                    deepest = deepest.max(depth);
                }
                b']' | b'}' => depth = depth.saturating_sub(1),
                _ => {}
            }
        }
    }
    deepest
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, PartialEq, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Outer {
        inner: Inner,
    }

    #[derive(Debug, PartialEq, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Inner {
        count: u32,
    }

    #[derive(Debug, PartialEq, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Empty {}

    fn request(body: &str, content_type: Option<&str>) -> ApiRequest {
        ApiRequest {
            headers: content_type
                .map(|value| ("content-type".to_owned(), value.to_owned()))
                .into_iter()
                .collect(),
            body: body.as_bytes().to_vec(),
            ..ApiRequest::default()
        }
    }

    fn refused(body: &str) -> Problem {
        required::<Outer>(&request(body, Some("application/json"))).expect_err("refused")
    }

    #[test]
    fn good_bodies_are_read() {
        for content_type in [
            "application/json",
            "Application/JSON; charset=utf-8",
            "application/json;charset=\"UTF-8\"",
        ] {
            let request = request(r#"{"inner":{"count":3}}"#, Some(content_type));
            let outer: Outer = required(&request).expect(content_type);
            assert_eq!(outer.inner.count, 3);
        }
        assert_eq!(optional::<Outer>(&request("", None)), Ok(None));
    }

    #[test]
    fn a_refusal_names_the_field() {
        for (body, field) in [
            (r#"{"inner":{"count":"x"}}"#, "inner.count"),
            (r#"{"inner":{"count":1,"more":1}}"#, "inner.more"),
            (r#"{"inner":{}}"#, "inner"),
            ("[]", "."),
        ] {
            let problem = refused(body);
            assert_eq!(problem.kind(), ProblemType::InvalidBody, "{body}");
            assert_eq!(problem, problem.clone().with("field", field), "{body}");
        }
    }

    #[test]
    fn a_list_is_no_object_however_well_it_fits() {
        let problem = refused(r#" [{"count":3}]"#);
        assert_eq!(problem.kind(), ProblemType::InvalidBody);
        let empty = optional::<Empty>(&request("[]", Some("application/json")));
        assert_eq!(empty.map_err(|it| it.kind()), Err(ProblemType::InvalidBody));
    }

    #[test]
    fn other_media_types_are_refused() {
        for content_type in [
            None,
            Some("text/plain"),
            Some("application/x-www-form-urlencoded"),
            Some("application/json; charset=latin1"),
        ] {
            let request = request(r#"{"inner":{"count":3}}"#, content_type);
            let problem = required::<Outer>(&request).expect_err("refused");
            assert_eq!(problem.kind(), ProblemType::UnsupportedMediaType);
        }
    }

    #[test]
    fn broken_json_and_trailing_text_are_malformed() {
        for body in ["{", r#"{"inner":{"count":1}} x"#, "\u{feff}{}", "nul"] {
            assert_eq!(refused(body).kind(), ProblemType::MalformedBody, "{body}");
        }
    }

    #[test]
    fn depth_is_bounded_before_parsing() {
        let nested = |levels: usize| "[".repeat(levels) + &"]".repeat(levels);
        assert_eq!(depth(nested(33).as_bytes()), 33);
        assert_eq!(depth(br#"{"a":"[[[[\"[["}"#), 1);
        assert_eq!(
            refused(&nested(MAX_JSON_DEPTH)).kind(),
            ProblemType::InvalidBody
        );
        assert_eq!(
            refused(&nested(MAX_JSON_DEPTH + 1)).kind(),
            ProblemType::MalformedBody
        );
    }

    #[test]
    fn a_body_over_the_limit_is_refused_whatever_it_holds() {
        let body = " ".repeat(MAX_BODY_BYTES + 1);
        let problem = optional::<Outer>(&request(&body, None)).expect_err("refused");
        assert_eq!(problem.kind(), ProblemType::BodyTooLarge);
    }

    proptest! {
        #[test]
        fn no_body_makes_reading_panic(body in proptest::collection::vec(any::<u8>(), 0..300)) {
            let request = ApiRequest { body, ..request("", Some("application/json")) };
            let _ = optional::<Outer>(&request);
        }
    }
}

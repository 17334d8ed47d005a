//! The request headers with rules of their own: `Idempotency-Key`, `traceparent`, `Last-Event-ID`,
//! `Accept`.

use crate::wire::message::ApiRequest;
use crate::wire::problem::{Problem, ProblemType};
use onbehalf_runs::IdempotencyKey;

/// Longest idempotency key.
const MAX_KEY_BYTES: usize = 255;

/// The idempotency key, if the caller sent one
/// (draft-ietf-httpapi-idempotency-key-header).
///
/// # Errors
/// 400 unless it is 1 to 255 visible ASCII characters.
pub fn idempotency_key(request: &ApiRequest) -> Result<Option<IdempotencyKey>, Problem> {
    let Some(key) = request.header("idempotency-key") else {
        return Ok(None);
    };
    let visible = key.bytes().all(|byte| byte.is_ascii_graphic());
    if key.is_empty() || key.len() > MAX_KEY_BYTES || !visible {
        let detail = "The Idempotency-Key header must be 1 to 255 visible ASCII characters.";
        return Err(Problem::new(ProblemType::InvalidIdempotencyKey, detail));
    }
    Ok(Some(IdempotencyKey::new(key)))
}

/// The trace id of a `traceparent` header (W3C Trace Context §3.2), 32 lower-case hex digits.
/// A header that does not fit is ignored, as that specification asks.
pub fn trace_id(request: &ApiRequest) -> Option<String> {
    let header = request.header("traceparent")?;
    let mut parts = header.split('-');
    let (version, trace, parent, flags) =
        (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
    // Versions after 00 may add parts; ff is forbidden.
    let whole = parts.next().is_none() || version != "00";
    let fits = is_hex(version, 2)
        && version != "ff"
        && whole
        && is_hex(trace, 32)
        && trace.bytes().any(|byte| byte != b'0')
        && is_hex(parent, 16)
        && parent.bytes().any(|byte| byte != b'0')
        && is_hex(flags, 2);
    fits.then(|| trace.to_owned())
}

fn is_hex(text: &str, length: usize) -> bool {
    text.len() == length
        && text
            .bytes()
            .all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

/// Whether a person asks: somebody who would read HTML. Browsers name it first among what they
/// take; programs that take anything get what programs get.
pub fn wants_page(request: &ApiRequest) -> bool {
    let asks = matches!(request.method.as_str(), "GET" | "HEAD");
    let accept = request.header("accept").unwrap_or_default();
    asks && accept.split(',').any(|range| {
        let essence = range.split(';').next().unwrap_or_default();
        essence.trim().eq_ignore_ascii_case("text/html")
    })
}

/// The journal position a client has seen, from `Last-Event-ID`; 0 without one. An id that is none
/// of ours means the client has seen nothing.
pub fn last_event_id(request: &ApiRequest) -> u64 {
    request
        .header("last-event-id")
        .and_then(|id| id.parse().ok())
        .unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(name: &str, value: &str) -> ApiRequest {
        ApiRequest {
            headers: vec![(name.to_owned(), value.to_owned())],
            ..ApiRequest::default()
        }
    }

    #[test]
    fn keys_are_bounded_and_visible() {
        let read = |key: &str| idempotency_key(&request("idempotency-key", key));
        assert_eq!(
            read("8e03978e-40d5"),
            Ok(Some(IdempotencyKey::new("8e03978e-40d5")))
        );
        assert_eq!(idempotency_key(&ApiRequest::default()), Ok(None));
        assert!(read(&"k".repeat(255)).is_ok());
        for bad in ["", " ", "a b", "é", "a\n", &"k".repeat(256)] {
            assert!(read(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn only_whole_trace_parents_count() {
        let trace = "4bf92f3577b34da6a3ce929d0e0e4736";
        let read = |header: &str| trace_id(&request("traceparent", header));
        for good in [
            format!("00-{trace}-00f067aa0ba902b7-01"),
            format!("cc-{trace}-00f067aa0ba902b7-01-more"),
        ] {
            assert_eq!(read(&good).as_deref(), Some(trace), "{good}");
        }
        for bad in [
            String::new(),
            format!("ff-{trace}-00f067aa0ba902b7-01"),
            format!("00-{trace}-00f067aa0ba902b7-01-more"),
            format!("00-{trace}-0000000000000000-01"),
            format!("00-{}-00f067aa0ba902b7-01", "0".repeat(32)),
            format!("00-{}-00f067aa0ba902b7-01", trace.to_uppercase()),
            format!("00-{trace}-00f067aa0ba902b7"),
        ] {
            assert_eq!(read(&bad), None, "{bad}");
        }
    }

    #[test]
    fn an_event_id_that_is_not_ours_is_the_beginning() {
        assert_eq!(last_event_id(&request("last-event-id", "12")), 12);
        assert_eq!(last_event_id(&request("last-event-id", "x")), 0);
        assert_eq!(last_event_id(&ApiRequest::default()), 0);
    }

    #[test]
    fn browsers_are_told_from_programs() {
        let browser = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";
        for (accept, page) in [
            (browser, true),
            ("Text/HTML", true),
            ("*/*", false),
            ("application/json", false),
            ("", false),
        ] {
            let mut request = request("accept", accept);
            request.method = "GET".into();
            assert_eq!(wants_page(&request), page, "{accept}");
            request.method = "POST".into();
            assert!(!wants_page(&request));
        }
    }
}

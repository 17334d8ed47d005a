//! The headers that repeat what a body says, for whoever is in between.
//!
//! Owns the comparison, and the form in which a text travels that a header could not hold.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

const ENCODED_BEGINS: &str = "=?base64?";
const ENCODED_ENDS: &str = "?=";

/// What the headers of a request say.
#[derive(Clone, Copy, Debug, Default)]
pub struct Headers<'a> {
    /// `MCP-Protocol-Version`.
    pub version: Option<&'a str>,
    /// `Mcp-Method`.
    pub method: Option<&'a str>,
    /// `Mcp-Name`.
    pub name: Option<&'a str>,
}

/// Whether a header says this.
pub(crate) fn says(header: Option<&str>, body: &str) -> bool {
    let Some(header) = header.map(str::trim) else {
        return false;
    };
    let inside = header
        .strip_prefix(ENCODED_BEGINS)
        .and_then(|rest| rest.strip_suffix(ENCODED_ENDS));
    match inside {
        Some(encoded) => STANDARD
            .decode(encoded)
            .is_ok_and(|it| it == body.as_bytes()),
        None => header == body,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The examples of the specification's page on the transport.
    #[test]
    fn what_a_header_cannot_hold_is_compared_decoded() {
        for (body, header) in [
            ("us-west1", "us-west1"),
            ("Hello, 世界", "=?base64?SGVsbG8sIOS4lueVjA==?="),
            (" padded ", "=?base64?IHBhZGRlZCA=?="),
            ("line1\nline2", "=?base64?bGluZTEKbGluZTI=?="),
            ("=?base64?literal?=", "=?base64?PT9iYXNlNjQ/bGl0ZXJhbD89?="),
            ("get_weather", "  get_weather\t"),
        ] {
            assert!(says(Some(header), body), "{header}");
        }
        for (body, header) in [
            ("get_weather", "GET_WEATHER"),
            ("literal", "=?base64?literal?="),
            ("a", "=?BASE64?YQ==?="),
            ("", "=?base64?!?="),
        ] {
            assert!(!says(Some(header), body), "{header}");
        }
        assert!(!says(None, ""));
    }

    proptest! {
        #[test]
        fn a_text_is_told_from_every_other(one in ".{0,20}", other in ".{0,20}") {
            let encoded = format!("=?base64?{}?=", STANDARD.encode(&one));
            prop_assert!(says(Some(&encoded), &one));
            prop_assert_eq!(says(Some(&encoded), &other), one == other);
        }
    }
}

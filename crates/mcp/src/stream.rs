//! An answer that is told in pieces: progress first, the answer last.

use serde_json::{Value, json};

/// What a client told to tell progress under.
#[derive(Clone, Debug, PartialEq)]
pub struct ProgressToken(Value);

impl ProgressToken {
    /// From what a request says beside its parameters.
    pub(crate) fn read(meta: &Value) -> Option<Self> {
        let token = &meta["progressToken"];
        let fits = token.is_string() || token.is_i64() || token.is_u64();
        fits.then(|| Self(token.clone()))
    }
}

/// That something has happened: `done` grows with each.
pub fn progress(token: &ProgressToken, done: u64, message: &str) -> Value {
    json!({
        "jsonrpc": "2.0",
        "method": "notifications/progress",
        "params": { "progressToken": token.0, "progress": done, "message": message },
    })
}

/// A message as a server-sent event (WHATWG HTML §9.2): JSON has no raw line breaks, so one line of
/// data holds it.
pub fn event(message: &Value) -> String {
    format!("event: message\ndata: {message}\n\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_a_text_or_a_whole_number() {
        let read = |token: Value| ProgressToken::read(&json!({ "progressToken": token }));
        assert!(read(json!("abc")).is_some() && read(json!(7)).is_some());
        for other in [json!(null), json!(1.5), json!(true), json!({})] {
            assert_eq!(read(other.clone()), None, "{other}");
        }
        assert_eq!(ProgressToken::read(&json!(null)), None);
    }

    #[test]
    fn an_event_is_one_line_whatever_is_in_it() {
        let token = ProgressToken(json!("t"));
        let text = event(&progress(&token, 1, "two\nlines"));
        assert_eq!(text.lines().count(), 3);
        assert!(text.ends_with("\n\n") && text.contains("two\\nlines"));
    }
}

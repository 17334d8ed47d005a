//! Reading the connected apps' JSON: a missing or mistyped part is `None`, never a panic.

use serde_json::Value;

use onbehalf_clock::Timestamp;

/// A text that is not empty.
pub(super) fn text(value: &Value, key: &str) -> Option<String> {
    value
        .get(key)?
        .as_str()
        .filter(|text| !text.is_empty())
        .map(str::to_owned)
}

/// An id, which some apps write as a number and some as text.
pub(super) fn id(value: &Value, key: &str) -> Option<String> {
    match value.get(key)? {
        Value::Number(number) => Some(number.to_string()),
        Value::String(text) if !text.is_empty() => Some(text.clone()),
        _ => None,
    }
}

/// A point in time: RFC 3339, a bare date, or milliseconds as HubSpot sometimes writes them.
pub(super) fn moment(value: &Value, key: &str) -> Option<Timestamp> {
    match value.get(key)? {
        Value::String(text) => {
            Timestamp::parse(text).or_else(|| text.parse().ok().map(Timestamp::from_millis))
        }
        Value::Number(number) => number.as_i64().map(Timestamp::from_millis),
        _ => None,
    }
}

/// The cursor of HubSpot's next page.
pub(super) fn hubspot_next(data: &Value) -> Option<String> {
    id(data.get("paging")?.get("next")?, "after")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn both_spellings_of_an_instant_agree() {
        let data =
            json!({"a": "2026-01-02T00:00:00Z", "b": "1767312000000", "c": 1_767_312_000_000_i64});
        assert_eq!(moment(&data, "a"), moment(&data, "b"));
        assert_eq!(moment(&data, "b"), moment(&data, "c"));
        assert_eq!(moment(&json!({"a": "soon", "b": [], "c": null}), "a"), None);
    }
}

//! HubSpot's `filterGroups`: OR over groups, AND within one.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::world::time;
use crate::world::tool::ToolFailure;

/// Properties of a HubSpot object.
pub type Properties = BTreeMap<String, String>;

#[derive(Deserialize)]
struct Group {
    filters: Vec<Filter>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Filter {
    property_name: String,
    operator: String,
    value: Option<serde_json::Value>,
    values: Option<Vec<serde_json::Value>>,
    high_value: Option<serde_json::Value>,
}

/// A parsed filter.
pub struct Groups(Vec<Group>);

/// Groups HubSpot accepts in one search, and filters in one group.
const GROUPS: usize = 5;
const FILTERS: usize = 6;

impl Groups {
    /// Parses the JSON text; an absent one accepts everything.
    ///
    /// # Errors
    /// HubSpot's 400.
    pub fn parse(text: Option<&str>) -> Result<Self, ToolFailure> {
        let invalid = |message: String| ToolFailure::new(400, "VALIDATION_ERROR", message);
        let Some(text) = text else {
            return Ok(Self(Vec::new()));
        };
        let groups: Vec<Group> = serde_json::from_str(text)
            .map_err(|error| invalid(format!("Invalid input JSON: {error}")))?;
        if groups.len() > GROUPS || groups.iter().any(|group| group.filters.len() > FILTERS) {
            return Err(invalid("too many filterGroups or filters".to_owned()));
        }
        for filter in groups.iter().flat_map(|group| &group.filters) {
            if !OPERATORS.contains(&filter.operator.as_str()) {
                return Err(invalid(format!("unknown operator {}", filter.operator)));
            }
        }
        Ok(Self(groups))
    }

    /// The values one of which a property must have for an object to be in; `None` where any will
    /// do.
    pub fn only(&self, property: &str) -> Option<Vec<String>> {
        let of_group = |group: &Group| {
            let mut named = group.filters.iter();
            let filter = named.find(|it| it.property_name == property && it.operator == "EQ")?;
            Some(text(filter.value.as_ref()))
        };
        if self.0.is_empty() {
            return None;
        }
        self.0.iter().map(of_group).collect()
    }

    /// Whether an object with these properties is in.
    pub fn accept(&self, properties: &Properties) -> bool {
        self.0.is_empty()
            || self.0.iter().any(|group| {
                group
                    .filters
                    .iter()
                    .all(|filter| filter.accepts(properties))
            })
    }
}

const OPERATORS: [&str; 13] = [
    "EQ",
    "NEQ",
    "GT",
    "GTE",
    "LT",
    "LTE",
    "BETWEEN",
    "IN",
    "NOT_IN",
    "HAS_PROPERTY",
    "NOT_HAS_PROPERTY",
    "CONTAINS_TOKEN",
    "NOT_CONTAINS_TOKEN",
];

fn text(value: Option<&serde_json::Value>) -> String {
    match value {
        Some(serde_json::Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
        None => String::new(),
    }
}

/// Dates and numbers compare as numbers, whatever way they are written.
fn compare(left: &str, right: &str) -> std::cmp::Ordering {
    let numbers = time::parse(left).zip(time::parse(right));
    numbers.map_or_else(|| left.cmp(right), |(left, right)| left.cmp(&right))
}

/// Whether a text has this word, as HubSpot's index sees words. `*` at an end is a wildcard.
pub fn has_token(haystack: &str, token: &str) -> bool {
    let token = token.to_lowercase();
    let (core, front, back) = (
        token.trim_matches('*'),
        token.starts_with('*'),
        token.ends_with('*'),
    );
    haystack
        .to_lowercase()
        .split(|c: char| !(c.is_alphanumeric() || c == '_' || c == '-'))
        .any(|word| match (front, back) {
            (true, true) => word.contains(core),
            (true, false) => word.ends_with(core),
            (false, true) => word.starts_with(core),
            (false, false) => word == core,
        })
}

impl Filter {
    fn accepts(&self, properties: &Properties) -> bool {
        use std::cmp::Ordering::{Equal, Greater, Less};
        let own = properties.get(&self.property_name);
        let Some(own) = own else {
            return matches!(
                self.operator.as_str(),
                "NOT_HAS_PROPERTY" | "NEQ" | "NOT_IN" | "NOT_CONTAINS_TOKEN"
            );
        };
        let value = text(self.value.as_ref());
        let listed = || {
            let values = self.values.iter().flatten();
            values
                .into_iter()
                .any(|it| text(Some(it)).eq_ignore_ascii_case(own))
        };
        match self.operator.as_str() {
            "EQ" => compare(own, &value) == Equal || own.eq_ignore_ascii_case(&value),
            "NEQ" => !own.eq_ignore_ascii_case(&value),
            "GT" => compare(own, &value) == Greater,
            "GTE" => compare(own, &value) != Less,
            "LT" => compare(own, &value) == Less,
            "LTE" => compare(own, &value) != Greater,
            "BETWEEN" => {
                compare(own, &value) != Less
                    && compare(own, &text(self.high_value.as_ref())) != Greater
            }
            "IN" => listed(),
            "NOT_IN" => !listed(),
            "HAS_PROPERTY" => true,
            "CONTAINS_TOKEN" => has_token(own, &value),
            "NOT_CONTAINS_TOKEN" => !has_token(own, &value),
            _ => false,
        }
    }
}

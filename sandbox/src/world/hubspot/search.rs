//! Finding records: the search over the index, and the list of the store.

use serde_json::{Value, json};

use super::filter::{Groups, Properties, has_token};
use super::object::Object;
use super::{invalid, text};
use crate::world::tool::{Answer, Params, ToolFailure};

/// Results a search can page through.
const SEARCH_LIMIT: usize = 10_000;
/// Largest page.
const PAGE_LIMIT: u64 = 100;
/// Page size when none is asked for.
const PAGE_DEFAULT: u64 = 10;

/// Properties that come without being asked for, where none are asked for.
pub(super) struct Usual {
    /// Always.
    pub always: &'static [&'static str],
    /// When no others are asked for.
    pub otherwise: &'static [&'static str],
}

/// Of contacts.
pub(super) const CONTACT: Usual = Usual {
    always: &["hs_object_id", "createdate", "lastmodifieddate"],
    otherwise: &["email", "firstname", "lastname"],
};
/// Of tasks.
pub(super) const TASK: Usual = Usual {
    always: &["hs_object_id", "hs_createdate", "hs_lastmodifieddate"],
    otherwise: &[],
};

impl Usual {
    /// A record as a call sees it that asked for these properties.
    pub fn show(&self, object: &Object, properties: &Properties, asked: &[String]) -> Value {
        if asked.is_empty() {
            let names: Vec<String> = self.otherwise.iter().map(|it| (*it).to_owned()).collect();
            return object.selected(properties, &names, self.always);
        }
        object.selected(properties, asked, self.always)
    }
}

/// `properties` is an array for some tools and a comma-separated text for others.
pub(super) fn requested(params: &Params) -> Vec<String> {
    match params.get("properties") {
        Some(Value::Array(names)) => names
            .iter()
            .filter_map(|name| name.as_str().map(str::to_owned))
            .collect(),
        Some(Value::String(names)) => names
            .split(',')
            .map(|name| name.trim().to_owned())
            .collect(),
        _ => Vec::new(),
    }
}

/// The page size asked for.
///
/// # Errors
/// HubSpot's 400.
pub(super) fn limit(params: &Params, most: u64, default: u64) -> Result<usize, ToolFailure> {
    let limit = match params.get("limit") {
        None => default,
        Some(value) => value
            .as_f64()
            .filter(|limit| (1.0..=most as f64).contains(limit))
            .ok_or_else(|| invalid(format!("limit must be between 1 and {most}")))?
            as u64,
    };
    Ok(usize::try_from(limit).unwrap_or(1))
}

/// The cursor asked for, as the number it is.
///
/// # Errors
/// HubSpot's 400.
pub(super) fn after(params: &Params) -> Result<usize, ToolFailure> {
    match text(params, "after") {
        None => Ok(0),
        Some(after) => after
            .parse()
            .map_err(|_| invalid("after is not a valid paging cursor")),
    }
}

/// Searches the index as it is at this time.
///
/// # Errors
/// HubSpot's 400.
pub(super) fn search<'a>(
    candidates: impl Iterator<Item = &'a Object>,
    groups: &Groups,
    params: &Params,
    now_ms: i64,
    usual: &Usual,
) -> Result<Answer, ToolFailure> {
    let words: Vec<&str> = text(params, "query")
        .unwrap_or_default()
        .split_whitespace()
        .collect();
    let (limit, after) = (limit(params, PAGE_LIMIT, PAGE_DEFAULT)?, after(params)?);
    if after + limit > SEARCH_LIMIT {
        return Err(invalid(format!(
            "paging beyond {SEARCH_LIMIT} results is not possible"
        )));
    }
    let asked = requested(params);
    let matching: Vec<(&Object, &Properties)> = candidates
        .filter_map(|object| Some((object, object.indexed(now_ms)?)))
        .filter(|(_, known)| groups.accept(known))
        .filter(|(_, known)| {
            let has = |word: &&str| known.values().any(|value| has_token(value, word));
            words.iter().all(has)
        })
        .collect();
    let results: Vec<Value> = matching
        .iter()
        .skip(after)
        .take(limit)
        .map(|(object, known)| usual.show(object, known, &asked))
        .collect();
    let mut body = json!({ "total": matching.len(), "results": results });
    if after + limit < matching.len() {
        body["paging"] = json!({ "next": { "after": (after + limit).to_string() } });
    }
    Ok(Answer::read(body))
}

/// A page of the store. The cursor is the id of the first record that is not on it.
///
/// # Errors
/// HubSpot's 400.
pub(super) fn list<'a>(
    objects: impl Iterator<Item = &'a Object>,
    params: &Params,
    usual: &Usual,
) -> Result<Answer, ToolFailure> {
    let (limit, after) = (limit(params, PAGE_LIMIT, PAGE_DEFAULT)?, after(params)?);
    let asked = requested(params);
    let mut rest = objects.skip_while(|it| it.id.parse::<usize>().is_ok_and(|id| id < after));
    let results: Vec<Value> = rest
        .by_ref()
        .take(limit)
        .map(|object| usual.show(object, &object.properties, &asked))
        .collect();
    let mut body = json!({ "results": results });
    if let Some(next) = rest.next() {
        body["paging"] = json!({ "next": { "after": next.id } });
    }
    Ok(Answer::read(body))
}

//! Windows into lists, as connections.

use serde_json::{Value, json};

use super::{Failure, refusal};

/// Largest page.
const PAGE_LIMIT: usize = 250;
/// Page size when none is asked for.
pub(super) const PAGE_DEFAULT: usize = 50;

/// A window into a list.
#[derive(Clone, Copy)]
pub(super) struct Page {
    pub first: usize,
    pub after: usize,
}

impl Default for Page {
    fn default() -> Self {
        Self {
            first: PAGE_DEFAULT,
            after: 0,
        }
    }
}

/// The window asked for.
///
/// # Errors
/// Linear's refusal.
pub(super) fn page(first: Option<&Value>, after: Option<&Value>) -> Result<Page, Failure> {
    let first = match first {
        None | Some(Value::Null) => PAGE_DEFAULT,
        Some(first) => first
            .as_u64()
            .and_then(|first| usize::try_from(first).ok())
            .filter(|first| (1..=PAGE_LIMIT).contains(first))
            .ok_or_else(|| {
                refusal(
                    "INPUT_ERROR",
                    format!("first must be between 1 and {PAGE_LIMIT}"),
                )
            })?,
    };
    let after = match after {
        None | Some(Value::Null) => 0,
        Some(after) => after
            .as_str()
            .and_then(|cursor| cursor.strip_prefix("cursor-"))
            .and_then(|cursor| cursor.parse().ok())
            .ok_or_else(|| refusal("INPUT_ERROR", "after is not a valid cursor"))?,
    };
    Ok(Page { first, after })
}

impl Page {
    /// Nodes already cut to this page, as a connection over `total`.
    pub fn wrap(self, nodes: Vec<Value>, total: usize) -> Value {
        let end = self.after + nodes.len();
        let cursor = |at: usize| format!("cursor-{at}");
        json!({ "nodes": nodes, "pageInfo": {
            "hasNextPage": end < total, "hasPreviousPage": self.after > 0,
            "startCursor": cursor(self.after), "endCursor": cursor(end) } })
    }
}

/// A whole list, cut to a page.
pub(super) fn connection(all: Vec<Value>, page: Page) -> Value {
    let total = all.len();
    let nodes = all.into_iter().skip(page.after).take(page.first).collect();
    page.wrap(nodes, total)
}

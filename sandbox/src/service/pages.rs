//! Pages of a list: what is asked for, and the token of the next.

use serde_json::Value;

use super::error::failure;
use super::message::{Reply, Request};

/// Page size when none is asked for.
const PAGE: usize = 10;
/// Largest page.
const PAGE_MOST: usize = 100;

/// The page that a request asks for.
pub(super) struct Page {
    /// As it was asked for.
    pub size: usize,
    offset: usize,
}

impl Page {
    /// # Errors
    /// The refusal of what is no number.
    pub fn asked(request: &Request) -> Result<Self, Reply> {
        let number = |name: &str, default| match request.one(name) {
            None | Some("") => Some(default),
            Some(text) => text.parse::<usize>().ok(),
        };
        match (number("page_size", PAGE), number("page_token", 0)) {
            (Some(size), Some(offset)) => Ok(Self { size, offset }),
            _ => Err(failure(
                400,
                "VALIDATION_ERROR",
                "page_size or page_token is not valid",
            )),
        }
    }

    /// The part of a list, and the token of the next; empty after the last.
    pub fn of<'a>(&self, all: &'a [Value]) -> (Vec<&'a Value>, String) {
        let size = self.size.clamp(1, PAGE_MOST);
        let page: Vec<&Value> = all.iter().skip(self.offset).take(size).collect();
        let next = self.offset + page.len();
        let token = (next < all.len()).then(|| next.to_string());
        (page, token.unwrap_or_default())
    }
}

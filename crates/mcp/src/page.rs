//! One page of a list that is sorted by its names.
//!
//! A cursor names the last of the page before. So it stays good whatever is added or removed, and
//! there is nothing to remember.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::error::{Code, RpcError};

/// A page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page<T> {
    /// What is on it.
    pub items: Vec<T>,
    /// What leads to the next one.
    pub next: Option<String>,
}

/// The page behind a cursor. `items` are sorted by `name`.
///
/// # Errors
/// [`Code::InvalidParams`] for a cursor that this did not write.
pub fn page<T>(
    items: Vec<T>,
    name: impl Fn(&T) -> &str,
    cursor: Option<&str>,
    size: usize,
) -> Result<Page<T>, RpcError> {
    let after = cursor.map(read).transpose()?;
    let is_behind = |item: &T| after.as_deref().is_none_or(|after| name(item) > after);
    let mut items: Vec<T> = items.into_iter().filter(is_behind).collect();
    let more = items.len() > size;
    items.truncate(size);
    let last = items.last().filter(|_| more);
    let next = last.map(|last| URL_SAFE_NO_PAD.encode(name(last)));
    Ok(Page { items, next })
}

fn read(cursor: &str) -> Result<String, RpcError> {
    let name = URL_SAFE_NO_PAD.decode(cursor).ok();
    let name = name.and_then(|name| String::from_utf8(name).ok());
    let name = name.filter(|name| !name.is_empty());
    name.ok_or_else(|| RpcError::new(Code::InvalidParams, "The cursor is none of this list"))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// Whatever the size, the pages together are the list.
        #[test]
        fn pages_are_the_list(names in proptest::collection::btree_set("[a-z_]{1,6}", 0..30), size in 1usize..9) {
            let all: Vec<String> = names.into_iter().collect();
            let (mut seen, mut cursor) = (Vec::new(), None);
            loop {
                let page = page(all.clone(), |it| it, cursor.as_deref(), size).expect("a page");
                prop_assert!(page.items.len() <= size);
                seen.extend(page.items);
                cursor = page.next;
                if cursor.is_none() { break; }
            }
            prop_assert_eq!(seen, all);
        }

        /// What goes and what comes between two pages moves nothing else.
        #[test]
        fn a_cursor_outlives_what_it_names(names in proptest::collection::btree_set("[a-z]{1,4}", 3..20)) {
            let all: Vec<String> = names.into_iter().collect();
            let first = page(all.clone(), |it| it, None, 2).expect("a page");
            let cursor = first.next.expect("there are more");
            let without: Vec<String> = all[2..].to_vec();
            let rest = page(without.clone(), |it| it, Some(&cursor), 100).expect("a page");
            prop_assert_eq!(rest.items, without);
        }
    }

    #[test]
    fn a_cursor_of_something_else_is_refused() {
        for cursor in ["", "!", "gA"] {
            let error = page(vec!["a"], |it| it, Some(cursor), 2).expect_err("refused");
            assert_eq!(error.code, Code::InvalidParams, "{cursor}");
        }
    }
}

//! Zendesk's search syntax, written so that no name and no address can change what is asked.
//!
//! Zendesk documents no escape for a quote inside a quoted phrase. An organisation's name therefore
//! loses the characters the syntax gives a meaning to (its search ignores punctuation anyway), and
//! an address that would need quoting is refused.

use super::input::InputError;

/// Several values of one keyword are OR-ed; this many keep the query readable for Zendesk.
pub(super) const MAX_REQUESTERS: usize = 50;
/// The query travels in a URL, which many servers cut at 8 KB; percent-encoding can add a half.
pub(super) const MAX_QUERY_BYTES: usize = 4_000;
/// Longest address by RFC 5321 (a path of 256 octets with its brackets).
const MAX_ADDRESS_BYTES: usize = 254;
const MAX_NAME_CHARS: usize = 200;

/// The query for one page of tickets.
///
/// # Errors
/// [`InputError`] unless there are either requesters or an organisation, all of them searchable.
pub(super) fn build(
    requesters: &[String],
    organization: Option<&str>,
    open_only: bool,
) -> Result<String, InputError> {
    let mut query = String::from("type:ticket");
    if open_only {
        query.push_str(" status<solved");
    }
    match (requesters, organization) {
        ([], None) => {
            return Err(InputError::new(
                "requesters",
                "name requesters or an organization",
            ));
        }
        ([], Some(name)) => {
            query.push_str(&format!(" organization:\"{}\"", phrase(name)?));
        }
        (_, Some(_)) => {
            let rule = "cannot be combined with requesters: Zendesk would ask for both at once";
            return Err(InputError::new("organization", rule));
        }
        (requesters, None) => {
            if requesters.len() > MAX_REQUESTERS {
                let rule = format!("at most {MAX_REQUESTERS} in one query");
                return Err(InputError::new("requesters", rule));
            }
            for (index, address) in requesters.iter().enumerate() {
                if !is_searchable(address) {
                    let rule = "is not an e-mail address that can be searched for";
                    return Err(InputError::new(format!("requesters[{index}]"), rule));
                }
                query.push_str(" requester:");
                query.push_str(address);
            }
        }
    }
    if query.len() > MAX_QUERY_BYTES {
        return Err(InputError::new(
            "requesters",
            "too many or too long for one query",
        ));
    }
    Ok(query)
}

/// Whether an address can stand in a query as it is: ASCII, one `@`, and no character that the
/// syntax gives a meaning to (space, quotes, `:`, `<`, `>`, `*`, `(`, `)`, `"`, `\`).
fn is_searchable(address: &str) -> bool {
    let Some((local, domain)) = address.split_once('@') else {
        return false;
    };
    let local_ok = |b: u8| b.is_ascii_alphanumeric() || b"._+-'&/=~!#$%^{}|`?".contains(&b);
    let domain_ok = |b: u8| b.is_ascii_alphanumeric() || b == b'.' || b == b'-';
    address.len() <= MAX_ADDRESS_BYTES
        && local
            .bytes()
            .next()
            .is_some_and(|b| b.is_ascii_alphanumeric() || b == b'_')
        && local.bytes().all(local_ok)
        && domain
            .bytes()
            .next()
            .is_some_and(|b| b.is_ascii_alphanumeric())
        && domain.bytes().all(domain_ok)
}

/// A name fit to stand between quotes.
fn phrase(name: &str) -> Result<String, InputError> {
    let meaning = |c: char| c.is_control() || c.is_whitespace() || "\"\\*<>:“”„".contains(c);
    let words: Vec<_> = name
        .split(meaning)
        .filter(|word| !word.is_empty())
        .collect();
    let phrase = words.join(" ");
    if !phrase.contains(char::is_alphanumeric) {
        return Err(InputError::new(
            "organization",
            "holds no letter or digit to search for",
        ));
    }
    if phrase.chars().count() > MAX_NAME_CHARS {
        let rule = format!("must be at most {MAX_NAME_CHARS} characters");
        return Err(InputError::new("organization", rule));
    }
    Ok(phrase)
}

/// Addresses split into what fits one query each.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RequesterBatches {
    /// Each can be the `requesters` of one call. Together they hold every searchable address once.
    pub batches: Vec<Vec<String>>,
    /// Addresses that Zendesk's syntax cannot express.
    pub unsearchable: Vec<String>,
}

/// Splits addresses so that each batch, with the fixed part of the query, stays within its bounds.
pub fn requester_batches(addresses: impl IntoIterator<Item = String>) -> RequesterBatches {
    let mut seen = std::collections::BTreeSet::new();
    let mut result = RequesterBatches::default();
    let fixed = "type:ticket status<solved".len();
    let mut used = fixed;
    for address in addresses {
        if !seen.insert(address.to_ascii_lowercase()) {
            continue;
        }
        if !is_searchable(&address) {
            result.unsearchable.push(address);
            continue;
        }
        let cost = " requester:".len() + address.len();
        match result.batches.last_mut() {
            Some(batch) if batch.len() < MAX_REQUESTERS && used + cost <= MAX_QUERY_BYTES => {
                batch.push(address);
                used += cost;
            }
            _ => {
                result.batches.push(vec![address]);
                used = fixed + cost;
            }
        }
    }
    result
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The query's terms as Zendesk would split them: at spaces outside quotes.
    fn terms(query: &str) -> Vec<String> {
        let mut terms = vec![String::new()];
        let mut quoted = false;
        for c in query.chars() {
            match c {
                '"' => quoted = !quoted,
                ' ' if !quoted => terms.push(String::new()),
                c => terms.last_mut().expect("never empty").push(c),
            }
        }
        assert!(!quoted, "an open quote in {query}");
        terms
    }

    #[test]
    fn a_query_reads_as_documented() {
        let query = build(
            &["jo+x@acme.test".into(), "o'b@acme.test".into()],
            None,
            true,
        );
        let expected = "type:ticket status<solved requester:jo+x@acme.test requester:o'b@acme.test";
        assert_eq!(query.as_deref(), Ok(expected));
        let query = build(&[], Some("Acme \"X\" * GmbH"), false);
        assert_eq!(
            query.as_deref(),
            Ok("type:ticket organization:\"Acme X GmbH\"")
        );
    }

    #[test]
    fn nothing_and_both_are_refused() {
        assert!(build(&[], None, true).is_err());
        assert!(build(&["a@b.test".into()], Some("Acme"), true).is_err());
        assert!(build(&[], Some("\"*\""), true).is_err());
        let many = vec!["a@b.test".to_owned(); MAX_REQUESTERS + 1];
        assert!(build(&many, None, true).is_err());
    }

    #[test]
    fn an_error_does_not_repeat_the_address() {
        let error = build(&["evil status:closed@x".into()], None, true).expect_err("refused");
        assert_eq!(error.field, "requesters[0]");
        assert!(!error.to_string().contains("evil"));
    }

    proptest! {
        #[test]
        fn no_address_adds_a_term(address in "\\PC{0,40}", local in "[a-z\"\\\\ :<>*()]{1,12}") {
            for address in [address, format!("{local}@acme.test")] {
                if let Ok(query) = build(std::slice::from_ref(&address), None, true) {
                    let expected = ["type:ticket".into(), "status<solved".into(), format!("requester:{address}")];
                    prop_assert_eq!(terms(&query), expected);
                    prop_assert!(!address.contains('*') && !address.contains('"'));
                }
            }
        }

        #[test]
        fn no_name_adds_a_term(name in "(.|[\"\\\\* :<>]){0,40}") {
            if let Ok(query) = build(&[], Some(&name), true) {
                let terms = terms(&query);
                prop_assert_eq!(terms.len(), 3);
                prop_assert!(terms[2].starts_with("organization:"));
                prop_assert_eq!(query.matches('"').count(), 2);
            }
        }

        #[test]
        fn every_batch_makes_a_query_and_nothing_is_lost(
            locals in proptest::collection::vec("[a-z]{1,60}", 0..200)
        ) {
            let addresses: Vec<_> = locals.iter().map(|l| format!("{l}@acme.test")).collect();
            let result = requester_batches(addresses.clone());
            for batch in &result.batches {
                prop_assert!(build(batch, None, true).is_ok());
            }
            let distinct: std::collections::BTreeSet<_> = addresses.into_iter().collect();
            let kept: std::collections::BTreeSet<_> = result.batches.into_iter().flatten().collect();
            prop_assert_eq!(kept, distinct);
        }
    }
}

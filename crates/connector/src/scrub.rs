//! Makes text from outside fit for a log, a person or a model: bounded, one line, and without
//! e-mail addresses, identifiers and credentials.
//!
//! It errs on the side of removing: an opaque word that looks like a token goes, even if it was an
//! issue's UUID.

/// Longest text that leaves here, in characters.
pub(crate) const MAX_CHARS: usize = 300;
/// Longest text that is looked at; more would be cut off anyway.
const MAX_SCANNED: usize = 4 * MAX_CHARS;
const REDACTED: &str = "[redacted]";
/// A word this long that mixes letters and digits is taken for a token.
const OPAQUE_CHARS: usize = 20;
/// A word this long is taken for a token whatever it is made of.
const LONG_CHARS: usize = 40;

/// A known string this long is removed inside words too; a shorter one (a user called `1`) only
/// where it is a word.
const ANYWHERE_BYTES: usize = 6;

/// Prefixes of Scalekit's ids and of our own identifiers.
const ID_PREFIXES: [&str; 9] = [
    "user_", "org_", "usr_", "ca_", "conn_", "env_", "skc_", "whsec_", "xox",
];
/// `key=value` and `key: value` lose the value for these keys.
const SECRET_KEYS: [&str; 14] = [
    "token",
    "access_token",
    "refresh_token",
    "id_token",
    "secret",
    "client_secret",
    "client_id",
    "password",
    "api_key",
    "apikey",
    "authorization",
    "identifier",
    "sub",
    "user_id",
];

/// Removes what must not be shown; `known` are exact strings to remove as well (the identifier of
/// the call at hand).
pub fn scrub(text: &str, known: &[&str]) -> String {
    let mut text: String = text.chars().take(MAX_SCANNED).collect();
    for secret in known.iter().filter(|secret| secret.len() >= ANYWHERE_BYTES) {
        text = text.replace(secret, REDACTED);
    }
    let mut out = String::with_capacity(text.len());
    let mut previous = String::new();
    let mut gap = String::new();
    let mut rest = text.as_str();
    while !rest.is_empty() {
        let word_end = rest.find(|c| !is_word(c)).unwrap_or(rest.len());
        let (word, tail) = rest.split_at(word_end);
        if !word.is_empty() {
            if known.contains(&bare(word)) || must_go(word, &previous, &gap) {
                out.push_str(REDACTED);
            } else {
                out.push_str(word);
            }
            previous = word.to_ascii_lowercase();
        }
        let gap_end = tail.find(is_word).unwrap_or(tail.len());
        let (between, next) = tail.split_at(gap_end);
        gap = between.to_owned();
        out.extend(
            between
                .chars()
                .map(|c| if c.is_control() { ' ' } else { c }),
        );
        rest = next;
    }
    out.trim().chars().take(MAX_CHARS).collect()
}

/// A code fit to show: letters, digits, `_`, `-` and `.`, at most 64; otherwise `None`.
pub fn code(text: &str) -> Option<String> {
    let simple = !text.is_empty()
        && text.len() <= 64
        && text
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"_-.".contains(&b));
    (simple && scrub(text, &[]) == text).then(|| text.to_owned())
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || "_@.+%~-/|!#$&*^`".contains(c)
}

/// The word without the punctuation around it.
fn bare(word: &str) -> &str {
    word.trim_matches(|c: char| !c.is_alphanumeric())
}

fn must_go(word: &str, previous: &str, gap: &str) -> bool {
    let lower = word.to_ascii_lowercase();
    let bare = bare(&lower);
    let digit = bare.contains(|c: char| c.is_ascii_digit());
    let letter = bare.contains(|c: char| c.is_alphabetic());
    let length = bare.chars().count();
    lower.contains('@')
        || lower.contains("%40")
        || ID_PREFIXES.iter().any(|prefix| bare.starts_with(prefix))
        || matches!(previous, "bearer" | "basic")
        || (gap.contains(['=', ':']) && SECRET_KEYS.contains(&previous))
        || (digit && letter && length >= OPAQUE_CHARS)
        || length >= LONG_CHARS
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_identifies_or_authorises_goes() {
        let cases = [
            (
                "no contact bob@acme.test here",
                "no contact [redacted] here",
            ),
            (
                "Authorization: Bearer abc.def",
                "Authorization: [redacted] [redacted]",
            ),
            (
                "account ca_123 of user_alice",
                "account [redacted] of [redacted]",
            ),
            ("?access_token=abc&x=1", "?access_token=[redacted]=1"),
            (
                "{\"identifier\":\"alice\"}",
                "{\"identifier\":\"[redacted]\"}",
            ),
            ("key eyJhbGciOiJSUzI1NiJ9.eyJzdWIi.x0", "key [redacted]"),
        ];
        for (dirty, clean) in cases {
            assert_eq!(scrub(dirty, &[]), clean);
        }
    }

    #[test]
    fn ordinary_sentences_stay() {
        for text in [
            "Property hs_task_subject is required",
            "token expired",
            "Too many requests.",
        ] {
            assert_eq!(scrub(text, &[]), text);
        }
    }

    #[test]
    fn the_identifier_at_hand_goes_whatever_its_form() {
        assert_eq!(
            scrub("nothing for alice!", &["alice"]),
            "nothing for [redacted]"
        );
    }

    #[test]
    fn a_code_is_short_and_plain() {
        assert_eq!(code("TOKEN_EXPIRED").as_deref(), Some("TOKEN_EXPIRED"));
        for bad in ["", "a b", "user_alice", "<b>", &"A".repeat(65)] {
            assert_eq!(code(bad), None, "{bad}");
        }
    }

    proptest! {
        #[test]
        fn no_address_survives_and_the_length_is_bounded(
            before in ".{0,40}", after in ".{0,400}", name in "[a-z]{1,10}",
        ) {
            let address = format!("{name}@acme.test");
            let clean = scrub(&format!("{before} {address} {after}"), &[]);
            prop_assert!(!clean.contains(&address));
            prop_assert!(clean.chars().count() <= MAX_CHARS);
            prop_assert!(!clean.contains(char::is_control));
        }
    }
}

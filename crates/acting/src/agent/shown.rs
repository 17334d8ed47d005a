//! What of a model's words is shown.
//!
//! A link is how something leaves: the page that a model is made to show asks a stranger's server for a
//! picture, and the address carries what was read. So what is shown has no link but those to this
//! service itself, and nothing that a page would make a link or a picture of.

/// What stands where a link was.
const REMOVED: &str = "[link removed]";
/// Begins of what a page may follow without `//` in it.
const SCHEMES: [&str; 8] = [
    "javascript:",
    "data:",
    "vbscript:",
    "blob:",
    "file:",
    "mailto:",
    "tel:",
    "www.",
];

/// The text, with links to `home` alone.
pub(super) fn shown(text: &str, home: &str) -> String {
    let home = home.trim_end_matches('/');
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while !rest.is_empty() {
        let end = rest.find(separates).unwrap_or(rest.len());
        let (word, tail) = rest.split_at(end);
        out.push_str(match leads_elsewhere(word, home) {
            true => REMOVED,
            false => word,
        });
        let next = tail.find(|c| !separates(c)).unwrap_or(tail.len());
        out.push_str(&tail[..next]);
        rest = &tail[next..];
    }
    // Neither Markdown's links and pictures nor HTML's survive this, whatever their address is made of.
    for (syntax, plain) in [
        ("](", "] ("),
        ("]:", "] :"),
        ("][", "] ["),
        ("![", "! ["),
        ("<", "‹"),
    ] {
        out = out.replace(syntax, plain);
    }
    out
}

fn separates(c: char) -> bool {
    c.is_whitespace() || "()[]<>\"'`{}|,;".contains(c)
}

fn leads_elsewhere(word: &str, home: &str) -> bool {
    let lower = word.to_ascii_lowercase();
    let own = word.strip_prefix(home);
    if own.is_some_and(|path| path.is_empty() || path.starts_with('/')) {
        // A second address may hide behind the first.
        return own.is_some_and(|path| path.contains("//") || path.contains('\\'));
    }
    lower.contains("//")
        || lower.contains('\\')
        || SCHEMES.iter().any(|scheme| lower.contains(scheme))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const HOME: &str = "https://agent.test/";

    #[test]
    fn words_stay_and_so_do_links_to_this_service() {
        let text =
            "Acme is at risk (3 tickets). Connect: https://agent.test/connect/linear, please.";
        assert_eq!(shown(text, HOME), text);
    }

    #[test]
    fn nothing_leads_to_a_foreign_host() {
        for text in [
            "see https://evil.example/?q=1",
            "![x](https://evil.example/a.png)",
            "[x](//evil.example)",
            "[x](/\\evil.example)",
            "[x]: https&colon;//evil.example",
            "<img src=//evil.example>",
            "www.evil.example",
            "JavaScript:alert(1)",
            "https://agent.test.evil.example/",
            "https://agent.test@evil.example/",
            "https://agent.test/r?to=https://evil.example",
            "a,https://evil.example",
        ] {
            let shown = shown(text, HOME);
            assert!(!shown.contains("evil.example/"), "{shown}");
            assert!(!shown.contains("](") && !shown.contains('<'), "{shown}");
            assert!(
                !shown.replace("https://agent.test/", "").contains("//"),
                "{shown}"
            );
        }
    }

    proptest! {
        #[test]
        fn no_address_survives_whatever_is_around_it(before in "[^\\\\]{0,12}", after in ".{0,12}") {
            let shown = shown(&format!("{before}https://evil.example/{after}"), HOME);
            prop_assert!(!shown.contains("evil.example"), "{}", shown);
        }
    }
}

//! Words of others, as text that Slack shows and does nothing with.
//!
//! Owns the escaping. Slack's markup has no escape but for three characters; whatever else it would
//! act on is written with characters that look alike or cannot be seen.

/// Breaks a word without being seen.
const JOINER: char = '\u{2060}';
/// Longest title that is shown, in characters.
const LONGEST: usize = 120;

/// A text that cannot become a link, a mention, an emoji, markup or a second line.
pub fn plain(text: &str) -> String {
    let one_line: String = text
        .chars()
        .filter(|c| !is_unseen(*c))
        .map(|c| {
            if c.is_control() || c == '\u{2028}' || c == '\u{2029}' {
                ' '
            } else {
                c
            }
        })
        .collect();
    let mut plain = String::with_capacity(text.len());
    for c in shortened(one_line.trim()).chars() {
        match c {
            '&' => plain.push_str("&amp;"),
            '<' => plain.push_str("&lt;"),
            '>' => plain.push_str("&gt;"),
            '*' => plain.push('\u{2217}'),
            '_' => plain.push('\u{2CD}'),
            '~' => plain.push('\u{223C}'),
            '`' => plain.push('\u{2CB}'),
            // What Slack finds addresses, mentions and emoji by.
            '.' | ':' | '@' | '#' | '/' => {
                plain.push(c);
                plain.push(JOINER);
            }
            other => plain.push(other),
        }
    }
    plain
}

/// Characters that show nothing and turn, or join, what stands around them.
fn is_unseen(c: char) -> bool {
    matches!(c, '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{206F}' | '\u{FEFF}')
}

fn shortened(text: &str) -> String {
    if text.chars().count() <= LONGEST {
        return text.to_owned();
    }
    let mut short: String = text.chars().take(LONGEST - 1).collect();
    short.push('…');
    short
}

/// A link with this label, if the address is one that may stand in Slack's markup.
pub fn link(url: &str, label: &str) -> String {
    let label = plain(label);
    let safe = url.starts_with("https://")
        && url
            .bytes()
            .all(|b| b.is_ascii_graphic() && !b"<>|&\"".contains(&b));
    if safe {
        format!("<{url}|{label}>")
    } else {
        label
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_customers_choose_stays_text() {
        let text =
            plain("<!channel> <https://evil.test|Reset> & *now*\nwww.evil.test @here :fire:");
        for harmful in [
            "<",
            ">",
            "*",
            "\n",
            "evil.test",
            "@here",
            ":fire:",
            "https://",
        ] {
            assert!(!text.contains(harmful), "{harmful} in {text}");
        }
        assert_eq!(plain("3 < 4 & 5"), "3 &lt; 4 &amp; 5");
        assert_eq!(plain(&"x".repeat(500)).chars().count(), LONGEST);
    }

    #[test]
    fn a_link_leads_to_where_it_says_or_nowhere() {
        assert_eq!(
            link("https://linear.app/a/1", "ONB-1"),
            "<https://linear.app/a/1|ONB-1>"
        );
        for bad in [
            "javascript:alert(1)",
            "https://a.test/|x",
            "https://a.test/>",
            "http://a.test",
        ] {
            assert_eq!(link(bad, "ONB-1"), "ONB-1", "{bad}");
        }
    }

    proptest! {
        /// Slack acts on brackets, and finds addresses by `://` and by dots between letters.
        #[test]
        fn no_text_becomes_markup_or_an_address(text in "\\PC{0,200}") {
            let shown = plain(&text);
            prop_assert!(!shown.contains(['<', '>', '*', '_', '~', '`', '\n']));
            prop_assert!(!shown.contains("://"));
            let letters: Vec<char> = shown.chars().collect();
            for three in letters.windows(2) {
                let acts = ".:@#/".contains(three[0]);
                prop_assert!(!acts || three[1] == JOINER, "{shown}");
            }
            // `&` stands only where one of the three escapes begins.
            for (at, _) in shown.match_indices('&') {
                let rest = &shown[at..];
                let escapes = ["&amp;", "&lt;", "&gt;"];
                prop_assert!(escapes.iter().any(|it| rest.starts_with(it)), "{shown}");
            }
        }
    }
}

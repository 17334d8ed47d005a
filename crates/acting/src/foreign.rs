//! What comes from an app, written so that it stays text wherever it is shown.
//!
//! A customer chooses the name of its company, and an app that shows the name may make something of
//! it: a link, somebody's mention, a heading, another issue. Owns what is put between the characters
//! so that no app does. Nothing is taken away that a person would read.

/// WORD JOINER: nobody sees it, no line is broken at it, and no address goes on across it.
const JOINER: char = '\u{2060}';

/// Text for a place that knows no markup but may make links by itself: one line, in which no address,
/// no mention and no issue is recognised.
pub fn plain(text: &str) -> String {
    let clean: Vec<char> = one_line(text).chars().collect();
    let mut inert = String::with_capacity(text.len());
    for (at, c) in clean.iter().copied().enumerate() {
        let before = at.checked_sub(1).and_then(|at| clean.get(at)).copied();
        let after = clean.get(at + 1).copied();
        // Before a dot, because `www.` alone is enough for some.
        if c == '.' && joins(before, c, after) {
            inert.push(JOINER);
        }
        inert.push(c);
        if c != '.' && joins(before, c, after) {
            inert.push(JOINER);
        }
    }
    inert
}

/// The same for Markdown, in which nothing of it is markup.
pub fn markdown(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for (at, c) in plain(text).chars().enumerate() {
        // A line that does not begin with a letter could begin a list, a heading or a rule.
        if at == 0 && !c.is_alphabetic() {
            escaped.push(JOINER);
        }
        if "\\`*_[]()<>#@!|~&^$".contains(c) {
            escaped.push('\\');
        }
        escaped.push(c);
    }
    escaped
}

/// Whether something would be recognised across this character.
fn joins(before: Option<char>, c: char, after: Option<char>) -> bool {
    let is_word = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
    match c {
        // `acme.example`, `www.acme`; also `1.2.3.4`.
        '.' => is_word(before) && is_word(after),
        // `https://`, `mailto:`; not `at 10:30`.
        ':' => {
            let clock = before.is_some_and(|it| it.is_ascii_digit())
                && after.is_some_and(|it| it.is_ascii_digit());
            after.is_some_and(|it| !it.is_whitespace()) && !clock
        }
        // `//host/path`, `@somebody`, `#channel`.
        '/' => after == Some('/'),
        '@' | '#' => after.is_some_and(|it| !it.is_whitespace()),
        // `ENG-12`.
        '-' => {
            before.is_some_and(char::is_alphabetic) && after.is_some_and(|it| it.is_ascii_digit())
        }
        _ => false,
    }
}

/// Without line breaks, and without characters that hide or turn around what follows them.
fn one_line(text: &str) -> String {
    let invisible = |c: char| {
        matches!(c, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
    };
    let shown = text.chars().filter(|c| !invisible(*c));
    let breaks = |c: char| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}');
    let line: String = shown.map(|c| if breaks(c) { ' ' } else { c }).collect();
    line.trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_person_reads_stays() {
        let seen = |text: &str| plain(text).replace(JOINER, "");
        for text in [
            "Booking.com",
            "AT&T",
            "Müller & Söhne",
            "3 tickets: the oldest at 10:30",
        ] {
            assert_eq!(seen(text), text);
        }
        assert_eq!(seen("a\nb\u{202e}c\u{200b}"), "a bc");
        assert_eq!(plain("Acme Ltd, 10:30"), "Acme Ltd, 10:30");
    }

    #[test]
    fn nothing_an_app_looks_for_is_left() {
        for (text, sought) in [
            ("https://linear.app/acme/profiles/bob", "://"),
            ("www.acme.test", "www."),
            ("acme.test", "acme.test"),
            ("mailto:bob", "mailto:b"),
            ("@bob", "@b"),
            ("ENG-12", "ENG-12"),
            ("//evil.test", "//"),
        ] {
            assert!(!plain(text).contains(sought), "{text}");
            assert!(!markdown(text).contains(sought), "{text}");
        }
        assert_eq!(
            markdown("[x](y) # <b>"),
            "\u{2060}\\[x\\]\\(y\\) \\# \\<b\\>"
        );
        for text in [
            "- item", "+ item", "1. item", "> quote", "=== rule", "| cell |",
        ] {
            assert!(markdown(text).starts_with(JOINER), "{text}");
        }
    }
}

//! What people read in HubSpot and Linear.
//!
//! Owns the wording. Whatever comes from an app (names, titles) is made inert first, and nothing names
//! the person on whose behalf it is written. A comment carries no word for machines, because its id is
//! chosen; a task carries one short reference.

use super::scoring::HealthStatus;
use onbehalf_acting::foreign::{markdown, plain};

/// Longest subject of a task, in characters; HubSpot's lists show less than this.
const LONGEST_SUBJECT: usize = 200;

/// Subject of a follow-up task: who, how bad, and the main reason.
pub fn task_subject(name: &str, status: HealthStatus, reasons: &[String]) -> String {
    let reason = reasons.first().map_or("no single reason", String::as_str);
    let subject = format!("{}: {}: {}", plain(name), status.title(), plain(reason));
    shorten(&subject, LONGEST_SUBJECT)
}

/// Body of a follow-up task. Plain text: the tool turns it into what HubSpot shows.
pub fn task_body(
    name: &str,
    status: HealthStatus,
    score: u32,
    reasons: &[String],
    reference: &str,
) -> String {
    let mut body = format!(
        "{} is {} in onboarding (health score {score} of 100).\n",
        plain(name),
        status.title()
    );
    for reason in reasons {
        body.push_str("\n- ");
        body.push_str(&plain(reason));
    }
    body.push_str("\n\n");
    body.push_str(reference);
    body
}

/// A comment on the stalled issue, in Markdown.
pub fn comment(name: &str, status: HealthStatus, score: u32, reasons: &[String]) -> String {
    let mut text = format!(
        "Onboarding of {} was flagged {} (health score {score} of 100), and this issue is the one \
         that waits longest.\n",
        markdown(name),
        status.title()
    );
    for reason in reasons {
        text.push_str("\n- ");
        text.push_str(&markdown(reason));
    }
    text
}

fn shorten(text: &str, longest: usize) -> String {
    if text.chars().count() <= longest {
        return text.to_owned();
    }
    let mut short: String = text.chars().take(longest - 1).collect();
    short.push('…');
    short
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn reasons() -> Vec<String> {
        vec![
            "3 open tickets, the oldest 9 days old".into(),
            "ONB-1 is stalled: no update for 6 days".into(),
        ]
    }

    #[test]
    fn the_subject_says_who_how_bad_and_why() {
        assert_eq!(
            task_subject("Acme Ltd", HealthStatus::AtRisk, &reasons()),
            "Acme Ltd: At Risk: 3 open tickets, the oldest 9 days old"
        );
        let long = task_subject(&"x".repeat(300), HealthStatus::AtRisk, &reasons());
        assert_eq!(long.chars().count(), LONGEST_SUBJECT);
    }

    #[test]
    fn a_comment_says_nothing_to_machines() {
        let text = comment("Acme", HealthStatus::AtRisk, 58, &reasons());
        assert_eq!(
            text,
            "Onboarding of Acme was flagged At Risk (health score 58 of 100), and this issue is the \
             one that waits longest.\n\n- \u{2060}3 open tickets, the oldest 9 days old\n- \
             ONB-\u{2060}1 is stalled: no update for 6 days"
        );
    }

    /// What somebody may put into a name: pieces of everything an app could make something of.
    fn hostile() -> impl Strategy<Value = String> {
        let piece = prop_oneof![
            Just("https://linear.app/acme/profiles/bob".to_owned()),
            Just("http://evil.test".to_owned()),
            Just("www.evil.test".to_owned()),
            Just("[x](https://evil.test)".to_owned()),
            Just("<a href=\"https://evil.test\">x</a>".to_owned()),
            Just("<https://evil.test>".to_owned()),
            Just("bob@evil.test".to_owned()),
            Just("@bob".to_owned()),
            Just("\n# heading\n\n- item\n\n```".to_owned()),
            Just("![x](y)".to_owned()),
            Just("&#104;ttps://evil.test".to_owned()),
            Just("ENG-12".to_owned()),
            "\\PC{0,6}",
            "[\\\\\\[\\]()<>:/@#.`*_!|~ \u{200b}\u{2060}]{0,8}",
        ];
        proptest::collection::vec(piece, 1..5).prop_map(|pieces| pieces.concat())
    }

    /// Every run of characters that an app would take for an address, a mention or an issue.
    fn recognised(text: &str, is_markdown: bool) -> Option<&'static str> {
        let chars: Vec<char> = text.chars().collect();
        let word = |at: usize| chars.get(at).is_some_and(|c| c.is_alphanumeric());
        let escaped = |at: usize| {
            let before = chars[..at].iter().rev();
            before.take_while(|c| **c == '\\').count() % 2 == 1
        };
        (0..chars.len()).find_map(|at| match chars[at] {
            ':' if chars.get(at + 1) == Some(&'/') => Some("an address"),
            '/' if chars.get(at + 1) == Some(&'/') => Some("an address without a scheme"),
            '.' if at > 0 && word(at - 1) && word(at + 1) => Some("a host"),
            '@' if word(at + 1) => Some("a mention"),
            '[' | '<' | '`' if is_markdown && !escaped(at) => Some("markup"),
            _ => None,
        })
    }

    proptest! {
        #[test]
        fn nothing_from_an_app_becomes_more_than_text(
            name in hostile(), reason in hostile(), score in 0..=100_u32,
        ) {
            let status = HealthStatus::Critical;
            let quiet = ["quiet".to_owned()];
            let reasons = [reason];
            let comments = [comment(&name, status, score, &quiet), comment("Quiet", status, score, &reasons)];
            for text in &comments {
                prop_assert_eq!(recognised(text, true), None, "{}", text);
                // One line for each thing said, and no line that begins a block but ours.
                prop_assert_eq!(text.lines().count(), 3, "{}", text);
            }
            let bodies = [
                task_body(&name, status, score, &quiet, "ref"),
                task_body("Quiet", status, score, &reasons, "ref"),
                task_subject(&name, status, &quiet),
                task_subject("Quiet", status, &reasons),
            ];
            for text in &bodies {
                prop_assert_eq!(recognised(text, false), None, "{}", text);
                prop_assert!(matches!(text.lines().count(), 1 | 5), "{}", text);
            }
        }
    }
}

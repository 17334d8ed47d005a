//! What people read in HubSpot and Linear.
//!
//! Owns wording and escaping. Whatever comes from outside (names, titles) is text here, never
//! markup, and nothing in it names the person on whose behalf it is written.

use super::scoring::HealthStatus;

/// Longest subject of a task, in characters; HubSpot's lists show less than this.
const LONGEST_SUBJECT: usize = 200;

/// Subject of a follow-up task: who, how bad, and the main reason.
pub fn task_subject(name: &str, status: HealthStatus, reasons: &[String]) -> String {
    let reason = reasons.first().map_or("no single reason", String::as_str);
    let subject = format!("{}: {}: {reason}", one_line(name), status.title());
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
        one_line(name),
        status.title()
    );
    for reason in reasons {
        body.push_str("\n- ");
        body.push_str(&one_line(reason));
    }
    body.push_str("\n\n");
    body.push_str(reference);
    body
}

/// A comment on the stalled issue, in Markdown.
pub fn comment(
    name: &str,
    status: HealthStatus,
    score: u32,
    reasons: &[String],
    reference: &str,
) -> String {
    let mut text = format!(
        "Onboarding of {} was flagged {} (health score {score} of 100), and this issue is the one \
         that waits longest.\n\n",
        markdown(name),
        status.title()
    );
    for reason in reasons {
        text.push_str("- ");
        text.push_str(&markdown(reason));
        text.push('\n');
    }
    text.push('\n');
    text.push_str(reference);
    text
}

fn markdown(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in one_line(text).chars() {
        // `@` would mention somebody; the others begin emphasis, links, code, HTML or lists.
        if "\\`*_[]<>#@!|~".contains(c) {
            escaped.push('\\');
        }
        escaped.push(c);
    }
    escaped
}

fn one_line(text: &str) -> String {
    let clean = |c: char| if c.is_control() { ' ' } else { c };
    text.chars()
        .map(clean)
        .collect::<String>()
        .trim()
        .to_owned()
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
    fn what_comes_from_outside_stays_text() {
        let name = "<script>alert(1)</script> & @bob [x](y)\n# z";
        let body = task_body(name, HealthStatus::Critical, 12, &reasons(), "ref");
        assert_eq!(body.lines().count(), 6, "{body}");
        assert!(body.ends_with("\n\nref"));
        let text = comment(name, HealthStatus::Critical, 12, &reasons(), "ref");
        assert!(text.contains("\\@bob \\[x\\](y) \\# z"), "{text}");
        assert!(text.ends_with("\n\nref"));
    }
}

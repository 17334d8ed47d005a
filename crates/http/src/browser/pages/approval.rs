//! The page on which a person decides about what is to be written, and how that ended.

use maud::{Markup, html};
use serde_json::Value;

use super::{Message, Tone, page};
use crate::wire::message::ApiResponse;

/// What a person decides about.
#[derive(Clone, Copy, Debug)]
pub struct PlanPage<'a> {
    /// Who is signed in.
    pub user: &'a str,
    /// What wants to write.
    pub title: &'a str,
    /// Where the decision is sent.
    pub path: &'a str,
    /// Everything that would be written.
    pub plan: &'a Value,
    /// The suspension that is answered.
    pub number: u32,
    /// What the decision is about: this very plan.
    pub hash: &'a str,
}

impl PlanPage<'_> {
    /// The page, whose form decides.
    pub fn page(&self) -> ApiResponse {
        let content = html! {
            section.card {
                h1 { "Approve what is to be written?" }
                p.lead {
                    (self.title) " waits for you before it writes anything. Look at all of it: it may "
                    "have been asked for by a model, and a model may have been talked into it."
                }
                dl.facts {
                    dt { "Signed in as" }
                    dd { (self.user) }
                }
                (shown(self.plan))
                form method="post" action=(self.path) {
                    input type="hidden" name="number" value=(self.number);
                    input type="hidden" name="hash" value=(self.hash);
                    button.button type="submit" name="decision" value="approve" { "Approve" }
                    " "
                    button.button.quiet type="submit" name="decision" value="reject" { "Reject" }
                }
                p { "You need not decide now. Nothing is written until somebody does." }
            }
        };
        page(200, "Approve", &content)
    }
}

/// A plan, member by member. Whatever is in it is text.
fn shown(value: &Value) -> Markup {
    html! {
        @match value {
            Value::Object(members) => dl.facts {
                @for (name, value) in members {
                    dt { (name) }
                    dd { (shown(value)) }
                }
            },
            Value::Array(items) => ol {
                @for item in items { li { (shown(item)) } }
            },
            Value::String(text) => (text),
            other => (other.to_string()),
        }
    }
}

/// The ends a decision can come to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ApprovalEnd {
    /// It will be written.
    Approved,
    /// It will not.
    Rejected,
    /// Nothing waits for a decision any more.
    NothingToDecide,
    /// The plan is another by now.
    Changed,
    /// Somebody else has to.
    AnotherMustDecide,
    /// Another site asked.
    ForeignSite,
    /// What was sent is no decision.
    Unreadable,
    /// The run cannot be reached.
    Unavailable,
}

impl ApprovalEnd {
    /// Every end.
    #[cfg(test)]
    pub const ALL: [Self; 8] = [
        Self::Approved,
        Self::Rejected,
        Self::NothingToDecide,
        Self::Changed,
        Self::AnotherMustDecide,
        Self::ForeignSite,
        Self::Unreadable,
        Self::Unavailable,
    ];

    const fn words(self) -> (u16, Tone, &'static str, &'static str) {
        match self {
            Self::Approved => (
                200,
                Tone::Good,
                "Approved",
                "It is being written now, exactly as you saw it. You can close this page.",
            ),
            Self::Rejected => (
                200,
                Tone::Good,
                "Rejected",
                "Nothing of it will be written. You can close this page.",
            ),
            Self::NothingToDecide => (
                409,
                Tone::Notice,
                "Nothing to decide",
                "This was decided before, or has ended by itself.",
            ),
            Self::Changed => (
                409,
                Tone::Notice,
                "It has changed",
                "What is to be written is not what you looked at any more, so nothing was decided. \
                 Open the link again to see what it is now.",
            ),
            Self::AnotherMustDecide => (
                403,
                Tone::Notice,
                "Somebody else must decide",
                "This has to be approved by somebody other than the person it is done for.",
            ),
            Self::ForeignSite => (
                403,
                Tone::Bad,
                "Asked by another site",
                "Another web site sent a decision in your name, so nothing was decided. If it was your \
                 wish, open the link yourself.",
            ),
            Self::Unreadable => (
                400,
                Tone::Bad,
                "Not a decision",
                "What was sent says neither yes nor no, so nothing was decided.",
            ),
            Self::Unavailable => (
                503,
                Tone::Notice,
                "Try again in a moment",
                "The run cannot be reached right now, so nothing was decided.",
            ),
        }
    }
}

/// The page of an end.
pub fn approval_end(end: ApprovalEnd) -> ApiResponse {
    let (status, tone, title, lead) = end.words();
    Message {
        status,
        tone,
        title,
        lead,
        action: None,
    }
    .response()
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use serde_json::json;

    use super::*;

    #[test]
    fn it_shows_all_of_the_plan_as_text_and_sends_what_was_looked_at() {
        let plan = json!({
            "tool": "slack-send-message", "arguments": {"text": "<script>hi", "n": [1, true]},
        });
        let response = PlanPage {
            user: "alice",
            title: "A single write",
            path: "/approvals/run_1",
            plan: &plan,
            number: 3,
            hash: "abc",
        }
        .page();
        let body = String::from_utf8(response.body).expect("text");
        for part in [
            "slack-send-message",
            "&lt;script&gt;hi",
            "<li>1</li>",
            "<li>true</li>",
            "action=\"/approvals/run_1\"",
            "name=\"number\" value=\"3\"",
            "name=\"hash\" value=\"abc\"",
            "value=\"approve\"",
            "value=\"reject\"",
        ] {
            assert!(body.contains(part), "{part}: {body}");
        }
        assert!(!body.contains("<script"));
    }

    #[test]
    fn every_end_says_something_of_its_own() {
        let mut seen = HashSet::new();
        for end in ApprovalEnd::ALL {
            let response = approval_end(end);
            assert_eq!(response.status, end.words().0);
            assert!(seen.insert(response.body), "{end:?}");
        }
    }
}

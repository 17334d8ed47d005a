//! The few pages people see: static HTML with inline style, no script.
//!
//! Owns layout, wording and the headers that keep a page from being framed, cached or extended.
//! Decides nothing.

mod approval;
mod confirm;
mod connect;
mod home;
mod login;
mod nothing;
mod too_many;

pub use approval::{ApprovalEnd, PlanPage, approval_end};
pub use confirm::{Confirmation, Replaced, SignedIn};
pub use connect::{ConnectEnd, connect_end, unknown_connector};
pub use home::home;
pub use login::{LoginEnd, chooser, login_end, login_path};
pub use nothing::{asked_ahead, not_found};
pub use too_many::too_many_requests;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use maud::{DOCTYPE, Markup, PreEscaped, html};
use sha2::{Digest, Sha256};

use crate::wire::message::ApiResponse;

/// The style of every page. Its hash is the only style the policy lets in.
const STYLE: &str = include_str!("style.css");

/// What a page may use of the device: nothing.
pub const PERMISSIONS: &str =
    "camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()";

/// A page with its status.
fn page(status: u16, title: &str, content: &Markup) -> ApiResponse {
    let markup = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                meta name="robots" content="noindex";
                title { (title) " · Onbehalf" }
                style { (PreEscaped(STYLE)) }
            }
            body {
                main {
                    p.brand { a href="/" { span.mark aria-hidden="true" {} "Onbehalf" } }
                    (content)
                }
            }
        }
    };
    let body = markup.into_string().into_bytes();
    ApiResponse::new(status, "text/html; charset=utf-8", body)
        .replacing("content-security-policy", &policy("'self'"))
        .with("cross-origin-opener-policy", "same-origin")
        .with("permissions-policy", PERMISSIONS)
}

/// `form_targets` is where forms of the page may lead.
fn policy(form_targets: &str) -> String {
    let hash = STANDARD.encode(Sha256::digest(STYLE.as_bytes()));
    format!(
        "default-src 'none'; style-src 'sha256-{hash}'; form-action {form_targets}; \
         frame-ancestors 'none'; base-uri 'none'"
    )
}

/// How a page feels: decides the colour of its sign.
#[derive(Clone, Copy)]
enum Tone {
    Good,
    Notice,
    Bad,
}

impl Tone {
    fn class(self) -> &'static str {
        match self {
            Self::Good => "sign good",
            Self::Notice => "sign notice",
            Self::Bad => "sign bad",
        }
    }

    fn glyph(self) -> &'static str {
        match self {
            Self::Good => "✓",
            Self::Notice => "!",
            Self::Bad => "×",
        }
    }
}

/// A page that says one thing: a sign, a sentence, a next step.
struct Message<'a> {
    status: u16,
    tone: Tone,
    title: &'a str,
    lead: &'a str,
    /// Label and path of the button.
    action: Option<(&'a str, &'a str)>,
}

impl Message<'_> {
    fn response(&self) -> ApiResponse {
        let content = html! {
            section.card {
                p class=(self.tone.class()) aria-hidden="true" { (self.tone.glyph()) }
                h1 { (self.title) }
                p.lead { (self.lead) }
                @if let Some((label, path)) = self.action {
                    p { a.button href=(path) { (label) } }
                }
            }
        };
        page(self.status, self.title, &content)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_let_nothing_in() {
        let response = page(200, "t", &html! { p { "<script>" } });
        let policy = response
            .header("content-security-policy")
            .expect("a policy");
        for part in [
            "default-src 'none'",
            "style-src 'sha256-",
            "form-action 'self'",
            "frame-ancestors 'none'",
            "base-uri 'none'",
        ] {
            assert!(policy.contains(part), "{part}");
        }
        assert!(!policy.contains("unsafe"));
        for (name, value) in [
            ("x-frame-options", "DENY"),
            ("referrer-policy", "no-referrer"),
            ("x-content-type-options", "nosniff"),
            ("cache-control", "no-store"),
            ("cross-origin-opener-policy", "same-origin"),
            ("cross-origin-resource-policy", "same-origin"),
            ("permissions-policy", PERMISSIONS),
        ] {
            assert_eq!(response.header(name), Some(value));
        }
        let policies = response.headers.iter();
        let policies = policies.filter(|(name, _)| name == "content-security-policy");
        assert_eq!(policies.count(), 1, "one policy, not the narrowest of two");
        let body = String::from_utf8(response.body).expect("text");
        assert!(!body.contains("<script") && !body.contains("style=\""));
    }

    #[test]
    fn the_style_is_the_one_the_policy_names() {
        let body = String::from_utf8(page(200, "t", &html! {}).body).expect("text");
        let style = body
            .split_once("<style>")
            .and_then(|(_, rest)| rest.split_once("</style>"))
            .map(|(style, _)| style);
        assert_eq!(style, Some(STYLE));
    }
}

//! Signing in: choosing a provider, and what to say when it did not work.

use maud::html;
use url::form_urlencoded::byte_serialize;

use super::{Message, Tone, page};
use crate::browser::return_to::ReturnTo;
use crate::sign_in::LoginProvider;
use crate::wire::message::ApiResponse;

/// The address that begins a sign-in.
pub fn login_path(provider: Option<&str>, return_to: &ReturnTo) -> String {
    let encode = |text: &str| byte_serialize(text.as_bytes()).collect::<String>();
    let provider = provider.map_or(String::new(), |id| format!("provider={}&", encode(id)));
    let return_to = encode(return_to.as_str());
    format!("/auth/login?{provider}return_to={return_to}")
}

/// Lets the person choose among several providers.
pub fn chooser(providers: &[LoginProvider], return_to: &ReturnTo) -> ApiResponse {
    let content = html! {
        section.card {
            h1 { "Sign in" }
            p.lead { "Choose the account your company gave you." }
            ul.choices {
                @for provider in providers {
                    li {
                        a.button href=(login_path(Some(&provider.issuer), return_to)) {
                            "Continue with " (provider.title)
                        }
                    }
                }
            }
        }
    };
    page(200, "Sign in", &content)
}

/// Why a sign-in did not happen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LoginEnd {
    /// No provider is configured for browsers.
    NotOffered,
    /// The attempt is unknown in this browser, or took too long.
    Stale,
    /// The provider said no, or the person did.
    Refused,
    /// Accounts are kept by organization, and the person signed in without one.
    NoOrganization,
    /// The person's account has no identifier here.
    Unusable,
    /// The provider does not answer.
    Unavailable,
}

/// The page for a sign-in that did not happen.
pub fn login_end(end: LoginEnd, return_to: &ReturnTo) -> ApiResponse {
    let (status, tone, title, lead) = match end {
        LoginEnd::NotOffered => (
            503,
            Tone::Notice,
            "Sign-in is not set up",
            "No identity provider is configured for signing in with a browser. Tell your \
             administrator.",
        ),
        LoginEnd::Stale => (
            400,
            Tone::Notice,
            "That sign-in is over",
            "It took too long, or was begun in another window. Starting again takes a moment.",
        ),
        LoginEnd::Refused => (
            403,
            Tone::Bad,
            "You were not signed in",
            "Your identity provider did not complete the sign-in. Try again, or ask your \
             administrator for access.",
        ),
        LoginEnd::NoOrganization => (
            403,
            Tone::Notice,
            "Choose an organization",
            "Apps are connected for whole organizations here, and you signed in without one. Sign \
             in again as a member of your organization.",
        ),
        LoginEnd::Unusable => (
            403,
            Tone::Notice,
            "This account cannot be used here",
            "You are signed in, but apps cannot be connected under this account. Tell your \
             administrator, who finds the reason in the answer of the API.",
        ),
        LoginEnd::Unavailable => (
            503,
            Tone::Notice,
            "Try again in a moment",
            "Your identity provider does not answer right now.",
        ),
    };
    let again = login_path(None, return_to);
    Message {
        status,
        tone,
        title,
        lead,
        action: (end != LoginEnd::NotOffered).then_some(("Sign in again", again.as_str())),
    }
    .response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn providers_are_offered_with_the_way_back() {
        let provider = LoginProvider {
            issuer: "okta & co".into(),
            title: "<Okta>".into(),
            callback: "/auth/callback".into(),
        };
        let return_to = ReturnTo::parse("/connect/hubspot");
        let body = String::from_utf8(chooser(&[provider], &return_to).body).expect("text");
        assert!(body.contains("provider=okta+%26+co&amp;return_to=%2Fconnect%2Fhubspot"));
        assert!(body.contains("&lt;Okta&gt;"));
    }

    #[test]
    fn no_page_leads_where_nothing_is_set_up() {
        let response = login_end(LoginEnd::NotOffered, &ReturnTo::parse("/"));
        assert_eq!(response.status, 503);
        assert!(!String::from_utf8_lossy(&response.body).contains("/auth/login"));
    }
}
